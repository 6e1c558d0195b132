import { expect, test } from 'vitest'
import type { BlockRef, ReferenceRow, RootRef } from '../../src-main/contract/rows.ts'
import { knowledgeOfLabel } from '../../src-renderer/format/knowledge.ts'
import { splitLayout } from '../../src-renderer/format/layoutClass.ts'
import { otherEnd, place, plus, rootName } from '../../src-renderer/format/references.ts'
import { cutMiddle } from '../../src-renderer/format/retained.ts'

const block = (addr: number, label: string, type: string | null = label): BlockRef => ({ addr, size: 24, state: 'used', type, label })
const root: RootRef = { kind: 'global', addr: 0x5000, name: 'g_zones[3]', where: 'game', tid: null }

test('offsets are decimal while that is the same, and nothing at the start', () => {
  expect([0, 8, 16, 0x48].map(plus)).toEqual(['', '+8', '+0x10', '+0x48'])
})

test('a pointer is in a member, or at an offset where no type is known', () => {
  expect([place('inner.next', 8), place('', 8), place('', 0)]).toEqual(['inner.next', '+8', '+0'])
})

test('a root without a name is called by its address, or by what it is', () => {
  expect(rootName(root)).toBe('g_zones[3]')
  expect(rootName({ ...root, kind: 'anonymous', name: '' })).toBe('0x5000')
  expect(rootName({ ...root, kind: 'registers', name: '', addr: 0 })).toBe('register')
})

test('the other end of a reference is what points, or what is pointed to', () => {
  const row: ReferenceRow = { from: block(1, 'A'), root: null, fromOffset: 0, member: '', to: block(2, 'B'), toOffset: 0 }
  expect(otherEnd(row, 'in')).toEqual({ block: block(1, 'A') })
  expect(otherEnd(row, 'out')).toEqual({ block: block(2, 'B') })
  expect(otherEnd({ ...row, from: null, root }, 'in')).toEqual({ root })
})

test('a label that guesses the call is unknown, one that tells classes apart is not', () => {
  expect([block(1, 'Zone'), block(1, 'malloc(64)', null), block(1, 'class at demo+0x3d98', null), block(1, 'malloc(64)')].map(knowledgeOfLabel)).toEqual(['named', 'unknown', 'unnamed', 'named'])
})

test('a layout is a size and a letter a word', () => {
  expect(splitLayout('48/VP-P', 40)).toEqual({ size: '48', letters: ['V', 'P', '-', 'P'], cut: false })
  expect(splitLayout('48/VP-P', 2)).toEqual({ size: '48', letters: ['V', 'P'], cut: true })
  expect(splitLayout('huge/PP…', 40)).toEqual({ size: 'huge', letters: ['P', 'P'], cut: true })
  expect(splitLayout('', 40)).toEqual({ size: '', letters: [], cut: false })
})

test('a long path keeps its beginning and its end, and says how much it left out', () => {
  expect(cutMiddle([1, 2, 3, 4, 5, 6])).toEqual({ head: [1, 2, 3, 4, 5, 6], skipped: 0, tail: [] })
  expect(cutMiddle([1, 2, 3, 4, 5, 6, 7])).toEqual({ head: [1, 2], skipped: 2, tail: [5, 6, 7] })
})
