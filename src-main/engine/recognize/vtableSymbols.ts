/**
 * What the symbols say of vtables: `_ZTV` (a class's vtables, one for each base with virtual functions of its own),
 * `_ZTC` (vtables of a base while an object that has it is being built) and `_ZTT` (the table of vtables that
 * constructors pass on). Source: Itanium C++ ABI §5.1.4.1, §2.6.
 */
import { moduleName, type Module } from '../corefile/modules.ts'
import { readSymbols } from '../elf/symbols.ts'
import type { Diagnostics } from '../errors.ts'
import { itemAt } from '../search.ts'
import type { Demangler } from './demangle.ts'

export interface VtableSymbol {
  kind: 'vtable' | 'construction' | 'VTT'
  /** Half-open, in the process. */
  start: number
  end: number
  className: string
  /** Of construction vtables: the base being built. */
  base: string | null
  /** Of construction vtables: where the base lies in the object. */
  baseOffset: number
  module: string
}

const PREFIXES = ['_ZTV', '_ZTC', '_ZTT']
const MAX_SPLITS = 100

export class VtableSymbols {
  /** In address order. */
  private readonly symbols: VtableSymbol[] = []

  constructor(modules: Module[], demangler: Demangler, diagnostics: Diagnostics) {
    for (const module of modules) {
      for (const elf of [module.debugElf, module.elf]) {
        if (!elf) continue
        for (const symbol of diagnostics.guard([], () => readSymbols(elf, [], PREFIXES))) {
          const named = nameOf(symbol.name.replace(/@.*$/, ''), demangler)
          const start = symbol.value + module.bias
          if (named) this.symbols.push({ ...named, start, end: start + symbol.size, module: moduleName(module) })
        }
      }
    }
    this.symbols.sort((a, b) => a.start - b.start)
  }

  /** The symbol whose bytes hold an address. */
  at(address: number): VtableSymbol | null {
    return itemAt(this.symbols, ({ start }) => start, address)
  }
}

function nameOf(symbol: string, demangler: Demangler): Pick<VtableSymbol, 'kind' | 'className' | 'base' | 'baseOffset'> | null {
  const rest = symbol.slice(4)
  if (!symbol.startsWith('_ZTC')) {
    const className = demangler.className(rest)
    return className === null ? null : { kind: symbol.startsWith('_ZTV') ? 'vtable' : 'VTT', className, base: null, baseOffset: 0 }
  }
  // <class> <offset> _ <base>; the base may refer back to the class, so only the whole can be demangled
  const whole = /^construction vtable for (.*)-in-(.*)$/s.exec(demangler.demangle(symbol) ?? '')
  if (!whole) return null
  const [, className = '', base = ''] = whole
  let splits = 0
  for (const match of rest.matchAll(/(\d+)_/g)) {
    if (splits++ > MAX_SPLITS) break
    if (demangler.className(rest.slice(0, match.index)) === className) return { kind: 'construction', className, base, baseOffset: Number(match[1]) }
  }
  return null
}
