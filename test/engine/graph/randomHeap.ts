/**
 * Random heaps for the graph: regions that touch or lie in other 64 MiB and 4 GiB areas, blocks of all states with gaps as
 * glibc has them or none, memory that is partly absent, and words that are pointers of every kind, or look like some.
 */
import { ROOT_KINDS, type AllocatorName, type RootKind } from '../../../src-main/contract/rows.ts'
import { STATE, type State } from '../../../src-main/engine/allocator/blocks.ts'
import type { GraphPlan } from '../../../src-main/engine/graph/plan.ts'
import { WINDOW_BYTES } from '../../../src-main/engine/graph/windows.ts'
import { WORD_KIND, type WordKind } from '../../../src-main/engine/graph/wordKinds.ts'
import type { Random } from '../../builders/random.ts'
import { heapOf, type HeapBlock, type HeapRegion, type Memory, type RootMemory, type TestHeap } from './testHeap.ts'

export interface HeapOptions {
  /** At most. */
  blocks: number
  /** Of 100 heaps, how many have blocks or roots larger than a window. */
  largePercent: number
  /** Of 100 heaps, how many have memory that is not in the core. */
  absentPercent: number
}

const FIRST_HEAP = 0x1_0000_0000
const HEAP_LIMIT = 0x7e00_0000_0000
const STATES: readonly State[] = [STATE.used, STATE.used, STATE.used, STATE.used, STATE.used, STATE.free, STATE.freeInTcache, STATE.freeInFastbin, STATE.own]
const OTHER_ALLOCATORS: readonly AllocatorName[] = ['jemalloc', 'tcmalloc', 'mimalloc', 'cpython']
/** Kinds of ranges outside of regions. */
const RANGE_KINDS: readonly WordKind[] = [WORD_KIND.code, WORD_KIND.rodata, WORD_KIND.data, WORD_KIND.stack, WORD_KIND.mapped]
const MOST_REGISTERS = 34

type Range = GraphPlan['ranges'][number]

/** All that a word may lead to. */
interface World {
  regions: HeapRegion[]
  blocks: HeapBlock[]
  ranges: Range[]
  vtables: number[]
}

export function randomHeap(random: Random, options: HeapOptions): TestHeap {
  const happens = (percent: number): boolean => random.below(100) < percent
  const isLarge = happens(options.largePercent)
  const regions = randomRegions(random, 1 + random.below(options.blocks), isLarge && happens(70))
  const ranges = randomRanges(random, regions)
  const world: World = { regions, blocks: regions.flatMap((r) => r.blocks), ranges, vtables: randomVtables(random, ranges) }
  const roots = randomRoots(random, isLarge)
  const words = Math.max(1, world.blocks.reduce((sum, b) => sum + b.size / 8, 0))
  // so that blocks have a reference on average, or a few: then some of them leak, and some dominate others
  const degree = random.pick([1, 2, 3, 4, 8])
  const density = Math.min(0.8, (world.blocks.length * degree) / words)
  const isAbsent = happens(options.absentPercent)
  for (const region of regions) {
    for (const [start, end] of presentParts(random, region, isAbsent)) region.memory.push(randomMemory(random, world, start, end - start, density))
  }
  const rootWords = Math.max(1, roots.reduce((sum, r) => sum + r.bytes.length / 8, 0))
  const rootDensity = Math.min(0.8, (world.blocks.length * random.pick([0, 0.02, 0.05, 0.1, 0.5])) / rootWords)
  for (const root of roots) Object.assign(root, randomMemory(random, world, root.address, root.bytes.length, rootDensity))
  const registers = Array.from({ length: random.below(3) }, () => Array.from({ length: random.below(MOST_REGISTERS) }, () => randomWord(random, world, rootDensity)))
  const heap = heapOf({ regions, roots, registers, ranges, vtables: world.vtables, padding: () => random.pick([0, 1, 8, 4096]) })
  // a core that was cut off
  return isAbsent && happens(20) ? { ...heap, core: heap.core.slice(0, random.below(heap.core.length + 1)) } : heap
}

// ---- where things are

function randomRegions(random: Random, blockCount: number, hasLargeBlocks: boolean): HeapRegion[] {
  const isGlibc = random.below(2) === 0
  const regions: HeapRegion[] = []
  // often just below the end of an area of 64 KiB, 64 MiB or 4 GiB
  let at = FIRST_HEAP + random.below(1024) * 2 ** 32 + random.pick([0, 2 ** 26, 2 ** 32]) - random.pick([0, 64, 4096, 65_536])
  for (let left = blockCount; left > 0; ) {
    const allocator = isGlibc || random.below(2) === 0 ? 'glibc' : random.pick(OTHER_ALLOCATORS)
    at += random.pick([0, 0, 16, 4096, 65_536, 2 ** 26 - 4096, 2 ** 26, 2 ** 32, 5 * 2 ** 32 + 65_536])
    if (at > HEAP_LIMIT) break
    if (allocator === 'glibc') at = Math.ceil(at / 16) * 16
    const count = random.below(20) === 0 ? 0 : Math.min(left, 1 + random.below(random.pick([3, 20, blockCount])))
    const blocks = randomBlocks(random, at, allocator, count, hasLargeBlocks)
    const last = blocks.at(-1)
    const end = (last ? last.start + last.size : at) + random.pick([0, 8, 16, 4096, 70_000])
    regions.push({ start: at, end: Math.max(end, at + 64), allocator, blocks, memory: [] })
    at = Math.max(end, at + 64)
    left -= count
  }
  return regions
}

function randomBlocks(random: Random, regionStart: number, allocator: AllocatorName, count: number, hasLargeBlocks: boolean): HeapBlock[] {
  const isGlibc = allocator === 'glibc'
  let at = regionStart + (isGlibc ? 16 : random.pick([0, 0, 8, 4096]))
  return Array.from({ length: count }, () => {
    const start = at
    const size = randomSize(random, isGlibc, hasLargeBlocks)
    // glibc: a header of 8 bytes lies between blocks, and sometimes whatever else
    const gap = isGlibc ? 8 + random.pick([0, 0, 0, 0, 16, 1024, 65_536]) : random.pick([0, 0, 0, 0, 8, 24, 512, 65_536])
    at = start + size + gap
    return { start, size, state: random.pick(STATES) }
  })
}

function randomSize(random: Random, isGlibc: boolean, hasLargeBlocks: boolean): number {
  const words = 1 + random.below(random.pick([4, 4, 8, 16, 70, random.below(4) === 0 ? 600 : 16]))
  const large = hasLargeBlocks && random.below(12) === 0 ? WINDOW_BYTES / 8 - 40 + random.below(random.pick([80, 90_000])) : 0
  return isGlibc ? Math.ceil((words + large) / 2) * 16 + 8 : (words + large) * 8
}

/** Disjoint and sorted: around the regions, between them, and some regions themselves. */
function randomRanges(random: Random, regions: HeapRegion[]): Range[] {
  const ranges: Range[] = []
  let free = 0x40_0000
  const fill = (limit: number, most: number): void => {
    for (let i = random.below(most); i > 0 && free + 32 < limit; i--) {
      const size = Math.min(limit - free, 16 + random.below(random.pick([64, 8192])))
      ranges.push({ start: free, end: free + size, kind: random.pick(RANGE_KINDS) })
      free += size + random.pick([0, 8, 4096])
    }
  }
  for (const region of regions) {
    fill(region.start, 4)
    if (random.below(2) === 0) ranges.push({ start: region.start, end: region.end, kind: WORD_KIND.mapped })
    free = region.end
  }
  free += 4096
  fill(2 ** 47, 6)
  return ranges
}

function randomVtables(random: Random, ranges: Range[]): number[] {
  if (ranges.length === 0) return []
  return Array.from({ length: random.below(6) }, () => {
    const range = random.pick(ranges)
    return range.start + random.below(range.end - range.start)
  })
}

function randomRoots(random: Random, isLarge: boolean): RootMemory[] {
  let at = 0x7f00_0000_0000
  return Array.from({ length: random.below(6) }, () => {
    at += random.pick([0, 8, 4096, 2 ** 32])
    const size = isLarge && random.below(4) === 0 ? WINDOW_BYTES - 64 + random.below(2 * WINDOW_BYTES) : random.below(400)
    const kind: RootKind = random.pick(ROOT_KINDS)
    const root = { kind, thread: random.below(4) - 1, address: at, bytes: new Uint8Array(size) }
    at += size
    return root
  })
}

/** What of a region is in the core. Holes begin and end wherever they like, and are at least a word wide. */
function presentParts(random: Random, { start, end }: HeapRegion, isAbsent: boolean): [start: number, end: number][] {
  if (!isAbsent) return [[start, end]]
  const parts: [number, number][] = []
  for (let at = start + random.pick([0, 0, random.below(end - start)]); at < end; ) {
    const size = Math.min(end - at, 1 + random.below(random.pick([64, 1024, 2 * (end - start)])))
    const rounded = random.below(3) === 0 ? size : Math.max(8, size - (size % 8))
    parts.push([at, Math.min(end, at + rounded)])
    at += rounded + random.pick([8, 24, 1024, 4096, 65_536])
  }
  return parts
}

// ---- what is there

/** @param density share of words that are meant to lead to blocks */
function randomMemory(random: Random, world: World, address: number, size: number, density: number): Memory {
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  const first = (8 - (address % 8)) % 8
  const isMostlyZero = size > 20_000
  for (let at = 0; at < Math.min(first, size); at++) bytes[at] = random.below(256)
  for (let at = first; at + 8 <= size; at += 8) {
    if (isMostlyZero && density < 0.1 && at % 512 !== 0 && random.below(4) !== 0) continue
    const word = randomWord(random, world, density)
    if (word !== 0n) view.setBigUint64(at, word, true)
  }
  return { address, bytes }
}

function randomWord(random: Random, world: World, density: number): bigint {
  if (world.blocks.length > 0 && random.below(10_000) < density * 10_000) return BigInt(nearBlock(random, world))
  switch (random.below(12)) {
    case 0:
      return BigInt(random.below(1000))
    case 1:
      return (BigInt(random.below(2 ** 32)) << 32n) | BigInt(random.below(2 ** 32))
    case 2:
      return 2n ** 64n - 1n - BigInt(random.below(1000))
    case 3: {
      // an address with a tag on it is none
      const block = world.blocks.length > 0 ? random.pick(world.blocks).start : 0
      return BigInt(block) + random.pick([2n ** 48n, 2n ** 56n, 2n ** 63n])
    }
    case 4: {
      if (world.ranges.length === 0) return 0n
      const range = random.pick(world.ranges)
      return BigInt(random.pick([range.start, range.end, range.end - 1, range.start + random.below(range.end - range.start)]))
    }
    case 5:
      return world.vtables.length > 0 ? BigInt(random.pick(world.vtables)) : 0n
    case 6: {
      if (world.regions.length === 0) return 0n
      const region = random.pick(world.regions)
      return BigInt(random.pick([region.start, region.end - 1, region.end, region.start - 8, region.end + random.below(2 ** 27), region.start + random.below(region.end - region.start)]))
    }
    default:
      return 0n
  }
}

/** Mostly into a block; sometimes just outside of it. */
function nearBlock(random: Random, { blocks }: World): number {
  const { start, size } = random.pick(blocks)
  switch (random.below(12)) {
    case 0:
      return start + random.below(size)
    case 1:
      return start + random.below(size / 8) * 8
    case 2:
      return start + size - 1
    case 3:
      return start + size
    case 4:
      return random.pick([start - 8, start - 1, start + size + 7])
    default:
      return start
  }
}
