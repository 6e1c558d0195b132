import { describe, expect, test } from 'vitest'
import { spell } from '../../../src-main/engine/symbols/spelling.ts'
import { TYPE } from '../../../src-main/engine/symbols/tables.ts'
import { TypeTable } from '../../../src-main/engine/symbols/typeTable.ts'
import { symbolTables, type TypeSpec } from '../../builders/symbolTables.ts'

const TYPES: Record<string, TypeSpec> = {
  Foo: { kind: 'class', size: 8 },
  handler: { kind: 'function', returns: 'int', parameters: ['int', 'char'] },
  method: { kind: 'function', parameters: ['int'] },
  nothing: { kind: 'function' },
  printf: { kind: 'function', returns: 'int', parameters: ['const char *'], variadic: true },
  table: { kind: 'array', of: 'handler *', dimensions: [4] },
  returning: { kind: 'function', returns: 'handler *', parameters: ['int'] },
  'Foo::*int': { kind: 'memberPointer', of: 'Foo', to: 'int' },
  'Foo::*method': { kind: 'memberPointer', of: 'Foo', to: 'method' },
  'Foo::*const method': { kind: 'memberPointer', of: 'Foo', to: 'method const' },
  anonymous: { kind: 'struct', size: 4, name: '' },
  'anonymous enum': { kind: 'enum', size: 4, name: '', values: [['a', 0]] },
  size_t: { kind: 'typedef', to: 'unsigned long' },
}

/** [type, spelled, spelled with the name x] */
const SPELLED: [type: string, alone: string, named: string][] = [
  ['int', 'int', 'int x'],
  ['void *', 'void *', 'void *x'],
  ['const char *', 'const char *', 'const char *x'],
  ['char * const', 'char *const', 'char *const x'],
  ['const char * const *', 'const char *const *', 'const char *const *x'],
  ['const volatile int', 'const volatile int', 'const volatile int x'],
  ['int[3][4]', 'int [3][4]', 'int x[3][4]'],
  ['const char[16]', 'const char [16]', 'const char x[16]'],
  ['char[]', 'char []', 'char x[]'],
  ['int[8]*', 'int (*)[8]', 'int (*x)[8]'],
  ['int *[8]', 'int *[8]', 'int *x[8]'],
  ['Foo &', 'Foo &', 'Foo &x'],
  ['Foo &&', 'Foo &&', 'Foo &&x'],
  ['Foo *&', 'Foo *&', 'Foo *&x'],
  ['handler', 'int (int, char)', 'int x(int, char)'],
  ['handler *', 'int (*)(int, char)', 'int (*x)(int, char)'],
  ['handler * const', 'int (*const)(int, char)', 'int (*const x)(int, char)'],
  ['nothing *', 'void (*)(void)', 'void (*x)(void)'],
  ['printf *', 'int (*)(const char *, ...)', 'int (*x)(const char *, ...)'],
  ['table', 'int (*[4])(int, char)', 'int (*x[4])(int, char)'],
  ['returning', 'int (*(int))(int, char)', 'int (*x(int))(int, char)'],
  ['Foo::*int', 'int Foo::*', 'int Foo::*x'],
  ['Foo::*method', 'void (Foo::*)(int)', 'void (Foo::*x)(int)'],
  ['Foo::*const method', 'void (Foo::*)(int) const', 'void (Foo::*x)(int) const'],
  ['anonymous', 'struct {...}', 'struct {...} x'],
  ['anonymous enum *', 'enum {...} *', 'enum {...} *x'],
  ['const size_t', 'const size_t', 'const size_t x'],
]

describe('types are spelled as gdb\'s whatis does', () => {
  const table = new TypeTable(symbolTables({ types: TYPES, variables: SPELLED.map(([type], i) => [i, `v${i}`, type]) }))
  test.each(SPELLED.map(([type, alone, named], i) => ({ type, alone, named, i })))('$alone', ({ alone, named, i }) => {
    const index = table.variables.type[i]
    expect(spell(table, index)).toBe(alone)
    expect(spell(table, index, 'x')).toBe(named)
  })
})

describe('hostile tables', () => {
  test('a loop of pointers ends', () => {
    const table = new TypeTable(symbolTables({ types: { loop: { kind: 'raw', code: TYPE.pointer, target: 1 } } }))
    expect(spell(table, 1)).toMatch(/^\.\.\. \*+$/)
  })

  test('a loop of typedefs is void behind them', () => {
    const table = new TypeTable(symbolTables({ types: { a: { kind: 'raw', code: TYPE.typedef, target: 2, name: 'a' }, b: { kind: 'raw', code: TYPE.typedef, target: 1, name: 'b' } } }))
    expect([spell(table, 1), table.bare(1), table.size(1)]).toEqual(['a', 0, -1])
  })

  test('functions that take themselves many times over end', () => {
    const tables = symbolTables({ types: { f: { kind: 'function', parameters: ['f *', 'f *', 'f *', 'f *', 'f *', 'f *', 'f *', 'f *'] } } })
    expect(spell(new TypeTable(tables), 1).length).toBeLessThan(10_000)
  })

  test('indexes and offsets outside of the tables lead to void and empty texts', () => {
    const tables = symbolTables({ types: { p: { kind: 'raw', code: TYPE.pointer, target: 4_000_000_000 }, s: { kind: 'raw', code: TYPE.struct, firstPart: 4_000_000_000, partCount: 4_000_000_000, name: 's' } } })
    tables.types.name[2] = 4_000_000_000
    const table = new TypeTable(tables)
    expect([spell(table, 1), spell(table, 2), spell(table, 99), table.firstPart(2), table.endPart(2)]).toEqual(['void *', 'struct {...}', 'void', 0, 0])
  })
})

describe('a type is found', () => {
  const table = new TypeTable(symbolTables({ types: { 'std::vector<int, std::allocator<int> >': { kind: 'class', size: 24 }, Foo: { kind: 'class', size: 8 } } }))
  test('by its name', () => expect(table.find('Foo').map((t) => table.name(t))).toEqual(['Foo']))
  test('and only by its whole name', () => expect([table.find('Fo'), table.find('')]).toEqual([[], []]))
  test('in another spelling', () => expect(table.findNormalized('std::vector<int, std::allocator<int>>').length).toBe(1))
})
