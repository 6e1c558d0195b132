/**
 * What a type is, as two 32-bit hashes: equal types have equal hashes, whichever unit or module they stand in.
 *
 * - A *reference* to a named struct, class, union or enum is its kind and qualified name: that ends every cycle, and makes
 *   a pointer to a declaration the same as one to its definition. An anonymous type that a typedef names counts as named.
 * - The *content* of a struct is its size and members: names, places, references of their types. Methods, static members
 *   and where it was declared are not part of it.
 * - All other types are what they are made of.
 *
 * Where one name has several contents, merge.ts tells apart what refers to them.
 */
import { C_LANGUAGES, DW_ATE_boolean, DW_TAG_array_type, DW_TAG_base_type, DW_TAG_class_type, DW_TAG_enumeration_type, DW_TAG_enumerator, DW_TAG_formal_parameter, DW_TAG_generic_subrange, DW_TAG_inheritance, DW_TAG_interface_type, DW_TAG_member, DW_TAG_namespace, DW_TAG_ptr_to_member_type, DW_TAG_structure_type, DW_TAG_subprogram, DW_TAG_subrange_type, DW_TAG_subroutine_type, DW_TAG_unspecified_parameters, DW_TAG_variant, DW_TAG_variant_part } from './constants.ts'
import { mix1, mix2, type Names } from './names.ts'
import { isRecord, ROW, type UnitRows } from './rows.ts'
import type { UnitLoader } from './unitLoader.ts'

const HASHING = 1
const HASHED = 2
const NAMING = 4
const NAMED = 8

/** Types nest by far less; deeper ones are damage and count as one. */
const MAX_DEPTH = 200

const RECORD_NAME = 0x51ed
const DECLARATION = 0x0dec
const NO_NAME = 0x0a0a

export class TypeHash {
  /** What the last call found. */
  h1 = 0
  h2 = 0
  private readonly loader: UnitLoader
  private readonly names: Names
  private depth = 0

  constructor(loader: UnitLoader, names: Names) {
    this.loader = loader
    this.names = names
  }

  /** The typedef or the type itself, whichever has its name. */
  static named(rows: UnitRows, row: number): number {
    return rows.namedBy[row] !== 0 ? rows.namedBy[row] : row
  }

  hasName(rows: UnitRows, row: number): boolean {
    if (rows.namedBy[row] !== 0 || !this.names.isEmpty(rows.name[row])) return true
    if (rows.other[row] < 0 || !this.loader.locate(rows, rows.other[row])) return false
    return !this.names.isEmpty(this.loader.rows.name[this.loader.row])
  }

  /** Sets h1, h2 to the hash of what a reference leads to; void where it leads nowhere. */
  reference(rows: UnitRows, ref: number): void {
    if (ref >= 0 && this.loader.locate(rows, ref)) return this.type(this.loader.rows, this.loader.row)
    this.h1 = 0x766f
    this.h2 = 0x6964
  }

  /** Sets h1, h2 to what stands for the type where another refers to it. */
  type(rows: UnitRows, row: number): void {
    const state = rows.state[row]
    if (state & HASHED) {
      this.h1 = rows.hash1[row]
      this.h2 = rows.hash2[row]
      return
    }
    if (state & HASHING || this.depth > MAX_DEPTH) {
      this.h1 = this.h2 = NO_NAME
      return
    }
    rows.state[row] |= HASHING
    this.depth++
    this.compute(rows, row)
    this.depth--
    rows.state[row] = (rows.state[row] & ~HASHING) | HASHED
    rows.hash1[row] = this.h1
    rows.hash2[row] = this.h2
  }

  private compute(rows: UnitRows, row: number): void {
    const tag = rows.tag[row]
    if (isRecord(tag) || tag === DW_TAG_enumeration_type) {
      if (!this.hasName(rows, row)) return this.content(rows, row)
      this.name(rows, TypeHash.named(rows, row))
      this.add(tag === DW_TAG_enumeration_type ? tag : RECORD_NAME)
      return
    }
    let a = mix1(tag, rows.size[row] | 0)
    let b = mix2(tag, rows.size[row] | 0)
    // C's _Bool is C++'s bool: headers of both languages give one type
    const isBool = tag === DW_TAG_base_type && rows.extra[row] === DW_ATE_boolean
    if (rows.name[row] >= 0 && !isBool) {
      this.name(rows, row)
      a = mix1(a, this.h1)
      b = mix2(b, this.h2)
    }
    if (tag === DW_TAG_base_type) {
      this.h1 = mix1(a, rows.extra[row])
      this.h2 = mix2(b, rows.extra[row])
      return
    }
    this.reference(rows, rows.type[row])
    a = mix1(a, this.h1)
    b = mix2(b, this.h2)
    if (tag === DW_TAG_array_type || tag === DW_TAG_subroutine_type) {
      a = mix1(a, rows.flags[row])
      b = mix2(b, rows.flags[row])
      for (let child = row + 1; child < rows.end[row]; child = rows.end[child]) {
        const part = rows.tag[child]
        if (part === DW_TAG_subrange_type || part === DW_TAG_generic_subrange) {
          a = mix1(mix1(mix1(a, rows.low[child]), rows.high[child]), rows.flags[child])
          b = mix2(mix2(mix2(b, rows.low[child]), rows.high[child]), rows.flags[child])
        } else if (part === DW_TAG_formal_parameter) {
          this.reference(rows, rows.type[child])
          a = mix1(a, this.h1)
          b = mix2(b, this.h2)
        } else if (part === DW_TAG_unspecified_parameters) {
          a = mix1(a, part)
          b = mix2(b, part)
        }
      }
    } else if (tag === DW_TAG_ptr_to_member_type) {
      this.reference(rows, rows.other[row])
      a = mix1(a, this.h1)
      b = mix2(b, this.h2)
    }
    this.h1 = a
    this.h2 = b
  }

  private add(number: number): void {
    this.h1 = mix1(this.h1, number)
    this.h2 = mix2(this.h2, number)
  }

  /** Sets h1, h2 to what a struct, class, union or enum consists of. */
  content(rows: UnitRows, row: number): void {
    if (rows.flags[row] & ROW.declaration) {
      this.h1 = this.h2 = DECLARATION
      return
    }
    const tag = rows.tag[row]
    // gcc calls a class by the keyword of its first declaration
    const kind = tag === DW_TAG_class_type || tag === DW_TAG_interface_type ? DW_TAG_structure_type : tag
    let a = mix1(kind, rows.size[row] | 0)
    let b = mix2(kind, rows.size[row] | 0)
    // an explicit stack would serve: variant parts nest two deep
    for (let child = row + 1; child < rows.end[row]; ) {
      const part = rows.tag[child]
      if (part === DW_TAG_variant_part || part === DW_TAG_variant) {
        a = mix1(mix1(mix1(a, part), rows.low[child]), rows.flags[child])
        b = mix2(mix2(mix2(b, part), rows.low[child]), rows.flags[child])
        child++
        continue
      }
      if (part === DW_TAG_enumerator) {
        this.names.hash(rows.name[child])
        a = mix1(mix1(mix1(a, this.names.hash1), rows.low[child]), rows.high[child])
        b = mix2(mix2(mix2(b, this.names.hash2), rows.low[child]), rows.high[child])
      } else if ((part === DW_TAG_member || part === DW_TAG_inheritance) && (rows.flags[child] & (ROW.external | ROW.declaration)) === 0) {
        this.settleBits(rows, child)
        this.names.hash(rows.name[child])
        const place = (rows.place[child] | 0) ^ (part << 24) ^ Math.imul(rows.firstBit[child], 0x3779) ^ (rows.bitCount[child] << 16) ^ (rows.flags[child] << 3)
        a = mix1(mix1(a, this.names.hash1), place)
        b = mix2(mix2(b, this.names.hash2), place)
        this.reference(rows, rows.type[child])
        a = mix1(a, this.h1)
        b = mix2(b, this.h2)
      }
      child = rows.end[child]
    }
    if (tag === DW_TAG_enumeration_type) {
      this.reference(rows, rows.type[row])
      a = mix1(a, this.h1)
      b = mix2(b, this.h2)
    }
    this.h1 = a
    this.h2 = b
  }

  /** Turns DW_AT_bit_offset, counted from the top of the storage unit, into the first bit from the bottom. DWARF 3 §5.5.6. */
  settleBits(rows: UnitRows, row: number): void {
    if ((rows.flags[row] & ROW.fromTop) === 0) return
    const size = rows.size[row] >= 0 ? rows.size[row] : this.sizeOf(rows, rows.type[row])
    const bit = rows.place[row] * 8 + size * 8 - rows.firstBit[row] - rows.bitCount[row]
    rows.place[row] = Math.floor(bit / 8)
    rows.firstBit[row] = bit - Math.floor(bit / 8) * 8
    rows.flags[row] &= ~ROW.fromTop
  }

  /** Bytes of a type, through typedefs and cv; 0 where it isn't said. */
  sizeOf(rows: UnitRows, ref: number): number {
    for (let links = 0; links < MAX_DEPTH && ref >= 0 && this.loader.locate(rows, ref); links++) {
      rows = this.loader.rows
      const { row } = this.loader
      if (rows.size[row] >= 0) return rows.size[row]
      ref = rows.type[row]
    }
    return 0
  }

  /** Sets h1, h2 to the hash of a DIE's qualified name. */
  name(rows: UnitRows, row: number): void {
    if (row === 0) {
      this.h1 = this.h2 = 0
      return
    }
    const state = rows.state[row]
    if (state & NAMED) {
      this.h1 = rows.scope1[row]
      this.h2 = rows.scope2[row]
      return
    }
    if (state & NAMING || this.depth > MAX_DEPTH) {
      this.h1 = this.h2 = NO_NAME
      return
    }
    rows.state[row] |= NAMING
    this.depth++
    const tag = rows.tag[row]
    const declared = (isRecord(tag) || tag === DW_TAG_enumeration_type || tag === DW_TAG_subprogram) && rows.other[row] >= 0
    if (declared && this.loader.locate(rows, rows.other[row])) this.name(this.loader.rows, this.loader.row)
    else if (rows.namedBy[row] !== 0) this.name(rows, rows.namedBy[row])
    else {
      this.name(rows, scopeOf(rows, row))
      const own = tag === DW_TAG_subprogram && rows.linkageName[row] >= 0 ? rows.linkageName[row] : rows.name[row]
      if (this.names.isEmpty(own)) this.add(tag === DW_TAG_namespace ? DW_TAG_namespace : NO_NAME)
      else {
        this.names.hash(own)
        this.h1 = mix1(this.h1, this.names.hash1)
        this.h2 = mix2(this.h2, this.names.hash2)
      }
    }
    this.depth--
    rows.state[row] = (rows.state[row] & ~NAMING) | NAMED
    rows.scope1[row] = this.h1
    rows.scope2[row] = this.h2
  }
}

/** The row whose name stands in front of a type's own; 0: none. C knows no scopes. */
export function scopeOf(rows: UnitRows, row: number): number {
  const parent = rows.parent[row]
  return C_LANGUAGES.has(rows.root.language) ? 0 : parent
}
