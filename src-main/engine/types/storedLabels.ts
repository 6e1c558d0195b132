/** A person's labels of one core's blocks, kept under the identity of the blocks. All are written anew with each change. */
import type { LabelRow } from '../../contract/typeRows.ts'
import { INDEX_VERSION } from '../index/storedBlocks.ts'
import type { IndexStore } from '../ports.ts'
import type { Label } from './typeBench.ts'

const LABELS_VERSION = INDEX_VERSION * 1000 + 1

export function loadLabels(store: IndexStore, identity: string): Label[] {
  const index = store.open(`${identity} labels`, LABELS_VERSION)
  if (!index) return []
  const rows = index.meta as LabelRow[]
  const labels = rows.flatMap((row, i) => {
    const bytes = index.readChunk('blocks', i)
    return bytes ? [{ row, blocks: new Uint32Array(bytes.slice().buffer) }] : []
  })
  index.close()
  return labels
}

export function saveLabels(store: IndexStore, identity: string, labels: readonly Label[]): void {
  const writer = store.create(`${identity} labels`, LABELS_VERSION)
  try {
    labels.forEach(({ blocks }, i) => writer.writeChunk('blocks', i, new Uint8Array(blocks.buffer, blocks.byteOffset, blocks.byteLength)))
    writer.commit(labels.map(({ row }) => row))
  } catch (error) {
    writer.abort()
    throw error
  }
}
