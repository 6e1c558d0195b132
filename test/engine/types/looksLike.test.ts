import { describe, expect, test } from 'vitest'
import { LOOKS, looksLike } from '../../../src-main/engine/types/looksLike.ts'
import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'

const look = (bytes: Uint8Array, pointers = 0): string => LOOKS[looksLike(bytes, 0, Math.min(256, bytes.length), pointers)]
/** In a block of that many bytes. */
const inBlock = (content: Uint8Array | string, size: number, fill = 0): Uint8Array => {
  const bytes = new Uint8Array(size).fill(fill)
  bytes.set((typeof content === 'string' ? new TextEncoder().encode(content) : content).subarray(0, size))
  return bytes
}
const text = (content: string): string => look(inBlock(`${content}\0`, Math.max(24, content.length + 1)))

describe('text', () => {
  test('ASCII and UTF-8 up to a zero, or through all that is looked at', () => {
    expect(text('hello there')).toBe('text')
    expect(text('Grüße, 世界')).toBe('text')
    expect(look(inBlock('x'.repeat(400), 400))).toBe('text')
  })
  test('what lies behind the zero counts in large blocks only', () => {
    expect(look(inBlock('name\0', 24, 0xee))).toBe('text')
    expect(look(inBlock('name\0', 200, 0xee))).toBe('mixed')
    expect(look(inBlock('name\0', 200))).toBe('text')
  })
  test('too short, broken or with control characters is none', () => {
    expect(text('abc')).not.toBe('text')
    expect(look(inBlock(new Uint8Array([0x47, 0x72, 0xfc, 0xdf, 0x65, 0x20, 0x61, 0]), 24))).not.toMatch(/text/)
    expect(text('a\u0001bcdefgh')).not.toBe('text')
  })
  test.each([
    ['{"id": 17, "name": "x"}', 'text (JSON)'], ['[{"a":1}, 2]', 'text (JSON)'], ['[1, 2, 3]', 'text (JSON)'], ['{not json}', 'text'], ['[section]', 'text'],
    ['<?xml version="1.0"?><a/>', 'text (XML)'], ['<item id="3">text</item>', 'text (XML)'], ['<!DOCTYPE html><html>', 'text (HTML)'], ['< 3 and > 2', 'text'],
    ['GET /index.html HTTP/1.1\r\nHost: a\r\n', 'text (HTTP)'], ['HTTP/1.1 200 OK\r\n', 'text (HTTP)'], ['GET IT DONE', 'text'],
    ['SELECT a, b FROM t WHERE c = 1', 'text (SQL)'], ['insert into t values (1)', 'text (SQL)'], ['select something nice', 'text'],
    ['/usr/lib/x86_64-linux-gnu/libc.so.6', 'text (path)'], ['/ is a slash', 'text'], ['https://example.org/a?b=c', 'text (URL)'],
    ['2024-05-01 12:00:00 INFO started', 'text (log lines)'], ['[2024-05-01T12:00:00Z] started', 'text (log lines)'], ['123 Main Street', 'text'],
    ['6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'text (UUID)'],
  ])('%s', (content, expected) => expect(text(content)).toBe(expected))
  test('UTF-16 and UTF-32, of letters', () => {
    const wide = (content: string, width: number): Uint8Array => Uint8Array.from({ length: (content.length + 1) * width }, (_, i) => (i % width === 0 ? (content.charCodeAt(i / width) || 0) : 0))
    expect(look(wide('some wide text', 2))).toBe('text (UTF-16)')
    expect(look(wide('some wide text', 4))).toBe('text (UTF-32)')
  })
})

describe('numbers', () => {
  const numbers = (array: ArrayBufferView): string => look(new Uint8Array(array.buffer))
  test.each([
    ['doubles', new Float64Array([1.5, -0.25, 1e6, 3.14159, 2.71828])], ['floats', new Float32Array([1.5, -0.25, 1e5, 3.14159, 2.71828, 99.5])],
    ['32-bit integers', new Int32Array([1, 2, -3, 400, 5, 70_000])], ['64-bit integers', new BigInt64Array([1n, 2n, -3n, 400n])],
    ['16-bit integers', new Uint16Array([5, 7, 1200, 90, 4, 88, 300, 12, 900, 77, 31, 8])], ['32-bit integers', new Uint32Array([70_000, 90_001, 65_537, 1_000_000, 123_456, 99_999])],
  ])('%s', (expected, array) => expect(numbers(array)).toBe(expected))
  test('zeroes, and almost only zeroes', () => {
    expect(look(new Uint8Array(64))).toBe('zeroes')
    expect(look(inBlock(new Uint8Array([0, 0, 0, 7]), 128))).toBe('mostly zeroes')
    expect(look(new Uint8Array(64).fill(0xcd))).toBe('repeated byte')
  })
})

describe('pointers', () => {
  const words = (...values: bigint[]): Uint8Array => new Uint8Array(new BigUint64Array(values).buffer)
  test('most words lead into blocks', () => {
    expect(look(words(0x5555_5555_1000n, 0n, 0x5555_5555_2000n, 0x5555_5555_3000n), 3)).toBe('pointers')
    expect(look(words(0x5555_5555_1000n, 17n, 4n, 9n), 1)).toBe('mixed')
  })
  test('a pointer of printable bytes is no text', () => expect(look(words(0x5555_5576_6160n, 0n, 0n), 1)).toBe('pointers'))
})

test('what compressors leave, and files by how they begin', () => {
  expect(look(new Uint8Array(randomBytes(300)))).toBe('compressed or random')
  expect(look(new Uint8Array(gzipSync(randomBytes(300))))).toBe('gzip')
  expect(look(inBlock(new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]), 64))).toBe('PNG')
  expect(look(inBlock(new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 9, 8, 7]), 64))).toBe('zstd')
})

test('any bytes look like something', () => {
  for (let length = 8; length < 400; length += 7) expect(LOOKS.slice(1)).toContain(look(new Uint8Array(randomBytes(length)), length % 3))
})
