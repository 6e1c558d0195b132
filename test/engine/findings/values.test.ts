import { describe, expect, test } from 'vitest'
import { Pointers } from '../../../src-main/engine/findings/pointers.ts'
import { Values } from '../../../src-main/engine/findings/values.ts'
import { STATE } from '../../../src-main/engine/allocator/blocks.ts'
import { ByteWriter } from '../../builders/byteWriter.ts'
import { processView } from '../../builders/processView.ts'
import { symbolTables, type TypeSpec } from '../../builders/symbolTables.ts'

const TYPES: Record<string, TypeSpec> = {
  A: { kind: 'struct', size: 24, members: [[0, 'a', 'int'], [4, 'flag', 'bool'], [8, 'b', 'A *'], [16, 'color', 'Color'], [20, 'low', 'unsigned int', [0, 3]], [20, 'high', 'int', [3, 2]]] },
  Derived: { kind: 'class', size: 32, bases: [[0, 'A']], members: [[24, 'name', 'char [8]']] },
  Color: { kind: 'enum', size: 4, of: 'unsigned int', values: [['red', 0], ['blue', 7]] },
  Flags: { kind: 'enum', size: 4, of: 'unsigned int', values: [['none', 0], ['read', 1], ['write', 2], ['run', 4]] },
  handler: { kind: 'function', returns: 'int' },
  'A::*int': { kind: 'memberPointer', of: 'A', to: 'int' },
  uint: { kind: 'typedef', to: 'unsigned int' },
  unknown: { kind: 'declaration', of: 'struct' },
}
const MODULE = { name: 'demo', base: 0x10000, end: 0x20000, bias: 0x10000 }
const text = (value: string, size?: number): Uint8Array => new ByteWriter().text(value, size).done()

const NEEDED = ['signed char', 'short', '__int128', 'float', 'double', 'long double', 'char32_t', 'unsigned long', 'char [8]', 'char [300]', 'unsigned char [4]', 'int [3]', 'int [100]', 'A [2]', 'A *', 'const char *', 'handler *', 'void *', 'A &', 'int [0]', 'unknown', 'bool', 'long']
const view = processView({
  modules: [MODULE],
  tables: [symbolTables({ types: TYPES, variables: [[0x4000, 'players', 'int [8]'], ...NEEDED.map((type, i): [number, string, string] => [0x8000 + i * 512, `v${i}`, type])], functions: [[0x1000, 0x1100, 'main']] })],
  memory: [
    { start: 0x11000, bytes: new Uint8Array(0x100), code: true, kind: 'module-text', name: '/bin/demo' },
    { start: 0x14000, bytes: new Uint8Array(0x100), kind: 'module-data', name: '/bin/demo' },
    { start: 0x30000, bytes: text('say "hi"\n\u0007 to \\', 64), kind: 'anonymous' },
    { start: 0x50000, bytes: new Uint8Array(0x200), kind: 'allocator', name: 'glibc main' },
    { start: 0x60000, bytes: new Uint8Array(16), kind: 'thread-stack' },
  ],
  heap: { start: 0x50000, end: 0x50200, blocks: [[0x50010, 24, STATE.used, 'A'], [0x50030, 40], [0x50060, 24, STATE.free]] },
  types: [{ name: 'A' }],
})
const values = new Values(view, new Pointers(view))
const { table, firstId } = view.symbols.attached[0]

/** The id of a type by how the description spells it. */
function idOf(type: string): number {
  const [found] = view.symbols.find(type)
  return found ?? firstId + table.variables.type[NEEDED.indexOf(type) + 1]
}
const value = (type: string, bytes: Uint8Array): string => values.text(idOf(type), bytes)
const u64 = (...n: (number | bigint)[]): Uint8Array => new ByteWriter().u64(...n).done()
const u32 = (...n: number[]): Uint8Array => new ByteWriter().u32(...n).done()
const f64 = (n: number): Uint8Array => new Uint8Array(Float64Array.of(n).buffer)

describe('numbers', () => {
  test.each([
    ['int', u32(0xffff_fffe), '-2'],
    ['unsigned int', u32(0xffff_fffe), '4294967294'],
    ['uint', u32(5), '5'],
    ['short', Uint8Array.of(0, 0x80), '-32768'],
    ['unsigned long', u64(2n ** 64n - 1n), '18446744073709551615'],
    ['__int128', u64(0, 1), '18446744073709551616'],
    ['bool', Uint8Array.of(1), 'true'],
    ['bool', Uint8Array.of(3), '3'],
    ['signed char', Uint8Array.of(65), '65 \'A\''],
    ['signed char', Uint8Array.of(0), '0'],
    ['char32_t', u32(0xe4), '228 \'ä\''],
    ['double', f64(0.1), '0.1'],
    ['double', f64(-Infinity), '-inf'],
    ['float', new Uint8Array(Float32Array.of(0.1).buffer), '0.1'],
    ['float', new Uint8Array(Float32Array.of(16777217.5).buffer), '16777218'],
    ['long double', new ByteWriter().u64(0xc000_0000_0000_0000n).u16(0xbfff).zeroes(6).done(), '-1.5'],
    ['Color', u32(7), 'blue'],
    ['Color', u32(9), '9'],
    ['Flags', u32(6), 'write | run'],
    ['Flags', u32(0), 'none'],
    ['int', Uint8Array.of(1, 2), ''],
    ['unknown', u64(1), ''],
  ])('%s', (type, bytes, expected) => expect(value(type, bytes)).toBe(expected))
})

describe('texts', () => {
  test('end at the zero byte, and are escaped', () => expect(value('char [8]', text('a"b\n', 8))).toBe('"a\\"b\\n"'))
  test('that go on are cut', () => expect(value('char [300]', new Uint8Array(300).fill(120))).toBe(`"${'x'.repeat(120)}"…`))
  test('that are no UTF-8 show their bytes', () => expect(value('char [8]', Uint8Array.of(0xff, 65, 0, 0, 0, 0, 0, 0))).toBe('"\\xffA"'))
  test('bytes that are no text are numbers', () => expect(value('unsigned char [4]', Uint8Array.of(1, 2, 3, 4))).toBe('{1, 2, 3, 4}'))
  test('behind a pointer', () => expect(value('const char *', u64(0x30000))).toBe('0x30000 → anonymous memory'))
  test('behind a pointer, printable', () => expect(value('const char *', u64(0x30012))).toBe('0x30012 ""'))
})

describe('pointers', () => {
  test.each([
    ['A *', 0, '0x0'],
    ['A *', 0x50010, '0x50010 → block of 24 bytes (A)'],
    ['A *', 0x50018, '0x50018 → block of 24 bytes+8 (A)'],
    ['A *', 0x50030, '0x50030 → block of 40 bytes'],
    ['A *', 0x50060, '0x50060 → free block of 24 bytes'],
    ['A *', 0x500ff, '0x500ff → allocator\'s own memory of glibc main'],
    ['handler *', 0x11000, '0x11000 → main'],
    ['void *', 0x11020, '0x11020 → main+0x20'],
    ['void *', 0x14008, '0x14008 → players+8'],
    ['void *', 0x14010, '0x14010 → players+0x10'],
    ['void *', 0x14080, '0x14080 → demo+0x4080 (data)'],
    ['void *', 0x60008, '0x60008 → stack'],
    ['void *', 0x999, '0x999'],
    ['A &', 0x50010, '0x50010 → block of 24 bytes (A)'],
  ])('%s %i', (type, address, expected) => expect(value(type, u64(address))).toBe(expected))
  test('that no address is', () => expect(value('void *', u64(0xdead_beef_dead_beefn))).toBe('0xdeadbeefdeadbeef'))
  test('to members', () => expect(values.text(firstId + [...table.types.kind].indexOf(10), u64(8))).toBe('+8'))
})

describe('structures', () => {
  const a = new ByteWriter().u32(1).u8(1, 0, 0, 0).u64(0x50010).u32(7).u8(0b11101, 0, 0, 0).done()
  test('have their members, bit-fields by their bits', () => expect(value('A', a)).toBe('{a = 1, flag = true, b = 0x50010, color = blue, low = 5, high = -1}'))
  test('name their bases', () => expect(value('Derived', new ByteWriter().bytes(a).text('bob', 8).done())).toBe('{<A> = {a = 1, flag = true, b = 0x50010, color = blue, low = 5, high = -1}, name = "bob"}'))
  test('arrays say how many there are', () => {
    expect(value('int [3]', u32(1, 2, 3))).toBe('{1, 2, 3}')
    expect(value('int [100]', new Uint8Array(400))).toBe(`{${'0, '.repeat(12)}… 100 in all}`)
    expect(value('int [0]', u32(1))).toBe('{}')
  })
  test('of which only some bytes are there show those', () => expect(value('A', a.subarray(0, 8))).toBe('{a = 1, flag = true}'))
})
