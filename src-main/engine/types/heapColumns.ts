/**
 * All blocks in flat columns, and the map from addresses to blocks: one bit for each 8 bytes of the regions, set where a block
 * starts, with the count of those before each word of bits. 17 bytes a block at 16 bytes a block at least.
 */
import { CHUNK_BITS, CHUNK_BLOCKS, GRANULE, isFree, LARGE, STATE, type Blocks, type Region } from '../allocator/blocks.ts'

export class HeapColumns {
  readonly count: number
  /** In address order. */
  readonly regions: readonly Region[]
  /** Granules from the region's start. */
  readonly start: Uint32Array
  /** Usable 8-byte words. */
  readonly words: Uint32Array
  readonly state: Uint8Array
  /** Of each region: where its bits begin in `bits`. */
  private readonly firstWord: Float64Array
  private readonly bits: Uint32Array
  /** Blocks of the region before each word of `bits`. */
  private readonly before: Uint32Array
  private last = 0

  constructor(blocks: Blocks) {
    const { count, regions } = blocks
    this.count = count
    this.regions = regions
    this.start = new Uint32Array(count)
    this.words = new Uint32Array(count)
    this.state = new Uint8Array(count)
    for (let c = 0; c < blocks.chunkCount; c++) {
      const chunk = blocks.chunk(c)
      const length = Math.min(CHUNK_BLOCKS, count - (c << CHUNK_BITS))
      for (const name of ['start', 'words', 'state'] as const) this[name].set(chunk[name].subarray(0, length), c << CHUNK_BITS)
    }
    this.firstWord = new Float64Array(regions.length + 1)
    regions.forEach((region, r) => void (this.firstWord[r + 1] = this.firstWord[r] + (region.blockCount < 2 ? 0 : Math.ceil((region.end - region.start) / GRANULE / 32) + 1)))
    this.bits = new Uint32Array(this.firstWord[regions.length])
    this.before = new Uint32Array(this.bits.length)
    regions.forEach((region, r) => this.mark(region, this.firstWord[r], this.firstWord[r + 1]))
  }

  private mark({ firstBlock, blockCount }: Region, from: number, to: number): void {
    if (from === to) return
    const { start, bits, before } = this
    for (let b = firstBlock; b < firstBlock + blockCount; b++) bits[from + (start[b] >>> 5)] |= 1 << (start[b] & 31)
    let seen = 0
    for (let w = from; w < to; w++) {
      before[w] = seen
      seen += ones(bits[w])
    }
  }

  /** The block whose usable bytes hold an address, used or not; -1 where none does. */
  blockAt(address: number): number {
    const { regions } = this
    let region = regions[this.last]
    if (region === undefined || address < region.start || address >= region.end) {
      let low = 0
      let high = regions.length
      while (low < high) {
        const middle = (low + high) >>> 1
        if (regions[middle].end > address) high = middle
        else low = middle + 1
      }
      region = regions[low]
      if (region === undefined || address < region.start) return -1
      this.last = low
    }
    if (region.blockCount === 0) return -1
    let block = region.firstBlock
    const granule = Math.floor((address - region.start) / GRANULE)
    if (region.blockCount > 1) {
      const word = this.firstWord[this.last] + Math.floor(granule / 32)
      const upTo = this.bits[word] & (0xffff_ffff >>> (31 - (granule & 31)))
      block += this.before[word] + ones(upTo) - 1
      if (block < region.firstBlock) return -1
    }
    const offset = address - (region.start + this.start[block] * GRANULE)
    return offset >= 0 && offset < this.size(block) ? block : -1
  }

  /** Position in `regions`. */
  private regionOf(block: number): number {
    const { regions } = this
    const held = regions[this.last]
    if (held !== undefined && block >= held.firstBlock && block < held.firstBlock + held.blockCount) return this.last
    let low = 0
    let high = regions.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (regions[middle].firstBlock <= block) low = middle
      else high = middle - 1
    }
    return (this.last = low)
  }

  address(block: number): number {
    return this.regions[this.regionOf(block)].start + this.start[block] * GRANULE
  }

  /** Usable bytes. */
  size(block: number): number {
    const words = this.words[block]
    return (words === LARGE ? this.regions[this.regionOf(block)].largeWords : words) * GRANULE
  }

  isUsed(block: number): boolean {
    return this.state[block] === STATE.used
  }

  isFree(block: number): boolean {
    return isFree(this.state[block])
  }
}

function ones(bits: number): number {
  bits -= (bits >>> 1) & 0x5555_5555
  bits = (bits & 0x3333_3333) + ((bits >>> 2) & 0x3333_3333)
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24
}
