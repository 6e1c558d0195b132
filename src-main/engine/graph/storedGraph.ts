/** The graph as the index keeps it: columns in chunks, read when they are asked for. A source is a block, or a root window. */
import { INDEX_VERSION } from '../index/storedBlocks.ts'
import { firstWhere } from '../search.ts'
import type { IndexStore, StoredIndex } from '../ports.ts'
import type { LayoutClass } from './layoutClasses.ts'
import type { RootWindow } from './windows.ts'

/** The second number goes up whenever what is stored, or how it is computed, changes; a graph is of its blocks. */
export const GRAPH_VERSION = INDEX_VERSION * 1000 + 5
const CHUNK_BITS = 16
const CHUNK_MASK = (1 << CHUNK_BITS) - 1
/** Elements of a chunk. */
export const BLOCK_CHUNK = 1 << CHUNK_BITS
export const EDGE_CHUNK = 1 << CHUNK_BITS
/** Chunks of all columns that are held at a time: at most 32 MB. */
const CHUNKS_HELD = 64

export const graphIdentity = (blocks: string): string => `${blocks} graph`
export const retainedIdentity = (blocks: string): string => `${blocks} retained`

export interface GraphMeta {
  blockCount: number
  edgeCount: number
  roots: RootWindow[]
  classes: LayoutClass[]
  /** How many triples `classesInChunks` has. */
  inChunks: number
  /** Used blocks that nothing reaches. */
  leakCount: number
  /** As GraphPlan's. */
  unread: number
}

export interface RetainedMeta {
  blockCount: number
  /** Of the list of those that retain most. */
  largestCount: number
}

/** Position of a block, or blockCount + position of a root window. */
export type SourceId = number
export const NO_BLOCK = 0xffff_ffff

type Numbers = Uint8Array | Uint16Array | Uint32Array | Float64Array

/** A column, and the chunk of it that was used last. */
interface Column {
  name: string
  bytesPerNumber: 1 | 2 | 4 | 8
  chunk: number
  numbers: Numbers
}

/** Chunked columns; those chunks that were used most recently are in memory. */
class Columns {
  private index: StoredIndex | null
  private readonly reopen: () => StoredIndex | null
  private readonly columns = new Map<string, Column>()
  private readonly held = new Map<string, Numbers>()

  constructor(index: StoredIndex, reopen: () => StoredIndex | null) {
    this.index = index
    this.reopen = reopen
  }

  column(name: string, bytesPerNumber: Column['bytesPerNumber'] = 4): Column {
    let column = this.columns.get(name)
    if (!column) this.columns.set(name, (column = { name, bytesPerNumber, chunk: -1, numbers: new Uint8Array() }))
    return column
  }

  at(column: Column, i: number): number {
    const chunk = i >>> CHUNK_BITS
    return (column.chunk === chunk ? column.numbers : this.chunk(column, chunk))[i & CHUNK_MASK]
  }

  /** Elements [from, to) of a column of 32-bit numbers. */
  slice(column: Column, from: number, to: number): Uint32Array {
    const all = new Uint32Array(Math.max(0, to - from))
    for (let at = from; at < to; ) {
      const begin = at & CHUNK_MASK
      const part = this.chunk(column, at >>> CHUNK_BITS).subarray(begin, begin + to - at)
      if (part.length === 0) throw new Error(`the graph's ${column.name} ends early`)
      all.set(part, at - from)
      at += part.length
    }
    return all
  }

  chunk(column: Column, chunk: number): Numbers {
    const key = `${column.name} ${chunk}`
    let numbers = this.held.get(key)
    if (numbers) this.held.delete(key)
    else numbers = this.read(column, chunk)
    // the map's order is that of use
    this.held.set(key, numbers)
    if (this.held.size > CHUNKS_HELD) this.held.delete(this.held.keys().next().value!)
    column.chunk = chunk
    column.numbers = numbers
    return numbers
  }

  /** Closes the index until something is read from it again: its mapping takes memory. */
  rest(): void {
    this.index?.close()
    this.index = null
    this.held.clear()
    for (const column of this.columns.values()) column.chunk = -1
  }

  private read(column: Column, chunk: number): Numbers {
    this.index ??= this.reopen()
    const bytes = this.index?.readChunk(column.name, chunk)
    if (!bytes) throw new Error(`the cache's ${column.name} ${chunk} can't be read any more`)
    const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice()
    const Kind = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: Float64Array }[column.bytesPerNumber]
    return new Kind(aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.length / column.bytesPerNumber)
  }
}

export class StoredGraph {
  readonly meta: GraphMeta
  private readonly columns: Columns
  private readonly windows: { address: Float64Array; first: Float64Array }

  private constructor(index: StoredIndex, reopen: () => StoredIndex | null) {
    this.meta = index.meta as GraphMeta
    this.columns = new Columns(index, reopen)
    const all = (column: string): Float64Array => {
      const parts: Float64Array[] = []
      for (let c = 0; ; c++) {
        const bytes = index.readChunk(column, c)
        if (!bytes) break
        parts.push(new Float64Array(bytes.slice().buffer))
      }
      return Float64Array.from(parts.flatMap((part) => [...part]))
    }
    this.windows = { address: all('windowAddress'), first: all('windowFirst') }
  }

  /** Null where the index has none. */
  static open(store: IndexStore, blocks: string): StoredGraph | null {
    const open = (): StoredIndex | null => store.open(graphIdentity(blocks), GRAPH_VERSION)
    const index = open()
    return index ? new StoredGraph(index, open) : null
  }

  isRoot(source: SourceId): boolean {
    return source >= this.meta.blockCount
  }

  root(source: SourceId): RootWindow {
    return this.meta.roots[source - this.meta.blockCount]
  }

  /** References of a source: [from, to). */
  references(source: SourceId): { from: number; to: number } {
    return { from: this.columns.at(this.columns.column('first'), source), to: this.columns.at(this.columns.column('first'), source + 1) }
  }

  targets(from: number, to: number): Uint32Array {
    return this.columns.slice(this.columns.column('target'), from, to)
  }

  /** Address of the word that holds a reference; of a register, its number times 8. */
  wordOf(reference: number): number {
    const { first, address } = this.windows
    const window = firstWhere(first.length, (i) => first[i] > reference) - 1
    return address[window] + this.columns.at(this.columns.column('position', 2), reference) * 8
  }

  /** Sources that point to a block, ascending, once for each word: [from, to) of `source`. */
  sourcesOf(block: number): { from: number; to: number } {
    return { from: this.columns.at(this.columns.column('firstSource'), block), to: this.columns.at(this.columns.column('firstSource'), block + 1) }
  }

  sources(from: number, to: number): Uint32Array {
    return this.columns.slice(this.columns.column('source'), from, to)
  }

  /** The first reference of a source that leads to a block, at or behind `least`. */
  referenceTo(source: SourceId, block: number, least = 0): number {
    const { from, to } = this.references(source)
    for (let at = Math.max(from, least); at < to; at += 4096) {
      const found = this.targets(at, Math.min(to, at + 4096)).indexOf(block)
      if (found >= 0) return at + found
    }
    throw new Error('the graph contradicts itself')
  }

  /** The source by which a block was reached first; null where none reaches it. */
  via(block: number): SourceId | null {
    const via = this.columns.at(this.columns.column('via'), block)
    return via === 0 ? null : via - 1
  }

  /** 1 + position in ROOT_KINDS of the first kind of root that reaches it; 0 where none does. */
  reach(block: number): number {
    return this.columns.at(this.columns.column('reach', 1), block)
  }

  layoutClass(block: number): number {
    return this.columns.at(this.columns.column('layout'), block)
  }

  /** Of all blocks, chunk by chunk. */
  layoutChunk(chunk: number): Uint32Array {
    return this.columns.chunk(this.columns.column('layout'), chunk) as Uint32Array
  }

  /** Of each chunk of blocks, the classes that are in it: triples of chunk, class and count, by chunk. */
  classesInChunks(): Uint32Array {
    return this.columns.slice(this.columns.column('chunkClass'), 0, this.meta.inChunks * 3)
  }

  /** Leaked blocks, ascending: the head each hangs on, its size in words as in the blocks' columns, its type's index. */
  leaks(): { block: Uint32Array; head: Uint32Array; words: Uint32Array; type: Uint32Array } {
    const { leakCount } = this.meta
    return { block: this.columns.slice(this.columns.column('leakBlock'), 0, leakCount), head: this.columns.slice(this.columns.column('leakHead'), 0, leakCount), words: this.columns.slice(this.columns.column('leakWords'), 0, leakCount), type: this.columns.slice(this.columns.column('leakType'), 0, leakCount) }
  }

  /** Closes the index until something is asked again. */
  rest(): void {
    this.columns.rest()
  }
}

export class StoredRetained {
  readonly blockCount: number
  private readonly columns: Columns
  private readonly largestCount: number

  private constructor(index: StoredIndex, reopen: () => StoredIndex | null) {
    const meta = index.meta as RetainedMeta
    this.blockCount = meta.blockCount
    this.largestCount = meta.largestCount
    this.columns = new Columns(index, reopen)
  }

  static open(store: IndexStore, blocks: string): StoredRetained | null {
    const open = (): StoredIndex | null => store.open(retainedIdentity(blocks), GRAPH_VERSION)
    const index = open()
    return index ? new StoredRetained(index, open) : null
  }

  /** The block that dominates it; null where none does. */
  dominator(block: number): number | null {
    const value = this.columns.at(this.columns.column('dominator'), block)
    return value === 0 || value === NO_BLOCK ? null : value - 1
  }

  /** Bytes; 0 where nothing leads to the block. */
  retained(block: number): number {
    return this.columns.at(this.columns.column('retained', 8), block)
  }

  /** Blocks it dominates directly, ascending. */
  children(block: number): { count: number; slice(from: number, to: number): Uint32Array } {
    const from = this.columns.at(this.columns.column('childFirst'), block + 1)
    const to = this.columns.at(this.columns.column('childFirst'), block + 2)
    return { count: to - from, slice: (a, b) => this.columns.slice(this.columns.column('child'), from + a, Math.min(to, from + b)) }
  }

  /** Blocks with the largest retained sizes, largest first. */
  largest(): { count: number; slice(from: number, to: number): Uint32Array } {
    return { count: this.largestCount, slice: (a, b) => this.columns.slice(this.columns.column('largest'), a, Math.min(this.largestCount, b)) }
  }

  /** Closes the index until something is asked again. */
  rest(): void {
    this.columns.rest()
  }
}
