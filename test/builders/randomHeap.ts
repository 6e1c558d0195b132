/** Random but possible heaps: every list of every kind filled as free() would have filled it. */
import type { GlibcSpec } from './glibcCore.ts'
import type { Fate, HeapBlock } from './glibcArena.ts'
import { chunkSize, glibcLayout, LARGEST_FAST_CHUNK, LARGEST_TCACHE_CHUNK, TCACHE_FILL, type GlibcVersion } from './glibcVersions.ts'
import type { Random } from './random.ts'

export function randomHeap(random: Random, version: GlibcVersion, blocksPerRegion = 120): GlibcSpec {
  const regions = (count: number): HeapBlock[][] => {
    const filled = new Map<number, number>()
    return Array.from({ length: count }, () => Array.from({ length: 1 + random.below(blocksPerRegion) }, () => randomBlock(random, version, filled)))
  }
  return {
    version,
    main: regions(1 + random.below(3)),
    threads: Array.from({ length: random.below(3) }, () => regions(1 + random.below(2))),
    mapped: Array.from({ length: random.below(4) }, () => 132_000 + random.below(400_000)),
  }
}

/** `filled`: entries of each tcache bin so far. */
function randomBlock(random: Random, version: GlibcVersion, filled: Map<number, number>): HeapBlock {
  const request = 1 + random.below(random.pick([60, 60, 600, 1200, 9000, 40_000]))
  const size = chunkSize(request)
  const fates: Fate[] = ['used', 'used', 'used', 'unsorted', 'binned']
  if (size <= LARGEST_FAST_CHUNK) fates.push('fastbin', 'fastbin')
  const entries = filled.get(size) ?? 0
  if (glibcLayout(version).tcache && size <= LARGEST_TCACHE_CHUNK && entries < TCACHE_FILL) fates.push('tcache', 'tcache')
  const fate = random.pick(fates)
  if (fate === 'tcache') filled.set(size, entries + 1)
  return { request, fate }
}
