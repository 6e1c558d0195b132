/**
 * `npm run bench -- types [100m 1g 4g | CORE…]`: what types cost: from the blocks in the cache and symbols in the database to
 * typed lists, by stage and beside reading the file once; what a label costs then.
 * `npm run bench -- types accuracy [PROGRAM…]`: how much of the heaps of test/corpus/types is typed and right, with everything
 * and without one part at a time; one build of each program (gcc -O2), blocks, all programs together.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { InferencePart } from '../../src-main/engine/types/inference.ts'
import type { Outcome } from '../../src-main/contract/outcome.ts'
import { hex } from '../../src-main/engine/bytes/units.ts'
import { CoreService } from '../../src-main/service/coreService.ts'
import { typedBlocks } from '../corpus/types/inProcess.ts'
import { BUILDS, PROGRAMS, takeCore, typedefsOf } from '../corpus/types/programs.ts'
import { addScore, emptyScore, score, type Score } from '../corpus/types/scoring.ts'
import { readTruth } from '../corpus/types/typelog.ts'
import { benchCore, SIZES } from './cores.ts'
import { readOnce } from './measure.ts'

const BUILD = 'gcc-o2'
const PARTS: InferencePart[] = ['vtables', 'containers', 'stacks', 'retraction', 'layouts']

export async function benchTypes(given: string[]): Promise<void> {
  if (given[0] === 'accuracy') return accuracy(given.slice(1))
  for (const name of given.length > 0 ? given : ['100m', '1g']) await cost(name in SIZES ? await benchCore(name) : name)
}

async function cost(core: string): Promise<void> {
  readOnce(core)
  const once = readOnce(core).seconds
  const gigabytes = statSync(core).size / 1e9
  const cache = mkdtempSync(join(tmpdir(), 'corelens-bench-'))
  const service = new CoreService({ info: { host: 'cli', version: 'bench', canChoose: false, canDrop: false }, open: { debug: [] }, cacheFolder: cache, symbolsWhenAsked: true, graphWhenAsked: true, typesWhenAsked: true })
  try {
    const offered = await service.offer(core, true, false)
    const { core: handle } = value(await service.openCore({ file: offered.file }))
    value(await service.awaitSymbols({ core: handle }))
    const started = performance.now()
    const { timings, state, message } = value(await service.awaitTypes({ core: handle }))
    const seconds = (performance.now() - started) / 1000
    if (state !== 'ready') throw new Error(message)
    const used = value(await service.listTop({ core: handle, by: 'type', sort: 'bytes', descending: true, filter: '', offset: 0, limit: 1 })).all.count
    const untyped = value(await service.listBlocks({ core: handle, state: 'used', type: null, offset: 0, limit: 1 }))
    console.log(`\n${core}: ${gigabytes.toFixed(2)} GB, ${(used / 1e6).toFixed(2)} million used blocks, ${((100 * (used - untyped.total)) / used).toFixed(1)} % typed`)
    console.log(`  types, everything before them cached ${seconds.toFixed(2)} s, ${(seconds / gigabytes).toFixed(1)} s a GB, ${(seconds / once).toFixed(0)} × reading once; peak of the process ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB (0.5 × core + 200 MB = ${(gigabytes * 477 + 200).toFixed(0)} MB)`)
    console.log(`  ${timings.map(({ stage, seconds: of }) => `${stage} ${of.toFixed(2)}`).join(', ')}`)
    const [block] = untyped.rows
    if (block === undefined) return
    const label = async (scope: 'block' | 'layout'): Promise<string> => {
      const from = performance.now()
      const rows = value(await service.setLabel({ core: handle, addresses: [block.addr], type: 'unsigned char []', scope }))
      return `${rows[0]?.blocks ?? 0} blocks ${((performance.now() - from) / 1000).toFixed(2)} s`
    }
    value(await service.awaitGraph({ core: handle, part: 'references' }))
    console.log(`  a label at ${hex(block.addr)}: ${await label('block')}, then ${await label('layout')}`)
  } finally {
    await service.close()
    rmSync(cache, { recursive: true, force: true })
  }
}

async function accuracy(names: string[]): Promise<void> {
  const build = BUILDS.find(({ name }) => name === BUILD)!
  const sums = new Map<string, Score>()
  for (const program of PROGRAMS.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const { folder, core, truth } = await takeCore(program, build)
    for (const part of ['', ...PARTS] as const) {
      const said = await typedBlocks(core, join(folder, program.name), null, new Set(part === '' ? [] : [part]))
      const of = score(readTruth(truth), said.filter(({ state }) => state === 'used').map((block) => ({ ...block, addr: hex(block.addr) })), () => false, typedefsOf(program))
      const sum = sums.get(part) ?? emptyScore()
      addScore(sum, of)
      sums.set(part, sum)
      console.log(`${program.name.padEnd(12)} ${title(part).padEnd(20)} ${shares(of)}`)
    }
  }
  console.log()
  for (const [part, sum] of sums) console.log(`${'all'.padEnd(12)} ${title(part).padEnd(20)} ${shares(sum)}`)
}

const title = (part: string): string => (part === '' ? 'everything' : `without ${part}`)

function shares({ scored, right, typed }: Score): string {
  const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`
  return `typed and right ${percent(right.blocks, scored.blocks).padStart(7)} of blocks ${percent(right.bytes, scored.bytes).padStart(7)} of bytes, right of typed ${percent(right.blocks, typed.blocks)}`
}

function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.error.what)
  return outcome.value
}
