import { expect, test } from 'vitest'
import { claim, newClaims } from '../../../src-main/engine/dwarf/claims.ts'

test('a hash is granted once, however close others lie', () => {
  const claims = newClaims(1)
  const hashes = Array.from({ length: 1000 }, (_, i) => [i & 7, (i >>> 3) * 2048] as const)
  expect(hashes.map(([low, high]) => claim(claims, low, high || 1)).filter(Boolean).length).toBe(1000)
  expect(claim(claims, 3, 2048)).toBe(false)
  expect(claim(claims, -1, -1)).toBe(true)
  expect(claim(claims, 0xffffffff, 0xffffffff)).toBe(false)
})

test('a table that is full grants everything', () => {
  const claims = newClaims(1).fill(7n)
  expect(claim(claims, 1, 2)).toBe(true)
  expect(claim(claims, 1, 2)).toBe(true)
})
