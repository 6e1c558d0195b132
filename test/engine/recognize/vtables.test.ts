import { describe, expect, test } from 'vitest'
import type { Module } from '../../../src-main/engine/corefile/modules.ts'
import { Diagnostics } from '../../../src-main/engine/errors.ts'
import { ElfFile } from '../../../src-main/engine/elf/file.ts'
import { noDebugFiles } from '../../../src-main/engine/symbols/debugFiles.ts'
import { AddressSpace, rangesOfCore } from '../../../src-main/engine/memory/addressSpace.ts'
import { Demangler } from '../../../src-main/engine/recognize/demangle.ts'
import { Vtables } from '../../../src-main/engine/recognize/vtables.ts'
import { wasmModule } from '../../../src-main/storage/wasmModules.ts'
import { buildElfCore } from '../../builders/elfCore.ts'
import { buildElfModule } from '../../builders/elfModule.ts'
import { memoryByteSource } from '../../builders/memoryByteSource.ts'

const BASE = 0x40_0000
const CODE = BASE + 0x1000
const DATA = BASE + 0x2000
const NAMES = BASE + 0x3000
const demangler = new Demangler(wasmModule('demangle'))

/** One module: code, then data with the words given, then names. @param names false: the page of names is absent */
function vtables(words: [at: number, value: bigint][], options: { names?: boolean; writable?: boolean; symbols?: { name: string; value: number; size: number }[] } = {}): Vtables {
  const data = new Uint8Array(4096)
  const view = new DataView(data.buffer)
  for (const [at, value] of words) view.setBigUint64(at - DATA, BigInt.asUintN(64, value), true)
  const names = new Uint8Array(4096)
  names.set(new TextEncoder().encode('N4game6PlayerE\0'), 0)
  names.set(new TextEncoder().encode('\x01not a type\0'), 64)
  names.set(new TextEncoder().encode('N4game5NamedE\0'), 128)
  const source = memoryByteSource(
    buildElfCore({
      segments: [
        { vaddr: CODE, memSize: 4096, flags: 5 },
        { vaddr: DATA, bytes: data, flags: options.writable === false ? 4 : 6 },
        options.names === false ? { vaddr: NAMES, memSize: 4096, flags: 4 } : { vaddr: NAMES, bytes: names, flags: 4 },
      ],
    }).bytes,
  )
  const memory = new AddressSpace(source, rangesOfCore(new ElfFile(source).segments, source.size, new Diagnostics()))
  const file = buildElfModule({ executable: true, symbols: (options.symbols ?? []).map((s) => ({ ...s, section: '.data' })), sections: [{ name: '.data', bytes: data, vaddr: DATA, flags: 6 }] })
  const module: Module = { path: '/opt/game', deleted: false, base: BASE, end: BASE + 0x4000, bias: 0, buildId: '', segments: [], linkMap: 0, main: true, vdso: false, elf: new ElfFile(memoryByteSource(file.bytes)), file: '', debugElf: null, debug: 'none', debugFiles: noDebugFiles() }
  return new Vtables(memory, [module], demangler, new Diagnostics())
}

/** A vtable at DATA + 0x100 with its typeinfo at DATA + 0x200. */
const withRtti = (offsetToTop: bigint, nameAt: number): [number, bigint][] => [
  [DATA + 0x100, offsetToTop],
  [DATA + 0x108, BigInt(DATA + 0x200)],
  [DATA + 0x110, BigInt(CODE + 0x40)],
  [DATA + 0x200, BigInt(DATA + 0x300)],
  [DATA + 0x208, BigInt(nameAt)],
]
const POINTER = DATA + 0x110

describe('vtables', () => {
  test('without symbols, RTTI names the class', () => {
    expect(vtables(withRtti(0n, NAMES)).resolve(POINTER)).toMatchObject({ className: 'game::Player', offsetToTop: 0, evidence: 'RTTI of game::Player in game' })
  })

  test('a secondary vtable says how far the complete object begins before it', () => {
    expect(vtables(withRtti(-16n, NAMES)).resolve(POINTER)).toMatchObject({ className: 'game::Player', offsetToTop: -16 })
  })

  test('RTTI names the base that a secondary vtable is of', () => {
    // __vmi_class_type_info at DATA + 0x200 with one base 16 bytes in, whose typeinfo is at DATA + 0x400
    const words: [number, bigint][] = [
      ...withRtti(-16n, NAMES),
      [DATA + 0x0f0, 0n],
      [DATA + 0x0e0, BigInt(DATA + 0x200)],
      [DATA + 0x0d8, 0n],
      [DATA + 0x210, 1n << 32n],
      [DATA + 0x218, BigInt(DATA + 0x400)],
      [DATA + 0x220, (16n << 8n) | 2n],
      [DATA + 0x400, BigInt(DATA + 0x300)],
      [DATA + 0x408, BigInt(NAMES + 128)],
    ]
    expect(vtables(words).resolve(POINTER)).toMatchObject({ className: 'game::Player', kind: 'secondary', base: 'game::Named', offsetToTop: -16, by: 'RTTI' })
  })

  test('a class that is its own base is told without one', () => {
    const words: [number, bigint][] = [...withRtti(-16n, NAMES), [DATA + 0x210, BigInt(DATA + 0x200)]]
    expect(vtables(words).resolve(POINTER)).toMatchObject({ className: 'game::Player', kind: 'secondary', base: null })
  })

  test('a construction vtable is of the object that is being built, also where its RTTI is the base\'s', () => {
    const table = vtables(withRtti(0n, NAMES), { symbols: [{ name: '_ZTCN4game4ItemE0_NS_6PlayerE', value: DATA + 0x100, size: 32 }] })
    expect(table.resolve(POINTER)).toMatchObject({ className: 'game::Item', kind: 'construction', base: 'game::Player', offsetToTop: 0 })
    expect(table.describe(POINTER)).toBe('construction vtable for game::Player in game::Item+0x10')
    const inside = vtables(withRtti(0n, NAMES), { symbols: [{ name: '_ZTCN4game4ItemE24_NS_6PlayerE', value: DATA + 0x100, size: 32 }] })
    expect(inside.resolve(POINTER)).toMatchObject({ className: 'game::Item', kind: 'construction', offsetToTop: -24 })
  })

  test('a table of vtables is none', () => {
    const table = vtables(withRtti(0n, NAMES), { symbols: [{ name: '_ZTTN4game4ItemE', value: DATA + 0x100, size: 32 }] })
    expect(table.resolve(POINTER)).toBeNull()
    expect(table.describe(DATA + 0x100)).toBe('VTT for game::Item')
    expect(table.describe(DATA + 0x120)).toBeNull()
  })

  test('where the page with the name is absent, the class is told apart without one', () => {
    expect(vtables(withRtti(0n, NAMES), { names: false }).resolve(POINTER)).toMatchObject({ className: null, label: 'class at game+0x2110' })
  })

  test('a symbol names it without RTTI, at its address point only', () => {
    const words: [number, bigint][] = [
      [DATA + 0x110, BigInt(CODE + 0x40)],
      [DATA + 0x118, BigInt(CODE + 0x50)],
    ]
    const table = vtables(words, { symbols: [{ name: '_ZTVN4game4ItemE', value: DATA + 0x100, size: 32 }] })
    expect(table.resolve(POINTER)).toMatchObject({ className: 'game::Item', offsetToTop: 0, evidence: 'vtable for game::Item in game' })
    expect(table.resolve(DATA + 0x118)).toBeNull()
    expect(table.resolve(DATA + 0x120)).toBeNull()
  })

  test('without RTTI and symbols, functions behind two zero words in read-only memory tell a class apart', () => {
    expect(vtables([[POINTER, BigInt(CODE)]], { writable: false }).resolve(POINTER)).toMatchObject({ className: null, label: 'class at game+0x2110' })
  })

  test.each([
    ['no typeinfo in writable memory', [[DATA + 0x110, BigInt(CODE)]]],
    ['a positive offset to top', withRtti(16n, NAMES)],
    ['a first function that is no code', [...withRtti(0n, NAMES), [DATA + 0x110, BigInt(DATA)]]],
    ['a name that is no type\'s', withRtti(0n, NAMES + 64)],
    ['a name outside all modules', withRtti(0n, 0x1000)],
  ] as [string, [number, bigint][]][])('%s is no vtable', (_, words) => {
    expect(vtables(words).resolve(POINTER)).toBeNull()
  })
})
