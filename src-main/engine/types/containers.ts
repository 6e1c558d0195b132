/**
 * Standard containers as they lie in memory, read and checked: a container whose own words don't agree is none, and says
 * nothing. Sources as in standardTypes.ts.
 */
import type { TypeRef } from '../../contract/rows.ts'
import type { HeapColumns } from './heapColumns.ts'
import type { PagedMemory } from './pagedMemory.ts'
import type { Adapter } from './standardTypes.ts'

export interface ContainerParts {
  heap: HeapColumns
  memory: PagedMemory
  shapes: { size(type: TypeRef): number }
}

/** A block that a container owns: elements lie in [from, to). */
export interface Storage {
  block: number
  from: number
  to: number
}

/** `empty`: it holds no block. Null: it is no such container. */
export type Held = Storage | 'empty' | null

export function readVector({ heap, memory, shapes }: ContainerParts, at: number, adapter: Adapter & { kind: 'vector' }): Held {
  const size = shapes.size(adapter.element)
  const first = memory.word(at + adapter.start)
  const [last, limit] = [adapter.finish, adapter.end].map((offset) => (adapter.isCounted ? first + memory.word(at + offset) * size : memory.word(at + offset)))
  if (first === 0 && last === 0 && limit === 0) return 'empty'
  // a few elements lie behind it, in itself
  if (adapter.isCounted && first > at && first <= at + BEHIND && last <= limit) return 'empty'
  const block = usedBlockFrom(heap, first)
  if (block < 0 || !(size > 0) || !(last >= first && limit >= last && limit <= first + heap.size(block))) return null
  if ((last - first) % size !== 0 || (limit - first) % size !== 0 || !isRoom(first + heap.size(block) - limit, heap.size(block))) return null
  return { block, from: first, to: last }
}

/** Bytes of a vector that counts, and of what its elements are aligned to. */
const BEHIND = 40

export function readString(parts: ContainerParts, at: number, adapter: Adapter & { kind: 'string' | 'long string' | 'counted string' }): Held {
  const { memory, heap } = parts
  const data = memory.word(at + adapter.data)
  switch (adapter.kind) {
    case 'string': {
      const length = memory.word(at + adapter.length)
      const size = parts.shapes.size(adapter.character)
      if (data === at + adapter.local) return length * size < LOCAL_BYTES ? 'empty' : null
      const capacity = memory.word(at + adapter.local)
      return capacity >= length ? text(parts, data, length, adapter.character, 0) : null
    }
    case 'long string':
      if (memory.unsigned(at, 1) % 2 === 0) return memory.unsigned(at, 1) / 2 < LONG_LOCAL ? 'empty' : null
      return text(parts, data, memory.word(at + adapter.length), adapter.character, 0)
    case 'counted string': {
      const block = heap.blockAt(data)
      // the empty one is a static of the library
      if (block < 0) return data > 0 ? 'empty' : null
      return data - heap.address(block) === COUNTED_HEADER ? text(parts, data - COUNTED_HEADER, memory.word(data - COUNTED_HEADER), adapter.character, COUNTED_HEADER) : null
    }
  }
}

/** Characters that a string holds in itself, the zero at the end included. */
const LOCAL_BYTES = 16
const LONG_LOCAL = 23
/** Length, capacity, references. */
const COUNTED_HEADER = 24

function text({ heap, shapes }: ContainerParts, first: number, length: number, character: TypeRef, header: number): Held {
  const block = usedBlockFrom(heap, first)
  const size = shapes.size(character)
  if (block < 0 || !(size > 0) || !(header + (length + 1) * size <= heap.size(block))) return null
  return { block, from: first + header, to: first + header + length * size }
}

export interface DequeStorage {
  map: number
  buffers: Storage[]
}

/** Buffers of more deques than any program has are not read. */
const MOST_BUFFERS = 1 << 20

export function readDeque({ heap, memory, shapes }: ContainerParts, at: number, adapter: Adapter & { kind: 'deque' }): DequeStorage | null {
  const [map, head, startNode, tail, end] = [adapter.map, adapter.first, adapter.startNode, adapter.last, adapter.finishNode].map((offset) => memory.word(at + offset))
  const mapBlock = usedBlockFrom(heap, map)
  const size = shapes.size(adapter.element)
  const finishNode = adapter.isCounted ? end - 8 : end
  if (mapBlock < 0 || !(size > 0) || !(startNode >= map && finishNode >= startNode && finishNode < map + heap.size(mapBlock))) return null
  const buffers: Storage[] = []
  for (let node = startNode; node <= finishNode && buffers.length < MOST_BUFFERS; node += 8) {
    const buffer = memory.word(node)
    const block = usedBlockFrom(heap, buffer)
    if (block < 0 || !isRoom(heap.size(block) - adapter.bufferBytes, heap.size(block))) return null
    const before = (node - startNode) / 8 * adapter.bufferBytes
    const within = (bytes: number): number => buffer + Math.max(0, Math.min(adapter.bufferBytes, bytes - before))
    const from = adapter.isCounted ? within(head * size) : node === startNode ? head : buffer
    const to = adapter.isCounted ? within((head + tail) * size) : node === finishNode ? tail : buffer + adapter.bufferBytes
    if (!(from >= buffer && to <= buffer + adapter.bufferBytes && (from - buffer) % size === 0)) return null
    buffers.push({ block, from, to })
  }
  return { map: mapBlock, buffers }
}

/** The used block that begins at an address; -1 where none does. */
function usedBlockFrom(heap: HeapColumns, address: number): number {
  if (!(address > 0)) return -1
  const block = heap.blockAt(address)
  return block >= 0 && heap.isUsed(block) && heap.address(block) === address ? block : -1
}

/** malloc rounds up to 16 bytes, and gives 24 at least. glibc malloc.c, MINSIZE. */
const SLACK = 16
const LEAST = 24
/** Blocks from here on are mappings of their own, whole pages. */
const MAPPED = 128 << 10
const PAGE = 4096

/** Whether malloc may have given that many bytes more than it was asked for. @param usable the block's size */
export function isSlack(more: number, usable: number): boolean {
  if (more < 0) return false
  return more < SLACK || usable <= LEAST || (usable >= MAPPED && more < PAGE + SLACK)
}

/** What of a free chunk would be too small to be one stays with what is cut off: isSlack, for those who know more than a size. glibc malloc.c, _int_malloc. */
export function isRoom(more: number, usable: number): boolean {
  return isSlack(more, usable) || (more >= SLACK && more < 2 * SLACK)
}
