/**
 * Types of one name: a *family* is all structs, classes, unions or enums of one qualified name. Mostly it has one member,
 * and its declarations stand for that. Where it has several (C programs with a `struct node` in two files), whatever refers
 * to the name refers to the one that its own unit knows, so a type that refers to it may be several types as well, and so
 * may those that refer to that: they are told apart here, unit by unit, until nothing changes.
 */
import { TYPE_FLAG, type PartColumns, type TypeColumns } from '../symbols/tables.ts'
import { addRow } from './columns.ts'
import { mix1, mix2 } from './names.ts'

/** The types of some units, and where in `types` each unit's begin. */
export interface TypesOfUnits {
  types: Uint32Array
  unitStart: Uint32Array
}

/** References change step by step along chains of types; longer ones stay as they are. */
const MAX_ROUNDS = 30

/** By unit number, counted over all lists: type → the one that it is in this unit. */
export type Replaced = Map<number, Map<number, number>>

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
  tellApart(types: TypeColumns, parts: PartColumns, lists: TypesOfUnits[]): Replaced {
    const replaced: Replaced = new Map()
    let changed = this.members.map((_, family) => family)
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const ambiguous = this.ambiguous(types, changed)
      if (!ambiguous.some((family) => family !== 0)) break
      const referring = referringTypes(types, parts, ambiguous)
      const grown = new Set<number>()
      const splitter = new Splitter(types, parts, ambiguous, this.open, (copy, original) => grown.add(this.addCopy(copy, original)))
      let unit = 0
      for (const wild of [false, true]) {
        unit = 0
        for (const list of lists) {
          for (let u = 0; u + 1 < list.unitStart.length; u++, unit++) splitter.unit(list, list.unitStart[u], list.unitStart[u + 1], referring, wild, replacedIn(replaced, unit))
        }
      }
      changed = [...grown]
    }
    return replaced
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

function replacedIn(replaced: Replaced, unit: number): Map<number, number> {
  let map = replaced.get(unit)
  if (!map) replaced.set(unit, (map = new Map()))
  return map
}

/** By type: 1 where it refers to a type of an ambiguous family. */
function referringTypes(types: TypeColumns, parts: PartColumns, ambiguous: Uint32Array): Uint8Array {
  const referring = new Uint8Array(types.count)
  for (let type = 1; type < types.count; type++) {
    if (ambiguous[types.target[type]] !== 0 || ambiguous[types.containing[type]] !== 0) {
      referring[type] = 1
      continue
    }
    const end = types.firstPart[type] + types.partCount[type]
    for (let part = types.firstPart[type]; part < end; part++) {
      if (ambiguous[parts.type[part]] === 0) continue
      referring[type] = 1
      break
    }
  }
  return referring
}

class Splitter {
  private readonly types: TypeColumns
  private readonly parts: PartColumns
  private readonly ambiguous: Uint32Array
  private readonly open: Set<number>
  private readonly onCopy: (copy: number, original: number) => void
  /** Type → what its ambiguous references are, as text → the type that it is then. */
  private readonly variants = new Map<number, Map<string, number>>()

  constructor(types: TypeColumns, parts: PartColumns, ambiguous: Uint32Array, open: Set<number>, onCopy: (copy: number, original: number) => void) {
    this.types = types
    this.parts = parts
    this.ambiguous = ambiguous
    this.open = open
    this.onCopy = onCopy
  }

  /** @param wild look only at named types one of whose references is open, else only at the others: those are settled first */
  unit(list: TypesOfUnits, start: number, end: number, referring: Uint8Array, wild: boolean, replaced: Map<number, number>): void {
    const present: number[] = []
    const candidates = new Map<number, number[]>()
    const asked = new Set<number>()
    for (let i = start; i < end; i++) {
      const type = list.types[i]
      const family = this.ambiguous[type] ?? 0
      if (family !== 0) {
        const known = candidates.get(family)
        if (!known) candidates.set(family, [type])
        else if (!known.includes(type)) known.push(type)
      }
      if (referring[type] === 1 && !asked.has(type)) {
        asked.add(type)
        present.push(type)
      }
    }
    if (present.length === 0) return
    const changes = new Map<number, number>()
    for (const type of present) {
      const chosen = this.references(type).map((ref) => this.choose(ref, candidates))
      const isWild = this.types.name[type] !== 0 && chosen.some((ref) => this.open.has(ref))
      if (isWild !== wild) continue
      const is = this.variant(type, chosen, isWild)
      if (is !== type) changes.set(type, is)
    }
    if (changes.size === 0) return
    for (const [from, to] of changes) replaced.set(from, to)
    for (let i = start; i < end; i++) {
      const to = changes.get(list.types[i])
      if (to !== undefined) list.types[i] = to
    }
  }

  /** Its references to ambiguous families, in the order of its columns. */
  private references(type: number): number[] {
    const { types, parts, ambiguous } = this
    const found: number[] = []
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

  private variant(type: number, chosen: number[], isWild: boolean): number {
    let variants = this.variants.get(type)
    if (!variants) this.variants.set(type, (variants = new Map()))
    const key = chosen.join(' ')
    let is = variants.get(key)
    if (is === undefined && isWild) is = [...variants].find(([other]) => this.agrees(other, chosen))?.[1]
    if (is === undefined) {
      is = variants.size === 0 ? this.refer(type, chosen) : this.copy(type, chosen)
      variants.set(key, is)
    }
    return is
  }

  /** What is open agrees with any of its family. */
  private agrees(key: string, chosen: number[]): boolean {
    const others = key.split(' ')
    return chosen.every((ref, i) => this.open.has(ref) || others[i] === String(ref))
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
    for (const ref of chosen) {
      types.hashLow[copy] = mix1(types.hashLow[copy], types.hashLow[ref])
      types.hashHigh[copy] = mix2(types.hashHigh[copy], types.hashHigh[ref])
    }
    this.onCopy(copy, type)
    return copy
  }
}

function copyRow<T extends { count: number }>(columns: T, from: number, to: number): void {
  for (const column of Object.values(columns) as (Uint8Array | number)[]) if (typeof column !== 'number') column[to] = column[from]
}
