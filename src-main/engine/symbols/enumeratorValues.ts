/**
 * Values of a module's enumerators by their qualified names. clang spells template arguments with them
 * (`Box<ns::red>`), where symbols and gcc have `Box<(ns::Color)0>`.
 */
import { PART, TYPE, TYPE_FLAG } from './tables.ts'
import type { TypeTable } from './typeTable.ts'

export function enumeratorValues(table: TypeTable): Map<string, string> {
  const values = new Map<string, string>()
  const { parts } = table.tables
  for (let type = 1; type < table.count; type++) {
    if (table.kind(type) !== TYPE.enum) continue
    const name = table.name(type)
    // those of a plain enum belong to the scope around it
    const scope = table.hasFlag(type, TYPE_FLAG.scoped) ? `${name}::` : name.slice(0, name.includes('::') ? name.lastIndexOf('::') + 2 : 0)
    for (let part = table.firstPart(type); part < table.endPart(type); part++) {
      if (parts.kind[part] === PART.enumerator) values.set(scope + table.partName(part), String(parts.value[part]))
    }
  }
  return values
}
