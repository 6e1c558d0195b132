/**
 * The DIEs of one unit that matter here, as columns in preorder: types and their parts, scopes, variables with a place,
 * functions with code. What a column holds is said where it is declared; it means nothing for tags that don't name it.
 */
import * as D from './constants.ts'
import type { UnitRoot } from './unitRoot.ts'
import type { Unit } from './units.ts'

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

export const isRecord = (tag: number): boolean => tag === D.DW_TAG_structure_type || tag === D.DW_TAG_class_type || tag === D.DW_TAG_union_type || tag === D.DW_TAG_interface_type

const FIRST_CAPACITY = 256

export class UnitRows {
  unit!: Unit
  root!: UnitRoot
  count = 0
  /** Rows in preorder; those behind were asked for later. */
  ordered = 0
  private capacity: number
  /** Offset in the section. */
  at: Uint32Array<ArrayBuffer>
  tag: Uint16Array<ArrayBuffer>
  /** Row of the enclosing DIE that has one; 0, the root, for the outermost. */
  parent: Uint32Array<ArrayBuffer>
  /** First row behind the subtree. */
  end: Uint32Array<ArrayBuffer>
  /** Where the subtree ends, as an offset in the section; 0 for a DIE without children. */
  endAt: Uint32Array<ArrayBuffer>
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
    this.endAt = new Uint32Array(capacity)
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
    this.ordered = 0
    if (this.rowAt.length < unit.end - unit.start) this.rowAt = new Uint32Array((unit.end - unit.start) * 1.25)
  }

  /** Bytes of all columns. */
  get bytes(): number {
    return this.capacity * 124 + this.rowAt.byteLength
  }

  /** The row of the DIE at an offset in the section, or -1. */
  find(offset: number): number {
    const row = this.rowAt[offset - this.unit.start]
    return row < this.count && this.at[row] === offset ? row : -1
  }

  /** The row of the DIE within which an offset lies. */
  enclosing(offset: number): number {
    let low = 0
    let high = this.ordered
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.at[middle] < offset) low = middle + 1
      else high = middle
    }
    let row = Math.max(0, low - 1)
    while (row !== 0 && this.endAt[row] <= offset) row = this.parent[row]
    return row
  }

  add(offset: number, tag: number, parent: number): number {
    if (this.count === this.capacity) this.grow()
    const row = this.count++
    this.at[row] = offset
    this.rowAt[offset - this.unit.start] = row
    this.tag[row] = tag
    this.parent[row] = parent
    this.end[row] = row + 1
    this.endAt[row] = 0
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
    this.endAt = wide(this.endAt, u32)
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
