import { expect, test } from 'vitest'
import { hold, placeAgain, type Seen } from '../../src-renderer/state/keepPlace.ts'
import { PageCache } from '../../src-renderer/state/pageCache.ts'

const ROW = 24
const rows = (text: string): string[] => [...text]

/** Where a person who saw `before` like that is among `after`. */
function moved(before: string[], seen: Seen, after: string[]): Pick<Seen, 'top' | 'selected'> | null {
  const held = hold(seen, (index) => before[index] ?? null)
  const find = (key: string): number | null => (after.includes(key) ? after.indexOf(key) : null)
  return held && placeAgain(held, find, ROW)
}

test('who has gone nowhere stays at the start, whatever its rows', () => {
  expect(moved(rows('abc'), { top: 0, selected: 0, view: { first: 0, end: 3 } }, rows('xab'))).toBeNull()
})

test('the selected row stays selected, and where it was on the screen', () => {
  expect(moved(rows('abcdef'), { top: 2 * ROW + 5, selected: 3, view: { first: 2, end: 5 } }, rows('xxabcdef'))).toEqual({ top: 4 * ROW + 5, selected: 5 })
})

test('where the selected row is out of view, the rows in view stay', () => {
  expect(moved(rows('abcdef'), { top: 3 * ROW, selected: 0, view: { first: 3, end: 6 } }, rows('xdefabc'))).toEqual({ top: 1 * ROW, selected: 4 })
})

test('a row that is gone leaves the place as it was, and nothing lies above the first row', () => {
  expect(moved(rows('abcdef'), { top: ROW, selected: 2, view: { first: 1, end: 4 } }, rows('abdef'))).toEqual({ top: ROW, selected: 2 })
  expect(moved(rows('abcdef'), { top: ROW, selected: 3, view: { first: 1, end: 4 } }, rows('dabc'))).toEqual({ top: 0, selected: 0 })
})

test('a row is found by what it is among the pages at hand', () => {
  const cache = new PageCache<string>(2, 3)
  cache.put(0, ['a', 'b'])
  cache.put(5, ['k', 'l'])
  expect(cache.find((row) => row === 'l')).toBe(11)
  expect(cache.find((row) => row === 'z')).toBeNull()
})
