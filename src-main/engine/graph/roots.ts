/**
 * The roots: memory outside of blocks that the program can reach. Globals and statics, thread-local variables, stacks from
 * the stack pointer up, registers; and anonymous memory that no allocator claims, because custom allocators live there.
 *
 * The allocator's own variables are no roots: bins would hold what is free, and tcaches what was freed.
 */
import type { ProcessInfo, RangeRow, RootKind } from '../../contract/rows.ts'
import type { Module } from '../corefile/modules.ts'
import type { Thread } from '../corefile/notes.ts'
import type { ThreadLocals } from '../corefile/tls.ts'
import type { AddressSpace } from '../memory/addressSpace.ts'
import { rangeAt } from '../findings/pointers.ts'
import { piecesOf, type RootPiece } from './plan.ts'

/** Bytes below the stack pointer that belong to a leaf function: System V ABI, x86-64, §3.2.2. AArch64 Linux has none. */
const RED_ZONE = { 'x86-64': 128, AArch64: 0 } as const
/** Bytes of glibc's struct pthread behind the x86-64 thread pointer, and before AArch64's: some 2.3 KiB. */
const THREAD_DESCRIPTOR = 0xa00

const KIND_OF_RANGE: Partial<Record<RangeRow['kind'], RootKind>> = {
  'module-data': 'global',
  'module-bss': 'global',
  'module-rodata': 'global',
  'thread-stack': 'stack',
  anonymous: 'anonymous',
  // read-only memory; gcore writes what may not be accessed at all as readable too, but that is zero
  reserved: 'anonymous',
  'mapped-file': 'mapped',
}

export interface RootQuery {
  memory: AddressSpace
  ranges: RangeRow[]
  modules: Module[]
  threads: Thread[]
  locals: ThreadLocals
  machine: ProcessInfo['machine']
  pid: number
  /** The allocators' own variables, half-open. */
  excluded: [start: number, end: number][]
}

interface Span {
  start: number
  end: number
  kind: RootKind
  thread: number
}

export function rootPieces(q: RootQuery): RootPiece[] {
  const tls = q.threads.map((_, i) => threadLocalSpan(q, i))
  const spans: Span[] = []
  for (const range of q.ranges) {
    const kind = KIND_OF_RANGE[range.kind]
    if (kind === undefined || !range.access.startsWith('r')) continue
    // only what someone may have written a pointer to
    if (kind === 'mapped' && !range.access.includes('w')) continue
    spans.push(...(kind === 'stack' ? stackSpans(q, range) : [{ start: range.start, end: range.end, kind, thread: -1 }]))
  }
  const named = tls.filter((span) => span !== null)
  const cut = spans.flatMap((span) => without(span, [...named.map(({ start, end }): [number, number] => [start, end]), ...q.excluded]))
  return [...cut, ...named]
    .sort((a, b) => a.start - b.start)
    .flatMap(({ start, end, kind, thread }) => piecesOf(q.memory, start, end).map((piece) => ({ ...piece, kind, thread })))
}

/** A thread's static TLS block and its descriptor; null where they can't be told. */
function threadLocalSpan({ threads, modules, locals, ranges, machine }: RootQuery, thread: number): Span | null {
  const tp = Number(threads[thread].tp)
  const range = tp === 0 ? null : rangeAt(ranges, tp)
  if (!range || tp >= range.end || (range.kind !== 'thread-stack' && range.kind !== 'anonymous')) return null
  const blocks = modules.map((module) => locals.block(thread, module)).filter((at) => at !== null && at >= range.start && at < range.end) as number[]
  if (machine === 'AArch64') return { start: Math.max(range.start, tp - THREAD_DESCRIPTOR), end: range.kind === 'thread-stack' ? range.end : Math.min(range.end, Math.max(tp, ...blocks) + THREAD_DESCRIPTOR), kind: 'tls', thread }
  const start = Math.min(tp, ...blocks.filter((at) => at < tp))
  return { start: start - (start % 8), end: Math.min(range.end, tp + THREAD_DESCRIPTOR), kind: 'tls', thread }
}

/**
 * Of a mapping with a stack pointer in it: below the lowest one is dead, where the mapping is a thread's own stack. Where it
 * isn't (a coroutine's, in memory that holds other things too) all of it counts.
 */
function stackSpans({ ranges, threads, machine, pid }: RootQuery, range: RangeRow): Span[] {
  const within = threads.map((thread, index) => ({ thread, index, sp: Number(thread.sp) })).filter(({ sp }) => sp >= range.start && sp < range.end)
  within.sort((a, b) => a.sp - b.sp)
  const lowest = within[0]
  if (!lowest) return [{ start: range.start, end: range.end, kind: 'anonymous', thread: -1 }]
  const below = rangeAt(ranges, range.start - 1)
  const isGuarded = !below || below.end <= range.start - 1 || below.kind === 'reserved'
  const isOwn = within.some(({ thread }) => thread.tid === pid || (Number(thread.tp) >= range.start && Number(thread.tp) < range.end))
  const live = Math.max(range.start, lowest.sp - (lowest.sp % 8) - RED_ZONE[machine])
  const stack: Span = { start: live, end: range.end, kind: 'stack', thread: lowest.index }
  return isGuarded && isOwn ? [stack] : [{ start: range.start, end: live, kind: 'anonymous', thread: -1 }, stack]
}

function without(span: Span, holes: [start: number, end: number][]): Span[] {
  let left = [span]
  for (const [start, end] of holes) {
    left = left.flatMap((piece) => {
      if (end <= piece.start || start >= piece.end) return [piece]
      return [{ ...piece, end: start }, { ...piece, start: end }].filter((part) => part.start < part.end)
    })
  }
  return left
}
