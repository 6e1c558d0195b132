/** Blocks counted by type, usable size and state: the small table that TopN and totals are made from. */
import type { AllocatorName } from '../../contract/rows.ts'
import { CHUNK_BITS, CHUNK_BLOCKS, isFree, LARGE, STATE, type Blocks } from '../allocator/blocks.ts'

export interface Group {
  /** Index into the analysis's types; 0 while unknown. */
  type: number
  /** Usable bytes. */
  size: number
  free: boolean
  allocator: AllocatorName
  count: number
}

/** Sizes up to this many words are counted in an array, larger ones in a map. */
export const DENSE_WORDS = 8192

export function groupBlocks(blocks: Blocks): Group[] {
  const groups = new Map<string, Group>()
  const add = (type: number, size: number, free: boolean, allocator: AllocatorName, count: number): void => {
    const key = `${type} ${size} ${free ? 'f' : 'u'} ${allocator}`
    const group = groups.get(key)
    if (group) group.count += count
    else groups.set(key, { type, size, free, allocator, count })
  }
  // runs of regions of one allocator are counted together, so that the arrays are flushed seldom
  const dense = [new Float64Array(DENSE_WORDS), new Float64Array(DENSE_WORDS)]
  const typed = new Map<number, number>()
  const flush = (allocator: AllocatorName): void => {
    for (const [free, counts] of dense.entries()) {
      for (let words = 0; words < DENSE_WORDS; words++) if (counts[words] > 0) add(0, words * 8, free === 1, allocator, counts[words])
      counts.fill(0)
    }
    for (const [key, count] of typed) add(Math.floor(key / DENSE_WORDS), (key % DENSE_WORDS) * 8, false, allocator, count)
    typed.clear()
  }
  let allocator: AllocatorName = 'glibc'
  for (const region of blocks.regions) {
    if (region.allocator !== allocator) {
      flush(allocator)
      allocator = region.allocator
    }
    const last = region.firstBlock + region.blockCount
    for (let block = region.firstBlock; block < last; ) {
      const chunk = blocks.chunk(block >>> CHUNK_BITS)
      const from = block & (CHUNK_BLOCKS - 1)
      const to = Math.min(CHUNK_BLOCKS, from + last - block)
      const { words, state, type } = chunk
      for (let i = from; i < to; i++) {
        const w = words[i]
        if (state[i] === STATE.own) continue
        const free = isFree(state[i])
        if (w >= DENSE_WORDS) add(free ? 0 : type[i], (w === LARGE ? region.largeWords : w) * 8, free, allocator, 1)
        else if (type[i] === 0 || free) dense[free ? 1 : 0][w]++
        else typed.set(type[i] * DENSE_WORDS + w, (typed.get(type[i] * DENSE_WORDS + w) ?? 0) + 1)
      }
      block += to - from
    }
  }
  flush(allocator)
  return [...groups.values()]
}
