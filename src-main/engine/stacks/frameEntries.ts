/**
 * The entries of `.eh_frame` and `.debug_frame`: what code an FDE is of, and what its CIE says of it. Refuses pointers that
 * are relative to text, to a function or aligned, which no compiler for Linux writes, and indirect ones. All addresses are of
 * the process. Source: DWARF 5 §6.4.1, §7.24; Linux Standard Base Core 5.0 §10.6 (`.eh_frame`, augmentations, encodings).
 */
import { FormatError } from '../errors.ts'
import { DwarfCursor } from './dwarfCursor.ts'

/** Where entries are read from: a section in the process's memory or in a file. */
export interface FrameSection {
  where: string
  kind: 'eh' | 'debug'
  /** Position in `.eh_frame`: the address; in `.debug_frame`: the offset. Fewer bytes where there are no more; a view or a copy. */
  read(at: number, size: number): Uint8Array
  /** Added to addresses of the file that are not relative to where they stand. */
  bias: number
  /** What DW_EH_PE_datarel is relative to; NaN where that is not known. */
  dataBase: number
}

export interface CommonEntry {
  codeAlign: number
  dataAlign: bigint
  /** Column of the return address. */
  returnAddress: number
  /** The frame is one that the kernel made for a signal handler: its pc is not that of a call. */
  isSignal: boolean
  /** DW_EH_PE_* of addresses; of `.debug_frame` plain ones. */
  encoding: number
  addressSize: number
  instructions: Uint8Array
  hasAugmentation: boolean
}

export interface FrameEntry {
  common: CommonEntry
  section: FrameSection
  /** Half-open. */
  low: number
  high: number
  instructions: Uint8Array
  /** Position of the first instruction, for addresses that are relative to where they stand. */
  instructionsAt: number
}

const DW_EH_PE_omit = 0xff
/** No function has as much. */
const MAX_ENTRY = 1 << 20
const MAX_TWO = 2 ** 53

/** A pointer of `.eh_frame` and its header; null where it is omitted. @param position of the cursor's first byte */
export function readPointer(cursor: DwarfCursor, encoding: number, position: number, section: Pick<FrameSection, 'bias' | 'dataBase'>, addressSize = 8): number | null {
  if (encoding === DW_EH_PE_omit) return null
  const at = position + cursor.at
  const value = pointerValue(cursor, encoding & 0x0f, addressSize)
  if (encoding & 0x80) return null
  switch (encoding & 0x70) {
    case 0x00:
      // where the dynamic linker has not relocated it, it is the file's
      return value < section.bias ? value + section.bias : value
    case 0x10:
      return at + value
    case 0x30:
      return section.dataBase + value
    default:
      return cursor.fail(`has a pointer of the encoding 0x${encoding.toString(16)}`)
  }
}

/** The same without a base: lengths. */
export function pointerValue(cursor: DwarfCursor, format: number, addressSize = 8): number {
  switch (format) {
    case 0x00:
      return cursor.fixed(addressSize)
    case 0x01:
      return cursor.uleb()
    case 0x02: case 0x03: case 0x04:
      return cursor.fixed(1 << (format - 1))
    case 0x09:
      return Number(cursor.sleb64())
    case 0x0a: case 0x0b: case 0x0c:
      return Number(cursor.signed(1 << (format - 9)))
    default:
      return cursor.fail(`has a pointer of the format ${format}`)
  }
}

/** An entry's bytes as they lie: its header is read, nothing else. */
interface Raw {
  cursor: DwarfCursor
  /** Position of the cursor's first byte. */
  position: number
  /** Of the entry behind it. */
  next: number
  offsetSize: number
  /** The CIE pointer or id, and where it stands. */
  id: bigint
  idAt: number
}

/** One reader for a section: CIEs are kept. */
export class FrameEntries {
  readonly section: FrameSection
  private readonly common = new Map<number, CommonEntry | null>()

  constructor(section: FrameSection) {
    this.section = section
  }

  /** The FDE at a position; null for a CIE. Throws FormatError. */
  at(position: number): { entry: FrameEntry | null; next: number } | null {
    const raw = this.raw(position)
    if (raw === null) return null
    if (this.isCommon(raw)) return { entry: null, next: raw.next }
    const { section } = this
    const common = this.commonAt(section.kind === 'eh' ? raw.idAt - Number(raw.id) : Number(raw.id))
    if (common === null) return { entry: null, next: raw.next }
    return { entry: this.entry(raw, common), next: raw.next }
  }

  private entry(raw: Raw, common: CommonEntry): FrameEntry {
    const { section } = this
    const { cursor, position } = raw
    const { encoding, addressSize } = common
    const low = section.kind === 'eh' ? readPointer(cursor, encoding, position, section, addressSize) : cursor.fixed(addressSize) + section.bias
    const size = section.kind === 'eh' ? pointerValue(cursor, encoding & 0x0f, addressSize) : cursor.fixed(addressSize)
    if (low === null) return cursor.fail('does not say where its code begins')
    if (common.hasAugmentation) cursor.slice(cursor.uleb())
    const instructionsAt = position + cursor.at
    return { common, section, low, high: low + size, instructions: cursor.slice(cursor.end - cursor.at), instructionsAt }
  }

  private isCommon({ id, offsetSize }: Raw): boolean {
    if (this.section.kind === 'eh') return id === 0n
    return id === (offsetSize === 4 ? 0xffffffffn : 0xffff_ffff_ffff_ffffn)
  }

  /** Null at the end: there is no more, or a length of zero. */
  private raw(position: number): Raw | null {
    const { section } = this
    const head = section.read(position, 12)
    if (head.length < 4) return null
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
    let length = view.getUint32(0, true)
    if (length === 0) return null
    let start = position + 4
    let offsetSize = 4
    if (length === 0xffffffff) {
      if (head.length < 12) return null
      length = view.getUint32(8, true) * 2 ** 32 + view.getUint32(4, true)
      start = position + 12
      offsetSize = 8
    }
    if (length > MAX_ENTRY) throw new FormatError(section.where, position, `has an entry of ${length} bytes`)
    const bytes = section.read(start, length)
    if (bytes.length < length) throw new FormatError(section.where, position, `has an entry that ends ${length - bytes.length} bytes too early`)
    const cursor = new DwarfCursor(bytes, section.where)
    // the CIE pointer of .eh_frame has 4 bytes in either format
    const id = cursor.unsigned(section.kind === 'eh' ? 4 : offsetSize)
    return { cursor, position: start, next: start + length, offsetSize, id, idAt: start }
  }

  private commonAt(position: number): CommonEntry | null {
    let common = this.common.get(position)
    if (common === undefined) {
      this.common.set(position, null) // whatever is wrong with it is said once
      common = this.readCommon(position)
      this.common.set(position, common)
    }
    return common
  }

  private readCommon(position: number): CommonEntry | null {
    const raw = position >= 0 && position < MAX_TWO ? this.raw(position) : null
    if (raw === null || !this.isCommon(raw)) return null
    const { cursor } = raw
    const version = cursor.u8()
    if (version !== 1 && version !== 3 && version !== 4) cursor.fail(`has a CIE of version ${version}`)
    const augmentation = cursor.text()
    if (augmentation === 'eh') cursor.slice(8)
    let addressSize = 8
    if (version >= 4) {
      addressSize = cursor.u8()
      const segment = cursor.u8()
      if ((addressSize !== 8 && addressSize !== 4) || segment !== 0) cursor.fail(`has a CIE with addresses of ${addressSize} and segments of ${segment} bytes`)
    }
    const codeAlign = cursor.uleb()
    const dataAlign = cursor.sleb64()
    const returnAddress = version === 1 ? cursor.u8() : cursor.uleb()
    const common: CommonEntry = { codeAlign, dataAlign, returnAddress, isSignal: false, encoding: 0, addressSize, instructions: new Uint8Array(0), hasAugmentation: augmentation.startsWith('z') }
    if (common.hasAugmentation) {
      const end = cursor.uleb() + cursor.at
      readAugmentation(common, augmentation, cursor)
      if (end > cursor.end) cursor.fail('has an augmentation that is longer than its CIE')
      cursor.at = end
    } else if (augmentation !== '' && augmentation !== 'eh') cursor.fail('has a CIE with an augmentation that corelens does not know')
    common.instructions = cursor.slice(cursor.end - cursor.at)
    return common
  }
}

/** What is behind a letter that nobody knows stays unread: its length is said. */
function readAugmentation(common: CommonEntry, augmentation: string, cursor: DwarfCursor): void {
  for (const letter of augmentation.slice(1)) {
    switch (letter) {
      case 'R':
        common.encoding = cursor.u8()
        break
      case 'P': {
        const encoding = cursor.u8()
        if (encoding !== DW_EH_PE_omit) pointerValue(cursor, encoding & 0x0f, common.addressSize)
        break
      }
      case 'L':
        cursor.u8()
        break
      case 'S':
        common.isSignal = true
        break
      case 'B':
      case 'G':
        // AArch64: which key signs return addresses, and tagged frames
        break
      default:
        return
    }
  }
}
