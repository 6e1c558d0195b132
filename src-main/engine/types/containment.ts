/**
 * Which records lie within which, and where: what a pointer into the middle of an object, or to its first member, says of the
 * object. Bases and members by value, through any depth; elements of arrays count where the array begins.
 */
import type { TypeRef } from '../../contract/rows.ts'
import { idOf } from '../symbols/processSymbols.ts'
import { PART, TYPE } from '../symbols/tables.ts'
import { isRecord } from '../symbols/typeTable.ts'
import type { Shapes } from './shapes.ts'

export interface Holder {
  outer: TypeRef
  offset: number
}

const MAX_DEPTH = 12
/** Records that hold a type, directly or not: more of them say nothing any more. */
const MAX_HOLDERS = 512

export class Containment {
  private readonly shapes: Shapes
  /** Records that hold a type as one of their own parts. */
  private direct: Map<TypeRef, Holder[]> | null = null
  private readonly known = new Map<string, boolean>()
  private readonly holders = new Map<TypeRef, Holder[]>()

  constructor(shapes: Shapes) {
    this.shapes = shapes
  }

  /** Whether `outer` has an `inner` at that offset, as a base or a member of any depth; true where they are the same at 0. */
  embeds(outer: TypeRef, inner: TypeRef, offset: number): boolean {
    if (outer === inner && offset === 0) return true
    const key = `${outer} ${inner} ${offset}`
    let found = this.known.get(key)
    if (found === undefined) this.known.set(key, (found = this.search(outer, inner, offset, 0)))
    return found
  }

  private search(outer: TypeRef, inner: TypeRef, offset: number, depth: number): boolean {
    const { symbols } = this.shapes
    const made = this.shapes.madeType(outer)
    if (made) return made.parts.some((part) => part.offset <= offset && this.search(part.type, inner, offset - part.offset, depth + 1))
    if (outer === inner && offset === 0) return true
    const owner = symbols.owner(outer)
    if (!owner || depth > MAX_DEPTH || !isRecord(symbols.kind(outer))) return false
    const contents = this.shapes.standardType(outer)?.contents
    if (contents !== undefined) return contents.some((content) => content.offset <= offset && this.search(this.shapes.bare(content.type), inner, offset - content.offset, depth + 1))
    const { table } = owner
    const { kind, offset: at } = table.parts
    const type = outer - owner.firstId
    for (let part = table.firstPart(type); part < table.endPart(type); part++) {
      if (!HELD.has(kind[part]) || at[part] < 0 || at[part] > offset) continue
      let held = this.shapes.bare(idOf(owner, table.partType(part)))
      const size = this.shapes.size(held)
      let within = offset - at[part]
      if (within >= size) continue
      while (symbols.kind(held) === TYPE.array) {
        held = this.shapes.bare(symbols.target(held))
        const element = this.shapes.size(held)
        if (!(element > 0)) break
        within %= element
      }
      if ((held === inner && within === 0) || this.search(held, inner, within, depth + 1)) return true
    }
    return false
  }

  /** Whether a record has another one within, anywhere. */
  contains(outer: TypeRef, inner: TypeRef): boolean {
    return outer === inner || this.holdersOf(inner).some((holder) => holder.outer === outer)
  }

  /** All records that have the type within, with the offsets; the same record once for each place. */
  holdersOf(inner: TypeRef): Holder[] {
    let all = this.holders.get(inner)
    if (all === undefined) {
      all = []
      this.collect(inner, 0, all, 0, new Set())
      this.holders.set(inner, all)
    }
    return all
  }

  private collect(inner: TypeRef, offset: number, into: Holder[], depth: number, path: Set<TypeRef>): void {
    if (depth > MAX_DEPTH || path.has(inner)) return
    path.add(inner)
    for (const holder of this.index().get(inner) ?? []) {
      if (into.length >= MAX_HOLDERS) break
      into.push({ outer: holder.outer, offset: offset + holder.offset })
      this.collect(holder.outer, offset + holder.offset, into, depth + 1, path)
    }
    path.delete(inner)
  }

  private index(): Map<TypeRef, Holder[]> {
    if (this.direct) return this.direct
    const direct = (this.direct = new Map<TypeRef, Holder[]>())
    const { shapes } = this
    const { symbols } = shapes
    const seen = new Set<TypeRef>()
    for (const owner of symbols.attached) {
      const { table } = owner
      for (let type = 1; type < table.count; type++) {
        if (!isRecord(table.kind(type)) || table.isDeclaration(type)) continue
        const outer = shapes.bare(idOf(owner, type))
        if (seen.has(outer)) continue
        seen.add(outer)
        const { kind, offset } = table.parts
        for (let part = table.firstPart(type); part < table.endPart(type); part++) {
          if (!HELD.has(kind[part]) || offset[part] < 0) continue
          let held = shapes.bare(idOf(owner, table.partType(part)))
          for (let depth = 0; depth < MAX_DEPTH && symbols.kind(held) === TYPE.array; depth++) held = shapes.bare(symbols.target(held))
          if (!isRecord(symbols.kind(held))) continue
          const list = direct.get(held)
          if (list) list.push({ outer, offset: offset[part] })
          else direct.set(held, [{ outer, offset: offset[part] }])
        }
      }
    }
    return direct
  }
}

const HELD: ReadonlySet<number> = new Set([PART.member, PART.base, PART.virtualBase, PART.inheritedVirtualBase, PART.variant, PART.defaultVariant])
