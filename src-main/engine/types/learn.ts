/**
 * What typed pointers don't say. A pointer to void, to bytes or to a header that is only the beginning leads to whatever else
 * its field leads to, as far as that is known; to what a small number beside it stands for; or to the one type, of all that
 * have the size, whose members fit the bytes of many such blocks. Blocks that nothing typed points to are matched last.
 */
import type { TypeRef } from '../../contract/rows.ts'
import { STATE } from '../allocator/blocks.ts'
import { STRENGTH } from './claims.ts'
import { AGREEING, ALONE, Contest, ENOUGH_FIT, SAMPLE } from './contest.ts'
import { isSlack } from './containers.ts'
import type { Propagation } from './propagate.ts'
import type { Shape } from './shapes.ts'
import { LEAF } from './shapes.ts'
import { Tags } from './tags.ts'
import { OF_THE_PROGRAM, type TypeIndex } from './typeIndex.ts'

/** Known targets from which a field's other targets are concluded. */
const ENOUGH = 5
/** Share of blocks whose size is a multiple by chance, at most. */
const MIXED = 0.75
/** Bytes behind a record that say something when a number agrees with them, and how far it may differ: malloc's rounding. */
const COUNTABLE = 40
const ROUNDING = 24
/** What an arm of a union must be ahead of the others by, and what bytes count for that may be numbers. */
const AHEAD_OF_RIVAL = 0.75
const NUMBERS = 0.25
/** How often a group may tell nothing before it is left alone. */
const VAIN = 2
/** Words that must speak for a type where no typed pointer leads to the block. */
const ENOUGH_WORDS = 3

interface Group {
  field: number
  offset: number
  usable: number
  blocks: number[]
}

export class Learning {
  private readonly propagation: Propagation
  private readonly index: TypeIndex
  private readonly contest: Contest
  /** `char`; 0 where no debug information has it. */
  private readonly character: TypeRef
  /** Groups that told nothing: how often, and of how many blocks. */
  private readonly vain = new Map<string, { times: number; size: number }>()

  constructor(propagation: Propagation) {
    this.propagation = propagation
    this.index = propagation.index
    this.contest = new Contest(propagation)
    const { symbols } = propagation.shapes
    this.character = propagation.shapes.bare(symbols.find('char').find((id) => symbols.size(id) === 1) ?? 0)
  }

  /** Claims, of the arms of unions, what the bytes behind the pointer fit best; answers how many. */
  fromRivals(): number {
    const { hits, shapes, claims } = this.propagation
    let made = 0
    for (const order of hits.byField()) {
      const field = shapes.field(hits.field[order[0]])
      if (!field.isRival) continue
      const arms = new Set(shapes.of(field.owner)?.leaves.filter((leaf) => leaf.kind === LEAF.pointer && leaf.offset === field.offset).map(({ target }) => target))
      for (const hit of order) {
        const block = hits.block[hit]
        if (!this.isUnknown(block) || hits.offset[hit] !== 0) continue
        let [best, bestScore, next] = [0, 0, 0]
        for (const target of arms) {
          const { item, score } = this.asPointee(target, block)
          if (score > bestScore) [best, bestScore, next] = [item, score, bestScore]
          else if (score > next) next = score
        }
        if (best === 0 || bestScore < next + AHEAD_OF_RIVAL) continue
        // the arm that won is the way that led here
        if (claims.items[best].type === field.target && this.propagation.claim(block, best, STRENGTH.learned, hits.parent[hit], hits.field[hit] + 1)) made++
      }
    }
    return made
  }

  /** A block as what a pointer of that type leads to: the item, and how well it fits; 0 where it doesn't. */
  private asPointee(target: TypeRef, block: number): { item: number; score: number } {
    const { heap, fit, shapes } = this.propagation
    const nothing = { item: 0, score: 0 }
    const shape = shapes.of(target)
    const at = heap.address(block)
    const usable = heap.size(block)
    if (!shape || shape.size > usable || shape.isPolymorphic) return nothing
    if (!shapes.isRecord(target)) {
      const item = this.propagation.arrayOf(target, 0)
      if (shapes.isCharacter(target)) return this.propagation.contents.isText(at, usable) ? { item, score: 1.5 } : nothing
      if (!fit.elementsFit(at, shape, usable)) return nothing
      return { item, score: fit.good > 0 ? fit.score : NUMBERS + this.propagation.contents.numberLikeness(target, at, usable) }
    }
    if (isSlack(usable - shape.size, usable) || shape.tail !== null) return fit.fits(at, shape, at + usable, 1) ? { item: this.propagation.single(target), score: fit.score + 1 } : nothing
    return isSlack(usable % shape.size, usable) && fit.elementsFit(at, shape, usable) ? { item: this.propagation.arrayOf(target, 0), score: fit.score } : nothing
  }

  /**
   * Claims arrays behind pointers to records, where the sizes of all blocks behind the field are multiples of the record's; one
   * record and what was allocated behind it, where they are not. Answers how many.
   */
  fromSizesOfField(): number {
    const { hits, heap, shapes, fit } = this.propagation
    let made = 0
    for (const order of hits.byField()) {
      const { target, isRival } = shapes.field(hits.field[order[0]])
      const shape = shapes.isRecord(target) ? shapes.of(target) : null
      if (!shape || isRival || shape.isPolymorphic || shape.tail !== null) continue
      const open = order.filter((hit) => {
        const block = hits.block[hit]
        return hits.offset[hit] === 0 && this.isUnknown(block) && heap.size(block) >= shape.size && !isSlack(heap.size(block) - shape.size, heap.size(block))
      })
      if (open.length === 0) continue
      const multiples = open.filter((hit) => isSlack(heap.size(hits.block[hit]) % shape.size, heap.size(hits.block[hit]))).length
      const held = open.filter((hit) => this.propagation.holders(target, 0, heap.size(hits.block[hit])).length > 0).length
      if (held > open.length / 2) continue
      const areArrays = multiples >= AGREEING * open.length && !this.isCounted(open, shape)
      if (!areArrays && (open.length < ENOUGH || (multiples > MIXED * open.length && !this.isCounted(open, shape)))) continue
      for (const hit of open) {
        const block = hits.block[hit]
        const at = heap.address(block)
        const usable = heap.size(block)
        const fits = areArrays ? fit.elementsFit(at, shape, usable) : fit.fits(at, shape, at + usable)
        const item = areArrays ? this.propagation.arrayOf(target, 0) : this.propagation.single(target)
        if (fits && this.propagation.claim(block, item, STRENGTH.learned, hits.parent[hit], hits.field[hit] + 1)) made++
      }
    }
    return made
  }

  /** Whether a number of the record says how many bytes are allocated behind it. */
  private isCounted(open: Uint32Array, shape: Shape): boolean {
    const { hits, heap, memory } = this.propagation
    return shape.leaves.some(({ kind, offset, size, count }) => {
      if (kind !== LEAF.count || count !== 1 || size < 2) return false
      let asked = 0
      let agree = 0
      for (const hit of open) {
        const block = hits.block[hit]
        const room = heap.size(block) - shape.size
        if (room < COUNTABLE) continue
        asked++
        const bytes = memory.unsigned(heap.address(block) + offset, size)
        if (bytes <= room && room - bytes < ROUNDING) agree++
      }
      return asked >= ENOUGH && agree >= AGREEING * asked
    })
  }

  /** Claims what tags in common headers tell; answers how many. */
  fromTags(): number {
    const { hits, shapes, claims } = this.propagation
    let tags: Tags | null = null
    let made = 0
    for (const order of hits.byField()) {
      const field = hits.field[order[0]]
      const { target } = shapes.field(field)
      if (!shapes.isRecord(target)) continue
      for (const hit of order) {
        const block = hits.block[hit]
        // a tag tells more than how well the bytes fit
        if (hits.offset[hit] !== 0 || claims.strength[block] > STRENGTH.best) continue
        tags ??= new Tags(this.propagation)
        const item = tags.itemOf(target, block)
        if (item !== 0 && item !== claims.item[block]) made += this.claimAll([hit], () => item, field)
      }
    }
    return made
  }

  /** Claims what the fields' other targets tell; answers how many. */
  fromFields(): number {
    const { hits } = this.propagation
    let made = 0
    for (const order of hits.byField()) made += this.learnField(hits.field[order[0]], order)
    return made
  }

  private learnField(field: number, order: Uint32Array): number {
    const { hits, claims } = this.propagation
    const known = new Map<number, number>()
    const unknown: number[] = []
    for (const hit of order) {
      const block = hits.block[hit]
      if (this.isUnknown(block)) unknown.push(hit)
      else if (hits.offset[hit] === 0 && claims.strength[block] >= STRENGTH.best) known.set(claims.item[block], (known.get(claims.item[block]) ?? 0) + 1)
    }
    if (unknown.length === 0) return 0
    const total = [...known.values()].reduce((sum, n) => sum + n, 0)
    const [item, most] = [...known].sort((a, b) => b[1] - a[1])[0] ?? [0, 0]
    if (!this.propagation.shapes.field(field).isRival && most >= ENOUGH && most >= AGREEING * total) return this.claimAll(unknown, () => item, field)
    if (total >= ENOUGH * 2) {
      const told = this.discriminator(field, order)
      if (told) return this.claimAll(unknown, told, field)
    }
    return 0
  }

  private claimAll(hitsToClaim: number[], itemOf: (hit: number) => number, field: number): number {
    const { hits, claims, heap, fit, shapes } = this.propagation
    let made = 0
    for (const hit of hitsToClaim) {
      const item = itemOf(hit)
      if (item === 0 || hits.offset[hit] !== 0) continue
      const { type, isArray, header, size } = claims.items[item]
      const block = hits.block[hit]
      const usable = heap.size(block)
      const shape = type === 0 ? null : shapes.of(type)
      if (!shape) continue
      const isRightSize = isArray ? isSlack((usable - header) % size, usable) : isSlack(usable - size, usable) || (shape.tail !== null && usable >= size)
      if (!isRightSize || !fit.fits(heap.address(block) + header, shape, heap.address(block) + usable)) continue
      if (this.propagation.claim(block, item, STRENGTH.learned, hits.parent[hit], field + 1)) made++
    }
    return made
  }

  /** A small number in the owner by which its known targets differ: what each value stands for. */
  private discriminator(field: number, order: Uint32Array): ((hit: number) => number) | null {
    const { hits, claims, shapes, memory } = this.propagation
    const { owner, offset } = shapes.field(field)
    const shape = shapes.of(owner)
    if (!shape) return null
    let best: { read: (hit: number) => number; items: Map<number, number>; wrong: number } | null = null
    for (const leaf of shape.leaves) {
      if (leaf.kind < LEAF.scalar || leaf.count !== 1 || leaf.size > 4 || leaf.isArm) continue
      const read = (hit: number): number => memory.unsigned(hits.word[hit] - offset + leaf.offset, leaf.size)
      const values = new Map<number, Map<number, number>>()
      let total = 0
      for (const hit of order) {
        const block = hits.block[hit]
        if (this.isUnknown(block) || hits.offset[hit] !== 0 || claims.strength[block] < STRENGTH.best) continue
        const value = read(hit)
        const items = values.get(value) ?? new Map<number, number>()
        items.set(claims.item[block], (items.get(claims.item[block]) ?? 0) + 1)
        values.set(value, items)
        total++
      }
      if (values.size < 2 || values.size > 64) continue
      const items = new Map<number, number>()
      let right = 0
      for (const [value, counts] of values) {
        const [item, count] = [...counts].sort((a, b) => b[1] - a[1])[0]
        right += count
        const all = [...counts.values()].reduce((sum, n) => sum + n, 0)
        if (count >= ENOUGH && count >= AGREEING * all) items.set(value, item)
      }
      if (right < AGREEING * total || items.size < 2) continue
      if (best === null || total - right < best.wrong) best = { read, items, wrong: total - right }
    }
    if (best === null) return null
    const { read, items } = best
    return (hit) => items.get(read(hit)) ?? 0
  }

  /** Nothing, or less than a field can tell, is known of it. */
  private isUnknown(block: number): boolean {
    return this.propagation.claims.strength[block] <= STRENGTH.buffer
  }

  /** Claims the types whose members fit best what each field leads to; answers how many. */
  fromLayouts(): number {
    const { hits } = this.propagation
    let made = 0
    for (const order of hits.byField()) {
      /** By size; by minus the offset where a pointer leads into the middle: open ends are as long as they are. */
      const groups = new Map<number, Group>()
      // the other arms say what it may be
      if (this.propagation.shapes.field(hits.field[order[0]]).isRival) continue
      for (const hit of order) {
        const block = hits.block[hit]
        if (!this.isUnknown(block)) continue
        const offset = hits.offset[hit]
        const usable = this.propagation.heap.size(block)
        const key = offset > 0 ? -offset : usable
        const group = groups.get(key)
        if (group) group.blocks.push(hit)
        else groups.set(key, { field: hits.field[hit], offset, usable, blocks: [hit] })
      }
      for (const [key, group] of groups) made += this.unlessVain(`${group.field} ${key}`, group.blocks.length, () => this.matchGroup(group))
    }
    return made
  }

  /** Not again and again what told nothing, unless there is much more to go by. */
  private unlessVain(key: string, size: number, work: () => number): number {
    const before = this.vain.get(key)
    if (before !== undefined && before.times >= VAIN && size < before.size * 2) return 0
    const made = work()
    if (made > 0) this.vain.delete(key)
    else this.vain.set(key, { times: (before?.times ?? 0) + 1, size })
    return made
  }

  private matchGroup({ field, offset, usable, blocks: groupHits }: Group): number {
    const { hits, shapes } = this.propagation
    // in address order: what lies together is read together
    groupHits.sort((a, b) => hits.block[a] - hits.block[b])
    const blocks = groupHits.map((hit) => hits.block[hit])
    const { owner, target } = shapes.field(field)
    const texts = offset === 0 && !shapes.isRecord(target) ? this.claimTexts(field, groupHits) : 0
    const module = shapes.symbols.owner(owner)?.index ?? -1
    const shapesOf = (types: TypeRef[]): Shape[] => [...new Set(types)].map((type) => shapes.of(type)).filter((shape) => shape !== null)
    const choose = (only: number): Shape[] => {
      if (shapes.isRecord(target)) {
        const holders = this.propagation.containment.holdersOf(target).filter((holder) => holder.offset === offset).map(({ outer }) => outer)
        return shapesOf([...(offset === 0 ? [target, ...this.index.prefixed(target, usable)] : []), ...holders]).filter((shape) => this.mayFill(shape, usable, offset))
      }
      return shapesOf(offset > 0 ? this.index.openAt(offset, only) : [...this.index.fitting(usable, only), ...this.index.open(usable, only), ...this.behindThemselves(blocks, usable, only)])
    }
    const chosen = choose(module)
    // a pointer just behind a header says more than its words do
    this.propagation.fit.isTailKnown = offset > 0
    const winners = this.contest.among(blocks, chosen, offset > 0 ? 0.1 : shapes.isRecord(target) ? 0.5 : 1, { declared: target })
    let made = texts
    groupHits.forEach((hit, i) => {
      const shape = winners(i)
      if (!shape || !this.isUnknown(hits.block[hit])) return
      const strength = chosen.length === 1 ? STRENGTH.learned : STRENGTH.best
      if (this.propagation.claim(hits.block[hit], this.propagation.single(shape.type), strength, hits.parent[hit], field + 1)) made++
    })
    this.propagation.fit.isTailKnown = false
    return made
  }

  /** Smaller types of which most of the blocks hold one that points behind itself. */
  private behindThemselves(blocks: number[], usable: number, module: number): TypeRef[] {
    const { fit, heap, shapes } = this.propagation
    const sample = blocks.slice(0, ALONE)
    return this.index.smaller(usable, module).filter((type) => {
      const shape = shapes.of(type)
      return shape !== null && shape.tail === null && 2 * sample.filter((block) => fit.pointsBehindItself(heap.address(block), shape, heap.address(block) + heap.size(block))).length > sample.length
    })
  }

  /** Texts behind pointers that may lead to anything; answers how many. */
  private claimTexts(field: number, groupHits: number[]): number {
    const { hits, heap } = this.propagation
    if (this.character === 0) return 0
    const isText = (hit: number, any: boolean): boolean => this.propagation.contents.isString(heap.address(hits.block[hit]), heap.size(hits.block[hit]), any)
    const step = Math.max(1, Math.floor(groupHits.length / SAMPLE))
    const sample = groupHits.filter((_, i) => i % step === 0)
    const texts = sample.filter((hit) => isText(hit, true)).length
    if (texts < ENOUGH_FIT * sample.length) return 0
    const areTexts = texts >= AGREEING * sample.length && sample.length >= ENOUGH
    const item = this.propagation.arrayOf(this.character, 0)
    let made = 0
    for (const hit of groupHits) if (isText(hit, areTexts) && this.propagation.claim(hits.block[hit], item, areTexts ? STRENGTH.learned : STRENGTH.best, hits.parent[hit], field + 1, false)) made++
    return made
  }

  private mayFill(shape: Shape, usable: number, offset: number): boolean {
    return isSlack(usable - shape.size, usable) || (shape.tail !== null && shape.size <= usable) || offset > 0
  }

  /** Claims what pointers are declared to lead to, where nothing tells that it is the first part of something else; answers how many. */
  fromDeclarations(): number {
    const { hits, heap, shapes, fit } = this.propagation
    let made = 0
    for (const order of hits.byField()) {
      const { target, isRival } = shapes.field(hits.field[order[0]])
      const shape = shapes.isRecord(target) && !isRival ? shapes.of(target) : null
      if (!shape || shape.isPolymorphic) continue
      for (const hit of order) {
        const block = hits.block[hit]
        if (hits.offset[hit] !== 0 || !this.isUnknown(block) || !isSlack(heap.size(block) - shape.size, heap.size(block))) continue
        if (!fit.isPlausible(heap.address(block), shape, heap.address(block) + heap.size(block))) continue
        if (this.propagation.claim(block, this.propagation.single(target), STRENGTH.array, hits.parent[hit], hits.field[hit] + 1)) made++
      }
    }
    return made
  }

  /** Matches used blocks that nothing is known of, by size; answers how many. */
  fromSizes(): number {
    const { heap, claims } = this.propagation
    const bySize = new Map<number, number[]>()
    for (let b = 0; b < heap.count; b++) {
      if (heap.state[b] !== STATE.used || claims.item[b] !== 0) continue
      const size = heap.size(b)
      const list = bySize.get(size)
      if (list) list.push(b)
      else bySize.set(size, [b])
    }
    let made = 0
    for (const [usable, blocks] of bySize) made += this.unlessVain(`size ${usable}`, blocks.length, () => this.matchSize(usable, blocks))
    return made
  }

  private matchSize(usable: number, blocks: number[]): number {
    const { propagation } = this
    const candidates = this.index.fitting(usable, OF_THE_PROGRAM).map((type) => propagation.shapes.of(type)).filter((shape) => shape !== null)
    const winners = this.contest.among(blocks, candidates, ENOUGH_WORDS, { mayBeAlone: false })
    let made = 0
    blocks.forEach((block, i) => {
      const shape = winners(i)
      if (shape && propagation.claim(block, propagation.single(shape.type), STRENGTH.layout, 0, 0)) made++
    })
    return made
  }
}
