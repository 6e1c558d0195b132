/**
 * The DIEs of one unit that matter here, as columns in preorder: types and their parts, scopes, variables with a place,
 * functions with code. Everything else is walked over. What a column holds is said where it is declared; a column means
 * nothing for tags that don't name it.
 */
import { SLOT, type AbbreviationTable } from './abbreviations.ts'
import * as D from './constants.ts'
import { SIGNATURE_REF, type DieReader } from './dieReader.ts'
import { memberOffset, placeOf, virtualBaseSlot } from './expressions.ts'
import type { UnitRoot } from './unitRoot.ts'
import { refOf, type Unit, type UnitFinder } from './units.ts'

/** Bits of `flags`. */
export const ROW = {
  declaration: 1,
  external: 2,
  scoped: 4,
  virtual: 8,
  vector: 16,
  /** `place` is an offset in the TLS block. */
  tls: 32,
  /** `place` holds something. */
  placed: 64,
  /** The size of an array's dimension is known: `low`, `high`. */
  counted: 128,
  /** `low`, `high` hold a constant. */
  valued: 256,
  bitField: 512,
  /** Ranges are in `place`, an offset (or, with `rangesIndex`, an index) of a range list; else `place` is low_pc, `size` the length. */
  ranges: 1024,
  rangesIndex: 2048,
  /** `firstBit` is DW_AT_bit_offset, to be counted from the top of the member's type. */
  fromTop: 4096,
} as const

/** How deep DIEs nest: compilers stay far below, and a deeper unit is damage. */
const MAX_DEPTH = 20_000

/** No file is said; 0 is one in version 5. */
const NO_FILE = 0xffffffff

const IGNORE = 0
const KEEP = 1
const VARIABLE = 2
const PARAMETER = 3

/** What to do with a tag: walk over it and into its children, or one of the above. */
const ACTION = new Uint8Array(0x10000)
for (const tag of [
  D.DW_TAG_array_type, D.DW_TAG_class_type, D.DW_TAG_enumeration_type, D.DW_TAG_member, D.DW_TAG_pointer_type, D.DW_TAG_reference_type,
  D.DW_TAG_string_type, D.DW_TAG_structure_type, D.DW_TAG_subroutine_type, D.DW_TAG_typedef, D.DW_TAG_union_type, D.DW_TAG_variant,
  D.DW_TAG_inheritance, D.DW_TAG_module, D.DW_TAG_ptr_to_member_type, D.DW_TAG_set_type, D.DW_TAG_subrange_type, D.DW_TAG_base_type,
  D.DW_TAG_const_type, D.DW_TAG_enumerator, D.DW_TAG_packed_type, D.DW_TAG_subprogram, D.DW_TAG_template_type_parameter,
  D.DW_TAG_template_value_parameter, D.DW_TAG_variant_part, D.DW_TAG_volatile_type, D.DW_TAG_restrict_type, D.DW_TAG_interface_type,
  D.DW_TAG_namespace, D.DW_TAG_unspecified_type, D.DW_TAG_shared_type, D.DW_TAG_rvalue_reference_type, D.DW_TAG_template_alias,
  D.DW_TAG_generic_subrange, D.DW_TAG_atomic_type, D.DW_TAG_immutable_type, D.DW_TAG_GNU_template_template_param,
  D.DW_TAG_GNU_template_parameter_pack,
]) ACTION[tag] = KEEP
ACTION[D.DW_TAG_variable] = VARIABLE
ACTION[D.DW_TAG_formal_parameter] = PARAMETER
ACTION[D.DW_TAG_unspecified_parameters] = PARAMETER

export const isRecord = (tag: number): boolean => tag === D.DW_TAG_structure_type || tag === D.DW_TAG_class_type || tag === D.DW_TAG_union_type || tag === D.DW_TAG_interface_type

const FIRST_CAPACITY = 256

export class UnitRows {
  unit!: Unit
  root!: UnitRoot
  count = 0
  private capacity: number
  /** Offset in the section. */
  at: Uint32Array<ArrayBuffer>
  tag: Uint16Array<ArrayBuffer>
  /** Row of the enclosing DIE that has one; 0, the root, for the outermost. */
  parent: Uint32Array<ArrayBuffer>
  /** First row behind the subtree. */
  end: Uint32Array<ArrayBuffer>
  /** A TextAt. */
  name: Float64Array<ArrayBuffer>
  /** Functions and variables: DW_AT_linkage_name. */
  linkageName: Float64Array<ArrayBuffer>
  /** DW_AT_type as a reference; -1: void. */
  type: Float64Array<ArrayBuffer>
  /**
   * Another reference, -1 for none. Types: the type unit's DIE, or the declaration it completes; pointers to members: the
   * class; variant parts: the discriminant; functions and variables: the specification or abstract origin.
   */
  other: Float64Array<ArrayBuffer>
  /** Bytes of types; of functions the length of the code. -1: not said. */
  size: Float64Array<ArrayBuffer>
  /** Members and bases: bytes from the start (of a virtual base: below the vtable's address point; NaN: can't be told). Variables: address. Functions: low_pc, or see ROW.ranges. */
  place: Float64Array<ArrayBuffer>
  flags: Uint16Array<ArrayBuffer>
  /** Halves of the constant of enumerators, template arguments, variants and array dimensions. */
  low: Int32Array<ArrayBuffer>
  high: Int32Array<ArrayBuffer>
  /** Bit-fields: first bit, counted from the lowest of the byte at `place`, and how many. */
  firstBit: Int32Array<ArrayBuffer>
  bitCount: Uint16Array<ArrayBuffer>
  /** Base types: DW_ATE_*; others: alignment in bytes. */
  extra: Uint32Array<ArrayBuffer>
  file: Uint32Array<ArrayBuffer>
  line: Uint32Array<ArrayBuffer>
  /** Two halves of what a type is, and of the qualified name of what it declares, as far as `state` says. */
  hash1: Int32Array<ArrayBuffer>
  hash2: Int32Array<ArrayBuffer>
  scope1: Int32Array<ArrayBuffer>
  scope2: Int32Array<ArrayBuffer>
  state: Uint8Array<ArrayBuffer>
  /** The type's class plus one; 0: not asked yet. */
  class: Uint32Array<ArrayBuffer>
  /** Anonymous types: the typedef that names them; 0: none. */
  namedBy: Uint32Array<ArrayBuffer>
  /** Offset in the unit → row. Holds what earlier units left: `at` tells. */
  private rowAt = new Uint32Array(0)

  /** @param capacity rows to begin with: programs with type units have very many units of few rows */
  constructor(capacity = FIRST_CAPACITY) {
    this.capacity = capacity
    this.at = new Uint32Array(capacity)
    this.tag = new Uint16Array(capacity)
    this.parent = new Uint32Array(capacity)
    this.end = new Uint32Array(capacity)
    this.name = new Float64Array(capacity)
    this.linkageName = new Float64Array(capacity)
    this.type = new Float64Array(capacity)
    this.other = new Float64Array(capacity)
    this.size = new Float64Array(capacity)
    this.place = new Float64Array(capacity)
    this.flags = new Uint16Array(capacity)
    this.low = new Int32Array(capacity)
    this.high = new Int32Array(capacity)
    this.firstBit = new Int32Array(capacity)
    this.bitCount = new Uint16Array(capacity)
    this.extra = new Uint32Array(capacity)
    this.file = new Uint32Array(capacity)
    this.line = new Uint32Array(capacity)
    this.hash1 = new Int32Array(capacity)
    this.hash2 = new Int32Array(capacity)
    this.scope1 = new Int32Array(capacity)
    this.scope2 = new Int32Array(capacity)
    this.state = new Uint8Array(capacity)
    this.class = new Uint32Array(capacity)
    this.namedBy = new Uint32Array(capacity)
  }

  bind(unit: Unit, root: UnitRoot): void {
    this.unit = unit
    this.root = root
    this.count = 0
    if (this.rowAt.length < unit.end - unit.start) this.rowAt = new Uint32Array((unit.end - unit.start) * 1.25)
  }

  /** Bytes of all columns. */
  get bytes(): number {
    return this.capacity * 120 + this.rowAt.byteLength
  }

  /** The row of the DIE at an offset in the section, or -1. */
  find(offset: number): number {
    const row = this.rowAt[offset - this.unit.start]
    return row < this.count && this.at[row] === offset ? row : -1
  }

  add(offset: number, tag: number, parent: number): number {
    if (this.count === this.capacity) this.grow()
    const row = this.count++
    this.at[row] = offset
    this.rowAt[offset - this.unit.start] = row
    this.tag[row] = tag
    this.parent[row] = parent
    this.end[row] = row + 1
    this.state[row] = 0
    this.class[row] = 0
    this.namedBy[row] = 0
    return row
  }

  private grow(): void {
    this.capacity *= 2
    const wide = <T extends { set(from: T): void }>(column: T, make: (length: number) => T): T => {
      const grown = make(this.capacity)
      grown.set(column)
      return grown
    }
    const u8 = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length)
    const u16 = (length: number): Uint16Array<ArrayBuffer> => new Uint16Array(length)
    const u32 = (length: number): Uint32Array<ArrayBuffer> => new Uint32Array(length)
    const i32 = (length: number): Int32Array<ArrayBuffer> => new Int32Array(length)
    const f64 = (length: number): Float64Array<ArrayBuffer> => new Float64Array(length)
    this.at = wide(this.at, u32)
    this.tag = wide(this.tag, u16)
    this.parent = wide(this.parent, u32)
    this.end = wide(this.end, u32)
    this.name = wide(this.name, f64)
    this.linkageName = wide(this.linkageName, f64)
    this.type = wide(this.type, f64)
    this.other = wide(this.other, f64)
    this.size = wide(this.size, f64)
    this.place = wide(this.place, f64)
    this.flags = wide(this.flags, u16)
    this.low = wide(this.low, i32)
    this.high = wide(this.high, i32)
    this.firstBit = wide(this.firstBit, i32)
    this.bitCount = wide(this.bitCount, u16)
    this.extra = wide(this.extra, u32)
    this.file = wide(this.file, u32)
    this.line = wide(this.line, u32)
    this.hash1 = wide(this.hash1, i32)
    this.hash2 = wide(this.hash2, i32)
    this.scope1 = wide(this.scope1, i32)
    this.scope2 = wide(this.scope2, i32)
    this.state = wide(this.state, u8)
    this.class = wide(this.class, u32)
    this.namedBy = wide(this.namedBy, u32)
  }
}

/** Depth → the row that encloses what is there, with OWN where the frame's DIE is that row. */
const stack = new Uint32Array(MAX_DEPTH + 1)
const OWN = 0x8000_0000

/** Fills `rows` with the unit's DIEs. Throws FormatError; what was read until then stays. */
export function readRows(rows: UnitRows, table: AbbreviationTable, reader: DieReader, finder: UnitFinder): void {
  const { unit } = rows
  const { bytes } = reader
  const { end } = unit
  const { dense, sparse, tag: tags, hasChildren, read, skip } = table
  const isTypeUnit = unit.kind === D.DW_UT_type || unit.kind === D.DW_UT_split_type
  let at = unit.dies
  let depth = 0
  let parent = 0
  while (at < end) {
    const start = at
    let code = bytes[at++]
    if (code >= 0x80) {
      code &= 0x7f
      for (let factor = 128; ; factor *= 128) {
        if (at >= end || factor > 2 ** 35) reader.fail(start, 'an abbreviation code does not end')
        const byte = bytes[at++]
        code += (byte & 127) * factor
        if (byte < 128) break
      }
    }
    if (code === 0) {
      // padding between the last DIE and the next unit
      if (depth === 0) break
      const frame = stack[--depth]
      if (frame >= OWN) rows.end[frame - OWN] = rows.count
      if (depth === 0) break
      parent = stack[depth - 1] & ~OWN
      continue
    }
    const entry = (code < dense.length ? dense[code] : sparse.get(code)) ?? 0
    if (entry === 0) reader.fail(start, `a DIE has abbreviation ${code}, which there is not`)
    const tag = tags[entry - 1]
    const children = hasChildren[entry - 1] !== 0
    const action = depth === 0 ? KEEP : ACTION[tag]
    let row = -1
    if (action === IGNORE || (action === PARAMETER && rows.tag[parent] !== D.DW_TAG_subroutine_type)) at = reader.run(skip[entry - 1], at)
    else {
      at = reader.run(read[entry - 1], at)
      const present = reader.present
      if (action === VARIABLE && (present & (1 << SLOT.location)) === 0) {
        // a local of a function: only statics have a fixed place
        if (rows.tag[parent] !== D.DW_TAG_subprogram) row = keep(rows, start, tag, parent, reader, finder)
      } else if (action === VARIABLE) {
        const steps = reader.expression(SLOT.location)
        const place = steps && placeOf(steps, (index) => reader.indexedAddress(index))
        if (place) {
          row = keep(rows, start, tag, parent, reader, finder)
          rows.place[row] = place.value
          rows.flags[row] |= ROW.placed | (place.isThreadLocal ? ROW.tls : 0)
        } else if (rows.tag[parent] !== D.DW_TAG_subprogram) row = keep(rows, start, tag, parent, reader, finder)
      } else if (depth === 0) row = rows.add(start, tag, 0)
      else {
        row = keep(rows, start, tag, parent, reader, finder)
        const jump = (1 << SLOT.sibling) | (1 << SLOT.declaration)
        // parameters of a declared function say nothing here; in type units a function's local types stand in its declaration
        if (children && tag === D.DW_TAG_subprogram && (present & jump) === jump && !isTypeUnit) {
          const next = reader.value[SLOT.sibling] - refOf(unit.space, 0)
          if (next > at && next <= end) {
            at = next
            continue
          }
        }
      }
    }
    if (children) {
      if (depth === MAX_DEPTH) reader.fail(start, `DIEs nest more than ${MAX_DEPTH} deep`)
      if (row >= 0) parent = row
      stack[depth++] = row >= 0 ? row + OWN : parent
    } else if (depth === 0) break
  }
  while (depth > 0) {
    const frame = stack[--depth]
    if (frame >= OWN) rows.end[frame - OWN] = rows.count
  }
}

/**
 * A row for a DIE that readRows walked over: a local variable that a static elsewhere has as its origin. Answers its row, or
 * -1 where there is no DIE. The row stands behind all others.
 */
export function readSkipped(rows: UnitRows, table: AbbreviationTable, reader: DieReader, finder: UnitFinder, offset: number): number {
  const { unit } = rows
  if (!(offset >= unit.dies && offset < unit.end)) return -1
  const { code, at } = reader.code(offset)
  const entry = (code < table.dense.length ? table.dense[code] : table.sparse.get(code)) ?? 0
  if (entry === 0 || table.tag[entry - 1] !== D.DW_TAG_variable) return -1
  // its function is the last one that begins before it
  let low = 0
  let high = rows.count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (rows.at[middle] < offset) low = middle + 1
    else high = middle
  }
  let parent = Math.max(0, low - 1)
  while (parent !== 0 && (rows.tag[parent] !== D.DW_TAG_subprogram || rows.flags[parent] & ROW.declaration)) parent = rows.parent[parent]
  reader.run(table.read[entry - 1], at)
  return keep(rows, offset, D.DW_TAG_variable, parent, reader, finder)
}

function keep(rows: UnitRows, at: number, tag: number, parent: number, reader: DieReader, finder: UnitFinder): number {
  const row = rows.add(at, tag, parent)
  const { present, value, low, high } = reader
  const has = (slot: number): boolean => (present & (1 << slot)) !== 0
  let flags = 0
  rows.name[row] = has(SLOT.name) ? value[SLOT.name] : -1
  rows.linkageName[row] = has(SLOT.linkageName) ? value[SLOT.linkageName] : -1
  rows.type[row] = has(SLOT.type) ? reference(reader, SLOT.type, finder) : -1
  let other = -1
  if (has(SLOT.origin)) other = reference(reader, SLOT.origin, finder)
  else if (has(SLOT.signature)) other = reference(reader, SLOT.signature, finder)
  else if (has(SLOT.containing) && tag === D.DW_TAG_ptr_to_member_type) other = reference(reader, SLOT.containing, finder)
  else if (has(SLOT.discriminant) && tag === D.DW_TAG_variant_part) other = reference(reader, SLOT.discriminant, finder)
  rows.other[row] = other
  rows.file[row] = has(SLOT.file) ? value[SLOT.file] : NO_FILE
  rows.line[row] = has(SLOT.line) ? value[SLOT.line] : 0
  rows.size[row] = has(SLOT.size) ? value[SLOT.size] : -1
  rows.extra[row] = has(SLOT.encoding) ? value[SLOT.encoding] : has(SLOT.alignment) ? value[SLOT.alignment] : 0
  rows.low[row] = 0
  rows.high[row] = 0
  if (has(SLOT.declaration)) flags |= ROW.declaration
  if (has(SLOT.external)) flags |= tag === D.DW_TAG_array_type ? ROW.vector : ROW.external
  if (has(SLOT.enumClass)) flags |= ROW.scoped
  switch (tag) {
    case D.DW_TAG_member:
    case D.DW_TAG_inheritance:
      flags |= placeOfMember(rows, row, reader)
      break
    case D.DW_TAG_subprogram:
      if (has(SLOT.low) && (has(SLOT.high) || has(SLOT.highAddress))) {
        flags |= ROW.placed
        rows.place[row] = value[SLOT.low]
        rows.size[row] = has(SLOT.high) ? value[SLOT.high] : value[SLOT.highAddress] - value[SLOT.low]
      } else if (has(SLOT.ranges) || has(SLOT.rangesIndex)) {
        flags |= ROW.placed | ROW.ranges | (has(SLOT.ranges) ? 0 : ROW.rangesIndex)
        rows.place[row] = value[has(SLOT.ranges) ? SLOT.ranges : SLOT.rangesIndex]
      }
      break
    case D.DW_TAG_subrange_type:
    case D.DW_TAG_generic_subrange:
      flags |= elements(rows, row, reader)
      break
    case D.DW_TAG_base_type:
      if (!has(SLOT.size) && has(SLOT.bitSize)) rows.size[row] = Math.ceil(value[SLOT.bitSize] / 8)
      break
    default:
      if (has(SLOT.value) || has(SLOT.discriminantValue)) {
        const slot = has(SLOT.value) ? SLOT.value : SLOT.discriminantValue
        flags |= ROW.valued
        rows.low[row] = low[slot]
        rows.high[row] = high[slot]
      }
  }
  rows.flags[row] = flags
  return row
}

function reference(reader: DieReader, slot: number, finder: UnitFinder): number {
  const ref = reader.value[slot]
  return ref === SIGNATURE_REF ? finder.bySignature(reader.signatureOf(slot)) : ref
}

/** Sets place and bits; answers flags. */
function placeOfMember(rows: UnitRows, row: number, reader: DieReader): number {
  const { value, low } = reader
  let flags = 0
  let place = 0
  if (reader.has(SLOT.member)) place = value[SLOT.member]
  else if (reader.has(SLOT.memberExpression)) place = memberOffset(reader.expression(SLOT.memberExpression))
  if (reader.has(SLOT.virtuality) && value[SLOT.virtuality] !== 0) {
    flags |= ROW.virtual
    if (reader.has(SLOT.memberExpression)) place = virtualBaseSlot(reader.expression(SLOT.memberExpression))
  }
  rows.bitCount[row] = 0
  rows.firstBit[row] = 0
  if (reader.has(SLOT.bitSize)) {
    flags |= ROW.bitField
    rows.bitCount[row] = value[SLOT.bitSize]
    if (reader.has(SLOT.dataBitOffset)) {
      const bit = value[SLOT.dataBitOffset] + (reader.has(SLOT.member) ? place * 8 : 0)
      place = Math.floor(bit / 8)
      rows.firstBit[row] = bit % 8
    } else if (reader.has(SLOT.bitOffset)) {
      rows.firstBit[row] = low[SLOT.bitOffset]
      flags |= ROW.fromTop
    }
  } else if (reader.has(SLOT.dataBitOffset)) place = Math.floor(value[SLOT.dataBitOffset] / 8)
  rows.place[row] = place
  return flags
}

/** Sets an array dimension's count; answers flags. */
function elements(rows: UnitRows, row: number, reader: DieReader): number {
  const { low, high, value } = reader
  if (reader.has(SLOT.count)) {
    rows.low[row] = low[SLOT.count]
    rows.high[row] = high[SLOT.count]
    return ROW.counted
  }
  if (!reader.has(SLOT.upperBound)) return 0
  // -1, in any width, is how an array without elements is written
  if (value[SLOT.upperBound] === 0xffffffff) return ROW.counted
  rows.low[row] = (low[SLOT.upperBound] + 1) | 0
  rows.high[row] = rows.low[row] === 0 ? (high[SLOT.upperBound] + 1) | 0 : high[SLOT.upperBound]
  if (reader.has(SLOT.dataBitOffset) && value[SLOT.dataBitOffset] !== 0) {
    // a lower bound: not in C
    const below = low[SLOT.dataBitOffset] >>> 0
    rows.high[row] = (rows.high[row] - high[SLOT.dataBitOffset] - (rows.low[row] >>> 0 < below ? 1 : 0)) | 0
    rows.low[row] = (rows.low[row] - below) | 0
  }
  return ROW.counted
}
