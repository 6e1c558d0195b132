/** The images that are damaged: the demo core as gdb wrote it, and built ones small enough for many cases. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { zstdDecompressSync } from 'node:zlib'
import { buildGlibcCore } from '../builders/glibcCore.ts'
import type { GlibcVersion } from '../builders/glibcVersions.ts'
import { Random } from '../builders/random.ts'
import { randomHeap } from '../builders/randomHeap.ts'

export function demoImage(): Uint8Array {
  return new Uint8Array(zstdDecompressSync(readFileSync(fileURLToPath(new URL('../fixtures/demo/demo.core.zst', import.meta.url)))))
}

/** Notes at the front, as the kernel writes them; two arenas or more, blocks on every list. */
export function builtImage(version: GlibcVersion, blocks = 40): Uint8Array {
  return buildGlibcCore({ ...randomHeap(new Random(3), version, blocks), mapped: [140_000] }).core.bytes
}
