/**
 * What lies beside the DIEs: pools of strings and addresses, file tables, range lists, for one file of the DWARF builder.
 * Sources: DWARF 5 §6.2.4, §7.25, §7.26, §7.27; DWARF 4 §6.2.4, §2.17.3.
 */
import { DWARF_SECTIONS, type DwarfSection } from '../../src-main/engine/dwarf/file.ts'
import { ByteWriter } from './byteWriter.ts'
import { CONTENT, FORM, RLE, type FormName } from './dwarfNames.ts'
import type { Base, FileSpec, LineTable, RangeList, UnitSpec } from './dwarfTree.ts'

/** Bytes to be put once all offsets are known. */
export interface Fixup {
  file: FileSections
  section: DwarfSection
  at: number
  encode: () => ArrayLike<number>
}

/** One file while it is built. */
export class FileSections {
  readonly spec: FileSpec
  readonly out: Record<DwarfSection, ByteWriter>
  readonly fixups: Fixup[] = []
  private readonly textAt = new Map<string, number>()

  constructor(spec: FileSpec) {
    this.spec = spec
    this.out = Object.fromEntries(DWARF_SECTIONS.map((section) => [section, new ByteWriter()])) as Record<DwarfSection, ByteWriter>
    // So that no text is at offset 0, which an unset offset would hit too.
    this.out.str.text('')
    this.out.lineStr.text('')
  }

  text(section: 'str' | 'lineStr', text: string): number {
    const key = section + text
    const at = this.textAt.get(key) ?? this.out[section].length
    if (!this.textAt.has(key)) this.out[section].text(text)
    this.textAt.set(key, at)
    return at
  }

  /** Room for what `encode` will answer when everything is in its place. */
  later(section: DwarfSection, size: number, encode: () => ArrayLike<number>): void {
    this.fixups.push({ file: this, section, at: this.out[section].length, encode })
    this.out[section].zeroes(size)
  }

  done(): Record<DwarfSection, Uint8Array> {
    const bytes = Object.fromEntries(DWARF_SECTIONS.map((section) => [section, this.out[section].done()])) as Record<DwarfSection, Uint8Array>
    for (const { section, at, encode } of this.fixups) bytes[section].set(encode(), at)
    if (bytes.str.length === 1) bytes.str = new Uint8Array(0)
    if (bytes.lineStr.length === 1) bytes.lineStr = new Uint8Array(0)
    return bytes
  }
}

export const offsetSize = ({ format }: { format: 32 | 64 }): number => (format === 64 ? 8 : 4)

export function fixed(size: number, value: number | bigint): Uint8Array {
  const out = new ByteWriter().u64(value).done()
  if (size < 8 && value >= 2 ** (8 * size)) throw new Error(`${value} does not fit into ${size} bytes`)
  return out.subarray(0, size)
}

export function putFixed(out: ByteWriter, size: number, value: number | bigint): void {
  out.bytes(fixed(size, value))
}

/** unit_length, then what `body` writes, which it counts. */
export function withLength(file: FileSections, section: DwarfSection, format: 32 | 64, body: () => void, length?: number): void {
  const out = file.out[section]
  if (format === 64) out.u32(0xffffffff)
  const size = offsetSize({ format })
  let end = 0
  const start = out.length + size
  file.later(section, size, () => fixed(size, length ?? end - start))
  body()
  end = out.length
}

/** What one unit has in the sections of indexed things. Written behind the units; indices are known at once. */
export class UnitPools {
  readonly strings: string[]
  readonly addresses: number[] = []
  readonly lists: { list: RangeList; at: number }[]
  readonly indexedLists: RangeList[]
  /** Its texts and lists are those of another unit, which writes them. */
  readonly isShared: boolean
  /** Which of the bases the unit has to say. */
  readonly uses = new Set<Base['section']>()
  /** Offsets of the first entries, once written. */
  readonly base: Record<Base['section'], number> = { strOffsets: 0, addr: 0, rnglists: 0, ranges: 0, line: 0 }

  /** @param first of a .dwo file: the pools of its first unit, for there are no bases there that could tell others apart */
  constructor(first: UnitPools | null) {
    this.isShared = first !== null
    this.strings = first?.strings ?? []
    this.lists = first?.lists ?? []
    this.indexedLists = first?.indexedLists ?? []
  }

  string(text: string): number {
    return indexIn(this.strings, text)
  }

  address(address: number): number {
    return indexIn(this.addresses, address)
  }
}

function indexIn<T>(pool: T[], value: T): number {
  const index = pool.indexOf(value)
  return index < 0 ? pool.push(value) - 1 : index
}

export function writeStrOffsets(file: FileSections, spec: UnitSpec, pools: UnitPools): void {
  const out = file.out.strOffsets
  const size = offsetSize(spec)
  const body = (): void => {
    if (spec.version >= 5) out.u16(5, 0)
    pools.base.strOffsets = out.length
    for (const text of pools.strings) putFixed(out, size, file.text('str', text))
  }
  if (pools.strings.length === 0) return
  if (spec.version >= 5) withLength(file, 'strOffsets', spec.format, body)
  else body()
}

export function writeAddresses(file: FileSections, spec: UnitSpec, pools: UnitPools): void {
  const out = file.out.addr
  const body = (): void => {
    if (spec.version >= 5) out.u16(5).u8(spec.addressSize, 0)
    pools.base.addr = out.length
    for (const address of pools.addresses) putFixed(out, spec.addressSize, address)
  }
  if (pools.addresses.length === 0) return
  if (spec.version >= 5) withLength(file, 'addr', spec.format, body)
  else body()
}

/** @param addresses where addresses of the x kinds go: the skeleton's for a split unit */
export function writeRangeLists(file: FileSections, spec: UnitSpec, pools: UnitPools, addresses: UnitPools): void {
  if (pools.lists.length === 0 && pools.indexedLists.length === 0) return
  if (spec.version < 5) {
    pools.base.ranges = file.out.ranges.length
    for (const entry of pools.lists) {
      entry.at = file.out.ranges.length
      writeOldList(file.out.ranges, spec.addressSize, entry.list)
    }
    return
  }
  const out = file.out.rnglists
  withLength(file, 'rnglists', spec.format, () => {
    out.u16(5).u8(spec.addressSize, 0).u32(pools.indexedLists.length)
    pools.base.rnglists = out.length
    const size = offsetSize(spec)
    const at: number[] = []
    pools.indexedLists.forEach((_, i) => file.later('rnglists', size, () => fixed(size, at[i] - pools.base.rnglists)))
    for (const list of pools.indexedLists) {
      at.push(out.length)
      writeList(out, spec.addressSize, list, addresses)
    }
    for (const entry of pools.lists) {
      entry.at = out.length
      writeList(out, spec.addressSize, entry.list, addresses)
    }
  })
}

function writeOldList(out: ByteWriter, size: number, { entries, terminated }: RangeList): void {
  for (const entry of entries) {
    if (entry[0] === 'raw') out.bytes(entry[1])
    else if (entry[0] === 'offset_pair') putPair(out, size, entry[1], entry[2])
    else if (entry[0] === 'base_address') putPair(out, size, -1, entry[1])
    else throw new Error(`.debug_ranges has no ${entry[0]}`)
  }
  if (terminated) putPair(out, size, 0, 0)
}

function putPair(out: ByteWriter, size: number, first: number, second: number): void {
  putFixed(out, size, first)
  putFixed(out, size, second)
}

function writeList(out: ByteWriter, size: number, { entries, terminated }: RangeList, addresses: UnitPools): void {
  for (const entry of entries) {
    if (entry[0] !== 'raw') out.u8(RLE[entry[0]])
    switch (entry[0]) {
      case 'base_addressx':
        out.uleb128(addresses.address(entry[1]))
        break
      case 'startx_endx':
        out.uleb128(addresses.address(entry[1])).uleb128(addresses.address(entry[2]))
        break
      case 'startx_length':
        out.uleb128(addresses.address(entry[1])).uleb128(entry[2])
        break
      case 'offset_pair':
        out.uleb128(entry[1]).uleb128(entry[2])
        break
      case 'base_address':
        putFixed(out, size, entry[1])
        break
      case 'start_end':
        putPair(out, size, entry[1], entry[2])
        break
      case 'start_length':
        putFixed(out, size, entry[1])
        out.uleb128(entry[2])
        break
      case 'raw':
        out.bytes(entry[1])
    }
  }
  if (terminated) out.u8(RLE.end_of_list)
}

/** A program of one DW_LNE_end_sequence behind the file table. */
export function writeLines(file: FileSections, spec: UnitSpec, table: LineTable, pools: UnitPools): void {
  const version = table.version ?? spec.version
  const out = file.out.line
  const size = offsetSize(spec)
  // Of a package: from the start of the contribution.
  pools.base.line = file.spec.package ? 0 : out.length
  withLength(file, 'line', spec.format, () => {
    out.u16(version)
    if (version >= 5) out.u8(spec.addressSize, 0)
    let end = 0
    const start = out.length + size
    file.later('line', size, () => fixed(size, end - start))
    out.u8(1)
    if (version >= 4) out.u8(1)
    // default_is_stmt, line_base, line_range, opcode_base, and the operands of opcodes 1 to 12
    out.u8(1, -5, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1)
    if (version >= 5) writeNames(file, spec, table, pools)
    else writeOldNames(out, table)
    end = out.length
    out.u8(0, 1, 1)
  })
}

function writeOldNames(out: ByteWriter, { directories, files }: LineTable): void {
  for (const directory of directories) out.text(directory)
  out.u8(0)
  for (const [name, directory] of files) out.text(name).uleb128(directory).uleb128(0).uleb128(0)
  out.u8(0)
}

function writeNames(file: FileSections, spec: UnitSpec, { directories, files, nameForm = 'line_strp', extra = [] }: LineTable, pools: UnitPools): void {
  const out = file.out.line
  const name = (text: string): void => {
    if (nameForm === 'string') out.text(text)
    else if (nameForm === 'line_strp') putFixed(out, offsetSize(spec), file.text('lineStr', text))
    else if (nameForm === 'strp') putFixed(out, offsetSize(spec), file.text('str', text))
    else if (nameForm === 'strx1') out.u8(pools.string(text))
    else out.uleb128(pools.string(text))
  }
  out.u8(1).uleb128(CONTENT.path).uleb128(FORM[nameForm]).uleb128(directories.length)
  directories.forEach(name)
  out.u8(2 + extra.length).uleb128(CONTENT.path).uleb128(FORM[nameForm]).uleb128(CONTENT.directory_index).uleb128(FORM.udata)
  for (const [content, form] of extra) out.uleb128(typeof content === 'number' ? content : CONTENT[content]).uleb128(FORM[form])
  out.uleb128(files.length)
  for (const [text, directory] of files) {
    name(text)
    out.uleb128(directory)
    for (const [, form, value] of extra) writeExtra(out, form, value)
  }
}

function writeExtra(out: ByteWriter, form: FormName, value: unknown): void {
  if (value instanceof Uint8Array) {
    if (form === 'block') out.uleb128(value.length)
    out.bytes(value)
  } else if (form === 'udata') out.uleb128(Number(value))
  else if (form.startsWith('data')) putFixed(out, Number(form.slice(4)), Number(value))
  else throw new Error(`no ${form} in file tables`)
}
