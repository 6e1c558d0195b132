/** The chunk walk alone, over a window in memory: the kernel beside its plain twin, and beside C (graphKernels.ts). */
import { ChunkWalkKernel } from '../../src-main/engine/kernels/chunkWalk.ts'
import { wasmModule } from '../../src-main/storage/wasmModules.ts'
import { walkTwin } from '../engine/kernels/chunkWalkTwin.ts'

const REGION = 4 << 20

export interface Walk {
  kernel: ChunkWalkKernel
  region: Uint8Array
  /** How many `region` is. */
  chunks: number
  /** All of them, by the kernel. */
  walk(): number
}

export function prepareWalk(): Walk {
  const kernel = new ChunkWalkKernel(wasmModule('chunkWalk'), [{ start: 0x400000, end: 0x500000 }])
  const region = kernel.window.subarray(0, REGION)
  const view = new DataView(region.buffer, region.byteOffset, REGION)
  let chunks = 0
  for (let at = 0; at < REGION; chunks++) {
    const size = Math.min(REGION - at, 32 + ((chunks * 7) % 9) * 16)
    view.setBigUint64(at + 8, BigInt(REGION - at - size < 32 ? REGION - at : size) | 1n, true)
    at += REGION - at - size < 32 ? REGION - at : size
  }
  return { kernel, region, chunks, walk: () => kernel.walk({ windowAt: 0, windowSize: REGION, position: 0, top: REGION + 32, end: REGION, forbidden: 6, before: 0 }).count }
}

/** Chunks a second. */
export function chunkWalkRates(): { kernel: number; twin: number } {
  const { region, chunks, walk } = prepareWalk()
  return { kernel: rate(chunks, walk), twin: rate(chunks, () => walkTwin(region, REGION + 32, 6).chunks.length) }
}

export function rate(chunks: number, walk: () => number): number {
  const started = performance.now()
  let rounds = 0
  for (; performance.now() - started < 1000; rounds++) if (walk() !== chunks) throw new Error('the walk did not reach the end')
  return (rounds * chunks) / ((performance.now() - started) / 1000)
}
