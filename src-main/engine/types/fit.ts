/**
 * How well bytes fit a type: each word speaks for it, against it, or not at all. Pointers lead to something, and to what they
 * say where that is known, or to a block of the right size; function pointers lead to code, vtable pointers to static data;
 * booleans are 0 or 1; where the type has no pointer, there is no address of a block.
 */
import { STRENGTH, type Claims } from './claims.ts'
import { isSlack, readDeque, readString, readVector } from './containers.ts'
import type { Containment } from './containment.ts'
import type { HeapColumns } from './heapColumns.ts'
import type { MemoryKinds } from './memoryKinds.ts'
import type { PagedMemory } from './pagedMemory.ts'
import { LEAF, type Guard, type Leaf, type Shape, type Shapes } from './shapes.ts'
import type { Adapter } from './standardTypes.ts'

/** Addresses below are no pointers: the first page is never mapped. */
export const LEAST_POINTER = 4096
/** What a pointer to the object's own end is worth, in words. */
const BEHIND_ITSELF = 1.5
/** An open end of more bytes than this ought to be counted. */
const LONG_TAIL = 1024
/** What an address in a number of 8 bytes speaks against the type: programs keep some there. */
const IN_NUMBER = 0.25
/** Numbers that programs keep in pointers to void are mostly below. */
const SMALL_NUMBER = 2 ** 24
/** What may speak against a type that nothing speaks for. */
const TOLERATED = 0.25
/** Bytes between an open end that a number counts and the block's end: what malloc rounds up, and a zero byte. */
const ROUNDING = 24
/** Elements of an array that are looked at. */
const CHECKED_ELEMENTS = 8

export interface FitParts {
  heap: HeapColumns
  memory: PagedMemory
  kinds: MemoryKinds
  shapes: Shapes
  claims: Claims
  containment: Containment
}

export class Fit {
  /** Of the last question: how many words speak for the type, and against it. */
  good = 0
  bad = 0
  /** Set while misfits are to be told: called for each word that speaks against the type. */
  onMisfit: ((offset: number, path: string, what: string) => void) | null = null
  /** Set while a pointer leads to the very place where the open end begins: nothing else needs to speak for it. */
  isTailKnown = false
  private start = 0
  private readonly parts: FitParts

  constructor(parts: FitParts) {
    this.parts = parts
  }

  /** Whether the bytes may be an object of that shape. @param depth how many pointers on unknown targets are looked at, too */
  fits(at: number, shape: Shape, limit: number, depth = 0): boolean {
    this.begin(at)
    this.judge(at, shape, limit, depth)
    if (shape.tail) this.judgeTail(at, shape, limit)
    else if (limit - at > shape.size && this.pointsBehindItself(at, shape, limit)) this.good += BEHIND_ITSELF
    return this.passes()
  }

  /** A quick look, for what a pointer of that very type leads to: nothing speaks loudly against it. */
  isPlausible(at: number, shape: Shape, limit: number): boolean {
    const { memory, kinds } = this.parts
    let good = 1
    let bad = 0
    for (const { kind, offset, isArm, guard, target } of shape.leaves) {
      // programs keep numbers in pointers to void
      if (isArm || kind >= LEAF.scalar || (kind === LEAF.pointer && target === 0) || at + offset + 8 > limit || (guard !== null && !this.holds(at, guard))) continue
      if (kind === LEAF.boolean) {
        if (memory.unsigned(at + offset, 1) > 1) bad++
        continue
      }
      const value = memory.word(at + offset)
      if (value === 0) continue
      const where = value >= LEAST_POINTER ? kinds.at(value) : null
      if (kind === LEAF.pointer ? where !== null : kind === LEAF.function ? where === 'module-text' : where !== null && where.startsWith('module')) good++
      else bad += kind === LEAF.vtable ? 8 : 1
    }
    return bad <= good / 2
  }

  /** Whether they may be an array of such objects. */
  elementsFit(at: number, shape: Shape, bytes: number, depth = 0): boolean {
    this.begin(at)
    const count = Math.floor(bytes / shape.size)
    for (let i = 0; i < Math.min(count, CHECKED_ELEMENTS); i++) this.judge(at + i * shape.size, shape, at + bytes, depth)
    return this.passes()
  }

  get score(): number {
    return this.good - 3 * this.bad
  }

  private begin(at: number): void {
    this.start = at
    this.good = this.bad = 0
  }

  private passes(): boolean {
    return this.bad <= this.good / 4 + TOLERATED
  }

  private against(at: number, path: string, weight: number, what: string): void {
    this.bad += weight
    this.onMisfit?.(at - this.start, path, what)
  }

  private judge(at: number, shape: Shape, limit: number, depth: number): void {
    const { memory, parts } = { memory: this.parts.memory, parts: this.parts }
    for (const leaf of shape.leaves) {
      const { kind, offset, count, guard } = leaf
      if (at + offset + leaf.size > limit || (guard !== null && !this.holds(at, guard))) continue
      if (kind === LEAF.boolean) {
        if (!leaf.isArm && memory.unsigned(at + offset, 1) > 1) this.against(at + offset, leaf.path, 1, 'neither true nor false')
        continue
      }
      if (leaf.size !== 8 || offset % 8 !== 0) continue
      for (let i = 0; i < Math.min(count, CHECKED_ELEMENTS); i++) this.judgeWord(at + offset + i * 8, leaf, depth)
    }
    for (const offset of shape.plainWords) {
      if (at + offset + 8 <= limit && this.usedBlockAt(memory.word(at + offset)) >= 0) this.against(at + offset, '', shape.numberWords.includes(offset) ? IN_NUMBER : 1, 'an address of a block where the type has no pointer')
    }
    for (const { offset, adapter, path, guard } of shape.adapters) if (guard === null || this.holds(at, guard)) this.judgeContainer(at + offset, adapter, path)
    for (const { offset, element, count, stride, guard } of shape.nested) {
      const inner = parts.shapes.of(element)
      if (!inner || (guard !== null && !this.holds(at, guard))) continue
      for (let i = 0; i < Math.min(count, CHECKED_ELEMENTS) && at + offset + i * stride < limit; i++) this.judge(at + offset + i * stride, inner, limit, 0)
    }
  }

  private judgeContainer(at: number, adapter: Adapter, path: string): void {
    const { parts } = this
    switch (adapter.kind) {
      case 'vector': {
        const held = readVector(parts, at, adapter)
        if (held === null) this.against(at, path, 2, 'no vector')
        else if (held !== 'empty') this.good += 2
        return
      }
      case 'string':
      case 'long string':
      case 'counted string':
        if (readString(parts, at, adapter) === null) this.against(at, path, 2, 'no string')
        else this.good += adapter.kind === 'string' ? 2 : 1
        return
      case 'deque':
        if (readDeque(parts, at, adapter) === null) this.against(at, path, 2, 'no deque')
        else this.good += 3
        return
      case 'erased': {
        const manager = parts.memory.word(at + adapter.manager)
        if (manager === 0) return
        if (parts.kinds.at(manager) === 'module-text') this.good++
        else this.against(at, path, 2, 'no function manages it')
      }
    }
  }

  private judgeWord(at: number, leaf: Leaf, depth: number): void {
    const value = this.parts.memory.word(at)
    if (leaf.kind >= LEAF.scalar || value === 0) return
    const where = value >= LEAST_POINTER ? this.parts.kinds.at(value) : null
    if (leaf.isArm) {
      if (leaf.kind === LEAF.pointer && where === 'allocator') this.good += 0.25
      return
    }
    switch (leaf.kind) {
      case LEAF.function:
        if (where === 'module-text' || where === 'vdso') this.good++
        else this.against(at, leaf.path, 1, 'a pointer to a function that leads to no code')
        return
      case LEAF.vtable:
        if (where === 'module-data' || where === 'module-rodata' || where === 'module-bss') this.good++
        else this.against(at, leaf.path, 8, 'no vtable')
        return
      case LEAF.pointer:
        // programs keep numbers in pointers to void
        if (where === null) this.against(at, leaf.path, leaf.target !== 0 ? 1 : value < SMALL_NUMBER ? 0.1 : 0.5, 'a pointer that leads nowhere')
        else if (where !== 'allocator') this.good += 0.25
        else this.judgeTarget(at, value, leaf, depth)
    }
  }

  private judgeTarget(at: number, value: number, { target, path, isLink }: Leaf, depth: number): void {
    const { heap, claims, shapes, containment } = this.parts
    const block = this.usedBlockAt(value)
    // freed, or the allocator's own: it may have been there once
    if (block < 0) return
    const pointee = shapes.of(target)
    if (!pointee || !shapes.isRecord(target)) {
      this.good += 0.5
      return
    }
    const offset = value - heap.address(block)
    const usable = heap.size(block)
    const held = claims.items[claims.item[block]]
    if (claims.strength[block] >= STRENGTH.learned && held.type !== 0) {
      const within = offset - held.header
      if (within >= 0 && containment.embeds(held.type, target, within % Math.max(1, held.size))) this.good += 2
      else if (containment.embeds(target, held.type, 0) || isLink) this.good += 0.5
      else this.against(at, path, 1, `leads to ${held.name}`)
      return
    }
    if (offset !== 0) {
      this.good += 0.25
    } else if (isSlack(usable - pointee.size, usable)) {
      this.good++
      if (depth > 0) this.judgeFurther(at, value, pointee, usable, path, depth)
    } else if (usable < pointee.size) {
      this.against(at, path, 1, `leads to a block of ${usable} bytes, too small`)
    } else {
      this.good += isSlack(usable % pointee.size, usable) || pointee.tail ? 0.5 : 0.25
    }
  }

  /** What a pointer leads to, looked at as what it says: counts half. */
  private judgeFurther(at: number, value: number, pointee: Shape, usable: number, path: string, depth: number): void {
    const { good, bad, onMisfit } = this
    this.onMisfit = null
    this.good = this.bad = 0
    this.judge(value, pointee, value + usable, depth - 1)
    const [more, against] = [this.good, this.bad]
    const passes = this.passes()
    this.good = good + Math.min(2, more / 2)
    this.bad = bad
    this.onMisfit = onMisfit
    if (!passes) this.against(at, path, Math.min(1, against / 2), 'leads to what does not fit')
  }

  /** What lies at an open end, and whether a number of the type says how long it is; one that should and doesn't speaks against it. */
  private judgeTail(at: number, shape: Shape, limit: number): void {
    const { memory, shapes } = this.parts
    const tail = shape.tail!
    const from = at + tail.offset
    const room = limit - from
    // nothing was allocated for it
    if (room < tail.stride) return
    const element = shapes.of(tail.element)
    if (element && element.leaves.every((leaf) => leaf.kind >= LEAF.scalar)) {
      // behind the zero of a text lies what was there before
      const end = tail.stride === 1 ? Math.min(limit, from + this.textBytes(from, limit)) : limit
      for (let word = from + ((8 - (from % 8)) % 8), i = 0; word + 8 <= end && i < CHECKED_ELEMENTS; word += 8, i++) {
        if (this.usedBlockAt(memory.word(word)) >= 0) this.against(word, tail.path, 1, 'an address of a block among numbers')
      }
    } else if (element) {
      for (let i = 0; i < CHECKED_ELEMENTS && from + (i + 1) * tail.stride <= limit; i++) this.judge(from + i * tail.stride, element, limit, 0)
    }
    let counts = false
    for (const { kind, offset, size, count, isArm } of shape.leaves) {
      if (kind !== LEAF.count || count !== 1 || isArm || offset >= tail.offset) continue
      counts = true
      const length = memory.unsigned(at + offset, size) * tail.stride
      if (length > 0 && length <= room && room - length < ROUNDING) {
        // in a small block most numbers would do
        this.good += Math.min(1.5, Math.max(0, room - ROUNDING) / 32 + (this.isTailKnown ? 0.25 : 0))
        return
      }
    }
    if (counts && !this.isTailKnown) this.against(from, tail.path, 0.5, 'no number says how long it is')
  }

  /** Bytes up to the zero that ends a text; all where there is none. */
  private textBytes(from: number, limit: number): number {
    let length = 0
    while (from + length < limit && length < LONG_TAIL && this.parts.memory.unsigned(from + length, 1) > 0) length++
    return length
  }

  /** Whether a pointer of the object leads behind it, into the same block: what was allocated with it. */
  pointsBehindItself(at: number, shape: Shape, limit: number): boolean {
    return shape.leaves.some(({ kind, offset, count, guard }) => {
      if (kind !== LEAF.pointer || count !== 1 || (guard !== null && !this.holds(at, guard))) return false
      const value = this.parts.memory.word(at + offset)
      // the next element of an array lies behind it, too
      return value >= at + shape.size && value < limit && (value - at) % shape.size !== 0
    })
  }

  holds(at: number, { offset, size, value, isNot }: Guard): boolean {
    return (this.parts.memory.unsigned(at + offset, size) === value) !== isNot
  }

  /** -1 where no used block holds it. */
  usedBlockAt(address: number): number {
    if (!(address >= LEAST_POINTER)) return -1
    const { heap } = this.parts
    const block = heap.blockAt(address)
    return block >= 0 && heap.isUsed(block) ? block : -1
  }
}
