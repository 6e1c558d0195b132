/**
 * Every mapped byte in exactly one kind. What an allocator claims is taken out of the range it lies in; what is left
 * of a range has the range's own kind. The sum is the sum of the core's maps.
 */
import { ACCOUNTING_KINDS, type Accounting, type AccountingKind, type AllocatorRow } from '../../contract/rows.ts'
import type { Region } from '../allocator/blocks.ts'
import type { Module } from '../corefile/modules.ts'
import type { Thread } from '../corefile/notes.ts'
import { PF_W, PF_X } from '../elf/file.ts'
import type { AddressSpace, Range } from '../memory/addressSpace.ts'

const VSYSCALL = 2 ** 63
const PAGE = 4096

export function accountFor(memory: AddressSpace, modules: Module[], threads: Thread[], regions: Region[], allocators: AllocatorRow[]): Accounting {
  const bytes = new Map<AccountingKind, number>()
  const ranges = new Map<AccountingKind, number>()
  const add = (kind: AccountingKind, size: number): void => {
    if (size <= 0) return
    bytes.set(kind, (bytes.get(kind) ?? 0) + size)
    ranges.set(kind, (ranges.get(kind) ?? 0) + 1)
  }
  const vdso = modules.find((m) => m.vdso)
  const stacks = threads.map((t) => t.sp).sort((a, b) => a - b)
  let region = 0
  let mapped = 0
  for (const range of memory.ranges) {
    mapped += range.end - range.start
    let at = range.start
    while (region < regions.length && regions[region].end <= at) region++
    for (let i = region; i < regions.length && regions[i].start < range.end; i++) {
      addRange(range, at, Math.max(at, regions[i].start))
      at = Math.max(at, Math.min(range.end, regions[i].end))
    }
    addRange(range, at, range.end)
  }
  for (const row of allocators) {
    add('allocator-used', row.usedBytes)
    add('allocator-free', row.freeBytes)
    add('allocator-overhead', row.overheadBytes)
  }
  return { mapped, rows: ACCOUNTING_KINDS.map((kind) => ({ kind, bytes: bytes.get(kind) ?? 0, ranges: ranges.get(kind) ?? 0 })) }

  /** One piece of a range that no allocator claims; a module's end may cut it once more. */
  function addRange(range: Range, start: number, end: number): void {
    if (start >= end) return
    const module = moduleOver(modules, start)
    const moduleEnd = module ? Math.ceil(module.end / PAGE) * PAGE : end
    const cut = Math.min(end, moduleEnd)
    add(kindOf(range, module, start, cut), cut - start)
    addRange(range, cut, end)
  }

  function kindOf(range: Range, module: Module | null, start: number, end: number): AccountingKind {
    if (range.start >= VSYSCALL || module?.vdso) return 'vdso'
    if (vdso && range.end === vdso.base && range.path === '' && (range.flags & PF_W) === 0) return 'vdso' // vvar
    if (range.flags === 0) return 'reserved'
    if (module) {
      if (range.flags & PF_X) return 'module-text'
      if (range.path === '' && range.flags & PF_W && !module.segments.some((s) => s.filesz > 0 && s.vaddr + module.bias < end && s.vaddr + module.bias + s.filesz > start)) return 'module-bss'
      return range.flags & PF_W ? 'module-data' : 'module-rodata'
    }
    if (range.path !== '') return 'mapped-file'
    // gcore writes memory without access as readable
    if ((range.flags & (PF_W | PF_X)) === 0) return 'reserved'
    return holdsOne(stacks, range) ? 'thread-stack' : 'anonymous'
  }
}

/** Modules don't overlap and are in address order. */
function moduleOver(modules: Module[], address: number): Module | null {
  let low = 0
  let high = modules.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (modules[middle].base <= address) low = middle + 1
    else high = middle
  }
  const module = modules[low - 1]
  return module && address < module.end ? module : null
}

function holdsOne(sorted: number[], range: Range): boolean {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle] >= range.start) high = middle
    else low = middle + 1
  }
  return low < sorted.length && sorted[low] < range.end
}
