import { expect, test } from 'vitest'
import { clampTop, MAX_PHYSICAL_HEIGHT, maxTop, rowsPerPage, scrollWindow, topToShow, toPhysical, toVirtual, visibleRows } from '../../src-renderer/components/scrollWindow.ts'

const VIEWPORT = 700
const small = scrollWindow(1000, 24, VIEWPORT)
const huge = scrollWindow(10_000_000, 24, VIEWPORT)

test('a short list scrolls pixel by pixel', () => {
  expect(small.scaled).toBe(false)
  expect(toVirtual(small, 1234)).toBe(1234)
  expect(toPhysical(small, 1234)).toBe(1234)
})

test('ten million rows stay below the height browsers allow', () => {
  expect(huge.physicalHeight).toBe(MAX_PHYSICAL_HEIGHT)
  expect(huge.scaled).toBe(true)
})

test('both ends of the scroll bar reach both ends of the list', () => {
  expect(visibleRows(huge, toVirtual(huge, 0)).first).toBe(0)
  expect(visibleRows(huge, toVirtual(huge, MAX_PHYSICAL_HEIGHT - VIEWPORT)).end).toBe(10_000_000)
  expect(toPhysical(huge, maxTop(huge))).toBe(MAX_PHYSICAL_HEIGHT - VIEWPORT)
})

test('physical and virtual positions are each other’s inverse', () => {
  for (const top of [0, 1, 24, 1e6, 1.2e8, maxTop(huge)]) expect(toVirtual(huge, toPhysical(huge, top))).toBeCloseTo(top, 3)
})

test('exactly the rows in view are drawn', () => {
  expect(visibleRows(small, 0)).toEqual({ first: 0, end: 30 })
  expect(visibleRows(small, 23)).toEqual({ first: 0, end: 31 })
  expect(visibleRows(small, 24)).toEqual({ first: 1, end: 31 })
  expect(visibleRows(scrollWindow(3, 24, VIEWPORT), 0)).toEqual({ first: 0, end: 3 })
  expect(visibleRows(scrollWindow(0, 24, VIEWPORT), 0)).toEqual({ first: 0, end: 0 })
})

test('any row can be shown whole, moving as little as needed', () => {
  expect(topToShow(huge, 0, 0)).toBe(0)
  expect(topToShow(huge, 2400, 50)).toBe(1200)
  expect(topToShow(huge, 0, 9_999_999)).toBe(maxTop(huge))
  expect(topToShow(small, 480, 22)).toBe(480)
})

test('a page is the rows that fit whole, one at least', () => {
  expect(rowsPerPage(small)).toBe(29)
  expect(rowsPerPage(scrollWindow(10, 24, 5))).toBe(1)
  expect(clampTop(scrollWindow(3, 24, VIEWPORT), 500)).toBe(0)
})
