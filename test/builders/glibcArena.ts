/**
 * Lays out one malloc arena as glibc would have it: chunks, free lists, top, fenceposts, tcache, heap_info.
 *
 * Free blocks that are neighbours become one, as free() does it; a free one before `top` becomes part of it.
 * Source: glibc malloc/malloc.c (_int_malloc, _int_free, sysmalloc) and malloc/arena.c (new_heap).
 */
import type { GlibcLayout } from './glibcVersions.ts'
import { BINS, binIndex, chunkSize, fastbinIndex, LARGEST_FAST_CHUNK, LARGEST_TCACHE_CHUNK, TCACHE_FILL, tcacheIndex } from './glibcVersions.ts'

/** Where a block is: with the program, or on one of malloc's lists. */
export type Fate = 'used' | 'tcache' | 'fastbin' | 'unsorted' | 'binned'

export interface HeapBlock {
  /** What malloc was asked for. */
  request: number
  fate: Fate
  /** From its beginning; the rest is filled with a pattern. Used blocks only. */
  bytes?: Uint8Array
}

export interface TruthBlock {
  addr: number
  /** Usable bytes. */
  size: number
  state: 'used' | 'free'
}

export interface Region {
  /** A page. */
  start: number
  blocks: HeapBlock[]
  /** Bytes for `top`, or before the fenceposts, beyond what the blocks need. */
  spare?: number
}

export interface ArenaSpec {
  layout: GlibcLayout
  /** In the order they were made; `top` is in the last. Thread arenas: each at a multiple of 64 MiB. */
  regions: Region[]
  /** Where malloc_state is; thread arenas have theirs in the first region. */
  mainState?: Memory & { at: number }
  /** A random number; the low bits of its chunks' keys. */
  tcacheKey?: bigint
}

export interface BuiltArena {
  /** Address of malloc_state. */
  state: number
  /** Address of tcache_perthread_struct; 0 before 2.26. */
  tcache: number
  regions: Memory[]
  blocks: TruthBlock[]
  /** What malloc allocated for itself: the tcache. */
  internal: TruthBlock[]
}

/** Bytes at an address, written by words. */
export class Memory {
  readonly start: number
  readonly bytes: Uint8Array
  private readonly view: DataView

  constructor(start: number, bytes: Uint8Array) {
    this.start = start
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  put(at: number, value: number | bigint): void {
    this.view.setBigUint64(at - this.start, BigInt(value), true)
  }

  get(at: number): number {
    return Number(this.view.getBigUint64(at - this.start, true))
  }

  put32(at: number, value: number): void {
    this.view.setUint32(at - this.start, value, true)
  }

  fill(at: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, at - this.start)
  }
}

const PAGE = 4096
const PREV_INUSE = 1
const NON_MAIN_ARENA = 4
const NONCONTIGUOUS = 2
const FENCEPOSTS = 32
const HEAP_MAX = 64 << 20

interface Chunk {
  at: number
  size: number
  fate: Fate | 'top' | 'internal'
  request: number
  bytes?: Uint8Array
}

export function buildArena(spec: ArenaSpec): BuiltArena {
  const { layout } = spec
  const main = spec.mainState !== undefined
  const regions: Memory[] = []
  const chunks: Chunk[][] = []
  const headerOf = (i: number): number => (main ? 0 : i > 0 ? layout.heapInfoSize : align(layout.heapInfoSize + layout.stateSize, 16))
  spec.regions.forEach((region, i) => {
    const last = i === spec.regions.length - 1
    const list = place(region, headerOf(i), i === 0 && layout.tcache ? layout.tcache.size : 0, last)
    chunks.push(list)
    const end = list.at(-1)!
    regions.push(new Memory(region.start, new Uint8Array(end.at + end.size + (last ? 0 : FENCEPOSTS) - region.start)))
  })
  const first = regions[0]
  const state = spec.mainState?.at ?? first.start + layout.heapInfoSize
  const stateMemory = spec.mainState ?? first
  const writer = new ArenaWriter(layout, regions, stateMemory, state, main)
  chunks.forEach((list, i) => writer.headers(list, regions[i], i === chunks.length - 1))
  writer.state(chunks.at(-1)!.at(-1)!.at, regions)
  if (!main) writer.heapInfos()
  const all = chunks.flat()
  const tcache = all.find(({ fate }) => fate === 'internal')
  writer.bins(all)
  if (tcache) writer.tcache(tcache.at + 16, all, spec.tcacheKey ?? 0x1122334455667788n)
  const truth = ({ at, size, fate }: Chunk): TruthBlock => ({ addr: at + 16, size: size - 8, state: fate === 'used' || fate === 'internal' ? 'used' : 'free' })
  return {
    state,
    tcache: tcache ? tcache.at + 16 : 0,
    regions,
    blocks: all.filter(({ fate }) => fate !== 'internal' && fate !== 'top').map(truth),
    internal: tcache ? [truth(tcache)] : [],
  }
}

/** The region's chunks; the last one is `top`, or the free rest in front of the fenceposts (of no bytes, maybe). */
function place(region: Region, header: number, tcacheSize: number, last: boolean): Chunk[] {
  const chunks: Chunk[] = []
  let at = region.start + header
  const add = (size: number, fate: Chunk['fate'], request: number, bytes?: Uint8Array): void => {
    const before = chunks.at(-1)
    if (before && isListed(before) && isListed({ fate })) before.size += size
    else chunks.push({ at, size, fate, request, ...(bytes && { bytes }) })
    at += size
  }
  if (tcacheSize > 0) add(chunkSize(tcacheSize), 'internal', tcacheSize)
  for (const { request, fate, bytes } of region.blocks) add(chunkSize(request), fate, request, bytes)
  const reserve = last ? 32 : FENCEPOSTS
  let end = align(at + reserve + (region.spare ?? 0), PAGE)
  if (!last && end - at - FENCEPOSTS === 16) end += PAGE
  const rest = end - at - (last ? 0 : FENCEPOSTS)
  const before = chunks.at(-1)
  if (last && before && isListed(before)) Object.assign(before, { size: before.size + rest, fate: 'top' })
  else if (last) chunks.push({ at, size: rest, fate: 'top', request: 0 })
  else if (rest > 0) add(rest, 'unsorted', rest - 8)
  return chunks
}

/** Free as far as its neighbours see. */
const isListed = ({ fate }: { fate: Chunk['fate'] }): boolean => fate === 'unsorted' || fate === 'binned'

const align = (n: number, to: number): number => Math.ceil(n / to) * to

class ArenaWriter {
  private readonly layout: GlibcLayout
  private readonly memories: Memory[]
  private readonly stateAt: number
  private readonly main: boolean

  constructor(layout: GlibcLayout, regions: Memory[], stateMemory: Memory, stateAt: number, main: boolean) {
    this.layout = layout
    this.memories = [stateMemory, ...regions]
    this.stateAt = stateAt
    this.main = main
  }

  headers(chunks: Chunk[], region: Memory, last: boolean): void {
    let previous: Chunk | null = null
    for (const chunk of chunks) {
      const { at, size, fate } = chunk
      const afterFree = previous !== null && isListed(previous)
      if (afterFree) region.put(at, previous!.size)
      // free() and top drop NON_MAIN_ARENA from the header
      const arenaFlag = this.main || isListed(chunk) || fate === 'top' ? 0 : NON_MAIN_ARENA
      region.put(at + 8, size + (afterFree ? 0 : PREV_INUSE) + arenaFlag)
      if (fate === 'used') {
        const pattern = new Uint8Array(size - 8).fill(0x40 + (at / 16) % 64)
        pattern.set(chunk.bytes ?? [])
        region.fill(at + 16, pattern.subarray(0, Math.min(pattern.length, region.start + region.bytes.length - at - 16)))
      }
      previous = chunk
    }
    if (last || !previous) return
    // Two headers of 16 bytes each; behind a heap of a thread arena the second one has size 0.
    const fence = previous.at + previous.size
    if (isListed(previous)) region.put(fence, previous.size)
    region.put(fence + 8, 16 + (isListed(previous) ? 0 : PREV_INUSE))
    region.put(fence + 24, (this.main ? 16 : 0) + PREV_INUSE)
    if (!this.main) region.put(fence + 16, 16)
  }

  state(top: number, regions: Memory[]): void {
    const { layout, stateAt } = this
    if (this.main && regions.length > 1) this.memories[0].put32(stateAt + 4, NONCONTIGUOUS)
    this.put(stateAt + layout.top, top)
    for (let slot = 0; slot < BINS; slot += 2) {
      const bin = stateAt + layout.bins + slot * 8
      this.put(bin, bin - 16)
      this.put(bin + 8, bin - 16)
    }
    this.put(stateAt + layout.next, stateAt)
    if (layout.attachedThreads !== null) this.put(stateAt + layout.attachedThreads, 1)
    const mapped = regions.reduce((sum, { bytes }) => sum + bytes.length, 0)
    this.put(stateAt + layout.systemMem, mapped)
    this.put(stateAt + layout.maxSystemMem, mapped)
  }

  heapInfos(): void {
    const [, ...heaps] = this.memories
    heaps.forEach((heap, i) => {
      if (heap.start % HEAP_MAX !== 0) throw new Error('the heaps of a thread arena begin at multiples of 64 MiB')
      heap.put(heap.start, this.stateAt)
      heap.put(heap.start + 8, i > 0 ? heaps[i - 1].start : 0)
      heap.put(heap.start + 16, heap.bytes.length)
      heap.put(heap.start + 24, heap.bytes.length)
      if (this.layout.heapInfoSize > 0x20) heap.put(heap.start + 32, PAGE)
    })
  }

  bins(chunks: Chunk[]): void {
    const fast = new Map<number, Chunk[]>()
    const listed = new Map<number, Chunk[]>()
    for (const chunk of chunks) {
      if (chunk.fate === 'fastbin' && chunk.size > LARGEST_FAST_CHUNK) throw new Error(`no fastbin holds ${chunk.size} bytes`)
      const [lists, index] = chunk.fate === 'fastbin' ? [fast, fastbinIndex(chunk.size)] : [listed, chunk.fate === 'unsorted' ? 1 : binIndex(chunk.size)]
      if (chunk.fate !== 'fastbin' && !isListed(chunk)) continue
      lists.set(index, [...(lists.get(index) ?? []), chunk])
    }
    for (const [index, list] of fast) this.singleList(this.stateAt + this.layout.fastbins + index * 8, list.map(({ at }) => ({ entry: at, link: at + 16 })))
    for (const [index, list] of listed) this.bin(index, list)
  }

  /** tcache_perthread_struct at `at`; its lists hold block addresses, where fastbins hold chunks. */
  tcache(at: number, chunks: Chunk[], key: bigint): void {
    const { entries, countBytes } = this.layout.tcache!
    const bins = new Map<number, Chunk[]>()
    for (const chunk of chunks) {
      if (chunk.fate !== 'tcache') continue
      if (chunk.size > LARGEST_TCACHE_CHUNK) throw new Error(`no tcache bin holds ${chunk.size} bytes`)
      const index = tcacheIndex(chunk.size)
      bins.set(index, [...(bins.get(index) ?? []), chunk])
      if (this.layout.tcacheKey !== null) this.put(chunk.at + 24, this.layout.tcacheKey === 'tcache' ? at : key)
    }
    const memory = this.memoryOf(at)
    for (const [index, list] of bins) {
      if (list.length > TCACHE_FILL) throw new Error(`a tcache bin holds ${TCACHE_FILL} blocks, not ${list.length}`)
      memory.fill(at + index * countBytes, Uint8Array.of(list.length))
      this.singleList(at + entries + index * 8, list.map((chunk) => ({ entry: chunk.at + 16, link: chunk.at + 16 })))
    }
  }

  /** The latest freed is first. From 2.32 on each link is mixed with its own address. */
  private singleList(head: number, list: { entry: number; link: number }[]): void {
    let next = 0
    for (const { entry, link } of list) {
      this.put(link, this.layout.safeLinking ? (BigInt(link) >> 12n) ^ BigInt(next) : next)
      next = entry
    }
    this.put(head, next)
  }

  /** A double ring through the bin; large bins are sorted, with a second ring through the first chunk of each size. */
  private bin(index: number, list: Chunk[]): void {
    const bin = this.stateAt + this.layout.bins + (index - 1) * 16 - 16
    const large = index >= 64
    const sorted = large ? [...list].sort((a, b) => b.size - a.size) : list
    const ring = [bin, ...sorted.map(({ at }) => at)]
    ring.forEach((at, i) => {
      this.put(at + 16, ring[(i + 1) % ring.length])
      this.put(at + 24, ring[(i + ring.length - 1) % ring.length])
    })
    const sizes = large ? sorted.filter((chunk, i) => chunk.size !== sorted[i - 1]?.size) : []
    sizes.forEach(({ at }, i) => {
      this.put(at + 32, sizes[(i + 1) % sizes.length].at)
      this.put(at + 40, sizes[(i + sizes.length - 1) % sizes.length].at)
    })
    if (index === 1) return
    const map = this.stateAt + this.layout.binmap + (index >> 5) * 4
    const memory = this.memoryOf(map)
    const word = map - (map % 8)
    memory.put(word, BigInt.asUintN(64, BigInt(memory.get(word)) | (1n << BigInt((index & 31) + (map % 8) * 8))))
  }

  private put(at: number, value: number | bigint): void {
    this.memoryOf(at).put(at, value)
  }

  private memoryOf(at: number): Memory {
    const memory = this.memories.find(({ start, bytes }) => at >= start && at + 8 <= start + bytes.length)
    if (!memory) throw new Error(`0x${at.toString(16)} lies in none of the arena's regions`)
    return memory
  }
}
