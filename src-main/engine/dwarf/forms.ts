/**
 * Attribute forms: of which class their values are, how many bytes they take, and the operation of a plan that reads them or
 * jumps over them. Source: DWARF 5 §7.5.5, §7.5.6; GNU's and LLVM's extensions.
 */
import * as D from './constants.ts'

/** Operations. The first eight read nothing; those of one size after another are numbered so. */
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

/** What the size of a form depends on. */
export interface Encoding {
  version: number
  offsetSize: number
  addressSize: number
}

/** What kind of value an attribute has; see abbreviations.ts. */
export type ValueClass = 'text' | 'ref' | 'constant' | 'address' | 'block' | 'flag' | 'offset' | 'signature' | 'list'

/** Null for forms whose values corelens has no use for. */
export function classOf(form: number): ValueClass | null {
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
    case D.DW_FORM_rnglistx: case D.DW_FORM_loclistx:
      return 'list'
    default:
      return null
  }
}

/** Bytes, or -1 where they vary. */
export function fixedSize(form: number, { version, offsetSize, addressSize }: Encoding): number {
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

export function skipOp(form: number): number {
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

export function readOp(form: number, { version, offsetSize, addressSize }: Encoding): number {
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
    case D.DW_FORM_rnglistx: case D.DW_FORM_loclistx: return OP.listx
    default: return OP.unknown | ((form & 0xffff) << 8)
  }
}
