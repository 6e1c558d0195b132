import { describe, expect, test } from 'vitest'
import { virtualBaseOffset } from '../../../src-main/engine/recognize/virtualBases.ts'

const AT = 0x1000
/** NaN: an address. */
const words =
  (...values: number[]) =>
  (address: number): number =>
    values[(address - AT) / 8] ?? NaN

describe('the offset of a virtual base', () => {
  test('stands before the address point', () => {
    const read = words(72, 56, 16, 0, NaN, NaN, NaN)
    expect([-24, -32, -40].map((index) => virtualBaseOffset(read, AT, index))).toEqual([16, 56, 72])
  })

  test('may be 0: the primary base of its class', () => {
    const read = words(0, 70008, 0, 0, NaN, NaN)
    expect([-24, -32].map((index) => virtualBaseOffset(read, AT, index))).toEqual([0, 70008])
  })

  test('without RTTI there is a zero instead of the typeinfo pointer', () => {
    expect(virtualBaseOffset(words(8, 0, 0, NaN), AT, -24, false)).toBe(8)
  })

  test.each([
    ['an index before the table', words(16, 0, NaN), AT, -32],
    ['an index behind the address point', words(16, 0, NaN), AT, 8],
    ['an index that is no word', words(16, 0, NaN), AT, -25],
    ['an offset-to-top that is not 0', words(16, 8, NaN), AT, -24],
    ['a negative offset', words(-8, 0, NaN), AT, -24],
    ['a table without end', () => 0, AT, -24],
    ['a table that is not there', words(), NaN, -24],
  ] as [string, (address: number) => number, number, number][])('%s tells nothing', (_, read, at, index) => {
    expect(virtualBaseOffset(read, at, index)).toBeNull()
  })
})
