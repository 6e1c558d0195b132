/**
 * Blocks and findings of one core in the index store. The identity covers the core (size, time, its first bytes, which
 * hold headers and notes) and the files that were found for its modules, so that new debug files mean a new analysis.
 */
import { createHash } from 'node:crypto'
import { CHUNK_BLOCKS, Blocks, type BlockChunk, type Region } from '../allocator/blocks.ts'
import type { Findings } from '../analysis.ts'
import type { Module } from '../corefile/modules.ts'
import type { CoreFile } from '../corefile/open.ts'
import type { ByteSource, IndexStore, IndexWriter, Progress } from '../ports.ts'

/** Goes up whenever what is stored, or how it is computed, changes. */
export const INDEX_VERSION = 6
const HEAD_BYTES = 1 << 20

interface StoredMeta {
  regions: Region[]
  count: number
  findings: Findings
}

export interface StoredBlocks {
  blocks: Blocks
  findings: Findings
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
  const stored = store?.open(identity, INDEX_VERSION)
  if (!stored) return null
  const meta = stored.meta as StoredMeta
  const blocks = new Blocks((chunk) => {
    const column = <T>(name: string, make: (bytes: Uint8Array) => T): T => {
      const bytes = stored.readChunk(name, chunk)
      if (!bytes) throw new Error(`the cache's ${name} ${chunk} can't be read any more`)
      return make(bytes)
    }
    return { start: column('start', asWords), words: column('words', asWords), state: column('state', (b) => b), type: column('type', asWords) }
  })
  blocks.regions.push(...meta.regions)
  blocks.count = meta.count
  return { blocks, findings: meta.findings, close: () => stored.close() }
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
    for (let c = 0; c < blocks.chunkCount; c++) {
      progress.advance(c)
      writeChunk(writer, c, blocks.chunk(c), Math.min(CHUNK_BLOCKS, blocks.count - c * CHUNK_BLOCKS))
    }
    writer.commit({ regions: blocks.regions, count: blocks.count, findings } satisfies StoredMeta)
  } catch (error) {
    writer.abort()
    throw error
  }
}

function writeChunk(writer: IndexWriter, c: number, chunk: BlockChunk, length: number): void {
  for (const name of ['start', 'words', 'state', 'type'] as const) {
    const column = chunk[name].subarray(0, length)
    writer.writeChunk(name, c, new Uint8Array(column.buffer, column.byteOffset, column.byteLength))
  }
}
