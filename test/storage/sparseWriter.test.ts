import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { UnreadableCore } from '../../src-main/engine/errors.ts'
import { SparseWriter } from '../../src-main/storage/sparseWriter.ts'
import { Random } from '../builders/random.ts'
import { temporaryFolder } from './compressedCores.ts'

const folder = temporaryFolder()

test('the file has the bytes that were written, whatever pieces they came in', () => {
  const random = new Random(31)
  for (let round = 0; round < 12; round++) {
    const bytes = random.memory(1 + random.below(3 << 20))
    const path = join(folder, `file${round}`)
    const fd = openSync(path, 'w')
    const writer = new SparseWriter(fd, folder)
    for (let at = 0; at < bytes.length;) {
      const end = Math.min(bytes.length, at + 1 + random.below(random.pick([100, 5000, 2 << 20])))
      writer.write(bytes.subarray(at, end))
      at = end
    }
    writer.finish()
    closeSync(fd)
    expect(writer.size).toBe(bytes.length)
    expect(Buffer.compare(readFileSync(path), bytes)).toBe(0)
  }
})

test('zeroes at the end count', () => {
  const path = join(folder, 'zeroes')
  const fd = openSync(path, 'w')
  const writer = new SparseWriter(fd, folder)
  writer.write(new Uint8Array(10_000_001))
  writer.finish()
  closeSync(fd)
  expect(writer.written).toBe(0)
  expect(readFileSync(path).length).toBe(10_000_001)
})

test('it stops before the disk is full', () => {
  let free = 1 << 30
  const fd = openSync(join(folder, 'full'), 'w')
  const writer = new SparseWriter(fd, folder, () => (free -= 300 << 20))
  const fill = (): void => {
    for (let i = 0; i < 300; i++) writer.write(new Uint8Array(1 << 20).fill(1))
  }
  expect(fill).toThrow(UnreadableCore)
  expect(writer.written).toBe(128 << 20)
  closeSync(fd)
})
