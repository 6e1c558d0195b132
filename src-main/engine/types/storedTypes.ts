/**
 * Types of blocks in the index store: what inference found, beside the blocks and under an identity of its own, which also
 * covers whose symbols were known and what a person labelled.
 */
import { CHUNK_BITS, CHUNK_BLOCKS, Blocks } from '../allocator/blocks.ts'
import type { KnownType } from '../findings/top.ts'
import { groupBlocks, type GroupedBlocks } from '../findings/groups.ts'
import { INDEX_VERSION } from '../index/storedBlocks.ts'
import type { IndexStore, Progress, StoredIndex } from '../ports.ts'
import type { Inference } from './inference.ts'
import type { UnknownKind } from './unknownBlocks.ts'

/** Goes up whenever what is stored, or how it is computed, changes. */
const TYPES_VERSION = INDEX_VERSION * 1000 + 2
const COLUMNS = ['type', 'strength', 'parent', 'via', 'kind'] as const
type Column = (typeof COLUMNS)[number]

/** A member that claims came along, in words. */
export interface StoredField {
  owner: string
  path: string
}

export interface TypesMeta extends GroupedBlocks {
  types: KnownType[]
  /** By 1 + position: `via`. */
  fields: StoredField[]
  /** Names, by 1 + position: `parent` minus the blocks. */
  roots: string[]
  /** Of blocks whose type is not known, by the column `kind`. */
  kinds: UnknownKind[]
  timings: { stage: string; seconds: number }[]
}

/** Types by block, wherever they are kept. */
export interface BlockTypes {
  readonly meta: TypesMeta
  /** The same blocks with these types. */
  typed(blocks: Blocks): Blocks
  strength(block: number): number
  /** As Claims has it. */
  parent(block: number): number
  /** 1 + position in `meta.fields`; 0: none. */
  via(block: number): number
  /** Types of blocks whose ids ascend, by index. */
  typesOf(ids: Uint32Array): Uint32Array
  /** Gives back what can be read again. */
  rest(): void
}

export class StoredTypes implements BlockTypes {
  readonly meta: TypesMeta
  private readonly index: () => StoredIndex
  private readonly held = new Map<Column, { chunk: number; bytes: Uint8Array }>()
  private stored: StoredIndex | null

  private constructor(store: IndexStore, identity: string, stored: StoredIndex) {
    this.stored = stored
    this.meta = stored.meta as TypesMeta
    this.index = () => {
      this.stored ??= store.open(identity, TYPES_VERSION)
      if (!this.stored) throw new Error('the types of blocks are not in the cache any more')
      return this.stored
    }
  }

  /** Null where there is no whole index of that identity. */
  static open(store: IndexStore, identity: string): StoredTypes | null {
    const stored = store.open(identity, TYPES_VERSION)
    return stored ? new StoredTypes(store, identity, stored) : null
  }

  typed(blocks: Blocks): Blocks {
    return withTypes(blocks, (c) => words(this.read('type', c)))
  }

  /** A whole column of as many blocks. */
  copyColumn(name: 'type' | 'parent' | 'via', count: number): Uint32Array {
    const column = new Uint32Array(count)
    for (let c = 0; c << CHUNK_BITS < count; c++) column.set(words(this.read(name, c)), c << CHUNK_BITS)
    return column
  }

  copyStrengths(count: number): Uint8Array {
    const column = new Uint8Array(count)
    for (let c = 0; c << CHUNK_BITS < count; c++) column.set(this.read('strength', c), c << CHUNK_BITS)
    return column
  }

  strength(block: number): number {
    return this.chunk('strength', block >>> CHUNK_BITS)[block & (CHUNK_BLOCKS - 1)]
  }

  parent(block: number): number {
    return this.word('parent', block)
  }

  via(block: number): number {
    return this.word('via', block)
  }

  /** What a block without a type is called and looks like; null where there is nothing to say. */
  kind(block: number): UnknownKind | null {
    if (this.meta.kinds.length < 2) return null
    const bytes = this.chunk('kind', block >>> CHUNK_BITS)
    const at = (block & (CHUNK_BLOCKS - 1)) * 2
    return this.meta.kinds[bytes[at] | (bytes[at + 1] << 8)] ?? null
  }

  typesOf(ids: Uint32Array): Uint32Array {
    return ids.map((id) => this.word('type', id))
  }

  rest(): void {
    this.stored?.close()
    this.stored = null
  }

  private word(column: Column, block: number): number {
    const bytes = this.chunk(column, block >>> CHUNK_BITS)
    const at = (block & (CHUNK_BLOCKS - 1)) * 4
    return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0
  }

  /** The last chunk of each column is held. */
  private chunk(column: Column, chunk: number): Uint8Array {
    const held = this.held.get(column)
    if (held?.chunk === chunk) return held.bytes
    const bytes = this.read(column, chunk)
    this.held.set(column, { chunk, bytes })
    return bytes
  }

  private read(column: Column, chunk: number): Uint8Array {
    const bytes = this.index().readChunk(column, chunk)
    if (!bytes) throw new Error(`the cache's ${column} ${chunk} of blocks' types can't be read any more`)
    return bytes
  }
}

/** The same blocks with other types. */
export function withTypes(blocks: Blocks, types: (chunk: number) => Uint32Array): Blocks {
  const typed = new Blocks((c) => ({ ...blocks.chunk(c), type: types(c) }))
  typed.regions.push(...blocks.regions)
  typed.count = blocks.count
  return typed
}

function words(bytes: Uint8Array): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >>> 2)
}

/** All or nothing. @param types the blocks' types before, by which vtables are known */
export function saveTypes(store: IndexStore, identity: string, blocks: Blocks, inference: Inference, progress: Progress): void {
  const { claims, types, typeOfItem, fields, fieldOf, roots, unknown, timings } = inference
  const { kinds, kind, typeOfKind } = unknown
  const chunkTypes = (c: number): Uint32Array => claims.item.subarray(c << CHUNK_BITS, Math.min(blocks.count, (c + 1) << CHUNK_BITS)).map((item, i) => (item > 0 ? typeOfItem[item] : typeOfKind[kind[(c << CHUNK_BITS) + i]]))
  const typed = withTypes(blocks, chunkTypes)
  const writer = store.create(identity, TYPES_VERSION)
  try {
    COLUMNS.forEach((name, k) => {
      for (let c = 0; c < blocks.chunkCount; c++) {
        progress.advance(blocks.chunkCount * k + c)
        const from = c << CHUNK_BITS
        const to = Math.min(blocks.count, from + CHUNK_BLOCKS)
        const column = name === 'type' ? chunkTypes(c) : name === 'via' ? claims.via.subarray(from, to).map((via) => (via === 0 ? 0 : fieldOf[via - 1])) : name === 'kind' ? kind.subarray(from, to) : claims[name].subarray(from, to)
        writer.writeChunk(name, c, new Uint8Array(column.buffer, column.byteOffset, column.byteLength))
      }
    })
    writer.commit({ types, fields, roots, kinds, timings, ...groupBlocks(typed) } satisfies TypesMeta)
  } catch (error) {
    writer.abort()
    throw error
  }
}
