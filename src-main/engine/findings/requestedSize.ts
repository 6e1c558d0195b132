/**
 * What a program most likely asked malloc for, by what it wrote. glibc's usable sizes are 24, 40, 56, …: usable 88
 * serves requests of 73 to 88 bytes. The last 8 usable bytes are the next chunk's prev_size field: where the program
 * writes there, it asked for them; where it never does, it asked for 8 fewer. A mmapped block is rounded up to pages:
 * there the last byte that isn't zero says it, if the last page has one.
 */
import type { AddressSpace } from '../memory/addressSpace.ts'
import { CHUNK_BITS, CHUNK_BLOCKS, STATE, type Blocks } from '../allocator/blocks.ts'
import { DENSE_WORDS, type Group } from './groups.ts'

const SAMPLES = 64
/** Share of samples with something in the last bytes for them to count as the program's. */
const WRITTEN = 0.25

/** By usable size: up to SAMPLES used blocks without a type, spread over the heap. */
export function sampleBlocks(blocks: Blocks, groups: Group[]): Map<number, number[]> {
  // each size is sampled every so many blocks, so that the samples are spread over all of them
  const every = new Map<number, number>()
  for (const g of groups) if (!g.free && g.type === 0) every.set(g.size / 8, (every.get(g.size / 8) ?? 0) + g.count / SAMPLES)
  const countdown = new Float64Array(DENSE_WORDS)
  const samples = new Map<number, number[]>()
  for (let chunk = 0; chunk < blocks.chunkCount; chunk++) {
    const { words, state, type } = blocks.chunk(chunk)
    const length = Math.min(CHUNK_BLOCKS, blocks.count - (chunk << CHUNK_BITS))
    for (let i = 0; i < length; i++) {
      const w = words[i]
      if (state[i] !== STATE.used || type[i] !== 0 || (w < DENSE_WORDS && --countdown[w] > 0)) continue
      if (w < DENSE_WORDS) countdown[w] += every.get(w) ?? 1
      const list = samples.get(w * 8)
      if (!list) samples.set(w * 8, [(chunk << CHUNK_BITS) + i])
      else if (list.length < SAMPLES) list.push((chunk << CHUNK_BITS) + i)
    }
  }
  return samples
}

/** Requested bytes for blocks of one usable size, from samples of them. */
export function requestedSize(memory: AddressSpace, blocks: Blocks, usable: number, samples: number[]): number {
  if (usable % 16 !== 8) return requestedOfMmapped(memory, blocks, usable, samples)
  let high = 0
  let low = 0
  for (const block of samples) {
    const last = memory.read(blocks.address(block) + usable - 8, 8)
    if (!last.ok) continue
    const view = new DataView(last.bytes.buffer)
    const word = view.getBigUint64(0, true)
    // a free chunk once left its size here, which is no sign of the program
    if (word === 0n || (word % 16n === 0n && word >= 32n && word <= BigInt(usable) + 8n)) continue
    if (view.getUint32(4, true) !== 0) high++
    else low++
  }
  const enough = samples.length * WRITTEN
  if (high > enough) return usable
  if (high + low > enough) return usable - 4
  return usable - 8
}

const PAGE = 4096

/** The kernel hands out zeroes, and what malloc asked for ends in the last page. */
function requestedOfMmapped(memory: AddressSpace, blocks: Blocks, usable: number, samples: number[]): number {
  let written = 0
  for (const block of samples) {
    const size = Math.min(usable, PAGE)
    const last = memory.read(blocks.address(block) + usable - size, size)
    if (!last.ok) continue
    const end = last.bytes.findLastIndex((byte) => byte !== 0) + 1
    if (end > 0) written = Math.max(written, usable - size + Math.ceil(end / 8) * 8)
  }
  return written > 0 ? Math.min(written, usable) : usable
}
