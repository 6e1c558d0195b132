/**
 * Types of one name: a *family* is all structs, classes, unions or enums of one qualified name. Mostly it has one member,
 * and its declarations stand for that. Where it has several (C programs with a `struct node` in two files), whatever refers
 * to the name refers to the one that its own unit knows, so a type that refers to it may be several types as well, and so
 * may those that refer to that: they are told apart here, unit by unit, until nothing changes.
 */
import { TYPE_FLAG, type PartColumns, type TypeColumns } from '../symbols/tables.ts'
import { addRow } from './columns.ts'
import { mix1, mix2 } from './names.ts'
import { eachReference, Referrers } from './referrers.ts'
import type { TypeUnits } from './typeUnits.ts'

/** References change step by step along chains of types; longer ones stay as they are. */
const MAX_ROUNDS = 30

export class Families {
  /** By type: its family's number; 0: none. */
  private readonly familyOf: number[] = []
  /** By family: its types, in the order they came. */
  private readonly members: number[][] = [[]]
  private readonly numbers = new Map<number, number>()
  /** Declarations of an ambiguous family, and nameless types made of them: they may be any of the family. */
  private readonly open = new Set<number>()

  /** The next type. Both halves 0: it has no family. */
  add(half1: number, half2: number): void {
    const type = this.familyOf.length
    if (half1 === 0 && half2 === 0) {
      this.familyOf.push(0)
      return
    }
    const key = (half1 >>> 0) * 2 ** 20 + (half2 & 0xfffff)
    let family = this.numbers.get(key)
    if (family === undefined) {
      family = this.members.push([]) - 1
      this.numbers.set(key, family)
    }
    this.familyOf.push(family)
    this.members[family].push(type)
  }

  /** Type → the type that stands for it: a declaration's only definition, else itself. */
  resolved(types: TypeColumns): Uint32Array {
    const resolved = Uint32Array.from({ length: types.count }, (_, type) => type)
    for (const members of this.members) {
      const definitions = members.filter((type) => !isDeclaration(types, type))
      if (definitions.length !== 1) continue
      for (const type of members) resolved[type] = definitions[0]
    }
    return resolved
  }

  /** Adds rows to `types` and `parts` for types that turn out to be several. */
  tellApart(types: TypeColumns, parts: PartColumns, units: TypeUnits): void {
    let changed = this.members.map((_, family) => family).filter((family) => this.members[family].length > 1)
    const referrers = changed.length > 0 ? new Referrers(types, parts) : null
    for (let round = 0; round < MAX_ROUNDS && changed.length > 0 && referrers; round++) {
      const ambiguous = this.ambiguous(types, changed)
      const present = typesOfInterest(changed.flatMap((family) => this.members[family]), ambiguous, referrers, units)
      if (present.size === 0) break
      const grown = new Set<number>()
      const splitter = new Splitter(types, parts, ambiguous, units, referrers, this.open, (copy, original) => grown.add(this.addCopy(copy, original)))
      for (const unit of [...present.keys()].sort((a, b) => a - b)) splitter.unit(unit, present.get(unit) ?? [])
      splitter.settleOpen()
      splitter.hashVariants()
      changed = [...grown]
    }
  }

  /** By type: its family, where that is one of those asked for and has several definitions; else 0. */
  private ambiguous(types: TypeColumns, families: number[]): Uint32Array {
    const found = new Uint32Array(types.count)
    for (const family of families) {
      const members = this.members[family]
      if (members.length < 2) continue
      let definitions = 0
      for (const type of members) if (!isDeclaration(types, type)) definitions++
      if (definitions < 2) continue
      for (const type of members) {
        found[type] = family
        if (isDeclaration(types, type)) this.open.add(type)
      }
    }
    return found
  }

  /** Answers the family that grew. */
  private addCopy(copy: number, original: number): number {
    let family = this.familyOf[original]
    if (family === 0) {
      // pointers, arrays and the like have no name, but from now on there are several of them
      family = this.members.push([original]) - 1
      this.familyOf[original] = family
    }
    this.familyOf[copy] = family
    this.members[family].push(copy)
    return family
  }
}

const isDeclaration = (types: TypeColumns, type: number): boolean => (types.flags[type] & TYPE_FLAG.declaration) !== 0

/** By unit: its types that are of an ambiguous family, and those that refer to one. */
function typesOfInterest(members: number[], ambiguous: Uint32Array, referrers: Referrers, units: TypeUnits): Map<number, number[]> {
  const wanted = new Set<number>()
  for (const member of members) {
    if (ambiguous[member] === 0) continue
    wanted.add(member)
    referrers.forEach(member, (type) => wanted.add(type))
  }
  const present = new Map<number, number[]>()
  for (const type of wanted) {
    units.forEach(type, (unit) => {
      const known = present.get(unit)
      if (known) known.push(type)
      else present.set(unit, [type])
    })
  }
  return present
}

interface Variant {
  is: number
  chosen: number[]
}

class Splitter {
  private readonly referring = new Map<number, number[]>()
  private readonly waiting: { unit: number; type: number; chosen: number[] }[] = []
  private readonly types: TypeColumns
  private readonly parts: PartColumns
  private readonly ambiguous: Uint32Array
  private readonly units: TypeUnits
  private readonly referrers: Referrers
  private readonly open: Set<number>
  private readonly onCopy: (copy: number, original: number) => void
  /** Type → what its ambiguous references are, as text → the type that it is then. */
  private readonly variants = new Map<number, Map<string, Variant>>()

  constructor(types: TypeColumns, parts: PartColumns, ambiguous: Uint32Array, units: TypeUnits, referrers: Referrers, open: Set<number>, onCopy: (copy: number, original: number) => void) {
    this.types = types
    this.parts = parts
    this.ambiguous = ambiguous
    this.units = units
    this.referrers = referrers
    this.open = open
    this.onCopy = onCopy
  }

  /** Types one of whose references is open wait until all others are settled. */
  unit(unit: number, present: number[]): void {
    const candidates = new Map<number, number[]>()
    for (const type of present) {
      const family = this.ambiguous[type]
      if (family === 0) continue
      const known = candidates.get(family)
      if (known) known.push(type)
      else candidates.set(family, [type])
    }
    for (const same of candidates.values()) if (same.length > 1) same.sort((a, b) => this.types.hashLow[a] - this.types.hashLow[b] || this.types.hashHigh[a] - this.types.hashHigh[b])
    for (const type of present) {
      const chosen = this.references(type).map((ref) => this.choose(ref, candidates))
      if (chosen.length === 0) continue
      if (this.types.name[type] !== 0 && chosen.some((ref) => this.open.has(ref))) this.waiting.push({ unit, type, chosen })
      else this.settle(unit, type, this.variant(type, chosen, false))
    }
  }

  /** Those with the fewest open references first, and in an order that does not depend on who read what. */
  settleOpen(): void {
    const open = (chosen: number[]): number => chosen.filter((ref) => this.open.has(ref)).length
    const waiting = this.waiting.map((each) => ({ ...each, open: open(each.chosen), key: this.keyOf(each.chosen) }))
    waiting.sort((a, b) => a.type - b.type || a.open - b.open || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    for (const { unit, type, chosen } of waiting) this.settle(unit, type, this.variant(type, chosen, true))
  }

  private keyOf(chosen: number[]): string {
    return chosen.map((ref) => `${this.types.hashLow[ref]} ${this.types.hashHigh[ref]}`).join()
  }

  private settle(unit: number, type: number, is: number): void {
    if (is !== type) this.units.replace(unit, type, is)
  }

  /** What a type is now depends on what it refers to: in any order of reading the same. */
  hashVariants(): void {
    const { types } = this
    const low = types.hashLow.slice(0, types.count)
    const high = types.hashHigh.slice(0, types.count)
    for (const variants of this.variants.values()) {
      if (variants.size < 2) continue
      for (const { is, chosen } of variants.values()) {
        types.hashLow[is] = chosen.reduce((hash, ref) => mix1(hash, low[ref]), low[is])
        types.hashHigh[is] = chosen.reduce((hash, ref) => mix2(hash, high[ref]), high[is])
      }
    }
  }

  /** Its references to ambiguous families, in the order of its columns, as they were before anything was told apart. */
  private references(type: number): number[] {
    const { types, parts, ambiguous } = this
    const known = this.referring.get(type)
    if (known) return known
    const found: number[] = []
    this.referring.set(type, found)
    const add = (ref: number): void => {
      if ((ambiguous[ref] ?? 0) !== 0) found.push(ref)
    }
    add(types.target[type])
    add(types.containing[type])
    const end = types.firstPart[type] + types.partCount[type]
    for (let part = types.firstPart[type]; part < end; part++) add(parts.type[part])
    return found
  }

  /** What a reference means in a unit: the one definition it has of that name, else what it has. */
  private choose(ref: number, candidates: Map<number, number[]>): number {
    const here = candidates.get(this.ambiguous[ref])
    if (!here) return ref
    const definitions = here.filter((type) => !this.open.has(type))
    if (definitions.length === 1) return definitions[0]
    return here.includes(ref) ? ref : here[0]
  }

  private variant(type: number, chosen: number[], isOpen: boolean): number {
    let variants = this.variants.get(type)
    if (!variants) this.variants.set(type, (variants = new Map()))
    const key = chosen.join(' ')
    let variant = variants.get(key)
    if (!variant && isOpen) variant = this.firstOf([...variants.values()].filter((other) => this.agrees(other.chosen, chosen)))
    if (!variant) {
      variant = { is: variants.size === 0 ? this.refer(type, chosen) : this.copy(type, chosen), chosen }
      variants.set(key, variant)
    }
    return variant.is
  }

  private firstOf(variants: Variant[]): Variant | undefined {
    if (variants.length < 2) return variants[0]
    return variants.reduce((first, other) => (this.keyOf(other.chosen) < this.keyOf(first.chosen) ? other : first))
  }

  /** What is open agrees with any of its family. */
  private agrees(settled: number[], chosen: number[]): boolean {
    return chosen.every((ref, i) => this.open.has(ref) || settled[i] === ref)
  }

  /** Makes a type's ambiguous references lead where they were found to lead. */
  private refer(type: number, chosen: number[]): number {
    const { types, parts, ambiguous } = this
    let next = 0
    const settle = (ref: number): number => ((ambiguous[ref] ?? 0) === 0 ? ref : chosen[next++])
    types.target[type] = settle(types.target[type])
    types.containing[type] = settle(types.containing[type])
    const end = types.firstPart[type] + types.partCount[type]
    for (let part = types.firstPart[type]; part < end; part++) parts.type[part] = settle(parts.type[part])
    for (const ref of chosen) this.referrers.add(ref, type)
    if (types.name[type] === 0 && chosen.some((ref) => this.open.has(ref))) this.open.add(type)
    return type
  }

  private copy(type: number, chosen: number[]): number {
    const { types, parts } = this
    const copy = addRow(types)
    copyRow(types, type, copy)
    types.firstPart[copy] = parts.count
    for (let i = 0; i < types.partCount[type]; i++) copyRow(parts, types.firstPart[type] + i, addRow(parts))
    this.refer(copy, chosen)
    eachReference(types, parts, copy, (ref) => this.referrers.add(ref, copy))
    this.onCopy(copy, type)
    return copy
  }
}

function copyRow<T extends { count: number }>(columns: T, from: number, to: number): void {
  for (const column of Object.values(columns) as (Uint8Array | number)[]) if (typeof column !== 'number') column[to] = column[from]
}
