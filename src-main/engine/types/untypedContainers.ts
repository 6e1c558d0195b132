/**
 * Containers of the C++ standard library where no debug information says that they are there: known by their shape alone, each
 * by several words that have to agree, and looked for in all memory once. Claims only blocks of which nothing is known. What
 * their elements are stays open: `std::_Rb_tree_node<?>`. In a program whose types are known such a name is only what blocks look
 * like, since what they are has another one.
 *
 * Sources: libstdc++ bits/stl_tree.h, stl_list.h, hashtable.h, stl_deque.h, basic_string.h, shared_ptr_base.h; libc++ __tree, list,
 * __hash_table, __split_buffer, string, __memory/shared_ptr.h.
 */
import type { ProcessView } from '../findings/pointers.ts'
import { STATE } from '../allocator/blocks.ts'
import type { Claims} from './claims.ts';
import { STRENGTH } from './claims.ts'
import { isSlack } from './containers.ts'
import type { HeapColumns } from './heapColumns.ts'
import { HeapWords } from './heapWords.ts'
import type { PagedMemory } from './pagedMemory.ts'
import { claimUntypedTexts } from './untypedTexts.ts'

type Library = 'libstdc++' | 'libc++'

const NAMES: Record<Library, { tree: string; list: string; hash: string; buckets: string }> = {
  'libstdc++': { tree: 'std::_Rb_tree_node<?>', list: 'std::_List_node<?>', hash: 'std::__detail::_Hash_node<?>', buckets: 'std::__detail::_Hash_node_base*[]' },
  'libc++': { tree: 'std::__1::__tree_node<?>', list: 'std::__1::__list_node<?>', hash: 'std::__1::__hash_node<?>', buckets: 'std::__1::__hash_node_base<?>*[]' },
}
/** Where the one bucket of a libstdc++ hash table lies in the table. */
const SINGLE_BUCKET = 48
/** Nodes of one container differ by what malloc rounds up, and by a rest that was too small to be split off. */
const ROUNDING = 16
/** Elements of a vector, and buckets, that are looked at. */
const CHECKED = 64
const DEQUE_BYTES = 512
const LONG_DEQUE_BYTES = 4096
/** Of many vectors of strings so many have an odd number of them; what is stale may look like it, too. */
const ODD = 1 / 8
const MANY = 8
const STRING = { 'libstdc++': { size: 32, local: 15 }, 'libc++': { size: 24, local: 22 } }

/** What says more takes the place of what says less, however late it is found. */
const RANK = { open: 0, guess: 1, array: 2, words: 3, whole: 4 } as const

interface Candidate {
  block: number
  item: number
  strength: number
  parent: number
}

interface StringVectors {
  candidates: Candidate[]
  /** Of how many the number of strings, or of those there is room for, is odd. */
  odd: number
  /** Bytes. */
  lengths: Set<number>
}

export interface ContainerMemory {
  view: Pick<ProcessView, 'memory' | 'ranges' | 'symbols'>
  heap: HeapColumns
  memory: PagedMemory
  claims: Claims
}

/** Claims what it finds; answers how many blocks. To be run after all else. */
export function claimUntypedContainers(parts: ContainerMemory): number {
  const library = libraryOf(parts)
  // of a C program's blocks only texts can be told
  if (library === null) return isTyped(parts) ? 0 : claimUntypedTexts(parts)
  return new Search(parts, library).run()
}

/** The C++ library that the process runs on; null where it is no C++ program. */
function libraryOf({ view, claims }: ContainerMemory): Library | null {
  const names = view.symbols.modules.map(({ name }) => name)
  if (names.some((name) => /^libc\+\+[.-]/.test(name))) return 'libc++'
  if (names.some((name) => /^libstdc\+\+[.-]/.test(name))) return 'libstdc++'
  // linked into the program
  const { item, items } = claims
  if (items.length === 1 || !item.some((i) => i > 0)) return null
  return items.some(({ name }) => name.includes('std::__1::')) ? 'libc++' : items.some(({ name }) => name.includes('std::')) ? 'libstdc++' : null
}

/** Whether the program's debug information is there. */
const isTyped = ({ view }: ContainerMemory): boolean => view.symbols.attached.some(({ name, table }) => table.count > 1 && !RUNTIME.test(name))

class Search {
  private readonly parts: ContainerMemory
  private readonly heap: HeapColumns
  private readonly memory: PagedMemory
  private readonly claims: Claims
  private readonly library: Library
  private readonly names: (typeof NAMES)[Library]
  /** By block: RANK of what was found here. */
  private readonly rank: Uint8Array
  /** Vectors of strings by where they lie. */
  private readonly ofStrings = new Map<string, StringVectors>()
  /** Blocks that are links of a ring that was walked. */
  private readonly inRing: Uint8Array
  /** The program's debug information is there. */
  private readonly isTyped: boolean
  private made = 0

  constructor(parts: ContainerMemory, library: Library) {
    this.parts = parts
    this.heap = parts.heap
    this.memory = parts.memory
    this.claims = parts.claims
    this.library = library
    this.names = NAMES[library]
    this.rank = new Uint8Array(parts.heap.count)
    this.inRing = new Uint8Array(parts.heap.count)
    this.isTyped = isTyped(parts)
  }

  run(): number {
    const { view, heap, claims } = this.parts
    const isUnknown = (block: number): boolean => claims.item[block] === 0 && heap.state[block] === STATE.used
    let some = false
    for (let b = 0; b < heap.count && !some; b++) some = isUnknown(b)
    if (!some) return 0
    this.sharedObjects()
    new HeapWords(view.memory, heap, view.ranges, isUnknown).each((at, value, source) => this.look(at, value, source), null, this.library === 'libstdc++' ? SINGLE_BUCKET : -1)
    for (const vectors of this.ofStrings.values()) this.settleStrings(vectors)
    return this.made
  }

  private look(at: number, value: number, source: number): void {
    // a block may begin there, too
    if (value === at + SINGLE_BUCKET && this.library === 'libstdc++') this.hashTable(at, value, -1, source)
    const block = this.openFrom(value)
    if (block < 0) return
    const { memory } = this
    if (this.library === 'libc++') this.longString(at, value, block, source)
    const second = memory.word(at + 8)
    if (second === 0) return
    // a node that leads back to where it was come from
    const back = memory.word(value + 8)
    if (back === at) return this.ring(at, value, source)
    if (this.library === 'libstdc++' ? back === at - 8 : memory.word(value + 16) === at) return this.tree(at, value, source)
    const usable = this.heap.size(block)
    if (second >= value && second <= value + usable) return this.vector(at, value, block, source)
    if (!(second > 0 && second <= usable)) return
    if (isSlack(usable - second * 8, usable)) this.hashTable(at, value, block, source)
    if (this.library === 'libstdc++') {
      this.string(at, value, block, source)
      if (isSlack(usable - second * 8, usable)) this.deque(at, value, block, source)
    }
  }

  /** @param buckets the block of the buckets; -1 where the table holds its only one itself */
  private hashTable(at: number, first: number, buckets: number, source: number): void {
    const { memory, heap } = this
    const bucketCount = memory.word(at + 8)
    const count = memory.word(at + 24)
    const load = memory.unsigned(at + 32, 4)
    if (!(count >= 0 && count <= heap.count) || !isLoadFactor(load) || (buckets < 0 && bucketCount !== 1)) return
    const head = at + 16
    const nodes: number[] = []
    let next = memory.word(head)
    for (let size = 0; next !== 0; next = memory.word(next)) {
      const node = this.usedFrom(next)
      if (node < 0 || nodes.length >= count || node === buckets) return
      if (size === 0) size = heap.size(node)
      if (Math.abs(heap.size(node) - size) > ROUNDING) return
      nodes.push(node)
    }
    if (nodes.length !== count || (count === 0 && (buckets < 0 || load !== ONE))) return
    const ofTable = new Set(nodes)
    let filled = 0
    for (let i = 0; i < Math.min(bucketCount, CHECKED); i++) {
      const bucket = memory.word(first + i * 8)
      if (bucket === 0) continue
      filled++
      if (bucket !== head && !ofTable.has(this.usedFrom(bucket))) return
    }
    if (count === 0 && filled > 0) return
    const { container } = STRENGTH
    if (buckets >= 0) this.claim(buckets, this.array(this.names.buckets, 8), container, source + 1)
    const item = this.item(this.names.hash)
    for (const node of nodes) this.claim(node, item, container, source + 1)
  }

  /** @param at the word of the header that leads to the root */
  private tree(at: number, root: number, source: number): void {
    const { memory, heap, library } = this
    const isOld = library === 'libstdc++'
    // parent, left, right, colour
    const [up, left, right, colour] = isOld ? [8, 16, 24, 0] : [16, 0, 8, 24]
    const count = memory.word(isOld ? at + 24 : at + 8)
    const header = isOld ? at - 8 : at
    const leftmost = memory.word(isOld ? at + 8 : at - 8)
    if (!(count > 0 && count <= heap.count) || this.usedFrom(leftmost) < 0 || memory.word(leftmost + left) !== 0) return
    if (isOld) {
      const rightmost = memory.word(at + 16)
      if (memory.unsigned(header, 4) !== 0 || this.usedFrom(rightmost) < 0 || memory.word(rightmost + right) !== 0) return
    }
    const nodes: number[] = []
    const waiting: number[] = [root]
    const parents: number[] = [header]
    const size = heap.size(this.usedFrom(root))
    while (waiting.length > 0) {
      const node = waiting.pop()!
      const parent = parents.pop()!
      const block = this.usedFrom(node)
      if (block < 0 || nodes.length >= count || memory.word(node + up) !== parent || memory.unsigned(node + colour, isOld ? 4 : 1) > 1 || Math.abs(heap.size(block) - size) > ROUNDING) return
      nodes.push(block)
      for (const side of [left, right]) {
        const child = memory.word(node + side)
        if (child === 0) continue
        waiting.push(child)
        parents.push(node)
      }
    }
    if (nodes.length !== count) return
    const item = this.item(this.names.tree)
    for (const node of nodes) this.claim(node, item, STRENGTH.container, source + 1)
  }

  /** A list's ring, from any of its links: all but one are nodes, and that one counts them. Each ring is walked once. */
  private ring(at: number, first: number, source: number): void {
    const { memory, heap, inRing } = this
    if (inRing[heap.blockAt(first)] === 1) return
    const links = [at]
    let isWhole = true
    for (let link = first, before = at; link !== at; before = link, link = memory.word(link)) {
      const block = this.usedFrom(link)
      if (memory.word(link + 8) !== before || links.length > heap.count || (block >= 0 && inRing[block] === 1)) {
        isWhole = false
        break
      }
      if (block >= 0) inRing[block] = 1
      links.push(link)
    }
    if (!isWhole) return
    const headers = links.filter((link) => memory.word(link + 16) === links.length - 1)
    const outside = links.filter((link) => this.usedFrom(link) < 0)
    // where several may be, the one that is no block of its own is
    const header = outside.length === 1 && headers.includes(outside[0]) ? outside[0] : outside.length === 0 && headers.length === 1 ? headers[0] : -1
    if (header < 0) return
    const nodes = links.filter((link) => link !== header).map((link) => this.usedFrom(link))
    const size = heap.size(nodes[0])
    if (nodes.some((node) => Math.abs(heap.size(node) - size) > ROUNDING)) return
    const holder = header === at ? source : heap.blockAt(header)
    const item = this.item(this.names.list)
    for (const node of nodes) this.claim(node, item, STRENGTH.container, holder + 1)
  }

  private deque(at: number, map: number, block: number, source: number): void {
    const { memory, heap } = this
    const [startNode, finishNode] = [memory.word(at + 40), memory.word(at + 72)]
    const mapEnd = map + memory.word(at + 8) * 8
    if (!(startNode >= map && finishNode >= startNode && finishNode < mapEnd) || startNode % 8 !== 0 || finishNode % 8 !== 0) return
    for (const [from, node] of [[at + 16, startNode], [at + 48, finishNode]]) {
      const [current, first, last] = [memory.word(from), memory.word(from + 8), memory.word(from + 16)]
      if (memory.word(node) !== first || !(current >= first && current <= last && last > first) || this.usedFrom(first) < 0) return
      const buffer = heap.size(this.usedFrom(first))
      if (!isSlack(buffer - (last - first), buffer) || (last - first > DEQUE_BYTES && last - first < 2)) return
    }
    for (let node = startNode; node <= finishNode; node += 8) if (this.usedFrom(memory.word(node)) < 0) return
    this.claim(block, this.array('void *[]', 8), STRENGTH.container, source + 1)
  }

  /** [start, finish, end of storage): what its elements are is said where they are pointers, or standard types themselves. */
  private vector(at: number, start: number, block: number, source: number): void {
    const finish = this.memory.word(at + 8)
    const end = this.memory.word(at + 16)
    const usable = this.heap.size(block)
    if (!(end >= finish && end <= start + usable) || finish === start) return
    if (!isSlack(start + usable - end, usable)) {
      if (this.library === 'libc++') this.longDeque(at, start, block, source)
      return
    }
    const { size } = STRING[this.library]
    if (this.isArray(start, finish, end, size, (at) => this.isString(at))) return this.vectorOfStrings({ block, item: this.array('std::string[]', size), strength: STRENGTH.container, parent: source + 1 }, at, [finish - start, end - start])
    const element = this.elementOf(start, finish, end)
    if (element !== null) this.claim(block, this.array(element.name, element.size), element.strength, source + 1, element.strength === STRENGTH.best ? RANK.guess : RANK.array)
  }

  /** @param sizes of what is used and of all, in bytes */
  private vectorOfStrings(candidate: Candidate, at: number, sizes: number[]): void {
    const { heap, claims } = this
    const source = candidate.parent - 1
    const key = source < 0 ? `${at}` : `${claims.item[source]} ${heap.size(source)} ${at - heap.address(source)}`
    const vectors = this.ofStrings.get(key) ?? { candidates: [], odd: 0, lengths: new Set() }
    this.ofStrings.set(key, vectors)
    vectors.candidates.push(candidate)
    vectors.lengths.add(sizes[0])
    if (sizes.some((bytes) => (bytes / STRING[this.library].size) % 2 === 1)) vectors.odd++
  }

  /** Vectors of pairs of strings have an even number of strings, each of them. */
  private settleStrings({ candidates, odd, lengths }: StringVectors): void {
    if (odd >= ODD * candidates.length) {
      for (const { block, item, strength, parent } of candidates) this.claim(block, item, strength, parent, RANK.words)
    } else if (odd === 0 && candidates.length >= MANY && lengths.size > 1) {
      const item = this.array('std::pair<std::string, std::string>[]', 2 * STRING[this.library].size)
      for (const { block, parent } of candidates) this.claim(block, item, STRENGTH.best, parent, RANK.guess)
    }
  }

  /** libc++'s map of buffers: [first, begin, end, end of storage). */
  private longDeque(at: number, first: number, block: number, source: number): void {
    const { memory, heap } = this
    const [begin, end, limit] = [memory.word(at + 8), memory.word(at + 16), memory.word(at + 24)]
    const usable = heap.size(block)
    if (!(begin < end && limit >= end) || !isSlack(first + usable - limit, usable)) return
    for (let node = begin; node < end; node += 8) {
      const buffer = this.usedFrom(memory.word(node))
      if (buffer < 0 || !(heap.size(buffer) <= LONG_DEQUE_BYTES + 2 * ROUNDING)) return
    }
    this.claim(block, this.array('void *[]', 8), STRENGTH.array, source + 1, RANK.array)
  }

  private elementOf(start: number, finish: number, end: number): { name: string; size: number; strength: number } | null {
    if (this.isArray(start, finish, end, 16, (at) => this.isShared(at))) return { name: 'std::shared_ptr<?>[]', size: 16, strength: STRENGTH.array }
    if (this.isArray(start, finish, end, 24, (at) => this.isVector(at))) return { name: 'std::vector<?>[]', size: 24, strength: STRENGTH.best }
    if (this.isArray(start, finish, end, 8, (at) => this.isBlockPointer(at))) return { name: 'void *[]', size: 8, strength: STRENGTH.array }
    return null
  }

  /** Whether all elements that are looked at may be of that kind, and half of them are for sure. */
  private isArray(from: number, to: number, end: number, size: number, is: (at: number) => boolean | null): boolean {
    if ((to - from) % size !== 0 || (end - from) % size !== 0) return false
    let sure = 0
    let asked = 0
    for (let at = from; at < to && asked < CHECKED; at += size, asked++) {
      const found = is(at)
      if (found === false) return false
      if (found === true) sure++
    }
    return sure > 0 && sure >= asked / 2
  }

  /** Null where it may be. */
  private isBlockPointer(at: number): boolean | null {
    const value = this.memory.word(at)
    if (value === 0) return null
    // objects may lie within blocks: with the control block of their shared pointers, say
    const block = value % 8 === 0 ? this.heap.blockAt(value) : -1
    return block >= 0 && this.heap.state[block] === STATE.used
  }

  private isShared(at: number): boolean | null {
    const [object, control] = [this.memory.word(at), this.memory.word(at + 8)]
    if (object === 0 && control === 0) return null
    const block = this.usedFrom(control)
    return object > 0 && block >= 0 && CONTROL.test(this.claims.items[this.claims.item[block]].name)
  }

  private isVector(at: number): boolean | null {
    const [start, finish, end] = [this.memory.word(at), this.memory.word(at + 8), this.memory.word(at + 16)]
    if (start === 0 && finish === 0 && end === 0) return null
    const block = this.usedFrom(start)
    return block >= 0 && finish >= start && end >= finish && isSlack(start + this.heap.size(block) - end, this.heap.size(block))
  }

  private isString(at: number): boolean | null {
    const { memory } = this
    const { local } = STRING[this.library]
    if (this.library === 'libstdc++') {
      const [data, length] = [memory.word(at), memory.word(at + 8)]
      if (data === at + 16) return length <= local && memory.unsigned(data + length, 1) === 0
      const block = this.usedFrom(data)
      return block >= 0 && this.isText(block, data, length, memory.word(at + 16))
    }
    const first = memory.unsigned(at, 1)
    // one of zeroes is empty, and so is all else that is zero
    if (first % 2 === 0) return first / 2 > local ? false : first === 0 ? (memory.word(at) === 0 ? null : false) : memory.unsigned(at + 1 + first / 2, 1) === 0 && this.isPrintable(at + 1, first / 2)
    const data = memory.word(at + 16)
    const block = this.usedFrom(data)
    return block >= 0 && this.isText(block, data, memory.word(at + 8), memory.word(at) - 2)
  }

  /** libstdc++: [data, length, capacity]. */
  private string(at: number, data: number, block: number, source: number): void {
    const [length, capacity] = [this.memory.word(at + 8), this.memory.word(at + 16)]
    if (capacity <= STRING['libstdc++'].local || !this.isText(block, data, length, capacity)) return
    this.claimText(block, data, length, source)
  }

  /** libc++: [allocated | 1, length, data]. */
  private longString(at: number, data: number, block: number, source: number): void {
    const [allocated, length] = [this.memory.word(at - 16), this.memory.word(at - 8)]
    if (allocated % 16 !== 1 || !(length > 0) || !this.isText(block, data, length, allocated - 2)) return
    this.claimText(block, data, length, source)
  }

  private claimText(block: number, data: number, length: number, source: number): void {
    // most of what else looks like it are other three words
    if (this.isPrintable(data, length)) this.claim(block, this.array('char[]', 1), length === 0 ? STRENGTH.best : STRENGTH.container, source + 1, length === 0 ? RANK.guess : RANK.words)
  }

  /** A string's buffer: as large as the capacity says, with a zero where the text ends. */
  private isText(block: number, data: number, length: number, capacity: number): boolean {
    const usable = this.heap.size(block)
    return length <= capacity && isSlack(usable - (capacity + 1), usable) && this.memory.unsigned(data + length, 1) === 0
  }

  private isPrintable(at: number, length: number): boolean {
    for (let i = 0; i < Math.min(length, CHECKED); i++) {
      const byte = this.memory.unsigned(at + i, 1)
      if (byte < 9 || (byte > 13 && byte < 32) || byte === 127 || Number.isNaN(byte)) return false
    }
    return true
  }

  /** Objects behind control blocks that say what they own: their class is an argument of the control block's. */
  private sharedObjects(): void {
    const { claims, heap, memory } = this
    const owned = claims.items.map(({ name, isArray }) => (isArray ? null : ownedBy(name)))
    if (!owned.some((one) => one !== null)) return
    for (let b = 0; b < heap.count; b++) {
      const one = owned[claims.item[b]]
      if (one === null || claims.strength[b] < STRENGTH.vtable) continue
      const at = heap.address(b)
      // where nobody shares it any more it is gone
      const owners = memory.unsigned(at + 8, 4)
      if (one.isLong ? memory.word(at + 8) !== owners : owners === 0) continue
      const block = this.openFrom(memory.word(at + one.offset))
      if (block >= 0) this.claim(block, one.isArray ? this.array(one.name, 0) : this.item(one.name), STRENGTH.learned, b + 1)
    }
  }

  private claim(block: number, item: number, strength: number, parent: number, rank: number = RANK.whole): void {
    if (!this.isOpen(block) || this.rank[block] >= rank) return
    if (this.rank[block] === RANK.open) this.made++
    this.claims.set(block, item, strength, parent, 0)
    this.rank[block] = rank
  }

  /** Nothing is known of it, or nothing more than was found here and something else may say better. */
  private isOpen(block: number): boolean {
    return this.heap.state[block] === STATE.used && (this.claims.item[block] === 0 || (this.rank[block] > RANK.open && this.rank[block] < RANK.whole))
  }

  private item(name: string): number {
    return this.partial(this.claims.intern(0, false, 0, 0, name), name)
  }

  private partial(item: number, name: string): number {
    if (this.isTyped && PARTIAL.test(name)) this.claims.items[item].isPartial = true
    return item
  }

  /** @param size of an element; 0 where it is not known */
  private array(name: string, size: number): number {
    return this.partial(this.claims.intern(0, true, 0, size, name), name)
  }

  /** The used block that begins at an address; -1 where none does. */
  private usedFrom(address: number): number {
    if (!(address > 0) || address % 8 !== 0) return -1
    const block = this.heap.blockAt(address)
    return block >= 0 && this.heap.state[block] === STATE.used && this.heap.address(block) === address ? block : -1
  }

  private openFrom(address: number): number {
    const block = this.usedFrom(address)
    return block >= 0 && this.isOpen(block) ? block : -1
  }
}

const RUNTIME = /^(?:lib(?:c|stdc\+\+|c\+\+|c\+\+abi|gcc_s|m|pthread)|ld-linux[^.]*)[-.]/
const PARTIAL = /<\?>|^void \*|^std::pair</
const CONTROL = /^std::(?:__1::)?(?:_Sp_counted_|__shared_ptr_)/
/** 1.0f, what hash tables are filled up to unless a program says otherwise. */
const ONE = 0x3f80_0000

function isLoadFactor(bits: number): boolean {
  // 1/16 to 64
  return bits >= 0x3d80_0000 && bits <= 0x4280_0000
}

/** What a control block of that name owns: `std::_Sp_counted_ptr<T*, …>`; null for all others. */
function ownedBy(name: string): { name: string; isArray: boolean; offset: number; isLong: boolean } | null {
  const match = /^std::(?:_Sp_counted_(?:ptr|deleter)|__1::__shared_ptr_pointer)<(.*)>$/s.exec(name)
  if (!match) return null
  const inner = match[1]
  let depth = 0
  let end = 0
  for (; end < inner.length; end++) {
    if ('<([{'.includes(inner[end])) depth++
    else if ('>)]}'.includes(inner[end])) depth--
    else if (inner[end] === ',' && depth === 0) break
  }
  const pointer = inner.slice(0, end).trim()
  if (!pointer.endsWith('*') || /^(?:const )?(?:void|char)\b/.test(pointer)) return null
  const type = pointer.slice(0, -1).trim()
  const isArray = inner.slice(end).includes(`default_delete<${type} []>`) || inner.slice(end).includes(`default_delete<${type}[]>`)
  const isLong = match[0].startsWith('std::__1::')
  return { name: isArray ? `${type}[]` : type, isArray, offset: isLong ? 24 : 16, isLong }
}
