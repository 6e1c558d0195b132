/**
 * Abbreviations, compiled: for each code a *plan*, the steps that read the attributes corelens wants and jump over the
 * rest, fixed sizes added up. Source: DWARF 5 §7.5.3, §7.5.6.
 *
 * A step is one Int32: its operation in the low 8 bits, above it a slot or a number of bytes. Slots say where a value goes
 * (dieReader.ts); a slot takes values of one class only, others are jumped over.
 */
import { FormatError } from '../errors.ts'
import * as D from './constants.ts'

/** Operations. The first eight read nothing. */
export const OP = {
  end: 0,
  skip: 1,
  skipLeb: 2,
  skipBlock1: 3,
  skipBlock2: 4,
  skipBlock4: 5,
  skipBlock: 6,
  skipString: 7,
  /** A form nobody knows: the unit can't be read from here on. */
  unknown: 8,
  indirect: 9,
  u1: 16,
  u2: 17,
  u4: 18,
  u8: 19,
  sleb: 20,
  uleb: 21,
  flag: 22,
  present: 23,
  /** Two more entries: the value's low and high half. */
  implicit: 24,
  strp: 25,
  lineStrp: 27,
  string: 29,
  strx: 30,
  strx1: 31,
  strx2: 32,
  strx3: 33,
  strx4: 34,
  strpAlt: 35,
  ref1: 40,
  ref2: 41,
  ref4: 42,
  ref8: 43,
  refUdata: 44,
  refAddr4: 45,
  refAddr8: 46,
  refSig8: 47,
  refAlt4: 48,
  refAlt8: 49,
  addr: 50,
  addrx: 52,
  addrx1: 53,
  addrx2: 54,
  addrx3: 55,
  addrx4: 56,
  block1: 60,
  block2: 61,
  block4: 62,
  block: 63,
  offset4: 64,
  offset8: 65,
  listx: 66,
} as const

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

const NO_SLOT = 255

type ValueClass = 'text' | 'ref' | 'constant' | 'address' | 'block' | 'flag' | 'offset' | 'signature' | 'list'

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

const NOTHING = new Map<number, Wanted[]>()
const ROOT_TAGS: ReadonlySet<number> = new Set([D.DW_TAG_compile_unit, D.DW_TAG_partial_unit, D.DW_TAG_type_unit, D.DW_TAG_skeleton_unit])

/** Tags whose attributes are read. All others, function bodies above all, are jumped over. */
const READ_TAGS: ReadonlySet<number> = new Set([
  D.DW_TAG_array_type, D.DW_TAG_class_type, D.DW_TAG_enumeration_type, D.DW_TAG_formal_parameter, D.DW_TAG_member, D.DW_TAG_pointer_type,
  D.DW_TAG_reference_type, D.DW_TAG_string_type, D.DW_TAG_structure_type, D.DW_TAG_subroutine_type, D.DW_TAG_typedef, D.DW_TAG_union_type,
  D.DW_TAG_unspecified_parameters, D.DW_TAG_variant, D.DW_TAG_inheritance, D.DW_TAG_module, D.DW_TAG_ptr_to_member_type, D.DW_TAG_set_type,
  D.DW_TAG_subrange_type, D.DW_TAG_base_type, D.DW_TAG_const_type, D.DW_TAG_enumerator, D.DW_TAG_packed_type, D.DW_TAG_subprogram,
  D.DW_TAG_template_type_parameter, D.DW_TAG_template_value_parameter, D.DW_TAG_variant_part, D.DW_TAG_variable, D.DW_TAG_volatile_type,
  D.DW_TAG_restrict_type, D.DW_TAG_interface_type, D.DW_TAG_namespace, D.DW_TAG_unspecified_type, D.DW_TAG_shared_type,
  D.DW_TAG_rvalue_reference_type, D.DW_TAG_template_alias, D.DW_TAG_generic_subrange, D.DW_TAG_atomic_type, D.DW_TAG_immutable_type,
  D.DW_TAG_GNU_template_template_param, D.DW_TAG_GNU_template_parameter_pack,
])

export interface AbbreviationTable {
  /** Code → where its abbreviation is in the columns below, plus one; 0: there is none. Codes above go into `sparse`. */
  dense: Uint32Array
  sparse: Map<number, number>
  tag: Uint16Array
  /** 0 or 1 */
  hasChildren: Uint8Array
  /** First step of the plan that reads, and of the one that jumps over all attributes. */
  read: Uint32Array
  skip: Uint32Array
  steps: Int32Array
}

/** What the size of a form depends on. */
export interface Encoding {
  version: number
  offsetSize: number
  addressSize: number
}

const MAX_DENSE = 1 << 16
const MAX_ATTRIBUTES = 4096

/** Throws FormatError where the table can't be read at all. */
export function readAbbreviations(bytes: Uint8Array, at: number, where: string, encoding: Encoding): AbbreviationTable {
  const compiler = new Compiler(bytes, at, where, encoding)
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

  constructor(bytes: Uint8Array, at: number, where: string, encoding: Encoding) {
    this.bytes = bytes
    this.at = at
    this.where = where
    this.encoding = encoding
  }

  run(): AbbreviationTable {
    if (!(this.at < this.bytes.length)) throw new FormatError(this.where, this.at, 'abbreviations lie beyond the end of the section')
    const codes: number[] = []
    const tags: number[] = []
    const children: number[] = []
    const read: number[] = []
    const skip: number[] = []
    for (let code = this.uleb(); code !== 0; code = this.uleb()) {
      codes.push(code)
      const tag = this.uleb()
      tags.push(tag & 0xffff)
      children.push(this.byte() !== 0 ? 1 : 0)
      const wanted = ROOT_TAGS.has(tag) ? ROOT_SLOTS : READ_TAGS.has(tag) ? DIE_SLOTS : NOTHING
      const begin = this.at
      read.push(this.steps.length)
      this.plan(wanted)
      skip.push(wanted === NOTHING ? (read.at(-1) ?? 0) : this.steps.length)
      if (wanted !== NOTHING) {
        this.at = begin
        this.plan(NOTHING)
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
    return { dense, sparse, tag: Uint16Array.from(tags), hasChildren: Uint8Array.from(children), read: Uint32Array.from(read), skip: Uint32Array.from(skip), steps: Int32Array.from(this.steps) }
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

  private plan(slots: Map<number, Wanted[]>): void {
    let pending = 0
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
      const slot = slotFor(slots.get(attribute), classOf(form))
      const size = slot === NO_SLOT ? fixedSize(form, this.encoding) : -1
      if (size >= 0) {
        pending += size
        continue
      }
      flush()
      if (form === D.DW_FORM_implicit_const) this.steps.push(OP.implicit | (slot << 8), this.low, this.high)
      // the value's form stands with the value: any slot of the attribute may be meant
      else if (form === D.DW_FORM_indirect) this.steps.push(OP.indirect | ((slots.has(attribute) ? attribute : 0) << 8))
      else this.steps.push(slot === NO_SLOT ? skipOp(form) : readOp(form, this.encoding) | (slot << 8))
    }
    flush()
    this.steps.push(OP.end)
  }
}

/** The step for an attribute whose form stands with its value (DW_FORM_indirect). */
export function indirectStep(attribute: number, root: boolean, form: number, encoding: Encoding): number {
  const slot = slotFor((root ? ROOT_SLOTS : DIE_SLOTS).get(attribute), classOf(form))
  const size = slot === NO_SLOT ? fixedSize(form, encoding) : -1
  if (size >= 0) return OP.skip | (size << 8)
  return slot === NO_SLOT ? skipOp(form) : readOp(form, encoding) | (slot << 8)
}

function slotFor(wanted: Wanted[] | undefined, valueClass: ValueClass | null): number {
  if (!wanted || valueClass === null) return NO_SLOT
  for (const { slot, accepts } of wanted) if (accepts.includes(valueClass)) return slot
  return NO_SLOT
}

function classOf(form: number): ValueClass | null {
  switch (form) {
    case D.DW_FORM_string: case D.DW_FORM_strp: case D.DW_FORM_line_strp: case D.DW_FORM_strx: case D.DW_FORM_strx1: case D.DW_FORM_strx2:
    case D.DW_FORM_strx3: case D.DW_FORM_strx4: case D.DW_FORM_GNU_str_index: case D.DW_FORM_GNU_strp_alt: case D.DW_FORM_strp_sup:
      return 'text'
    case D.DW_FORM_ref1: case D.DW_FORM_ref2: case D.DW_FORM_ref4: case D.DW_FORM_ref8: case D.DW_FORM_ref_udata: case D.DW_FORM_ref_addr:
    case D.DW_FORM_GNU_ref_alt: case D.DW_FORM_ref_sup4: case D.DW_FORM_ref_sup8:
      return 'ref'
    case D.DW_FORM_ref_sig8:
      return 'signature'
    case D.DW_FORM_data1: case D.DW_FORM_data2: case D.DW_FORM_data4: case D.DW_FORM_data8: case D.DW_FORM_sdata: case D.DW_FORM_udata:
    case D.DW_FORM_implicit_const:
      return 'constant'
    case D.DW_FORM_addr: case D.DW_FORM_addrx: case D.DW_FORM_addrx1: case D.DW_FORM_addrx2: case D.DW_FORM_addrx3: case D.DW_FORM_addrx4:
    case D.DW_FORM_GNU_addr_index:
      return 'address'
    case D.DW_FORM_block1: case D.DW_FORM_block2: case D.DW_FORM_block4: case D.DW_FORM_block: case D.DW_FORM_exprloc:
      return 'block'
    case D.DW_FORM_flag: case D.DW_FORM_flag_present:
      return 'flag'
    case D.DW_FORM_sec_offset:
      return 'offset'
    case D.DW_FORM_rnglistx:
      return 'list'
    default:
      return null
  }
}

/** Bytes, or -1 where they vary. */
function fixedSize(form: number, { version, offsetSize, addressSize }: Encoding): number {
  switch (form) {
    case D.DW_FORM_flag_present: case D.DW_FORM_implicit_const:
      return 0
    case D.DW_FORM_data1: case D.DW_FORM_ref1: case D.DW_FORM_flag: case D.DW_FORM_strx1: case D.DW_FORM_addrx1:
      return 1
    case D.DW_FORM_data2: case D.DW_FORM_ref2: case D.DW_FORM_strx2: case D.DW_FORM_addrx2:
      return 2
    case D.DW_FORM_strx3: case D.DW_FORM_addrx3:
      return 3
    case D.DW_FORM_data4: case D.DW_FORM_ref4: case D.DW_FORM_strx4: case D.DW_FORM_addrx4: case D.DW_FORM_ref_sup4:
      return 4
    case D.DW_FORM_data8: case D.DW_FORM_ref8: case D.DW_FORM_ref_sig8: case D.DW_FORM_ref_sup8:
      return 8
    case D.DW_FORM_data16:
      return 16
    case D.DW_FORM_strp: case D.DW_FORM_line_strp: case D.DW_FORM_sec_offset: case D.DW_FORM_GNU_ref_alt: case D.DW_FORM_GNU_strp_alt: case D.DW_FORM_strp_sup:
      return offsetSize
    case D.DW_FORM_addr:
      return addressSize
    case D.DW_FORM_ref_addr:
      return version <= 2 ? addressSize : offsetSize
    default:
      return -1
  }
}

function skipOp(form: number): number {
  switch (form) {
    case D.DW_FORM_sdata: case D.DW_FORM_udata: case D.DW_FORM_ref_udata: case D.DW_FORM_strx: case D.DW_FORM_addrx: case D.DW_FORM_loclistx:
    case D.DW_FORM_rnglistx: case D.DW_FORM_GNU_addr_index: case D.DW_FORM_GNU_str_index:
      return OP.skipLeb
    case D.DW_FORM_block1:
      return OP.skipBlock1
    case D.DW_FORM_block2:
      return OP.skipBlock2
    case D.DW_FORM_block4:
      return OP.skipBlock4
    case D.DW_FORM_block: case D.DW_FORM_exprloc:
      return OP.skipBlock
    case D.DW_FORM_string:
      return OP.skipString
    default:
      return OP.unknown | ((form & 0xffff) << 8)
  }
}

function readOp(form: number, { version, offsetSize, addressSize }: Encoding): number {
  const wide = offsetSize === 8
  switch (form) {
    case D.DW_FORM_string: return OP.string
    case D.DW_FORM_strp: return OP.strp
    case D.DW_FORM_line_strp: return OP.lineStrp
    case D.DW_FORM_strx: case D.DW_FORM_GNU_str_index: return OP.strx
    case D.DW_FORM_strx1: return OP.strx1
    case D.DW_FORM_strx2: return OP.strx2
    case D.DW_FORM_strx3: return OP.strx3
    case D.DW_FORM_strx4: return OP.strx4
    case D.DW_FORM_GNU_strp_alt: case D.DW_FORM_strp_sup: return OP.strpAlt
    case D.DW_FORM_ref1: return OP.ref1
    case D.DW_FORM_ref2: return OP.ref2
    case D.DW_FORM_ref4: return OP.ref4
    case D.DW_FORM_ref8: return OP.ref8
    case D.DW_FORM_ref_udata: return OP.refUdata
    case D.DW_FORM_ref_addr: return (version <= 2 ? addressSize === 8 : wide) ? OP.refAddr8 : OP.refAddr4
    case D.DW_FORM_ref_sig8: return OP.refSig8
    case D.DW_FORM_GNU_ref_alt: return wide ? OP.refAlt8 : OP.refAlt4
    case D.DW_FORM_ref_sup4: return OP.refAlt4
    case D.DW_FORM_ref_sup8: return OP.refAlt8
    case D.DW_FORM_data1: return OP.u1
    case D.DW_FORM_data2: return OP.u2
    case D.DW_FORM_data4: return OP.u4
    case D.DW_FORM_data8: return OP.u8
    case D.DW_FORM_sdata: return OP.sleb
    case D.DW_FORM_udata: return OP.uleb
    case D.DW_FORM_addr: return OP.addr
    case D.DW_FORM_addrx: case D.DW_FORM_GNU_addr_index: return OP.addrx
    case D.DW_FORM_addrx1: return OP.addrx1
    case D.DW_FORM_addrx2: return OP.addrx2
    case D.DW_FORM_addrx3: return OP.addrx3
    case D.DW_FORM_addrx4: return OP.addrx4
    case D.DW_FORM_block1: return OP.block1
    case D.DW_FORM_block2: return OP.block2
    case D.DW_FORM_block4: return OP.block4
    case D.DW_FORM_block: case D.DW_FORM_exprloc: return OP.block
    case D.DW_FORM_flag: return OP.flag
    case D.DW_FORM_flag_present: return OP.present
    case D.DW_FORM_sec_offset: return wide ? OP.offset8 : OP.offset4
    case D.DW_FORM_rnglistx: return OP.listx
    default: return OP.unknown | ((form & 0xffff) << 8)
  }
}
