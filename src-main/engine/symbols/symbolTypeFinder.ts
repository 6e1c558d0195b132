/** The symbol tables as recognition asks them: types by class name, functions by address. */
import type { TypeFinder } from '../recognize/typeFinder.ts'
import { TYPE } from './tables.ts'
import type { ProcessSymbols } from './processSymbols.ts'

export function symbolTypeFinder(symbols: ProcessSymbols): TypeFinder {
  return {
    find(className) {
      const defined = symbols.find(className).filter((id) => symbols.size(id) >= 0 && (symbols.kind(id) === TYPE.struct || symbols.kind(id) === TYPE.class || symbols.kind(id) === TYPE.union))
      // several of one size differ in what their members point to, not in what they are
      return defined.length > 0 && defined.every((id) => symbols.size(id) === symbols.size(defined[0])) ? defined[0] : null
    },
    spelling: (type) => symbols.spell(type),
    functionsAt: (address) => symbols.functionsAt(address),
  }
}
