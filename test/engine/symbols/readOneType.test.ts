import { expect, test } from 'vitest'
import { Diagnostics } from '../../../src-main/engine/errors.ts'
import { mergeUnits, missingSplitUnits, openDwarf, readUnits } from '../../../src-main/engine/dwarf/read.ts'
import type { SymbolReader } from '../../../src-main/engine/symbols/indexModule.ts'
import { readOneType } from '../../../src-main/engine/symbols/readOneType.ts'
import { TypeTable } from '../../../src-main/engine/symbols/typeTable.ts'
import { buildDwarf, die, unit } from '../../builders/dwarf.ts'
import { symbolTables } from '../../builders/symbolTables.ts'

const paths = { path: '/bin/demo', buildId: '', file: '', debugFile: '', options: { debug: [] } }

/** Answers which units were read, in order. */
function readerOf(files: ReturnType<typeof buildDwarf>['files']): { reader: SymbolReader; read: number[] } {
  const read: number[] = []
  const { symbols } = symbolTables({ types: {} })
  const reader: SymbolReader = {
    prepare: () => Promise.resolve({ dwarf: files, symbols, symbolStrings: new Uint8Array(1), files: [], missing: '', splitUnits: () => Promise.resolve([]) }),
    openDwarf,
    missingSplitUnits,
    readUnits: (dwarf, next, diagnostics) =>
      readUnits(dwarf, () => {
        const taken = next()
        if (taken >= 0) read.push(taken)
        return taken
      }, diagnostics),
    mergeUnits,
    settle: (tables) => tables,
  }
  return { reader, read }
}

const named = (name: string, size: number) => die('namespace', { name: 'game' }, [die('structure_type', { name, byte_size: size })])
const { files } = buildDwarf({
  units: [
    unit([named('Other', 4)], { version: 4 }),
    unit([die('namespace', { name: 'game' }, [die('structure_type', { name: 'Player', declaration: true })])], { version: 4 }),
    unit([named('Player', 24)], { version: 4 }),
    unit([named('Player', 32)], { version: 4 }),
  ],
})

test('the first unit that defines a type is the last one read', async () => {
  const { reader, read } = readerOf(files)
  const tables = await readOneType(reader, paths, 'game::Player', new Diagnostics())
  const table = tables && new TypeTable(tables)
  expect(table?.find('game::Player').map((type) => table.size(type))).toEqual([24])
  expect(read).toEqual([1, 2])
})

test('a type that no unit defines is none', async () => {
  const { reader, read } = readerOf(files)
  expect(await readOneType(reader, paths, 'game::Enemy', new Diagnostics())).toBeNull()
  expect(await readOneType(reader, paths, 'other::Player', new Diagnostics())).toBeNull()
  expect(read).toEqual([1, 2, 3])
})
