/** On random heaps, the graph is what plain search finds. */
import { describe, test } from 'vitest'
import { Random } from '../../builders/random.ts'
import { expectAgreement, keepGraph } from './agreement.ts'
import { randomHeap, type HeapOptions } from './randomHeap.ts'

async function agree(seed: number, options: HeapOptions): Promise<void> {
  const random = new Random(seed)
  const heap = randomHeap(random, options)
  const helpers = random.pick([0, 0, 0, 1, 3])
  const later = random.below(4) === 0
  expectAgreement(heap, await keepGraph(heap, helpers, later), `heap ${seed}`)
}

describe('the graph of a random heap', () => {
  test('agrees with its twins', async () => {
    for (let seed = 1; seed <= 300; seed++) await agree(seed, { blocks: 40, largePercent: 2, absentPercent: 0 })
  })

  test('agrees with its twins where blocks and roots reach beyond a window', async () => {
    for (let seed = 2001; seed <= 2025; seed++) await agree(seed, { blocks: 60, largePercent: 100, absentPercent: 30 })
  })

  test('agrees with its twins where memory is absent', async () => {
    for (let seed = 1001; seed <= 1150; seed++) await agree(seed, { blocks: 40, largePercent: 2, absentPercent: 100 })
  })
})
