import { expect, test } from 'vitest'
import { buildArena, Memory, type HeapBlock } from './glibcArena.ts'
import { binIndex, chunkSize, glibcLayout } from './glibcVersions.ts'

const block = (request: number, fate: HeapBlock['fate'] = 'used'): HeapBlock => ({ request, fate })
const main = (blocks: HeapBlock[], version: '2.17' | '2.31' | '2.36' = '2.36'): { arena: ReturnType<typeof buildArena>; state: Memory } => {
  const state = Object.assign(new Memory(0x1000, new Uint8Array(4096)), { at: 0x1000 })
  return { state, arena: buildArena({ layout: glibcLayout(version), mainState: state, regions: [{ start: 0x100000, blocks }] }) }
}

test('sizes and bins are those of malloc.c', () => {
  expect([0, 1, 24, 25, 40, 41, 1000].map(chunkSize)).toEqual([32, 32, 32, 48, 48, 64, 1008])
  expect([32, 1008, 1024, 3072, 3136, 10752, 11264, 1 << 20].map(binIndex)).toEqual([2, 63, 64, 96, 97, 112, 112, 126])
})

test('main_arena has the sizes of its versions', () => {
  expect(['2.17', '2.23', '2.27', '2.36'].map((version) => glibcLayout(version as '2.17').stateSize)).toEqual([0x888, 0x890, 0x898, 0x898])
  expect(glibcLayout('2.27').tcache?.size).toBe(0x240)
  expect(glibcLayout('2.31').tcache?.size).toBe(0x280)
})

test('a free chunk repeats its size behind itself and clears the next one\'s PREV_INUSE', () => {
  const { arena } = main([block(100), block(200, 'unsorted'), block(300, 'binned'), block(40)], '2.17')
  const [region] = arena.regions
  // 112 used, 208 + 320 free and merged, 48 used
  expect(arena.blocks.map(({ addr, size, state }) => [addr - 0x100000, size, state])).toEqual([[16, 104, 'used'], [128, 520, 'free'], [656, 40, 'used']])
  expect([region.get(0x100000 + 112 + 8), region.get(0x100000 + 640), region.get(0x100000 + 640 + 8)]).toEqual([528 + 1, 528, 48])
})

test('an empty bin points to itself, the unsorted list is a ring', () => {
  const { arena, state } = main([block(2000, 'unsorted'), block(20), block(3000, 'unsorted'), block(20)])
  const bins = 0x1000 + 0x70
  const [first, , second] = arena.blocks.map(({ addr }) => addr - 16)
  expect([state.get(bins), state.get(bins + 8)]).toEqual([first, second])
  expect([arena.regions[0].get(first + 16), arena.regions[0].get(second + 16)]).toEqual([second, bins - 16])
  expect([state.get(bins + 16), state.get(bins + 24)]).toEqual([bins, bins])
})

test('links are protected from 2.32 on', () => {
  for (const version of ['2.31', '2.36'] as const) {
    const { arena, state } = main([block(20, 'fastbin'), block(20, 'fastbin'), block(1)], version)
    const [older, newer] = arena.blocks.map(({ addr }) => addr - 16)
    expect(state.get(0x1000 + glibcLayout(version).fastbins)).toBe(newer)
    const stored = arena.regions[0].get(newer + 16)
    expect(version === '2.31' ? stored : stored ^ Math.floor((newer + 16) / 4096)).toBe(older)
  }
})

test('a heap of a thread arena begins with heap_info and malloc_state, and ends in fenceposts when another follows', () => {
  const layout = glibcLayout('2.36')
  const heap = 64 << 20
  const { state, regions, blocks } = buildArena({ layout, regions: [{ start: heap, blocks: [block(100)] }, { start: 2 * heap, blocks: [block(50)] }] })
  expect(state).toBe(heap + 0x30)
  expect([regions[0].get(heap), regions[1].get(2 * heap), regions[1].get(2 * heap + 8)]).toEqual([state, state, heap])
  const end = heap + regions[0].bytes.length
  expect([regions[0].get(end - 24), regions[0].get(end - 8)]).toEqual([16, 1])
  expect(blocks.at(-1)).toEqual({ addr: 2 * heap + 0x30 + 16, size: 56, state: 'used' })
})

test('what no list of malloc can hold is refused', () => {
  expect(() => main([block(200, 'fastbin'), block(1)])).toThrow('no fastbin holds 208 bytes')
  expect(() => main(Array.from({ length: 8 }, () => block(24, 'tcache')))).toThrow('a tcache bin holds 7 blocks, not 8')
})
