import { expect, test } from 'vitest'
import { ariaSort, gridTemplate, minimumWidth, moveBy, tsv, type Column } from '../../src-renderer/components/table.ts'
import type { TopRow } from '../../src-main/contract/rows.ts'
import { knowledgeOf, knowledgeOfBlock } from '../../src-renderer/format/knowledge.ts'
import { blocksOfRow, blocksOfType } from '../../src-renderer/state/blockSelection.ts'
import { PageCache } from '../../src-renderer/state/pageCache.ts'
import { totalsByKind } from '../../src-renderer/state/rangeKinds.ts'
import { overallFraction, stageStates } from '../../src-renderer/state/progress.ts'
import { buildSummary } from './fakeSummary.ts'

const COLUMNS: Column[] = [{ id: 'label', title: 'Type', sortable: true }, { id: 'size', title: 'Size', width: 100, sortable: true }, { id: 'share', title: 'Share', width: 90 }]

test('the column without a width takes the rest; a dragged width wins', () => {
  expect(gridTemplate(COLUMNS, () => undefined)).toBe('minmax(180px, 1fr) 100px 90px')
  expect(gridTemplate(COLUMNS, (id) => (id === 'size' ? 140 : undefined))).toBe('minmax(180px, 1fr) 140px 90px')
  expect(minimumWidth(COLUMNS, () => undefined)).toBe(370)
})

test('screen readers are told the order of each column that can be sorted', () => {
  const sort = { id: 'size', descending: true }
  expect(COLUMNS.map((column) => ariaSort(column, sort))).toEqual(['none', 'descending', undefined])
})

test('keys move within the rows there are', () => {
  expect(moveBy('ArrowDown', 9, 10, 5)).toBe(9)
  expect(moveBy('ArrowUp', 0, 10, 5)).toBe(0)
  expect(moveBy('PageDown', 3, 10, 5)).toBe(8)
  expect(moveBy('PageUp', 3, 10, 5)).toBe(0)
  expect(moveBy('End', 3, 10_000_000, 5)).toBe(9_999_999)
  expect(moveBy('x', 3, 10, 5)).toBeNull()
})

test('a copied row stays one line of as many fields as columns', () => {
  expect(tsv(['a\tb\nc', 3])).toBe('a b c\t3')
})

test('a row of TopN stands for its blocks, whatever it is grouped by', () => {
  const typed: TopRow = { key: 'k', type: 'A', label: 'A', size: 24, sizes: 1, requested: null, count: 1, bytes: 24, share: 1, evidence: '' }
  const unknown = { ...typed, type: null, label: 'malloc(80)', size: 88, requested: 80 }
  expect(blocksOfRow(typed, 'type')).toEqual({ state: 'used', row: { of: { key: 'k' }, label: 'A', knowledge: 'named', size: 24, anyType: false, isLayout: false } })
  expect(blocksOfRow({ ...typed, sizes: 2 }, 'type').row?.size).toBeNull()
  expect(blocksOfRow(unknown, 'type').row).toMatchObject({ label: 'malloc(80)', knowledge: 'unknown', size: 88, anyType: false })
  expect(blocksOfRow(unknown, 'size').row).toMatchObject({ anyType: true, isLayout: false })
  expect(blocksOfRow({ ...unknown, key: 'layout 7', label: '88/VP' }, 'layout').row).toMatchObject({ of: { key: 'layout 7' }, anyType: true, isLayout: true })
})

test('a type stands for the blocks that are of it, by its name', () => {
  expect(blocksOfType({ name: 'A' })).toEqual({ state: 'used', row: { of: { type: 'A' }, label: 'A', knowledge: 'named', size: null, anyType: false, isLayout: false } })
})

test('a class without a name is known, by what tells it apart', () => {
  expect(knowledgeOf({ type: null, requested: null })).toBe('unnamed')
  expect(knowledgeOf({ type: null, requested: 80 })).toBe('unknown')
  expect(knowledgeOfBlock({ type: null, kind: 'class at demo+0x3d98' })).toBe('unnamed')
  expect(knowledgeOfBlock({ type: null, kind: '' })).toBe('unknown')
  expect(knowledgeOfBlock({ type: 'A', kind: '' })).toBe('named')
})

test('the kinds of the map sum to what is mapped; an allocator’s ranges count once', () => {
  const { summary, ranges } = buildSummary('f', '/f', { count: 1, bytes: 1_000_000 })
  const totals = totalsByKind(summary.accounting)
  expect(totals.reduce((sum, total) => sum + total.bytes, 0)).toBe(summary.accounting.mapped)
  expect(totals.reduce((sum, total) => sum + total.ranges, 0)).toBe(ranges.length)
  expect(totals[0]).toEqual({ kind: 'allocator', bytes: 705_122_880, ranges: 100 })
  expect(totalsByKind({ rows: [], mapped: 0 })).toEqual([])
})

test('the pages seen longest ago go first', () => {
  const cache = new PageCache<number>(10, 2)
  cache.put(0, [0, 1])
  cache.put(1, [10, 11])
  cache.touch(0)
  cache.put(2, [20, 21])
  expect([cache.row(1), cache.row(10), cache.row(21), cache.row(29)]).toEqual([1, undefined, 21, undefined])
  expect(cache.size).toBe(2)
})

test('overall progress starts at 0, ends at 1 and never falls from stage to stage', () => {
  const path = (['open', 'arenas', 'blocks', 'types', 'store'] as const).flatMap((stage) => [0, 5, 10].map((done) => overallFraction('open', { stage, done, total: 10 })))
  expect(path[0]).toBe(0)
  expect(path.at(-1)).toBe(1)
  expect(path).toEqual([...path].sort((a, b) => a - b))
})

test('unpacking is listed only for a compressed core', () => {
  expect(stageStates('open', 'blocks').map(({ state }) => state)).toEqual(['done', 'done', 'current', 'waiting', 'waiting'])
  expect(stageStates('decompress', 'decompress')[0]).toEqual({ stage: 'decompress', state: 'current' })
})
