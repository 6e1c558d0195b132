import { expect, test } from 'vitest'
import { Blocks, CHUNK_BLOCKS, STATE } from '../../../src-main/engine/allocator/blocks.ts'
import type { BlockQuery } from '../../../src-main/contract/api.ts'
import { groupBlocks } from '../../../src-main/engine/findings/groups.ts'
import { listBlocks, type BlockCursor } from '../../../src-main/engine/findings/listBlocks.ts'
import { UNKNOWN_TYPE } from '../../../src-main/engine/findings/top.ts'
import { AddressSpace } from '../../../src-main/engine/memory/addressSpace.ts'
import { memoryByteSource } from '../../builders/memoryByteSource.ts'
import { Random } from '../../builders/random.ts'

const TYPES = [UNKNOWN_TYPE, { name: 'A', label: 'A', counted: false, evidence: '' }, { name: 'B', label: 'B', counted: false, evidence: '' }]
const COUNT = 2 * CHUNK_BLOCKS + 1000

test('pages from anywhere in several chunks are those of a plain scan', () => {
  const random = new Random(3)
  const blocks = new Blocks()
  const all: { addr: number; size: number; free: boolean; type: number }[] = []
  for (let i = 0; i < COUNT; i++) {
    if (i % 900_000 === 0) blocks.beginRegion({ start: 0x1000_0000 + i * 128, end: 0x1000_0000 + Math.min(COUNT, i + 900_000) * 128, allocator: 'glibc', arena: `thread ${i}` })
    const state = random.below(10) === 0 ? STATE.free : STATE.used
    const block = { addr: 0x1000_0000 + i * 128, size: random.pick([24, 40, 100_000]), free: state === STATE.free, type: state === STATE.free ? 0 : random.below(3) }
    // B only at the very end, so that whole chunks have none
    if (block.type === 2 && i < COUNT - 500) block.type = 0
    blocks.append(block.addr, block.size, state, block.type)
    all.push(block)
  }
  const grouped = groupBlocks(blocks)
  const memory = new AddressSpace(memoryByteSource(new Uint8Array(0)), [])
  const cursor: BlockCursor = { query: '', offset: 0, block: 0 }
  const queries: [Partial<BlockQuery>, (b: (typeof all)[0]) => boolean][] = [
    [{ state: 'all' }, () => true],
    [{ state: 'free' }, (b) => b.free],
    [{ type: 'A' }, (b) => b.type === 1],
    [{ type: 'B' }, (b) => b.type === 2],
    [{ type: null, size: 100_000 }, (b) => !b.free && b.type === 0 && b.size === 100_000],
  ]
  for (const [q, test] of queries) {
    const expected = all.filter(test)
    for (const offset of [0, expected.length - 5, Math.floor(expected.length / 2), Math.floor(expected.length / 2) + 7, 3, expected.length]) {
      const page = listBlocks(memory, blocks, TYPES, grouped, { core: '', state: 'used', ...q, offset, limit: 7 }, cursor)
      expect(page.total).toBe(expected.length)
      expect(page.rows.map((r) => r.addr)).toEqual(expected.slice(offset, offset + 7).map((b) => b.addr))
    }
  }
})
