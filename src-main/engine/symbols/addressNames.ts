/**
 * What lies at an address of one module: the variable, function or symbol whose bytes hold it. By binary search in the sorted
 * columns; where entries overlap (nested functions, aliases, unions of variables), a few before the found one are tried.
 */
import { firstWhere } from '../search.ts'
import { SYMBOL, VARIABLE_FLAG } from './tables.ts'
import type { TypeTable } from './typeTable.ts'

/** Index into the module's columns, and how far into it the address is. */
export interface Hit {
  index: number
  offset: number
}

/** Entries before the nearest that are tried: overlaps are few, columns long. */
const TRIED = 16
/** A symbol without a size names at most this many bytes behind it. */
const REACH = 65536

export class AddressNames {
  private readonly table: TypeTable
  private readonly bias: number
  private statics = -1
  private placedSymbols = -1

  constructor(table: TypeTable, bias: number) {
    this.table = table
    this.bias = bias
  }

  /** Variables 0 .. staticCount - 1 have addresses, those behind are offsets into the TLS block. */
  get staticCount(): number {
    const { flags, count } = this.table.variables
    if (this.statics < 0) this.statics = firstWhere(count, (i) => (flags[i] & VARIABLE_FLAG.tls) !== 0)
    return this.statics
  }

  private get symbolCount(): number {
    const { kind, count } = this.table.symbols
    if (this.placedSymbols < 0) this.placedSymbols = firstWhere(count, (i) => kind[i] === SYMBOL.tls)
    return this.placedSymbols
  }

  /** The non-TLS variable that holds an address of the process. */
  variableAt(address: number): Hit | null {
    return this.variableIn(address - this.bias, 0, this.staticCount)
  }

  /** The thread-local variable at an offset into the module's TLS block. */
  threadLocalAt(offset: number): Hit | null {
    return this.variableIn(offset, this.staticCount, this.table.variables.count)
  }

  private variableIn(at: number, from: number, to: number): Hit | null {
    const { address, type } = this.table.variables
    const above = lastAtOrBelow(address, at, from, to)
    for (let i = above; i >= from && i > above - TRIED; i--) {
      const offset = at - address[i]
      if (offset === 0 || offset < this.table.size(type[i])) return { index: i, offset }
    }
    return null
  }

  functionAt(address: number): Hit | null {
    const { low, high, count } = this.table.functions
    const at = address - this.bias
    const above = lastAtOrBelow(low, at, 0, count)
    for (let i = above; i >= 0 && i > above - TRIED; i--) if (at < high[i]) return { index: i, offset: at - low[i] }
    return null
  }

  /** Indexes of all functions that begin at an address. */
  functionsAt(address: number): number[] {
    const { low, count } = this.table.functions
    const at = address - this.bias
    const found: number[] = []
    for (let i = lastAtOrBelow(low, at, 0, count); i >= 0 && low[i] === at; i--) found.push(i)
    return found.reverse()
  }

  symbolAt(address: number): Hit | null {
    const { address: start, size, kind } = this.table.symbols
    const at = address - this.bias
    const above = lastAtOrBelow(start, at, 0, this.symbolCount)
    let sizeless: Hit | null = null
    for (let i = above; i >= 0 && i > above - TRIED; i--) {
      const offset = at - start[i]
      // of aliases the one that has a size says most; labels within a function say nothing
      if (offset < size[i]) return { index: i, offset }
      if (size[i] === 0 && offset < REACH && kind[i] !== SYMBOL.notype) sizeless ??= { index: i, offset }
    }
    return sizeless
  }
}

/** Index of the last value at or below `wanted` in sorted [from, to); from - 1 where there is none. */
function lastAtOrBelow(sorted: Float64Array, wanted: number, from: number, to: number): number {
  let low = from
  let high = to
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle] <= wanted) low = middle + 1
    else high = middle
  }
  return low - 1
}
