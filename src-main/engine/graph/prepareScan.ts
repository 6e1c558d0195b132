/** Lays out and fills what the scan for references needs: the map of blocks, ranges, vtables, windows, columns for what is found. */
import type { Blocks } from '../allocator/blocks.ts'
import type { Areas } from './areas.ts'
import { CLASS_SLOTS } from './layoutClasses.ts'
import type { GraphPlan } from './plan.ts'
import { bindKernel, OWN_BYTES, SHARED_AREAS, SHARED_BYTES, type ScanTask } from './scan.ts'
import type { Windows } from './windows.ts'

/** Bits of a tag that a word's upper bits may be. */
const TAGS = 16
const POSITIONS_LIMIT = 2 ** 31 - 65_536

/** All areas but `target`, filled; the map of blocks made. */
export function prepareScan(plan: GraphPlan, blocks: Blocks, windows: Windows, areas: Areas, columns: Record<'start' | 'words' | 'state' | 'first', number>, module: WebAssembly.Module): Omit<ScanTask, 'own'> {
  const { regions, count } = blocks
  const shift = regions.every((r) => r.allocator === 'glibc') ? 4 : 3
  const regionsWithBlocks = regions.filter((r) => r.blockCount > 0)
  const pagesCapacity = mapBytes(regionsWithBlocks, shift)
  const vtableSlots = 2 ** Math.ceil(Math.log2(Math.max(16, plan.vtables.length * 4)))
  const at: Record<(typeof SHARED_AREAS)[number], number> = {
    windows: areas.take(windows.records.length * 8),
    ranges: areas.take(plan.ranges.length * 24),
    top: areas.take(TOP_BYTES, true),
    pages: areas.take(pagesCapacity, true),
    vtables: areas.take(vtableSlots * 8, true),
    shared: areas.take(SHARED_BYTES, true),
    start: columns.start,
    words: columns.words,
    state: columns.state,
    regions: areas.take(regionsWithBlocks.length * 24),
    first: columns.first,
    layout: areas.take(count * 4, true),
    classKeys: areas.take(CLASS_SLOTS * 8, true),
    classShapes: areas.take(CLASS_SLOTS * 40),
    classNonzero: areas.take(CLASS_SLOTS * 8, true),
    target: 0,
  }
  areas.doubles(at.windows, windows.records.length).set(windows.records)
  areas.words(at.first, count + windows.roots.length + 1).fill(0xffff_ffff)
  const ranges = new BigUint64Array(areas.memory.buffer, at.ranges, plan.ranges.length * 3)
  plan.ranges.forEach(({ start, end, kind }, i) => ranges.set([BigInt(start), BigInt(end), BigInt(kind)], i * 3))
  const table = new BigUint64Array(areas.memory.buffer, at.regions, regionsWithBlocks.length * 3)
  regionsWithBlocks.forEach((region, i) => table.set([BigInt(region.start), BigInt(region.firstBlock), BigInt(region.end)], i * 3))
  const heapLow = regionsWithBlocks[0]?.start ?? 0
  const heapEnd = Math.min(2 ** 48, regionsWithBlocks.at(-1)?.end ?? 0)
  const mappedLow = Math.min(heapLow || Infinity, plan.ranges[0]?.start ?? 0)
  const mappedEnd = Math.max(heapEnd, plan.ranges.at(-1)?.end ?? 0)
  const numbers = [count, regionsWithBlocks.length, plan.ranges.length, vtableSlots - 1, CLASS_SLOTS - 1, shift, heapLow, Math.max(0, heapEnd - heapLow), mappedLow, Math.max(0, mappedEnd - mappedLow), plan.tagged ? TAGS : 0].map(BigInt)
  const task: Omit<ScanTask, 'own'> = {
    memory: areas.memory,
    areas: SHARED_AREAS.map((name) => at[name]),
    numbers,
    windowCount: windows.count,
    registers: plan.registers,
    positions: new SharedArrayBuffer(0, { maxByteLength: POSITIONS_LIMIT }),
  }
  const own = areas.take(OWN_BYTES)
  const kernel = bindKernel(module, { ...task, own })
  for (const vtable of new Set(plan.vtables)) kernel.addVtable(BigInt(vtable))
  for (const region of regionsWithBlocks) {
    if (kernel.mapBlocks(region.firstBlock, region.firstBlock + region.blockCount, BigInt(region.start), BigInt(region.end), pagesCapacity) === 0) throw new Error('the map of blocks is larger than was counted')
  }
  areas.give(own)
  return task
}

const TOP_BYTES = (2 ** 48 / 2 ** 26) * 4

/** What the kernel's map takes for regions in address order: 4 KiB for each 64 MiB, 1 or 2 for each 64 KiB that blocks may be in. */
function mapBytes(regions: { start: number; end: number }[], shift: number): number {
  const parts = (size: number): number => {
    let count = 0
    let last = -1
    for (const { start, end } of regions) {
      const from = Math.max(last + 1, Math.floor(start / size))
      const to = Math.floor((end - 1) / size)
      if (to >= from) count += to - from + 1
      last = Math.max(last, to)
    }
    return count
  }
  return parts(2 ** 26) * 4096 + parts(2 ** 16) * (shift === 4 ? 1024 : 2048)
}
