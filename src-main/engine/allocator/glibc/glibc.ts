/**
 * Every block of glibc malloc, with and without libc's symbols: arenas → runs of chunks → the walk → what is free
 * in caches. Refuses to guess: memory in which no chain of chunks starts stays unclaimed.
 */
import { hex } from '../../bytes/units.ts'
import type { Module } from '../../corefile/modules.ts'
import type { Thread } from '../../corefile/notes.ts'
import type { Diagnostics } from '../../errors.ts'
import type { ChunkWalkKernel } from '../../kernels/chunkWalk.ts'
import type { AddressSpace } from '../../memory/addressSpace.ts'
import type { Progress } from '../../ports.ts'
import { STATE, type Blocks } from '../blocks.ts'
import { arenaModule, findArenas, type Arena } from './arenas.ts'
import { markFastbins, markTcaches } from './freeLists.ts'
import { chainStartsAt, Effort } from './layout.ts'
import { findMallocPar, scanPages, unclaimedSpans, type MallocPar, type MmappedChunk, type PageFindings, type Span } from './mmapped.ts'
import { RunWalker, type Run } from './walk.ts'

export interface GlibcQuery {
  memory: AddressSpace
  modules: Module[]
  threads: Thread[]
  /** Addresses of `main_arena` by symbols; the result is the same without. */
  mainArenaSymbols: number[]
  diagnostics: Diagnostics
  progress: Progress
}

/** Headers that all searches of one core may look at: some 20 seconds' worth. */
const MAX_EFFORT = 2 ** 28

export interface GlibcPlan {
  arenas: Arena[]
  runs: Run[]
  mmapped: MmappedChunk[]
  tops: Set<number>
  effort: Effort
}

/** Finds where chunks are, without walking them. */
export function planGlibc(q: GlibcQuery): GlibcPlan {
  const { memory, modules, diagnostics, progress } = q
  const effort = new Effort(MAX_EFFORT)
  const arenas = findArenas(memory, modules, q.mainArenaSymbols, diagnostics, progress, effort)
  const tops = new Set(arenas.map((a) => a.top).filter((top) => top !== 0))
  const runs: Run[] = []
  for (const arena of arenas) {
    for (const heap of arena.heaps) runs.push({ start: heap.firstChunk, end: heap.end, arena: arena.label, nonMain: true, mayResume: false })
  }
  if (arenas.length === 0) return { arenas, runs, mmapped: [], tops, effort }
  const heaps = arenas.flatMap((a) => a.heaps)
  const pars = arenas.filter((a) => a.main).map((a) => findMallocPar(memory, modules, a))
  const brk = arenas.filter((a) => a.main).flatMap((a, i) => brkRun(memory, modules, heaps, a, pars[i], tops, effort) ?? [])
  runs.push(...brk)
  const spans = unclaimedSpans(memory, modules, [...heaps, ...brk])
  progress.stage('arenas', spans.reduce((sum, s) => sum + s.end - s.start, 0), 'bytes')
  const scattered = arenas.some((a) => a.main && a.top !== 0 && (a.nonContiguous || !topIsIn(a, brk)))
  const pages = scanPages(memory, spans, tops, scattered, progress, effort)
  addMainRuns(memory, arenas, pages, spans, runs, tops, effort)
  checkCounters(pars, pages.mmapped, diagnostics)
  return { arenas, runs: withoutOverlaps(runs), mmapped: pages.mmapped, tops, effort }
}

const topIsIn = (arena: Arena, spans: Span[]): boolean => spans.some((s) => arena.top >= s.start && arena.top < s.end)

/**
 * The main arena's brk memory: from the first chunk whose chain leads on, to the end of the mapping. Libc remembers
 * where it begins; else it is where `top` lies, unless the arena has gone on to other mappings.
 */
function brkRun(memory: AddressSpace, modules: Module[], heaps: Span[], arena: Arena, par: MallocPar | null, tops: ReadonlySet<number>, effort: Effort): Run | null {
  const spans = unclaimedSpans(memory, modules, heaps)
  const spanOf = (address: number): Span | undefined => spans.find((s) => address >= s.start && address < s.end)
  const base = Math.ceil((par?.sbrkBase ?? 0) / 16) * 16
  const brk = spanOf(base)
  if (brk && chainStartsAt(memory, base, brk.end, tops, false, effort)) return { start: base, end: brk.end, arena: arena.label, nonMain: false, mayResume: true }
  const span = spanOf(arena.top)
  if (!span || arena.nonContiguous) return null
  const begins = [span.start, ...memory.ranges.filter((r) => r.start > span.start && r.start <= arena.top).map((r) => r.start)].map((at) => Math.ceil(at / 16) * 16)
  const start = begins.find((at) => chainStartsAt(memory, at, span.end, tops, false, effort, 64)) ?? firstChain(memory, span, arena.top, tops, effort)
  return start === null ? null : { start, end: span.end, arena: arena.label, nonMain: false, mayResume: true }
}

function firstChain(memory: AddressSpace, span: Span, top: number, tops: ReadonlySet<number>, effort: Effort): number | null {
  for (let at = Math.ceil(memory.nextPresent(span.start) / 16) * 16; at < top && !effort.isSpent; at += 16) if (chainStartsAt(memory, at, span.end, tops, false, effort, 64)) return at
  return null
}

/** Main-arena runs that the pages showed, and those that must exist because a top lies there. */
function addMainRuns(memory: AddressSpace, arenas: Arena[], pages: PageFindings, spans: Span[], runs: Run[], tops: ReadonlySet<number>, effort: Effort): void {
  const mains = arenas.filter((a) => a.main)
  for (const { start, end } of pages.runs) {
    const owner = mains.find((a) => a.top >= start && a.top < end) ?? mains.find((a) => a.nonContiguous) ?? mains[0]
    runs.push({ start, end, arena: owner.label, nonMain: false, mayResume: false })
  }
  for (const arena of mains) {
    if (arena.top === 0 || topIsIn(arena, runs)) continue
    const span = spans.find((s) => arena.top >= s.start && arena.top < s.end)
    const start = span ? firstChain(memory, span, arena.top, tops, effort) : null
    if (span && start !== null) runs.push({ start, end: span.end, arena: arena.label, nonMain: false, mayResume: true })
  }
}

/** In address order; a run ends where the next one begins. */
function withoutOverlaps(runs: Run[]): Run[] {
  const sorted = [...runs].sort((a, b) => a.start - b.start)
  return sorted.map((run, i) => ({ ...run, end: Math.min(run.end, sorted[i + 1]?.start ?? Infinity) }))
}

function checkCounters(pars: (MallocPar | null)[], mmapped: MmappedChunk[], diagnostics: Diagnostics): void {
  let chunks = 0
  let bytes = 0
  for (const par of pars) {
    if (!par) return
    chunks += par.chunks
    bytes += par.bytes
  }
  const foundBytes = mmapped.reduce((sum, c) => sum + c.end - c.start, 0)
  if (chunks !== mmapped.length || bytes !== foundBytes) {
    diagnostics.add('note', 'mmapped chunks', null, `glibc counts ${chunks} mmapped chunks of ${bytes} bytes; ${mmapped.length} of ${foundBytes} bytes were found`)
  }
}

/** Fills `blocks` with what the plan found, in address order. */
export function walkGlibc(q: GlibcQuery, plan: GlibcPlan, kernel: ChunkWalkKernel, blocks: Blocks): void {
  const { memory, progress, diagnostics } = q
  const walker = new RunWalker(memory, kernel, blocks, plan.tops, diagnostics, progress, plan.effort)
  progress.stage('blocks', plan.runs.reduce((sum, r) => sum + r.end - r.start, 0), 'bytes')
  let next = 0
  const mmappedUpTo = (address: number): void => {
    for (; next < plan.mmapped.length && plan.mmapped[next].start < address; next++) {
      const chunk = plan.mmapped[next]
      blocks.beginRegion({ start: chunk.start, end: chunk.end, allocator: 'glibc', arena: 'mmap' })
      blocks.append(chunk.block, chunk.size, STATE.used, kernel.idOf(memory.word(chunk.block), memory.word(chunk.block + 8)))
    }
  }
  for (const run of plan.runs) {
    mmappedUpTo(run.start)
    walker.walk(run)
  }
  mmappedUpTo(Infinity)
  markFastbins(memory, blocks, plan.arenas, diagnostics)
  markTcaches(memory, blocks, q.threads, diagnostics)
  for (const arena of plan.arenas.filter((a) => a.main)) {
    const walked = blocks.regions.filter((r) => r.arena === arena.label).reduce((sum, r) => sum + r.end - r.start, 0)
    if (arena.systemMem > 0 && walked < arena.systemMem * 0.999 - 65536) {
      diagnostics.add('note', `arena ${arena.label} of ${arenaModule(q.modules, arena)}`, arena.start, `counts ${arena.systemMem} bytes of its own, ${walked} were walked (top at ${hex(arena.top)})`)
    }
  }
}
