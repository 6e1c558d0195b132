import { describe, expect, test } from 'vitest'
import { topRows, UNKNOWN_TYPE, type KnownType } from '../../../src-main/engine/findings/top.ts'
import type { Group } from '../../../src-main/engine/findings/groups.ts'
import { ElfFile } from '../../../src-main/engine/elf/file.ts'
import { Diagnostics } from '../../../src-main/engine/errors.ts'
import { AddressSpace, rangesOfCore } from '../../../src-main/engine/memory/addressSpace.ts'
import { nameByDebugInfo } from '../../../src-main/engine/recognize/debugNames.ts'
import type { TypeFinder } from '../../../src-main/engine/recognize/typeFinder.ts'
import { buildElfCore } from '../../builders/elfCore.ts'
import { memoryByteSource } from '../../builders/memoryByteSource.ts'

const VTABLE = 0x1000

/** A vtable with the given slots. */
function memory(...slots: number[]): AddressSpace {
  const bytes = new Uint8Array(4096)
  slots.forEach((slot, i) => new DataView(bytes.buffer).setUint32(i * 8, slot, true))
  const source = memoryByteSource(buildElfCore({ segments: [{ vaddr: VTABLE, bytes }] }).bytes)
  return new AddressSpace(source, rangesOfCore(new ElfFile(source).segments, source.size, new Diagnostics()))
}

const finder = (types: Record<string, number>, spellings: Record<number, string>, functions: Record<number, string[]> = {}): TypeFinder => ({
  find: (name) => types[name] ?? null,
  spelling: (type) => spellings[type] ?? '',
  functionsAt: (address) => functions[address] ?? [],
})

const known = (label: string, vtable?: number): KnownType => ({ name: label.startsWith('class at') ? null : label, label, counted: label.endsWith('[]'), evidence: 'RTTI', vtable })
const used = (type: number, size: number, count: number): Group => ({ type, size, free: false, allocator: 'glibc', count })

describe('types once debug information is there', () => {
  test('are called as it calls them, arrays too', () => {
    const types = [UNKNOWN_TYPE, known('Box<char const*>'), known('Box<char const*>[]'), known('Unknown')]
    expect(nameByDebugInfo(types, finder({ 'Box<char const*>': 7 }, { 7: 'Box<const char *>' }), memory())).toBe(true)
    expect(types.map((t) => t.label)).toEqual(['', 'Box<const char *>', 'Box<const char *>[]', 'Unknown'])
    expect(types.map((t) => t.name)).toEqual([null, 'Box<const char *>', 'Box<const char *>[]', 'Unknown'])
  })

  test('that turn out to be one have one row in TopN, whose key selects the blocks of both', () => {
    const types = [UNKNOWN_TYPE, known('Box<char const*>'), known('Other'), known('Box<const char *>')]
    const groups = [used(1, 24, 2), used(2, 24, 1), used(3, 40, 5), used(0, 24, 9)]
    expect(topRows(groups, types, new Map(), 'type').map((r) => r.label)).toHaveLength(4)
    nameByDebugInfo(types, finder({ 'Box<char const*>': 7, 'Box<const char *>': 7 }, { 7: 'Box<const char *>' }), memory())
    const rows = topRows(groups, types, new Map(), 'type')
    expect(rows.find((r) => r.label === 'Box<const char *>')).toMatchObject({ key: 'type 1', count: 7, bytes: 2 * 24 + 5 * 40, sizes: 2 })
    expect(rows).toHaveLength(3)
    expect(types.map((t) => t === types[1])).toEqual([false, true, false, true])
  })

  test('stay as they are when asked again', () => {
    const types = [UNKNOWN_TYPE, known('Box<char const*>')]
    const names = finder({ 'Box<char const*>': 7, 'Box<const char *>': 7 }, { 7: 'Box<const char *>' })
    nameByDebugInfo(types, names, memory())
    expect(nameByDebugInfo(types, names, memory())).toBe(false)
  })

  test('are found by the destructor in their vtable, where the name tells nothing', () => {
    const types = [UNKNOWN_TYPE, known('Box<main::$_0>', VTABLE), known('class at game+0x10', VTABLE)]
    const names = finder({ 'Box<(lambda at a.cpp:3:4)>': 7 }, { 7: 'Box<(lambda at a.cpp:3:4)>' }, { 0x500: ['Box<(lambda at a.cpp:3:4)>::~Box'] })
    nameByDebugInfo(types, names, memory(0x500))
    expect(types.map((t) => t.name)).toEqual([null, 'Box<(lambda at a.cpp:3:4)>', 'Box<(lambda at a.cpp:3:4)>'])
  })

  test.each([
    ["a destructor of another class (its base's, which does the same)", { 0x500: ['Base::~Base'] }],
    ['functions of several classes at one address', { 0x500: ['Box<(lambda at a.cpp:3:4)>::~Box', 'Box<int>::~Box'] }],
    ['no destructor', { 0x500: ['Box<(lambda at a.cpp:3:4)>::run'] }],
    ['a function that is not known', {}],
  ])('%s tells nothing', (_, functions: Record<number, string[]>) => {
    const types = [UNKNOWN_TYPE, known('Box<main::$_0>', VTABLE)]
    const names = finder({ 'Box<(lambda at a.cpp:3:4)>': 7, 'Box<int>': 8, Base: 9 }, { 7: 'x', 8: 'x', 9: 'x' }, functions)
    expect(nameByDebugInfo(types, names, memory(0x500))).toBe(false)
    expect(types[1].name).toBe('Box<main::$_0>')
  })

  test("a base's destructor in front of the class's own is passed over", () => {
    const types = [UNKNOWN_TYPE, known('Box<main::$_0>', VTABLE)]
    const names = finder({ 'Box<L>': 7, Base: 9 }, { 7: 'Box<L>', 9: 'Base' }, { 0x500: ['Base::~Base'], 0x600: ['Box<L>::~Box'] })
    nameByDebugInfo(types, names, memory(0, 0x500, 0x600))
    expect(types[1].name).toBe('Box<L>')
  })
})
