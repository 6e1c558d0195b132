/**
 * Builds the graph of a core's blocks and keeps it in the index: references in both directions, layout classes, what roots
 * reach, what leaked. Dominators and retained sizes follow in an index of their own (retained.ts), from the same columns.
 */
import type { StoredBlocks } from '../index/storedBlocks.ts'
import { LARGE, type Blocks } from '../allocator/blocks.ts'
import { ROOT_KINDS } from '../../contract/rows.ts'
import type { ByteSource, IndexStore, Progress } from '../ports.ts'
import { stopwatch } from '../stopwatch.ts'
import { Areas } from './areas.ts'
import { graphKernel, type GraphKernel, type TurnRoundArgs } from './kernels.ts'
import { compactClasses } from './layoutClasses.ts'
import type { GraphPlan } from './plan.ts'
import { prepareScan } from './prepareScan.ts'
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
  const kernel = graphKernel(ports.wasm('graph'), areas.memory)
  return { areas, kernel, blockCount: n, edgeCount, ...graph, words, state, roots, heads, large: largeBlocks(stored.blocks), timings: [] }
}

interface Scanned {
  windows: Windows
  /** Addresses in the areas. */
  at: (name: (typeof SHARED_AREAS)[number]) => number
  positions: SharedArrayBuffer
  edgeCount: number
  /** By window: its address, and its first reference. */
  starts: { address: Float64Array<ArrayBuffer>; first: Float64Array<ArrayBuffer> }
}

/** Finds all references and layouts. Of the areas those of `words`, `state`, `first`, `layout`, the classes and `target` stay taken. */
async function scanAll(plan: GraphPlan, stored: StoredBlocks, areas: Areas, { progress, crew, core, wasm }: GraphPorts, timed: (stage: string) => void): Promise<Scanned> {
  const { blocks } = stored
  const n = blocks.count
  const module = wasm('references')
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
  const task = prepareScan(plan, blocks, windows, areas, { start, words, state, first }, module)
  timed('map')
  const at = (name: (typeof SHARED_AREAS)[number]): number => task.areas[SHARED_AREAS.indexOf(name)]
  const own = Array.from({ length: crew.size + 1 }, () => areas.take(OWN_BYTES))
  const target = areas.takeGrowing()
  task.areas[SHARED_AREAS.indexOf('target')] = target
  const others = crew.scan(task, own.slice(1))
  // a failure of this thread is told first; the others' is then known too
  others.catch(() => undefined)
  try {
    scanWindows(core, module, { ...task, own: own[0] }, (window) => progress.advance(window))
  } catch (error) {
    // whoever failed says why
    if (error instanceof ScanStopped) await others
    throw error
  }
  await others
  const edgeCount = areas.words(at('shared'), SHARED_BYTES / 4)[SHARED.edges]
  areas.endGrowing(target, edgeCount * 4)
  bindKernel(module, { ...task, own: own[0] }).closeGaps(sourceCount)
  for (const area of own) areas.give(area)
  const starts = windowStarts(areas.doubles(at('windows'), windows.count * WINDOW_FIELDS))
  for (const name of ['windows', 'ranges', 'top', 'pages', 'vtables', 'shared', 'regions', 'start'] as const) areas.give(at(name))
  timed('scan')
  return { windows, at, positions: task.positions, edgeCount, starts }
}

/** Throws Cancelled, GraphTooLarge, TooManyReferences. */
export async function buildGraph(plan: GraphPlan, stored: StoredBlocks, ports: GraphPorts): Promise<BuiltGraph> {
  const { progress, crew } = ports
  const { laps: timings, lap: timed } = stopwatch(ports.now)
  const { blocks } = stored
  const n = blocks.count
  const areas = new Areas()
  const { windows, at, positions, edgeCount, starts } = await scanAll(plan, stored, areas, ports, timed)
  const sourceCount = n + windows.roots.length
  const [words, state, first, target, layout] = (['words', 'state', 'first', 'target', 'layout'] as const).map(at)
  const graph = graphKernel(ports.wasm('graph'), areas.memory)
  const { classes, inChunk } = compactClasses(areas, { keys: at('classKeys'), shapes: at('classShapes'), nonzero: at('classNonzero') }, layout, state, n)
  for (const name of ['classKeys', 'classShapes', 'classNonzero'] as const) areas.give(at(name))
  timed('classes')

  const writer = ports.store.create(graphIdentity(plan.graph), GRAPH_VERSION)
  try {
    progress.stage('keep', 0, 'items')
    writer.writeColumn('layout', areas.bytes(layout, n * 4), BLOCK_CHUNK * 4)
    writer.writeColumn('chunkClass', asBytes(inChunk), EDGE_CHUNK * 4)
    writer.writeColumn('position', new Uint8Array(positions, 0, edgeCount * 2), EDGE_CHUNK * 2)
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
    for (const area of [cursor, reach, queue, via]) areas.give(area)
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
