import { describe, expect, test } from 'vitest'
import { Blocks, STATE } from '../../../src-main/engine/allocator/blocks.ts'
import { AddressSpace, type Range } from '../../../src-main/engine/memory/addressSpace.ts'
import { Claims, STRENGTH } from '../../../src-main/engine/types/claims.ts'
import { isSlack } from '../../../src-main/engine/types/containers.ts'
import { HeapColumns } from '../../../src-main/engine/types/heapColumns.ts'
import { Hits } from '../../../src-main/engine/types/hits.ts'
import { PagedMemory } from '../../../src-main/engine/types/pagedMemory.ts'

function randomBlocks(seed: number): Blocks {
  const next = (below: number): number => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) % below
  const blocks = new Blocks()
  for (let region = 0; region < 4; region++) {
    const start = 0x10_0000 * (region * 3 + 1)
    blocks.beginRegion({ start, end: start + 0x10_0000, allocator: 'glibc', arena: 'main' })
    for (let at = start + 16 + next(64) * 16; at < start + 0xf_0000; at += 16) {
      const size = 24 + next(40) * 16
      if (region === 2 && blocks.regions[2].blockCount === 1) break
      blocks.append(at, size, next(5) === 0 ? STATE.free : STATE.used, 0)
      at += size - 8 + next(3) * 32
    }
  }
  return blocks
}

describe('blocks in flat columns', () => {
  test.each([1, 2, 3, 4, 5])('find the block of any address as the blocks themselves do: %d', (seed) => {
    const blocks = randomBlocks(seed)
    const heap = new HeapColumns(blocks)
    for (let address = 0xf_fff0; address < 0x10_0000 * 12; address += 8 * ((address % 7) + 1)) expect(heap.blockAt(address)).toBe(blocks.containing(address))
    for (let block = 0; block < blocks.count; block += 13) {
      expect([heap.address(block), heap.size(block), heap.isUsed(block)]).toEqual([blocks.address(block), blocks.size(block), blocks.state(block) === STATE.used])
    }
  })
})

describe('memory in pages', () => {
  const bytes = Uint8Array.from({ length: 40_000 }, (_, i) => (i * 7) % 251)
  const core = { size: bytes.length, read: (offset: number, target: Uint8Array) => (target.set(bytes.subarray(offset, offset + target.length)), Math.max(0, Math.min(target.length, bytes.length - offset))) }
  const range = (start: number, size: number, coreOffset: number): Range => ({ start, end: start + size, flags: 6, coreOffset, dumpedEnd: start + size, promisedEnd: start + size, path: '', fileOffset: 0, listedOnly: false, file: null })
  const space = new AddressSpace(core as never, [range(0x1_1000, 0x3000, 0), range(0x1_5000, 0x1000, 0x3000)])
  const memory = new PagedMemory(space, 2)

  test('reads what the address space reads, page by page', () => {
    for (let at = 0x1_0ff0; at < 0x1_6020; at += 8) expect(memory.word(at)).toEqual(space.word(at))
  })

  test('what is absent is NaN, not zero', () => {
    expect([memory.word(0x1_0ff8), memory.unsigned(0x1_4000, 1), memory.unsigned(0x1_0fff, 2), memory.unsigned(0x1_3fff, 2)]).toEqual([NaN, NaN, NaN, NaN])
    expect(memory.unsigned(0x1_1000, 2)).toBe(7 * 256)
  })
})

describe('claims', () => {
  test('the strongest are followed first, of these the last', () => {
    const claims = new Claims(10)
    const item = claims.intern(0, false, 0, 8, 'T')
    for (const [block, strength] of [[1, STRENGTH.array], [2, STRENGTH.pointer], [3, STRENGTH.pointer], [4, STRENGTH.vtable]]) {
      claims.set(block, item, strength, 0, 0)
      claims.later(block)
    }
    expect([claims.next(), claims.next(), claims.next(), claims.next(), claims.next()]).toEqual([4, 3, 2, 1, -1])
  })

  test('very many that came at once are followed in the order of their addresses', () => {
    const claims = new Claims(20_000)
    const item = claims.intern(0, false, 0, 8, 'T')
    for (let i = 0; i < 10_000; i++) {
      const block = (i * 7919) % 20_000
      claims.set(block, item, STRENGTH.pointer, 0, 0)
      claims.later(block)
    }
    const order = Array.from({ length: 10_000 }, () => claims.next())
    expect(order).toEqual([...order].sort((a, b) => b - a))
    expect(claims.next()).toBe(-1)
  })

  test('one item for one type, and its blocks are counted', () => {
    const claims = new Claims(3)
    const single = claims.intern(5, false, 0, 16, 'A')
    expect([claims.intern(5, false, 0, 16, 'A'), claims.intern(5, true, 0, 16, 'A[]')]).toEqual([single, single + 1])
    claims.set(0, single, STRENGTH.pointer, 0, 0)
    claims.set(1, single, STRENGTH.pointer, 0, 0)
    claims.clear(0)
    expect(claims.counts[single]).toBe(1)
  })
})

test('hits are listed by field, in the order they came', () => {
  const hits = new Hits()
  for (let i = 0; i < 3000; i++) hits.add(i % 3, i, 0, i * 8, 0)
  const lists = hits.byField().map((list) => [...list])
  expect(lists.map((list) => list.length)).toEqual([1000, 1000, 1000])
  expect(lists[1].slice(0, 3)).toEqual([1, 4, 7])
  hits.add(7, 1, 0, 0, 0)
  expect(hits.byField().length).toBe(4)
})

test.each([
  [0, 40, true], [15, 40, true], [16, 40, false], [-1, 40, false], [20, 24, true], [4000, 1 << 20, true], [5000, 1 << 20, false],
])('malloc may give %d bytes more in a block of %d: %s', (more, usable, may) => expect(isSlack(more, usable)).toBe(may))
