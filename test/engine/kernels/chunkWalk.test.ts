import { describe, expect, test } from 'vitest'
import { BEHIND_COOKIE, ChunkWalkKernel } from '../../../src-main/engine/kernels/chunkWalk.ts'
import { wasmModule } from '../../../src-main/storage/wasmModules.ts'
import { Random } from '../../builders/random.ts'
import { walkTwin, type TwinChunk } from './chunkWalkTwin.ts'

const module = wasmModule('chunkWalk')
const MODULE_RANGES = [
  { start: 0x400000, end: 0x401000 },
  { start: 0x7f00_0000_0000, end: 0x7f00_0001_0000 },
]

/** A region of valid chunks of random sizes, some free; then `damage` random bytes are changed. */
function randomRegion(random: Random, length: number, damage: number): Uint8Array {
  const bytes = random.memory(length)
  const view = new DataView(bytes.buffer)
  let previousFree = 0
  for (let at = 0; at < length;) {
    const size = Math.min(length - at, 32 + random.below(40) * 16)
    const kept = length - at - size < 32 ? length - at : size
    view.setBigUint64(at + 8, BigInt(kept) | BigInt(previousFree === 0 ? 1 : 0), true)
    if (previousFree !== 0) view.setBigUint64(at, BigInt(previousFree), true)
    if (random.below(3) === 0) view.setBigUint64(at + 16, BigInt(random.pick([0x400010, 0x400018, 0x7f00_0000_0040, 0x500000, 0x400011])), true)
    else if (random.below(8) === 0) {
      view.setBigUint64(at + 16, BigInt(random.below(10)), true)
      view.setBigUint64(at + 24, 0x400020n, true)
    }
    previousFree = random.below(4) === 0 ? kept : 0
    at += kept
  }
  for (let i = 0; i < damage; i++) bytes[random.below(length)] = random.below(256)
  return bytes
}

/** Walks as the engine does, in windows of `windowSize` bytes. */
function walkInWindows(region: Uint8Array, top: number, forbidden: number, windowSize: number): { chunks: TwinChunk[]; ids: number[]; reason: string; position: number; kernel: ChunkWalkKernel } {
  const kernel = new ChunkWalkKernel(module, MODULE_RANGES)
  const view = new DataView(region.buffer, region.byteOffset)
  const chunks: TwinChunk[] = []
  const ids: number[] = []
  let position = 0
  let before = 0
  while (true) {
    const window = region.subarray(position, position + windowSize)
    kernel.window.set(window)
    const step = kernel.walk({ windowAt: position, windowSize: window.length, position, top, end: region.length, forbidden, before })
    before = step.lastSize
    const last = chunks.at(-1)
    if (last && step.firstPrevInUse !== 2) last.used = step.firstPrevInUse === 1
    for (let i = 0; i < step.count; i++) {
      const at = kernel.columns.start[i] * 8
      chunks.push({ at, size: kernel.columns.words[i] * 8, used: kernel.columns.state[i] === 0, first: view.getBigUint64(at, true) })
      ids.push(kernel.columns.type[i])
    }
    const stuck = step.reason === 'need-window' && position + window.length >= region.length
    position = step.position
    if (step.reason !== 'need-window' || stuck) return { chunks, ids, reason: step.reason, position, kernel }
  }
}

describe('the chunk walk kernel', () => {
  test('agrees with its twin on random heaps, whole and damaged, in windows of any size', () => {
    const random = new Random(11)
    for (let round = 0; round < 150; round++) {
      const region = randomRegion(random, 4096 + random.below(512) * 16, round % 3 === 0 ? 1 + random.below(20) : 0)
      const top = random.below(2) === 0 ? region.length + 32 : random.below(region.length / 16) * 16
      const forbidden = random.pick([2, 6])
      const expected = walkTwin(region, top, forbidden)
      const windowSize = random.pick([64, 256, 1024, 1 << 20])
      const { chunks, reason, position } = walkInWindows(region, top, forbidden, windowSize)
      expect({ chunks, reason, position }).toEqual({ chunks: expected.chunks, reason: expected.reason, position: expected.position })
    }
  })

  test('gives each first word that lies in a module an id that leads back to it', () => {
    const region = randomRegion(new Random(5), 1 << 16, 0)
    const { chunks, ids, kernel } = walkInWindows(region, region.length + 32, 6, 4096)
    const view = new DataView(region.buffer)
    expect(ids.some((id) => id >= BEHIND_COOKIE)).toBe(true)
    const inModule = (word: bigint): boolean => word % 8n === 0n && MODULE_RANGES.some((r) => word >= BigInt(r.start) && word < BigInt(r.end))
    expect(ids.some((id) => id > 0 && id < BEHIND_COOKIE)).toBe(true)
    chunks.forEach((chunk, i) => {
      const second = view.getBigUint64(chunk.at + 8, true)
      const counts = !inModule(chunk.first) && chunk.first > 0n && chunk.first < 2n ** 32n && inModule(second)
      expect([ids[i] > 0, ids[i] >= BEHIND_COOKIE]).toEqual([inModule(chunk.first) || counts, counts])
      if (ids[i] > 0) expect(kernel.wordOf(ids[i] % BEHIND_COOKIE)).toBe(Number(counts ? second : chunk.first))
    })
  })

  test('stops behind a free chunk whose size is not repeated there, and goes on where that is not to be checked', () => {
    const region = new Uint8Array(96)
    const view = new DataView(region.buffer)
    view.setBigUint64(8, 33n, true)
    view.setBigUint64(32, 48n, true) // says the free chunk before has 48 bytes; it has 32
    view.setBigUint64(40, 64n, true)
    const kernel = new ChunkWalkKernel(module, [])
    kernel.window.set(region)
    const step = kernel.walk({ windowAt: 0, windowSize: 96, position: 0, top: 128, end: 96, forbidden: 6, before: 0 })
    expect(step).toMatchObject({ count: 1, reason: 'mismatch', position: 32 })
    expect([...kernel.columns.state.subarray(0, 1)]).toEqual([1])
    expect(kernel.walk({ windowAt: 0, windowSize: 96, position: 32, top: 128, end: 96, forbidden: 6, before: 0 })).toMatchObject({ count: 1, reason: 'end' })
  })

  test('keeps sizes beyond 32 GiB', () => {
    const kernel = new ChunkWalkKernel(module, [])
    const size = 2 ** 36
    new DataView(kernel.window.buffer, kernel.window.byteOffset).setBigUint64(8, BigInt(size) | 1n, true)
    const step = kernel.walk({ windowAt: 0, windowSize: 64, position: 0, top: 2 ** 40, end: 2 ** 37, forbidden: 6, before: 0 })
    expect(step).toMatchObject({ count: 1, reason: 'need-window', position: size, oversize: (size - 8) / 8 })
  })
})
