/**
 * The attributes of one DIE at a time, in slots. Bound to one unit; values are valid until the next DIE is read. Reads are
 * bounded by the unit: what would lie beyond its end throws FormatError. Source: DWARF 5 §7.5.4 to §7.5.6, §7.26.
 */
import { unsigned } from '../bytes/littleEndian.ts'
import { FormatError } from '../errors.ts'
import { indirectStep, type AbbreviationTable } from './abbreviations.ts'
import { readExpression, type Step } from './expressions.ts'
import type { DwarfFile } from './file.ts'
import { OP } from './forms.ts'
import type { UnitRoot } from './unitRoot.ts'
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
      case OP.skipBlock2:
      case OP.skipBlock4:
        this.skip(this.fixed(1 << (op - OP.skipBlock1)))
        break
      case OP.skipBlock:
        this.skip(this.uleb())
        break
      case OP.skipString:
        this.skipText()
        break
      case OP.u1:
      case OP.u2:
      case OP.u4:
        this.setConstant(slot, this.fixed(1 << (op - OP.u1)), 0)
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
      case OP.ref2:
      case OP.ref4:
      case OP.ref8:
        this.set(slot, this.unitRef + this.fixed(1 << (op - OP.ref1)))
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
      case OP.block2:
      case OP.block4:
        this.setBlock(slot, this.fixed(1 << (op - OP.block1)))
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
  indexedText(index: number): TextAt {
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

  /** The expression of a slot that holds a block; null where it has operations that no place of a variable or member needs. */
  expression(slot: number): Step[] | null {
    const start = this.value[slot]
    return readExpression(this.bytes, start, start + this.low[slot], this.unit.addressSize)
  }
}

/** In place of a reference: a signature stands in the slot's halves. */
export const SIGNATURE_REF = -2
