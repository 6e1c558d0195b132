/**
 * The memory of the dumped process: which addresses are mapped, and their bytes. A byte comes from the core, or,
 * where the kernel left out a page of a file, from that file (attached only when its build-id matches). A byte
 * that is in neither is absent, with the reason; it is never zero.
 */
import { PT_LOAD, type Readable, type Segment } from '../elf/file.ts'
import type { Diagnostics } from '../errors.ts'
import { hex } from '../bytes/units.ts'
import { word } from '../bytes/cursor.ts'

export type AbsentReason = 'unmapped' | 'not-dumped' | 'truncated'
export type Read = { ok: true; bytes: Uint8Array } | { ok: false; reason: AbsentReason; at: number }

/** Half-open, disjoint, in address order. */
export interface Range {
  start: number
  end: number
  /** PF_R | PF_W | PF_X; 0 for reserved address space. */
  flags: number
  /** Of the byte at `start`, in the core. */
  coreOffset: number
  /** Addresses from here on are not in the core. */
  dumpedEnd: number
  /** Addresses from `dumpedEnd` to here should be in the core, but the file ends before. */
  promisedEnd: number
  /** Path of the mapped file, '' where the core names none. */
  path: string
  /** Of the byte at `start`, in the mapped file. */
  fileOffset: number
  /** Only NT_FILE names it, no segment does (gcore leaves out what it doesn't dump): `flags` are its module's, or PF_R. */
  listedOnly: boolean
  /** The mapped file itself, once it is known to be the right one. */
  file: Readable | null
}

const PAGE = 4096
const CACHE_SLOTS = 2048

export class AddressSpace {
  readonly ranges: Range[]
  private readonly core: Readable
  private lastRange = 0
  private readonly cachePage = new Float64Array(CACHE_SLOTS).fill(-1)
  private readonly cacheLength = new Int32Array(CACHE_SLOTS)
  private readonly cacheBytes: (Uint8Array | undefined)[] = []
  private readonly cacheView: DataView[] = []

  constructor(core: Readable, ranges: Range[]) {
    this.core = core
    this.ranges = ranges
  }

  /** The range that holds the address, or null. */
  find(address: number): Range | null {
    const { ranges } = this
    const last = ranges[this.lastRange]
    if (last && address >= last.start && address < last.end) return last
    const index = this.firstEndingAfter(address)
    const range = ranges[index]
    if (!range || address < range.start) return null
    this.lastRange = index
    return range
  }

  /** Index of the first range whose end lies above the address. */
  firstEndingAfter(address: number): number {
    const { ranges } = this
    let low = 0
    let high = ranges.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (ranges[middle].end > address) high = middle
      else low = middle + 1
    }
    return low
  }

  /** Fills `target` from `address` on, across ranges, up to the first absent byte; answers how many. */
  readInto(address: number, target: Uint8Array): number {
    let done = 0
    while (done < target.length) {
      const at = address + done
      const range = this.find(at)
      if (!range) break
      let got = 0
      if (at < range.dumpedEnd) {
        const size = Math.min(target.length - done, range.dumpedEnd - at)
        got = this.core.read(range.coreOffset + (at - range.start), target.subarray(done, done + size))
      } else if (range.file && at >= range.promisedEnd) {
        const size = Math.min(target.length - done, range.end - at)
        got = range.file.read(range.fileOffset + (at - range.start), target.subarray(done, done + size))
      }
      if (got <= 0) break
      done += got
    }
    return done
  }

  read(address: number, size: number): Read {
    const bytes = new Uint8Array(size)
    const got = this.readInto(address, bytes)
    if (got === size) return { ok: true, bytes }
    return { ok: false, reason: this.whyAbsent(address + got), at: address + got }
  }

  whyAbsent(address: number): AbsentReason {
    const range = this.find(address)
    if (!range) return 'unmapped'
    return address >= range.dumpedEnd && address < range.promisedEnd ? 'truncated' : 'not-dumped'
  }

  /** Bytes from `address` on that can be read without a gap, `limit` at most. Costs no reading. */
  presentFrom(address: number, limit: number): number {
    let at = address
    const stop = address + limit
    while (at < stop) {
      const range = this.find(at)
      if (!range) break
      if (at < range.dumpedEnd) at = Math.min(stop, range.dumpedEnd)
      else if (range.file && at >= range.promisedEnd) at = Math.min(stop, range.end)
      else break
    }
    return at - address
  }

  /** The lowest address from here on whose byte is present; Infinity where there is none. Costs no reading. */
  nextPresent(address: number): number {
    for (let i = this.firstEndingAfter(address); i < this.ranges.length; i++) {
      const range = this.ranges[i]
      const at = Math.max(address, range.start)
      if (at < range.dumpedEnd) return at
      if (range.file && Math.max(at, range.promisedEnd) < range.end) return Math.max(at, range.promisedEnd)
    }
    return Infinity
  }

  /** The 8-byte word at an 8-aligned address; NaN where it is absent or no double holds it. Pages are cached. */
  word(address: number): number {
    const page = Math.floor(address / PAGE) * PAGE
    const slot = (page / PAGE) % CACHE_SLOTS
    if (this.cachePage[slot] !== page) this.load(slot, page)
    const at = address - page
    return at + 8 <= this.cacheLength[slot] ? word(this.cacheView[slot], at) : NaN
  }

  private load(slot: number, page: number): void {
    let bytes = this.cacheBytes[slot]
    if (!bytes) {
      bytes = this.cacheBytes[slot] = new Uint8Array(PAGE)
      this.cacheView[slot] = new DataView(bytes.buffer)
    }
    this.cachePage[slot] = page
    this.cacheLength[slot] = this.readInto(page, bytes)
  }

  /** The text at an address up to its zero byte; null where a byte is absent or it is longer than `limit`. */
  string(address: number, limit: number): string | null {
    const bytes = new Uint8Array(Math.min(limit, 256))
    let all: Uint8Array = new Uint8Array(0)
    for (let at = address; all.length < limit; at += bytes.length) {
      const got = this.readInto(at, bytes)
      const end = bytes.subarray(0, got).indexOf(0)
      all = Buffer.concat([all, bytes.subarray(0, end < 0 ? got : end)])
      if (end >= 0) return new TextDecoder().decode(all)
      if (got < bytes.length) return null
    }
    return null
  }
}

/** The ranges of a core's PT_LOAD segments: sorted, overlaps given to the lower segment, cut at the file's end. */
export function rangesOfCore(segments: Segment[], coreSize: number, diagnostics: Diagnostics): Range[] {
  const loads = segments.filter((s) => s.type === PT_LOAD && s.memsz > 0)
  const ordered = loads.every((s, i) => i === 0 || loads[i - 1].vaddr <= s.vaddr) ? loads : [...loads].sort((a, b) => a.vaddr - b.vaddr)
  const ranges: Range[] = []
  let cutSegments = 0
  let cutBytes = 0
  let previousEnd = 0
  for (const s of ordered) {
    const where = `PT_LOAD ${s.index}`
    const end = s.vaddr + s.memsz
    if (Number.isNaN(end) || !Number.isFinite(end) || s.offset > Number.MAX_SAFE_INTEGER || end > 2 ** 64 || (end > Number.MAX_SAFE_INTEGER && (s.vaddr % PAGE !== 0 || end % PAGE !== 0))) {
      diagnostics.add('damaged', where, s.offset, `says it maps ${hex(s.vaddr)} to ${hex(end)}: left out`)
      continue
    }
    const before = ranges.at(-1)
    if (before && s.vaddr < before.end && s.vaddr >= before.promisedEnd && s.vaddr > before.start) {
      diagnostics.add('damaged', where, s.vaddr, `begins within the undumped end of the segment before it, which is cut there`)
      before.end = previousEnd = s.vaddr
    }
    const start = Math.max(s.vaddr, previousEnd)
    if (start > s.vaddr) diagnostics.add('damaged', where, s.vaddr, `overlaps the segment before it by ${Math.min(end, previousEnd) - s.vaddr} bytes`)
    if (start >= end) continue
    previousEnd = end
    const promisedEnd = Math.max(start, Math.min(end, s.vaddr + s.filesz))
    const dumpedEnd = Math.max(start, Math.min(promisedEnd, s.vaddr + Math.max(0, coreSize - s.offset)))
    if (dumpedEnd < promisedEnd) {
      cutSegments++
      cutBytes += promisedEnd - dumpedEnd
    }
    ranges.push({ start, end, flags: s.flags & 7, coreOffset: s.offset + (start - s.vaddr), dumpedEnd, promisedEnd, path: '', fileOffset: 0, listedOnly: false, file: null })
  }
  if (cutSegments > 0) {
    diagnostics.add('truncated', 'core file', coreSize, `the file ends early: ${cutBytes} bytes of ${cutSegments} segments are missing; what is said of them is incomplete`)
  }
  return ranges
}
