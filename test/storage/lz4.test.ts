import { expect, test } from 'vitest'
import { decodeLz4Block } from '../../src-main/storage/decompress/lz4Block.ts'
import { Xxh32, xxh32 } from '../../src-main/storage/decompress/xxh32.ts'
import { Random } from '../builders/random.ts'

const decode = (block: number[], size = 64, history = 0): number[] | null => {
  const target = new Uint8Array(history + size).fill(0xee)
  const end = decodeLz4Block(Uint8Array.from(block), 0, block.length, target, history, target.length, 0)
  return end < 0 ? null : [...target.subarray(history, end)]
}

test('xxHash-32 has the values of its specification', () => {
  const text = (s: string): Uint8Array => new TextEncoder().encode(s)
  expect(xxh32(text(''))).toBe(0x02cc5d05)
  expect(xxh32(text('a'))).toBe(0x550d7456)
  expect(xxh32(text('abc'))).toBe(0x32d153ff)
  expect(xxh32(text('Nobody inspects the spammish repetition'))).toBe(0xe2293b2f)
})

test('xxHash-32 does not depend on the pieces', () => {
  const random = new Random(41)
  const bytes = random.bytes(5000)
  for (let round = 0; round < 100; round++) {
    const hash = new Xxh32()
    for (let at = 0; at < bytes.length;) {
      const end = Math.min(bytes.length, at + random.below(round + 2))
      hash.update(bytes.subarray(at, end))
      at = end
    }
    expect(hash.digest()).toBe(xxh32(bytes))
  }
})

test('literals, and a match that overlaps itself', () => {
  expect(decode([0x30, 1, 2, 3])).toEqual([1, 2, 3])
  expect(decode([0x24, 1, 2, 2, 0, 0x10, 9])).toEqual([1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 9])
})

test('a long match at any distance equals the byte-by-byte copy', () => {
  for (let distance = 1; distance < 60; distance++) {
    const literals = Array.from({ length: 60 }, (_, i) => i)
    const decoded = decode([0xff, 45, ...literals, distance, 0, 200, 0x10, 7], 400)!
    const expected = literals.slice()
    for (let i = 0; i < 219; i++) expected.push(expected[expected.length - distance])
    expect(decoded).toEqual([...expected, 7])
  }
})

test('malformed blocks are refused without touching what lies around', () => {
  expect(decode([0x10])).toBeNull() // literals missing
  expect(decode([0xf0, 255, 255])).toBeNull() // length without end
  expect(decode([0x14, 1, 0, 0, 0x00])).toBeNull() // distance 0
  expect(decode([0x14, 1, 2, 0, 0x00])).toBeNull() // before the beginning
  expect(decode([0x14, 1, 1])).toBeNull() // half a distance
  expect(decode([0x14, 1, 1, 0])).toBeNull() // no last literals
  expect(decode([0x1f, 1, 1, 0, 200, 0x00])).toBeNull() // longer than the block may be
})

test('random bytes never write outside their range', () => {
  const random = new Random(42)
  for (let round = 0; round < 3000; round++) {
    const target = new Uint8Array(400).fill(0xee)
    const source = random.bytes(1 + random.below(200))
    const end = decodeLz4Block(source, 0, source.length, target, 100, 300, 50)
    expect(end).toBeLessThanOrEqual(300)
    expect(target.subarray(0, 100).every((byte) => byte === 0xee) && target.subarray(300).every((byte) => byte === 0xee)).toBe(true)
  }
})
