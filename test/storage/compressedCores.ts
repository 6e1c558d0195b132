/** What the decompression tests open: small cores, and a way to open bytes that records what happened. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { DiagnosticRow } from '../../src-main/contract/rows.ts'
import type { Progress } from '../../src-main/engine/ports.ts'
import { decompressCore } from '../../src-main/storage/decompress.ts'
import { buildElfCore } from '../builders/elfCore.ts'
import { memoryByteSource } from '../builders/memoryByteSource.ts'
import { Random } from '../builders/random.ts'

export const silent: Progress = { stage: () => {}, advance: () => {} }

/** Real data, a segment of zeroes in the middle, an odd length. */
export function smallCore(bytes = 200_000): Uint8Array {
  const random = new Random(7)
  return buildElfCore({
    threads: [{ tid: 1 }],
    segments: [
      { vaddr: 0x10000, bytes: random.memory(bytes) },
      { vaddr: 0x2000000, bytes: new Uint8Array(100_000) },
      { vaddr: 0x4000000, bytes: random.memory(Math.ceil(bytes / 4) + 1) },
    ],
  }).bytes
}

/** Text that packs well, for the fixtures beside this file: a core of 130,071 bytes. */
export function fixtureCore(): Uint8Array {
  const text = Array.from({ length: 6000 }, (_, i) => `block ${i * 7919} of ${i % 13}; `).join('')
  return buildElfCore({ threads: [{ tid: 1 }], segments: [{ vaddr: 0x10000, bytes: new TextEncoder().encode(text).subarray(0, 140_000) }] }).bytes
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'corelens-decompress-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface Opened {
  bytes: Uint8Array
  diagnostics: DiagnosticRow[]
}

/** Null: not compressed. Each call is a file of its own to the cache. */
export async function openPacked(packed: Uint8Array, folder: string, progress: Progress = silent): Promise<Opened | null> {
  const opened = await decompressCore(memoryByteSource(packed, 'packed.core', ++files), folder, progress)
  if (!opened) return null
  const bytes = new Uint8Array(opened.source.size)
  const count = opened.source.read(0, bytes)
  opened.source.close()
  return { bytes: bytes.subarray(0, count), diagnostics: opened.diagnostics }
}

let files = 0

export function filesIn(folder: string): string[] {
  return readdirSync(join(folder, 'decompressed'))
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts))
}
