/**
 * From debug sections to a module's symbol tables, in three steps, so that units can be read by several threads:
 * `openDwarf` finds the units, `readUnits` reads some of them, `mergeUnits` makes one table of what was read.
 */
export { openDwarf, type DwarfUnits } from './units.ts'
export { missingSplitUnits, readUnits, type SplitUnitName, type UnitTables } from './readUnits.ts'
export { mergeUnits, type DwarfTables } from './merge.ts'
