/**
 * Every mapped byte in exactly one kind. What an allocator claims is taken out of the range it lies in; what is left
 * of a range has the range's own kind. The sum is the sum of the core's maps.
 */
import { ACCOUNTING_KINDS, type Accounting, type AccountingKind, type AllocatorRow, type RangeKind, type RangeRow } from '../../contract/rows.ts'
import type { Region } from '../allocator/blocks.ts'
import { moduleName, type Module } from '../corefile/modules.ts'
import type { Thread } from '../corefile/notes.ts'
import { PF_R, PF_W, PF_X } from '../elf/file.ts'
import type { AddressSpace, Range } from '../memory/addressSpace.ts'
import { firstWhere, itemAt } from '../search.ts'

const VSYSCALL = 2 ** 63
const PAGE = 4096

/** Bytes by kind: pieces, with the allocators' ones split by what the allocators say of them. */
export function accountFor(pieces: RangeRow[], allocators: AllocatorRow[]): Accounting {
  const rows = ACCOUNTING_KINDS.map((kind) => ({ kind, bytes: 0, ranges: 0 }))
  const add = (kind: AccountingKind, bytes: number, ranges: number): void => {
    const row = rows[ACCOUNTING_KINDS.indexOf(kind)]
    row.bytes += bytes
    row.ranges += ranges
  }
  let allocatorPieces = 0
  for (const { kind, start, end } of pieces) {
    if (kind === 'allocator') allocatorPieces++
    else add(kind, end - start, 1)
  }
  for (const row of allocators) {
    add('allocator-used', row.used, 0)
    add('allocator-free', row.free, 0)
    add('allocator-overhead', row.overhead, 0)
  }
  for (const row of rows) if (row.kind.startsWith('allocator-') && row.bytes > 0) row.ranges = allocatorPieces
  return { mapped: pieces.reduce((sum, p) => sum + (p.end - p.start), 0), rows }
}

/** The memory map in address order, each piece of one kind; what an allocator claims is cut out of its range. */
export function memoryMap(memory: AddressSpace, modules: Module[], threads: Thread[], regions: Region[]): RangeRow[] {
  const pieces: RangeRow[] = []
  const vdso = modules.find((m) => m.vdso)
  const stacks = threads.map((t) => Number(t.sp)).sort((a, b) => a - b)
  let region = 0
  for (const range of memory.ranges) {
    let at = range.start
    while (region < regions.length && regions[region].end <= at) region++
    for (let i = region; i < regions.length && regions[i].start < range.end; i++) {
      addRange(range, at, Math.max(at, regions[i].start))
      const from = Math.max(at, regions[i].start)
      at = Math.max(at, Math.min(range.end, regions[i].end))
      if (from < at) push(range, from, at, 'allocator', `${regions[i].allocator} ${regions[i].arena}`)
    }
    addRange(range, at, range.end)
  }
  return pieces

  function push(range: Range, start: number, end: number, kind: RangeKind, name: string): void {
    const last = pieces.at(-1)
    if (last && kind === 'allocator' && last.kind === kind && last.name === name && last.end === start) {
      last.end = end
      last.present += memory.presentFrom(start, end - start)
      return
    }
    const access = (range.flags & PF_R ? 'r' : '-') + (range.flags & PF_W ? 'w' : '-') + (range.flags & PF_X ? 'x' : '-')
    pieces.push({ start, end, kind, access, present: memory.presentFrom(start, end - start), name })
  }

  /** One piece of a range that no allocator claims; a module's end may cut it once more. */
  function addRange(range: Range, start: number, end: number): void {
    if (start >= end) return
    const module = itemAt(modules, ({ base }) => base, start)
    const moduleEnd = module ? Math.ceil(module.end / PAGE) * PAGE : end
    const cut = Math.min(end, moduleEnd)
    push(range, start, cut, kindOf(range, module, start, cut), range.path !== '' ? range.path : module ? moduleName(module) : '')
    addRange(range, cut, end)
  }

  function kindOf(range: Range, module: Module | null, start: number, end: number): Exclude<RangeKind, 'allocator'> {
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

function holdsOne(sorted: number[], range: Range): boolean {
  return sorted[firstWhere(sorted.length, (i) => sorted[i] >= range.start)] < range.end
}
