/**
 * The pipeline, in reading order: core file → address space → modules → arenas → blocks → types → groups. What it
 * computes is kept in the index store under the core's identity, and taken from there when the core is opened again.
 */
import type { AllocatorName, AllocatorRow, CoreSummary, DiagnosticRow, RangeRow } from '../contract/rows.ts'
import { Blocks } from './allocator/blocks.ts'
import { hex } from './bytes/units.ts'
import { mallocState } from './allocator/glibc/arenas.ts'
import { planGlibc, walkGlibc, type GlibcPlan } from './allocator/glibc/glibc.ts'
import { attachFiles, findModules, moduleAt, moduleName, moduleRow, type Module } from './corefile/modules.ts'
import type { CoreFile } from './corefile/open.ts'
import { openCoreFile } from './corefile/open.ts'
import { signalName } from './corefile/signals.ts'
import { ThreadLocals } from './corefile/tls.ts'
import { readSymbols } from './elf/symbols.ts'
import { Diagnostics } from './errors.ts'
import { accountFor, memoryMap } from './findings/accounting.ts'
import { groupBlocks, type GroupedBlocks } from './findings/groups.ts'
import { requestedSize, sampleBlocks } from './findings/requestedSize.ts'
import type { ProcessView } from './findings/pointers.ts'
import type { KnownType } from './findings/top.ts'
import { coreIdentity, loadBlocks, saveBlocks, type StoredBlocks } from './index/storedBlocks.ts'
import { ChunkWalkKernel } from './kernels/chunkWalk.ts'
import { AddressSpace } from './memory/addressSpace.ts'
import { Demangler } from './recognize/demangle.ts'
import { typeBlocks, vtableRanges } from './recognize/typeBlocks.ts'
import { Vtables } from './recognize/vtables.ts'
import { PLAIN_ONLY } from './stacks/moduleDwarf.ts'
import { regionPieces, unreadBytes, wordKindRanges, type GraphPlan } from './graph/plan.ts'
import { rootPieces } from './graph/roots.ts'
import { Cancelled } from './ports.ts'
import type { OpenSession, SessionPorts } from './session.ts'
import { symbolSources } from './symbols/moduleSources.ts'
import { ProcessSymbols } from './symbols/processSymbols.ts'
import { CoreSession } from './coreSession.ts'
import { stopwatch, type Stopwatch } from './stopwatch.ts'

/** What is computed from a core and worth keeping; plain JSON beside the block columns. */
export interface Findings extends GroupedBlocks {
  types: KnownType[]
  /** Usable size → most likely requested size. */
  requested: [number, number][]
  allocators: AllocatorRow[]
  /** Memory of the allocators' own variables, half-open. */
  allocatorState: [start: number, end: number][]
  /** Diagnostics of the stages that a cached open leaves out. */
  diagnostics: DiagnosticRow[]
}

/** Throws UnreadableCore and Cancelled. */
export const openSession: OpenSession = async (handle, options, ports) => {
  const clock = stopwatch(() => ports.now())
  const diagnostics = new Diagnostics()
  ports.progress.stage('open', 0, 'items')
  const core = openCoreFile(ports.core, diagnostics)
  const memory = new AddressSpace(ports.core, core.ranges)
  const modules = findModules(memory, core.notes)
  attachFiles(modules, memory, ports.files, ports.core.name, options, diagnostics)
  clock.lap('open')

  const identity = coreIdentity(ports.core, core, modules)
  let cached = true
  let stored: Pick<StoredBlocks, 'blocks' | 'findings' | 'rest' | 'close'> | null = loadBlocks(ports.store, identity)
  if (!stored) {
    cached = false
    const analysed = analyse(core, memory, modules, ports, clock)
    ports.progress.stage('store', analysed.blocks.chunkCount, 'items')
    keep(ports, identity, analysed, diagnostics)
    clock.lap('store')
    // columns are read on demand from now on, so the memory they took is free
    stored = loadBlocks(ports.store, identity)
    if (stored) analysed.blocks.release()
    else stored = { ...analysed, rest: () => {}, close: () => {} }
  } else {
    clock.lap('cache')
  }
  const { blocks, findings } = stored
  const ranges = memoryMap(memory, modules, core.notes.threads, blocks.regions)
  const summary = summarize(handle, ports, core, modules, ranges, findings)
  summary.diagnostics = [...(ports.damage ?? []), ...diagnostics.rows, ...findings.diagnostics]
  summary.timings = clock.laps
  summary.cached = cached
  const { rest } = stored
  const graph = options.tagged === true ? `${identity} tagged` : identity
  const plan = (): GraphPlan => {
    rest()
    return { ...graphPlan(core, memory, modules, blocks, findings, ranges, diagnostics), identity, graph, tagged: options.tagged === true }
  }
  const view = (): ProcessView => ({ memory, blocks, types: findings.types, symbols: processSymbols(core, memory, modules, ports, diagnostics), ranges, machine: core.machine })
  const threads = core.notes.threads.map((t) => ({ tid: t.tid, sp: Number(t.sp), registers: t.registers }))
  return new CoreSession({ summary, ranges, blocks, findings, identity, graph, sources: symbolSources(modules, options), newView: view, threads, stacks: { memory, modules, threads, machine: core.machine, decompressor: ports.decompressor ?? PLAIN_ONLY, diagnostics }, planGraph: plan, ports, closeIndex: stored.close })
}

/** Without tables yet: these are attached as they come. */
function processSymbols(core: CoreFile, memory: AddressSpace, modules: Module[], ports: SessionPorts, diagnostics: Diagnostics): ProcessSymbols {
  const { threads } = core.notes
  let locals: ThreadLocals | null = null
  let demangler: Demangler | null = null
  return new ProcessSymbols(
    modules.map((module) => ({ name: moduleName(module), base: module.base, end: module.end, bias: module.bias })),
    threads.map(({ tid }, thread) => ({ tid, block: (module) => (locals ??= new ThreadLocals(memory, modules, threads, core.machine, diagnostics)).block(thread, modules[module]) })),
    (name) => (demangler ??= new Demangler(ports.wasm('demangle'))).demangle(name),
  )
}

/** A cache that can't be written costs the next opening its speed, not this one its result. */
function keep(ports: SessionPorts, identity: string, { blocks, findings }: Analysed, diagnostics: Diagnostics): void {
  try {
    saveBlocks(ports.store, identity, blocks, findings, ports.progress)
  } catch (error) {
    if (error instanceof Cancelled) throw error
    diagnostics.add('note', 'cache', null, `the analysis could not be kept for the next opening: ${error instanceof Error ? error.message : String(error)}`)
  }
}

interface Analysed {
  blocks: Blocks
  findings: Findings
}

function analyse(core: CoreFile, memory: AddressSpace, modules: Module[], ports: SessionPorts, clock: Stopwatch): Analysed {
  const diagnostics = new Diagnostics()
  const { progress } = ports
  progress.stage('arenas', 0, 'bytes')
  const query = { memory, modules, threads: core.notes.threads, mainArenaSymbols: mainArenaSymbols(modules, diagnostics), diagnostics, progress }
  const plan = planGlibc(query)
  clock.lap('arenas')

  const kernel = new ChunkWalkKernel(ports.wasm('chunkWalk'), vtableRanges(memory, modules))
  const blocks = new Blocks()
  walkGlibc(query, plan, kernel, blocks)
  clock.lap('blocks')

  progress.stage('types', blocks.chunkCount, 'items')
  const vtables = new Vtables(memory, modules, new Demangler(ports.wasm('demangle')), diagnostics)
  const types = typeBlocks(blocks, kernel, vtables, memory, progress)
  const { groups, inChunk } = groupBlocks(blocks)
  const requested = [...sampleBlocks(blocks, groups)].map(([size, samples]): [number, number] => [size, requestedSize(memory, blocks, size, samples)])
  clock.lap('types')

  tellOtherAllocators(plan, modules, diagnostics)
  return { blocks, findings: { types, groups, inChunk, requested, allocators: allocatorRows(blocks, groups, plan), allocatorState: plan.arenas.map(mallocState), diagnostics: diagnostics.rows } }
}

function graphPlan(core: CoreFile, memory: AddressSpace, modules: Module[], blocks: Blocks, findings: Findings, ranges: RangeRow[], diagnostics: Diagnostics): Omit<GraphPlan, 'identity' | 'graph' | 'tagged'> {
  const { threads, pid } = core.notes
  const locals = new ThreadLocals(memory, modules, threads, core.machine, diagnostics)
  return {
    regionPieces: regionPieces(memory, blocks.regions),
    roots: rootPieces({ memory, ranges, modules, threads, locals, machine: core.machine, pid, excluded: findings.allocatorState }),
    registers: threads.map((t) => t.registers),
    ranges: wordKindRanges(ranges),
    unread: unreadBytes(memory),
    vtables: findings.types.flatMap((t) => t.vtable ?? []),
  }
}

function tellOtherAllocators(plan: GlibcPlan, modules: Module[], diagnostics: Diagnostics): void {
  const other = modules.find((m) => /jemalloc|tcmalloc|mimalloc|musl/.test(m.path))
  if (other) diagnostics.add('unsupported', moduleName(other), other.base, 'its blocks are not read yet; the memory it holds is counted as anonymous')
  else if (plan.arenas.length === 0) diagnostics.add('unsupported', 'allocators', null, 'no glibc malloc arena was found: the process may use another allocator, or its libc\'s data is not in the core; its memory is counted as anonymous')
}

function mainArenaSymbols(modules: Module[], diagnostics: Diagnostics): number[] {
  const found: number[] = []
  for (const module of modules) {
    if (!module.main && !/libc[.-]/.test(module.path)) continue
    for (const elf of [module.elf, module.debugElf]) {
      if (elf) for (const symbol of diagnostics.guard([], () => readSymbols(elf, ['main_arena'], []))) found.push(symbol.value + module.bias)
    }
  }
  return found
}

function allocatorRows(blocks: Blocks, groups: Findings['groups'], plan: GlibcPlan): AllocatorRow[] {
  const rows = new Map<AllocatorName, AllocatorRow>()
  const rowOf = (allocator: AllocatorName): AllocatorRow => {
    let row = rows.get(allocator)
    if (!row) rows.set(allocator, (row = { allocator, arenas: plan.arenas.filter((a) => a.top !== 0).length, usedCount: 0, used: 0, freeCount: 0, free: 0, overhead: 0 }))
    return row
  }
  for (const group of groups) {
    const row = rowOf(group.allocator)
    row[group.free ? 'freeCount' : 'usedCount'] += group.count
    row[group.free ? 'free' : 'used'] += group.count * group.size
  }
  for (const region of blocks.regions) {
    const row = rowOf(region.allocator)
    row.free += region.freeTail
    row.overhead += region.end - region.start
  }
  for (const row of rows.values()) row.overhead -= row.used + row.free
  return [...rows.values()]
}

function summarize(handle: string, ports: SessionPorts, core: CoreFile, modules: Module[], ranges: RangeRow[], findings: Findings): CoreSummary {
  const { notes } = core
  const nameAt = (address: number): string => {
    const module = moduleAt(modules, address)
    return module ? moduleName(module) : ''
  }
  return {
    core: handle,
    path: ports.core.name,
    fileSize: ports.core.size,
    process: { pid: notes.pid, command: notes.command, args: notes.args, signal: notes.signal, signalName: signalName(notes.signal), faultAddress: notes.faultAddress, machine: core.machine, writer: core.writer },
    threads: notes.threads.map((t) => ({ tid: t.tid, crashed: t.crashed, signal: t.signal, pc: hex(t.pc), sp: hex(t.sp), tp: hex(t.tp), module: nameAt(Number(t.pc)) })),
    modules: modules.map(moduleRow),
    accounting: accountFor(ranges, findings.allocators),
    allocators: findings.allocators,
    diagnostics: [],
    timings: [],
    peakMemoryBytes: ports.peakMemory(),
    cached: false,
  }
}
