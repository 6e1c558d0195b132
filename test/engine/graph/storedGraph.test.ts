/** Reading a kept graph: what the readers answer is what the columns hold, chunk by chunk. */
import { beforeAll, describe, expect, test } from 'vitest'
import { STATE } from '../../../src-main/engine/allocator/blocks.ts'
import { NO_BLOCK, StoredGraph, StoredRetained } from '../../../src-main/engine/graph/storedGraph.ts'
import { memoryIndexStore } from '../../../src-main/storage/memoryIndexStore.ts'
import { Random } from '../../builders/random.ts'
import { keepGraph, readGraph, type KeptGraph } from './agreement.ts'
import { heapOf, IDENTITY, memoryOf } from './testHeap.ts'

/** More than a chunk of blocks, and of references. */
const BLOCKS = 70_000
const REGION = 0x5555_5000_0000
const GLOBALS = 0x40_0000
const store = memoryIndexStore()
let kept: KeptGraph
let graph: StoredGraph
let retained: StoredRetained

/** Positions that a chunk may go wrong at, and some others. */
function* positions(count: number): Iterable<number> {
  const random = new Random(count)
  for (const at of [0, 1, 65_534, 65_535, 65_536, 65_537, count - 2, count - 1]) if (at >= 0 && at < count) yield at
  for (let i = 0; i < 300 && count > 0; i++) yield random.below(count)
}

beforeAll(async () => {
  const random = new Random(3)
  const at = (block: number): number => REGION + 16 + block * 32
  const words: [number, number][] = []
  for (let block = 0; block < BLOCKS; block++) for (let i = random.below(4); i > 0; i--) words.push([at(block) + 8 * (i - 1), at(random.below(BLOCKS))])
  const blocks = Array.from({ length: BLOCKS }, (_, block) => ({ start: at(block), size: 24, state: random.below(9) === 0 ? STATE.free : STATE.used }))
  const globals = Array.from({ length: 200 }, (_, i): [number, number] => [GLOBALS + i * 8, at(random.below(BLOCKS))])
  const heap = heapOf({
    regions: [{ start: REGION, end: at(BLOCKS), allocator: 'glibc', blocks, memory: [memoryOf(REGION, at(BLOCKS) - REGION, words)] }],
    roots: [{ kind: 'global', thread: -1, ...memoryOf(GLOBALS, 1600, globals) }],
    registers: [[0n, 5n, BigInt(at(7))]],
  })
  await keepGraph(heap, 1, false, store)
  kept = readGraph(store)
  graph = StoredGraph.open(store, IDENTITY)!
  retained = StoredRetained.open(store, IDENTITY)!
})

describe('a kept graph', () => {
  test('is null where there is none', () => {
    expect([StoredGraph.open(store, 'another'), StoredRetained.open(store, 'another')]).toEqual([null, null])
  })

  test('has the references of blocks and roots, and the sources of blocks', () => {
    expect(kept.meta.edgeCount).toBeGreaterThan(65_536)
    for (const source of positions(kept.first.length - 1)) {
      const { from, to } = graph.references(source)
      expect([from, to]).toEqual([...kept.first.subarray(source, source + 2)])
      expect(graph.targets(from, to)).toEqual(kept.target.slice(from, to))
    }
    for (const block of positions(BLOCKS)) {
      const { from, to } = graph.sourcesOf(block)
      expect([from, to]).toEqual([...kept.firstSource.subarray(block, block + 2)])
      expect(graph.sources(from, to)).toEqual(kept.source.slice(from, to))
    }
    expect(graph.targets(0, kept.target.length)).toEqual(kept.target)
    expect(graph.sources(65_000, 66_000)).toEqual(kept.source.slice(65_000, 66_000))
  })

  test('has the word of each reference, and finds a reference by its target', () => {
    for (const source of positions(BLOCKS)) {
      const { from, to } = graph.references(source)
      const address = REGION + 16 + source * 32
      const offsets = Array.from({ length: to - from }, (_, i) => graph.wordOf(from + i) - address)
      expect(offsets).toEqual([0, 8, 16].slice(0, to - from))
      for (let i = from; i < to; i++) expect(graph.referenceTo(source, kept.target[i])).toBe(from + kept.target.slice(from, to).indexOf(kept.target[i]))
      for (let i = from; i < to; i++) expect(graph.referenceTo(source, kept.target[i], i)).toBe(i)
    }
    const [globals, registers] = [BLOCKS, BLOCKS + 1]
    expect(graph.references(globals).to - graph.references(globals).from).toBe(200)
    expect(graph.wordOf(graph.references(globals).from + 199)).toBe(GLOBALS + 199 * 8)
    expect(graph.wordOf(graph.references(registers).from)).toBe(2 * 8)
    expect(() => graph.referenceTo(registers, 8)).toThrow('contradicts itself')
  })

  test('knows roots from blocks', () => {
    expect([graph.isRoot(0), graph.isRoot(BLOCKS - 1), graph.isRoot(BLOCKS), graph.isRoot(BLOCKS + 1)]).toEqual([false, false, true, true])
    expect(graph.root(BLOCKS)).toEqual({ kind: 'global', address: GLOBALS, size: 1600, thread: -1 })
    expect(graph.root(BLOCKS + 1)).toEqual({ kind: 'registers', address: 0, size: 24, thread: 0 })
  })

  test('says what reaches a block, its class and its leaks', () => {
    for (const block of positions(BLOCKS)) {
      expect([graph.via(block) ?? -1, graph.reach(block), graph.layoutClass(block)]).toEqual([kept.via[block] - 1, kept.reach[block], kept.layout[block]])
    }
    expect(graph.layoutChunk(1)).toEqual(kept.layout.slice(65_536))
    expect(graph.leaks()).toEqual({ block: kept.leakBlock, head: kept.leakHead, words: kept.leakWords, type: new Uint32Array(kept.leakBlock.length) })
    const inChunks = new Map<string, number>()
    kept.layout.forEach((id, block) => id !== 0 && inChunks.set(`${block >>> 16} ${id}`, (inChunks.get(`${block >>> 16} ${id}`) ?? 0) + 1))
    const triples = graph.classesInChunks()
    expect(new Map(Array.from({ length: triples.length / 3 }, (_, i): [string, number] => [`${triples[i * 3]} ${triples[i * 3 + 1]}`, triples[i * 3 + 2]]))).toEqual(inChunks)
    expect(kept.leakBlock.length).toBeGreaterThan(0)
  })

  test('has dominators, retained sizes, what a block dominates, and the largest', () => {
    const dominated = Map.groupBy(kept.dominator.keys(), (block) => kept.dominator[block] - 1)
    for (const block of positions(BLOCKS)) {
      const dominator = kept.dominator[block]
      expect(retained.dominator(block)).toBe(dominator === NO_BLOCK || dominator === 0 ? null : dominator - 1)
      expect(retained.retained(block)).toBe(kept.retained[block])
      const { count, slice } = retained.children(block)
      const children = dominated.get(block) ?? []
      expect([...slice(0, count)]).toEqual(children)
      expect([...slice(1, count + 5)]).toEqual(children.slice(1))
    }
    const { count, slice } = retained.largest()
    expect([...slice(0, count)]).toEqual([...kept.largest])
    expect([...slice(count - 3, count + 9)]).toEqual([...kept.largest.subarray(count - 3)])
  })

  test('answers as before after a rest', () => {
    const before = [graph.references(65_536), retained.retained(65_536)]
    graph.rest()
    retained.rest()
    expect([graph.references(65_536), retained.retained(65_536)]).toEqual(before)
  })
})
