import { describe, expect, test } from 'vitest'
import { Blocks, STATE } from '../../../src-main/engine/allocator/blocks.ts'
import { ElfFile } from '../../../src-main/engine/elf/file.ts'
import { Diagnostics } from '../../../src-main/engine/errors.ts'
import { requestedSize, sampleBlocks } from '../../../src-main/engine/findings/requestedSize.ts'
import { AddressSpace, rangesOfCore } from '../../../src-main/engine/memory/addressSpace.ts'
import { buildElfCore } from '../../builders/elfCore.ts'
import { memoryByteSource } from '../../builders/memoryByteSource.ts'

const HEAP = 0x10000
const COUNT = 100

/** 100 blocks of 88 usable bytes, whose last word is `last(i)`. */
function requested(last: (i: number) => bigint): number {
  const bytes = new Uint8Array(COUNT * 96)
  const view = new DataView(bytes.buffer)
  const blocks = new Blocks()
  blocks.beginRegion({ start: HEAP, end: HEAP + bytes.length, allocator: 'glibc', arena: 'main' })
  for (let i = 0; i < COUNT; i++) {
    blocks.append(HEAP + i * 96, 88, STATE.used, 0)
    view.setBigUint64(i * 96 + 80, last(i), true)
  }
  const source = memoryByteSource(buildElfCore({ segments: [{ vaddr: HEAP, bytes }] }).bytes)
  const memory = new AddressSpace(source, rangesOfCore(new ElfFile(source).segments, source.size, new Diagnostics()))
  const samples = sampleBlocks(blocks, [{ type: 0, size: 88, free: false, allocator: 'glibc', count: COUNT }]).get(88) ?? []
  expect(samples.length).toBeGreaterThan(30)
  return requestedSize(memory, blocks, 88, samples)
}

describe('what a program asked for', () => {
  test('8 fewer than usable where it never writes the last word', () => expect(requested(() => 0n)).toBe(80))
  test('all of it where it writes the last word', () => expect(requested((i) => BigInt(i + 1) << 40n)).toBe(88))
  test('half of the last word where only that is written', () => expect(requested((i) => BigInt(i * 2 + 1))).toBe(84))
  test('a size that a free chunk left there is no sign', () => expect(requested(() => 96n)).toBe(80))
  test('a few stale words are no sign', () => expect(requested((i) => (i % 10 === 0 ? 1n << 50n : 0n))).toBe(80))
})

test('a mmapped block is rounded up to pages: its last byte that is written says what was asked for', () => {
  const bytes = new Uint8Array(40 * 4096)
  bytes.fill(7, 16, 16 + 160_000)
  const blocks = new Blocks()
  blocks.beginRegion({ start: HEAP, end: HEAP + bytes.length, allocator: 'glibc', arena: 'mmap' })
  blocks.append(HEAP + 16, bytes.length - 16, STATE.used, 0)
  const source = memoryByteSource(buildElfCore({ segments: [{ vaddr: HEAP, bytes }] }).bytes)
  const memory = new AddressSpace(source, rangesOfCore(new ElfFile(source).segments, source.size, new Diagnostics()))
  expect(requestedSize(memory, blocks, bytes.length - 16, [0])).toBe(160_000)
})
