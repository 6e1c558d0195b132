/** Builds the graph of a heap that no core is around, reads it back from the index, and holds it against the twins. */
import { expect } from 'vitest'
import { ROOT_KINDS } from '../../../src-main/contract/rows.ts'
import { LARGE } from '../../../src-main/engine/allocator/blocks.ts'
import { buildGraph, loadGraph, type Crew, type GraphPorts } from '../../../src-main/engine/graph/build.ts'
import { graphKernel } from '../../../src-main/engine/graph/kernels.ts'
import { buildRetained } from '../../../src-main/engine/graph/retained.ts'
import { scanWindows } from '../../../src-main/engine/graph/scan.ts'
import { GRAPH_VERSION, graphIdentity, retainedIdentity, type GraphMeta } from '../../../src-main/engine/graph/storedGraph.ts'
import { loadBlocks } from '../../../src-main/engine/index/storedBlocks.ts'
import type { IndexStore, StoredIndex } from '../../../src-main/engine/ports.ts'
import { memoryIndexStore } from '../../../src-main/storage/memoryIndexStore.ts'
import { wasmModule } from '../../../src-main/storage/wasmModules.ts'
import { memoryByteSource } from '../../builders/memoryByteSource.ts'
import { graphTwin, leaksTwin, reachTwin, retainedTwin, type TwinGraph, type TwinReach, type TwinRetained } from './graphTwin.ts'
import { describeClass, describeReference, describeSource, familiesTwin, isUsed, layoutsTwin, referencesTwin, regionWords, type TwinReference } from './referencesTwin.ts'
import { IDENTITY, noProgress, storeBlocks, type TestHeap } from './testHeap.ts'

const modules = { references: wasmModule('references'), graph: wasmModule('graph') }

/** What is kept of a graph, whole columns. */
export interface KeptGraph {
  meta: GraphMeta
  first: Uint32Array
  target: Uint32Array
  position: Uint16Array
  windowAddress: Float64Array
  windowFirst: Float64Array
  firstSource: Uint32Array
  source: Uint32Array
  layout: Uint32Array
  via: Uint32Array
  reach: Uint8Array
  leakBlock: Uint32Array
  leakHead: Uint32Array
  leakWords: Uint32Array
  dominator: Uint32Array
  retained: Float64Array
  childFirst: Uint32Array
  child: Uint32Array
  largest: Uint32Array
}

/** Helpers that do all their work before this thread goes on: what they find must be the same. */
function helpersInTurn(size: number, heap: TestHeap): Crew {
  return {
    size,
    scan: async (task, own) => own.forEach((at) => scanWindows(memoryByteSource(heap.core), modules.references, { ...task, own: at }, () => {})),
    turnRound: async (memory, args) => {
      for (const part of args) graphKernel(modules.graph, memory).turnRound(...part)
    },
  }
}

/** @param later retained sizes are computed from what the index has of the graph, not from what is still in memory */
export async function keepGraph(heap: TestHeap, helpers = 0, later = false, store: IndexStore = memoryIndexStore()): Promise<KeptGraph> {
  const ports: GraphPorts = { core: memoryByteSource(heap.core), store, progress: noProgress, wasm: (name) => modules[name], crew: helpersInTurn(helpers, heap), now: () => 0 }
  const graph = await buildGraph(heap.plan, storeBlocks(heap, store), ports)
  const kept = later ? loadGraph(IDENTITY, loadBlocks(store, IDENTITY)!, ports) : graph
  buildRetained(IDENTITY, kept!, ports)
  return readGraph(store)
}

export function readGraph(store: IndexStore): KeptGraph {
  const graph = store.open(graphIdentity(IDENTITY), GRAPH_VERSION)
  const retained = store.open(retainedIdentity(IDENTITY), GRAPH_VERSION)
  if (!graph || !retained) throw new Error('the graph was not kept')
  const bytes = (index: StoredIndex, column: string): ArrayBuffer => {
    const chunks: Uint8Array[] = []
    for (let chunk = index.readChunk(column, 0); chunk; chunk = index.readChunk(column, chunks.length)) chunks.push(chunk)
    return new Uint8Array(Buffer.concat(chunks)).buffer
  }
  const u32 = (column: string, index = graph): Uint32Array => new Uint32Array(bytes(index, column))
  const f64 = (column: string, index = graph): Float64Array => new Float64Array(bytes(index, column))
  const kept: KeptGraph = {
    meta: graph.meta as GraphMeta,
    first: u32('first'),
    target: u32('target'),
    position: new Uint16Array(bytes(graph, 'position')),
    windowAddress: f64('windowAddress'),
    windowFirst: f64('windowFirst'),
    firstSource: u32('firstSource'),
    source: u32('source'),
    layout: u32('layout'),
    via: u32('via'),
    reach: new Uint8Array(bytes(graph, 'reach')),
    leakBlock: u32('leakBlock'),
    leakHead: u32('leakHead'),
    leakWords: u32('leakWords'),
    dominator: u32('dominator', retained),
    retained: f64('retained', retained),
    childFirst: u32('childFirst', retained),
    child: u32('child', retained),
    largest: u32('largest', retained),
  }
  graph.close()
  retained.close()
  return kept
}

/** @param name what a failure calls the heap */
export function expectAgreement(heap: TestHeap, kept: KeptGraph, name: string): void {
  const words = regionWords(heap)
  const references = referencesTwin(heap, words)
  expectReferences(heap, kept, references, name)
  expectLayouts(heap, kept, words, name)
  const graph = graphTwin(heap, references)
  const reach = reachTwin(graph)
  expectReach(heap, kept, graph, reach, name)
  const heads = expectLeaks(heap, kept, graph, reach, name)
  expectRetained(heap, kept, retainedTwin(heap, graph, reach, heads), name)
}

function sourceOf({ meta }: KeptGraph, source: number): TwinReference['from'] {
  if (source < meta.blockCount) return { block: source }
  const { kind, thread } = meta.roots[source - meta.blockCount]
  return { kind, thread }
}

function expectReferences(heap: TestHeap, kept: KeptGraph, references: TwinReference[], name: string): void {
  const { meta, first, target, position, windowAddress, windowFirst } = kept
  const found: TwinReference[] = []
  const outside: string[] = []
  const count = heap.blocks.length
  for (let source = 0; source < count + meta.roots.length; source++) {
    for (let e = first[source]; e < first[source + 1]; e++) {
      const window = windowFirst.findLastIndex((begin) => begin <= e)
      const root = meta.roots[source - count]
      const isRegister = root?.kind === 'registers' && root.address === 0
      const at = isRegister ? position[e] : windowAddress[window] + position[e] * 8
      found.push({ from: sourceOf(kept, source), at, to: target[e] })
      if (root && !isRegister && (at < root.address || at >= root.address + root.size)) outside.push(`${at} of root ${source - count}`)
    }
  }
  expect(found.map(describeReference), `references of ${name}`).toEqual(references.map(describeReference))
  expect(outside, `references outside of their root windows, of ${name}`).toEqual([])
  expect([meta.blockCount, meta.edgeCount, first[0], first.length, target.length, position.length], `counts of ${name}`).toEqual([count, references.length, 0, count + meta.roots.length + 1, references.length, references.length])
  const sources = heap.blocks.map((): string[] => [])
  for (const { from, to } of references) sources[to].push(describeSource(from))
  const { firstSource, source } = kept
  const turned = heap.blocks.map((_, block) => [...source.subarray(firstSource[block], firstSource[block + 1])])
  expect(turned.map((all) => all.map((s) => describeSource(sourceOf(kept, s)))), `sources of ${name}`).toEqual(sources)
  expect([firstSource.length, source.length, turned.every((all) => all.every((s, i) => i === 0 || all[i - 1] <= s))], `order of sources of ${name}`).toEqual([count + 1, references.length, true])
}

function expectLayouts(heap: TestHeap, { meta, layout }: KeptGraph, words: Map<number, number>, name: string): void {
  const { classes } = meta
  const layouts = layoutsTwin(heap, words)
  expect([...layout].map((id) => (id === 0 ? null : describeClass(classes[id]))), `layouts of ${name}`).toEqual(layouts)
  const counts = classes.map((_, id) => heap.blocks.filter((_, block) => isUsed(heap, block) && layout[block] === id).length)
  expect(classes.map(({ count }) => count), `class counts of ${name}`).toEqual(counts)
  const bytes = classes.slice(1).map((c) => c.count * c.words)
  expect(bytes, `order of classes of ${name}`).toEqual(bytes.toSorted((a, b) => b - a))
  expect(new Set(classes.map(describeClass)).size, `one class for each layout of ${name}`).toBe(classes.length)
  expect(classes.map(({ family }) => family), `families of ${name}`).toEqual(familiesTwin(heap, words, layouts, classes))
}

/** The kinds, and that following `via` is a shortest way back to a root of that kind. */
function expectReach(heap: TestHeap, kept: KeptGraph, { targets, roots }: TwinGraph, { kind, distance }: TwinReach, name: string): void {
  expect([...kept.reach], `kinds of roots that reach, of ${name}`).toEqual(kind)
  const wrong = heap.blocks.flatMap((_, block) => {
    if (kind[block] === 0) return kept.via[block] === 0 ? [] : [`${block} is not reached`]
    const from = sourceOf(kept, kept.via[block] - 1)
    const isRight = 'block' in from
      ? targets[from.block].has(block) && kind[from.block] === kind[block] && distance[from.block] + 1 === distance[block]
      : from.kind === ROOT_KINDS[kind[block] - 1] && roots.get(from.kind)!.has(block) && distance[block] === 1
    return isRight ? [] : [`${block} by ${describeSource(from)}`]
  })
  expect(wrong, `ways back of ${name}`).toEqual([])
}

/** @returns the heads: which block of a cycle is one is the graph's to say */
function expectLeaks(heap: TestHeap, { leakBlock, leakHead, leakWords, meta }: KeptGraph, graph: TwinGraph, reach: TwinReach, name: string): number[] {
  const { blocks, origins, reaches } = leaksTwin(heap, graph, reach)
  expect([meta.leakCount, ...leakBlock], `leaks of ${name}`).toEqual([blocks.length, ...blocks])
  expect([...leakWords], `sizes of leaks of ${name}`).toEqual(blocks.map((block) => Math.min(heap.blocks[block].size / 8, LARGE)))
  const heads = [...new Set(leakHead)].sort((a, b) => a - b)
  expect(heads.map((head) => leakHead[leakBlock.indexOf(head)]), `heads that hang on themselves, of ${name}`).toEqual(heads)
  expect(origins.map((origin) => heads.filter((head) => origin.has(head)).length), `heads of each origin of ${name}`).toEqual(origins.map(() => 1))
  expect(heads.length, `heads of ${name}`).toBe(origins.length)
  const astray = blocks.filter((block, i) => !reaches.get(leakHead[i])!.has(block))
  expect(astray, `leaked blocks whose head doesn't reach them, of ${name}`).toEqual([])
  return heads
}

function expectRetained(heap: TestHeap, kept: KeptGraph, { dominator, bytes }: TwinRetained, name: string): void {
  expect([...kept.dominator], `dominators of ${name}`).toEqual(dominator.map((d) => (d === null ? 0xffff_ffff : d + 1)))
  expect([...kept.retained], `retained sizes of ${name}`).toEqual(bytes)
  const all = heap.blocks.map((_, block) => block)
  const children = [-1, ...all].map((parent) => all.filter((block) => dominator[block] === parent))
  expect(children.map((_, i) => [...kept.child.subarray(kept.childFirst[i], kept.childFirst[i + 1])]), `blocks by dominator, of ${name}`).toEqual(children)
  expect(kept.childFirst.length, `blocks by dominator, of ${name}`).toBe(children.length + 1)
  const largest = all.filter((block) => bytes[block] > 0).sort((a, b) => bytes[b] - bytes[a] || a - b)
  expect([...kept.largest], `largest of ${name}`).toEqual(largest)
}
