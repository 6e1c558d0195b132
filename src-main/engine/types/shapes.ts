/**
 * What a type says of the memory it lies over, taken apart once for each type: where its pointers are and what they lead to,
 * where vtable pointers stand, which arrays of records lie within, and what the standard library's containers mean beyond
 * their members (standardTypes.ts). Records by value are flattened, arrays of records are kept as such.
 */
import type { TypeRef } from '../../contract/rows.ts'
import { dimensionsOf, isCharacter } from '../symbols/leaves.ts'
import { Alignments } from '../symbols/layout.ts'
import { idOf, type ProcessSymbols } from '../symbols/processSymbols.ts'
import { ENCODING, PART, TYPE, TYPE_FLAG } from '../symbols/tables.ts'
import { isRecord } from '../symbols/typeTable.ts'
import { declaredString, isNodeBase, standardType, type Adapter, type StandardType } from './standardTypes.ts'

/** What a leaf is. `pointer` leads to data, `function` to code, `scalar` is any other value, `count` one that may count something. */
export const LEAF = { pointer: 0, function: 1, vtable: 2, boolean: 3, scalar: 4, count: 5 } as const

export interface Leaf {
  kind: number
  /** Bytes from the shape's start. */
  offset: number
  /** Of one value. */
  size: number
  /** Values in a row, `size` apart. */
  count: number
  /** Of a pointer: the bare type it leads to; 0 is void. */
  target: TypeRef
  /** As C writes it: `head.next`. */
  path: string
  /** An arm of a union that no discriminator tells. */
  isArm: boolean
  /** Another arm has a pointer to something else there. */
  isRival: boolean
  /** A link between nodes of a standard container: what it leads to is a whole node, or the container itself. */
  isLink: boolean
  guard: Guard | null
}

/** What a leaf or an array counts under: the unsigned value of `size` bytes at `offset` is (not) `value`. */
export interface Guard {
  offset: number
  size: number
  value: number
  isNot: boolean
}

/** An array of records within a shape. */
export interface Nested {
  offset: number
  element: TypeRef
  count: number
  stride: number
  path: string
  guard: Guard | null
}

export interface PlacedAdapter {
  offset: number
  adapter: Adapter
  path: string
  guard: Guard | null
}

export interface Shape {
  type: TypeRef
  size: number
  /** In offset order. */
  leaves: Leaf[]
  nested: Nested[]
  adapters: PlacedAdapter[]
  /** Of an open array at the end. */
  tail: Nested | null
  /** Offsets of aligned words that no pointer, union or number of 8 bytes covers. */
  plainWords: number[]
  /** Of these, the offsets of whole numbers of 8 bytes. */
  numberWords: number[]
  /** A vtable pointer stands at offset 0. */
  isPolymorphic: boolean
  /** Number of the first leaf as a field of the whole process; those of the others follow, then those of the adapters. */
  firstField: number
}

/** A pointer, or a container, within a type: what was learned of it, and which way a claim came. */
export interface Field {
  owner: TypeRef
  /** As C writes it; '' for the elements of an array of pointers. */
  path: string
  offset: number
  /** Of a pointer: what it leads to. */
  target: TypeRef
  /** As Leaf has it. */
  isRival: boolean
}

/** A type that the debug information names but does not define, made of those that it does. */
export interface MadeType {
  name: string
  size: number
  parts: { type: TypeRef; offset: number; isBase: boolean }[]
  adapter?: Adapter
}

/** Ids of made types are from here on. */
const FIRST_MADE = 2 ** 40
const MAX_LEAVES = 4000
const MAX_NESTING = 40
/** Bytes of a type that are looked at for addresses it has no pointer for. */
const MAX_PLAIN = 2048
/** Bytes of the largest container that an adapter reads. */
const MAX_ADAPTED = 80
/** Elements of arrays within a record that are looked at. */
const MAX_ELEMENTS = 65_536

export class Shapes {
  readonly symbols: ProcessSymbols
  private readonly knowsContainers: boolean
  private readonly known = new Map<TypeRef, Shape | null>()
  private readonly standard = new Map<TypeRef, StandardType | null>()
  private readonly first = new Map<number, TypeRef>()
  private readonly fields: Field[] = []

  private readonly made: MadeType[] = []
  private readonly madeByName = new Map<string, TypeRef>()
  private readonly ofDeclaration = new Map<TypeRef, TypeRef>()
  private readonly given = new Map<TypeRef, string>()
  private readonly alignments: Alignments

  /** @param knowsContainers whether the standard library's types mean more than their members */
  constructor(symbols: ProcessSymbols, knowsContainers = true) {
    this.symbols = symbols
    this.knowsContainers = knowsContainers
    this.alignments = new Alignments(symbols)
  }

  /** The id of a type of that name, made where there is none yet. */
  make(type: MadeType): TypeRef {
    let id = this.madeByName.get(type.name)
    if (id === undefined) this.madeByName.set(type.name, (id = FIRST_MADE + this.made.push(type) - 1))
    return id
  }

  /** Null for types of the debug information. */
  madeType(id: TypeRef): MadeType | null {
    return id >= FIRST_MADE ? (this.made[id - FIRST_MADE] ?? null) : null
  }

  /** Bytes; -1 where it has none. */
  size(id: TypeRef): number {
    return this.madeType(id)?.size ?? this.symbols.size(id)
  }

  /** Bytes, 1 at least. */
  alignment(id: TypeRef): number {
    return id >= FIRST_MADE ? 8 : this.alignments.of(id)
  }

  /** Behind typedefs and qualifiers; one id for equal types of several modules. */
  bare(id: TypeRef): TypeRef {
    if (id >= FIRST_MADE) return id
    const bare = this.symbols.bare(id)
    const owner = this.symbols.owner(bare)
    if (!owner) return bare
    if (owner.table.isDeclaration(bare - owner.firstId)) return this.declared(bare)
    const { hashLow, hashHigh } = owner.table.types
    // 52 of the 64 bits; equal ones are compared whole
    const key = hashLow[bare - owner.firstId] + (hashHigh[bare - owner.firstId] & 0xfffff) * 2 ** 32
    const first = this.first.get(key)
    if (first === undefined) {
      this.first.set(key, bare)
      return bare
    }
    return this.symbols.isEqual(first, bare) ? first : bare
  }

  /** How a type without a name is called elsewhere. */
  nameUnnamed(type: TypeRef, name: string): void {
    if (/\{\.\.\.\}$/.test(this.symbols.spell(type))) this.given.set(type, name)
  }

  /** A closure has no name but that of whatever typedef was made of it: `std::remove_reference<f()::<lambda()>&>::type`. */
  private plainName(type: TypeRef): string {
    const name = this.given.get(type) ?? this.symbols.spell(type)
    return /^std::(?:remove_reference|remove_cv|decay)<(.+?) *&{0,2} *>::type$/s.exec(name)?.[1] ?? name
  }

  isCharacter(type: TypeRef): boolean {
    return isCharacterType(this.symbols, type)
  }

  isRecord(type: TypeRef): boolean {
    return type >= FIRST_MADE || isRecord(this.symbols.kind(type))
  }

  /** What compilers leave out because a library has it; the declaration itself where that is not known. */
  private declared(type: TypeRef): TypeRef {
    let made = this.ofDeclaration.get(type)
    if (made === undefined) {
      const string = declaredString(this.symbols, this.symbols.name(type))
      this.ofDeclaration.set(type, (made = string ? this.make(string) : type))
    }
    return made
  }

  /** As blocks of it are called: a pointer by what it leads to, behind typedefs. */
  name(type: TypeRef): string {
    const made = this.madeType(type)
    if (made) return made.name
    let stars = ''
    let pointee = type
    while (stars.length < MAX_NESTING && this.symbols.kind(pointee) === TYPE.pointer) {
      stars += '*'
      pointee = this.symbols.bare(this.symbols.target(pointee))
    }
    // functions and arrays are spelled around the star
    const isPlain = stars !== '' && this.symbols.kind(pointee) !== TYPE.function && this.symbols.kind(pointee) !== TYPE.array
    return isPlain ? `${this.plainName(pointee)} ${stars}` : this.plainName(type)
  }

  /** Of a bare type with a size; null for others. */
  of(type: TypeRef): Shape | null {
    let shape = this.known.get(type)
    if (shape === undefined) {
      // a type that contains itself is damaged
      this.known.set(type, null)
      shape = this.compile(type)
      this.known.set(type, shape)
    }
    return shape
  }

  /** How many fields there are: ids are below. */
  get fieldCount(): number {
    return this.fields.length
  }

  field(id: number): Field {
    return this.fields[id]
  }

  standardType(type: TypeRef): StandardType | null {
    let found = this.standard.get(type)
    if (found === undefined) this.standard.set(type, (found = this.knowsContainers ? standardType(this, type) : null))
    return found
  }

  private compile(type: TypeRef): Shape | null {
    const size = this.size(type)
    if (!(size > 0)) return null
    const shape: Shape = { type, size, leaves: [], nested: [], adapters: [], tail: null, plainWords: [], numberWords: [], isPolymorphic: false, firstField: 0 }
    const place: Place = { depth: 0, isBase: false, isArm: false, guard: null, isLast: true }
    const made = this.madeType(type)
    for (const part of made?.parts ?? []) this.add(shape, part.type, part.offset, '', { ...place, depth: 1, isBase: part.isBase, isLast: false })
    if (made?.adapter) shape.adapters.push({ offset: 0, adapter: made.adapter, path: '', guard: null })
    if (made) for (const leaf of shape.leaves) this.linkNodes(leaf, type)
    else this.add(shape, type, 0, '', place)
    shape.leaves.sort((a, b) => a.offset - b.offset)
    shape.isPolymorphic = shape.leaves.some((leaf) => leaf.kind === LEAF.vtable && leaf.offset === 0)
    for (const leaf of shape.leaves) leaf.isRival = leaf.isArm && leaf.kind === LEAF.pointer && shape.leaves.some((other) => other.offset === leaf.offset && other.kind === LEAF.pointer && other.target !== leaf.target && other.target !== 0)
    shape.plainWords = plainWords(shape)
    shape.numberWords = shape.plainWords.filter((offset) => shape.leaves.some((leaf) => leaf.kind === LEAF.count && leaf.size === 8 && offset >= leaf.offset && offset < leaf.offset + leaf.size * leaf.count))
    shape.firstField = this.fields.length
    for (const { path, offset, target, isRival } of shape.leaves) this.fields.push({ owner: type, path, offset, target, isRival })
    for (const { path, offset } of shape.adapters) this.fields.push({ owner: type, path, offset, target: 0, isRival: false })
    return shape
  }

  private add(shape: Shape, id: TypeRef, at: number, path: string, place: Place): void {
    const { symbols } = this
    if (shape.leaves.length >= MAX_LEAVES || place.depth > MAX_NESTING) return
    const bare = this.bare(id)
    const made = this.madeType(bare)
    if (made) {
      for (const part of made.parts) this.add(shape, part.type, at + part.offset, path, { ...place, depth: place.depth + 1, isBase: part.isBase, isLast: false })
      if (made.adapter) shape.adapters.push({ offset: at, adapter: made.adapter, path, guard: place.guard })
      return
    }
    const owner = symbols.owner(bare)
    if (!owner) return
    const type = bare - owner.firstId
    const kind = owner.table.kind(type)
    if (isRecord(kind)) {
      const standard = this.standardType(bare)
      const before = { leaves: shape.leaves.length, nested: shape.nested.length, adapters: shape.adapters.length }
      if (standard?.contents !== undefined) this.addContents(shape, standard, at, path, place)
      else this.addParts(shape, bare, at, path, kind === TYPE.union ? { ...place, isArm: true } : place)
      if (standard) this.adapt(shape, standard, at, path, place, before)
    } else if (kind === TYPE.variantPart) {
      this.addParts(shape, bare, at, path, { ...place, isArm: true })
    } else if (kind === TYPE.array && !owner.table.hasFlag(type, TYPE_FLAG.vector)) {
      this.addArray(shape, bare, at, path, place)
    } else {
      this.addLeaf(shape, bare, at, path, place, 1)
    }
  }

  /** Links of a made node lead to nodes of its own kind. */
  private linkNodes(leaf: Leaf, node: TypeRef): void {
    if (leaf.kind !== LEAF.pointer || !isNodeBase(this.symbols, leaf.target)) return
    leaf.target = node
    leaf.isLink = true
  }

  /** What lies within a record whose members say nothing of it: an aligned buffer for an object, one arm of a union. */
  private addContents(shape: Shape, standard: StandardType, at: number, path: string, place: Place): void {
    for (const { type, offset, guard } of standard.contents ?? []) {
      const placed = guard === undefined ? place.guard : { ...guard, offset: at + guard.offset }
      this.add(shape, type, at + offset, path, { ...place, depth: place.depth + 1, isBase: false, isArm: false, guard: placed })
    }
  }

  /**
   * Links of a container lead to its nodes; pointers that an adapter reads are not followed by themselves.
   * @param before how much of the shape is not the container's: other arms may lie in the same place
   */
  private adapt(shape: Shape, standard: StandardType, at: number, path: string, place: Place, before: { leaves: number; nested: number; adapters: number }): void {
    const own = shape.leaves.slice(before.leaves)
    if (standard.links !== undefined) {
      const { from, to } = standard.links
      for (const leaf of own) {
        if (leaf.kind === LEAF.pointer && from(leaf.target)) {
          leaf.target = this.bare(to)
          leaf.isLink = true
        }
      }
    }
    const guard = standard.guard === undefined ? null : { ...standard.guard, offset: at + standard.guard.offset }
    if (guard !== null && standard.adapter === undefined) {
      for (const part of [...own, ...shape.nested.slice(before.nested), ...shape.adapters.slice(before.adapters)]) part.guard ??= guard
    }
    if (standard.adapter !== undefined) {
      const { adapter } = standard
      shape.leaves = [...shape.leaves.slice(0, before.leaves), ...own.filter((leaf) => leaf.kind !== LEAF.pointer || !adapter.pointers.includes(leaf.offset - at))]
      shape.adapters.push({ offset: at, adapter, path, guard: place.guard ?? guard })
    }
  }

  private addParts(shape: Shape, record: TypeRef, at: number, path: string, place: Place): void {
    const owner = this.symbols.owner(record)!
    const { table } = owner
    const { kind, offset, bitCount } = table.parts
    const type = record - owner.firstId
    const last = lastMember(owner.table, type)
    for (let part = table.firstPart(type); part < table.endPart(type); part++) {
      const isVirtual = kind[part] === PART.virtualBase || kind[part] === PART.inheritedVirtualBase
      const isBase = kind[part] === PART.base || isVirtual
      if (!isBase && !DATA.has(kind[part])) continue
      // where a base's virtual bases lie is the complete object's affair
      if ((isVirtual && (place.isBase || offset[part] < 0)) || bitCount[part] > 0) continue
      const name = isBase ? '' : table.partName(part)
      const partPath = name === '' ? path : path === '' ? name : `${path}.${name}`
      this.add(shape, idOf(owner, table.partType(part)), at + offset[part], partPath, { ...place, depth: place.depth + 1, isBase, isLast: place.isLast && part === last })
    }
  }

  private addArray(shape: Shape, array: TypeRef, at: number, path: string, place: Place): void {
    const { symbols } = this
    const owner = symbols.owner(array)!
    const element = this.bare(idOf(owner, owner.table.target(array - owner.firstId)))
    const stride = this.size(element)
    if (!(stride > 0)) return
    const dimensions = dimensionsOf(owner, array - owner.firstId)
    const count = dimensions.reduce((product, n) => product * n, 1)
    const isRecordElement = this.isRecord(element)
    const isOpen = dimensions.some((n) => n < 0) || count === 0
    // `T last[1]`, as C wrote flexible arrays before C99
    if (place.isLast && shape.tail === null && (isOpen || (count === 1 && dimensions.length === 1)) && !place.isArm) {
      shape.tail = { offset: at, element, count: 0, stride, path, guard: null }
      return
    }
    if (isOpen) return
    if (isRecordElement || symbols.kind(element) === TYPE.array) {
      if (count === 1) this.add(shape, element, at, `${path}[0]`, { ...place, depth: place.depth + 1, isLast: false })
      else shape.nested.push({ offset: at, element, count: Math.min(count, MAX_ELEMENTS), stride, path, guard: place.guard })
    } else {
      this.addLeaf(shape, element, at, path, place, Math.min(count, MAX_ELEMENTS))
    }
  }

  private addLeaf(shape: Shape, bare: TypeRef, offset: number, path: string, { isArm, guard }: Place, count: number): void {
    const { symbols } = this
    const size = this.size(bare)
    if (!(size > 0)) return
    const kind = this.leafKind(bare, path)
    const target = kind === LEAF.pointer ? this.bare(symbols.target(bare)) : 0
    shape.leaves.push({ kind, offset, size, count, target, path, isArm, isRival: false, isLink: false, guard })
  }

  private leafKind(bare: TypeRef, path: string): number {
    const { symbols } = this
    const owner = symbols.owner(bare)!
    switch (owner.table.kind(bare - owner.firstId)) {
      case TYPE.pointer:
        if (/(^|\.)_vptr[.$]/.test(path)) return LEAF.vtable
        return symbols.kind(symbols.bare(symbols.target(bare))) === TYPE.function ? LEAF.function : LEAF.pointer
      case TYPE.reference:
      case TYPE.rvalueReference:
        return LEAF.pointer
      case TYPE.base:
        return KIND_OF_ENCODING[owner.table.encoding(bare - owner.firstId)] ?? LEAF.scalar
      default:
        return LEAF.scalar
    }
  }
}

const KIND_OF_ENCODING: Partial<Record<number, number>> = { [ENCODING.boolean]: LEAF.boolean, [ENCODING.signed]: LEAF.count, [ENCODING.unsigned]: LEAF.count, [ENCODING.unsignedChar]: LEAF.count, [ENCODING.signedChar]: LEAF.count }

interface Place {
  depth: number
  isBase: boolean
  isArm: boolean
  guard: Guard | null
  /** Nothing of the outermost record lies behind. */
  isLast: boolean
}

const DATA: ReadonlySet<number> = new Set([PART.member, PART.discriminant, PART.variant, PART.defaultVariant])

function plainWords({ size, leaves, nested, adapters, tail }: Shape): number[] {
  const covered = new Uint8Array(Math.floor(Math.min(size, MAX_PLAIN) / 8))
  const cover = (from: number, to: number): void => {
    for (let word = Math.floor(from / 8); word < Math.min(covered.length, Math.ceil(to / 8)); word++) covered[word] = 1
  }
  for (const { kind, offset, size: bytes, count, isArm, guard } of leaves) if (kind < LEAF.scalar || isArm || guard !== null || bytes > 8) cover(offset, offset + bytes * count)
  for (const { offset, count, stride } of nested) cover(offset, offset + count * stride)
  // what an adapter reads, and what may stand in the place of a string's characters
  for (const { offset } of adapters) cover(offset, offset + MAX_ADAPTED)
  if (tail) cover(tail.offset, size)
  const words: number[] = []
  for (let word = 0; word < covered.length; word++) if (covered[word] === 0) words.push(word * 8)
  return words
}

/** The data member that lies last; -1 where there is none. */
function lastMember(table: NonNullable<ReturnType<ProcessSymbols['owner']>>['table'], type: number): number {
  const { kind, offset } = table.parts
  let last = -1
  for (let part = table.firstPart(type); part < table.endPart(type); part++) if (DATA.has(kind[part]) && (last < 0 || offset[part] >= offset[last])) last = part
  return last
}

/** Text, as far as the type tells. */
export function isCharacterType(symbols: ProcessSymbols, bare: TypeRef): boolean {
  const owner = symbols.owner(bare)
  return owner !== null && symbols.kind(bare) === TYPE.base && symbols.size(bare) === 1 && isCharacter(owner.table.encoding(bare - owner.firstId))
}
