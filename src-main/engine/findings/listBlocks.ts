/**
 * Pages of blocks, filtered by type, size and state. A page that follows the one before costs only its own rows, any
 * other one chunk of the columns: how many blocks of each group a chunk has is known.
 */
import type { BlockQuery } from '../../contract/api.ts'
import type { BlockPage, BlockRow } from '../../contract/rows.ts'
import { CHUNK_BITS, CHUNK_BLOCKS, isFree, LARGE, STATE, type Blocks, type Region } from '../allocator/blocks.ts'
import type { AddressSpace } from '../memory/addressSpace.ts'
import type { Group, GroupedBlocks } from './groups.ts'
import { parseKey, type KnownType } from './top.ts'

/** Where the last page of a query ended. */
export interface BlockCursor {
  query: string
  offset: number
  block: number
}

/** Confidence of a type that a vtable says. */
const BY_VTABLE = 0.99

/** @param more what else is known of a used block */
export function listBlocks(memory: AddressSpace, blocks: Blocks, types: KnownType[], grouped: GroupedBlocks, q: BlockQuery, cursor: BlockCursor, more: ((block: number) => Partial<BlockRow>) | null = null): BlockPage {
  const wanted = selection(q, types)
  const isCounted = grouped.groups.map((g) => matches(g, wanted))
  const counted = grouped.groups.filter((_, i) => isCounted[i])
  const total = counted.reduce((sum, g) => sum + g.count, 0)
  const query = JSON.stringify(wanted)
  const jump = chunkOf(grouped.inChunk, isCounted, q.offset)
  const resumes = cursor.query === query && cursor.offset <= q.offset && cursor.offset >= jump.before
  let block = resumes ? cursor.block : jump.chunk << CHUNK_BITS
  let skip = q.offset - (resumes ? cursor.offset : jump.before)
  const rows: BlockRow[] = []
  const { isWanted, size: wantedSize } = wanted
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
      if (free ? !wanted.free : !wanted.used) continue
      const blockType = free ? 0 : chunk.type[i]
      if (isWanted && !isWanted[blockType]) continue
      const words = chunk.words[i]
      if (wantedSize >= 0 && words * 8 !== wantedSize && words !== LARGE) continue
      block = first + i
      if (!region || block < region.firstBlock || block >= region.firstBlock + region.blockCount) region = blocks.regionOf(block)
      const size = (words === LARGE ? region.largeWords : words) * 8
      if (wantedSize >= 0 && size !== wantedSize) continue
      if (skip > 0) {
        skip--
        continue
      }
      const row = blockRow(memory, region, region.start + chunk.start[i] * 8, size, free, types[blockType])
      if (more && !free) Object.assign(row, more(block))
      rows.push(row)
    }
    block = first + i
  }
  cursor.query = query
  cursor.offset = q.offset + rows.length
  cursor.block = block
  return { rows, total, offset: q.offset, bytes: counted.reduce((sum, g) => sum + g.count * g.size, 0) }
}

function blockRow(memory: AddressSpace, region: Region, addr: number, size: number, free: boolean, type: KnownType): BlockRow {
  return {
    addr,
    size,
    state: free ? 'free' : 'used',
    allocator: region.allocator,
    arena: region.arena,
    type: type.name,
    kind: type.name === null ? type.label : '',
    count: type.counted ? memory.word(addr) : type.element ? Math.floor((size - type.element.header) / type.element.size) : 1,
    confidence: type.name === null ? 0 : BY_VTABLE,
    evidence: type.evidence,
  }
}

/** One block, as the list has it. */
export function rowOfBlock(memory: AddressSpace, blocks: Blocks, types: KnownType[], block: number): BlockRow {
  const free = isFree(blocks.state(block))
  const region = blocks.regionOf(block)
  return blockRow(memory, region, blocks.address(block, region), blocks.size(block), free, types[free ? 0 : blocks.type(block)])
}

/** The chunk that holds the `offset`th of the counted blocks, and how many lie before it. */
function chunkOf(inChunk: GroupedBlocks['inChunk'], isCounted: boolean[], offset: number): { chunk: number; before: number } {
  let before = 0
  for (let chunk = 0; chunk < inChunk.length; chunk++) {
    const here = inChunk[chunk].reduce((sum, [group, count]) => (isCounted[group] ? sum + count : sum), 0)
    if (before + here > offset) return { chunk, before }
    before += here
  }
  return { chunk: inChunk.length, before }
}

/** What a query asks for, by type index. */
interface Selection {
  used: boolean
  free: boolean
  /** By type index; null for any. A free block has no type. */
  isWanted: boolean[] | null
  /** -1 for any. */
  size: number
}

/** Throws UsageError on a key that no row has. */
function selection(q: BlockQuery, types: KnownType[]): Selection {
  const state = { used: q.state !== 'free', free: q.state !== 'used' }
  if (q.key !== undefined) {
    const { type, size } = parseKey(q.key)
    return type < 0 ? { ...state, isWanted: null, size } : { ...state, free: false, isWanted: types.map((t) => t === types[type]), size }
  }
  const size = q.size ?? -1
  if (q.type === undefined) return { ...state, isWanted: null, size }
  return { ...state, free: false, isWanted: types.map((t) => t.name === q.type), size }
}

function matches(group: Group, wanted: Selection): boolean {
  if (group.free ? !wanted.free : !wanted.used) return false
  if (wanted.isWanted && !wanted.isWanted[group.type]) return false
  return wanted.size < 0 || group.size === wanted.size
}
