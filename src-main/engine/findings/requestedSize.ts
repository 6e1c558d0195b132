/**
 * What a program most likely asked malloc for, by what it wrote. glibc's usable sizes are 24, 40, 56, …: usable 88
 * serves requests of 73 to 88 bytes. The last 8 usable bytes are the next chunk's prev_size field: where the program
 * writes there, it asked for them; where it never does, it asked for 8 fewer.
 */
import type { AddressSpace } from '../memory/addressSpace.ts'
import { CHUNK_BITS, CHUNK_BLOCKS, STATE, type Blocks } from '../allocator/blocks.ts'

const SAMPLES = 64
/** Share of samples with something in the last bytes for them to count as the program's. */
const WRITTEN = 0.25

/** By usable size: up to SAMPLES untyped used blocks, spread over the heap. */
export function sampleBlocks(blocks: Blocks, sizes: ReadonlySet<number>): Map<number, number[]> {
  const samples = new Map<number, number[]>()
  const seen = new Map<number, number>()
  for (let chunk = 0; chunk < blocks.chunkCount; chunk++) {
    const { words, state, type } = blocks.chunk(chunk)
    const length = Math.min(CHUNK_BLOCKS, blocks.count - (chunk << CHUNK_BITS))
    for (let i = 0; i < length; i++) {
      if (state[i] !== STATE.used || type[i] !== 0 || !sizes.has(words[i] * 8)) continue
      const size = words[i] * 8
      const count = (seen.get(size) ?? 0) + 1
      seen.set(size, count)
      const list = samples.get(size) ?? []
      // the first SAMPLES, then ever rarer ones: every power of two of them is spread anew
      if (list.length < SAMPLES) samples.set(size, [...list, (chunk << CHUNK_BITS) + i])
      else if ((count & (count - 1)) === 0 || count % 65_521 === 0) list[count % SAMPLES] = (chunk << CHUNK_BITS) + i
    }
  }
  return samples
}

/** Requested bytes for blocks of one usable size, from samples of them. */
export function requestedSize(memory: AddressSpace, blocks: Blocks, usable: number, samples: number[]): number {
  if (usable % 16 !== 8) return usable // not an ordinary glibc chunk
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
