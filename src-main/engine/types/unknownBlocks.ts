/**
 * What blocks are called whose type stays unknown: after whose they are, `Player.blob→[272]`, `cache→[64]` for a variable, `malloc(80)+16→[24]`
 * where only other unknown blocks lead to them; and what they look like (looksLike.ts). All words of the process are looked at once.
 */
import type { ProcessView } from '../findings/pointers.ts'
import { ownedLabel, type KnownType } from '../findings/top.ts'
import { STATE } from '../allocator/blocks.ts'
import { idOf } from '../symbols/processSymbols.ts'
import { STRENGTH } from './claims.ts'
import { HeapWords } from './heapWords.ts'
import { LOOKS, looksLike } from './looksLike.ts'
import type { Propagation } from './propagate.ts'
import type { Shape, Shapes } from './shapes.ts'

export interface UnknownKind {
  /** `Player.blob`, a variable; '' where none is known, or only the block that `holder` tells of. */
  owner: string
  /** The owner is memory without a name, such as a stack: too little to group blocks by. */
  isPlace: boolean
  /** An unknown block that leads here: its usable bytes, and where in it; -1 for anywhere. */
  holder: { size: number; offset: number } | null
  /** Index into LOOKS. */
  look: number
}

export interface UnknownBlocks {
  /** Index 0: nothing to say. */
  kinds: UnknownKind[]
  /** By block: index into kinds. */
  kind: Uint16Array
  /** By kind: index into the types, which are added to; 0 for kinds without an owner of their own. */
  typeOfKind: Uint32Array
}

/** In words: `Player.blob→[272], text (JSON)`. @param asked bytes that the program most likely asked for, by usable ones */
export function kindWords({ owner, holder, look }: UnknownKind, size: number, asked: (usable: number) => number): string {
  const from = owner !== '' ? owner : holder ? `malloc(${asked(holder.size)})${holder.offset < 0 ? '[]' : behind(holder.offset)}` : ''
  const whose = from === '' ? '' : ownedLabel(from, asked(size))
  return [whose, LOOKS[look]].filter((part) => part !== '').join(', ')
}

/** Who says more of whose a block is. Twice as much, and one more where the block's start is pointed to. */
const RANK = { none: 0, memory: 1, stack: 2, unknown: 3, beyond: 4, variable: 5, member: 6 } as const
/** Kinds fit into 16 bits; beyond so many, owners are left out. */
const MOST_KINDS = 65_000
/** Offsets into larger blocks are told by `[]`. */
const MOST_OFFSET = 4096
/** And into variables of unknown type. */
const MOST_MEMBERS = 256
/** Fewer look like nothing. */
const LEAST_BYTES = 8

/** @param types as they are known; those that unknown blocks have, by whose they are, are added */
export function describeUnknown(view: ProcessView, propagation: Propagation, types: KnownType[]): UnknownBlocks {
  return new Description(view, propagation).describe(types)
}

class Description {
  private readonly view: ProcessView
  private readonly propagation: Propagation
  private readonly shapes: Shapes
  /** By block: index into owners, and how much that says. */
  private readonly owner: Uint32Array
  private readonly rank: Uint8Array
  private readonly looks: Uint8Array
  private readonly owners: Omit<UnknownKind, 'look'>[] = [{ owner: '', isPlace: false, holder: null }]
  private readonly byName = new Map<string, number>()
  private readonly byPlace = new Map<number, { owner: number; rank: number }>()
  private readonly byAddress = new Map<number, number>()

  constructor(view: ProcessView, propagation: Propagation) {
    this.view = view
    this.propagation = propagation
    this.shapes = propagation.shapes
    this.owner = new Uint32Array(propagation.heap.count)
    this.rank = new Uint8Array(propagation.heap.count)
    this.looks = new Uint8Array(propagation.heap.count)
  }

  describe(types: KnownType[]): UnknownBlocks {
    const { heap, claims } = this.propagation
    let some = false
    for (let b = 0; b < heap.count && !some; b++) some = heap.state[b] === STATE.used && claims.strength[b] <= STRENGTH.buffer
    if (some) {
      this.fromHits()
      new HeapWords(this.view.memory, heap, this.view.ranges, (block) => claims.item[block] === 0 && heap.state[block] === STATE.used).each(
        (at, value, source) => this.lookAt(at, value, source),
        (block, bytes, from, length) => void (claims.strength[block] <= STRENGTH.buffer && length >= LEAST_BYTES && (this.looks[block] = looksLike(bytes, from, length, this.pointersIn(bytes, from, length)))),
      )
    }
    return this.kinds(types)
  }

  /** Pointers of objects that are no blocks of their own are found here only. */
  private fromHits(): void {
    const { hits, claims, heap } = this.propagation
    for (let hit = 0; hit < hits.count; hit++) {
      const block = hits.block[hit]
      if (claims.item[block] !== 0 || hits.parent[hit] === block + 1) continue
      const { owner, path } = this.shapes.field(hits.field[hit])
      // a variable that is the pointer itself has a name of its own
      if (path === '' && hits.parent[hit] > heap.count) continue
      const rank = 2 * RANK.member + (hits.offset[hit] === 0 ? 1 : 0)
      if (rank > this.rank[block]) this.set(block, this.named(path === '' ? `${this.shapes.name(owner)}[]` : memberOf(this.shapes.name(owner), path)), rank)
    }
  }

  private lookAt(at: number, value: number, source: number): void {
    const { heap, claims } = this.propagation
    const block = heap.blockAt(value)
    if (block < 0 || block === source || claims.item[block] !== 0 || heap.state[block] !== STATE.used) return
    const isStart = heap.address(block) === value ? 1 : 0
    const best = this.rank[block]
    if (source < 0) return this.fromRoot(at, block, isStart, best)
    const item = claims.item[source]
    const size = heap.size(source)
    const offset = at - heap.address(source)
    if (item === 0) {
      const rank = 2 * RANK.unknown + isStart
      if (rank > best) this.set(block, this.held(size, size > MOST_OFFSET ? -1 : offset), rank)
      return
    }
    if (best >= 2 * RANK.member + isStart) return
    const { owner, rank } = this.placeIn(item, offset)
    if (2 * rank + isStart > best) this.set(block, owner, 2 * rank + isStart)
  }

  private fromRoot(at: number, block: number, isStart: number, best: number): void {
    const where = this.propagation.kinds.at(at)
    const isVariable = where === 'module-data' || where === 'module-bss'
    const rank = 2 * (isVariable ? RANK.variable : where === 'thread-stack' ? RANK.stack : RANK.memory) + isStart
    if (best >= rank) return
    const name = this.variableAt(at)
    if (name > 0) return this.set(block, name, 2 * RANK.variable + isStart)
    this.set(block, this.named(isVariable ? this.moduleAt(at) : where === 'thread-stack' ? 'stack' : 'anonymous memory', true), rank)
  }

  /** The variable, or its member, that lies there; 0 where none does. */
  private variableAt(at: number): number {
    let known = this.byAddress.get(at)
    if (known === undefined) this.byAddress.set(at, (known = this.nameAt(at)))
    return known
  }

  private nameAt(at: number): number {
    const { symbols } = this.view
    const variable = symbols.variableAt(at)
    if (variable) {
      const { module, index, offset } = variable
      const name = module.table.text(module.table.variables.name[index])
      const shape = this.shapes.of(this.shapes.bare(idOf(module, module.table.variables.type[index])))
      const path = shape === null ? null : pathAt(this.shapes, shape, offset, 0)
      return this.named(path === null ? `${name}${inObject(offset)}` : memberOf(name, path))
    }
    const symbol = symbols.symbolAt(at)
    return symbol ? this.named(`${symbol.name}${inObject(symbol.offset)}`) : 0
  }

  private moduleAt(at: number): string {
    const module = this.view.symbols.modules.find(({ base, end }) => at >= base && at < end)
    return module ? `data of ${module.name}` : 'static data'
  }

  /** Of a known type, by the member that lies there. */
  private placeIn(item: number, offset: number): { owner: number; rank: number } {
    const { type, isArray, header, size, name } = this.propagation.claims.items[item]
    const within = isArray && size > 0 && offset >= header ? (offset - header) % size : offset - header
    const key = item * 2 ** 20 + Math.min(Math.max(within, -1), MOST_OFFSET) + 1
    let place = this.byPlace.get(key)
    if (place === undefined) {
      const shape = type === 0 ? null : this.shapes.of(type)
      const path = shape === null || within < 0 || within >= MOST_OFFSET ? null : pathAt(this.shapes, shape, within, 0)
      place = path === null ? { owner: this.named(`${name}${within < 0 || within >= MOST_OFFSET ? '[]' : behind(within)}`), rank: type === 0 ? RANK.member : RANK.beyond } : { owner: this.named(memberOf(isArray && path === '' ? name : elementName(name), path)), rank: RANK.member }
      this.byPlace.set(key, place)
    }
    return place
  }

  private pointersIn(bytes: Uint8Array, from: number, length: number): number {
    const { heap } = this.propagation
    let pointers = 0
    for (let at = from; at + 8 <= from + length; at += 8) {
      if (bytes[at + 7] !== 0 || bytes[at + 6] !== 0 || (bytes[at + 5] === 0 && bytes[at + 4] === 0)) continue
      const value = (bytes[at + 5] * 256 + bytes[at + 4]) * 0x1_0000_0000 + ((bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0)
      if (heap.blockAt(value) >= 0) pointers++
    }
    return pointers
  }

  private named(owner: string, isPlace = false): number {
    let index = this.byName.get(owner)
    if (index === undefined) this.byName.set(owner, (index = this.owners.push({ owner, isPlace, holder: null }) - 1))
    return index
  }

  private held(size: number, offset: number): number {
    const key = -1 - (size * (MOST_OFFSET + 1) + offset + 1)
    let place = this.byPlace.get(key)
    if (place === undefined) this.byPlace.set(key, (place = { owner: this.owners.push({ owner: '', isPlace: false, holder: { size, offset } }) - 1, rank: RANK.unknown }))
    return place.owner
  }

  private set(block: number, owner: number, rank: number): void {
    this.owner[block] = owner
    this.rank[block] = rank
  }

  private kinds(types: KnownType[]): UnknownBlocks {
    const { heap, claims } = this.propagation
    const kinds: UnknownKind[] = [{ owner: '', isPlace: false, holder: null, look: 0 }]
    const kind = new Uint16Array(heap.count)
    const known = new Map<number, number>()
    for (let b = 0; b < heap.count; b++) {
      if (heap.state[b] !== STATE.used || claims.strength[b] > STRENGTH.buffer) continue
      const look = this.looks[b]
      let owner = claims.item[b] === 0 ? this.owner[b] : 0
      if (kinds.length >= MOST_KINDS && !known.has(owner * LOOKS.length + look)) owner = 0
      const key = owner * LOOKS.length + look
      let index = known.get(key)
      if (index === undefined) known.set(key, (index = kinds.push({ ...this.owners[owner], look }) - 1))
      kind[b] = index
    }
    const typeOfOwner = new Map<string, number>()
    const typeOfKind = Uint32Array.from(kinds, ({ owner, isPlace }) => {
      if (owner === '' || isPlace) return 0
      let type = typeOfOwner.get(owner)
      if (type === undefined) typeOfOwner.set(owner, (type = types.push({ name: null, label: ownedLabel(owner, null), counted: false, evidence: '', owner }) - 1))
      return type
    })
    return { kinds, kind, typeOfKind }
  }
}

const behind = (offset: number): string => (offset === 0 ? '' : `+${offset}`)
/** Of a variable of unknown type; what is large is an array. */
const inObject = (offset: number): string => (offset < MOST_MEMBERS ? behind(offset) : '[]')
const memberOf = (owner: string, path: string): string => (path === '' ? owner : path.startsWith('[') ? `${owner}${path}` : `${owner}.${path}`)
const elementName = (name: string): string => name.replace(/\[\]$/, '')
const MAX_DEPTH = 8

/** The path of the member that lies at an offset; null where none does. */
function pathAt(shapes: Shapes, shape: Shape, offset: number, depth: number): string | null {
  for (const leaf of shape.leaves) {
    if (offset >= leaf.offset && offset < leaf.offset + leaf.size * leaf.count) return leaf.count > 1 ? `${leaf.path}[]` : leaf.path
  }
  for (const { offset: at, element, count, stride, path } of [...shape.nested, ...(shape.tail ? [{ ...shape.tail, count: Infinity }] : [])]) {
    if (!(offset >= at && offset < at + count * stride)) continue
    const inner = shapes.of(element)
    const rest = inner && depth < MAX_DEPTH ? pathAt(shapes, inner, (offset - at) % stride, depth + 1) : null
    return memberOf(`${path}[]`, rest ?? '')
  }
  // words that a container's adapter reads
  let found: string | null = null
  for (const { offset: at, path } of shape.adapters) if (offset >= at && offset < shape.size) found = path
  return found
}
