/**
 * Walks a unit's DIEs and keeps those that matter as rows. Bodies of functions, parameters and declared methods are walked
 * over or jumped over; what of them someone refers to is read when it is asked for.
 */
import { ROW_TAGS, SLOT, type AbbreviationTable } from './abbreviations.ts'
import * as D from './constants.ts'
import { SIGNATURE_REF, type DieReader } from './dieReader.ts'
import { memberOffset, placeOf, virtualBaseSlot } from './expressions.ts'
import { ROW, type UnitRows } from './rows.ts'
import { refOf, type UnitFinder } from './units.ts'

/** How deep DIEs nest: compilers stay far below, and a deeper unit is damage. */
export const MAX_DEPTH = 20_000

/** No file is said; 0 is one in version 5. */
const NO_FILE = 0xffffffff

const IGNORE = 0
const KEEP = 1
const VARIABLE = 2
const PARAMETER = 3

/** What to do with a tag: walk over it and into its children, or one of the above. */
export const ACTION = new Uint8Array(0x10000)
for (const tag of ROW_TAGS) ACTION[tag] = KEEP
ACTION[D.DW_TAG_variable] = VARIABLE
ACTION[D.DW_TAG_formal_parameter] = PARAMETER
ACTION[D.DW_TAG_unspecified_parameters] = PARAMETER

function isInFunction(rows: UnitRows, row: number): boolean {
  for (; row !== 0; row = rows.parent[row]) if (rows.tag[row] === D.DW_TAG_subprogram) return true
  return false
}

/** Depth → the row that encloses what is there, with OWN where the frame's DIE is that row. */
const stack = new Uint32Array(MAX_DEPTH + 1)
const OWN = 0x8000_0000

/** Fills `rows` with the unit's DIEs. Throws FormatError; what was read until then stays. */
export function readRows(rows: UnitRows, table: AbbreviationTable, reader: DieReader, finder: UnitFinder): void {
  const { unit } = rows
  const { bytes } = reader
  const { end } = unit
  const { dense, sparse, tag: tags, hasChildren, declares, read, skip } = table
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
      if (frame >= OWN) {
        rows.end[frame - OWN] = rows.count
        rows.endAt[frame - OWN] = at
      }
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
    if (declares[entry - 1] !== 0 && !isTypeUnit && depth !== 0 && !isInFunction(rows, parent)) {
      // In type units a function's local types stand in its declaration, and for methods of a local class gcc puts types
      // that others use too beside the parameters. Elsewhere what a declared function holds says nothing here.
      const inside = reader.run(skip[entry - 1], at)
      const next = !children ? inside : reader.has(SLOT.sibling) ? reader.value[SLOT.sibling] - refOf(unit.space, 0) : NaN
      if (next >= inside && next <= end) {
        at = next
        continue
      }
    }
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
    if (frame < OWN) continue
    rows.end[frame - OWN] = rows.count
    rows.endAt[frame - OWN] = end
  }
}

/**
 * A row for a DIE that readRows walked over: a method that is only declared, a local variable. Answers its row, or -1 where
 * there is no DIE. The row stands behind all others.
 */
export function readSkipped(rows: UnitRows, table: AbbreviationTable, reader: DieReader, finder: UnitFinder, offset: number): number {
  const { unit } = rows
  if (!(offset >= unit.dies && offset < unit.end)) return -1
  const { code, at } = reader.code(offset)
  const entry = (code < table.dense.length ? table.dense[code] : table.sparse.get(code)) ?? 0
  const tag = entry === 0 ? 0 : table.tag[entry - 1]
  if (tag !== D.DW_TAG_variable && tag !== D.DW_TAG_subprogram) return -1
  reader.run(table.read[entry - 1], at)
  return keep(rows, offset, tag, rows.enclosing(offset), reader, finder)
}

function keep(rows: UnitRows, at: number, tag: number, parent: number, reader: DieReader, finder: UnitFinder): number {
  const row = rows.add(at, tag, parent)
  const { present, value, low, high } = reader
  const has = (slot: number): boolean => (present & (1 << slot)) !== 0
  let flags = 0
  rows.name[row] = has(SLOT.name) ? value[SLOT.name] : -1
  if (tag === D.DW_TAG_enumerator) {
    rows.type[row] = -1
    rows.low[row] = low[SLOT.value]
    rows.high[row] = high[SLOT.value]
    rows.flags[row] = has(SLOT.value) ? ROW.valued : 0
    return row
  }
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
