/** The demo core, opened in this process: decompressed once, with files found or none, with an index store or none. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { zstdDecompressSync } from 'node:zlib'
import { openSession } from '../../src-main/engine/analysis.ts'
import type { IndexStore, Progress } from '../../src-main/engine/ports.ts'
import type { EngineSession, OpenOptions } from '../../src-main/engine/session.ts'
import { moduleFiles } from '../../src-main/storage/moduleFiles.ts'
import { wasmModule } from '../../src-main/storage/wasmModules.ts'
import { memoryByteSource } from '../builders/memoryByteSource.ts'

export const DEMO_FOLDER = fileURLToPath(new URL('../fixtures/demo/', import.meta.url))

let image: Uint8Array | null = null

export function demoCore(): Uint8Array {
  image ??= zstdDecompressSync(readFileSync(`${DEMO_FOLDER}demo.core.zst`))
  return image
}

export const noProgress: Progress = { stage() {}, advance() {} }

export function openCore(core: Uint8Array, given: { files?: boolean; store?: IndexStore; options?: Partial<OpenOptions>; progress?: Progress } = {}): Promise<EngineSession> {
  return openSession('core', { debug: [], ...given.options }, {
    core: memoryByteSource(core, `${DEMO_FOLDER}demo.core`),
    files: given.files === false ? { open: () => null } : moduleFiles,
    store: given.store ?? null,
    progress: given.progress ?? noProgress,
    wasm: wasmModule,
    now: () => performance.now() / 1000,
    peakMemory: () => process.resourceUsage().maxRSS * 1024,
  })
}
