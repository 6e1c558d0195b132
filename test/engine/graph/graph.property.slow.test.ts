/** On many random heaps, on large ones, and on several threads, the graph is what plain search finds. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { GraphPart } from '../../../src-main/contract/api.ts'
import { STATE } from '../../../src-main/engine/allocator/blocks.ts'
import { lmdbIndexStore } from '../../../src-main/storage/lmdbIndexStore.ts'
import type { BuildRequest, FromGraphWorker } from '../../../src-main/workers/graphMessages.ts'
import { workerUrl } from '../../../src-main/workers/workerUrl.ts'
import { Random } from '../../builders/random.ts'
import { expectAgreement, keepGraph, readGraph } from './agreement.ts'
import { randomHeap } from './randomHeap.ts'
import { heapOf, memoryOf, storeBlocks, type TestHeap } from './testHeap.ts'

/** Heaps that are one test. */
const BATCH = 1000

describe('the graph of a random heap', () => {
  test.each(Array.from({ length: 10 }, (_, i) => i * BATCH))('agrees with its twins: a thousand heaps from %d on', async (begin) => {
    for (let seed = begin; seed < begin + BATCH; seed++) {
      const random = new Random(0x1000_0000 + seed)
      const heap = randomHeap(random, { blocks: random.pick([6, 30, 60]), largePercent: 1, absentPercent: 25 })
      const helpers = random.pick([0, 0, 0, 1, 3])
      const later = random.below(4) === 0
      expectAgreement(heap, await keepGraph(heap, helpers, later), `heap ${seed}`)
    }
  })

  test('agrees with its twins where there are hundreds of blocks, and windows in plenty', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const heap = randomHeap(new Random(seed), { blocks: 400, largePercent: 20, absentPercent: 30 })
      expectAgreement(heap, await keepGraph(heap), `large heap ${seed}`)
    }
  })
})

describe('the graph', () => {
  test('of a block beyond 32 GiB counts all of it, and nothing behind it', async () => {
    const region = 0x7000_0000_0000
    const size = 2 ** 35 + 4096 - 16
    const large = region + 16
    const end = large + size
    const next = end + 16
    const small = 0x6fff_0000_0010
    const words: [number, number][] = [[next, large], [next + 8, end - 1], [next + 16, end], [next + 24, end + 8], [next + 32, next], [next + 40, small]]
    const heap = heapOf({
      regions: [
        { start: small - 16, end: small + 48, allocator: 'glibc', blocks: [{ start: small, size: 40, state: STATE.used }], memory: [memoryOf(small - 16, 64)] },
        { start: region, end, allocator: 'glibc', blocks: [{ start: large, size, state: STATE.used }], memory: [memoryOf(region, 4096, [[large, small]]), memoryOf(end - 4096, 4096, [[end - 8, next]])] },
        { start: end, end: end + 4096, allocator: 'glibc', blocks: [{ start: next, size: 4072, state: STATE.used }], memory: [memoryOf(end, 4096, words)] },
      ],
    })
    expectAgreement(heap, await keepGraph(heap), 'the heap')
  })
})

describe('the graph threads', () => {
  let folder: string
  let worker: Worker

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'corelens-graph-'))
    worker = new Worker(workerUrl('graph.worker'), { execArgv: [] })
  })
  afterAll(async () => {
    await worker.terminate()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Resolves when the retained sizes are in the index. */
  function build(request: BuildRequest): Promise<GraphPart[]> {
    return new Promise((resolve, reject) => {
      const parts: GraphPart[] = []
      const settle = (end: () => void): void => {
        worker.off('message', answer)
        worker.off('error', reject)
        end()
      }
      const answer = (message: FromGraphWorker): void => {
        if (message.kind === 'failed') settle(() => reject(new Error(message.error.what)))
        if (message.kind !== 'ready') return
        parts.push(message.part)
        if (message.part === request.upTo) settle(() => resolve(parts))
      }
      worker.on('message', answer)
      worker.on('error', reject)
      worker.postMessage(request)
    })
  }

  test('agree with the twins', { timeout: 120_000 }, async () => {
    for (let seed = 1; seed <= 25; seed++) {
      const random = new Random(seed)
      const heap: TestHeap = randomHeap(random, { blocks: random.pick([40, 300]), largePercent: 60, absentPercent: 60 })
      const core = join(folder, 'core')
      writeFileSync(core, heap.core)
      const indexFolder = join(folder, `${seed}`)
      const store = lmdbIndexStore(indexFolder)
      storeBlocks(heap, store).close()
      const request: BuildRequest = { kind: 'build', core, indexFolder, plan: heap.plan, stop: new SharedArrayBuffer(4), helpers: random.pick([1, 1, 3]), upTo: 'retained' }
      expect(await build(request)).toEqual(['references', 'retained'])
      expectAgreement(heap, readGraph(store), `heap ${seed} on threads`)
    }
  })
})
