/**
 * Every block of the process in columns, in address order. 13 bytes a block, so 50 million are 650 MB; in chunks, so that
 * growing never copies and one block costs little to read.
 *
 * A block's address is kept in 8-byte granules from the start of its region, its size in 8-byte words: 32 bits
 * reach 32 GiB. A block larger than that is alone in its region and its size is the region's `largeWords`.
 */
import type { AllocatorName } from '../../contract/rows.ts'

export const CHUNK_BITS = 16
export const CHUNK_BLOCKS = 1 << CHUNK_BITS
const CHUNK_MASK = CHUNK_BLOCKS - 1
const BLOCK_BYTES = 13
/** Chunks that are allocated together: so much at once is memory of its own, and back with the system as soon as it is given back. */
const SLAB_CHUNKS = 64
/** Of chunks that are kept elsewhere: 850 KB each. */
const CHUNKS_HELD = 32
/** In `words`: see the region's `largeWords`. */
export const LARGE = 0xffff_ffff
export const GRANULE = 8

/** What the allocator says of a block. `own`: the allocator's own bookkeeping, which the program never asked for. */
export const STATE = { used: 0, free: 1, freeInTcache: 2, freeInFastbin: 3, own: 4 } as const
export type State = (typeof STATE)[keyof typeof STATE]
export const isFree = (state: number): boolean => state !== STATE.used && state !== STATE.own

export interface Region {
  /** Half-open; claimed by the allocator as a whole. */
  start: number
  end: number
  allocator: AllocatorName
  /** `main`, `thread 3`, `mmap` */
  arena: string
  /** Blocks firstBlock .. firstBlock + blockCount - 1. */
  firstBlock: number
  blockCount: number
  largeWords: number
  /** Free memory that is no block (glibc's top). */
  freeTail: number
}

export interface BlockChunk {
  /** Granules from the region's start. */
  start: Uint32Array
  /** Usable size in 8-byte words. */
  words: Uint32Array
  /** STATE */
  state: Uint8Array
  /** Index into the analysis's types; 0 while unknown. */
  type: Uint32Array
}

export const newChunk = (length: number): BlockChunk => chunkIn(new ArrayBuffer(length * BLOCK_BYTES), 0, length)

function chunkIn(buffer: ArrayBuffer, at: number, length: number): BlockChunk {
  return {
    start: new Uint32Array(buffer, at, length),
    words: new Uint32Array(buffer, at + length * 4, length),
    type: new Uint32Array(buffer, at + length * 8, length),
    state: new Uint8Array(buffer, at + length * 12, length),
  }
}

/** Blocks are appended region by region in address order. */
export class Blocks {
  readonly regions: Region[] = []
  count = 0
  private readonly load: ((chunk: number) => BlockChunk) | null
  private readonly chunks: (BlockChunk | undefined)[] = []
  private readonly slabs: ArrayBuffer[] = []
  private readonly recent: number[] = []
  private readonly firstStarts: (number | undefined)[] = []

  /** @param load reads a chunk that is kept elsewhere; a few are held at a time. */
  constructor(load: ((chunk: number) => BlockChunk) | null = null) {
    this.load = load
  }

  get chunkCount(): number {
    return Math.ceil(this.count / CHUNK_BLOCKS)
  }

  chunk(index: number): BlockChunk {
    let chunk = this.chunks[index]
    if (!chunk) {
      chunk = this.load ? this.load(index) : this.newChunk(index)
      this.chunks[index] = chunk
      if (this.load) {
        this.recent.push(index)
        if (this.recent.length > CHUNKS_HELD) this.chunks[this.recent.shift()!] = undefined
      }
    }
    return chunk
  }

  /** Gives the columns' memory back at once, not when the garbage is collected. No block can be read any more. */
  release(): void {
    this.chunks.length = 0
    for (const slab of this.slabs.splice(0)) slab.transfer(0)
    this.count = 0
  }

  private newChunk(index: number): BlockChunk {
    const slab = Math.floor(index / SLAB_CHUNKS)
    this.slabs[slab] ??= new ArrayBuffer(SLAB_CHUNKS * CHUNK_BLOCKS * BLOCK_BYTES)
    return chunkIn(this.slabs[slab], (index % SLAB_CHUNKS) * CHUNK_BLOCKS * BLOCK_BYTES, CHUNK_BLOCKS)
  }

  beginRegion(region: Omit<Region, 'firstBlock' | 'blockCount' | 'largeWords' | 'freeTail'>): Region {
    const begun = { ...region, firstBlock: this.count, blockCount: 0, largeWords: 0, freeTail: 0 }
    this.regions.push(begun)
    return begun
  }

  /** Drops the last region and its blocks. */
  dropRegion(): void {
    const dropped = this.regions.pop()
    if (dropped) this.count = dropped.firstBlock
  }

  /** One block of the last region. @param at what malloc returned @param size usable bytes */
  append(at: number, size: number, state: State, type: number): void {
    const region = this.regions[this.regions.length - 1]
    const chunk = this.chunk(this.count >>> CHUNK_BITS)
    const i = this.count & CHUNK_MASK
    chunk.start[i] = (at - region.start) / GRANULE
    const words = size / GRANULE
    if (words >= LARGE) region.largeWords = words
    chunk.words[i] = words >= LARGE ? LARGE : words
    chunk.state[i] = state
    chunk.type[i] = type
    this.count++
    region.blockCount++
  }

  /** `length` blocks of the last region, as columns. */
  appendColumns(from: BlockChunk, length: number): void {
    const region = this.regions[this.regions.length - 1]
    for (let done = 0; done < length; ) {
      const chunk = this.chunk(this.count >>> CHUNK_BITS)
      const i = this.count & CHUNK_MASK
      const take = Math.min(length - done, CHUNK_BLOCKS - i)
      chunk.start.set(from.start.subarray(done, done + take), i)
      chunk.words.set(from.words.subarray(done, done + take), i)
      chunk.state.set(from.state.subarray(done, done + take), i)
      chunk.type.set(from.type.subarray(done, done + take), i)
      this.count += take
      region.blockCount += take
      done += take
    }
  }

  regionOf(block: number): Region {
    let low = 0
    let high = this.regions.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.regions[middle].firstBlock <= block) low = middle
      else high = middle - 1
    }
    return this.regions[low]
  }

  address(block: number, region = this.regionOf(block)): number {
    return region.start + this.chunk(block >>> CHUNK_BITS).start[block & CHUNK_MASK] * GRANULE
  }

  /** Usable bytes. */
  size(block: number): number {
    const words = this.chunk(block >>> CHUNK_BITS).words[block & CHUNK_MASK]
    return (words === LARGE ? this.regionOf(block).largeWords : words) * GRANULE
  }

  state(block: number): number {
    return this.chunk(block >>> CHUNK_BITS).state[block & CHUNK_MASK]
  }

  setState(block: number, state: State): void {
    this.chunk(block >>> CHUNK_BITS).state[block & CHUNK_MASK] = state
  }

  type(block: number): number {
    return this.chunk(block >>> CHUNK_BITS).type[block & CHUNK_MASK]
  }

  /** The block that starts at exactly this address, or -1. */
  at(address: number): number {
    const region = this.regionAt(address)
    if (!region || region.blockCount === 0) return -1
    const granule = (address - region.start) / GRANULE
    let low = region.firstBlock
    let high = region.firstBlock + region.blockCount - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.chunk(middle >>> CHUNK_BITS).start[middle & CHUNK_MASK] < granule) low = middle + 1
      else high = middle
    }
    return this.chunk(low >>> CHUNK_BITS).start[low & CHUNK_MASK] === granule ? low : -1
  }

  /** The block whose usable bytes hold an address, or -1. */
  containing(address: number): number {
    const region = this.regionAt(address)
    if (!region || region.blockCount === 0) return -1
    const granule = (address - region.start) / GRANULE
    const last = region.firstBlock + region.blockCount - 1
    // the chunk first: a search that jumps about would read many of them
    let chunk = region.firstBlock >>> CHUNK_BITS
    while (chunk < last >>> CHUNK_BITS && this.firstStart(chunk + 1) <= granule) chunk++
    const { start } = this.chunk(chunk)
    let low = Math.max(region.firstBlock, chunk << CHUNK_BITS)
    let high = Math.min(last + 1, (chunk + 1) << CHUNK_BITS)
    while (low < high) {
      const middle = (low + high) >>> 1
      if (start[middle & CHUNK_MASK] <= granule) low = middle + 1
      else high = middle
    }
    const block = low - 1
    if (block < region.firstBlock || block >>> CHUNK_BITS !== chunk) return -1
    return address < this.address(block, region) + this.size(block) ? block : -1
  }

  /** `start` of a chunk's first block; remembered once the chunk was there. */
  private firstStart(chunk: number): number {
    return (this.firstStarts[chunk] ??= this.chunk(chunk).start[0])
  }

  /** The region that holds an address; regions are in address order. */
  regionAt(address: number): Region | null {
    let low = 0
    let high = this.regions.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.regions[middle].end > address) high = middle
      else low = middle + 1
    }
    const region = this.regions[low]
    return region && address >= region.start ? region : null
  }
}
