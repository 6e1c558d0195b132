/**
 * glibc malloc's structures on 64-bit machines, by offset. Source: glibc 2.17 to 2.42, malloc/malloc.c ("struct
 * malloc_state", "struct malloc_chunk", "tcache_perthread_struct") and malloc/arena.c ("heap_info"). What differs
 * between versions is told from the memory itself, so no version is needed.
 */
import type { AddressSpace } from '../../memory/addressSpace.ts'

export const CHUNK_HEADER = 16
export const MIN_CHUNK = 32
export const PREV_INUSE = 1
export const IS_MMAPPED = 2
export const NON_MAIN_ARENA = 4
export const SIZE_FLAGS = 7

/** Distinct bins: 0 is the unsorted one, 1..62 small, 63..125 large; `bins[254]` holds 127 pairs. */
export const BIN_COUNT = 127
export const BINS_SIZE = 254 * 8
/** From the address of `bins`. */
export const FROM_BINS = { fastbins: -0x60, top: -0x10, next: BINS_SIZE + 16 } as const
export const FASTBIN_COUNT = 10
/** `bins` lies here in malloc_state: to 2.26; with `have_fastchunks` from 2.27 on; without fastbins from 2.43 on. */
export const BINS_AT = [0x68, 0x70, 0x18] as const
export const BINS_AT_WITHOUT_FASTBINS = BINS_AT[2]
export const FLAG_NONCONTIGUOUS = 2

/** sizeof(heap_info): from 2.35 on it also has `pagesize`. */
export const HEAP_INFO_SIZES = [0x20, 0x30] as const
/** HEAP_MAX_SIZE: 64 MiB; other powers of two with transparent or explicit huge pages. */
export const HEAP_SIZES = [64, 32, 8, 16, 128, 4, 2, 256, 512, 1024, 2048, 4096].map((mib) => mib * 2 ** 20)

export interface TcacheLayout {
  /** Sizes of the chunk that holds it, header included: 16 more where the rest of a split chunk was too small. */
  chunk: number
  largestChunk: number
  bins: number
  countBytes: 1 | 2
  /** From 2.42 on the numbers are of slots left, not of entries. */
  slotsLeft: boolean
}
export const TCACHE_LAYOUTS: TcacheLayout[] = [
  { chunk: 0x250, largestChunk: 0x260, bins: 64, countBytes: 1, slotsLeft: false }, // 2.26 to 2.29
  { chunk: 0x290, largestChunk: 0x2a0, bins: 64, countBytes: 2, slotsLeft: false }, // 2.30 to 2.41
  { chunk: 0x300, largestChunk: 0x350, bins: 76, countBytes: 2, slotsLeft: true }, // 2.42; aligned to a cache line from 2.43 on
]

/** Bounds the search through memory that may be damaged or hostile: headers that may still be looked at. */
export class Effort {
  private left: number

  constructor(headers: number) {
    this.left = headers
  }

  get isSpent(): boolean {
    return this.left <= 0
  }

  /** False once all is spent. */
  spend(headers: number): boolean {
    this.left -= headers
    return !this.isSpent
  }
}

export const chunkSizeOf = (word: number): number => word - (word % 8)
export const flagsOf = (word: number): number => word % 8

/** A used chunk of a thread arena has NON_MAIN_ARENA, a free one may have lost it; in the main arena none has it. */
export const forbiddenFlags = (nonMain: boolean): number => (nonMain ? IS_MMAPPED : IS_MMAPPED | NON_MAIN_ARENA)

/** What a chunk header may say within a run of chunks that ends at `end`. */
export function isChunkHeader(sizeWord: number, at: number, end: number, nonMain: boolean): boolean {
  const size = chunkSizeOf(sizeWord)
  return size >= MIN_CHUNK && size % 16 === 0 && at + size <= end && (flagsOf(sizeWord) & forbiddenFlags(nonMain)) === 0
}

/**
 * Whether a chain of chunks starts at an address: `needed` good headers one after the other, each free chunk's
 * size repeated behind it; or fewer that lead to exactly the arena's top or to a fencepost.
 * @param past the chain must not merely end before or at this address, but pass over it
 */
export function chainStartsAt(memory: AddressSpace, start: number, end: number, tops: ReadonlySet<number>, nonMain: boolean, effort: Effort, needed = 16, past = 0): boolean {
  let at = start
  let previous = 0
  for (let good = 0; good < needed || at <= past; good++) {
    if ((at === past && past !== 0) || !effort.spend(1)) return false
    if (tops.has(at)) return good > 0
    const head = memory.word(at + 8)
    if (!isChunkHeader(head, at, end, nonMain)) return good > 0 && isFencepost(memory, at, nonMain)
    if (previous !== 0 && (head & PREV_INUSE) === 0 && memory.word(at) !== previous) return false
    previous = chunkSizeOf(head)
    at += previous
  }
  return true
}

/** Two chunks of 16 bytes at the end of a run of the main arena; a chunk of 16 and one of 0 at the end of a heap. */
export function isFencepost(memory: AddressSpace, at: number, nonMain: boolean): boolean {
  const first = memory.word(at + 8)
  if (nonMain && first === PREV_INUSE) return true // a heap too full for more than the last word
  return chunkSizeOf(first) === CHUNK_HEADER && memory.word(at + 24) === (nonMain ? PREV_INUSE : CHUNK_HEADER | PREV_INUSE)
}
