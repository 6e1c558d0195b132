/** The chunkWalk kernel (chunkWalk.as.ts) with its memory: a window to fill, columns to take, words seen. */
import { newChunk, type BlockChunk } from '../allocator/blocks.ts'
import { MIN_CHUNK } from '../allocator/glibc/layout.ts'
import { word } from '../bytes/cursor.ts'

const WINDOW = 4 << 20
const CAPACITY = WINDOW / MIN_CHUNK
const SLOTS = 1 << 18
/** In an id: the word is the block's second, behind a number that may be new[]'s count. */
export const BEHIND_COOKIE = 0x8000_0000
const MAX_COOKIE = 2 ** 32
const REASONS = ['need-window', 'top', 'end', 'bad-size', 'fencepost', 'out-full', 'mismatch'] as const

export interface WalkStep {
  count: number
  reason: (typeof REASONS)[number]
  position: number
  /** Of the chunk before `position`. */
  lastSize: number
  firstPrevInUse: number
  /** Usable words of the last chunk where they exceed 32 bits, else 0. */
  oversize: number
}

/** Positions are bytes from the region's start. */
export interface WalkFrom {
  windowAt: number
  windowSize: number
  position: number
  top: number
  end: number
  /** Flags that no chunk of this arena has. */
  forbidden: number
  /** Size of the chunk before `position`, as the step before says; 0 where it is not to be checked. */
  before: number
}

interface Exports {
  walk(window: number, windowAt: bigint, windowSize: bigint, pos: bigint, top: bigint, end: bigint, forbidden: bigint, before: bigint, start: number, words: number, state: number, type: number, capacity: number, ranges: number, rangeCount: number, table: number, slotCount: number): number
  classify(word: bigint, ranges: number, rangeCount: number, table: number, slotCount: number): number
  position: { value: bigint }
  lastSize: { value: bigint }
  firstPrevInUse: { value: number }
}

export class ChunkWalkKernel {
  readonly window: Uint8Array
  readonly columns: BlockChunk
  private readonly exports: Exports
  private readonly at: { window: number; start: number; words: number; state: number; type: number; ranges: number; table: number }
  private readonly rangeCount: number
  private readonly table: DataView

  /** @param ranges half-open address ranges, sorted: first words that lie in one get an id */
  constructor(module: WebAssembly.Module, ranges: { start: number; end: number }[]) {
    const sizes = [4096, WINDOW + 4096, CAPACITY * 4, CAPACITY * 4, CAPACITY, CAPACITY * 4, Math.max(16, ranges.length * 16), SLOTS * 8]
    const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + Math.ceil(size / 16) * 16, 0))
    const total = starts[7] + sizes[7]
    const memory = new WebAssembly.Memory({ initial: Math.ceil(total / 65536), maximum: 65536, shared: true })
    const [, window, start, words, state, type, rangesAt, table] = starts
    this.at = { window, start, words, state, type, ranges: rangesAt, table }
    const { buffer } = memory
    this.window = new Uint8Array(buffer, window, WINDOW + MIN_CHUNK)
    this.columns = { ...newChunk(0), start: new Uint32Array(buffer, start, CAPACITY), words: new Uint32Array(buffer, words, CAPACITY), state: new Uint8Array(buffer, state, CAPACITY), type: new Uint32Array(buffer, type, CAPACITY) }
    this.table = new DataView(buffer, table, SLOTS * 8)
    this.rangeCount = ranges.length
    const pairs = new BigUint64Array(buffer, rangesAt, ranges.length * 2)
    ranges.forEach((range, i) => pairs.set([BigInt(range.start), BigInt(range.end)], i * 2))
    this.exports = new WebAssembly.Instance(module, { env: { memory, abort: () => {} } }).exports as unknown as Exports
  }

  walk(from: WalkFrom): WalkStep {
    const { at, exports } = this
    const big = BigInt
    const packed = exports.walk(at.window, big(from.windowAt), big(from.windowSize), big(from.position), big(from.top), big(from.end), big(from.forbidden), big(from.before), at.start, at.words, at.state, at.type, CAPACITY, at.ranges, this.rangeCount, at.table, SLOTS)
    const count = packed & 0x0fff_ffff
    const position = Number(exports.position.value)
    const oversize = count > 0 && this.columns.words[count - 1] === 0xffff_ffff ? (position - this.columns.start[count - 1] * 8 + 8) / 8 : 0
    return { count, reason: REASONS[packed >>> 28], position, lastSize: Number(exports.lastSize.value), firstPrevInUse: exports.firstPrevInUse.value, oversize }
  }

  /** The id of a block by its first two words, as the walk gives it. */
  idOf(first: number, second: number): number {
    const id = this.classify(first)
    if (id !== 0 || !(first > 0 && first < MAX_COOKIE)) return id
    const behind = this.classify(second)
    return behind === 0 ? 0 : behind + BEHIND_COOKIE
  }

  private classify(value: number): number {
    return value > 0 ? this.exports.classify(BigInt(value), this.at.ranges, this.rangeCount, this.at.table, SLOTS) : 0
  }

  /** The word behind an id in the type column, without BEHIND_COOKIE. */
  wordOf(id: number): number {
    return word(this.table, (id - 1) * 8)
  }

  /** How many ids may occur: 1 .. idLimit. */
  get idLimit(): number {
    return SLOTS
  }
}
