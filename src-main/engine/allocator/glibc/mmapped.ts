/**
 * Chunks that malloc got from mmap, each a mapping of its own (though the kernel merges neighbours), and runs of
 * main-arena chunks in mappings outside brk. No list leads to either: every page of unclaimed writable memory is
 * looked at. Source: glibc malloc/malloc.c, sysmalloc, sysmalloc_mmap, _int_memalign.
 */
import type { Module } from '../../corefile/modules.ts'
import { PF_W } from '../../elf/file.ts'
import type { AddressSpace } from '../../memory/addressSpace.ts'
import type { Progress } from '../../ports.ts'
import type { Arena } from './arenas.ts'
import { CHUNK_HEADER, chainStartsAt, chunkSizeOf, type Effort, flagsOf, IS_MMAPPED, isFencepost, MIN_CHUNK, NON_MAIN_ARENA, PREV_INUSE } from './layout.ts'

export interface Span {
  start: number
  end: number
}

export interface MmappedChunk extends Span {
  /** What malloc returned. */
  block: number
  /** Usable bytes. */
  size: number
}

const PAGE = 4096

/** Writable memory that is no module's, no other file's and not in `claimed`: neighbours joined, in address order. */
export function unclaimedSpans(memory: AddressSpace, modules: Module[], claimed: Span[]): Span[] {
  const taken = [...modules.map((m) => ({ start: m.base, end: m.end })), ...claimed].sort((a, b) => a.start - b.start)
  const spans: Span[] = []
  let next = 0
  for (const range of memory.ranges) {
    if ((range.flags & PF_W) === 0 || range.path !== '') continue
    let { start } = range
    while (next < taken.length && taken[next].end <= start) next++
    for (let i = next; i < taken.length && taken[i].start < range.end; i++) {
      if (taken[i].start > start) push(spans, start, taken[i].start)
      start = Math.max(start, taken[i].end)
    }
    if (start < range.end) push(spans, start, range.end)
  }
  return spans
}

function push(spans: Span[], start: number, end: number): void {
  const last = spans.at(-1)
  if (last && last.end === start) last.end = end
  else spans.push({ start, end })
}

export interface PageFindings {
  mmapped: MmappedChunk[]
  /** First chunks of main-arena runs, each with the end of its span. */
  runs: { start: number; limit: number }[]
}

/** @param runsToo also look for runs of the main arena @param done bytes looked at before, for progress */
export function scanPages(memory: AddressSpace, spans: Span[], tops: ReadonlySet<number>, runsToo: boolean, progress: Progress, effort: Effort): PageFindings {
  const found: PageFindings = { mmapped: [], runs: [] }
  let done = 0
  for (const span of spans) {
    for (let at = Math.ceil(span.start / PAGE) * PAGE; at + CHUNK_HEADER <= span.end; ) {
      if (at % 2 ** 20 === 0) progress.advance(done + at - span.start)
      const head = memory.word(at + 8)
      if (!(head >= MIN_CHUNK) || memory.word(at) !== 0) {
        at += PAGE
        continue
      }
      const chunk = mmappedAt(memory, at, head, span.end)
      if (chunk) {
        found.mmapped.push(chunk)
        at = chunk.end
        continue
      }
      if (runsToo && flagsOf(head) === PREV_INUSE && chainStartsAt(memory, at, span.end, tops, false, effort)) {
        const end = endOfChain(memory, at, span.end, tops, effort)
        if (end > 0) {
          found.runs.push({ start: at, limit: end })
          at = Math.ceil(end / PAGE) * PAGE
          continue
        }
      }
      at += PAGE
    }
    done += span.end - span.start
  }
  return found
}

/** The mmapped chunk whose mapping starts at `at`, or null. */
function mmappedAt(memory: AddressSpace, at: number, head: number, limit: number): MmappedChunk | null {
  const size = chunkSizeOf(head)
  if ((flagsOf(head) & ~PREV_INUSE) !== IS_MMAPPED || size % PAGE !== 0 || at + size > limit) return null
  const end = at + size
  // memalign leaves the header at the start stale and makes another in front of the aligned block
  for (let alignment = 32; alignment <= size; alignment *= 2) {
    const block = Math.ceil((at + CHUNK_HEADER) / alignment) * alignment
    const chunk = block - CHUNK_HEADER
    if (chunk === at || chunk + MIN_CHUNK > end) continue
    const inner = memory.word(chunk + 8)
    if ((flagsOf(inner) & (IS_MMAPPED | NON_MAIN_ARENA)) === IS_MMAPPED && memory.word(chunk) === chunk - at && chunk + chunkSizeOf(inner) === end) {
      return { start: at, end, block, size: end - block }
    }
  }
  return { start: at, end, block: at + CHUNK_HEADER, size: size - CHUNK_HEADER }
}

/** The end of a chain of main-arena chunks that ends as such a chain must, at top or at a fencepost; else 0. */
function endOfChain(memory: AddressSpace, start: number, limit: number, tops: ReadonlySet<number>, effort: Effort): number {
  for (let at = start; at + CHUNK_HEADER <= limit && effort.spend(1); ) {
    const size = chunkSizeOf(memory.word(at + 8))
    if (tops.has(at)) return Math.min(limit, at + Math.max(size, MIN_CHUNK))
    if (size === CHUNK_HEADER) return isFencepost(memory, at) ? at + 2 * CHUNK_HEADER : 0
    if (!(size >= MIN_CHUNK) || size % 16 !== 0) return 0
    at += size
  }
  return 0
}

/** How many mmapped chunks and bytes libc itself counts (malloc_par `mp_`, by shape in libc's data); null where not found. */
export function mmapCounters(memory: AddressSpace, modules: Module[], arena: Arena): { chunks: number; bytes: number } | null {
  const module = modules.find((m) => arena.start >= m.base && arena.start < m.end)
  if (!module) return null
  for (const range of memory.ranges) {
    if (range.end <= module.base || range.start >= module.end || (range.flags & PF_W) === 0) continue
    for (let at = Math.max(range.start, module.base); at < Math.min(range.end, module.end); at += 8) {
      // int n_mmaps, n_mmaps_max = 65536, max_n_mmaps, no_dyn_threshold; size_t mmapped_mem
      const counts = memory.word(at)
      if (Math.floor(counts / 2 ** 32) !== 65536) continue
      const chunks = counts % 2 ** 32
      const most = memory.word(at + 8)
      const bytes = memory.word(at + 16)
      const arenaTest = [16, 24, 32, 40, 48].some((back) => memory.word(at - back) === 8)
      if (arenaTest && most % 2 ** 32 >= chunks && most < 2 ** 33 && bytes % PAGE === 0 && (bytes === 0) === (chunks === 0)) return { chunks, bytes }
    }
  }
  return null
}
