/**
 * The call frame information of one module: which FDE an address belongs to. `.eh_frame` is read where the process had it,
 * through the sorted table of `.eh_frame_hdr`; where there is none, all entries are gone through once. `.debug_frame`, a
 * file's, serves where `.eh_frame` says nothing. Source: Linux Standard Base Core 5.0 §10.6.2 (`.eh_frame_hdr`).
 */
import type { Module } from '../corefile/modules.ts'
import { SHT_NOBITS } from '../elf/file.ts'
import { FormatError, type Diagnostics } from '../errors.ts'
import type { AddressSpace } from '../memory/addressSpace.ts'
import { DwarfCursor } from './dwarfCursor.ts'
import { FrameEntries, pointerValue, readPointer, type FrameEntry, type FrameSection } from './frameEntries.ts'

const PT_GNU_EH_FRAME = 0x6474e550
const HEADER_BYTES = 64
const DATAREL_SDATA4 = 0x3b
/** Bytes of entries that are gone through. */
const MAX_SECTION = 256 << 20
const PAGE = 4096

/** The sorted table: pairs of 32-bit offsets from the header. */
interface SearchTable {
  header: number
  start: number
  count: number
}

interface Sorted {
  low: number
  high: number
  position: number
}

export class FrameTable {
  private readonly module: Module
  private readonly memory: AddressSpace
  private readonly diagnostics: Diagnostics
  private eh: { entries: FrameEntries; table: SearchTable | null; sorted: Sorted[] | null; start: number } | null | undefined
  private debug: { entries: FrameEntries; sorted: Sorted[] } | null = null
  /** Nobody has said yet what `.debug_frame` holds. */
  wantsDebugFrame = true

  constructor(module: Module, memory: AddressSpace, diagnostics: Diagnostics) {
    this.module = module
    this.memory = memory
    this.diagnostics = diagnostics
  }

  /** The section's bytes, decompressed; null: there is none. */
  setDebugFrame(bytes: Uint8Array | null): void {
    this.wantsDebugFrame = false
    if (bytes === null || bytes.length === 0) return
    const { bias, path } = this.module
    const section: FrameSection = { where: `${path} .debug_frame`, kind: 'debug', bias, dataBase: NaN, read: (at, size) => (at >= 0 ? bytes.subarray(at, at + size) : bytes.subarray(0, 0)) }
    const entries = new FrameEntries(section)
    this.debug = { entries, sorted: this.guard([], () => scan(entries, 0)) }
  }

  /** Null where nothing says how the frame of that address is made. */
  at(address: number): FrameEntry | null {
    return this.guard(null, () => this.ehEntry(address)) ?? this.guard(null, () => this.debugEntry(address))
  }

  private guard<T>(otherwise: T, step: () => T): T {
    return this.diagnostics.guard(otherwise, step)
  }

  private ehEntry(address: number): FrameEntry | null {
    if (this.eh === undefined) {
      this.eh = null // whatever is wrong with it is said once
      this.eh = this.openEh()
    }
    const { eh } = this
    if (!eh) return null
    if (eh.table) {
      const entry = this.search(eh.entries, eh.table, address)
      if (entry) return entry
    }
    // a table need not have all
    if (!eh.sorted) {
      eh.sorted = []
      eh.sorted = eh.table ? [] : scan(eh.entries, eh.start)
    }
    return entryIn(eh.entries, eh.sorted, address)
  }

  private debugEntry(address: number): FrameEntry | null {
    return this.debug && entryIn(this.debug.entries, this.debug.sorted, address)
  }

  private openEh(): NonNullable<typeof this.eh> | null {
    const { module, memory } = this
    const { bias } = module
    const read = ahead(memory)
    const section: FrameSection = { where: `${module.vdso ? '[vdso]' : module.path} .eh_frame`, kind: 'eh', bias, dataBase: NaN, read }
    const entries = new FrameEntries(section)
    const segment = module.segments.find((s) => s.type === PT_GNU_EH_FRAME && s.memsz >= 8)
    if (segment) {
      const header = segment.vaddr + bias
      const bytes = read(header, HEADER_BYTES)
      const cursor = new DwarfCursor(bytes, `${section.where}_hdr`)
      if (bytes.length >= 8 && cursor.u8() === 1) {
        const [frameEncoding, countEncoding, tableEncoding] = [cursor.u8(), cursor.u8(), cursor.u8()]
        const base = { bias, dataBase: header }
        const start = readPointer(cursor, frameEncoding, header, base)
        const count = countEncoding === 0xff ? 0 : pointerValue(cursor, countEncoding & 0x0f)
        const isSorted = tableEncoding === DATAREL_SDATA4 && count > 0 && count * 8 <= segment.memsz
        const table = isSorted ? { header, start: header + cursor.at, count } : null
        if (start !== null) return { entries, table, sorted: null, start }
      }
    }
    const found = this.ehSection()
    if (!found) return null
    const end = found.addr + bias + found.size
    section.read = (at, size) => read(at, Math.max(0, Math.min(size, end - at)))
    return { entries, table: null, sorted: null, start: found.addr + bias }
  }

  private ehSection(): { addr: number; size: number } | null {
    for (const elf of [this.module.elf, this.module.debugElf]) {
      const section = elf?.readSections().find((s) => s.name === '.eh_frame' && s.type !== SHT_NOBITS && s.addr > 0 && s.size <= MAX_SECTION)
      if (section) return section
    }
    return null
  }

  private search(entries: FrameEntries, { header, start, count }: SearchTable, address: number): FrameEntry | null {
    const pair = new Uint8Array(8)
    const view = new DataView(pair.buffer)
    const wanted = address - header
    let low = 0
    let high = count
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (this.memory.readInto(start + middle * 8, pair) !== 8) return null
      if (view.getInt32(0, true) <= wanted) low = middle + 1
      else high = middle
    }
    if (low === 0 || this.memory.readInto(start + (low - 1) * 8, pair) !== 8) return null
    const entry = entries.at(header + view.getInt32(4, true))?.entry ?? null
    return entry && address >= entry.low && address < entry.high ? entry : null
  }
}

/** Entries lie side by side: a page is read at once. What is answered stays as it is. */
function ahead(memory: AddressSpace): FrameSection['read'] {
  let start = 0
  let bytes = new Uint8Array(0)
  return (at, size) => {
    if (!(at >= 0 && at < Number.MAX_SAFE_INTEGER)) return new Uint8Array(0)
    if (at < start || at + size > start + bytes.length) {
      const page = new Uint8Array(Math.max(size, PAGE))
      bytes = page.subarray(0, memory.readInto(at, page))
      start = at
    }
    return bytes.subarray(at - start, at - start + size)
  }
}

/** All FDEs from a position on, by address. Damage costs what is behind it. */
function scan(entries: FrameEntries, start: number): Sorted[] {
  const sorted: Sorted[] = []
  try {
    for (let position = start; position - start < MAX_SECTION; ) {
      const found = entries.at(position)
      if (!found) break
      if (found.entry && found.entry.high > found.entry.low) sorted.push({ low: found.entry.low, high: found.entry.high, position })
      position = found.next
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    if (sorted.length === 0) throw error
  }
  return sorted.sort((a, b) => a.low - b.low)
}

/** Functions that the linker left out have FDEs at 0 and overlap with nothing. */
function entryIn(entries: FrameEntries, sorted: Sorted[], address: number): FrameEntry | null {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle].low <= address) low = middle + 1
    else high = middle
  }
  const found = sorted[low - 1]
  return found && address < found.high ? (entries.at(found.position)?.entry ?? null) : null
}
