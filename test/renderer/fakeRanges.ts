/** The memory map of the stand-in's big core: an arena and a stack per thread, five ranges per module, 30,000 mappings. */

import { ACCOUNTING_KINDS, type Accounting, type ModuleRow, type RangeKind, type RangeRow, type ThreadRow } from '../../src-main/contract/rows.ts'

const PAGE = 4096
/** A thread's arena: reserved as a whole, in use from its start. */
const ARENA = 64 << 20
const ARENA_USED = 4 << 20

export interface HeapTotals {
  used: number
  free: number
  overhead: number
}

/** In address order. The first range is main's heap, as large as makes the allocator's ranges hold `heap`. */
export function buildRanges(heap: HeapTotals, modules: ModuleRow[], threads: ThreadRow[]): RangeRow[] {
  const rows: RangeRow[] = []
  const add = (start: number, size: number, kind: RangeKind, access: string, name: string, present = size): number => {
    rows.push({ start, end: start + size, kind, access, present, name })
    return start + size
  }
  const arenas = threads.length - 1
  add(0x55cc_c000_0000, heap.used + heap.free + heap.overhead - arenas * ARENA_USED, 'allocator', 'rw-', 'glibc main')
  let at = 0x7000_0000_0000
  for (let i = 0; i < 30_000; i++) at = add(at, PAGE * (1 + (i % 3)), i % 2 === 0 ? 'anonymous' : 'reserved', i % 2 === 0 ? 'rw-' : '---', '', i % 2 === 0 ? PAGE : 0)
  at = add(at, 160 << 20, 'mapped-file', 'r--', '/var/lib/orders/segments/2026-11-22/orders-shard-7.idx', 1 << 20)
  at = 0x7f00_0000_0000
  for (let i = 1; i <= arenas; i++) {
    at = add(at, ARENA_USED, 'allocator', 'rw-', `glibc thread ${i}`)
    at = add(at, ARENA - ARENA_USED, 'reserved', '---', '', 0)
  }
  at = 0x7f3c_0000_0000
  for (const _ of threads) at = add(add(at, PAGE, 'reserved', '---', '', 0), 8 << 20, 'thread-stack', 'rw-', '', 132 << 10)
  for (const { path, base } of modules) {
    let within = add(base, 16 * PAGE, 'module-rodata', 'r--', path)
    within = add(within, 40 * PAGE, 'module-text', 'r-x', path)
    within = add(within, 24 * PAGE, 'module-rodata', 'r--', path)
    within = add(within, 2 * PAGE, 'module-data', 'rw-', path)
    add(within, 3 * PAGE, 'module-bss', 'rw-', path)
  }
  add(0x7ffd_1000_0000, 4 * PAGE, 'vdso', 'r--', '[vvar]', 0)
  add(0x7ffd_1000_4000, 2 * PAGE, 'vdso', 'r-x', '[vdso]')
  add(0xffff_ffff_ff60_0000, PAGE, 'vdso', '--x', '[vsyscall]')
  return rows.sort((a, b) => a.start - b.start)
}

/** What the map and the heap's totals add up to. */
export function accountingOf(ranges: RangeRow[], heap: HeapTotals): Accounting {
  const allocators = ranges.filter((range) => range.kind === 'allocator').length
  const rows = ACCOUNTING_KINDS.map((kind) => {
    switch (kind) {
      case 'allocator-used':
        return { kind, bytes: heap.used, ranges: allocators }
      case 'allocator-free':
        return { kind, bytes: heap.free, ranges: allocators }
      case 'allocator-overhead':
        return { kind, bytes: heap.overhead, ranges: allocators }
      default: {
        const own = ranges.filter((range) => range.kind === kind)
        return { kind, bytes: own.reduce((sum, range) => sum + (range.end - range.start), 0), ranges: own.length }
      }
    }
  })
  return { rows, mapped: ranges.reduce((sum, range) => sum + (range.end - range.start), 0) }
}
