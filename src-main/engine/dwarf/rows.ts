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

/** All columns, and with which array; in the order in which a kernel has them. */
export const ROW_COLUMNS = {
  at: Uint32Array, tag: Uint16Array, parent: Uint32Array, end: Uint32Array, endAt: Uint32Array, name: Float64Array, linkageName: Float64Array, type: Float64Array, other: Float64Array, size: Float64Array, place: Float64Array,
  flags: Uint16Array, low: Int32Array, high: Int32Array, firstBit: Int32Array, bitCount: Uint16Array, extra: Uint32Array, file: Uint32Array, line: Uint32Array,
  hash1: Int32Array, hash2: Int32Array, scope1: Int32Array, scope2: Int32Array, state: Uint8Array, class: Uint32Array, namedBy: Uint32Array,
} as const
type ColumnName = keyof typeof ROW_COLUMNS
export type RowColumns = { [C in ColumnName]: InstanceType<(typeof ROW_COLUMNS)[C]> } & { rowAt: Uint32Array }

export class UnitRows {
  unit!: Unit
  root!: UnitRoot
  count = 0
  /** Rows in preorder; those behind were asked for later. */
  ordered = 0
  private capacity: number
  /** Offset in the section. */
  at!: Uint32Array
  tag!: Uint16Array
  /** Row of the enclosing DIE that has one; 0, the root, for the outermost. */
  parent!: Uint32Array
  /** First row behind the subtree. */
  end!: Uint32Array
  /** Where the subtree ends, as an offset in the section; 0 for a DIE without children. */
  endAt!: Uint32Array
  /** A TextAt. */
  name!: Float64Array
  /** Functions and variables: DW_AT_linkage_name. */
  linkageName!: Float64Array
  /** DW_AT_type as a reference; -1: void. */
  type!: Float64Array
  /**
   * Another reference, -1 for none. Types: the type unit's DIE, or the declaration it completes; pointers to members: the
   * class; variant parts: the discriminant; functions and variables: the specification or abstract origin.
   */
  other!: Float64Array
  /** Bytes of types; of functions the length of the code. -1: not said. */
  size!: Float64Array
  /** Members and bases: bytes from the start (of a virtual base: below the vtable's address point; NaN: can't be told). Variables: address. Functions: low_pc, or see ROW.ranges. */
  place!: Float64Array
  flags!: Uint16Array
  /** Halves of the constant of enumerators, template arguments, variants and array dimensions. */
  low!: Int32Array
  high!: Int32Array
  /** Bit-fields: first bit, counted from the lowest of the byte at `place`, and how many. */
  firstBit!: Int32Array
  bitCount!: Uint16Array
  /** Base types: DW_ATE_*; others: alignment in bytes. */
  extra!: Uint32Array
  file!: Uint32Array
  line!: Uint32Array
  /** Two halves of what a type is, and of the qualified name of what it declares, as far as `state` says. */
  hash1!: Int32Array
  hash2!: Int32Array
  scope1!: Int32Array
  scope2!: Int32Array
  state!: Uint8Array
  /** The type's class plus one; 0: not asked yet. */
  class!: Uint32Array
  /** Anonymous types: the typedef that names them; 0: none. */
  namedBy!: Uint32Array
  /** Offset in the unit → row. Holds what earlier units left: `at` tells. */
  private rowAt: Uint32Array<ArrayBufferLike> = new Uint32Array(0)

  /** @param capacity rows to begin with: programs with type units have very many units of few rows */
  constructor(capacity = FIRST_CAPACITY) {
    this.capacity = capacity
    Object.assign(this, mapColumns((Column) => new Column(capacity)))
  }

  bind(unit: Unit, root: UnitRoot): void {
    this.unit = unit
    this.root = root
    this.count = 0
    this.ordered = 0
    if (this.rowAt.length < unit.end - unit.start) this.rowAt = new Uint32Array((unit.end - unit.start) * 1.25)
  }

  /** Takes columns that a kernel filled, with room for `capacity` rows. */
  adopt(unit: Unit, root: UnitRoot, columns: RowColumns, capacity: number, count: number): void {
    this.unit = unit
    this.root = root
    Object.assign(this, columns)
    this.capacity = capacity
    this.count = count
    this.ordered = count
  }

  get isFull(): boolean {
    return this.count === this.capacity
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
    Object.assign(this, mapColumns((Column, name) => {
      const grown = new Column(this.capacity)
      grown.set(this[name])
      return grown
    }))
  }
}

function mapColumns(make: (Column: (typeof ROW_COLUMNS)[ColumnName], name: ColumnName) => object): object {
  return Object.fromEntries(Object.entries(ROW_COLUMNS).map(([name, Column]) => [name, make(Column, name as ColumnName)]))
}
