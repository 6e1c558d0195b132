import { expect, test } from 'vitest'
import { MOST_MARKED, NO_MARKS, rangeOf, rowsAt, toggled } from '../../src-renderer/state/marks.ts'

test('a range goes either way, and ends where there are enough', () => {
  expect([...rangeOf(3, 5).marks]).toEqual([3, 4, 5])
  expect([...rangeOf(5, 3).marks]).toEqual([5, 4, 3])
  expect(rangeOf(0, 5_000_000)).toMatchObject({ marks: { size: MOST_MARKED }, last: MOST_MARKED - 1 })
})

test('the selected row is the first that is marked, and one always stays', () => {
  const two = toggled(NO_MARKS, 2, 7)
  expect([...two]).toEqual([2, 7])
  expect([...toggled(two, 7, 2)]).toEqual([7])
  expect([...toggled(new Set([7]), 7, 7)]).toEqual([7])
  const full = rangeOf(0, MOST_MARKED).marks
  expect(toggled(full, 0, MOST_MARKED + 5)).toBe(full)
})

test('rows that are not at hand are asked for once a page; a failure is the answer', async () => {
  const asked: number[] = []
  const fetch = (page: number): Promise<{ ok: true; value: { rows: string[] } }> => {
    asked.push(page)
    return Promise.resolve({ ok: true, value: { rows: [`${page}a`, `${page}b`] } })
  }
  expect(await rowsAt([0, 4, 5, 7, 8], 2, (index) => (index === 0 ? 'here' : undefined), fetch)).toEqual({ ok: true, value: ['here', '2a', '2b', '3b', '4a'] })
  expect(asked).toEqual([2, 3, 4])
  const failed = { ok: false as const, error: 'gone' }
  expect(await rowsAt<string, typeof failed>([1], 2, () => undefined, () => Promise.resolve(failed))).toBe(failed)
})
