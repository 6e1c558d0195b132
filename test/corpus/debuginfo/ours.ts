/** corelens' word on a file: its symbol tables, read in this thread by the parts that the symbol workers use. */
import { ElfFile } from '../../../src-main/engine/elf/file.ts'
import { buildIdOf } from '../../../src-main/engine/elf/buildId.ts'
import { Diagnostics } from '../../../src-main/engine/errors.ts'
import { joinTables, openUnits } from '../../../src-main/engine/symbols/indexModule.ts'
import type { SymbolTables } from '../../../src-main/engine/symbols/tables.ts'
import { moduleFiles } from '../../../src-main/storage/moduleFiles.ts'
import { symbolReader } from '../../../src-main/workers/symbolReader.ts'
import { type Facts, factsOf } from './forms.ts'

export interface Ours {
  tables: SymbolTables
  /** `kind: where: message` of each. */
  diagnostics: string[]
  files: string[]
  debugBytes: number
}

/** @param debug folders that may hold debug files */
export async function readSymbols(file: string, debug: string[] = []): Promise<Ours> {
  const diagnostics = new Diagnostics()
  const paths = { path: file, buildId: buildIdOfFile(file), file, debugFile: '', options: { debug } }
  const prepared = await symbolReader.prepare(paths, diagnostics)
  const units = await openUnits(symbolReader, prepared, diagnostics)
  let next = 0
  const read = symbolReader.readUnits(units, () => (next < units.unitCount ? next++ : -1), diagnostics)
  const joined = joinTables(symbolReader.mergeUnits([read], diagnostics), prepared.symbols, prepared.symbolStrings)
  const tables = symbolReader.settle(joined, paths, diagnostics)
  return { tables, diagnostics: diagnostics.rows.map((row) => `${row.kind}: ${row.where}: ${row.message}`), files: prepared.files, debugBytes: units.bytes }
}

export async function ourFacts(file: string, debug: string[] = []): Promise<Facts & { diagnostics: string[] }> {
  const { tables, diagnostics } = await readSymbols(file, debug)
  return { ...factsOf(tables), diagnostics }
}

export function buildIdOfFile(file: string): string {
  const source = moduleFiles.open(file)
  if (source === null) throw new Error(`${file}: can't be opened`)
  try {
    return buildIdOf(new ElfFile(source, file), false)
  } finally {
    source.close()
  }
}
