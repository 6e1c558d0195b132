/**
 * Types of an open core's blocks as they are worked on: all columns in memory, so that candidates can be tried on blocks and
 * labels can be followed. Made when it is first needed; a label's consequences are found here and kept nowhere: opening the core
 * again follows the labels again.
 */
import type { TypeRef } from '../../contract/rows.ts'
import type { CandidateRow, LabelRow } from '../../contract/typeRows.ts'
import { CHUNK_BITS, CHUNK_BLOCKS, type Blocks } from '../allocator/blocks.ts'
import { groupBlocks } from '../findings/groups.ts'
import type { ProcessView } from '../findings/pointers.ts'
import { UsageError } from '../errors.ts'
import type { Progress } from '../ports.ts'
import { idOf } from '../symbols/processSymbols.ts'
import { rankCandidates } from './candidates.ts'
import { Claims, STRENGTH } from './claims.ts'
import { HeapColumns } from './heapColumns.ts'
import { knownType } from './knownTypes.ts'
import { Learning } from './learn.ts'
import { MemoryKinds } from './memoryKinds.ts'
import { PagedMemory } from './pagedMemory.ts'
import { Propagation } from './propagate.ts'
import { Shapes } from './shapes.ts'
import { withTypes, type BlockTypes, type StoredTypes, type TypesMeta } from './storedTypes.ts'

/** 8 MiB: candidates and labels look at few blocks. */
const PAGES = 1024

/** A label and the blocks it is of, ascending. */
export interface Label {
  row: LabelRow
  blocks: Uint32Array
}

export class TypeBench {
  private readonly view: ProcessView
  private readonly base: StoredTypes
  private readonly blocks: Blocks
  private readonly heap: HeapColumns
  private readonly shapes: Shapes

  /** @param view with the types that were found @param blocks of the core @param base the types that were found, without labels */
  constructor(view: ProcessView, blocks: Blocks, base: StoredTypes) {
    this.view = view
    this.base = base
    this.blocks = blocks
    this.heap = new HeapColumns(blocks)
    this.shapes = new Shapes(view.symbols)
  }

  /** Types that blocks may have, the likeliest first. @param current that they are said to have; null for none */
  candidates(blocks: number[], referrers: ReadonlySet<string>): CandidateRow[] {
    return rankCandidates(this.propagation().propagation, blocks, referrers)
  }

  /** The types with labels, and what follows from them. */
  labelled(labels: readonly Label[], progress: Progress): BlockTypes {
    const { propagation, types } = this.propagation()
    const { claims } = propagation
    const changed = (claims.changed = new Set<number>())
    for (const { row, blocks } of labels) {
      // other symbols than it was made with may not have its type
      const item = this.find(propagation, row.type)
      if (item === null) continue
      for (const block of blocks) {
        if (block >= this.heap.count || !this.heap.isUsed(block)) continue
        propagation.retyped.add(block)
        claims.set(block, item, STRENGTH.label, 0, 0)
        claims.later(block)
      }
    }
    propagation.run(progress)
    this.dropOrphans(propagation, changed)
    const learning = new Learning(propagation)
    for (const step of [learning.fromRivals, learning.fromSizesOfField, learning.fromLayouts, learning.fromFields]) {
      step.call(learning)
      propagation.run(progress)
    }
    return new LabelledTypes(this.blocks, this.base.meta, claims, changed, this.shapes, types)
  }

  /** What came from a block's former type, and not from its new one, is not known any more. */
  private dropOrphans({ claims, heap, retyped }: Propagation, changed: Set<number>): void {
    const dropped: number[] = []
    for (let block = 0; block < heap.count; block++) {
      const parent = claims.parent[block] - 1
      if (parent >= 0 && parent < heap.count && retyped.has(parent) && !changed.has(block)) dropped.push(block)
    }
    for (const block of dropped) claims.clear(block)
  }

  /** The item of a type's name, `T[]` for an array; null where there is no such type. */
  private find(propagation: Propagation, name: string): number | null {
    const type = this.typeOf(name)
    if (type === null) return null
    return name.endsWith('[]') ? propagation.arrayOf(type, 0) : propagation.single(type)
  }

  /** Of an array its element's; null where there is none of that name, or it has no size. */
  private typeOf(name: string): TypeRef | null {
    const element = name.replace(/ ?\[\]$/, '')
    const { symbols } = this.view
    const type = symbols.find(element).find((id) => symbols.size(id) > 0) ?? pointerType(this.shapes, element)
    return type === null ? null : this.shapes.bare(type)
  }

  /** Throws UsageError where there is no such type. */
  checkType(name: string): void {
    if (this.typeOf(name) === null) throw new UsageError('no type of that name has a size', name, 'search it on the Types page')
  }

  /** With the types that were found, to be changed. `types`: what items stand for. */
  private propagation(): { propagation: Propagation; types: Uint32Array } {
    const { heap, view, shapes, base } = this
    const claims = new Claims(heap.count, { item: base.copyColumn('type', heap.count), strength: base.copyStrengths(heap.count), parent: base.copyColumn('parent', heap.count), via: base.copyColumn('via', heap.count) })
    const propagation = new Propagation({ heap, memory: new PagedMemory(view.memory, PAGES), kinds: new MemoryKinds(view.ranges), shapes, claims })
    // an item for each type, in their order
    base.meta.types.forEach((type, i) => {
      if (i === 0) return
      const owner = type.of === undefined ? null : view.symbols.module(type.of.module)
      const id = owner && type.of ? shapes.bare(idOf(owner, type.of.type)) : 0
      const isArray = type.counted || type.element !== undefined
      claims.add({ type: id, isArray, header: type.counted ? 8 : (type.element?.header ?? 0), size: type.element?.size ?? shapes.size(id), name: type.label })
    })
    return { propagation, types: Uint32Array.from(claims.items, (_, i) => i) }
  }
}

/** `T *`, of a type that there is. */
function pointerType(shapes: Shapes, name: string): number | null {
  const pointee = /^(.*?) ?\*$/.exec(name)?.[1]
  const found = pointee === undefined ? undefined : shapes.symbols.find(pointee)[0]
  return found === undefined ? null : shapes.symbols.pointerTo(found)
}

/** In memory; `changed` blocks came about by labels. */
class LabelledTypes implements BlockTypes {
  readonly meta: TypesMeta
  private readonly claims: Claims
  private readonly typeOfItem: Uint32Array
  private readonly viaOf = new Map<number, number>()
  private readonly changed: ReadonlySet<number>

  constructor(blocks: Blocks, base: TypesMeta, claims: Claims, changed: ReadonlySet<number>, shapes: Shapes, known: Uint32Array) {
    this.claims = claims
    this.changed = changed
    const types = [...base.types]
    const byLabel = new Map(types.map((type, i) => [`${type.label} ${type.element?.header ?? (type.counted ? 8 : 0)}`, i]))
    this.typeOfItem = Uint32Array.from(claims.items, (item, i) => {
      if (i < known.length) return known[i]
      const key = `${item.name} ${item.header}`
      let index = byLabel.get(key)
      if (index === undefined) byLabel.set(key, (index = types.push(knownType(item, undefined, shapes.symbols)) - 1))
      return index
    })
    const fields = [...base.fields]
    for (const block of changed) {
      const via = claims.via[block]
      if (via === 0 || this.viaOf.has(via)) continue
      const { owner, path } = shapes.field(via - 1)
      this.viaOf.set(via, fields.push({ owner: shapes.name(owner), path }))
    }
    const typed = this.typed(blocks)
    this.meta = { ...base, types, fields, ...groupBlocks(typed) }
  }

  typed(blocks: Blocks): Blocks {
    const { item } = this.claims
    return withTypes(blocks, (c) => item.subarray(c << CHUNK_BITS, Math.min(item.length, (c << CHUNK_BITS) + CHUNK_BLOCKS)).map((i) => this.typeOfItem[i]))
  }

  strength(block: number): number {
    return this.claims.strength[block]
  }

  parent(block: number): number {
    return this.claims.parent[block]
  }

  via(block: number): number {
    const via = this.claims.via[block]
    return this.changed.has(block) ? (this.viaOf.get(via) ?? 0) : via
  }

  typesOf(ids: Uint32Array): Uint32Array {
    return ids.map((id) => this.typeOfItem[this.claims.item[id]])
  }

  rest(): void {}
}
