/**
 * Types told by a tag: objects that begin with a common header say in a small number of it what they are. What each value stands
 * for is learned from the objects whose types are known otherwise.
 */
import type { TypeRef } from '../../contract/rows.ts'
import { STRENGTH } from './claims.ts'
import type { Propagation } from './propagate.ts'
import { LEAF } from './shapes.ts'

/** Objects of each type that are looked at, and how many at least. */
const SAMPLE = 256
const ENOUGH = 5
/** Share of a value's objects that must be of one type. */
const AGREEING = 0.95
const MOST_VALUES = 256

/** The header's member, and the item that each of its values stands for. */
interface Tag {
  offset: number
  size: number
  items: Map<number, number>
}

export class Tags {
  private readonly propagation: Propagation
  private readonly samples: Map<number, number[]>
  private readonly known = new Map<TypeRef, Tag | null>()

  /** Of what is known now. */
  constructor(propagation: Propagation) {
    this.propagation = propagation
    this.samples = sampleByItem(propagation)
  }

  /** The item of a block behind a pointer to that header; 0 where no tag tells it. */
  itemOf(header: TypeRef, block: number): number {
    let tag = this.known.get(header)
    if (tag === undefined) this.known.set(header, (tag = this.learn(header)))
    if (tag === null) return 0
    const { heap, memory } = this.propagation
    return tag.items.get(memory.unsigned(heap.address(block) + tag.offset, tag.size)) ?? 0
  }

  private learn(header: TypeRef): Tag | null {
    const { shapes, claims, containment, index } = this.propagation
    const shape = shapes.of(header)
    if (!shape) return null
    const samples = [...this.samples].filter(([item, blocks]) => {
      const { type, isArray } = claims.items[item]
      return !isArray && type !== 0 && blocks.length >= ENOUGH && (containment.embeds(type, header, 0) || index.beginsLike(header, type))
    })
    if (samples.length < 2) return null
    let best: { tag: Tag; told: number } | null = null
    for (const { kind, offset, size, count, isArm } of shape.leaves) {
      if (kind < LEAF.scalar || count !== 1 || size > 4 || isArm) continue
      const tag = this.separate(offset, size, samples)
      if (tag && (best === null || tag.told > best.told)) best = tag
    }
    return best?.tag ?? null
  }

  /** Whether a member's values tell the types apart. */
  private separate(offset: number, size: number, samples: readonly (readonly [item: number, blocks: number[]])[]): { tag: Tag; told: number } | null {
    const { heap, memory } = this.propagation
    const counts = new Map<number, Map<number, number>>()
    for (const [item, blocks] of samples) {
      for (const block of blocks) {
        const value = memory.unsigned(heap.address(block) + offset, size)
        const items = counts.get(value) ?? new Map<number, number>()
        // many or few, each type counts alike
        items.set(item, (items.get(item) ?? 0) + 1 / blocks.length)
        counts.set(value, items)
      }
      if (counts.size > MOST_VALUES) return null
    }
    const items = new Map<number, number>()
    let told = 0
    for (const [value, shares] of counts) {
      const all = [...shares.values()].reduce((sum, share) => sum + share, 0)
      const [item, most] = [...shares].sort((a, b) => b[1] - a[1])[0]
      if (most < AGREEING * all) continue
      told += most
      items.set(value, item)
    }
    return told >= AGREEING * samples.length && new Set(items.values()).size >= 2 ? { tag: { offset, size, items }, told } : null
  }
}

function sampleByItem({ claims, heap }: Propagation): Map<number, number[]> {
  const samples = new Map<number, number[]>()
  for (let block = 0; block < heap.count; block++) {
    const item = claims.item[block]
    if (item === 0 || claims.strength[block] < STRENGTH.best) continue
    const list = samples.get(item)
    if (!list) samples.set(item, [block])
    else if (list.length < SAMPLE) list.push(block)
  }
  return samples
}
