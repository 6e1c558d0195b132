import { expect, test } from 'vitest'
import { Blocks, CHUNK_BLOCKS, newChunk, STATE } from '../../../src-main/engine/allocator/blocks.ts'
import { Random } from '../../builders/random.ts'

test('the block that holds an address, in regions of several chunks', () => {
  const random = new Random(11)
  const blocks = new Blocks()
  const all: { addr: number; size: number }[] = []
  for (const [start, count] of [[0x1_0000_0000, 10], [0x2_0000_0000, CHUNK_BLOCKS + 5000], [0x3_0000_0000, 0], [0x4_0000_0000, 3]]) {
    blocks.beginRegion({ start, end: start + (count + 1) * 64, allocator: 'glibc', arena: 'main' })
    for (let i = 0; i < count; i++) {
      const block = { addr: start + 16 + i * 64, size: random.pick([24, 40, 48]) }
      blocks.append(block.addr, block.size, STATE.used, 0)
      all.push(block)
    }
  }
  const loads: number[] = []
  const stored = new Blocks((chunk) => {
    loads.push(chunk)
    return Object.assign(newChunk(CHUNK_BLOCKS), blocks.chunk(chunk))
  })
  stored.regions.push(...blocks.regions)
  stored.count = blocks.count
  for (const index of [0, 9, 10, 11, CHUNK_BLOCKS - 1, CHUNK_BLOCKS, CHUNK_BLOCKS + 1, all.length - 4, all.length - 3, all.length - 1, ...Array.from({ length: 500 }, () => random.below(all.length))]) {
    const { addr, size } = all[index]
    expect([addr, addr + 8, addr + size - 1].map((address) => stored.containing(address))).toEqual([index, index, index])
    expect([addr - 1, addr + size].map((address) => stored.containing(address))).toEqual([-1, -1])
  }
  expect([0, 0x1_0000_0000, 0x3_0000_0010, 0x9_0000_0000].map((address) => stored.containing(address))).toEqual([-1, -1, -1, -1])
  // each chunk once, however often one asks
  expect(new Set(loads).size).toBe(loads.length)
})
