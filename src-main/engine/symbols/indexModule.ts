/**
 * A module's symbols, from its files to its tables, in steps that threads can share: prepare, read units, merge. What the
 * steps do is in debugFiles.ts and dwarf/read.ts; here is how they join, and the seam at which tests put stand-ins.
 */
import type { DwarfFile } from '../dwarf/file.ts'
import type { DwarfUnits, SplitUnitName, UnitTables, mergeUnits } from '../dwarf/read.ts'
import type { Diagnostics } from '../errors.ts'
import type { ModulePaths } from './moduleSources.ts'
import type { SymbolColumns, SymbolTables } from './tables.ts'

export interface PreparedModule {
  /** Decompressed, in memory that threads share; empty where there is no debug information. */
  dwarf: DwarfFile[]
  /** Names are offsets into `symbolStrings`. */
  symbols: SymbolColumns
  symbolStrings: Uint8Array
  /** Paths of all files that serve. */
  files: string[]
  /** What would tell more, as one sentence; '' where nothing is missing. */
  missing: string
  /** The files of split units that are there. */
  splitUnits(names: SplitUnitName[]): Promise<DwarfFile[]>
}

export type MergedUnits = ReturnType<typeof mergeUnits>

export interface SymbolReader {
  prepare(paths: ModulePaths, diagnostics: Diagnostics): Promise<PreparedModule>
  openDwarf(files: DwarfFile[], diagnostics: Diagnostics): DwarfUnits
  missingSplitUnits(dwarf: DwarfUnits, diagnostics: Diagnostics): SplitUnitName[]
  readUnits(dwarf: DwarfUnits, next: () => number, diagnostics: Diagnostics): UnitTables
  mergeUnits(tables: UnitTables[], diagnostics: Diagnostics): MergedUnits
  /** Adds what only the module's own file tells: where virtual bases lie. */
  settle(tables: SymbolTables, paths: ModulePaths, diagnostics: Diagnostics): SymbolTables
}

/** Opens the units of a module, split ones included. */
export async function openUnits(reader: SymbolReader, prepared: PreparedModule, diagnostics: Diagnostics): Promise<DwarfUnits> {
  const main = reader.openDwarf(prepared.dwarf, diagnostics)
  if (prepared.dwarf.length === 0) return main
  const split = await prepared.splitUnits(reader.missingSplitUnits(main, diagnostics))
  return split.length === 0 ? main : reader.openDwarf([...prepared.dwarf, ...split], diagnostics)
}

/** One table of strings for both: the symbols' behind those of the debug information. */
export function joinTables(merged: MergedUnits, symbols: SymbolColumns, symbolStrings: Uint8Array): SymbolTables {
  const base = merged.strings.length
  const strings = new Uint8Array(base + symbolStrings.length)
  strings.set(merged.strings)
  strings.set(symbolStrings, base)
  // Offset 0 is the empty text on both sides.
  const name = symbols.name.map((offset) => (offset === 0 ? 0 : base + offset))
  return { ...merged, strings, symbols: { ...symbols, name } }
}
