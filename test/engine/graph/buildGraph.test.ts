/** Building a graph: heaps at the edges of what there can be, and what happens when it is stopped or fails. */
import { describe, expect, test } from 'vitest'
import { STATE } from '../../../src-main/engine/allocator/blocks.ts'
import { buildGraph, type Crew, type GraphPorts } from '../../../src-main/engine/graph/build.ts'
import { scanWindows } from '../../../src-main/engine/graph/scan.ts'
import { GRAPH_VERSION, graphIdentity } from '../../../src-main/engine/graph/storedGraph.ts'
import { WINDOW_BYTES } from '../../../src-main/engine/graph/windows.ts'
import { Cancelled, type ByteSource, type IndexStore } from '../../../src-main/engine/ports.ts'
import { memoryIndexStore } from '../../../src-main/storage/memoryIndexStore.ts'
import { wasmModule } from '../../../src-main/storage/wasmModules.ts'
import { memoryByteSource } from '../../builders/memoryByteSource.ts'
import { expectAgreement, keepGraph } from './agreement.ts'
import { heapOf, IDENTITY, memoryOf, noProgress, storeBlocks, type HeapRegion, type Memory, type TestHeap } from './testHeap.ts'

const REGION = 0x5555_5000_0000
const used = (start: number, size: number): HeapRegion['blocks'][number] => ({ start, size, state: STATE.used })
const glibc = (end: number, blocks: HeapRegion['blocks'], memory: Memory[]): HeapRegion => ({ start: REGION, end, allocator: 'glibc', blocks, memory })

const alone: Crew = { size: 0, scan: async () => {}, turnRound: async () => {} }

function portsOf(heap: TestHeap, store: IndexStore, other: Partial<GraphPorts> = {}): GraphPorts {
  return { core: memoryByteSource(heap.core), store, progress: noProgress, wasm: wasmModule, crew: alone, now: () => 0, ...other }
}

/** Two blocks in two windows, which point to one another. */
function twoWindows(): TestHeap {
  const [a, b] = [REGION + 16, REGION + 16 + WINDOW_BYTES]
  const size = WINDOW_BYTES - 8
  return heapOf({ regions: [glibc(b + size, [used(a, size), used(b, size)], [memoryOf(REGION, 2 * WINDOW_BYTES + 8, [[a, b], [b, a]])])] })
}

describe('a graph', () => {
  test('of no blocks at all is empty', async () => {
    for (const heap of [heapOf({ regions: [] }), heapOf({ regions: [glibc(REGION + 4096, [], [memoryOf(REGION, 4096)])], roots: [{ kind: 'global', thread: -1, ...memoryOf(0x4000, 64, [[0x4000, REGION + 16]]) }], registers: [[1n], []] })]) {
      const kept = await keepGraph(heap)
      expectAgreement(heap, kept, 'the heap')
      expect(kept.meta).toMatchObject({ blockCount: 0, edgeCount: 0, leakCount: 0 })
    }
  })

  test('of blocks whose memory is not in the core has no references', async () => {
    const heap = heapOf({ regions: [glibc(REGION + 4096, [used(REGION + 16, 24), used(REGION + 48, 24)], [])] })
    const kept = await keepGraph(heap)
    expectAgreement(heap, kept, 'the heap')
    expect([...kept.first]).toEqual([0, 0, 0])
  })

  test('gives references to the block they lie in, also where its beginning is not in the core', async () => {
    const [a, b, c] = [REGION + 16, REGION + 48, REGION + 48 + 4096]
    const blocks = [used(a, 24), used(b, 4088), used(c, 24)]
    const words: [number, number][] = [[a, c], [b + 2048, c], [c, a]]
    for (const first of [REGION, b + 1024]) {
      const memory = [memoryOf(REGION, 32, words.slice(0, 1)), memoryOf(b + 1024, 4096, words.slice(1))].filter(({ address }) => address >= first)
      const heap = heapOf({ regions: [glibc(c + 24, blocks, memory)] })
      const kept = await keepGraph(heap)
      const before = memory.length - 1
      expect([...kept.first]).toEqual([0, before, before + 1, before + 2])
      expectAgreement(heap, kept, 'the heap')
    }
  })

  test('may have registers for roots, and nothing else', async () => {
    const heap = heapOf({ regions: [glibc(REGION + 4096, [used(REGION + 16, 24)], [memoryOf(REGION, 64)])], registers: [[0n, BigInt(REGION + 16)], [BigInt(REGION + 40), BigInt(REGION + 39)]] })
    const kept = await keepGraph(heap)
    expectAgreement(heap, kept, 'the heap')
    expect([...kept.position]).toEqual([1, 1])
  })

  test('has references by tagged words where they count, and only there', async () => {
    const [a, b] = [REGION + 16, REGION + 48]
    const heapWith = (tagged: boolean): TestHeap => {
      const memory = memoryOf(REGION, 96, [[a, b]])
      // the upper 16 bits of the word at a
      memory.bytes.set([0x34, 0x12], 16 + 6)
      return heapOf({ regions: [glibc(b + 24, [used(a, 24), used(b, 24)], [memory])], ranges: [{ start: REGION, end: REGION + 4096, kind: 8 }], tagged })
    }
    const plain = await keepGraph(heapWith(false))
    expect([...plain.first]).toEqual([0, 0, 0])
    expect(plain.meta.classes.map(({ shape }) => shape)).toEqual(['', ''])
    const tagged = await keepGraph(heapWith(true))
    expect([[...tagged.first], [...tagged.target]]).toEqual([[0, 1, 1], [1]])
    expect(tagged.meta.classes.map(({ shape }) => shape).sort()).toEqual(['', '', '1'])
  })

  test('that is stopped leaves nothing in the index', async () => {
    const stages = ['references', 'keep', 'reach', 'leaks']
    for (const stopped of stages) {
      const heap = twoWindows()
      const store = memoryIndexStore()
      const progress = { stage: (stage: string): void => { if (stage === stopped) throw new Cancelled() }, advance() {} }
      await expect(buildGraph(heap.plan, storeBlocks(heap, store), portsOf(heap, store, { progress })), stopped).rejects.toThrow(Cancelled)
      expect(store.open(graphIdentity(IDENTITY), GRAPH_VERSION), stopped).toBeNull()
    }
  })

  test('fails for what made a helper fail', async () => {
    const heap = twoWindows()
    const store = memoryIndexStore()
    const broken: Pick<ByteSource, 'read' | 'size'> = { size: 0, read: () => { throw new Error('the disk is gone') } }
    const crew: Crew = { ...alone, size: 1, scan: async (task, own) => scanWindows(broken, wasmModule('references'), { ...task, own: own[0] }, () => {}) }
    await expect(buildGraph(heap.plan, storeBlocks(heap, store), portsOf(heap, store, { crew }))).rejects.toThrow('the disk is gone')
  })

  test('fails for what made this thread fail, and the helpers stop', async () => {
    const heap = twoWindows()
    const store = memoryIndexStore()
    let settled = ''
    // begins once this thread has failed
    const crew: Crew = {
      ...alone,
      size: 1,
      scan: async (task, own) => {
        await Promise.resolve()
        try {
          scanWindows(memoryByteSource(heap.core), wasmModule('references'), { ...task, own: own[0] }, () => {})
        } catch (error) {
          settled = (error as Error).constructor.name
        }
      },
    }
    const core = { ...memoryByteSource(heap.core), read: (): number => { throw new Error('the disk is gone') } }
    await expect(buildGraph(heap.plan, storeBlocks(heap, store), portsOf(heap, store, { crew, core }))).rejects.toThrow('the disk is gone')
    expect(settled).toBe('ScanStopped')
  })
})
