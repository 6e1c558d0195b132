/**
 * Abbreviations, compiled: for each code a *plan*, the steps that read the attributes corelens wants and jump over the
 * rest, fixed sizes added up. Source: DWARF 5 §7.5.3, §7.5.6.
 *
 * A step is one Int32: its operation in the low 8 bits, above it a slot or a number of bytes. Slots say where a value goes
 * (dieReader.ts); a slot takes values of one class only, others are jumped over.
 */
import { FormatError } from '../errors.ts'
import * as D from './constants.ts'
import { classOf, fixedSize, OP, readOp, skipOp, type Encoding, type ValueClass } from './forms.ts'

/** Where values go. Below 32, so that a word of bits tells which are there. */
export const SLOT = {
  name: 0,
  type: 1,
  size: 2,
  member: 3,
  memberExpression: 4,
  location: 5,
  low: 6,
  highAddress: 7,
  high: 8,
  ranges: 9,
  rangesIndex: 10,
  file: 11,
  line: 12,
  declaration: 13,
  /** DW_AT_specification or DW_AT_abstract_origin. */
  origin: 14,
  linkageName: 15,
  upperBound: 16,
  count: 17,
  encoding: 18,
  value: 19,
  bitSize: 20,
  /** Of an array's dimension: DW_AT_lower_bound. */
  dataBitOffset: 21,
  bitOffset: 22,
  virtuality: 23,
  sibling: 24,
  signature: 25,
  containing: 26,
  alignment: 27,
  enumClass: 28,
  discriminant: 29,
  discriminantValue: 30,
  /** DW_AT_external; of arrays DW_AT_GNU_vector. */
  external: 31,
} as const

/** Slots of a unit's root DIE. */
export const ROOT = { name: 0, lines: 1, folder: 2, low: 3, language: 4, strOffsets: 5, addr: 6, rnglists: 7, ranges: 8, splitName: 9, splitId: 10 } as const

/** Slots of any DIE where functions are looked into; see stacks/unitDies.ts. Those with names of SLOT mean the same. */
export const BODY = {
  name: SLOT.name,
  type: SLOT.type,
  /** Of a unit's root. */
  loclists: 2,
  locationList: 3,
  locationIndex: 4,
  location: SLOT.location,
  /** Of call sites the return address. */
  low: SLOT.low,
  highAddress: SLOT.highAddress,
  high: SLOT.high,
  ranges: SLOT.ranges,
  rangesIndex: SLOT.rangesIndex,
  /** Of parameters of call sites the value. */
  frameBase: 11,
  frameBaseList: 12,
  /** Of call sites: it is a tail call. */
  declaration: SLOT.declaration,
  /** Of call sites the function called. */
  origin: SLOT.origin,
  frameBaseIndex: 15,
  sibling: SLOT.sibling,
} as const

const NO_SLOT = 255

interface Wanted {
  slot: number
  accepts: ValueClass[]
}

const constant = (slot: number): Wanted[] => [{ slot, accepts: ['constant'] }]
const text = (slot: number): Wanted[] => [{ slot, accepts: ['text'] }]
const ref = (slot: number): Wanted[] => [{ slot, accepts: ['ref', 'signature'] }]
const flag = (slot: number): Wanted[] => [{ slot, accepts: ['flag'] }]
const offset = (slot: number): Wanted[] => [{ slot, accepts: ['offset', 'constant'] }]

const DIE_SLOTS = new Map<number, Wanted[]>([
  [D.DW_AT_name, text(SLOT.name)],
  [D.DW_AT_type, ref(SLOT.type)],
  [D.DW_AT_byte_size, constant(SLOT.size)],
  [D.DW_AT_data_member_location, [{ slot: SLOT.member, accepts: ['constant'] }, { slot: SLOT.memberExpression, accepts: ['block'] }]],
  [D.DW_AT_location, [{ slot: SLOT.location, accepts: ['block'] }]],
  [D.DW_AT_low_pc, [{ slot: SLOT.low, accepts: ['address'] }]],
  [D.DW_AT_high_pc, [{ slot: SLOT.highAddress, accepts: ['address'] }, { slot: SLOT.high, accepts: ['constant'] }]],
  [D.DW_AT_ranges, [{ slot: SLOT.ranges, accepts: ['offset', 'constant'] }, { slot: SLOT.rangesIndex, accepts: ['list'] }]],
  [D.DW_AT_decl_file, constant(SLOT.file)],
  [D.DW_AT_decl_line, constant(SLOT.line)],
  [D.DW_AT_declaration, flag(SLOT.declaration)],
  [D.DW_AT_specification, ref(SLOT.origin)],
  [D.DW_AT_abstract_origin, ref(SLOT.origin)],
  [D.DW_AT_linkage_name, text(SLOT.linkageName)],
  [D.DW_AT_MIPS_linkage_name, text(SLOT.linkageName)],
  [D.DW_AT_upper_bound, constant(SLOT.upperBound)],
  [D.DW_AT_lower_bound, constant(SLOT.dataBitOffset)],
  [D.DW_AT_count, constant(SLOT.count)],
  [D.DW_AT_encoding, constant(SLOT.encoding)],
  [D.DW_AT_const_value, constant(SLOT.value)],
  [D.DW_AT_bit_size, constant(SLOT.bitSize)],
  [D.DW_AT_data_bit_offset, constant(SLOT.dataBitOffset)],
  [D.DW_AT_bit_offset, constant(SLOT.bitOffset)],
  [D.DW_AT_virtuality, constant(SLOT.virtuality)],
  [D.DW_AT_sibling, ref(SLOT.sibling)],
  [D.DW_AT_signature, ref(SLOT.signature)],
  [D.DW_AT_containing_type, ref(SLOT.containing)],
  [D.DW_AT_alignment, constant(SLOT.alignment)],
  [D.DW_AT_enum_class, flag(SLOT.enumClass)],
  [D.DW_AT_discr, ref(SLOT.discriminant)],
  [D.DW_AT_discr_value, constant(SLOT.discriminantValue)],
  [D.DW_AT_external, flag(SLOT.external)],
  [D.DW_AT_GNU_vector, flag(SLOT.external)],
  [D.DW_AT_GNU_template_name, text(SLOT.linkageName)],
])

const ROOT_SLOTS = new Map<number, Wanted[]>([
  [D.DW_AT_name, text(ROOT.name)],
  [D.DW_AT_stmt_list, offset(ROOT.lines)],
  [D.DW_AT_comp_dir, text(ROOT.folder)],
  [D.DW_AT_low_pc, [{ slot: ROOT.low, accepts: ['address'] }]],
  [D.DW_AT_language, constant(ROOT.language)],
  [D.DW_AT_str_offsets_base, offset(ROOT.strOffsets)],
  [D.DW_AT_addr_base, offset(ROOT.addr)],
  [D.DW_AT_GNU_addr_base, offset(ROOT.addr)],
  [D.DW_AT_rnglists_base, offset(ROOT.rnglists)],
  [D.DW_AT_GNU_ranges_base, offset(ROOT.ranges)],
  [D.DW_AT_dwo_name, text(ROOT.splitName)],
  [D.DW_AT_GNU_dwo_name, text(ROOT.splitName)],
  [D.DW_AT_GNU_dwo_id, constant(ROOT.splitId)],
])

const BODY_SLOTS = new Map<number, Wanted[]>([
  ...[D.DW_AT_name, D.DW_AT_type, D.DW_AT_low_pc, D.DW_AT_high_pc, D.DW_AT_ranges, D.DW_AT_declaration, D.DW_AT_specification, D.DW_AT_abstract_origin, D.DW_AT_sibling].map((attribute): [number, Wanted[]] => [attribute, DIE_SLOTS.get(attribute) ?? []]),
  [D.DW_AT_location, [{ slot: BODY.location, accepts: ['block'] }, { slot: BODY.locationList, accepts: ['offset', 'constant'] }, { slot: BODY.locationIndex, accepts: ['list'] }]],
  [D.DW_AT_frame_base, [{ slot: BODY.frameBase, accepts: ['block'] }, { slot: BODY.frameBaseList, accepts: ['offset', 'constant'] }, { slot: BODY.frameBaseIndex, accepts: ['list'] }]],
  [D.DW_AT_loclists_base, offset(BODY.loclists)],
  [D.DW_AT_call_return_pc, [{ slot: BODY.low, accepts: ['address'] }]],
  [D.DW_AT_call_origin, ref(BODY.origin)],
  [D.DW_AT_call_value, [{ slot: BODY.frameBase, accepts: ['block'] }]],
  [D.DW_AT_GNU_call_site_value, [{ slot: BODY.frameBase, accepts: ['block'] }]],
  [D.DW_AT_call_tail_call, flag(BODY.declaration)],
  [D.DW_AT_GNU_tail_call, flag(BODY.declaration)],
])

type Slots = Map<number, Wanted[]>
const NOTHING: Slots = new Map()
const SIBLING = new Map<number, Wanted[]>([[D.DW_AT_sibling, ref(SLOT.sibling)]])
/** Tags that are read in some places and jumped over in others, and what is read even then. */
const JUMPED = new Map<number, Slots>([[D.DW_TAG_subprogram, SIBLING], [D.DW_TAG_formal_parameter, NOTHING], [D.DW_TAG_unspecified_parameters, NOTHING]])
const ROOT_TAGS: ReadonlySet<number> = new Set([D.DW_TAG_compile_unit, D.DW_TAG_partial_unit, D.DW_TAG_type_unit, D.DW_TAG_skeleton_unit])

const SLOTS = [NOTHING, SIBLING, ROOT_SLOTS, DIE_SLOTS, BODY_SLOTS]

/** Tags whose DIEs become rows, bodies of functions aside. */
export const ROW_TAGS: readonly number[] = [
  D.DW_TAG_array_type, D.DW_TAG_class_type, D.DW_TAG_enumeration_type, D.DW_TAG_member, D.DW_TAG_pointer_type, D.DW_TAG_reference_type,
  D.DW_TAG_string_type, D.DW_TAG_structure_type, D.DW_TAG_subroutine_type, D.DW_TAG_typedef, D.DW_TAG_union_type, D.DW_TAG_variant,
  D.DW_TAG_inheritance, D.DW_TAG_module, D.DW_TAG_ptr_to_member_type, D.DW_TAG_set_type, D.DW_TAG_subrange_type, D.DW_TAG_base_type,
  D.DW_TAG_const_type, D.DW_TAG_enumerator, D.DW_TAG_packed_type, D.DW_TAG_subprogram, D.DW_TAG_template_type_parameter,
  D.DW_TAG_template_value_parameter, D.DW_TAG_variant_part, D.DW_TAG_volatile_type, D.DW_TAG_restrict_type, D.DW_TAG_interface_type,
  D.DW_TAG_namespace, D.DW_TAG_unspecified_type, D.DW_TAG_shared_type, D.DW_TAG_rvalue_reference_type, D.DW_TAG_template_alias,
  D.DW_TAG_generic_subrange, D.DW_TAG_atomic_type, D.DW_TAG_immutable_type, D.DW_TAG_GNU_template_template_param,
  D.DW_TAG_GNU_template_parameter_pack,
]

/** Tags whose attributes are read. All others, function bodies above all, are jumped over. */
const READ_TAGS: ReadonlySet<number> = new Set([...ROW_TAGS, D.DW_TAG_formal_parameter, D.DW_TAG_unspecified_parameters, D.DW_TAG_variable])

export interface AbbreviationTable {
  /** Code → where its abbreviation is in the columns below, plus one; 0: there is none. Codes above go into `sparse`. */
  dense: Uint32Array
  sparse: Map<number, number>
  tag: Uint16Array
  /** 0 or 1 */
  hasChildren: Uint8Array
  /** 1 for functions that are only declared, as every DIE of the abbreviation says. */
  declares: Uint8Array
  /** First step of the plan that reads, and of the one that jumps over all attributes: for tags that are jumped over (of functions it reads the sibling). */
  read: Uint32Array
  skip: Uint32Array
  steps: Int32Array
}

const MAX_DENSE = 1 << 16
const MAX_ATTRIBUTES = 4096

/** Throws FormatError where the table can't be read at all. @param isBody of all tags the slots of BODY are read */
export function readAbbreviations(bytes: Uint8Array, at: number, where: string, encoding: Encoding, isBody = false): AbbreviationTable {
  const compiler = new Compiler(bytes, at, where, encoding, isBody)
  return compiler.run()
}

class Compiler {
  private readonly bytes: Uint8Array
  private readonly where: string
  private readonly encoding: Encoding
  private at: number
  private steps: number[] = []
  /** Low and high half of the last LEB128, sign-extended where it was signed. */
  private low = 0
  private high = 0
  /** Whether the last plan's abbreviation has DW_AT_declaration, without a value that could deny it. */
  private declares = false
  private readonly isBody: boolean

  constructor(bytes: Uint8Array, at: number, where: string, encoding: Encoding, isBody: boolean) {
    this.bytes = bytes
    this.at = at
    this.where = where
    this.encoding = encoding
    this.isBody = isBody
  }

  run(): AbbreviationTable {
    if (!(this.at < this.bytes.length)) throw new FormatError(this.where, this.at, 'abbreviations lie beyond the end of the section')
    const codes: number[] = []
    const tags: number[] = []
    const children: number[] = []
    const read: number[] = []
    const skip: number[] = []
    const declares: number[] = []
    for (let code = this.uleb(); code !== 0; code = this.uleb()) {
      codes.push(code)
      const tag = this.uleb()
      tags.push(tag & 0xffff)
      children.push(this.byte() !== 0 ? 1 : 0)
      const wanted = this.isBody ? BODY_SLOTS : ROOT_TAGS.has(tag) ? ROOT_SLOTS : READ_TAGS.has(tag) ? DIE_SLOTS : NOTHING
      const begin = this.at
      read.push(this.steps.length)
      this.plan(wanted)
      declares.push(tag === D.DW_TAG_subprogram && this.declares ? 1 : 0)
      const jump = this.isBody ? undefined : JUMPED.get(tag)
      skip.push(jump ? this.steps.length : (read.at(-1) ?? 0))
      if (jump) {
        this.at = begin
        this.plan(jump)
      }
      if (this.at >= this.bytes.length) break // no final zero: what is there serves
    }
    const highest = codes.reduce((high, code) => Math.max(high, code), 0)
    const dense = new Uint32Array(Math.min(highest, MAX_DENSE) + 1)
    const sparse = new Map<number, number>()
    codes.forEach((code, i) => {
      if (code < dense.length) dense[code] ||= i + 1
      else if (!sparse.has(code)) sparse.set(code, i + 1)
    })
    return { dense, sparse, tag: Uint16Array.from(tags), hasChildren: Uint8Array.from(children), declares: Uint8Array.from(declares), read: Uint32Array.from(read), skip: Uint32Array.from(skip), steps: Int32Array.from(this.steps) }
  }

  private byte(): number {
    if (this.at >= this.bytes.length) throw new FormatError(this.where, this.at, 'abbreviations end within an entry')
    return this.bytes[this.at++]
  }

  /** Up to 2^53; a longer number is damage. */
  private uleb(): number {
    let value = 0
    for (let factor = 1; factor < 2 ** 56; factor *= 128) {
      const byte = this.byte()
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
    throw new FormatError(this.where, this.at, 'a LEB128 number does not end')
  }

  private sleb(): void {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte()
      value |= BigInt(byte & 127) << shift
      if (byte >= 128) continue
      if (byte & 64) value -= 1n << (shift + 7n)
      this.low = Number(BigInt.asIntN(32, value))
      this.high = Number(BigInt.asIntN(32, value >> 32n))
      return
    }
    throw new FormatError(this.where, this.at, 'a LEB128 number does not end')
  }

  private plan(slots: Slots): void {
    let pending = 0
    this.declares = false
    const flush = (): void => {
      if (pending > 0) this.steps.push(OP.skip | (pending << 8))
      pending = 0
    }
    for (let count = 0; ; count++) {
      if (count > MAX_ATTRIBUTES) throw new FormatError(this.where, this.at, 'an abbreviation has too many attributes')
      const attribute = this.uleb()
      const form = this.uleb()
      if (form === D.DW_FORM_implicit_const) this.sleb()
      if (attribute === 0 && form === 0) break
      if (attribute === D.DW_AT_declaration && form === D.DW_FORM_flag_present) this.declares = true
      const step = stepFor(slots, attribute, form, this.encoding)
      if ((step & 0xff) === OP.skip) {
        pending += step >>> 8
        continue
      }
      flush()
      this.steps.push(step)
      if ((step & 0xff) === OP.implicit) this.steps.push(this.low, this.high)
    }
    flush()
    this.steps.push(OP.end)
  }
}

/** The step for an attribute whose form stands with its value (DW_FORM_indirect). */
export function indirectStep(attribute: number, root: boolean, form: number, encoding: Encoding): number {
  return stepFor(root ? ROOT_SLOTS : DIE_SLOTS, attribute, form, encoding)
}

/** Steps of the attributes and forms met so far: all units have the same few hundred. */
const known = new Map<number, number>()
const MAX_KNOWN = 10_000

function stepFor(slots: Slots, attribute: number, form: number, encoding: Encoding): number {
  const { version, offsetSize, addressSize } = encoding
  const kind = SLOTS.indexOf(slots) * 8 + (version <= 2 ? 4 : 0) + (offsetSize === 8 ? 2 : 0) + (addressSize === 8 ? 1 : 0)
  const key = (kind * 2 ** 16 + form) * 2 ** 24 + attribute
  let step = known.get(key)
  if (step !== undefined) return step
  const slot = slotFor(slots.get(attribute), classOf(form))
  const size = slot === NO_SLOT ? fixedSize(form, encoding) : -1
  if (form === D.DW_FORM_implicit_const) step = slot === NO_SLOT ? OP.skip : OP.implicit | (slot << 8)
  // the value's form stands with the value: any slot of the attribute may be meant
  else if (form === D.DW_FORM_indirect) step = OP.indirect | ((slots.has(attribute) ? attribute : 0) << 8)
  else if (size >= 0) step = OP.skip | (size << 8)
  else step = slot === NO_SLOT ? skipOp(form) : readOp(form, encoding) | (slot << 8)
  if (known.size < MAX_KNOWN && attribute < 2 ** 24 && form < 2 ** 16) known.set(key, step)
  return step
}

function slotFor(wanted: Wanted[] | undefined, valueClass: ValueClass | null): number {
  if (!wanted || valueClass === null) return NO_SLOT
  for (const { slot, accepts } of wanted) if (accepts.includes(valueClass)) return slot
  return NO_SLOT
}
