/**
 * What is claimed of each block: a type, how strongly, and along which pointer it came. Claims are made, replaced and taken
 * back; work that follows from them waits in a stack for each strength, the strongest first.
 */
import type { TypeRef } from '../../contract/rows.ts'

/** How a claim came about, the surest last. Values are stored: only ever add. */
export const STRENGTH = {
  none: 0,
  /** Bytes and characters behind a pointer that says no more. */
  buffer: 1,
  /** The only layout that fits blocks of its class. */
  layout: 2,
  /** The best of several types that hold what is pointed to. */
  best: 3,
  /** An arm of a union; a field whose other targets have this type. */
  learned: 4,
  /** An array whose length nothing tells; the only type that holds what is pointed to. */
  array: 5,
  /** From node to node of a container. */
  link: 6,
  /** A pointer of that type, and a block of that size. */
  pointer: 7,
  /** A container that is whole. */
  container: 8,
  /** A vtable. */
  vtable: 9,
  /** A person says so. */
  label: 10,
} as const

/** A type that blocks have. */
export interface Item {
  /** Bare; 0 where only a name is known. */
  type: TypeRef
  isArray: boolean
  /** Bytes before the first element. */
  header: number
  /** Of one element. */
  size: number
  name: string
  /** The name says less than the debug information, which there is, would: it is no type's. */
  isPartial?: boolean
}

const STRENGTHS = 11

export class Claims {
  /** Index 0: nothing is known. */
  readonly items: Item[] = [{ type: 0, isArray: false, header: 0, size: 0, name: '' }]
  /** Blocks that were claimed to be each item, since this began. */
  readonly counts: number[] = [0]
  /** By block. */
  readonly item: Uint32Array
  readonly strength: Uint8Array
  /** 1 + the block that the claim came from; more than the blocks: a root. 0: none. */
  readonly parent: Uint32Array
  /** 1 + the field that led here; 0: none. */
  readonly via: Uint32Array
  /** Where it is set, the blocks whose claims change, or are made again as they are, go into it. */
  changed: Set<number> | null = null
  private readonly byKey = new Map<string, number>()
  private readonly waiting: Stack[] = Array.from({ length: STRENGTHS }, () => new Stack())

  /** @param columns what is claimed already, by block; of items that are interned in this order */
  constructor(count: number, columns: Pick<Claims, 'item' | 'strength' | 'parent' | 'via'> | null = null) {
    this.item = columns?.item ?? new Uint32Array(count)
    this.strength = columns?.strength ?? new Uint8Array(count)
    this.parent = columns?.parent ?? new Uint32Array(count)
    this.via = columns?.via ?? new Uint32Array(count)
  }

  /** The index of an item, added where it is new. */
  intern(type: TypeRef, isArray: boolean, header: number, size: number, name: string): number {
    return this.byKey.get(keyOf(type, isArray, header, name)) ?? this.add({ type, isArray, header, size, name })
  }

  /** One more item, also where there is one like it: that is interned from then on. */
  add(item: Item): number {
    const index = this.items.push(item) - 1
    this.counts[index] ??= 0
    const key = keyOf(item.type, item.isArray, item.header, item.name)
    if (!this.byKey.has(key)) this.byKey.set(key, index)
    return index
  }

  set(block: number, item: number, strength: number, parent: number, via: number): void {
    this.changed?.add(block)
    this.counts[this.item[block]]--
    this.counts[item] = (this.counts[item] ?? 0) + 1
    this.item[block] = item
    this.strength[block] = strength
    this.parent[block] = parent
    this.via[block] = via
  }

  clear(block: number): void {
    this.set(block, 0, 0, 0, 0)
  }

  /** What follows from the block's claim is to be looked at. */
  later(block: number): void {
    this.waiting[this.strength[block]].push(block)
  }

  /** A block of the strongest that wait, the last that came first: what an object leads to lies near it. -1 where none waits; a block may come more than once. */
  next(): number {
    for (let s = STRENGTHS - 1; s > 0; s--) if (this.waiting[s].length > 0) return this.waiting[s].pop()
    return -1
  }
}

const keyOf = (type: TypeRef, isArray: boolean, header: number, name: string): string => (type === 0 ? name : `${type} ${isArray} ${header}`)

/** Grows by doubling; never shrinks. */
class Stack {
  length = 0
  private values = new Uint32Array(1024)
  /** Below here they lie as they should. */
  private sorted = 0

  push(value: number): void {
    if (this.length === this.values.length) {
      const more = new Uint32Array(this.length * 2)
      more.set(this.values)
      this.values = more
    }
    this.values[this.length++] = value
  }

  /** The last that came; where very many came at once, in the order of their addresses: what lies together is read together. */
  pop(): number {
    if (this.length > this.sorted + MANY) {
      this.values.subarray(this.sorted, this.length).sort()
      this.sorted = this.length
    }
    this.sorted = Math.min(this.sorted, --this.length)
    return this.values[this.length]
  }
}

const MANY = 4096
