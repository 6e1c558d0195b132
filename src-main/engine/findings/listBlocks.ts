/** Pages of blocks, filtered by type, size and state. A page that follows the one before costs only its own rows. */
import type { BlockQuery } from '../../contract/api.ts'
import type { BlockRow, Page } from '../../contract/rows.ts'
import { CHUNK_BITS, CHUNK_BLOCKS, isFree, LARGE, STATE, type Blocks, type Region } from '../allocator/blocks.ts'
import type { Group } from './groups.ts'
import type { KnownType } from './top.ts'

/** Where the last page of a query ended. */
export interface BlockCursor {
  query: string
  offset: number
  block: number
}

/** Confidence of a type that a vtable says. */
const BY_VTABLE = 0.99

export function listBlocks(blocks: Blocks, types: KnownType[], groups: Group[], q: BlockQuery, cursor: BlockCursor): Page<BlockRow> {
  const type = q.type === undefined ? -1 : q.type === null ? 0 : types.findIndex((t, i) => i > 0 && t.name === q.type)
  const total = groups.reduce((sum, g) => (matches(g, q, type) ? sum + g.count : sum), 0)
  if (q.type && type < 0) return { rows: [], total: 0, offset: q.offset }
  const query = JSON.stringify([q.type, q.size, q.state])
  const resumes = cursor.query === query && cursor.offset <= q.offset
  let block = resumes ? cursor.block : 0
  let skip = q.offset - (resumes ? cursor.offset : 0)
  const rows: BlockRow[] = []
  const wantedWords = q.size === undefined ? -1 : q.size / 8
  let region: Region | null = null
  while (block < blocks.count && rows.length < q.limit && rows.length + q.offset < total) {
    const chunk = blocks.chunk(block >>> CHUNK_BITS)
    const first = block & ~(CHUNK_BLOCKS - 1)
    const last = Math.min(blocks.count - first, CHUNK_BLOCKS)
    let i = block - first
    for (; i < last && rows.length < q.limit; i++) {
      const state = chunk.state[i]
      if (state === STATE.own) continue
      const free = isFree(state)
      if (q.state !== 'all' && free !== (q.state === 'free')) continue
      const blockType = free ? 0 : chunk.type[i]
      if (type >= 0 && (blockType !== type || (type === 0 && free))) continue
      const words = chunk.words[i]
      if (wantedWords >= 0 && words !== wantedWords && words !== LARGE) continue
      block = first + i
      if (!region || block < region.firstBlock || block >= region.firstBlock + region.blockCount) region = blocks.regionOf(block)
      const size = (words === LARGE ? region.largeWords : words) * 8
      if (q.size !== undefined && size !== q.size) continue
      if (skip > 0) {
        skip--
        continue
      }
      rows.push({
        addr: region.start + chunk.start[i] * 8,
        size,
        state: free ? 'free' : 'used',
        allocator: region.allocator,
        arena: region.arena,
        type: blockType === 0 ? null : types[blockType].name,
        count: 1,
        confidence: blockType === 0 ? 0 : BY_VTABLE,
        evidence: types[blockType].evidence,
      })
    }
    block = first + i
  }
  cursor.query = query
  cursor.offset = q.offset + rows.length
  cursor.block = block
  return { rows, total, offset: q.offset }
}

function matches(group: Group, q: BlockQuery, type: number): boolean {
  if (q.state !== 'all' && group.free !== (q.state === 'free')) return false
  if (type >= 0 && (group.free || group.type !== type)) return false
  return q.size === undefined || group.size === q.size
}
