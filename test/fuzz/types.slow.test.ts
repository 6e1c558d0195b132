/** Types of blocks in damaged heaps: words of a real heap are exchanged for addresses of others, small numbers and noise. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openCoreFile } from '../../src-main/engine/corefile/open.ts'
import { Diagnostics } from '../../src-main/engine/errors.ts'
import { memoryByteSource } from '../builders/memoryByteSource.ts'
import { Unavailable } from '../corpus/commands.ts'
import { typedBlocks } from '../corpus/types/inProcess.ts'
import { BUILDS, PROGRAMS, takeCore, type Taken } from '../corpus/types/programs.ts'

const PF_W = 2
const WORDS = 3000
const SEEDS = 12

/** What is put in was elsewhere in the heap, or leads there: cycles, containers that share or hold their own storage. */
function damaged(core: Uint8Array, seed: number): Uint8Array {
  const bytes = core.slice()
  const view = new DataView(bytes.buffer)
  const next = (below: number): number => ((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0), seed % below)
  const heaps = openCoreFile(memoryByteSource(core, 'core'), new Diagnostics()).ranges.filter((range) => range.path === '' && (range.flags & PF_W) !== 0 && range.dumpedEnd - range.start > 65_536)
  for (let i = 0; i < WORDS; i++) {
    const heap = heaps[next(heaps.length)]
    const words = Math.floor((heap.dumpedEnd - heap.start) / 8) - 1
    const at = heap.coreOffset + next(words) * 8
    const kind = next(4)
    const other = kind < 2 ? view.getBigUint64(heap.coreOffset + next(words) * 8, true) : kind === 2 ? BigInt(heap.start + next(words) * 8) : BigInt(next(2) === 0 ? next(5000) : seed) * 0x1_0000_0001n
    view.setBigUint64(at, BigInt.asUintN(64, other), true)
  }
  return bytes
}

test.for(['document', 'server', 'kvstore'])('damaged heaps of %s are typed without a failure and in time', async (name, { skip }) => {
  const program = PROGRAMS.find((one) => one.name === name)!
  let taken: Taken
  try {
    taken = await takeCore(program, BUILDS.find((build) => build.name === 'gcc-o2')!)
  } catch (error) {
    if (error instanceof Unavailable) return skip(error.message)
    throw error
  }
  const core = new Uint8Array(readFileSync(taken.core))
  const folder = mkdtempSync(join(tmpdir(), 'corelens-fuzz-'))
  try {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const file = join(folder, 'core')
      writeFileSync(file, damaged(core, seed))
      const started = performance.now()
      const blocks = await typedBlocks(file, join(taken.folder, program.name))
      expect(blocks.length).toBeGreaterThan(1000)
      expect(performance.now() - started, `seed ${seed}`).toBeLessThan(60_000)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
