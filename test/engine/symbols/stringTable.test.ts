import { expect, test } from 'vitest'
import { StringTable } from '../../../src-main/engine/symbols/stringTable.ts'
import { Random } from '../../builders/random.ts'

const utf8 = new TextEncoder()
const textAt = (bytes: Uint8Array, offset: number): string => new TextDecoder().decode(bytes.subarray(offset, bytes.indexOf(0, offset)))

test('a text has one offset, however often and from wherever it comes; offset 0 is the empty text', () => {
  const table = new StringTable()
  const bytes = utf8.encode('..alpha..alpha..')
  const alpha = table.intern(bytes, 2, 7)
  expect(table.intern(bytes, 9, 14)).toBe(alpha)
  expect(table.internText('alpha')).toBe(alpha)
  expect(table.internText('')).toBe(0)
  expect(table.intern(bytes, 5, 5)).toBe(0)
  expect(table.internText('größe')).not.toBe(alpha)
  expect(table.count).toBe(2)
  const all = table.finish()
  expect(textAt(all, alpha)).toBe('alpha')
  expect(all[0]).toBe(0)
  expect(all.length).toBe(1 + 6 + utf8.encode('größe').length + 1)
})

test('a text ends at its first zero byte, and a prefix of a text is another text', () => {
  const table = new StringTable()
  const bytes = utf8.encode('main\0mainly\0')
  const main = table.intern(bytes, 0, bytes.length)
  const mainly = table.intern(bytes, 5, bytes.length)
  expect(mainly).not.toBe(main)
  expect(table.intern(bytes, 5, 9)).toBe(main)
  expect(table.intern(bytes, 100, 200)).toBe(0)
  const all = table.finish()
  expect([textAt(all, main), textAt(all, mainly)]).toEqual(['main', 'mainly'])
})

test('offsets agree with a Map of strings while the table grows', () => {
  const random = new Random(7)
  const table = new StringTable(64)
  const twin = new Map<string, number>()
  for (let i = 0; i < 30_000; i++) {
    const text = `_ZN${random.below(9000)}x${random.below(3)}E`
    const offset = table.internText(text)
    expect(offset).toBe(twin.get(text) ?? offset)
    twin.set(text, offset)
  }
  expect(table.count).toBe(twin.size)
  expect(new Set(twin.values()).size).toBe(twin.size)
  const all = table.finish()
  for (const [text, offset] of twin) expect(textAt(all, offset)).toBe(text)
})

test('a table at its limit says so and answers the empty text', () => {
  const table = new StringTable(64, 100)
  for (let i = 0; i < 50; i++) table.internText(`name${i}`)
  expect(table.full).toBe(true)
  expect(table.internText('another')).toBe(0)
  expect(table.internText('name0')).toBe(1)
  expect(table.finish().length).toBeLessThanOrEqual(100)
})

test('a name without end is cut', () => {
  const table = new StringTable()
  table.intern(new Uint8Array(3 << 20).fill(0x41), 0, 3 << 20)
  expect(table.length).toBe((1 << 20) + 2)
})
