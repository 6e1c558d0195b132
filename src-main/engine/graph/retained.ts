/**
 * Dominators and retained sizes of all blocks, from one virtual root: what a block retains is what would be freed with it.
 * Leaked heads hang on the virtual root too; what they point to counts as theirs only where no root reaches it.
 *
 * Semi-NCA: Georgiadis, "Linear-Time Algorithms for Dominators and Related Problems" (2005), §2.2.
 */
import { stopwatch } from '../stopwatch.ts'
import type { BuiltGraph, GraphPorts } from './build.ts'
import { asBytes } from './build.ts'
import { BLOCK_CHUNK, GRAPH_VERSION, retainedIdentity, type RetainedMeta } from './storedGraph.ts'

/** Blocks of which the largest retained sizes are listed, whoever dominates them. */
const LISTED = 100_000
const STEP = 1 << 20

/** Gives the graph's memory back, whatever happens. Throws Cancelled, GraphTooLarge. */
export function buildRetained(identity: string, graph: BuiltGraph, ports: Omit<GraphPorts, 'crew' | 'core'>): { stage: string; seconds: number }[] {
  const { areas, kernel, blockCount: n, first, target, firstSource, source } = graph
  const { progress } = ports
  const { laps: timings, lap: timed } = stopwatch(ports.now)
  progress.stage('dominators', n * 2, 'items')
  const number = areas.take(n * 4, true)
  const vertex = areas.take((n + 1) * 4)
  const parent = areas.take((n + 1) * 4)
  const cursor = areas.take((n + 1) * 4)
  kernel.beginNumbers()
  graph.roots.forEach((_, i) => {
    kernel.numberFromSource(n + i, first, target, number, vertex, parent, cursor)
    progress.advance(kernel.numbered.value >>> 0)
  })
  const leakedFrom = kernel.numbered.value >>> 0
  for (const head of graph.heads) kernel.numberFrom(head, first, target, number, vertex, parent, cursor)
  const count = kernel.numbered.value >>> 0
  timed('number')
  areas.give(first)
  areas.give(target)
  const semi = areas.take(count * 4)
  const label = areas.take(count * 4)
  const ancestor = areas.take(count * 4)
  areas.words(ancestor, count).set(areas.words(parent, count))
  const labels = areas.words(label, count)
  for (let i = 0; i < count; i++) labels[i] = i
  for (let to = count; to > 1; ) {
    const from = Math.max(1, to - STEP)
    kernel.semiDominators(from, to, leakedFrom, n, firstSource, source, number, vertex, parent, ancestor, label, semi, cursor)
    to = from
    progress.advance(n + count - to)
  }
  kernel.settleDominators(count, parent, semi)
  for (const at of [semi, label, ancestor, cursor, firstSource, source, number]) areas.give(at)
  timed('dominators')
  const retained = areas.take(count * 8)
  const large = areas.take(Math.max(1, graph.large.length) * 16)
  areas.doubles(large, graph.large.length * 2).set(graph.large.flat())
  kernel.addRetained(count, parent, vertex, graph.words, graph.state, large, graph.large.length, retained)
  const dominator = areas.take(n * 4)
  areas.words(dominator, n).fill(0xffff_ffff)
  kernel.byBlock(count, parent, vertex, dominator)
  const bytes = areas.take(n * 8, true)
  const byBlock = areas.doubles(bytes, n)
  const byNumber = areas.doubles(retained, count)
  const vertices = areas.words(vertex, count)
  for (let i = 1; i < count; i++) byBlock[vertices[i]] = byNumber[i]
  for (const at of [retained, vertex, parent]) areas.give(at)
  const childFirst = areas.take((n + 2) * 4, true)
  const child = areas.take(n * 4)
  kernel.listChildren(n, dominator, childFirst, child)
  timed('retained')
  const writer = ports.store.create(retainedIdentity(identity), GRAPH_VERSION)
  try {
    writer.writeColumn('dominator', areas.bytes(dominator, n * 4), BLOCK_CHUNK * 4)
    writer.writeColumn('retained', areas.bytes(bytes, n * 8), BLOCK_CHUNK * 8)
    writer.writeColumn('childFirst', areas.bytes(childFirst, (n + 2) * 4), BLOCK_CHUNK * 4)
    writer.writeColumn('child', areas.bytes(child, n * 4), BLOCK_CHUNK * 4)
    const listed = largest(byBlock, LISTED)
    writer.writeColumn('largest', asBytes(listed), BLOCK_CHUNK * 4)
    writer.commit({ blockCount: n, largestCount: listed.length } satisfies RetainedMeta)
  } catch (error) {
    writer.abort()
    throw error
  }
  timed('write')
  return timings
}

/** Ids of the blocks with the largest values, largest first. */
function largest(values: Float64Array, limit: number): Uint32Array<ArrayBuffer> {
  // a value that about `limit` blocks exceed, from a sample
  const sample = Float64Array.from({ length: Math.min(values.length, 65_536) }, (_, i) => values[Math.floor((i * values.length) / Math.min(values.length, 65_536))]).sort()
  const share = Math.min(1, (limit * 2) / Math.max(1, values.length))
  const threshold = share === 1 ? 0 : sample[Math.floor(sample.length * (1 - share))]
  let ids: number[] = []
  for (let b = 0; b < values.length; b++) if (values[b] > 0 && values[b] >= threshold) ids.push(b)
  ids = ids.sort((a, b) => values[b] - values[a] || a - b).slice(0, limit)
  return Uint32Array.from(ids)
}
