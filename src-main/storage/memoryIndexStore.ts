/** IndexStore in memory: the obvious twin of lmdbIndexStore, for tests. */
import type { IndexStore } from '../engine/ports.ts'

interface Kept {
  meta: unknown
  chunks: Map<string, Uint8Array>
}

export function memoryIndexStore(): IndexStore {
  const indexes = new Map<string, Kept>()
  const key = (identity: string, version: number): string => JSON.stringify([identity, version])
  return {
    open(identity, version) {
      const kept = indexes.get(key(identity, version))
      if (kept === undefined) return null
      return {
        meta: structuredClone(kept.meta),
        readChunk: (column, chunk) => kept.chunks.get(JSON.stringify([column, chunk]))?.slice() ?? null,
        close: () => undefined,
      }
    },
    create(identity, version) {
      const chunks = new Map<string, Uint8Array>()
      return {
        writeChunk: (column, chunk, bytes) => void chunks.set(JSON.stringify([column, chunk]), bytes.slice()),
        commit: (meta) => void indexes.set(key(identity, version), { meta: JSON.parse(JSON.stringify(meta)) as unknown, chunks }),
        abort: () => chunks.clear(),
      }
    },
  }
}
