/**
 * From a word that may be a vtable pointer to the C++ class it stands for: by a `_ZTV` symbol, or by RTTI where the
 * program is stripped. Source: Itanium C++ ABI §2.5.2 (virtual table layout), §2.9.5 (RTTI layout).
 *
 * A vtable pointer points to an address point: before it lie offset-to-top and the typeinfo pointer, from it on the
 * virtual functions. Offset-to-top is 0 for a complete object and negative for a base inside one.
 */
import { hex } from '../bytes/units.ts'
import { moduleAt, moduleName, type Module } from '../corefile/modules.ts'
import { PF_W, PF_X } from '../elf/file.ts'
import type { Diagnostics } from '../errors.ts'
import type { AddressSpace } from '../memory/addressSpace.ts'
import type { Demangler } from './demangle.ts'
import { baseAt, signedWord } from './rtti.ts'
import { VtableSymbols, type VtableSymbol } from './vtableSymbols.ts'

export interface VtableHit {
  /** Null where it is a vtable, but nothing in the core or the files found names its class. */
  className: string | null
  /** `class at libgame.so+0x1d40` where the class has no name, else the name. */
  label: string
  /**
   * - `primary`: what a complete object begins with
   * - `secondary`: of a base further inside; `construction`: of a base, while an object of the class is built or destroyed
   */
  kind: 'primary' | 'secondary' | 'construction'
  /** The base that a secondary or construction vtable is of; null where it can't be told. */
  base: string | null
  by: 'symbol' | 'RTTI' | 'shape'
  /** Bytes from the object that starts with this vtable pointer to the complete object: 0 or negative. */
  offsetToTop: number
  /** How it was found, for the evidence. */
  evidence: string
}

const MAX_NAME = 16_384
const MAX_OFFSET_TO_TOP = 2 ** 31
/** How typeinfo names begin: a length, a nested or local name, a substitution, a builtin, … (`*`: internal linkage). */
const TYPE_NAME = /^\*?[A-Za-z0-9_$.]+$/

export class Vtables {
  private readonly memory: AddressSpace
  private readonly modules: Module[]
  private readonly demangler: Demangler
  private readonly symbols: VtableSymbols

  constructor(memory: AddressSpace, modules: Module[], demangler: Demangler, diagnostics: Diagnostics) {
    this.memory = memory
    this.modules = modules
    this.demangler = demangler
    this.symbols = new VtableSymbols(modules, demangler, diagnostics)
  }

  /** What a vtable pointer of this value stands for; null where it is none. */
  resolve(pointer: number): VtableHit | null {
    // offset-to-top lies within the symbol of its vtable; the address point itself may be the end
    const symbol = this.symbols.at(pointer - 16)
    if (symbol?.kind === 'VTT') return null
    const offsetToTop = signedWord(this.memory, pointer - 16)
    if (symbol?.kind === 'construction') return this.underConstruction(pointer, symbol, offsetToTop)
    if (!(offsetToTop <= 0 && offsetToTop > -MAX_OFFSET_TO_TOP)) return symbol ? this.bySymbolAlone(pointer, symbol) : null
    // where the typeinfo is left out, the slot behind a vtable's start looks the same but for this
    if (this.isCode(this.memory.word(pointer - 8))) return null
    if (!symbol) return this.byRtti(pointer, offsetToTop)
    const { className, module } = symbol
    return { className, label: className, ...this.place(pointer, offsetToTop), by: 'symbol', offsetToTop, evidence: `vtable for ${className} in ${module}` }
  }

  /** What lies at an address that is part of a vtable or of a table of vtables, by symbols: `vtable for Square+0x28`; null where nothing is known. */
  describe(address: number): string | null {
    const symbol = this.symbols.at(address)
    if (!symbol) return null
    const what = { vtable: 'vtable', construction: `construction vtable for ${symbol.base} in`, VTT: 'VTT' }[symbol.kind]
    const into = address === symbol.start ? '' : `+${hex(address - symbol.start)}`
    return symbol.kind === 'construction' ? `${what} ${symbol.className}${into}` : `${what} for ${symbol.className}${into}`
  }

  private place(pointer: number, offsetToTop: number): Pick<VtableHit, 'kind' | 'base'> {
    if (offsetToTop === 0) return { kind: 'primary', base: null }
    const typeinfo = baseAt(this.memory, this.modules, pointer, -offsetToTop)
    return { kind: 'secondary', base: typeinfo > 0 ? this.nameOfTypeinfo(typeinfo) : null }
  }

  private underConstruction(pointer: number, symbol: VtableSymbol, offsetToTop: number): VtableHit | null {
    // a base of the base may lie before it, so either sign
    if (!(Math.abs(offsetToTop) < MAX_OFFSET_TO_TOP) || this.isCode(this.memory.word(pointer - 8))) return null
    const inObject = offsetToTop - symbol.baseOffset
    if (inObject > 0) return null
    return {
      className: symbol.className,
      label: symbol.className,
      kind: 'construction',
      base: symbol.base,
      by: 'symbol',
      offsetToTop: inObject === 0 ? 0 : inObject,
      evidence: `construction vtable for ${symbol.base} in ${symbol.className}, in ${symbol.module}: the object is being built or destroyed`,
    }
  }

  /** The vtable itself is absent: only the primary address point can be told. */
  private bySymbolAlone(pointer: number, symbol: VtableSymbol): VtableHit | null {
    const { className, module } = symbol
    if (pointer !== symbol.start + 16 || !Number.isNaN(this.memory.word(pointer - 8))) return null
    return { className, label: className, kind: 'primary', base: null, by: 'symbol', offsetToTop: 0, evidence: `vtable for ${className} in ${module} (by symbol only)` }
  }

  private byRtti(pointer: number, offsetToTop: number): VtableHit | null {
    const { memory } = this
    const typeinfo = memory.word(pointer - 8)
    if (typeinfo === 0 && offsetToTop === 0) return this.withoutRtti(pointer)
    const home = moduleAt(this.modules, typeinfo)
    if (!home || typeinfo % 8 !== 0) return null
    // a typeinfo object starts with a vtable pointer of its own, then the address of its name
    if (!moduleAt(this.modules, memory.word(typeinfo))) return null
    const nameAt = memory.word(typeinfo + 8)
    if (!moduleAt(this.modules, nameAt)) return null
    const first = memory.word(pointer)
    if (first !== 0 && !this.isCode(first)) return null
    if (memory.string(nameAt, MAX_NAME) === null) {
      if (first === 0) return null
      const at = `${moduleName(home)}+${hex(pointer - home.base)}`
      return { className: null, label: `class at ${at}`, ...this.place(pointer, offsetToTop), by: 'RTTI', offsetToTop, evidence: `vtable at ${at}, whose class's name is in a page that is absent` }
    }
    const className = this.nameOfTypeinfo(typeinfo)
    return className === null ? null : { className, label: className, ...this.place(pointer, offsetToTop), by: 'RTTI', offsetToTop, evidence: `RTTI of ${className} in ${moduleName(home)}` }
  }

  private nameOfTypeinfo(typeinfo: number): string | null {
    const name = this.memory.string(this.memory.word(typeinfo + 8), MAX_NAME)
    return name !== null && TYPE_NAME.test(name) ? this.demangler.className(name.replace(/^\*/, '')) : null
  }

  /** -fno-rtti, stripped: two zero words, then code, in memory that is not writable. It may be a C table of functions. */
  private withoutRtti(pointer: number): VtableHit | null {
    const home = moduleAt(this.modules, pointer)
    const range = this.memory.find(pointer)
    if (!home || !range || range.flags & (PF_W | PF_X) || !this.isCode(this.memory.word(pointer))) return null
    const at = `${moduleName(home)}+${hex(pointer - home.base)}`
    return { className: null, label: `class at ${at}`, kind: 'primary', base: null, by: 'shape', offsetToTop: 0, evidence: `functions at ${at}, without RTTI or a symbol` }
  }

  private isCode(address: number): boolean {
    const range = this.memory.find(address)
    return range !== null && (range.flags & PF_X) !== 0
  }
}
