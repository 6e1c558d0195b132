/**
 * The attributes of one DIE at a time, in slots. Bound to one unit; values are valid until the next DIE is read. Reads are
 * bounded by the unit: what would lie beyond its end throws FormatError. Source: DWARF 5 §7.5.4 to §7.5.6, §7.26.
 */
import { unsigned } from '../bytes/littleEndian.ts'
import { FormatError } from '../errors.ts'
import { indirectStep, OP, ROOT, type AbbreviationTable } from './abbreviations.ts'
import { DW_OP_addr, DW_OP_addrx, DW_OP_const1u, DW_OP_const2u, DW_OP_const4u, DW_OP_const8u, DW_OP_consts, DW_OP_constu, DW_OP_constx, DW_OP_form_tls_address, DW_OP_GNU_addr_index, DW_OP_GNU_const_index, DW_OP_GNU_push_tls_address, DW_OP_plus_uconst } from './constants.ts'
import type { DwarfFile } from './file.ts'
import { refOf, type Unit } from './units.ts'

const TWO32 = 0x1_0000_0000

/**
 * Where a text lies: the number of its section and the offset there. Of file f: `.debug_str` is 4 f, `.debug_line_str`
 * 4 f + 1, `.debug_info` 4 f + 2, `.debug_types` 4 f + 3. -1: there is none.
 */
export type TextAt = number
const TEXT_SPACE = 2 ** 36
export const textSection = (text: TextAt): number => Math.floor(text / TEXT_SPACE)
export const textOffset = (text: TextAt): number => text % TEXT_SPACE

/** The sections that TextAt numbers. */
export const textSections = (files: DwarfFile[]): Uint8Array[] => files.flatMap((file) => [file.str, file.lineStr, file.info, file.types])

/** What the root DIE says of how to read the others. */
export interface UnitRoot {
  /** Offset in `.debug_line`, of which file, and where texts by index begin for it; -1: none. Split units have their skeleton's, split type units their own. */
  lines: number
  linesFile: number
  linesStrOffsets: number
  name: TextAt
  folder: TextAt
  language: number
  /** DW_AT_low_pc: what offsets in range lists are relative to. */
  low: number
  strOffsetsBase: number
  addrBase: number
  rnglistsBase: number
  /** GNU split units of version 4. */
  rangesBase: number
  splitName: TextAt
  splitId: bigint
  /** The file whose `.debug_addr` and `.debug_ranges` serve: the skeleton's, for split units. */
  addressFile: DwarfFile
}

export class DieReader {
  /** Where a slot's bit is set, its value is below. */
  present = 0
  /** By slot: numbers, references, texts; for blocks where they begin. NaN where a double can't hold it. */
  readonly value = new Float64Array(32)
  /** By slot: halves of 64-bit constants; for blocks `low` is the length. */
  readonly low = new Int32Array(32)
  readonly high = new Int32Array(32)
  /** The section. */
  readonly bytes: Uint8Array
  readonly where: string
  readonly root: UnitRoot
  private readonly view: DataView
  private readonly unit: Unit
  private readonly files: DwarfFile[]
  private readonly steps: Int32Array
  private readonly unitRef: number
  private readonly isRoot: boolean
  /** dwz's file, or -1. */
  private readonly dwz: number

  constructor(files: DwarfFile[], unit: Unit, table: AbbreviationTable, root: UnitRoot, isRoot = false) {
    const file = files[unit.file]
    this.bytes = unit.space % 2 === 0 ? file.info : file.types
    this.where = `${file.name} ${unit.space % 2 === 0 ? '.debug_info' : '.debug_types'}`
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength)
    this.unit = unit
    this.files = files
    this.steps = table.steps
    this.root = root
    this.unitRef = refOf(unit.space, unit.start)
    this.isRoot = isRoot
    this.dwz = files.findIndex((candidate) => candidate.kind === 'dwz')
  }

  fail(at: number, message: string): never {
    throw new FormatError(this.where, at, message)
  }

  has(slot: number): boolean {
    return (this.present & (1 << slot)) !== 0
  }

  /** Runs a plan from `at` on and answers where the DIE ends. */
  run(plan: number, at: number): number {
    const { bytes, view, steps, value, low, high, unit } = this
    const { end } = unit
    let present = 0
    let pc = plan
    let step = steps[pc++]
    while (step !== OP.end) {
      const op = step & 0xff
      const slot = step >>> 8
      switch (op) {
        case OP.skip:
          at += slot
          break
        case OP.skipLeb:
          while (bytes[at++] >= 0x80);
          break
        case OP.skipBlock1:
          at += 1 + bytes[at]
          break
        case OP.skipBlock2:
          if (at + 2 > end) this.fail(at, 'an attribute lies beyond the end of its unit')
          at += 2 + view.getUint16(at, true)
          break
        case OP.skipBlock4:
          if (at + 4 > end) this.fail(at, 'an attribute lies beyond the end of its unit')
          at += 4 + view.getUint32(at, true)
          break
        case OP.skipBlock:
          at = this.leb(at)
          at += this.lebValue
          break
        case OP.skipString:
          while (bytes[at++] > 0);
          break
        case OP.unknown:
          this.fail(at, `an attribute has the unknown form 0x${slot.toString(16)}`)
          break
        case OP.indirect: {
          at = this.leb(at)
          if (this.lebValue === 0x16 || this.lebValue === 0x21) this.fail(at, 'an indirect attribute leads to another')
          // in front of the rest of the plan: one step more
          const found = indirectStep(slot, this.isRoot, this.lebValue, unit)
          this.present = 0
          at = this.one(found, at)
          present |= this.present
          break
        }
        case OP.u1:
          value[slot] = low[slot] = bytes[at++]
          high[slot] = 0
          present |= 1 << slot
          break
        case OP.u2:
          if (at + 2 > end) this.fail(at, 'an attribute lies beyond the end of its unit')
          value[slot] = low[slot] = view.getUint16(at, true)
          high[slot] = 0
          at += 2
          present |= 1 << slot
          break
        case OP.u4:
          if (at + 4 > end) this.fail(at, 'an attribute lies beyond the end of its unit')
          value[slot] = view.getUint32(at, true)
          low[slot] = view.getInt32(at, true)
          high[slot] = 0
          at += 4
          present |= 1 << slot
          break
        case OP.ref4:
          if (at + 4 > end) this.fail(at, 'an attribute lies beyond the end of its unit')
          value[slot] = this.unitRef + view.getUint32(at, true)
          at += 4
          present |= 1 << slot
          break
        case OP.present:
          present |= 1 << slot
          break
        case OP.implicit: {
          const l = steps[pc++]
          const h = steps[pc++]
          if (slot === 255) break
          low[slot] = l
          high[slot] = h
          value[slot] = h * TWO32 + (l >>> 0)
          present |= 1 << slot
          break
        }
        case OP.string:
          value[slot] = (unit.file * 4 + 2 + (unit.space % 2)) * TEXT_SPACE + at
          while (bytes[at++] > 0);
          present |= 1 << slot
          break
        case OP.strp:
          if (unit.offsetSize === 4) {
            if (at + 4 > end) this.fail(at, 'an attribute lies beyond the end of its unit')
            value[slot] = unit.file * 4 * TEXT_SPACE + view.getUint32(at, true)
            at += 4
            present |= 1 << slot
            break
          }
          this.present = present
          at = this.one(step, at)
          present = this.present
          break
        default:
          this.present = present
          at = this.one(step, at)
          present = this.present
      }
      step = steps[pc++]
    }
    this.present = present
    if (!(at <= end)) this.fail(unit.start, 'a DIE reaches beyond the end of its unit')
    return at
  }

  /** The operations that are rare: adds to `present`. */
  private one(step: number, at: number): number {
    const { unit } = this
    const slot = step >>> 8
    const op = step & 0xff
    if (!(at < unit.end) && op !== OP.present && step !== OP.skip) this.fail(at, 'an attribute lies beyond the end of its unit')
    this.at = at
    switch (op) {
      case OP.skip:
        this.at += slot
        break
      case OP.skipLeb:
        this.uleb()
        break
      case OP.skipBlock1:
        this.skip(this.fixed(1))
        break
      case OP.skipBlock2:
        this.skip(this.fixed(2))
        break
      case OP.skipBlock4:
        this.skip(this.fixed(4))
        break
      case OP.skipBlock:
        this.skip(this.uleb())
        break
      case OP.skipString:
        this.skipText()
        break
      case OP.u1:
        this.setConstant(slot, this.fixed(1), 0)
        break
      case OP.u2:
        this.setConstant(slot, this.fixed(2), 0)
        break
      case OP.u4:
        this.setConstant(slot, this.fixed(4) | 0, 0)
        break
      case OP.u8: {
        const low = this.fixed(4)
        const high = this.fixed(4)
        this.setConstant(slot, low | 0, high | 0)
        this.value[slot] = high * TWO32 + low
        break
      }
      case OP.sleb:
      case OP.uleb:
        return this.longLeb(slot, at, op === OP.sleb)
      case OP.flag:
        if (this.fixed(1) !== 0) this.set(slot, 1)
        break
      case OP.present:
        this.set(slot, 1)
        break
      case OP.string:
        this.setText(slot, 2 + (unit.space % 2), at)
        this.skipText()
        break
      case OP.strp:
        this.setText(slot, 0, this.fixed(unit.offsetSize))
        break
      case OP.lineStrp:
        this.setText(slot, 1, this.fixed(unit.offsetSize))
        break
      case OP.strpAlt: {
        const position = this.fixed(unit.offsetSize)
        if (this.dwz >= 0) this.set(slot, this.dwz * 4 * TEXT_SPACE + position)
        break
      }
      case OP.strx:
        this.set(slot, this.indexedText(this.uleb()))
        break
      case OP.strx1:
      case OP.strx2:
      case OP.strx3:
      case OP.strx4:
        this.set(slot, this.indexedText(this.fixed(op - OP.strx1 + 1)))
        break
      case OP.ref1:
        this.set(slot, this.unitRef + this.fixed(1))
        break
      case OP.ref2:
        this.set(slot, this.unitRef + this.fixed(2))
        break
      case OP.ref4:
        this.set(slot, this.unitRef + this.fixed(4))
        break
      case OP.ref8:
        this.set(slot, this.unitRef + this.fixed(8))
        break
      case OP.refUdata:
        this.set(slot, this.unitRef + this.uleb())
        break
      case OP.refAddr4:
      case OP.refAddr8:
        this.set(slot, refOf(unit.file * 2, this.fixed(op === OP.refAddr4 ? 4 : 8)))
        break
      case OP.refAlt4:
      case OP.refAlt8: {
        const position = this.fixed(op === OP.refAlt4 ? 4 : 8)
        if (this.dwz >= 0) this.set(slot, refOf(this.dwz * 2, position))
        break
      }
      case OP.refSig8: {
        // resolved by whoever needs it: halves of the signature
        const low = this.fixed(4)
        this.setConstant(slot, low | 0, this.fixed(4) | 0)
        this.value[slot] = SIGNATURE_REF
        break
      }
      case OP.addr:
        this.set(slot, this.fixed(unit.addressSize))
        break
      case OP.addrx:
        this.set(slot, this.indexedAddress(this.uleb()))
        break
      case OP.addrx1:
      case OP.addrx2:
      case OP.addrx3:
      case OP.addrx4:
        this.set(slot, this.indexedAddress(this.fixed(op - OP.addrx1 + 1)))
        break
      case OP.block1:
        this.setBlock(slot, this.fixed(1))
        break
      case OP.block2:
        this.setBlock(slot, this.fixed(2))
        break
      case OP.block4:
        this.setBlock(slot, this.fixed(4))
        break
      case OP.block:
        this.setBlock(slot, this.uleb())
        break
      case OP.offset4:
        this.set(slot, this.fixed(4))
        break
      case OP.offset8:
        this.set(slot, this.fixed(8))
        break
      case OP.listx:
        this.set(slot, this.uleb())
        break
      default:
        this.fail(at, `an attribute has the unknown form 0x${slot.toString(16)}`)
    }
    return this.at
  }

  /** Where `one` reads. */
  private at = 0

  private set(slot: number, number: number): void {
    this.value[slot] = number
    this.present |= 1 << slot
  }

  private setConstant(slot: number, low: number, high: number): void {
    this.low[slot] = low
    this.high[slot] = high
    this.set(slot, high * TWO32 + (low >>> 0))
  }

  private setText(slot: number, section: number, position: number): void {
    this.set(slot, (this.unit.file * 4 + section) * TEXT_SPACE + position)
  }

  private setBlock(slot: number, size: number): void {
    if (this.at + size > this.unit.end) this.fail(this.at, 'a block lies beyond the end of its unit')
    this.low[slot] = size
    this.set(slot, this.at)
    this.at += size
  }

  private fixed(size: number): number {
    const { at } = this
    if (at + size > this.unit.end) this.fail(at, 'an attribute lies beyond the end of its unit')
    this.at = at + size
    return unsigned(this.bytes, at, size)
  }

  /** Not `this.at += …`: that would take `at` as it was before the length was read. */
  private skip(size: number): void {
    this.at += size
  }

  private uleb(): number {
    this.at = this.leb(this.at)
    return this.lebValue
  }

  private skipText(): void {
    const { bytes } = this
    let { at } = this
    while (bytes[at++] > 0);
    this.at = at
  }

  /** The abbreviation code at an offset, and where the attributes begin. */
  code(offset: number): { code: number; at: number } {
    const at = this.leb(offset)
    return { code: this.lebValue, at }
  }

  /** What `leb` read. */
  private lebValue = 0

  /** An unsigned LEB128 that a double holds; answers where it ends. */
  private leb(at: number): number {
    const { bytes } = this
    const { end } = this.unit
    let value = 0
    for (let factor = 1; factor < 2 ** 56 && at < end; factor *= 128) {
      const byte = bytes[at++]
      value += (byte & 127) * factor
      if (byte < 128) {
        this.lebValue = value
        return at
      }
    }
    return this.fail(at, 'a LEB128 number does not end')
  }

  /** A constant of up to 64 bits. */
  private longLeb(slot: number, start: number, signed: boolean): number {
    const { bytes } = this
    const { end } = this.unit
    let low = 0
    let high = 0
    let at = start
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= end) break
      const byte = bytes[at++]
      if (shift < 28) low |= (byte & 127) << shift
      else if (shift === 28) {
        low |= (byte & 15) << 28
        high = (byte & 127) >> 4
      } else if (shift < 64) high |= (byte & 127) << (shift - 32)
      if (byte >= 128) continue
      if (signed && (byte & 64) !== 0 && shift + 7 < 64) {
        if (shift + 7 < 32) {
          low |= -1 << (shift + 7)
          high = -1
        } else high |= -1 << (shift + 7 - 32)
      }
      this.low[slot] = low
      this.high[slot] = high
      this.value[slot] = (signed ? high : high >>> 0) * TWO32 + (low >>> 0)
      this.present |= 1 << slot
      return at
    }
    return this.fail(at, 'a LEB128 number does not end')
  }

  /** -1 where the index leads nowhere. */
  private indexedText(index: number): TextAt {
    const { unit, files, root } = this
    const { strOffsets } = files[unit.file]
    const at = root.strOffsetsBase + index * unit.offsetSize
    if (!(at + unit.offsetSize <= strOffsets.length)) return -1
    return unit.file * 4 * TEXT_SPACE + unsigned(strOffsets, at, unit.offsetSize)
  }

  /** NaN where the index leads nowhere. */
  indexedAddress(index: number): number {
    const { addressSize } = this.unit
    const { addr } = this.root.addressFile
    const at = this.root.addrBase + index * addressSize
    return at + addressSize <= addr.length ? unsigned(addr, at, addressSize) : NaN
  }

  /** The unit-relative signature of a slot that holds SIGNATURE_REF. */
  signatureOf(slot: number): bigint {
    return (BigInt(this.high[slot] >>> 0) << 32n) | BigInt(this.low[slot] >>> 0)
  }

  /**
   * Where a variable lies: its address, or its offset in the module's TLS block (`isThreadLocal` tells). NaN where the
   * expression says anything else.
   */
  isThreadLocal = false
  location(slot: number): number {
    this.isThreadLocal = false
    const start = this.value[slot]
    const end = start + this.low[slot]
    if (end <= start) return NaN
    const { bytes } = this
    const op = bytes[start]
    let at = start + 1
    let value: number
    if (op === DW_OP_addr) {
      if (at + this.unit.addressSize > end) return NaN
      value = unsigned(bytes, at, this.unit.addressSize)
      at += this.unit.addressSize
    } else {
      const size = CONSTANT_SIZE.get(op)
      if (size !== undefined) {
        if (at + size > end) return NaN
        value = unsigned(bytes, at, size)
        at += size
      } else if (INDEXED.has(op) || op === DW_OP_constu || op === DW_OP_consts) {
        at = this.leb(at)
        value = INDEXED.has(op) ? this.indexedAddress(this.lebValue) : this.lebValue
      } else return NaN
    }
    if (at === end) return op === DW_OP_addr || op === DW_OP_addrx || op === DW_OP_GNU_addr_index ? value : NaN
    const next = bytes[at]
    if (at + 1 === end && (next === DW_OP_form_tls_address || next === DW_OP_GNU_push_tls_address)) {
      this.isThreadLocal = true
      return value
    }
    if (next === DW_OP_plus_uconst && (op === DW_OP_addr || op === DW_OP_addrx || op === DW_OP_GNU_addr_index)) {
      at = this.leb(at + 1)
      if (at === end) return value + this.lebValue
    }
    return NaN
  }

  /** A member's offset from an expression `plus_uconst N` or a plain constant; NaN for others (virtual bases). */
  memberOffset(slot: number): number {
    const start = this.value[slot]
    const end = start + this.low[slot]
    const op = this.bytes[start]
    if (op === DW_OP_plus_uconst || op === DW_OP_constu) return this.leb(start + 1) === end ? this.lebValue : NaN
    return NaN
  }

  /** Of a virtual base, `dup, deref, const N, minus | plus, deref, plus`: N below the address point; NaN for others. */
  virtualBaseSlot(slot: number): number {
    const start = this.value[slot]
    const end = start + this.low[slot]
    const { bytes } = this
    if (end - start < 6 || bytes[start] !== 0x12 || bytes[start + 1] !== 0x06) return NaN
    const op = bytes[start + 2]
    const size = CONSTANT_SIZE.get(op) ?? CONSTANT_SIZE.get(op - 1)
    if (size !== undefined) {
      if (start + 3 + size >= end) return NaN
      const raw = unsigned(bytes, start + 3, size)
      const signed = !CONSTANT_SIZE.has(op) && raw >= 2 ** (8 * size - 1) ? raw - 2 ** (8 * size) : raw
      return bytes[start + 3 + size] === 0x1c ? signed : -signed
    }
    if (op >= 0x30 && op <= 0x4f) return bytes[start + 3] === 0x1c ? op - 0x30 : 0x30 - op
    if (op !== DW_OP_constu && op !== DW_OP_consts) return NaN
    const saved = this.present
    const at = this.longLeb(31, start + 3, op === DW_OP_consts)
    const read = this.value[31]
    this.present = saved
    return bytes[at] === 0x1c ? read : -read
  }
}

/** In place of a reference: a signature stands in the slot's halves. */
export const SIGNATURE_REF = -2

const CONSTANT_SIZE = new Map<number, number>([[DW_OP_const1u, 1], [DW_OP_const2u, 2], [DW_OP_const4u, 4], [DW_OP_const8u, 8]])
const INDEXED: ReadonlySet<number> = new Set([DW_OP_addrx, DW_OP_GNU_addr_index, DW_OP_constx, DW_OP_GNU_const_index])

/** The root as far as its header tells, before its DIE was read. */
export function newRoot(files: DwarfFile[], unit: Unit): UnitRoot {
  const file = files[unit.file]
  // of split units the offsets begin behind the header, for no attribute says where
  const header = unit.version >= 5 ? (unit.offsetSize === 8 ? 16 : 8) : 0
  const split = file.kind === 'split'
  return {
    lines: -1, linesFile: unit.file, linesStrOffsets: 0, name: -1, folder: -1, language: 0, low: 0, strOffsetsBase: unit.base.strOffsets + header,
    addrBase: unit.version >= 5 ? header : 0, rnglistsBase: unit.base.rnglists + (split && unit.version >= 5 ? (unit.offsetSize === 8 ? 20 : 12) : 0), rangesBase: 0,
    splitName: -1, splitId: unit.dwoId, addressFile: files[0],
  }
}

/** Reads the root DIE. Twice, for what it says of bases serves the attributes before. Throws FormatError. */
export function readRoot(files: DwarfFile[], unit: Unit, table: AbbreviationTable, skeleton: UnitRoot | null): UnitRoot {
  const root = newRoot(files, unit)
  if (skeleton) {
    root.addrBase = skeleton.addrBase
    root.rangesBase = skeleton.rangesBase
    root.addressFile = skeleton.addressFile
    root.folder = skeleton.folder
    root.low = skeleton.low
  } else root.addressFile = files[unit.file]
  const reader = new DieReader(files, unit, table, root, true)
  for (let pass = 0; pass < 2; pass++) {
    const { code, at } = reader.code(unit.dies)
    const entry = (code < table.dense.length ? table.dense[code] : table.sparse.get(code)) ?? 0
    if (entry === 0) reader.fail(unit.dies, `its unit begins with abbreviation ${code}, which there is not`)
    reader.run(table.read[entry - 1], at)
    const { value } = reader
    const take = (slot: number, otherwise: number): number => (reader.has(slot) ? value[slot] : otherwise)
    const base = (slot: number, otherwise: number, part: number): number => (reader.has(slot) ? part + value[slot] : otherwise)
    root.name = take(ROOT.name, -1)
    root.folder = take(ROOT.folder, root.folder)
    root.language = take(ROOT.language, 0)
    if (reader.has(ROOT.low) && Number.isFinite(value[ROOT.low])) root.low = value[ROOT.low]
    root.strOffsetsBase = base(ROOT.strOffsets, root.strOffsetsBase, unit.base.strOffsets)
    const own = reader.has(ROOT.lines) || !skeleton
    root.lines = own ? base(ROOT.lines, -1, unit.base.line) : skeleton.lines
    root.linesFile = own ? unit.file : skeleton.linesFile
    root.linesStrOffsets = own ? root.strOffsetsBase : skeleton.linesStrOffsets
    if (!skeleton) root.addrBase = take(ROOT.addr, root.addrBase)
    root.rnglistsBase = base(ROOT.rnglists, root.rnglistsBase, unit.base.rnglists)
    if (!skeleton) root.rangesBase = take(ROOT.ranges, 0)
    root.splitName = take(ROOT.splitName, -1)
    if (reader.has(ROOT.splitId)) root.splitId = (BigInt(reader.high[ROOT.splitId] >>> 0) << 32n) | BigInt(reader.low[ROOT.splitId] >>> 0)
  }
  return root
}

