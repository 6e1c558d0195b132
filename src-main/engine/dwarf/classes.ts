/**
 * The types that some units have, each once: a *class* is all DIEs that are the same type by typeHash.ts. Rows refer to one
 * another by class number; 0 is void. Which classes each unit has is kept too, for merge.ts.
 */
import { PART, TYPE, TYPE_FLAG, type PartColumns, type TypeColumns, type TypeKindCode } from '../symbols/tables.ts'
import { claim } from './claims.ts'
import { addRow, NumberList, partColumns, typeColumns } from './columns.ts'
import * as D from './constants.ts'
import { mix1, mix2 } from './names.ts'
import type { QualifiedNames } from './qualifiedNames.ts'
import { isRecord, ROW, type UnitRows } from './rows.ts'
import { TypeHash } from './typeHash.ts'
import type { UnitKernel } from './unitKernel.ts'
import type { UnitLoader } from './unitLoader.ts'

/** What a type's DIE becomes; other tags are no types. */
const KINDS: [number, TypeKindCode][] = [
  [D.DW_TAG_base_type, TYPE.base],
  [D.DW_TAG_structure_type, TYPE.struct],
  [D.DW_TAG_class_type, TYPE.class],
  [D.DW_TAG_interface_type, TYPE.class],
  [D.DW_TAG_union_type, TYPE.union],
  [D.DW_TAG_enumeration_type, TYPE.enum],
  [D.DW_TAG_typedef, TYPE.typedef],
  [D.DW_TAG_template_alias, TYPE.typedef],
  [D.DW_TAG_subrange_type, TYPE.typedef],
  [D.DW_TAG_pointer_type, TYPE.pointer],
  [D.DW_TAG_reference_type, TYPE.reference],
  [D.DW_TAG_rvalue_reference_type, TYPE.rvalueReference],
  [D.DW_TAG_ptr_to_member_type, TYPE.memberPointer],
  [D.DW_TAG_array_type, TYPE.array],
  [D.DW_TAG_subroutine_type, TYPE.function],
  [D.DW_TAG_const_type, TYPE.const],
  [D.DW_TAG_immutable_type, TYPE.const],
  [D.DW_TAG_volatile_type, TYPE.volatile],
  [D.DW_TAG_restrict_type, TYPE.restrict],
  [D.DW_TAG_atomic_type, TYPE.atomic],
  [D.DW_TAG_packed_type, TYPE.typedef],
  [D.DW_TAG_shared_type, TYPE.typedef],
  [D.DW_TAG_variant_part, TYPE.variantPart],
  [D.DW_TAG_unspecified_type, TYPE.unspecified],
  [D.DW_TAG_string_type, TYPE.unspecified],
  [D.DW_TAG_set_type, TYPE.unspecified],
]
/** By tag; 0 for what is no type. */
export const KIND = new Uint8Array(0x10000)
for (const [tag, kind] of KINDS) KIND[tag] = kind

/** How many links of declarations and type units are followed. */
const MAX_LINKS = 8

export interface ClassTables {
  types: TypeColumns
  parts: PartColumns
  /** Classes whose rows are filled in; another thread fills in the others. */
  owned: Uint32Array
  /** By class: halves of the hash of the qualified name of a struct, class, union or enum; both 0 for others. */
  family: Int32Array[]
  /** Classes of each unit in the order of reading, and where each unit's begin. */
  ofUnits: Uint32Array
  unitStart: Uint32Array
}

export class Classes {
  readonly types: TypeColumns = typeColumns()
  readonly parts: PartColumns = partColumns()
  private readonly loader: UnitLoader
  private readonly hash: TypeHash
  private readonly names: QualifiedNames
  /** Numbers classes in place of `slots`; null: plainly. */
  private readonly kernel: UnitKernel | null
  private family1 = new Int32Array(1024)
  private family2 = new Int32Array(1024)
  private slots = new Uint32Array(1 << 12)
  private readonly seen = new NumberList()
  private readonly owned = new NumberList()
  private readonly unitStart = new NumberList()
  private current: UnitRows | null = null
  /** Classes that are numbered but have no columns yet, with the DIE to take them from. */
  private readonly queue: { id: number; rows: UnitRows; row: number }[] = []

  constructor(loader: UnitLoader, hash: TypeHash, names: QualifiedNames, kernel: UnitKernel | null) {
    this.loader = loader
    this.hash = hash
    this.names = names
    this.kernel = kernel
    addRow(this.types) // void
  }

  beginUnit(rows: UnitRows): void {
    this.current = rows
    this.unitStart.push(this.seen.length)
  }

  /** Takes over what the kernel found in the unit begun. @param newRows the DIEs of classes that are new, in their order */
  takeUnit(rows: UnitRows, kernel: UnitKernel, newRows: Uint32Array, seen: Uint32Array): void {
    const { classes } = kernel
    for (const row of newRows) {
      const at = this.types.count * 4
      this.addClass(classes[at], classes[at + 1], classes[at + 2], classes[at + 3], rows, row)
    }
    this.seen.pushAll(seen)
  }

  finish(): ClassTables {
    this.unitStart.push(this.seen.length)
    const { count } = this.types
    return {
      types: this.types, parts: this.parts, owned: this.owned.values.slice(0, this.owned.length), family: [this.family1.slice(0, count), this.family2.slice(0, count)],
      ofUnits: this.seen.values.slice(0, this.seen.length), unitStart: this.unitStart.values.slice(0, this.unitStart.length),
    }
  }

  static isType(tag: number): boolean {
    return KIND[tag] !== 0 && tag !== D.DW_TAG_variant_part
  }

  /** The class that a reference leads to; 0 for void and where it leads to no type. */
  ofReference(rows: UnitRows, ref: number): number {
    return ref >= 0 && this.loader.locate(rows, ref) ? this.of(this.loader.rows, this.loader.row) : 0
  }

  of(rows: UnitRows, row: number, links = 0): number {
    const memo = rows.class[row]
    if (memo !== 0) return memo - 1
    const tag = rows.tag[row]
    if (KIND[tag] === 0) return 0
    // gcc leaves DW_AT_declaration away where it says DW_AT_signature
    const standsIn = (rows.flags[row] & ROW.declaration) !== 0 || rows.size[row] < 0
    if (standsIn && rows.other[row] >= 0 && isRecordOrEnum(tag) && links < MAX_LINKS && this.loader.locate(rows, rows.other[row])) {
      // stands for a type unit's type
      const id = this.of(this.loader.rows, this.loader.row, links + 1)
      this.remember(rows, row, id)
      return id
    }
    const { hash } = this
    let a: number
    let b: number
    let family1 = 0
    let family2 = 0
    if ((isRecord(tag) || tag === D.DW_TAG_enumeration_type) && hash.hasName(rows, row)) {
      hash.type(rows, row)
      family1 = hash.h1
      family2 = hash.h2
      hash.content(rows, row)
      a = mix1(hash.h1, family1)
      b = mix2(hash.h2, family2)
    } else {
      if (tag === D.DW_TAG_variant_part) hash.content(rows, row)
      else hash.type(rows, row)
      a = hash.h1
      b = hash.h2
    }
    const id = this.find(a, b, family1, family2, rows, row)
    this.remember(rows, row, id)
    return id
  }

  private remember(rows: UnitRows, row: number, id: number): void {
    rows.class[row] = id + 1
    // what foreign units are made of is theirs, but this one uses it
    if (this.current) this.seen.push(id)
  }

  private find(a: number, b: number, family1: number, family2: number, rows: UnitRows, row: number): number {
    if (this.kernel) {
      const id = this.kernel.find(a, b, family1, family2)
      if (id === this.types.count) this.addClass(a, b, family1, family2, rows, row)
      return id
    }
    const { hashLow, hashHigh } = this.types
    const mask = this.slots.length - 1
    let slot = (a ^ (b >>> 7)) & mask
    for (let id = this.slots[slot]; id !== 0; id = this.slots[slot]) {
      if (hashLow[id] === a >>> 0 && hashHigh[id] === b >>> 0) return id
      slot = (slot + 1) & mask
    }
    const id = this.addClass(a, b, family1, family2, rows, row)
    this.slots[slot] = id
    if (id * 2 > this.slots.length) this.rehash()
    return id
  }

  private addClass(a: number, b: number, family1: number, family2: number, rows: UnitRows, row: number): number {
    const id = addRow(this.types)
    this.types.hashLow[id] = a
    this.types.hashHigh[id] = b
    if (id >= this.family1.length) {
      this.family1 = grown(this.family1)
      this.family2 = grown(this.family2)
    }
    this.family1[id] = family1
    this.family2[id] = family2
    const { claims } = this.loader.dwarf
    if (!claims || claim(claims, a, b)) {
      this.owned.push(id)
      this.queue.push({ id, rows, row })
    }
    return id
  }

  private rehash(): void {
    const { hashLow, hashHigh, count } = this.types
    this.slots = new Uint32Array(this.slots.length * 2)
    const mask = this.slots.length - 1
    for (let id = 1; id < count; id++) {
      let slot = (hashLow[id] ^ (hashHigh[id] >>> 7)) & mask
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask
      this.slots[slot] = id
    }
  }

  /** Fills in the columns of the classes found so far, and of those they lead to. */
  settle(): void {
    for (let next = this.queue.pop(); next; next = this.queue.pop()) this.fill(next.id, next.rows, next.row)
  }

  private fill(id: number, rows: UnitRows, row: number): void {
    const { types, parts } = this
    const tag = rows.tag[row]
    const kind = KIND[tag] as TypeKindCode
    const flags = rows.flags[row]
    const named = TypeHash.named(rows, row)
    types.kind[id] = kind
    types.flags[id] = (flags & ROW.declaration ? TYPE_FLAG.declaration : 0) | (named !== row ? TYPE_FLAG.namedByTypedef : 0) | (flags & ROW.scoped ? TYPE_FLAG.scoped : 0) | (flags & ROW.vector ? TYPE_FLAG.vector : 0)
    types.name[id] = tag === D.DW_TAG_subrange_type || kind === TYPE.array || kind === TYPE.function ? 0 : this.names.of(rows, named)
    types.size[id] = flags & ROW.declaration ? -1 : rows.size[row] >= 0 || !(kind === TYPE.pointer || kind === TYPE.reference || kind === TYPE.rvalueReference) ? rows.size[row] : rows.unit.addressSize
    types.align[id] = kind === TYPE.base ? 0 : rows.extra[row]
    types.encoding[id] = kind === TYPE.base ? rows.extra[row] : 0
    const target = this.ofReference(rows, rows.type[row])
    const containing = kind === TYPE.memberPointer ? this.ofReference(rows, rows.other[row]) : 0
    // columns may have grown meanwhile: they are taken from `types` anew each time
    types.target[id] = target
    types.containing[id] = containing
    const declared = flags & ROW.declaration ? row : named
    types.file[id] = this.names.file(rows, rows.file[declared])
    types.line[id] = rows.line[declared]
    types.firstPart[id] = parts.count
    switch (kind) {
      case TYPE.struct: case TYPE.class: case TYPE.union: case TYPE.enum: case TYPE.array: case TYPE.function:
        for (let child = row + 1; child < rows.end[row]; child = rows.end[child]) this.part(rows, child)
        break
      case TYPE.variantPart:
        this.variants(rows, row)
        break
      case TYPE.void: case TYPE.base: case TYPE.typedef: case TYPE.pointer: case TYPE.reference: case TYPE.rvalueReference: case TYPE.memberPointer:
      case TYPE.const: case TYPE.volatile: case TYPE.restrict: case TYPE.atomic: case TYPE.unspecified:
        break
    }
    types.partCount[id] = parts.count - types.firstPart[id]
  }

  private part(rows: UnitRows, child: number): void {
    const { parts } = this
    const flags = rows.flags[child]
    switch (rows.tag[child]) {
      case D.DW_TAG_member:
        if (flags & (ROW.external | ROW.declaration)) this.add(PART.staticMember, rows, child)
        else this.member(PART.member, rows, child)
        break
      case D.DW_TAG_variable:
        this.add(PART.staticMember, rows, child)
        break
      case D.DW_TAG_inheritance: {
        const virtual = (flags & ROW.virtual) !== 0
        const part = this.add(virtual ? PART.virtualBase : PART.base, rows, child)
        const { place } = rows
        // merge.ts turns the vtable's slot into an offset
        parts.offset[part] = virtual ? -1 : Number.isNaN(place[child]) ? 0 : place[child]
        if (virtual && !Number.isNaN(place[child])) parts.value[part] = BigInt(Math.trunc(place[child]))
        break
      }
      case D.DW_TAG_enumerator:
        this.value(this.add(PART.enumerator, rows, child), rows, child)
        break
      case D.DW_TAG_formal_parameter:
        this.add(PART.parameter, rows, child)
        break
      case D.DW_TAG_unspecified_parameters:
        this.add(PART.ellipsis, rows, child)
        break
      case D.DW_TAG_template_type_parameter:
        this.add(PART.typeArgument, rows, child)
        break
      case D.DW_TAG_template_value_parameter:
        this.value(this.add(PART.valueArgument, rows, child), rows, child)
        break
      case D.DW_TAG_GNU_template_parameter_pack:
        for (let argument = child + 1; argument < rows.end[child]; argument = rows.end[argument]) this.part(rows, argument)
        break
      case D.DW_TAG_subrange_type:
      case D.DW_TAG_generic_subrange: {
        const part = this.add(PART.dimension, rows, child)
        parts.type[part] = 0
        parts.value[part] = -1n
        if (flags & ROW.counted) this.value(part, rows, child)
        break
      }
      case D.DW_TAG_variant_part: {
        const type = this.of(rows, child)
        const part = addRow(parts)
        parts.kind[part] = PART.member
        parts.type[part] = type
        break
      }
    }
  }

  private add(kind: number, rows: UnitRows, child: number): number {
    const { parts } = this
    // before the row is there: what it finds may need rows of its own
    const type = this.ofReference(rows, rows.type[child])
    const part = addRow(parts)
    parts.kind[part] = kind
    parts.name[part] = this.names.own(rows.name[child])
    parts.type[part] = type
    return part
  }

  private member(kind: number, rows: UnitRows, child: number): number {
    const part = this.add(kind, rows, child)
    this.hash.settleBits(rows, child)
    const { parts } = this
    const place = rows.place[child]
    const bit = rows.flags[child] & ROW.bitField ? rows.firstBit[child] : 0
    parts.offset[part] = (Number.isNaN(place) ? 0 : place) + Math.floor(bit / 8)
    parts.firstBit[part] = ((bit % 8) + 8) % 8
    parts.bitCount[part] = rows.bitCount[child]
    return part
  }

  private value(part: number, rows: UnitRows, child: number): void {
    this.parts.value[part] = (BigInt(rows.high[child]) << 32n) | BigInt(rows.low[child] >>> 0)
  }

  /** Rust: the discriminant's member, then each variant's members. */
  private variants(rows: UnitRows, row: number): void {
    const discriminant = rows.other[row] >= 0 && this.loader.locate(rows, rows.other[row]) && this.loader.rows === rows ? this.loader.row : -1
    if (discriminant >= 0) this.member(PART.discriminant, rows, discriminant)
    for (let variant = row + 1; variant < rows.end[row]; variant = rows.end[variant]) {
      if (rows.tag[variant] !== D.DW_TAG_variant) continue
      const valued = (rows.flags[variant] & ROW.valued) !== 0
      for (let child = variant + 1; child < rows.end[variant]; child = rows.end[child]) {
        if (rows.tag[child] !== D.DW_TAG_member) continue
        const part = this.member(valued ? PART.variant : PART.defaultVariant, rows, child)
        if (valued) this.value(part, rows, variant)
      }
    }
  }
}

const isRecordOrEnum = (tag: number): boolean => isRecord(tag) || tag === D.DW_TAG_enumeration_type

function grown(column: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const wider = new Int32Array(column.length * 2)
  wider.set(column)
  return wider
}
