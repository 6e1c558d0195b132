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
import { readSymbols } from '../elf/symbols.ts'
import type { Diagnostics } from '../errors.ts'
import type { AddressSpace } from '../memory/addressSpace.ts'
import type { Demangler } from './demangle.ts'

export interface VtableHit {
  /** Null where it is a vtable, but nothing in the core or the files found names its class. */
  className: string | null
  /** `class at libgame.so+0x1d40` where the class has no name, else the name. */
  label: string
  /** Bytes from the object that starts with this vtable pointer to the complete object: 0 or negative. */
  offsetToTop: number
  /** How it was found, for the evidence. */
  evidence: string
}

interface VtableSymbol {
  start: number
  end: number
  className: string
  module: string
}

const MAX_NAME = 16_384
const MAX_OFFSET_TO_TOP = 2 ** 31
/** How typeinfo names begin: a length, a nested or local name, a substitution, a builtin, … (`*`: internal linkage). */
const TYPE_NAME = /^\*?[A-Za-z0-9_$.]+$/

export class Vtables {
  private readonly memory: AddressSpace
  private readonly modules: Module[]
  private readonly demangler: Demangler
  /** In address order. */
  private readonly symbols: VtableSymbol[] = []

  constructor(memory: AddressSpace, modules: Module[], demangler: Demangler, diagnostics: Diagnostics) {
    this.memory = memory
    this.modules = modules
    this.demangler = demangler
    for (const module of modules) {
      for (const elf of [module.debugElf, module.elf]) {
        if (!elf) continue
        for (const symbol of diagnostics.guard([], () => readSymbols(elf, [], ['_ZTV']))) {
          const className = demangler.className(symbol.name.slice(4).replace(/@.*$/, ''))
          const start = symbol.value + module.bias
          if (className !== null) this.symbols.push({ start, end: start + symbol.size, className, module: moduleName(module) })
        }
      }
    }
    this.symbols.sort((a, b) => a.start - b.start)
  }

  /** What a vtable pointer of this value stands for; null where it is none. */
  resolve(pointer: number): VtableHit | null {
    const offsetToTop = this.signed(pointer - 16)
    if (!(offsetToTop <= 0 && offsetToTop > -MAX_OFFSET_TO_TOP)) return this.bySymbolAlone(pointer)
    // where the typeinfo is left out, the slot behind a vtable's start looks the same but for this
    if (this.isCode(this.memory.word(pointer - 8))) return null
    const symbol = this.symbolAt(pointer)
    if (symbol) return { className: symbol.className, label: symbol.className, offsetToTop, evidence: `vtable for ${symbol.className} in ${symbol.module}` }
    return this.byRtti(pointer, offsetToTop)
  }

  /** The vtable itself is absent: only the primary address point can be told. */
  private bySymbolAlone(pointer: number): VtableHit | null {
    const symbol = this.symbolAt(pointer)
    if (!symbol || pointer !== symbol.start + 16 || !Number.isNaN(this.memory.word(pointer - 8))) return null
    return { className: symbol.className, label: symbol.className, offsetToTop: 0, evidence: `vtable for ${symbol.className} in ${symbol.module} (by symbol only)` }
  }

  private symbolAt(pointer: number): VtableSymbol | null {
    let low = 0
    let high = this.symbols.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.symbols[middle].start <= pointer - 16) low = middle + 1
      else high = middle
    }
    const symbol = this.symbols[low - 1]
    return symbol && pointer < symbol.end ? symbol : null
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
    const typeName = memory.string(nameAt, MAX_NAME)
    if (typeName === null) {
      if (first === 0) return null
      const at = `${moduleName(home)}+${hex(pointer - home.base)}`
      return { className: null, label: `class at ${at}`, offsetToTop, evidence: `vtable at ${at}, whose class's name is in a page that is absent` }
    }
    const className = TYPE_NAME.test(typeName) ? this.demangler.className(typeName.replace(/^\*/, '')) : null
    return className === null ? null : { className, label: className, offsetToTop, evidence: `RTTI of ${className} in ${moduleName(home)}` }
  }

  /** -fno-rtti, stripped: two zero words, then code, in memory that is not writable. It may be a C table of functions. */
  private withoutRtti(pointer: number): VtableHit | null {
    const home = moduleAt(this.modules, pointer)
    const range = this.memory.find(pointer)
    if (!home || !range || range.flags & (PF_W | PF_X) || !this.isCode(this.memory.word(pointer))) return null
    const at = `${moduleName(home)}+${hex(pointer - home.base)}`
    return { className: null, label: `class at ${at}`, offsetToTop: 0, evidence: `functions at ${at}, without RTTI or a symbol` }
  }

  private isCode(address: number): boolean {
    const range = this.memory.find(address)
    return range !== null && (range.flags & PF_X) !== 0
  }

  /** A small signed 64-bit value; NaN where it is absent or large. */
  private signed(at: number): number {
    const read = this.memory.read(at, 8)
    if (!read.ok) return NaN
    const value = new DataView(read.bytes.buffer).getBigInt64(0, true)
    return value <= 0n && value > -(2n ** 31n) ? Number(value) : NaN
  }
}
