/**
 * glibc's arenas, found by what they look like: an empty bin of malloc_state points to itself, and 127 pairs in a
 * row that are either empty or the two ends of a list of chunks occur nowhere else. libc's symbols, where there
 * are any, only say where to look first. Several libcs in one process each have a main arena.
 */
import { hex } from '../../bytes/units.ts'
import { PF_W } from '../../elf/file.ts'
import { moduleAt, moduleName, type Module } from '../../corefile/modules.ts'
import type { Diagnostics } from '../../errors.ts'
import type { AddressSpace } from '../../memory/addressSpace.ts'
import type { Progress } from '../../ports.ts'
import { BIN_COUNT, BINS_AT, BINS_AT_WITHOUT_FASTBINS, BINS_SIZE, FASTBIN_COUNT, FLAG_NONCONTIGUOUS, FROM_BINS, HEAP_INFO_SIZES, HEAP_SIZES, type Effort } from './layout.ts'

export interface Heap {
  start: number
  end: number
  firstChunk: number
}

export interface Arena {
  /** Of its malloc_state. */
  start: number
  bins: number
  /** `main`, `thread 1`, …; with several libcs `main 2`, … */
  label: string
  main: boolean
  /** 0: the arena has no memory yet. */
  top: number
  /** Only the main arena may be. */
  nonContiguous: boolean
  /** 0 where it can't be told. */
  systemMem: number
  /** Newest last; empty for main arenas. */
  heaps: Heap[]
}

/** What of malloc_state lies behind its bins: binmap, next, next_free, attached_threads, system_mem, max_system_mem. */
const BEHIND_BINS = 16 + 5 * 8

/** Memory of an arena's malloc_state, half-open. */
export const mallocState = (arena: Arena): [start: number, end: number] => [arena.start, arena.bins + BINS_SIZE + BEHIND_BINS]

const WINDOW = 1 << 20
/** Pairs looked at before all of them are: both ends and the middle. */
const PROBED = [0, 40, 80, BIN_COUNT - 1]
/** Of 127 bins, how many must be right for a damaged arena to be believed. */
const ENOUGH_BINS = 112
/** Where a symbol says that it is one. */
const ENOUGH_BINS_BY_SYMBOL = 24
const MAX_ARENAS = 1 << 16
const MAX_HEAPS = 1 << 20

/** @param mainArenaSymbols addresses that symbols give for `main_arena` */
export function findArenas(memory: AddressSpace, modules: Module[], mainArenaSymbols: number[], diagnostics: Diagnostics, progress: Progress, effort: Effort): Arena[] {
  const mains = new Map<number, number>() // start → bins
  for (const start of mainArenaSymbols) {
    const at = bestBinsAt(memory, start, ENOUGH_BINS_BY_SYMBOL)
    if (at !== undefined) mains.set(start, start + at)
  }
  const byShape = [...binsByShape(memory, rangesOfModules(memory, modules), progress, effort)]
  // without modules (qemu's cores name none) libc's data may be anywhere
  if (byShape.length === 0 && mains.size === 0) byShape.push(...binsByShape(memory, memory.ranges, progress, effort))
  for (const bins of byShape) {
    if ([...mains.values()].some((known) => Math.abs(known - bins) < BINS_SIZE) || heapInfoSize(memory, startOfMain(memory, bins)) !== 0) continue
    mains.set(startOfMain(memory, bins), bins)
  }
  const arenas: Arena[] = []
  const known = new Set<number>()
  let threads = 0
  let mainCount = 0
  for (const [start, bins] of [...mains].sort((a, b) => a[0] - b[0])) {
    if (known.has(start)) continue
    known.add(start)
    mainCount++
    arenas.push(readArena(memory, start, bins, mainCount === 1 ? 'main' : `main ${mainCount}`, true))
    const binsAt = bins - start
    const good = goodBins(memory, bins)
    if (good < BIN_COUNT) diagnostics.add('damaged', 'arena main', start, `${BIN_COUNT - good} of its ${BIN_COUNT} bins are damaged`)
    let next = memory.word(bins + FROM_BINS.next)
    while (next !== start && known.size < MAX_ARENAS) {
      if (known.has(next) || !isThreadArena(memory, next, binsAt)) {
        diagnostics.add('damaged', 'arenas', bins + FROM_BINS.next, `the ring of arenas is broken at ${hex(next)}; arenas behind it are looked for by their heaps`)
        break
      }
      known.add(next)
      threads++
      arenas.push(readArena(memory, next, next + binsAt, `thread ${threads}`, false))
      next = memory.word(next + binsAt + FROM_BINS.next)
    }
    for (const lost of arenasByHeaps(memory, known, binsAt)) {
      known.add(lost)
      threads++
      arenas.push(readArena(memory, lost, lost + binsAt, `thread ${threads}`, false))
    }
  }
  for (const arena of arenas) if (!arena.main) arena.heaps = findHeaps(memory, arena, diagnostics)
  return arenas
}

interface Piece {
  start: number
  end: number
  flags: number
}

function* rangesOfModules(memory: AddressSpace, modules: Module[]): Generator<Piece> {
  for (const module of modules) {
    for (let i = memory.firstEndingAfter(module.base); i < memory.ranges.length && memory.ranges[i].start < module.end; i++) {
      const { start, end, flags } = memory.ranges[i]
      yield { start: Math.max(start, module.base), end: Math.min(end, module.end), flags }
    }
  }
}

/** Addresses of `bins` in writable memory. */
function* binsByShape(memory: AddressSpace, pieces: Iterable<Piece>, progress: Progress, effort: Effort): Generator<number> {
  const buffer = new Uint8Array(WINDOW + 16)
  for (const { start, end, flags } of pieces) {
    if ((flags & PF_W) === 0) continue
    let found = 0
    for (let at = memory.nextPresent(start); at < end; at = memory.nextPresent(at + WINDOW)) {
      progress.advance(at - start)
      const got = memory.readInto(at, buffer.subarray(0, Math.min(buffer.length, end - at)))
      for (const empty of selfPointers(new Uint32Array(buffer.buffer, 0, got >>> 2), at)) {
        if (empty < found + BINS_SIZE) continue
        if (!effort.spend(BIN_COUNT)) return
        const bins = startOfBins(memory, empty)
        if (bins === 0) continue
        found = bins
        yield bins
      }
    }
  }
}

/** Addresses of adjacent words that both point to 16 bytes before themselves: empty bins. */
function selfPointers(words: Uint32Array, base: number): number[] {
  const high = Math.floor(base / 2 ** 32)
  const low = base % 2 ** 32 | 0
  const found: number[] = []
  for (let i = 0; i + 3 < words.length; i += 2) {
    const self = low + i * 4 - 16 | 0
    if ((words[i] | 0) === self && (words[i + 2] | 0) === self && words[i + 1] === words[i + 3] && (words[i + 1] === high || words[i + 1] === high + 1)) found.push(base + i * 4)
  }
  return found
}

/** `bins` given that one of its pairs, empty, lies at an address; 0 where it is no bin of an arena. */
function startOfBins(memory: AddressSpace, empty: number): number {
  if (memory.word(empty) !== empty - 16) return 0
  let best = 0
  let bestScore = ENOUGH_BINS - 0.5
  for (let before = 0; before < BIN_COUNT; before++) {
    const bins = empty - before * 16
    // cheap first: of a few pairs most must be bins, else this is no start
    if (PROBED.filter((i) => isBin(memory, bins + i * 16)).length < 3) continue
    const good = goodBins(memory, bins)
    if (good === BIN_COUNT) return bins
    // where a bin at either end is damaged, a start one pair off has as many; the ring of arenas tells
    const score = good < ENOUGH_BINS ? 0 : good + (ringLeadsOn(memory, bins) ? 1 : 0)
    if (score > bestScore) {
      best = bins
      bestScore = score
    }
  }
  return best
}

function goodBins(memory: AddressSpace, bins: number): number {
  let good = 0
  for (let i = 0; i < BIN_COUNT; i++) if (isBin(memory, bins + i * 16)) good++
  return good
}

/** A pair of words that is an empty bin, or the two ends of a list of free chunks that point back. */
function isBin(memory: AddressSpace, pair: number): boolean {
  const fd = memory.word(pair)
  const bk = memory.word(pair + 8)
  const self = pair - 16
  if (fd === self && bk === self) return true
  if (fd === self || bk === self || fd % 16 !== 0 || bk % 16 !== 0) return false
  return memory.word(fd + 24) === self && memory.word(bk + 16) === self
}

/** Where `bins` lies in the arena, as `next` says: it leads back to the arena itself, or to another that looks the same. */
function binsOffset(memory: AddressSpace, bins: number): number | undefined {
  const next = memory.word(bins + FROM_BINS.next)
  const own = BINS_AT.find((at) => next === bins - at)
  if (own !== undefined) return own
  return heapInfoSize(memory, next) === 0 ? undefined : bestBinsAt(memory, next)
}

/** Where most bins of an arena are right; a few bins off, most are too. */
function bestBinsAt(memory: AddressSpace, arenaStart: number, enough = ENOUGH_BINS): number | undefined {
  const [best] = BINS_AT.map((at) => ({ at, good: goodBins(memory, arenaStart + at) })).sort((a, b) => b.good - a.good)
  return best.good >= enough ? best.at : undefined
}

const ringLeadsOn = (memory: AddressSpace, bins: number): boolean => binsOffset(memory, bins) !== undefined

const startOfMain = (memory: AddressSpace, bins: number): number => bins - (binsOffset(memory, bins) ?? BINS_AT[1])

/** sizeof(heap_info) in front of a thread arena's malloc_state: its first word leads back; 0 where there is none. */
function heapInfoSize(memory: AddressSpace, arenaStart: number): number {
  return HEAP_INFO_SIZES.find((size) => memory.word(arenaStart - size) === arenaStart) ?? HEAP_INFO_SIZES.find((size) => arenaStart % HEAP_SIZES[0] === size) ?? 0
}

function isThreadArena(memory: AddressSpace, start: number, binsAt: number): boolean {
  return heapInfoSize(memory, start) !== 0 && goodBins(memory, start + binsAt) >= ENOUGH_BINS
}

function readArena(memory: AddressSpace, start: number, bins: number, label: string, main: boolean): Arena {
  const flags = Math.floor(memory.word(start) / 2 ** 32)
  const afterNext = bins + FROM_BINS.next
  // next, next_free, [attached_threads, from 2.23 on,] system_mem, max_system_mem
  const systemMem = [afterNext + 16, afterNext + 24].map((at) => memory.word(at)).find((v) => v >= 4096 && v % 4096 === 0) ?? 0
  const top = memory.word(bins + FROM_BINS.top)
  return { start, bins, label, main, top: top === bins + FROM_BINS.top ? 0 : top, nonContiguous: main && (flags & FLAG_NONCONTIGUOUS) !== 0, systemMem, heaps: [] }
}

/** Thread arenas that the ring doesn't lead to: each 64 MiB-aligned writable address may be a heap_info. */
function* arenasByHeaps(memory: AddressSpace, known: Set<number>, binsAt: number): Generator<number> {
  for (const at of alignedAddresses(memory, HEAP_SIZES[0])) {
    const arena = memory.word(at)
    if (!Number.isNaN(arena) && (arena - at === HEAP_INFO_SIZES[0] || arena - at === HEAP_INFO_SIZES[1]) && !known.has(arena) && isThreadArena(memory, arena, binsAt)) yield arena
  }
}

function* alignedAddresses(memory: AddressSpace, alignment: number): Generator<number> {
  for (const range of memory.ranges) {
    if ((range.flags & PF_W) === 0 || range.path !== '') continue
    for (let at = Math.ceil(range.start / alignment) * alignment; at < range.dumpedEnd; at += alignment) yield at
  }
}

/** Heaps of a thread arena: from the one that holds `top` back over `prev`, else every aligned address that claims to be one. */
function findHeaps(memory: AddressSpace, arena: Arena, diagnostics: Diagnostics): Heap[] {
  const infoSize = heapInfoSize(memory, arena.start)
  const first = arena.start - infoSize
  const stateEnd = arena.bins + FROM_BINS.next + 40 // next, next_free, attached_threads, system_mem, max_system_mem
  const isHeap = (at: number): boolean => at === first || memory.word(at) === arena.start
  const heapAt = (start: number): Heap => ({ start, end: start + memory.word(start + 16), firstChunk: start === first ? Math.ceil(stateEnd / 16) * 16 : start + infoSize })
  for (const alignment of HEAP_SIZES) {
    const heaps = new Map<number, Heap>()
    let at = Math.floor(arena.top / alignment) * alignment
    while (isHeap(at) && heaps.size < MAX_HEAPS && !heaps.has(at)) {
      heaps.set(at, heapAt(at))
      if (at === first) break
      at = memory.word(at + 8)
    }
    if (heaps.has(first)) return [...heaps.values()].reverse().filter((h) => plausible(memory, h, arena, diagnostics))
  }
  diagnostics.add('damaged', `arena ${arena.label}`, arena.start, `its list of heaps is broken (top is ${hex(arena.top)}); heaps are looked for by their alignment`)
  const heaps = new Map([[first, heapAt(first)]])
  for (const at of alignedAddresses(memory, HEAP_SIZES[0])) if (memory.word(at) === arena.start) heaps.set(at, heapAt(at))
  return [...heaps.values()].filter((h) => plausible(memory, h, arena, diagnostics))
}

function plausible(memory: AddressSpace, heap: Heap, arena: Arena, diagnostics: Diagnostics): boolean {
  const mappedEnd = memory.find(heap.start)?.end ?? 0
  if (heap.end > heap.firstChunk && heap.end - heap.start <= HEAP_SIZES.at(-1)!) return true
  diagnostics.add('damaged', `arena ${arena.label}`, heap.start, `a heap says it ends at ${hex(heap.end)}; its mapping ends at ${hex(mappedEnd)}`)
  heap.end = Math.min(mappedEnd, heap.start + HEAP_SIZES[0])
  return heap.end > heap.firstChunk
}

/** Heads of the arena's fastbins: addresses of chunks, 0 for none. */
export function fastbinsOf(memory: AddressSpace, arena: Arena): number[] {
  if (arena.bins - arena.start === BINS_AT_WITHOUT_FASTBINS) return []
  return Array.from({ length: FASTBIN_COUNT }, (_, i) => memory.word(arena.bins + FROM_BINS.fastbins + i * 8))
}

export const arenaModule = (modules: Module[], arena: Arena): string => {
  const module = moduleAt(modules, arena.start)
  return module ? moduleName(module) : ''
}
