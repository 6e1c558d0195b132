/**
 * One type by name, without reading all that a module's debug information says: the units that hold the name are read one by
 * one until one defines it. What other units say of that name (another type, the definition of what this one only declares)
 * stays unknown.
 */
import { lastName, unitsNaming } from '../dwarf/unitsNaming.ts'
import type { Diagnostics } from '../errors.ts'
import { joinTables, openUnits, type SymbolReader } from './indexModule.ts'
import type { ModulePaths } from './moduleSources.ts'
import type { SymbolTables } from './tables.ts'
import { TypeTable } from './typeTable.ts'

/** The tables of the unit that defines the type; null where none does. */
export async function readOneType(reader: SymbolReader, paths: ModulePaths, name: string, diagnostics: Diagnostics): Promise<SymbolTables | null> {
  const prepared = await reader.prepare(paths, diagnostics)
  const dwarf = await openUnits(reader, prepared, diagnostics)
  for (const unit of unitsNaming(dwarf, lastName(name))) {
    let next = unit
    const takeOnce = (): number => {
      const taken = next
      next = -1
      return taken
    }
    const read = reader.mergeUnits([reader.readUnits(dwarf, takeOnce, diagnostics)], diagnostics)
    const tables = joinTables(read, prepared.symbols, prepared.symbolStrings)
    const table = new TypeTable(tables)
    if (table.find(name).some((type) => !table.isDeclaration(type))) return reader.settle(tables, paths, diagnostics)
  }
  return null
}
