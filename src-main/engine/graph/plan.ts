/**
 * What has to be known of a core before its graph can be built, as plain data: it goes to the threads that build it. Blocks
 * themselves come from the index.
 */
import type { RangeRow, RootKind } from '../../contract/rows.ts'
import type { Region } from '../allocator/blocks.ts'
import { PF_W } from '../elf/file.ts'
import type { AddressSpace } from '../memory/addressSpace.ts'
import { WORD_KIND, WORD_KIND_OF_RANGE } from './wordKinds.ts'

/** Memory that is in the core file: `size` bytes of the process from `address` on, at `offset` of the file. */
export interface Piece {
  address: number
  offset: number
  size: number
}

/** A piece of memory that no block holds and the program can reach. */
export interface RootPiece extends Piece {
  kind: RootKind
  /** Position in the summary's threads, for stacks, thread-local variables and registers; else -1. */
  thread: number
}

export interface GraphPlan {
  /** Of the blocks' index. */
  identity: string
  /** Of the graph: another one where tagged words count. */
  graph: string
  /** Words count as pointers too that are one once their upper 16 bits are left out. */
  tagged: boolean
  /** Memory of the regions, piece by piece; both in address order. */
  regionPieces: Piece[][]
  roots: RootPiece[]
  /** General registers by thread, as the core has them. */
  registers: bigint[][]
  /** Half-open, disjoint, in address order. */
  ranges: { start: number; end: number; kind: number }[]
  /** Bytes of memory that the program could write to and that are not in the core: pointers there are not known. */
  unread: number
  /** Address points of the vtables that blocks begin with. */
  vtables: number[]
}

/** Where the bytes of [start, end) are in the core; what isn't there is left out. */
export function piecesOf(memory: AddressSpace, start: number, end: number): Piece[] {
  const pieces: Piece[] = []
  for (let i = memory.firstEndingAfter(start); i < memory.ranges.length && memory.ranges[i].start < end; i++) {
    const range = memory.ranges[i]
    const from = Math.max(start, range.start)
    const to = Math.min(end, range.dumpedEnd)
    if (from >= to) continue
    const offset = range.coreOffset + (from - range.start)
    const last = pieces.at(-1)
    if (last && last.address + last.size === from && last.offset + last.size === offset) last.size += to - from
    else pieces.push({ address: from, offset, size: to - from })
  }
  return pieces
}

export function regionPieces(memory: AddressSpace, regions: Region[]): Piece[][] {
  return regions.map((region) => (region.blockCount === 0 ? [] : piecesOf(memory, region.start, region.end)))
}

/** Of a file's private pages the core holds those that were written to; of other memory all. */
export function unreadBytes(memory: AddressSpace): number {
  let bytes = 0
  for (const { flags, path, end, dumpedEnd, promisedEnd } of memory.ranges) {
    if ((flags & PF_W) !== 0) bytes += (path === '' ? end : promisedEnd) - dumpedEnd
  }
  return bytes
}

/** What a word means that leads into a range. */
export function wordKindRanges(ranges: RangeRow[]): GraphPlan['ranges'] {
  return ranges.filter((r) => r.end <= 2 ** 48).map(({ start, end, kind }) => ({ start, end, kind: WORD_KIND_OF_RANGE[kind] })).filter((r) => r.kind !== WORD_KIND.none)
}
