/**
 * Blocks and findings of one core in the index store. The identity covers the core (size, time, its first bytes, which
 * hold headers and notes) and the files that were found for its modules, so that new debug files mean a new analysis.
 */
import { createHash } from 'node:crypto'
import { CHUNK_BITS, CHUNK_BLOCKS, Blocks, type Region } from '../allocator/blocks.ts'
import type { Findings } from '../analysis.ts'
import type { Module } from '../corefile/modules.ts'
import type { CoreFile } from '../corefile/open.ts'
import type { ByteSource, IndexStore, Progress } from '../ports.ts'

/** Goes up whenever what is stored, or how it is computed, changes. */
export const INDEX_VERSION = 9
const HEAD_BYTES = 1 << 20
/** Chunks of a column that are written together: 16 MB at most. */
const CHUNKS_AT_ONCE = 64
const COLUMNS = ['start', 'words', 'state', 'type'] as const

interface StoredMeta {
  regions: Region[]
  count: number
  findings: Findings
}

export interface StoredBlocks {
  blocks: Blocks
  findings: Findings
  /** Copies a whole column of all blocks. */
  copyColumn(name: 'start' | 'words' | 'state', into: Uint8Array): void
  /** Types of blocks whose ids ascend, by index. */
  typesOf(ids: Uint32Array): Uint32Array
  /** Closes the index until something is read from it again: its mapping takes memory. */
  rest(): void
  close(): void
}

export function coreIdentity(source: ByteSource, core: CoreFile, modules: Module[]): string {
  const hash = createHash('sha256')
  const head = new Uint8Array(Math.min(HEAD_BYTES, source.size))
  source.read(0, head)
  hash.update(head)
  hash.update(JSON.stringify([source.size, source.modified, core.notes.pid, modules.map((m) => [m.base, m.buildId, m.file, m.debug])]))
  return hash.digest('hex')
}

/** Null where there is no whole index of that core. */
export function loadBlocks(store: IndexStore | null, identity: string): StoredBlocks | null {
  if (!store) return null
  let stored = store.open(identity, INDEX_VERSION)
  if (!stored) return null
  const meta = stored.meta as StoredMeta
  const read = (name: string, chunk: number, into?: Uint8Array): Uint8Array => {
    stored ??= store.open(identity, INDEX_VERSION)
    const bytes = stored?.readChunk(name, chunk, into)
    if (!bytes) throw new Error(`the cache's ${name} ${chunk} can't be read any more`)
    return bytes
  }
  const rest = (): void => {
    stored?.close()
    stored = null
  }
  const blocks = new Blocks((chunk) => {
    const words = (name: string): Uint32Array => asWords(read(name, chunk))
    return { start: words('start'), words: words('words'), state: read('state', chunk), type: words('type') }
  })
  blocks.regions.push(...meta.regions)
  blocks.count = meta.count
  const copyColumn: StoredBlocks['copyColumn'] = (name, into) => {
    const chunkBytes = (into.length / meta.count) * CHUNK_BLOCKS
    for (let c = 0; c < blocks.chunkCount; c++) read(name, c, into.subarray(c * chunkBytes))
  }
  const typesOf = (ids: Uint32Array): Uint32Array => {
    let held = -1
    const types = new Uint32Array(CHUNK_BLOCKS)
    const into = new Uint8Array(types.buffer)
    return ids.map((id) => {
      const chunk = id >>> CHUNK_BITS
      if (chunk !== held) read('type', (held = chunk), into)
      return types[id & (CHUNK_BLOCKS - 1)]
    })
  }
  return { blocks, findings: meta.findings, copyColumn, typesOf, rest, close: rest }
}

function asWords(bytes: Uint8Array): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >>> 2)
}

/** All or nothing: a failure in between leaves no index. */
export function saveBlocks(store: IndexStore | null, identity: string, blocks: Blocks, findings: Findings, progress: Progress): void {
  if (!store) return
  const writer = store.create(identity, INDEX_VERSION)
  try {
    // column by column: who reads one has no others mapped with it
    COLUMNS.forEach((name, k) => {
      for (let c = 0; c < blocks.chunkCount; c += CHUNKS_AT_ONCE) {
        progress.advance((blocks.chunkCount * k + c) / COLUMNS.length)
        writer.together(() => {
          for (let i = c; i < Math.min(blocks.chunkCount, c + CHUNKS_AT_ONCE); i++) {
            const column = blocks.chunk(i)[name].subarray(0, Math.min(CHUNK_BLOCKS, blocks.count - i * CHUNK_BLOCKS))
            writer.writeChunk(name, i, new Uint8Array(column.buffer, column.byteOffset, column.byteLength))
          }
        })
      }
    })
    writer.commit({ regions: blocks.regions, count: blocks.count, findings } satisfies StoredMeta)
  } catch (error) {
    writer.abort()
    throw error
  }
}
