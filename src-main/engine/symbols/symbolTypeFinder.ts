/** The symbol tables as recognition asks them: types by class name, functions by address. */
import type { TypeRef } from '../../contract/rows.ts'
import type { TypeFinder } from '../recognize/typeFinder.ts'
import { isRecord } from './typeTable.ts'
import { idOf, type ProcessSymbols } from './processSymbols.ts'

export function symbolTypeFinder(symbols: ProcessSymbols): TypeFinder {
  return {
    find(className) {
      const defined = symbols.find(className).filter((id) => symbols.size(id) >= 0 && isRecord(symbols.kind(id)))
      if (defined.length < 2) return defined[0] ?? null
      // several that differ only in what their members lead to are one
      const shape = shapeOf(symbols, defined[0])
      return defined.every((id) => shapeOf(symbols, id) === shape) ? defined[0] : null
    },
    spelling: (type) => symbols.spell(type),
    functionsAt: (address) => symbols.functionsAt(address),
  }
}

/** Size and parts of a type, as text. */
function shapeOf(symbols: ProcessSymbols, id: TypeRef): string {
  const owner = symbols.owner(id)
  if (!owner) return ''
  const { table } = owner
  const type = id - owner.firstId
  const { kind, offset } = table.tables.parts
  const rows = [String(symbols.size(id))]
  for (let part = table.firstPart(type); part < table.endPart(type); part++) rows.push([kind[part], offset[part], table.partName(part), symbols.spell(idOf(owner, table.partType(part)))].join(' '))
  return rows.join('\n')
}
