/**
 * Chunks that malloc got from mmap, each a mapping of its own (though the kernel merges neighbours), and runs of
 * main-arena chunks in mappings outside brk. No list leads to either: every page of unclaimed writable memory is
 * looked at. Source: glibc malloc/malloc.c, sysmalloc, sysmalloc_mmap, _int_memalign.
 */
import { moduleAt, type Module } from '../../corefile/modules.ts'
import { PF_W, PT_LOAD } from '../../elf/file.ts'
import type { AddressSpace } from '../../memory/addressSpace.ts'
import type { Progress } from '../../ports.ts'
import type { Arena } from './arenas.ts'
import { CHUNK_HEADER, chainStartsAt, chunkSizeOf, type Effort, flagsOf, IS_MMAPPED, isFencepost, MIN_CHUNK, NON_MAIN_ARENA, PREV_INUSE, SIZE_FLAGS } from './layout.ts'

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
  const taken = [...modules.flatMap(memoryOf), ...claimed].sort((a, b) => a.start - b.start)
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

/** What a module's segments take: between them there may be holes, which the kernel gives to others. */
function memoryOf(module: Module): Span[] {
  const loads = module.segments.filter((s) => s.type === PT_LOAD)
  if (loads.length === 0) return [{ start: module.base, end: module.end }]
  return loads.map((s) => ({ start: Math.floor((s.vaddr + module.bias) / PAGE) * PAGE, end: s.vaddr + module.bias + s.memsz }))
}

function push(spans: Span[], start: number, end: number): void {
  const last = spans.at(-1)
  if (last && last.end === start) last.end = end
  else spans.push({ start, end })
}

export interface PageFindings {
  mmapped: MmappedChunk[]
  /** Runs of main-arena chunks. */
  runs: Span[]
}

/** @param runsToo also look for runs of the main arena */
export function scanPages(memory: AddressSpace, spans: Span[], tops: ReadonlySet<number>, runsToo: boolean, progress: Progress, effort: Effort): PageFindings {
  const found: PageFindings = { mmapped: [], runs: [] }
  const window = new Uint8Array(WINDOW)
  const words = new Uint32Array(window.buffer)
  let done = 0
  for (const span of spans) {
    let low = span.start // nothing begins before
    for (let at = span.start; at < span.end; ) {
      at = Math.ceil(Math.max(at, memory.nextPresent(at)) / PAGE) * PAGE
      if (at >= span.end) break
      progress.advance(done + at - span.start)
      const got = memory.readInto(at, window.subarray(0, Math.min(WINDOW, span.end - at)))
      const windowEnd = at + Math.max(PAGE, got)
      for (let page = at; page < windowEnd; page += PAGE) {
        const i = (page - at) >>> 2
        if (page < low || (page - at) + PAGE > got || !mayShowChunk(words, i, runsToo)) continue
        const chunk = mmappedAt(memory, page, low, span.end)
        if (chunk) found.mmapped.push(chunk)
        const run = chunk || !runsToo ? null : runAt(memory, page, span.end, tops, effort)
        if (run) found.runs.push(run)
        low = chunk?.end ?? (run ? Math.ceil(run.end / PAGE) * PAGE : low)
      }
      at = Math.max(windowEnd, low)
    }
    done += span.end - span.start
  }
  return found
}

const WINDOW = 1 << 20
/** Of 32-bit words: the low halves of the size words that mmappedAt looks at in a page that starts with zeroes. */
const INNER_HEADS = [32, 64, 128, 256, 512, 1024, 2048].map((alignment) => (alignment - CHUNK_HEADER + 8) / 4)
const LAST_HEAD = (PAGE - 8) / 4

/** A cheap look at a page, which nearly always says no. @param i of its first 32-bit word */
function mayShowChunk(words: Uint32Array, i: number, runsToo: boolean): boolean {
  const mmapped = IS_MMAPPED | NON_MAIN_ARENA
  if ((words[i + LAST_HEAD] & mmapped) === IS_MMAPPED) return true
  if ((words[i] | words[i + 1]) !== 0) return false
  const head = words[i + 2]
  if ((head & mmapped) === IS_MMAPPED || (runsToo && (head & SIZE_FLAGS) === PREV_INUSE)) return true
  return (head | words[i + 3]) === 0 && INNER_HEADS.some((at) => (words[i + at] & mmapped) === IS_MMAPPED)
}

/** A run of main-arena chunks that starts with a page, or null. */
function runAt(memory: AddressSpace, at: number, limit: number, tops: ReadonlySet<number>, effort: Effort): Span | null {
  if (memory.word(at) !== 0 || flagsOf(memory.word(at + 8)) !== PREV_INUSE || !chainStartsAt(memory, at, limit, tops, false, effort)) return null
  const end = endOfChain(memory, at, limit, tops, effort)
  return end > 0 ? { start: at, end } : null
}

/**
 * The mmapped chunk that a page shows, or null. memalign makes a second header in front of the aligned block and leaves
 * what is at the mapping's start stale, so a header inside wins; for alignments from a page on it ends a page.
 */
function mmappedAt(memory: AddressSpace, at: number, low: number, limit: number): MmappedChunk | null {
  const first = memory.word(at)
  const head = memory.word(at + 8)
  if (first === 0 && (head === 0 || isMmapped(head))) {
    for (let alignment = 32; alignment < PAGE; alignment *= 2) {
      const inner = mmappedChunk(memory, at + alignment - CHUNK_HEADER, at, limit)
      if (inner) return inner
    }
  }
  const lastOfPage = at + PAGE - CHUNK_HEADER
  const distance = memory.word(lastOfPage)
  if (distance > 0 && distance % PAGE === PAGE - CHUNK_HEADER && lastOfPage - distance >= low && memory.word(lastOfPage - distance) === 0) {
    const inner = mmappedChunk(memory, lastOfPage, lastOfPage - distance, limit)
    if (inner) return inner
  }
  if (first !== 0 || !isMmapped(head)) return null
  const aligned = biggerAlignment(memory, at, limit)
  return aligned ?? mmappedChunk(memory, at, at, limit)
}

/** A chunk memaligned to more than a page in the mapping that starts at `at`, whose stale header was met first. */
function biggerAlignment(memory: AddressSpace, at: number, limit: number): MmappedChunk | null {
  for (let alignment = PAGE; at + alignment < limit; alignment *= 2) {
    const inner = mmappedChunk(memory, Math.ceil((at + CHUNK_HEADER) / alignment) * alignment - CHUNK_HEADER, at, limit)
    if (inner) return inner
  }
  return null
}

const isMmapped = (head: number): boolean => (flagsOf(head) & (IS_MMAPPED | NON_MAIN_ARENA)) === IS_MMAPPED

/** The mmapped chunk with its header at `chunk` in a mapping that starts at `start`, if its sizes fit each other. */
function mmappedChunk(memory: AddressSpace, chunk: number, start: number, limit: number): MmappedChunk | null {
  const head = memory.word(chunk + 8)
  if (!isMmapped(head) || memory.word(chunk) !== chunk - start) return null
  const size = chunkSizeOf(head)
  const block = chunk + CHUNK_HEADER
  // to 2.42 the size reaches the mapping's end; from 2.43 on it ends a header before it, and 8 bytes more are usable
  const spare = [0, CHUNK_HEADER].find((s) => (chunk + size + s) % PAGE === 0)
  if (spare === undefined || size < MIN_CHUNK || chunk + size + spare > limit) return null
  return { start, end: chunk + size + spare, block, size: spare === 0 ? size - CHUNK_HEADER : size - 8 }
}

/** The end of a chain of main-arena chunks that ends as such a chain must, at top or at a fencepost; else 0. */
function endOfChain(memory: AddressSpace, start: number, limit: number, tops: ReadonlySet<number>, effort: Effort): number {
  for (let at = start; at + CHUNK_HEADER <= limit && effort.spend(1); ) {
    const size = chunkSizeOf(memory.word(at + 8))
    if (tops.has(at)) return Math.min(limit, at + Math.max(size, MIN_CHUNK))
    if (size === CHUNK_HEADER) return isFencepost(memory, at, false) ? at + 2 * CHUNK_HEADER : 0
    if (!(size >= MIN_CHUNK) || size % 16 !== 0) return 0
    at += size
  }
  return 0
}

export interface MallocPar {
  /** Mmapped chunks and their bytes, as libc counts them. */
  chunks: number
  bytes: number
  /** Where brk memory began; 0 where there is none. */
  sbrkBase: number
}

/**
 * libc's malloc_par `mp_`, found by its shape in the writable memory around an arena: arena_test = 8, then n_mmaps,
 * n_mmaps_max = 65536, max_n_mmaps, no_dyn_threshold, mmapped_mem, max_mmapped_mem, [max_total_mem, to 2.23,] sbrk_base.
 * Null where the program changed M_MMAP_MAX.
 */
export function findMallocPar(memory: AddressSpace, modules: Module[], arena: Arena): MallocPar | null {
  const module = moduleAt(modules, arena.start)
  for (const range of memory.ranges) {
    if ((range.flags & PF_W) === 0 || (module ? range.end <= module.base || range.start >= module.end : arena.start < range.start || arena.start >= range.end)) continue
    const start = Math.max(range.start, module?.base ?? 0)
    const end = Math.min(range.end, module?.end ?? Infinity, start + MAX_DATA)
    for (let at = start; at < end; at += 8) {
      const word = memory.word(at)
      const par = word % 2 ** 32 === MMAPS_MAX ? parAt(memory, at) : Math.floor(word / 2 ** 32) === MMAPS_MAX ? parAt(memory, at + 4) : null
      if (par) return par
    }
  }
  return null
}

const MMAPS_MAX = 65536
const MAX_DATA = 256 << 20

/** @param max where n_mmaps_max lies */
function parAt(memory: AddressSpace, max: number): MallocPar | null {
  const int = (at: number): number => (at % 8 === 0 ? memory.word(at) % 2 ** 32 : Math.floor(memory.word(at - 4) / 2 ** 32))
  const chunks = int(max - 4)
  const most = int(max + 4)
  const memAt = Math.ceil((max + 12) / 8) * 8
  const bytes = memory.word(memAt)
  const arenaTest = [16, 24, 32, 40, 48, 56].some((back) => memory.word(Math.floor(max / 8) * 8 - back) === 8)
  if (!arenaTest || !(most >= chunks) || int(max + 8) > 1 || !(bytes % PAGE === 0) || (bytes === 0) !== (chunks === 0)) return null
  const isBrk = (address: number): boolean => address > 0 && ((memory.find(address)?.flags ?? 0) & PF_W) !== 0
  return { chunks, bytes, sbrkBase: [memAt + 16, memAt + 24].map((at) => memory.word(at)).find(isBrk) ?? 0 }
}
