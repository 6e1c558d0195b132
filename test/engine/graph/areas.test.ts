/** The memory that the kernels share: areas never overlap, what is given back is used again. */
import { describe, expect, test } from 'vitest'
import { Areas, GraphTooLarge } from '../../../src-main/engine/graph/areas.ts'
import { Random } from '../../builders/random.ts'

const PAGE = 65_536
const pages = (areas: Areas): number => areas.memory.buffer.byteLength / PAGE

describe('areas', () => {
  test('keep what is written to them, and are zero where that was asked for, in whatever order they come and go', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = new Random(seed)
      const areas = new Areas()
      const held: { at: number; size: number; fill: number }[] = []
      const expectWhole = ({ at, size, fill }: (typeof held)[number]): void => expect(areas.bytes(at, size).every((byte) => byte === fill), `area of seed ${seed}`).toBe(true)
      const fill = (at: number, size: number): void => {
        const byte = 1 + random.below(255)
        areas.bytes(at, size).fill(byte)
        held.push({ at, size, fill: byte })
      }
      for (let step = 0; step < 200; step++) {
        const size = random.below(random.pick([40, 3000, 50_000]))
        switch (random.below(5)) {
          case 0:
          case 1: {
            const zero = random.below(2) === 0
            const at = areas.take(size, zero)
            expect(at % 16).toBe(0)
            if (zero) expectWhole({ at, size, fill: 0 })
            fill(at, size)
            break
          }
          case 2: {
            const at = areas.takeGrowing()
            // as a kernel does
            const missing = Math.ceil((at + size) / PAGE) - pages(areas)
            if (missing > 0) areas.memory.grow(missing)
            areas.bytes(at, size).fill(255)
            areas.endGrowing(at, size)
            fill(at, size)
            break
          }
          default: {
            if (held.length === 0) break
            const [area] = held.splice(random.below(held.length), 1)
            expectWhole(area)
            areas.give(area.at)
          }
        }
      }
      held.forEach(expectWhole)
      for (const { at } of held) areas.give(at)
      const size = areas.memory.buffer.byteLength - 16
      expectWhole({ at: areas.take(size, true), size, fill: 0 })
      expect(areas.memory.buffer.byteLength, 'all of it is one area again').toBe(size + 16)
    }
  })

  test.each([[[1, 2]], [[2, 1]], [[1, 3, 2]], [[3, 1, 2]], [[2, 3, 1]]])('that lie side by side are one hole when they are given back in the order %j', (order) => {
    const areas = new Areas()
    const at = Array.from({ length: 5 }, () => areas.take(160))
    for (const i of order) areas.give(at[i])
    expect(areas.take(160 * order.length)).toBe(at[1])
    expect(areas.take(16)).toBe(at[4] + 160)
  })

  test('at the end make room for a larger one', () => {
    const areas = new Areas()
    const kept = areas.take(16)
    const [a, b] = [areas.take(64), areas.take(64)]
    areas.give(a)
    areas.give(b)
    expect(areas.take(1000)).toBe(a)
    expect(kept).toBeLessThan(a)
  })

  test('are taken from the smallest hole that is large enough', () => {
    const areas = new Areas()
    const [large, , small] = [areas.take(512), areas.take(16), areas.take(64), areas.take(16)]
    areas.give(large)
    areas.give(small)
    expect(areas.take(60)).toBe(small)
    expect(areas.take(60)).toBe(large)
    expect(areas.take(448)).toBe(large + 64)
  })

  test('need no more memory than lies in them at once', () => {
    const areas = new Areas()
    for (let i = 0; i < 1000; i++) {
      const at = [areas.take(20_000), areas.take(10_000)]
      for (const a of at) areas.give(a)
    }
    expect(pages(areas)).toBe(1)
  })

  test('of no bytes are different areas', () => {
    const areas = new Areas()
    const [a, b] = [areas.take(0), areas.take(0)]
    expect(a).not.toBe(b)
    areas.give(a)
    areas.give(b)
  })

  test('that grow end where they are said to end', () => {
    const areas = new Areas()
    const hole = areas.take(64)
    areas.take(16)
    const at = areas.takeGrowing()
    areas.give(hole)
    expect(areas.take(64), 'a hole may be taken meanwhile').toBe(hole)
    areas.endGrowing(at, 3 * PAGE + 1)
    expect(areas.take(16)).toBe(at + 3 * PAGE + 16)
    expect(pages(areas)).toBe(4)
    areas.give(at)
    expect(areas.take(3 * PAGE)).toBe(at)
  })

  test('that grow have the end for themselves', () => {
    const areas = new Areas()
    const at = areas.takeGrowing()
    areas.take(16)
    expect(() => areas.endGrowing(at, 16)).toThrow('while another one grew')
  })

  test('beyond 4 GiB are refused, and those before stay usable', () => {
    const areas = new Areas()
    const at = areas.take(100)
    expect(() => areas.take(2 ** 32)).toThrow(GraphTooLarge)
    areas.give(at)
    expect(areas.take(100)).toBe(at)
  })

  test('may use the 4 GiB to their last byte', () => {
    const areas = new Areas()
    const at = areas.take(2 ** 32 - 16)
    expect(at).toBe(16)
    expect(() => areas.take(1)).toThrow(GraphTooLarge)
    areas.bytes(2 ** 32 - 16, 16).fill(1)
  })

  test('are given back once, by their beginning', () => {
    const areas = new Areas()
    const at = areas.take(64)
    expect(() => areas.give(at + 16)).toThrow('no area begins there')
    areas.give(at)
    expect(() => areas.give(at)).toThrow('no area begins there')
  })
})
