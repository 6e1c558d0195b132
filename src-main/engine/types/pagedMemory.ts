/**
 * Reads words of the process from anywhere, fast: pages of 8 KiB in one buffer, found by their number, so that a walk along
 * pointers costs one read of the file for each page it meets. What is absent reads as NaN, as AddressSpace.word has it.
 */
import type { AddressSpace } from '../memory/addressSpace.ts'

const PAGE_BITS = 13
const PAGE = 1 << PAGE_BITS
/** 64 MiB. */
const SLOTS = 8192

export class PagedMemory {
  private readonly memory: AddressSpace
  private readonly bytes: Uint8Array
  private readonly view: DataView
  private readonly page = new Float64Array(SLOTS).fill(-1)
  /** Of each page held: the bytes that are there, half-open. */
  private readonly first = new Int32Array(SLOTS)
  private readonly end = new Int32Array(SLOTS)

  /** @param slots pages that are held at a time */
  constructor(memory: AddressSpace, slots = SLOTS) {
    this.memory = memory
    this.bytes = new Uint8Array(Math.min(SLOTS, slots) * PAGE)
    this.view = new DataView(this.bytes.buffer)
  }

  /** Where the byte at an address lies in `view` with `size` bytes from it on in the same page; -1 where they are not there. */
  private locate(address: number, size: number): number {
    const page = Math.floor(address / PAGE)
    const slot = page % (this.bytes.length / PAGE)
    if (this.page[slot] !== page) this.load(slot, page)
    const within = address - page * PAGE
    return within >= this.first[slot] && within + size <= this.end[slot] ? slot * PAGE + within : -1
  }

  private load(slot: number, page: number): void {
    const start = page * PAGE
    // a mapping may begin within the page
    const first = Math.min(PAGE, this.memory.nextPresent(start) - start)
    this.page[slot] = page
    this.first[slot] = first
    this.end[slot] = first + this.memory.readInto(start + first, this.bytes.subarray(slot * PAGE + first, (slot + 1) * PAGE))
  }

  /** The 8 bytes at an address as a number; NaN where they are absent or no double holds them. */
  word(address: number): number {
    const at = this.locate(address, 8)
    if (at < 0) return NaN
    const high = this.view.getUint32(at + 4, true)
    return high > 0x1f_ffff ? NaN : high * 0x1_0000_0000 + this.view.getUint32(at, true)
  }

  /** An unsigned integer of 1, 2 or 4 bytes, or of 8 that a double holds; NaN where it is absent. */
  unsigned(address: number, size: number): number {
    const at = this.locate(address, size)
    if (at < 0) return NaN
    switch (size) {
      case 1:
        return this.view.getUint8(at)
      case 2:
        return this.view.getUint16(at, true)
      case 4:
        return this.view.getUint32(at, true)
      default:
        return this.word(address)
    }
  }

  /** Up to `size` bytes from an address on, as far as they are there. */
  read(address: number, size: number): Uint8Array {
    const bytes = new Uint8Array(size)
    return bytes.subarray(0, this.memory.readInto(address, bytes))
  }
}
