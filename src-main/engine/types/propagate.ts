/**
 * From what is known along typed pointers to everything else: each object of a known type is looked at once, each of its
 * pointers claims a type for the block it leads to, and what is claimed is checked against the block's size and bytes before
 * it counts. The strongest claims are followed first.
 *
 * Only members within `sizeof`, elements that a container says are there and arms that a discriminator selects are followed:
 * words beyond them are stale. What leads to `void` or to bytes is noted for those who learn from it (learnFields.ts).
 */
import type { TypeRef } from '../../contract/rows.ts'
import type { Progress } from '../ports.ts'
import { TYPE } from '../symbols/tables.ts'
import { isRecord } from '../symbols/typeTable.ts'
import type { Claims} from './claims.ts';
import { STRENGTH, type Item } from './claims.ts'
import { Containment } from './containment.ts'
import { Hits } from './hits.ts'
import { ErasedTypes } from './erasedTypes.ts'
import { Contents } from './contents.ts'
import { isRoom, isSlack, readDeque, readString, readVector } from './containers.ts'
import { Fit, LEAST_POINTER } from './fit.ts'
import type { HeapColumns } from './heapColumns.ts'
import type { MemoryKinds } from './memoryKinds.ts'
import type { PagedMemory } from './pagedMemory.ts'
import { isCharacterType, LEAF, type Leaf, type Shape, type Shapes } from './shapes.ts'
import { isNodeBase, type Adapter } from './standardTypes.ts'
import { TypeIndex } from './typeIndex.ts'

/** What a pointer's target says, worked out once a type. */
interface Pointee {
  kind: 'void' | 'character' | 'scalar' | 'pointer' | 'record' | 'node base' | 'nothing'
  size: number
  shape: Shape | null
}

/** Objects in place: an object that is no block of its own. */
interface InPlace {
  address: number
  shape: Shape
  parent: number
  via: number
  strength: number
}

/** In the smallest block types of different sizes fit. glibc malloc.c, MINSIZE. */
const LEAST = 24
/** Containers within containers that are followed at once. */
const MAX_DEPTH = 32
/** Objects in place that are remembered: a set of them takes 40 bytes each. */
const MAX_IN_PLACE = 4_000_000
const STEP = 4096

export class Propagation {
  readonly heap: HeapColumns
  readonly memory: PagedMemory
  readonly kinds: MemoryKinds
  readonly shapes: Shapes
  readonly claims: Claims
  readonly containment: Containment
  readonly fit: Fit
  readonly contents: Contents
  readonly index: TypeIndex
  /** Pointers that say too little of what they lead to. */
  readonly hits = new Hits()
  /** Blocks whose type was replaced: what came from them may be wrong. */
  readonly retyped = new Set<number>()
  private readonly erased: ErasedTypes
  private readonly pointees = new Map<TypeRef, Pointee>()
  /** Items of single objects and of arrays without a header, by type. */
  private readonly singles = new Map<TypeRef, number>()
  private readonly arrays = new Map<TypeRef, number>()
  private readonly holderChoices = new Map<string, TypeRef[]>()
  private readonly inPlace: InPlace[] = []
  private readonly putOff: { from: number; to: number; element: TypeRef; parent: number; strength: number }[] = []
  private depth = 0
  /** A bit for each block whose elements were followed as a container's. */
  private readonly followed: Uint8Array
  private readonly seenInPlace = new Set<number>()

  constructor(parts: { heap: HeapColumns; memory: PagedMemory; kinds: MemoryKinds; shapes: Shapes; claims: Claims }) {
    this.heap = parts.heap
    this.memory = parts.memory
    this.kinds = parts.kinds
    this.shapes = parts.shapes
    this.claims = parts.claims
    this.containment = new Containment(parts.shapes)
    this.erased = new ErasedTypes(parts.shapes)
    this.index = new TypeIndex(parts.shapes)
    this.contents = new Contents(parts)
    this.followed = new Uint8Array((parts.heap.count >>> 3) + 1)
    this.fit = new Fit({ ...parts, containment: this.containment })
  }

  /** Follows all that waits, and what comes of it. */
  run(progress: Progress): void {
    for (let done = 0; ; done++) {
      if (done % STEP === 0) progress.advance(done)
      const block = this.claims.next()
      if (block >= 0) this.expandBlock(block)
      else if (!this.expandNextInPlace() && !this.expandNextElements()) return
    }
  }

  /** A variable's memory, or that of any object that is no block. */
  expandRoot(address: number, type: TypeRef, root: number): void {
    const shape = this.shapes.of(this.shapes.bare(type))
    if (shape) this.expandObject(address, shape, address + shape.size, root, STRENGTH.pointer)
  }

  /** Follows what a variable without an address holds. */
  followRoot(value: number, type: TypeRef, root: number): void {
    const leaf = this.shapes.of(this.shapes.bare(type))?.leaves[0]
    if (leaf?.kind === LEAF.pointer && value >= LEAST_POINTER) this.follow(value, { target: leaf.target, isRival: false, isLink: false }, -1, 0, root, STRENGTH.pointer)
  }

  private expandBlock(block: number): void {
    const { claims, heap } = this
    const { type, isArray, header, size } = claims.items[claims.item[block]]
    const shape = type === 0 ? null : this.shapes.of(type)
    if (!shape || (shape.leaves.length === 0 && shape.nested.length === 0 && shape.adapters.length === 0 && shape.tail === null)) return
    const at = heap.address(block) + header
    const limit = heap.address(block) + heap.size(block)
    const strength = claims.strength[block]
    if (!isArray) {
      if ((strength === STRENGTH.pointer || strength === STRENGTH.link) && !this.fit.isPlausible(at, shape, limit)) return claims.clear(block)
      this.expandObject(at, shape, limit, block + 1, strength)
      if (shape.tail) this.expandElements(at + shape.tail.offset, limit, shape.tail.element, block + 1, Math.min(strength, STRENGTH.array))
    } else if (strength !== STRENGTH.container) {
      // of a container, those that it says are there
      for (let element = at; element + size <= limit; element += size) this.expandObject(element, shape, limit, block + 1, strength)
    }
  }

  /** What containers hold is followed at once, so deep ones are put off. */
  private expandElements(from: number, to: number, element: TypeRef, parent: number, strength: number): void {
    const shape = this.shapes.of(element)
    if (!shape) return
    if (this.depth >= MAX_DEPTH) return void this.putOff.push({ from, to, element, parent, strength })
    this.depth++
    for (let at = from; at + shape.size <= to; at += shape.size) this.expandObject(at, shape, to, parent, strength)
    this.depth--
  }

  private expandNextElements(): boolean {
    const next = this.putOff.pop()
    if (next === undefined) return false
    this.expandElements(next.from, next.to, next.element, next.parent, next.strength)
    return true
  }

  /** Whether a container's storage is to be followed: once, lest damaged ones that hold themselves are followed for ever. */
  private isFirstOf(block: number): boolean {
    const bit = 1 << (block & 7)
    if ((this.followed[block >>> 3] & bit) !== 0) return false
    this.followed[block >>> 3] |= bit
    return true
  }

  /** All that is claimed is looked at again. */
  again(): void {
    const { claims, heap } = this
    this.hits.clear()
    this.followed.fill(0)
    for (let block = 0; block < heap.count; block++) if (claims.item[block] !== 0 && claims.strength[block] > STRENGTH.buffer) claims.later(block)
  }

  private expandNextInPlace(): boolean {
    const next = this.inPlace.pop()
    if (next === undefined) return false
    const { address, shape, parent, strength } = next
    this.expandObject(address, shape, address + shape.size, parent, strength)
    return true
  }

  /** @param limit no object lies beyond @param parent as in Claims.parent */
  private expandObject(at: number, shape: Shape, limit: number, parent: number, strength: number): void {
    const { memory } = this
    const { leaves, nested, adapters, firstField } = shape
    for (let l = 0; l < leaves.length; l++) {
      const leaf = leaves[l]
      if (leaf.kind !== LEAF.pointer || (leaf.guard !== null && !this.fit.holds(at, leaf.guard))) continue
      for (let i = 0; i < leaf.count; i++) {
        const word = at + leaf.offset + i * 8
        if (word >= limit) break
        const value = memory.word(word)
        if (value >= LEAST_POINTER) this.follow(value, leaf, firstField + l, shape.type, parent, strength, word)
      }
    }
    for (const { offset, element, count, stride, guard } of nested) {
      if (guard !== null && !this.fit.holds(at, guard)) continue
      const inner = this.shapes.of(element)
      if (!inner) continue
      for (let i = 0; i < count && at + offset + i * stride < limit; i++) this.expandObject(at + offset + i * stride, inner, limit, parent, strength)
    }
    for (let a = 0; a < adapters.length; a++) {
      const { offset, adapter, guard } = adapters[a]
      if (guard === null || this.fit.holds(at, guard)) this.adapt(at + offset, adapter, parent, firstField + leaves.length + a)
    }
  }

  private adapt(at: number, adapter: Adapter, parent: number, field: number): void {
    const { claims } = this
    const { container } = STRENGTH
    switch (adapter.kind) {
      case 'vector': {
        const held = readVector(this, at, adapter)
        if (held === null || held === 'empty' || !this.claim(held.block, this.arrayOf(adapter.element, 0), container, parent, field + 1, false) || !this.isFirstOf(held.block)) return
        return this.expandElements(held.from, held.to, adapter.element, held.block + 1, claims.strength[held.block])
      }
      case 'string':
      case 'long string':
      case 'counted string': {
        const held = readString(this, at, adapter)
        if (held !== null && held !== 'empty') this.claim(held.block, this.arrayOf(adapter.character, 0), container, parent, field + 1, false)
        return
      }
      case 'deque': {
        const held = readDeque(this, at, adapter)
        if (held === null) return
        const pointer = this.shapes.symbols.pointerTo(adapter.element)
        if (pointer !== null) this.claim(held.map, this.arrayOf(this.shapes.bare(pointer), 0), container, parent, field + 1, false)
        for (const { block, from, to } of held.buffers) {
          if (this.claim(block, this.arrayOf(adapter.element, 0), container, parent, field + 1, false) && this.isFirstOf(block)) this.expandElements(from, to, adapter.element, block + 1, container)
        }
        return
      }
      case 'erased': {
        const manager = this.memory.word(at + adapter.manager)
        if (!(manager > 0)) return
        const data = this.memory.word(at + adapter.data)
        const block = this.fit.usedBlockAt(data)
        for (const type of this.erased.of(manager)) {
          const shape = this.shapes.of(this.shapes.bare(type))
          if (!shape) continue
          const isBlock = block >= 0 && this.heap.address(block) === data && isSlack(this.heap.size(block) - shape.size, this.heap.size(block)) && this.fit.fits(data, shape, data + shape.size, 1)
          const { score } = this.fit
          // a small one lies in the object itself where it can be copied byte by byte, which no debug information tells
          const mayBeLocal = shape.size <= adapter.local && this.fit.fits(at + adapter.data, shape, at + adapter.data + adapter.local, 1)
          if (isBlock && !(mayBeLocal && this.fit.score >= score)) this.claim(block, this.single(shape.type), container, parent, field + 1)
          else if (mayBeLocal) this.later(at + adapter.data, shape, parent, field + 1, container)
          else continue
          return
        }
      }
    }
  }

  private follow(value: number, leaf: Pick<Leaf, 'target' | 'isRival' | 'isLink'>, field: number, owner: TypeRef, parent: number, strength: number, word = 0): void {
    const { heap } = this
    const pointee = this.pointee(leaf.target)
    if (pointee.kind === 'nothing') return
    const block = heap.blockAt(value)
    const via = field + 1
    if (block < 0) {
      if (pointee.kind === 'record' && pointee.shape && !leaf.isRival) this.outside(value, pointee.shape, parent, via, strength)
      return
    }
    if (!heap.isUsed(block)) return
    const offset = value - heap.address(block)
    const usable = heap.size(block)
    if (leaf.isLink) {
      const isNode = owner === leaf.target
      // the last node leads back to the container, wherever that lies
      if (offset === 0 && isRoom(usable - pointee.size, usable)) this.claim(block, this.single(leaf.target), isNode ? Math.min(strength, STRENGTH.link) : STRENGTH.container, parent, via)
      return
    }
    // what is not sure itself makes nothing else sure
    const own = strength >= STRENGTH.link ? STRENGTH.pointer : strength
    if (leaf.isRival) return this.hits.add(field, block, offset, word, parent)
    switch (pointee.kind) {
      case 'void':
      case 'node base':
        if (field >= 0) this.hits.add(field, block, offset, word, parent)
        return
      case 'character':
        if (field >= 0) this.hits.add(field, block, offset, word, parent)
        if (offset === 0) this.claim(block, this.arrayOf(leaf.target, 0), Math.min(own, this.contents.isText(value, usable) ? STRENGTH.learned : STRENGTH.buffer), parent, via, false)
        return
      case 'scalar':
      case 'pointer':
        if (offset !== 0 || pointee.size > usable) return
        if (pointee.kind === 'pointer' && !this.contents.arePointers(value, usable)) return
        this.claim(block, this.arrayOf(leaf.target, 0), Math.min(own, pointee.kind === 'pointer' ? STRENGTH.array : STRENGTH.learned), parent, via)
        return
      case 'record':
        if (pointee.shape && !this.followRecord(value, block, offset, pointee.shape, owner, parent, via, own) && field >= 0) this.hits.add(field, block, offset, word, parent)
    }
  }

  /** False where the block's type stays unknown. */
  private followRecord(value: number, block: number, offset: number, shape: Shape, owner: TypeRef, parent: number, via: number, own: number): boolean {
    const { heap, claims } = this
    const { type, size } = shape
    const usable = heap.size(block)
    const held = claims.items[claims.item[block]]
    if (claims.strength[block] > STRENGTH.buffer) {
      if (held.type === 0) return true
      const within = offset - held.header
      if (within >= 0 && this.containment.embeds(held.type, type, within % Math.max(1, held.size))) return true
    }
    if (offset === 0) {
      // by its vtable it is known already, or it is none
      if (shape.isPolymorphic && !this.beginsWithVtable(block)) return true
      // 16 bytes more, unless two would fit as well
      if (isSlack(usable - size, usable) || (isRoom(usable - size, usable) && !isSlack(usable % size, usable))) {
        // it may be the first part of what is not much larger: the bytes tell, or what else the field leads to
        if ((this.holders(type, 0, usable).length > 0 || (usable > LEAST && this.index.prefixed(type, usable).length > 0)) && claims.strength[block] <= STRENGTH.buffer) return false
        // a sure pointer's word is taken until the block is looked at, which costs reading it
        return (own === STRENGTH.pointer || this.fit.fits(value, shape, value + usable)) && this.claim(block, this.single(type), own, parent, via)
      }
      if (usable < size) return false
      if (this.fit.pointsBehindItself(value, shape, value + usable)) return this.fit.isPlausible(value, shape, value + usable) && this.claim(block, this.single(type), Math.min(own, STRENGTH.link), parent, via)
      if (shape.tail !== null && this.fit.fits(value, shape, value + usable)) return this.claim(block, this.single(type), Math.min(own, STRENGTH.array), parent, via)
      const mayBeArray = isSlack(usable % size, usable) && !shape.isPolymorphic
      // it is told by the field's other targets which
      if (!mayBeArray) return this.claimHolder(value, block, 0, type, owner, parent, via, own)
      if (this.holders(type, 0, usable).length > 0 || !this.fit.elementsFit(value, shape, usable) || this.fit.good < usable / size) return false
      return this.claim(block, this.arrayOf(type, 0), Math.min(own, STRENGTH.array), parent, via)
    }
    const start = value - offset
    const count = offset === 8 ? this.memory.word(start) : 0
    if (count > 0 && isSlack(usable - 8 - count * size, usable) && this.fit.elementsFit(value, shape, count * size)) return this.claim(block, this.arrayOf(type, 8), Math.min(own, STRENGTH.link), parent, via)
    if (this.claimHolder(value, block, offset, type, owner, parent, via, own)) return true
    this.later(value, shape, block + 1, via, own)
    return false
  }

  /** A block whose type holds what is pointed to, where one type does, or one fits better than all others. */
  private claimHolder(value: number, block: number, offset: number, type: TypeRef, owner: TypeRef, parent: number, via: number, own: number): boolean {
    const start = value - offset
    const usable = this.heap.size(block)
    const choices = this.holders(type, offset, usable)
    if (choices.length === 0) return false
    // links of an intrusive list lead from a type to the same type
    if (owner !== 0 && choices.includes(owner)) {
      const shape = this.shapes.of(owner)
      if (shape && this.fit.fits(start, shape, start + usable)) return this.claim(block, this.single(owner), Math.min(own, STRENGTH.link), parent, via)
    }
    let best: Shape | null = null
    let bestScore = -Infinity
    let second = -Infinity
    let fitting = 0
    for (const choice of choices) {
      const shape = this.shapes.of(choice)
      if (!shape || (shape.isPolymorphic && !this.beginsWithVtable(block)) || !this.fit.fits(start, shape, start + usable)) continue
      fitting++
      const { score } = this.fit
      if (score > bestScore) {
        second = bestScore
        bestScore = score
        best = shape
      } else if (score > second) {
        second = score
      }
    }
    if (best === null || (fitting > 1 && bestScore <= second)) return false
    return this.claim(block, this.single(best.type), Math.min(own, fitting === 1 ? STRENGTH.array : STRENGTH.best), parent, via)
  }

  /** Types of which one object fills such a block and holds `inner` at `offset`. */
  holders(inner: TypeRef, offset: number, usable: number): TypeRef[] {
    const key = `${inner} ${offset} ${usable}`
    let choices = this.holderChoices.get(key)
    if (choices === undefined) {
      choices = [...new Set(this.containment.holdersOf(inner).filter((holder) => holder.offset === offset && isSlack(usable - this.shapes.size(holder.outer), usable)).map(({ outer }) => outer))]
      this.holderChoices.set(key, choices)
    }
    return choices
  }

  /** An object in memory that no block holds: of an allocator of the program's own, say. */
  private outside(value: number, shape: Shape, parent: number, via: number, strength: number): void {
    const kind = this.kinds.at(value)
    if (kind !== 'anonymous' && kind !== 'mapped-file') return
    this.later(value, shape, parent, via, strength)
  }

  private later(address: number, shape: Shape, parent: number, via: number, strength: number): void {
    if (this.seenInPlace.has(address) || this.seenInPlace.size >= MAX_IN_PLACE) return
    if (!this.fit.fits(address, shape, address + shape.size) || this.fit.bad > 0) return
    this.seenInPlace.add(address)
    this.inPlace.push({ address, shape, parent, via, strength: Math.min(strength, STRENGTH.array) })
  }

  /** Whether the claim stands now. @param follow what follows from it is to be looked at */
  claim(block: number, item: number, strength: number, parent: number, via: number, follow = true): boolean {
    const { claims } = this
    const held = claims.item[block]
    const before = claims.strength[block]
    // two modules may each have a type of that name
    if (held === item || (held !== 0 && claims.items[held].name === claims.items[item].name && claims.items[held].header === claims.items[item].header)) {
      if (strength > before) claims.set(block, held, strength, parent, via)
      else if (claims.parent[block] === parent) claims.changed?.add(block)
      return true
    }
    if (held !== 0) {
      const [a, b] = [claims.items[held], claims.items[item]]
      // what is held may be the first part of what is claimed, or the other way round
      const widens = !a.isArray && !b.isArray && a.type !== 0 && b.type !== 0 && a.type !== b.type && this.containment.embeds(b.type, a.type, 0)
      if (!widens && (strength < before || (strength === before && !this.fitsBetter(block, b, a)))) return false
      if (widens && this.isExact(block, a.size) && before >= strength) return false
      if (before > STRENGTH.buffer) this.retyped.add(block)
    }
    claims.set(block, item, strength, parent, via)
    if (follow) claims.later(block)
    return true
  }

  /** Of two claims that are as strong, the one whose type says more that holds. */
  private fitsBetter(block: number, item: Item, held: Item): boolean {
    if (item.type === 0 || held.type === 0 || item.isArray || held.isArray) return false
    const score = ({ type, header }: Item): number => {
      const shape = this.shapes.of(type)
      const at = this.heap.address(block)
      return shape && this.fit.fits(at + header, shape, at + this.heap.size(block), 1) ? this.fit.score : -Infinity
    }
    return score(item) >= score(held) + 1
  }

  /** Whether it may be an object with virtual functions: it is known by its vtable, or its first word leads to static data. */
  private beginsWithVtable(block: number): boolean {
    if (this.claims.strength[block] === STRENGTH.vtable) return true
    const kind = this.kinds.at(this.memory.word(this.heap.address(block)))
    return kind === 'module-data' || kind === 'module-rodata' || kind === 'module-bss'
  }

  private isExact(block: number, size: number): boolean {
    const usable = this.heap.size(block)
    return isSlack(usable - size, usable)
  }

  single(type: TypeRef): number {
    let item = this.singles.get(type)
    if (item === undefined) this.singles.set(type, (item = this.claims.intern(type, false, 0, this.shapes.size(type), this.shapes.name(type))))
    return item
  }

  arrayOf(type: TypeRef, header: number): number {
    let item = header === 0 ? this.arrays.get(type) : undefined
    if (item !== undefined) return item
    item = this.claims.intern(type, true, header, this.shapes.size(type), `${this.shapes.name(type)}[]`)
    if (header === 0) this.arrays.set(type, item)
    return item
  }

  private pointee(target: TypeRef): Pointee {
    let pointee = this.pointees.get(target)
    if (pointee === undefined) this.pointees.set(target, (pointee = this.describe(target)))
    return pointee
  }

  private describe(target: TypeRef): Pointee {
    const { symbols } = this.shapes
    const size = this.shapes.size(target)
    if (this.shapes.madeType(target)) return { kind: 'record', size, shape: this.shapes.of(target) }
    const kind = symbols.kind(target)
    if (target === 0 || kind === TYPE.void) return { kind: 'void', size: 0, shape: null }
    if (isRecord(kind)) {
      if (isNodeBase(symbols, target)) return { kind: 'node base', size, shape: null }
      return size > 0 ? { kind: 'record', size, shape: this.shapes.of(target) } : { kind: 'void', size: 0, shape: null }
    }
    if (kind === TYPE.function || size <= 0) return { kind: 'nothing', size: 0, shape: null }
    if (kind === TYPE.pointer) return { kind: 'pointer', size, shape: null }
    if (isCharacterType(symbols, target)) return { kind: 'character', size, shape: null }
    return { kind: kind === TYPE.array ? 'record' : 'scalar', size, shape: kind === TYPE.array ? this.shapes.of(target) : null }
  }
}

