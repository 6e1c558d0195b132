/** Where virtual bases lie, by the vtables of the file, against what the program says of its own objects. */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ElfFile } from '../../src-main/engine/elf/file.ts'
import { readSymbols } from '../../src-main/engine/elf/symbols.ts'
import { Diagnostics } from '../../src-main/engine/errors.ts'
import { joinTables, openUnits } from '../../src-main/engine/symbols/indexModule.ts'
import { membersOf } from '../../src-main/engine/symbols/layout.ts'
import { ProcessSymbols } from '../../src-main/engine/symbols/processSymbols.ts'
import { symbolReader } from '../../src-main/workers/symbolReader.ts'
import { plainWords, virtualBaseOffset } from '../../src-main/engine/recognize/virtualBases.ts'
import { memoryByteSource } from '../builders/memoryByteSource.ts'
import { Unavailable, run, tool } from './commands.ts'
import { corpusFolder } from './make.ts'

const BUILDS: [compiler: string, flags: string[]][] = [
  ['g++', []],
  ['g++', ['-no-pie', '-fno-pie']],
  ['g++', ['-static']],
  ['g++', ['-fno-rtti']],
  ['g++', ['-Wl,-z,pack-relative-relocs']],
  ['clang++', []],
  ['clang++', ['-no-pie', '-fno-rtti']],
]

/** `class base` to the index of the vbase_offset, from DW_TAG_inheritance. */
async function indexes(exe: string): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  const names = new Map<string, string>()
  const bases: [of: string, type: string, index: number][] = []
  let tag = ''
  let at = ''
  let structure = ''
  let type = ''
  for (const line of (await run('readelf', ['--debug-dump=info', exe])).split('\n')) {
    const entry = /<([0-9a-f]+)>: Abbrev Number: .*\((DW_TAG_\w+)\)/.exec(line)
    if (entry) {
      ;[, at = '', tag = ''] = entry
      if (tag === 'DW_TAG_structure_type') structure = at
    }
    const name = /DW_AT_name +:.*?(\w+)\s*$/.exec(line)
    if (name && tag === 'DW_TAG_structure_type' && !names.has(at)) names.set(at, name[1] ?? '')
    const reference = /DW_AT_type +: <0x([0-9a-f]+)>/.exec(line)
    if (reference) type = reference[1] ?? ''
    const index = /DW_OP_deref; DW_OP_(?:constu?1?u?: (\d+)|lit(\d+)); DW_OP_minus/.exec(line)
    if (index && tag === 'DW_TAG_inheritance') bases.push([structure, type, -Number(index[1] ?? index[2])])
  }
  for (const [of, base, index] of bases) found.set(`${names.get(of)} ${names.get(base)}`, index)
  return found
}

/** As the symbol database would have them. */
async function symbolsOf(exe: string): Promise<ProcessSymbols> {
  const diagnostics = new Diagnostics()
  const paths = { path: exe, buildId: '', file: exe, debugFile: '', options: { debug: [] } }
  const prepared = await symbolReader.prepare(paths, diagnostics)
  const units = await openUnits(symbolReader, prepared, diagnostics)
  let next = 0
  const read = symbolReader.readUnits(units, () => (next < units.unitCount ? next++ : -1), diagnostics)
  const tables = joinTables(symbolReader.mergeUnits([read], diagnostics), prepared.symbols, prepared.symbolStrings)
  const symbols = new ProcessSymbols([{ name: exe, base: 0, end: 1, bias: 0 }])
  symbols.attach(0, symbolReader.settle(tables, paths, diagnostics))
  expect(diagnostics.rows).toEqual([])
  return symbols
}

describe.each(BUILDS)('%s %j', (compiler, flags) => {
  test('virtual bases are where the program says', async ({ skip }) => {
    const folder = join(corpusFolder(), 'virtual-bases')
    mkdirSync(folder, { recursive: true })
    const exe = join(folder, [compiler, ...flags].join('').replaceAll(/\W/g, ''))
    try {
      tool(compiler)
      await run(compiler, ['-g', '-o', exe, join(import.meta.dirname, 'programs/virtualbases.cpp'), ...flags])
    } catch (error) {
      if (error instanceof Unavailable) return skip(error.message)
      throw error
    }
    const elf = new ElfFile(memoryByteSource(readFileSync(exe)))
    const vtables = new Map(readSymbols(elf, [], ['_ZTV']).map((s) => [s.name, s]))
    const read = plainWords(elf)
    const index = await indexes(exe)
    const said = (await run(exe, [])).trim().split('\n')
    expect(said.length).toBe(9)
    const found = said.map((line) => {
      const [derived, base] = line.split(' ')
      const vtable = vtables.get(`_ZTV1${derived}`)
      return `${derived} ${base} ${virtualBaseOffset(read, vtable?.value ?? NaN, index.get(`${derived} ${base}`) ?? NaN, !flags.includes('-fno-rtti'), vtable?.size)}`
    })
    expect(found).toEqual(said)

    const symbols = await symbolsOf(exe)
    const inherited = (await run(exe, ['inherited'])).trim().split('\n')
    expect(inherited.length).toBe(5)
    const laid = [...said, ...inherited].map((line) => {
      const [derived = '', base = ''] = line.split(' ')
      const rows = membersOf(symbols, symbols.find(derived)[0] ?? 0).filter((row) => row.kind === 'virtual base' && row.name === base)
      return `${derived} ${base} ${rows.map(({ offset }) => offset).join(' and ')}`
    })
    expect(laid).toEqual([...said, ...inherited])
  })
})
