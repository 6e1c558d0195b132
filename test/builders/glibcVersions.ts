/**
 * What differs between glibc's versions in malloc's structures, on 64-bit machines.
 *
 * Source: malloc/malloc.c and malloc/arena.c of glibc 2.17, 2.23, 2.27, 2.31, 2.36, 2.41.
 */
export const GLIBC_VERSIONS = ['2.17', '2.23', '2.27', '2.31', '2.36', '2.41'] as const
export type GlibcVersion = (typeof GLIBC_VERSIONS)[number]

export interface GlibcLayout {
  /** Offsets into struct malloc_state. */
  fastbins: number
  top: number
  bins: number
  binmap: number
  next: number
  nextFree: number
  /** From 2.23 on. */
  attachedThreads: number | null
  systemMem: number
  maxSystemMem: number
  stateSize: number
  heapInfoSize: number
  /** tcache_perthread_struct, from 2.26 on. */
  tcache: { size: number; entries: number; countBytes: 1 | 2 } | null
  /** tcache_entry.key, from 2.29 on: the tcache itself, from 2.34 on a random number. */
  tcacheKey: 'tcache' | 'random' | null
  /** PROTECT_PTR, from 2.32 on. */
  safeLinking: boolean
}

export const TCACHE_BINS = 64
export const TCACHE_FILL = 7
/** Slots of bins[]: two for each of the bins 1 to 127. */
export const BINS = 254
const FASTBINS = 10

export function glibcLayout(version: GlibcVersion): GlibcLayout {
  const minor = Number(version.slice(2))
  // mutex, flags, then from 2.27 on have_fastchunks and its padding
  const fastbins = minor >= 27 ? 16 : 8
  const top = fastbins + FASTBINS * 8
  const bins = top + 16 // after top and last_remainder
  const binmap = bins + BINS * 8
  const next = binmap + 16
  const nextFree = next + 8
  const attachedThreads = minor >= 23 ? nextFree + 8 : null
  const systemMem = nextFree + (attachedThreads === null ? 8 : 16)
  const countBytes = minor >= 30 ? 2 : 1
  const entries = TCACHE_BINS * countBytes
  return {
    fastbins,
    top,
    bins,
    binmap,
    next,
    nextFree,
    attachedThreads,
    systemMem,
    maxSystemMem: systemMem + 8,
    stateSize: systemMem + 16,
    heapInfoSize: minor >= 35 ? 0x30 : 0x20,
    tcache: minor >= 26 ? { size: entries + TCACHE_BINS * 8, entries, countBytes } : null,
    tcacheKey: minor >= 34 ? 'random' : minor >= 29 ? 'tcache' : null,
    safeLinking: minor >= 32,
  }
}

/** request2size: the chunk, header included, that malloc takes for so many bytes. */
export const chunkSize = (request: number): number => Math.max(32, Math.floor((request + 8 + 15) / 16) * 16)

export const fastbinIndex = (size: number): number => size / 16 - 2
export const tcacheIndex = (size: number): number => (size - 32) / 16
export const LARGEST_FAST_CHUNK = 0x80
export const LARGEST_TCACHE_CHUNK = 32 + (TCACHE_BINS - 1) * 16

/** bin_index(): 1 is the unsorted bin. */
export function binIndex(size: number): number {
  if (size < 1024) return size / 16
  const steps: [shift: number, limit: number, base: number][] = [[6, 48, 48], [9, 20, 91], [12, 10, 110], [15, 4, 119], [18, 2, 124]]
  for (const [shift, limit, base] of steps) {
    const at = Math.floor(size / 2 ** shift)
    if (at <= limit) return base + at
  }
  return 126
}
