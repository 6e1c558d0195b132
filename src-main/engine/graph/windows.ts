/**
 * The memory that is scanned for references, in windows of 512 KiB, so that a 16-bit number says which word of its window a
 * reference is: first the windows of the regions' blocks, in address order, then those of the roots.
 */
import type { RootKind } from '../../contract/rows.ts'
import type { Region } from '../allocator/blocks.ts'
import { firstWhere } from '../search.ts'
import type { GraphPlan, Piece } from './plan.ts'

export const WINDOW_BYTES = 1 << 19
/** Words of a block that its layout class looks at, which may lie behind the window it begins in. */
export const LAYOUT_WORDS = 64
export const LAYOUT_BYTES = LAYOUT_WORDS * 8
/** f64 fields of a window's record, as the kernel reads it. */
export const WINDOW_FIELDS = 9

/** A root window: what its references come from. */
export interface RootWindow {
  kind: RootKind
  /** Of its first word; the number of the first register for registers. */
  address: number
  size: number
  thread: number
}

export interface Windows {
  /** Records of WINDOW_FIELDS: address, offset in the core (-1: registers), bytes, first block (-1 - root: a root window), end block, end and start of the region, bytes behind it that are there too, and, after the scan, the first of its references. */
  records: number[]
  count: number
  roots: RootWindow[]
}

const REGISTER_BYTES = 8

/** How many root windows a plan will have. */
export function countRootWindows(plan: GraphPlan): number {
  let count = plan.registers.length
  for (const piece of plan.roots) for (const _ of cut([piece])) count++
  return count
}

/** @param start the blocks' columns */
export function planWindows(plan: GraphPlan, regions: Region[], start: Uint32Array): Windows {
  const records: number[] = []
  const roots: RootWindow[] = []
  regions.forEach((region, i) => {
    for (const window of cut(plan.regionPieces[i])) {
      const granules = (window.address - region.start) / 8
      const end = region.firstBlock + region.blockCount
      // the block that begins before the window may reach into it
      const next = region.firstBlock + firstWhere(region.blockCount, (b) => start[region.firstBlock + b] >= granules)
      records.push(window.address, window.offset, window.size, Math.max(region.firstBlock, next - 1), end, region.end, region.start, window.more, 0)
    }
  })
  const root = (window: Cut, kind: RootKind, thread: number): void => {
    records.push(window.address, window.offset, window.size, -1 - roots.length, 0, 0, 0, 0, 0)
    roots.push({ kind, address: window.address, size: window.size, thread })
  }
  for (const piece of plan.roots) for (const window of cut([piece])) root(window, piece.kind, piece.thread)
  plan.registers.forEach((registers, thread) => root({ address: 0, offset: -1, size: registers.length * REGISTER_BYTES, more: 0 }, 'registers', thread))
  return { records, count: records.length / WINDOW_FIELDS, roots }
}

interface Cut extends Piece {
  more: number
}

function* cut(pieces: Piece[]): Iterable<Cut> {
  for (const { address, offset, size } of pieces) {
    const skip = (8 - (address % 8)) % 8
    for (let done = skip; done + 8 <= size; done += WINDOW_BYTES) {
      const left = size - done - ((size - done) % 8)
      const length = Math.min(WINDOW_BYTES, left)
      yield { address: address + done, offset: offset + done, size: length, more: Math.min(LAYOUT_BYTES, left - length) }
    }
  }
}
