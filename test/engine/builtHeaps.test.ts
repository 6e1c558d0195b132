/** The engine over heaps whose every block is known, for each layout of glibc's structures, with libc's symbols and without. */
import { describe, expect, test } from 'vitest'
import type { BlockRow } from '../../src-main/contract/rows.ts'
import { openSession } from '../../src-main/engine/analysis.ts'
import { wasmModule } from '../../src-main/storage/wasmModules.ts'
import { buildGlibcCore, type GlibcCore } from '../builders/glibcCore.ts'
import { GLIBC_VERSIONS } from '../builders/glibcVersions.ts'
import { memoryByteSource } from '../builders/memoryByteSource.ts'
import { Random } from '../builders/random.ts'
import { randomHeap } from '../builders/randomHeap.ts'

interface Found {
  blocks: BlockRow[]
  /** Beyond files that are missing. */
  complaints: string[]
}

async function analyse(built: GlibcCore, symbols: boolean): Promise<Found> {
  const session = await openSession('built', { debug: [] }, {
    core: memoryByteSource(built.core.bytes, 'built.core'),
    files: {
      open(path) {
        const bytes = symbols ? built.files.get(path) : undefined
        return bytes ? memoryByteSource(bytes, path) : null
      },
    },
    store: null,
    progress: { stage: () => {}, advance: () => {} },
    wasm: wasmModule,
    now: () => 0,
    peakMemory: () => 0,
  })
  const { rows } = session.listBlocks({ core: 'built', state: 'all', offset: 0, limit: 10_000 })
  const { diagnostics, accounting } = session.summary()
  expect(accounting.rows.reduce((sum, row) => sum + row.bytes, 0)).toBe(accounting.mapped)
  session.close()
  return { blocks: rows, complaints: diagnostics.filter(({ kind }) => kind !== 'missing').map(({ where, message }) => `${where}: ${message}`) }
}

const line = (addr: number, size: number, state: string): string => `0x${addr.toString(16)} ${size} ${state}`

describe.each(GLIBC_VERSIONS)('glibc %s', (version) => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('random heap %i', async (seed) => {
    const built = buildGlibcCore(randomHeap(new Random(seed), version))
    const truth = built.truth.map(({ addr, size, state }) => line(addr, size, state))
    const internal = new Set(built.internal.map(({ addr }) => addr))
    for (const symbols of [true, false]) {
      const { blocks, complaints } = await analyse(built, symbols)
      expect(blocks.filter(({ addr }) => !internal.has(addr)).map(({ addr, size, state }) => line(addr, size, state))).toEqual(truth)
      expect(complaints).toEqual([])
    }
  })
})
