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
        readChunk: (column, chunk, into) => {
          const bytes = kept.chunks.get(JSON.stringify([column, chunk]))
          if (bytes === undefined || into === undefined) return bytes?.slice() ?? null
          if (into.length < bytes.length) return null
          into.set(bytes)
          return into.subarray(0, bytes.length)
        },
        close: () => undefined,
      }
    },
    create(identity, version) {
      const chunks = new Map<string, Uint8Array>()
      const writeChunk = (column: string, chunk: number, bytes: Uint8Array): void => void chunks.set(JSON.stringify([column, chunk]), new Uint8Array(bytes))
      return {
        writeChunk,
        together: (write) => write(),
        writeColumn: (column, bytes, chunkBytes) => {
          for (let at = 0; at < bytes.length; at += chunkBytes) writeChunk(column, at / chunkBytes, bytes.subarray(at, at + chunkBytes))
        },
        commit: (meta) => void indexes.set(key(identity, version), { meta: JSON.parse(JSON.stringify(meta)) as unknown, chunks }),
        abort: () => chunks.clear(),
      }
    },
  }
}
