/**
 * The graph's kernels over a core's own columns, one thread, each beside the same loop in C over the same data (graphLoops.c);
 * and the index's writing beside writing the same bytes to a plain file. What both find is held against each other: a rate of
 * another result is worth nothing.
 *
 * The scan is timed from a window's having been read to the next one's being asked for. C may use the processor's
 * `popcnt`, as WebAssembly does.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROOT_KINDS } from '../../src-main/contract/rows.ts'
import { buildGraph, type BuiltGraph, type Crew } from '../../src-main/engine/graph/build.ts'
import type { GraphPlan } from '../../src-main/engine/graph/plan.ts'
import { SHARED_AREAS } from '../../src-main/engine/graph/scan.ts'
import { WINDOW_FIELDS } from '../../src-main/engine/graph/windows.ts'
import type { ByteSource, IndexStore, Progress } from '../../src-main/engine/ports.ts'
import { openFileByteSource } from '../../src-main/storage/fileByteSource.ts'
import { lmdbIndexStore } from '../../src-main/storage/lmdbIndexStore.ts'
import { wasmModule } from '../../src-main/storage/wasmModules.ts'
import { EngineWorker } from '../../src-main/workers/engineWorker.ts'
import { prepareWalk, rate } from './chunkWalk.ts'
import { storedBlocks, value } from './graphIndex.ts'
import { median } from './measure.ts'

const loops = fileURLToPath(new URL('graphLoops.c', import.meta.url))
const COMPILE = ['-O3', '-mpopcnt']
/** As in graphInputs.h. */
const RUNS = 5
/** Blocks or numbers that a kernel works on at a time, as when a graph is built. */
const STEP = 1 << 20

/** Of one part: seconds, and numbers that C's must be equal to. */
interface Part {
  seconds: number
  /** As long as its code is not optimized yet: that of a process that builds one graph. */
  cold?: number
  found: number[]
}

type Numbers = Uint8Array | Uint16Array | Uint32Array
/** What the index was given, whole columns. */
type Columns = Map<string, { bytes: Uint8Array; chunkBytes: number }>

/** @param cache holds the core's blocks */
export async function benchKernels(core: string, cache: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'corelens-loops-'))
  try {
    const modules = { references: wasmModule('references'), graph: wasmModule('graph') }
    const plan = await planOf(core, cache)
    const seconds: number[] = []
    let timings: BuiltGraph['timings'] = []
    let last: ScannedGraph | null = null
    for (let run = 0; run < RUNS; run++) {
      // one at a time: they are large
      last = null
      last = await scanned(plan, core, cache, modules, run === 0 ? folder : null)
      seconds.push(last.seconds)
      if (run === 0) ({ timings } = last.graph)
    }
    const { graph, columns } = last!
    const cold = (stage: string): number => timings.find((timing) => timing.stage === stage)?.seconds ?? NaN
    const parts = new Map<string, Part>([['scan', { cold: seconds[0], seconds: median([...seconds]), found: scanFound(graph, columns) }], ...graphParts(graph)])
    // these have run before; what follows has not
    parts.get('reach')!.cold = cold('reach')
    parts.get('turn')!.cold = cold('turn round')
    writeGraphInputs(folder, graph)
    const walk = prepareWalk()
    writeFileSync(join(folder, 'chunks'), walk.region)
    const chunksPerSecond = rate(walk.chunks, walk.walk)
    const { start, words } = walk.kernel.columns
    parts.set('walk', { seconds: walk.chunks / chunksPerSecond, found: [walk.chunks, sum(start.subarray(0, walk.chunks)), sum(words.subarray(0, walk.chunks))] })
    const inC = runC(folder, core)
    const scannedWords = inC?.get('scan')?.found.pop() ?? 0
    const { edgeCount: edges, blockCount } = graph
    console.log(`  kernels, one thread, medians of ${RUNS}; C is gcc ${COMPILE.join(' ')}, C/WASM its time by WebAssembly's`)
    const line = (name: string, part: string, done: number, unit: string, more = ''): void => print(name, parts.get(part)!, inC?.get(part), `${(done / parts.get(part)!.seconds / 1e6).toFixed(0).padStart(6)} million ${unit}/s${more}`)
    line('scan', 'scan', scannedWords, 'words', `, ${((scannedWords * 8) / parts.get('scan')!.seconds / 1e9).toFixed(2)} GB/s`)
    line('turning references round', 'turn', edges, 'edges')
    line('reachability', 'reach', edges, 'edges')
    line('dominators, semi-NCA', 'dominators', blockCount, 'blocks')
    line('retained sizes and lists', 'retained', blockCount, 'blocks')
    line('chunk walk', 'walk', walk.chunks, 'chunks')
    benchWriting(folder, columns)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function print(name: string, ours: Part, theirs: Part | undefined, speed: string): void {
  const agree = theirs !== undefined && ours.found.length === theirs.found.length && ours.found.every((number, i) => number === theirs.found[i])
  const beside = theirs === undefined ? '' : agree ? `C ${milliseconds(theirs.seconds)}   C/WASM ${(theirs.seconds / ours.seconds).toFixed(2)}  ` : `C FINDS OTHERWISE: ${theirs.found.join(' ')}, not ${ours.found.join(' ')}`
  if (theirs !== undefined && !agree) process.exitCode = 1
  const cold = ours.cold === undefined ? '' : `; the first time ${milliseconds(ours.cold).trim()}`
  console.log(`    ${name.padEnd(26)} ${milliseconds(ours.seconds)}  ${beside.padEnd(32)} ${speed}${cold}`)
}

const milliseconds = (seconds: number): string => `${(seconds * 1000).toFixed(2).padStart(8)} ms`

async function planOf(path: string, cache: string): Promise<GraphPlan> {
  const worker = new EngineWorker({ where: path, onProgress: () => undefined })
  try {
    value(await worker.open({ path, handle: 'bench', options: { debug: [] }, indexFolder: cache, decompressFolder: cache }))
    return value(await worker.call('graphPlan', { folder: cache })).plan
  } finally {
    await worker.close()
  }
}

interface ScannedGraph {
  graph: BuiltGraph
  columns: Columns
  seconds: number
}

/** @param folder gets what the scan goes on from */
async function scanned(plan: GraphPlan, path: string, cache: string, modules: Record<'references' | 'graph', WebAssembly.Module>, folder: string | null): Promise<ScannedGraph> {
  const source = openFileByteSource(path)
  let began = 0
  let seconds = 0
  const core: ByteSource = {
    name: path,
    size: source.size,
    modified: source.modified,
    read(offset, target) {
      const got = source.read(offset, target)
      began = performance.now()
      return got
    },
    close: () => source.close(),
  }
  const progress: Progress = {
    stage: () => void (began = 0),
    advance() {
      if (began > 0) seconds += (performance.now() - began) / 1000
      began = 0
    },
  }
  // called once all that the threads share is there
  const crew: Crew = {
    size: 0,
    scan: async (task) => {
      if (folder !== null) writeScanInputs(folder, task)
    },
    turnRound: async () => {},
  }
  const columns: Columns = new Map()
  try {
    const graph = await buildGraph(plan, storedBlocks(cache), { core, store: recordingStore(columns), progress, wasm: (name) => modules[name], crew, now: () => performance.now() / 1000 })
    return { graph, columns, seconds }
  } finally {
    source.close()
  }
}

function recordingStore(columns: Columns): IndexStore {
  return {
    open: () => null,
    create: () => ({
      writeColumn: (column, bytes, chunkBytes) => {
        // in shared memory, as most of them are
        const copy = new Uint8Array(new SharedArrayBuffer(bytes.length))
        copy.set(bytes)
        columns.set(column, { bytes: copy, chunkBytes })
      },
      writeChunk: () => {},
      together: (write) => write(),
      commit: () => {},
      abort: () => {},
    }),
  }
}

function writeScanInputs(folder: string, { memory, areas, numbers, windowCount, registers }: Parameters<Crew['scan']>[0]): void {
  const [blockCount, regionCount, rangeCount, vtableMask] = numbers.map(Number)
  const write = (name: (typeof SHARED_AREAS)[number], bytes: number): void => writeFileSync(join(folder, name), new Uint8Array(memory.buffer, areas[SHARED_AREAS.indexOf(name)], bytes))
  write('windows', windowCount * WINDOW_FIELDS * 8)
  write('ranges', rangeCount * 24)
  write('vtables', (vtableMask + 1) * 8)
  write('start', blockCount * 4)
  write('words', blockCount * 4)
  write('state', blockCount)
  write('regions', regionCount * 24)
  writeFileSync(join(folder, 'numbers'), BigUint64Array.from(numbers))
  writeFileSync(join(folder, 'registers'), BigUint64Array.from(registers.flat()))
}

function writeGraphInputs(folder: string, { roots, heads, large }: BuiltGraph): void {
  writeFileSync(join(folder, 'rootKind'), Uint32Array.from(roots, ({ kind }) => ROOT_KINDS.indexOf(kind) + 1))
  writeFileSync(join(folder, 'heads'), heads)
  writeFileSync(join(folder, 'large'), Float64Array.from(large.flat()))
}

function scanFound({ areas, first, target, blockCount, edgeCount, roots }: BuiltGraph, columns: Columns): number[] {
  const position = columns.get('position')!.bytes
  const layout = columns.get('layout')!.bytes
  // in order of their first block: ids are in order of what their blocks take
  const ids = new Map<number, number>([[0, 0]])
  const layouts = Uint32Array.from(new Uint32Array(layout.buffer, 0, blockCount), (id) => {
    let own = ids.get(id)
    if (own === undefined) ids.set(id, (own = ids.size))
    return own
  })
  return [edgeCount, sum(areas.words(target, edgeCount)), sum(new Uint16Array(position.buffer, 0, edgeCount)), sum(areas.words(first, blockCount + roots.length + 1)), sum(layouts)]
}

/** What follows from the references, part by part, from the graph's own columns. */
function graphParts(graph: BuiltGraph): [string, Part][] {
  const { areas, kernel, blockCount: n, edgeCount, first, target, words, state, roots, heads, large } = graph
  const seconds = { turn: [] as number[], reach: [] as number[], dominators: [] as number[], retained: [] as number[] }
  const timed = (part: keyof typeof seconds, work: () => void): void => {
    const started = performance.now()
    work()
    seconds[part].push((performance.now() - started) / 1000)
  }
  const column = (count: number): number => areas.take(count * 4)
  const [firstSource, source, via, queue, number, vertex, parent, cursor, semi, label, ancestor, dominator, childFirst, child] = [n + 1, edgeCount, n, n + 1, n, n + 1, n + 1, n + 1, n + 1, n + 1, n + 1, n, n + 2, n].map(column)
  // touched before they are used: the first run is of new code, not of new memory
  for (const at of [vertex, parent, cursor, semi, label, ancestor, queue, child]) areas.words(at, n).fill(0)
  areas.words(source, edgeCount).fill(0)
  const reach = areas.take(n)
  const retained = areas.take((n + 1) * 8, true)
  const largeAt = areas.take(Math.max(1, large.length) * 16)
  areas.doubles(largeAt, large.length * 2).set(large.flat())
  let count = 0
  for (let run = 0; run < RUNS; run++) {
    for (const [at, size, fill] of [[firstSource, n + 1, 0], [via, n, 0], [number, n, 0], [dominator, n, 0xffff_ffff], [childFirst, n + 2, 0]]) areas.words(at, size).fill(fill)
    areas.bytes(reach, n).fill(0)
    timed('turn', () => kernel.turnRound(first, target, n + roots.length, 0, n, firstSource, source))
    timed('reach', () => {
      kernel.beginReach()
      let done = 0
      ROOT_KINDS.forEach((kind, k) => {
        roots.forEach((root, i) => {
          if (root.kind === kind) kernel.seed(n + i, k + 1, first, target, via, reach, queue)
        })
        while (done < kernel.reached.value >>> 0) done = kernel.spread(done, STEP, first, target, via, reach, queue) >>> 0
      })
    })
    timed('dominators', () => {
      kernel.beginNumbers()
      roots.forEach((_, i) => kernel.numberFromSource(n + i, first, target, number, vertex, parent, cursor))
      const leakedFrom = kernel.numbered.value >>> 0
      for (const head of heads) kernel.numberFrom(head, first, target, number, vertex, parent, cursor)
      count = kernel.numbered.value >>> 0
      areas.words(ancestor, count).set(areas.words(parent, count))
      const labels = areas.words(label, count)
      for (let i = 0; i < count; i++) labels[i] = i
      for (let to = count; to > 1; ) {
        const from = Math.max(1, to - STEP)
        kernel.semiDominators(from, to, leakedFrom, n, firstSource, source, number, vertex, parent, ancestor, label, semi, cursor)
        to = from
      }
      kernel.settleDominators(count, parent, semi)
    })
    timed('retained', () => {
      kernel.addRetained(count, parent, vertex, words, state, largeAt, large.length, retained)
      kernel.byBlock(count, parent, vertex, dominator)
      kernel.listChildren(n, dominator, childFirst, child)
    })
  }
  const found = {
    turn: [sum(areas.words(firstSource, n + 1)), sum(areas.words(source, edgeCount))],
    reach: [kernel.reached.value >>> 0, sum(areas.words(via, n)), sum(areas.bytes(reach, n))],
    dominators: [count, sum(areas.words(vertex + 4, count - 1)), sum(areas.words(dominator, n))],
    retained: [sum(areas.words(retained, count * 2)), sum(areas.words(childFirst, n + 2)), sum(areas.words(child, count - 1))],
  }
  return (Object.keys(found) as (keyof typeof found)[]).map((part) => [part, { cold: seconds[part][0], seconds: median(seconds[part]), found: found[part] }])
}

/** One number for a column, as graphInputs.h computes it. */
function sum(column: Numbers): number {
  let sum = 0x811c9dc5
  for (let i = 0; i < column.length; i++) sum = Math.imul(sum ^ column[i], 0x01000193)
  return sum >>> 0
}

/** Null where it can't be compiled. Throws where it fails. */
function runC(folder: string, core: string): Map<string, Part> | null {
  const program = join(folder, 'graphLoops')
  const compiled = spawnSync('gcc', [...COMPILE, '-o', program, loops], { encoding: 'utf8' })
  if (compiled.status !== 0) {
    console.log(`  gcc is not on this machine, or fails: not measured beside C. ${compiled.stderr?.slice(0, 500) ?? ''}`)
    return null
  }
  const { status, stdout, stderr } = spawnSync(program, [folder, core], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`graphLoops ended with ${status}: ${stderr}`)
  return new Map(stdout.trim().split('\n').map((line) => {
    const [name, seconds, ...found] = line.split(' ')
    return [name, { seconds: Number(seconds), found: found.map(Number) }]
  }))
}

/** The graph's columns, in turn to an index and to a plain file; both are on the disk at the end. */
function benchWriting(folder: string, columns: Columns): void {
  const index: number[] = []
  const file: number[] = []
  const indexSynced: number[] = []
  const fileSynced: number[] = []
  for (let run = 0; run < RUNS; run++) {
    const store = lmdbIndexStore(join(folder, 'index'))
    let started = performance.now()
    const writer = store.create(`run ${run}`, 1)
    for (const [name, { bytes, chunkBytes }] of columns) writer.writeColumn(name, bytes, chunkBytes)
    index.push(performance.now() - started)
    writer.commit({})
    indexSynced.push(performance.now() - started)
    rmSync(join(folder, 'index'), { recursive: true })
    started = performance.now()
    const plain = openSync(join(folder, 'plain'), 'w')
    let at = 0
    for (const { bytes, chunkBytes } of columns.values()) {
      for (let from = 0; from < bytes.length; from += chunkBytes) at += writeSync(plain, bytes, from, Math.min(chunkBytes, bytes.length - from), at)
    }
    file.push(performance.now() - started)
    fsyncSync(plain)
    closeSync(plain)
    fileSynced.push(performance.now() - started)
    rmSync(join(folder, 'plain'))
  }
  const megabytes = [...columns.values()].reduce((all, { bytes }) => all + bytes.length, 0) / 1e6
  const speed = (ms: number[]): string => `${((megabytes / median(ms)) * 1000).toFixed(0)} MB/s`
  const ratio = (ours: number[], theirs: number[]): string => (median(theirs) / median(ours)).toFixed(2)
  console.log(`    ${`index of ${megabytes.toFixed(0)} MB, LMDB`.padEnd(26)} ${milliseconds(median(index) / 1000)}  pwrite ${milliseconds(median(file) / 1000).trim()}, ratio ${ratio(index, file)}; ${speed(index)} and ${speed(file)}; down to the disk ${speed(indexSynced)} and ${speed(fileSynced)}, ratio ${ratio(indexSynced, fileSynced)}`)
}
