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

export interface GroupedBlocks {
  groups: Group[]
  /** Of each chunk of the columns: which groups its blocks are in, and how many; pairs of index into `groups` and count. */
  inChunk: [group: number, count: number][][]
}

/** Sizes up to this many words are counted in an array, larger ones one by one. */
export const DENSE_WORDS = 8192

export function groupBlocks(blocks: Blocks): GroupedBlocks {
  const groups: Group[] = []
  const inChunk: GroupedBlocks['inChunk'] = []
  const indexes = new Map<string, number>()
  // counted for a piece: blocks of one chunk and one allocator
  const dense = { used: new Float64Array(DENSE_WORDS), free: new Float64Array(DENSE_WORDS) }
  const typed = new Map<number, number>()
  let counts = new Map<number, number>()

  const add = (type: number, size: number, free: boolean, allocator: AllocatorName, count: number): void => {
    const key = `${type} ${size} ${free ? 'f' : 'u'} ${allocator}`
    let index = indexes.get(key)
    if (index === undefined) {
      index = groups.push({ type, size, free, allocator, count: 0 }) - 1
      indexes.set(key, index)
    }
    groups[index].count += count
    counts.set(index, (counts.get(index) ?? 0) + count)
  }
  const flush = (allocator: AllocatorName): void => {
    for (let words = 0; words < DENSE_WORDS; words++) {
      if (dense.used[words] > 0) add(0, words * 8, false, allocator, dense.used[words])
      if (dense.free[words] > 0) add(0, words * 8, true, allocator, dense.free[words])
    }
    dense.used.fill(0)
    dense.free.fill(0)
    for (const [key, count] of typed) add(Math.floor(key / DENSE_WORDS), (key % DENSE_WORDS) * 8, false, allocator, count)
    typed.clear()
  }

  let region = 0
  for (let c = 0; c < blocks.chunkCount; c++) {
    counts = new Map()
    const { words, state, type } = blocks.chunk(c)
    const first = c << CHUNK_BITS
    const last = Math.min(blocks.count, first + CHUNK_BLOCKS)
    for (let block = first; block < last; ) {
      while (blocks.regions[region].firstBlock + blocks.regions[region].blockCount <= block) region++
      const { allocator, largeWords } = blocks.regions[region]
      const to = Math.min(last, blocks.regions[region].firstBlock + blocks.regions[region].blockCount) - first
      for (let i = block - first; i < to; i++) {
        const w = words[i]
        if (state[i] === STATE.own) continue
        const free = isFree(state[i])
        if (w >= DENSE_WORDS) add(free ? 0 : type[i], (w === LARGE ? largeWords : w) * 8, free, allocator, 1)
        else if (free) dense.free[w]++
        else if (type[i] === 0) dense.used[w]++
        else typed.set(type[i] * DENSE_WORDS + w, (typed.get(type[i] * DENSE_WORDS + w) ?? 0) + 1)
      }
      block = first + to
      if (block === last || blocks.regions[region + 1].allocator !== allocator) flush(allocator)
    }
    inChunk.push([...counts])
  }
  return { groups, inChunk }
}
