/**
 * Builds the graph of a core's blocks and keeps it in the index: references in both directions, layout classes, what roots
 * reach, what leaked. Dominators and retained sizes follow in an index of their own (retained.ts), from the same columns.
 */
import type { StoredBlocks } from '../index/storedBlocks.ts'
import { LARGE, type Blocks } from '../allocator/blocks.ts'
import { ROOT_KINDS } from '../../contract/rows.ts'
import type { ByteSource, IndexStore, Progress } from '../ports.ts'
import { Areas } from './areas.ts'
import { CLASS_SLOTS, compactClasses } from './layoutClasses.ts'
import type { GraphPlan } from './plan.ts'
import { bindKernel, OWN_BYTES, ScanStopped, scanWindows, SHARED, SHARED_AREAS, SHARED_BYTES, type ScanTask } from './scan.ts'
import { BLOCK_CHUNK, EDGE_CHUNK, GRAPH_VERSION, graphIdentity, type GraphMeta } from './storedGraph.ts'
import { countRootWindows, planWindows, WINDOW_FIELDS, type RootWindow, type Windows } from './windows.ts'

/** What other threads do, while this one works on. */
export interface Crew {
  /** Threads beside the caller's. */
  readonly size: number
  /** Each of them scans. Resolves when all are done; rejects where one failed. */
  scan(task: Omit<ScanTask, 'own'>, own: number[]): Promise<void>
  /** Each of them turns references round, with arguments of its own. Resolves when all are done; rejects where one failed. */
  turnRound(memory: WebAssembly.Memory, args: TurnRoundArgs[]): Promise<void>
}

export type TurnRoundArgs = [first: number, target: number, sourceCount: number, from: number, to: number, firstSource: number, source: number]

export interface GraphKernel {
  turnRound(...args: TurnRoundArgs): void
  beginReach(): void
  seed(root: number, kind: number, first: number, target: number, via: number, reach: number, queue: number): void
  spread(done: number, budget: number, first: number, target: number, via: number, reach: number, queue: number): number
  reached: { value: number }
  findLeaks(first: number, target: number, via: number, state: number, blockCount: number, head: number, stack: number, cursor: number): number
  beginNumbers(): void
  numberFrom(block: number, first: number, target: number, number: number, vertex: number, parent: number, cursor: number): void
  numberFromSource(source: number, first: number, target: number, number: number, vertex: number, parent: number, cursor: number): void
  numbered: { value: number }
  semiDominators(from: number, to: number, leakedFrom: number, blockCount: number, firstSource: number, source: number, number: number, vertex: number, parent: number, ancestor: number, label: number, semi: number, stack: number, count: number): void
  settleDominators(count: number, parent: number, semi: number): void
  addRetained(count: number, parent: number, vertex: number, words: number, state: number, large: number, largeCount: number, retained: number): void
  byBlock(count: number, parent: number, vertex: number, dominator: number): void
  listChildren(blockCount: number, dominator: number, childFirst: number, child: number): void
}

export interface GraphPorts {
  core: ByteSource
  store: IndexStore
  progress: Progress
  wasm(name: 'references' | 'graph'): WebAssembly.Module
  crew: Crew
  now(): number
}

/** The columns of a built graph, for what is computed from them next. Addresses in `areas`. */
export interface BuiltGraph {
  areas: Areas
  kernel: GraphKernel
  blockCount: number
  edgeCount: number
  first: number
  target: number
  firstSource: number
  source: number
  words: number
  state: number
  roots: RootWindow[]
  /** Ids of leaked heads, ascending. */
  heads: Uint32Array
  /** Blocks of over 32 GiB: id and bytes. */
  large: [number, number][]
  timings: { stage: string; seconds: number }[]
}

/** Blocks that a kernel works on before progress is told. */
const STEP = 1 << 20

/** What an earlier build kept, so that what follows can go on from there; null where there is none. Throws GraphTooLarge. */
export function loadGraph(identity: string, stored: StoredBlocks, ports: Pick<GraphPorts, 'store' | 'wasm' | 'progress'>): BuiltGraph | null {
  const index = ports.store.open(graphIdentity(identity), GRAPH_VERSION)
  if (!index) return null
  ports.progress.stage('dominators', 0, 'items')
  const { blockCount: n, edgeCount, roots, leakCount } = index.meta as GraphMeta
  const areas = new Areas()
  const column = (name: string, count: number): number => {
    const at = areas.take(count * 4)
    for (let done = 0, chunk = 0; done < count; done += BLOCK_CHUNK, chunk++) {
      if (!index.readChunk(name, chunk, areas.bytes(at + done * 4, Math.min(BLOCK_CHUNK, count - done) * 4))) throw new Error(`the cache's ${name} ${chunk} can't be read any more`)
    }
    return at
  }
  const words = areas.take(n * 4)
  const state = areas.take(n)
  stored.copyColumn('words', areas.bytes(words, n * 4))
  stored.copyColumn('state', areas.bytes(state, n))
  // its memory is a mapping of the file, no longer needed
  stored.close()
  const graph = { first: column('first', n + roots.length + 1), target: column('target', edgeCount), firstSource: column('firstSource', n + 1), source: column('source', edgeCount) }
  const leaks = { block: column('leakBlock', leakCount), head: column('leakHead', leakCount) }
  const block = areas.words(leaks.block, leakCount)
  const heads = areas.words(leaks.head, leakCount).slice().filter((head, i) => head === block[i])
  for (const at of Object.values(leaks)) areas.give(at)
  index.close()
  const kernel = new WebAssembly.Instance(ports.wasm('graph'), { env: { memory: areas.memory, abort: () => {} } }).exports as unknown as GraphKernel
  return { areas, kernel, blockCount: n, edgeCount, ...graph, words, state, roots, heads, large: largeBlocks(stored.blocks), timings: [] }
}

/** Throws Cancelled, GraphTooLarge, TooManyReferences. */
export async function buildGraph(plan: GraphPlan, stored: StoredBlocks, ports: GraphPorts): Promise<BuiltGraph> {
  const { progress, crew } = ports
  const timings: BuiltGraph['timings'] = []
  let lap = ports.now()
  const timed = (stage: string): void => {
    const now = ports.now()
    timings.push({ stage, seconds: now - lap })
    lap = now
  }
  const { blocks } = stored
  const areas = new Areas()
  const n = blocks.count
  progress.stage('references', 0, 'items')
  const sourceCount = n + countRootWindows(plan)
  // those that stay first: what lies behind becomes one hole
  const words = areas.take(n * 4)
  const state = areas.take(n)
  const first = areas.take((sourceCount + 1) * 4)
  const start = areas.take(n * 4)
  stored.copyColumn('start', areas.bytes(start, n * 4))
  stored.copyColumn('words', areas.bytes(words, n * 4))
  stored.copyColumn('state', areas.bytes(state, n))
  // its memory is a mapping of the file, no longer needed
  stored.close()
  const windows = planWindows(plan, blocks.regions, areas.words(start, n))
  progress.stage('references', windows.count, 'items')
  timed('load')
  const task = prepareScan(plan, blocks, windows, areas, { start, words, state, first }, ports.wasm('references'))
  timed('map')
  const area = (name: (typeof SHARED_AREAS)[number]): number => task.areas[SHARED_AREAS.indexOf(name)]
  const own = Array.from({ length: crew.size + 1 }, () => areas.take(OWN_BYTES))
  const target = areas.takeGrowing()
  task.areas[SHARED_AREAS.indexOf('target')] = target
  const others = crew.scan(task, own.slice(1))
  // a failure of this thread is told first; the others' is then known too
  others.catch(() => undefined)
  try {
    scanWindows(ports.core, ports.wasm('references'), { ...task, own: own[0] }, (window) => progress.advance(window))
  } catch (error) {
    // whoever failed says why
    if (error instanceof ScanStopped) await others
    throw error
  }
  await others
  const shared = areas.words(task.areas[SHARED_AREAS.indexOf('shared')], SHARED_BYTES / 4)
  const edgeCount = shared[SHARED.edges]
  areas.endGrowing(target, edgeCount * 4)
  const kernel = bindKernel(ports.wasm('references'), { ...task, own: own[0] })
  kernel.closeGaps(sourceCount)
  for (const at of own) areas.give(at)
  const starts = windowStarts(areas.doubles(area('windows'), windows.count * WINDOW_FIELDS))
  for (const name of ['windows', 'ranges', 'top', 'pages', 'vtables', 'shared', 'regions', 'start'] as const) areas.give(area(name))
  timed('scan')

  const graph = new WebAssembly.Instance(ports.wasm('graph'), { env: { memory: areas.memory, abort: () => {} } }).exports as unknown as GraphKernel
  const layout = area('layout')
  const { classes, inChunk } = compactClasses(areas, { keys: area('classKeys'), shapes: area('classShapes'), nonzero: area('classNonzero') }, layout, state, n)
  for (const name of ['classKeys', 'classShapes', 'classNonzero'] as const) areas.give(area(name))
  timed('classes')

  const writer = ports.store.create(graphIdentity(plan.graph), GRAPH_VERSION)
  try {
    progress.stage('keep', 0, 'items')
    writer.writeColumn('layout', areas.bytes(layout, n * 4), BLOCK_CHUNK * 4)
    writer.writeColumn('chunkClass', asBytes(inChunk), EDGE_CHUNK * 4)
    writer.writeColumn('position', new Uint8Array(task.positions, 0, edgeCount * 2), EDGE_CHUNK * 2)
    areas.give(layout)
    timed('write layouts')
    const via = areas.take(n * 4, true)
    const queue = areas.take((n + 1) * 4)
    const reach = areas.take(n, true)
    reachAll(graph, windows.roots, n, { first, target, via, reach, queue }, progress)
    timed('reach')
    writer.writeColumn('via', areas.bytes(via, n * 4), BLOCK_CHUNK * 4)
    writer.writeColumn('reach', areas.bytes(reach, n), BLOCK_CHUNK)
    timed('write reach')
    progress.stage('leaks', 0, 'items')
    const cursor = areas.take(n * 4)
    const leakCount = graph.findLeaks(first, target, via, state, n, via, queue, cursor)
    const leaks = listLeaks(areas.words(via, n), leakCount)
    for (const at of [cursor, reach, queue, via]) areas.give(at)
    timed('leaks')
    progress.stage('keep', 0, 'items')
    const firstSource = areas.take((n + 1) * 4, true)
    const source = areas.take(edgeCount * 4)
    await turnRound(graph, crew, areas.memory, n, [first, target, sourceCount], [firstSource, source])
    timed('turn round')
    writer.writeColumn('leakBlock', asBytes(leaks.block), BLOCK_CHUNK * 4)
    writer.writeColumn('leakHead', asBytes(leaks.head), BLOCK_CHUNK * 4)
    const sizes = areas.words(words, n)
    writer.writeColumn('leakWords', asBytes(leaks.block.map((b) => sizes[b])), BLOCK_CHUNK * 4)
    writer.writeColumn('leakType', asBytes(stored.typesOf(leaks.block)), BLOCK_CHUNK * 4)
    stored.close()
    writer.writeColumn('first', areas.bytes(first, (sourceCount + 1) * 4), BLOCK_CHUNK * 4)
    writer.writeColumn('target', areas.bytes(target, edgeCount * 4), EDGE_CHUNK * 4)
    writer.writeColumn('firstSource', areas.bytes(firstSource, (n + 1) * 4), BLOCK_CHUNK * 4)
    writer.writeColumn('source', areas.bytes(source, edgeCount * 4), EDGE_CHUNK * 4)
    writer.writeColumn('windowAddress', asBytes(starts.address), EDGE_CHUNK * 8)
    writer.writeColumn('windowFirst', asBytes(starts.first), EDGE_CHUNK * 8)
    const heads = leaks.head.filter((h, i) => h === leaks.block[i])
    writer.commit({
      blockCount: n,
      edgeCount,
      roots: windows.roots,
      classes,
      inChunks: inChunk.length / 3,
      leakCount,
      unread: plan.unread,
    } satisfies GraphMeta)
    timed('write')
    return { areas, kernel: graph, blockCount: n, edgeCount, first, target, firstSource, source, words, state, roots: windows.roots, heads, large: largeBlocks(blocks), timings }
  } catch (error) {
    writer.abort()
    throw error
  }
}

/** Bits of a tag that a word's upper bits may be. */
const TAGS = 16
const POSITIONS_LIMIT = 2 ** 31 - 65_536

/** All areas but `target`, filled; the map of blocks made. */
function prepareScan(plan: GraphPlan, blocks: Blocks, windows: Windows, areas: Areas, columns: Record<'start' | 'words' | 'state' | 'first', number>, module: WebAssembly.Module): Omit<ScanTask, 'own'> {
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

/** Follows all roots, kind by kind: what a global holds is the global's, whoever else points there. */
function reachAll(graph: GraphKernel, roots: RootWindow[], blockCount: number, at: Record<'first' | 'target' | 'via' | 'reach' | 'queue', number>, progress: Progress): void {
  progress.stage('reach', blockCount, 'items')
  graph.beginReach()
  let done = 0
  ROOT_KINDS.forEach((kind, k) => {
    roots.forEach((root, i) => {
      if (root.kind === kind) graph.seed(blockCount + i, k + 1, at.first, at.target, at.via, at.reach, at.queue)
    })
    while (done < graph.reached.value >>> 0) {
      done = graph.spread(done, STEP, at.first, at.target, at.via, at.reach, at.queue) >>> 0
      progress.advance(done)
    }
  })
}

/** On all threads, each for as many blocks. */
async function turnRound(graph: GraphKernel, crew: Crew, memory: WebAssembly.Memory, blockCount: number, from: [first: number, target: number, sourceCount: number], to: [firstSource: number, source: number]): Promise<void> {
  const threads = crew.size + 1
  const part = (i: number): TurnRoundArgs => [...from, Math.floor((blockCount * i) / threads), Math.floor((blockCount * (i + 1)) / threads), ...to]
  const others = crew.turnRound(memory, Array.from({ length: crew.size }, (_, i) => part(i + 1)))
  others.catch(() => undefined)
  graph.turnRound(...part(0))
  await others
}

/** Leaked blocks, ascending, and the head that each hangs on. */
function listLeaks(head: Uint32Array, count: number): { block: Uint32Array<ArrayBuffer>; head: Uint32Array<ArrayBuffer> } {
  const leaks = { block: new Uint32Array(count), head: new Uint32Array(count) }
  let at = 0
  for (let b = 0; at < count; b++) {
    if (head[b] === 0) continue
    leaks.block[at] = b
    leaks.head[at++] = head[b] - 1
  }
  return leaks
}

function windowStarts(records: Float64Array): { address: Float64Array<ArrayBuffer>; first: Float64Array<ArrayBuffer> } {
  const count = records.length / WINDOW_FIELDS
  return {
    address: Float64Array.from({ length: count }, (_, i) => records[i * WINDOW_FIELDS]),
    first: Float64Array.from({ length: count }, (_, i) => records[i * WINDOW_FIELDS + 8]),
  }
}

function largeBlocks(blocks: Blocks): [number, number][] {
  return blocks.regions.filter((r) => r.largeWords >= LARGE).map((r) => [r.firstBlock + r.blockCount - 1, r.largeWords * 8])
}

export const asBytes = (column: Uint32Array | Float64Array): Uint8Array => new Uint8Array(column.buffer, column.byteOffset, column.byteLength)
