/**
 * All words of the process's own memory that may lead to certain blocks, in one linear pass: those of used blocks, then those of memory
 * that no allocator claims. Words beyond what a program still uses count too. Some that lead elsewhere are told as well.
 */
import type { RangeRow } from '../../contract/rows.ts'
import { GRANULE, STATE } from '../allocator/blocks.ts'
import type { AddressSpace } from '../memory/addressSpace.ts'
import type { HeapColumns } from './heapColumns.ts'

/** Memory that holds pointers of the program's and is no block. */
const ROOT_KINDS: ReadonlySet<RangeRow['kind']> = new Set<RangeRow['kind']>(['module-data', 'module-bss', 'thread-stack', 'anonymous'])
const WINDOW = 1 << 18
const PAGE_BITS = 12
const PAGE = 1 << PAGE_BITS
/** Bytes of a block that are there with its start. */
export const BLOCK_START = 256

/** @param source the block that holds the word; -1 for memory that no block holds */
export type OnWord = (at: number, value: number, source: number) => void
/** A used block's first bytes: `length` from `from` on, BLOCK_START at most. What is absent reads as zeroes. */
export type OnBlock = (block: number, bytes: Uint8Array, from: number, length: number) => void

export class HeapWords {
  private readonly memory: AddressSpace
  private readonly heap: HeapColumns
  private readonly ranges: readonly RangeRow[]
  private readonly bytes = new Uint8Array(WINDOW + BLOCK_START)
  private readonly words = new Uint32Array(this.bytes.buffer)
  /** No block lies outside. */
  private readonly lowest: number
  private readonly end: number
  /** Set for pages, by the low half of their addresses, that hold bytes of a wanted block. */
  private readonly wanted = new Uint8Array(1 << (32 - PAGE_BITS))

  /** @param isWanted whether words that lead to the block are to be told */
  constructor(memory: AddressSpace, heap: HeapColumns, ranges: readonly RangeRow[], isWanted: (block: number) => boolean) {
    this.memory = memory
    this.heap = heap
    this.ranges = ranges
    this.lowest = heap.regions.reduce((least, { start }) => Math.min(least, start), Infinity)
    this.end = heap.regions.reduce((most, { end }) => Math.max(most, end), 0)
    for (const { start, firstBlock, blockCount } of heap.regions) {
      for (let block = firstBlock; block < firstBlock + blockCount; block++) {
        if (!isWanted(block)) continue
        const first = Math.floor((start + heap.start[block] * GRANULE) / PAGE)
        // all pages are wanted after so many
        const pages = Math.min(this.wanted.length, Math.ceil(heap.size(block) / PAGE) + 1)
        for (let page = first; page < first + pages; page++) this.wanted[page & (this.wanted.length - 1)] = 1
      }
    }
  }

  /** @param ahead words that lead so many bytes past themselves are told too, wherever they lie */
  each(onWord: OnWord, onBlock: OnBlock | null = null, ahead = -1): void {
    this.ofBlocks(onWord, onBlock, ahead)
    this.ofRoots(onWord, ahead)
  }

  eachBlock(onBlock: OnBlock): void {
    this.ofBlocks(null, onBlock, -1)
  }

  private ofBlocks(onWord: OnWord | null, onBlock: OnBlock | null, ahead: number): void {
    const { heap } = this
    for (const { start: regionStart, end: regionEnd, firstBlock, blockCount } of heap.regions) {
      const last = firstBlock + blockCount
      let block = firstBlock
      for (let from = regionStart; from < regionEnd && block < last; from += WINDOW) {
        this.fill(from, Math.min(regionEnd, from + WINDOW + BLOCK_START))
        for (; block < last; block++) {
          const start = heap.address(block)
          if (start >= from + WINDOW) break
          const blockEnd = start + heap.size(block)
          if (heap.state[block] === STATE.used) {
            if (onBlock !== null && start >= from) onBlock(block, this.bytes, start - from, Math.min(BLOCK_START, blockEnd - start))
            if (onWord !== null) this.tell(from, Math.max(start, from), Math.min(blockEnd, from + WINDOW), block, onWord, ahead)
          }
          if (blockEnd > from + WINDOW) break
        }
      }
    }
  }

  private ofRoots(onWord: OnWord, ahead: number): void {
    for (const { kind, start, end } of this.ranges) {
      if (!ROOT_KINDS.has(kind)) continue
      for (let from = this.nextWord(start); from < end; from = this.nextWord(from)) {
        const to = Math.min(end, from + WINDOW)
        this.fill(from, to)
        this.tell(from, from, to, -1, onWord, ahead)
        from = to
      }
    }
  }

  /** The first aligned address from here on whose byte is there. */
  private nextWord(address: number): number {
    return Math.ceil(this.memory.nextPresent(address) / 8) * 8
  }

  /** Into `bytes`; what is absent as zeroes. */
  private fill(from: number, to: number): void {
    const size = to - from
    let got = this.memory.readInto(from, this.bytes.subarray(0, size))
    while (got < size) {
      const next = this.memory.nextPresent(from + got)
      const gapEnd = Math.min(size, next - from)
      this.bytes.fill(0, got, gapEnd)
      if (gapEnd >= size) break
      const more = this.memory.readInto(next, this.bytes.subarray(gapEnd, size))
      if (more === 0) {
        this.bytes.fill(0, gapEnd, size)
        break
      }
      got = gapEnd + more
    }
  }

  private tell(base: number, from: number, to: number, source: number, onWord: OnWord, ahead: number): void {
    const { words, lowest, end, wanted } = this
    const last = Math.floor((to - base) / 8)
    for (let w = (from - base) / 8; w < last; w++) {
      const high = words[2 * w + 1]
      if (high === 0 || high > 0xffff) continue
      const low = words[2 * w]
      const value = high * 0x1_0000_0000 + low
      if ((wanted[low >>> PAGE_BITS] === 1 && value >= lowest && value < end) || value === base + w * 8 + ahead) onWord(base + w * 8, value, source)
    }
  }
}
