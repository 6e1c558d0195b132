/** The chunkWalk kernel as plain, obvious TypeScript: what the WASM must agree with. */
import type { WalkStep } from '../../../src-main/engine/kernels/chunkWalk.ts'

export interface TwinChunk {
  /** Of what malloc returned, from the region's start. */
  at: number
  /** Usable bytes. */
  size: number
  used: boolean
  /** First word of the block. */
  first: bigint
}

export interface TwinResult {
  chunks: TwinChunk[]
  reason: WalkStep['reason']
  position: number
}

/** Walks a whole region at once. @param top position of the top chunk @param forbidden flags no chunk has */
export function walkTwin(region: Uint8Array, top: number, forbidden: number): TwinResult {
  const view = new DataView(region.buffer, region.byteOffset, region.byteLength)
  const chunks: TwinChunk[] = []
  let position = 0
  const settle = (head: bigint): void => {
    const last = chunks.at(-1)
    if (last) last.used = (head & 1n) === 1n
  }
  while (position < region.length) {
    if (position + 32 > region.length) return { chunks, reason: 'need-window', position }
    const head = view.getBigUint64(position + 8, true)
    const size = head & ~7n
    const good = size >= 32n && size % 16n === 0n && size <= BigInt(region.length - position) && (head & BigInt(forbidden)) === 0n && !(position < top && size > BigInt(top - position))
    if (!good && (size === 16n || size === 0n) && (head & 2n) === 0n) {
      settle(head)
      return { chunks, reason: 'fencepost', position }
    }
    if (position === top) {
      settle(head)
      return { chunks, reason: 'top', position }
    }
    if (!good) return { chunks, reason: 'bad-size', position }
    settle(head)
    const last = chunks.at(-1)
    if (last && !last.used && view.getBigUint64(position, true) !== BigInt(last.size + 8)) return { chunks, reason: 'mismatch', position }
    chunks.push({ at: position + 16, size: Number(size) - 8, used: true, first: view.getBigUint64(position + 16, true) })
    position += Number(size)
  }
  return { chunks, reason: 'end', position }
}
