/**
 * `npm run bench -- graph [100m 1g 4g sparse | CORE…]`: the pointer graph of a core. From a fresh index, beside chap to its prompt,
 * where CHAP names one, each pair one after the other; from the index; the kernels over the first core's graph, beside C; growth.
 * Symbols are in the database before: they are read once for each build, and other cores share them.
 *
 * Whole commands are those of out/main: build it first. `sparse` is a core of 16 GB that graphSparse.ts makes, mostly holes.
 * Machines are noisy: read the ratios, medians of RUNS. What is over its target says so.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { indexesFolder } from '../../src-main/storage/cacheCleanup.ts'
import { benchCore, SIZES } from './cores.ts'
import type { Asked, Latency } from './graphAsked.ts'
import type { GraphBuilt } from './graphBuilt.ts'
import { graphCounts, removeGraph, type GraphCounts } from './graphIndex.ts'
import { benchKernels } from './graphKernels.ts'
import { sparseCore } from './graphSparse.ts'
import { median, medianOf, medians, readOnce, RUNS, timed, type Measured } from './measure.ts'

const cli = fileURLToPath(new URL('../../out/main/cli.js', import.meta.url))
const chap = process.env['CHAP']
const SPARSE = 'sparse'

const CHAP_TIME = { references: 5, retained: 3 }
const CHAP_MEMORY = 3
const SECONDS_FROM_INDEX = 1
const WORST_MS = 100
/** Of the core, and MB beside. */
const PEAK_SHARE = 0.5
const PEAK_MB = 200

interface Grown extends GraphCounts {
  name: string
  references: number
  retained: number
  peakMB: number
}

export async function benchGraph(given: string[]): Promise<void> {
  if (!existsSync(cli)) throw new Error('out/main/cli.js is missing: npm run build makes it')
  const names = given.length > 0 ? given : ['100m']
  const grown: Grown[] = []
  for (const [i, name] of names.entries()) {
    const folder = mkdtempSync(join(tmpdir(), 'corelens-bench-'))
    try {
      const core = name === SPARSE ? sparseCore(folder) : name in SIZES ? await benchCore(name) : name
      const cache = join(folder, 'cache')
      benchOne(core, cache, name !== SPARSE)
      if (i === 0) await benchKernels(core, cache)
      grown.push(growthOf(basename(core), core, cache))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  printGrowth(grown)
  if (!chap) console.log('\nCHAP names no chap binary: not measured beside it')
}

/** Leaves the core's index in the cache. @param besideChap chap did not get through the sparse core within two minutes */
function benchOne(core: string, cache: string, besideChap: boolean): void {
  const size = statSync(core).size
  const corelens = (command: string, anew: boolean): Measured => {
    if (anew) rmSync(indexesFolder(cache), { recursive: true, force: true })
    return timed(process.execPath, [cli, command, core, '--json', '--limit', '1', '--cache', cache, '--quiet'])
  }
  readOnce(core) // from here on in the page cache
  corelens('retained', true)
  const { blocks, edges, words } = graphCounts(cache)
  console.log(`\n${basename(core)}: ${(size / 1e9).toFixed(2)} GB, ${(blocks / 1e6).toFixed(1)} million blocks, ${(words / 1e6).toFixed(0)} million words, ${(edges / 1e6).toFixed(1)} million edges; medians of ${RUNS}, turn by turn; load ${loadavg()[0].toFixed(1)} on ${availableParallelism()} processors`)
  const runs = { top: [] as Measured[], leaks: [] as Measured[], retained: [] as Measured[], chap: [] as Measured[] }
  for (let run = 0; run < RUNS; run++) {
    runs.top.push(corelens('top', true))
    runs.leaks.push(corelens('leaks', true))
    if (chap && besideChap) runs.chap.push(timed(chap, [core], process.env, ''))
    runs.retained.push(corelens('retained', true))
  }
  const theirs = runs.chap.length > 0 ? medianOf(runs.chap) : null
  const limit = PEAK_SHARE * (size / 2 ** 20) + PEAK_MB
  if (theirs !== null) row('chap to its prompt', theirs, '')
  row('corelens top, fresh index', medianOf(runs.top), 'without the graph')
  for (const [what, measured, wanted] of [['corelens leaks, fresh index', runs.leaks, CHAP_TIME.references], ['corelens retained, fresh index', runs.retained, CHAP_TIME.retained]] as const) {
    const ours = medianOf([...measured])
    const ratios = theirs === null ? '' : `chap/corelens: time ${against(theirs.seconds / ours.seconds, wanted)}, memory ${against(theirs.peakMB / ours.peakMB, CHAP_MEMORY)}; `
    row(what, ours, `${ratios}peak ${percent(ours.peakMB / limit)} of ${PEAK_SHARE} × core + ${PEAK_MB} MB${ours.peakMB > limit ? ' OVER' : ''}`)
  }
  const top = medians(() => corelens('top', false))
  row('corelens top, from the index', top, top.seconds < SECONDS_FROM_INDEX ? '' : `OVER ${SECONDS_FROM_INDEX} s`)
  printAsked(script<Asked[]>('graphAsked.ts', core, cache))
}

function row(what: string, measured: Measured, note: string): void {
  console.log(`  ${what.padEnd(32)} ${measured.seconds.toFixed(2).padStart(7)} s ${measured.peakMB.toFixed(0).padStart(6)} MB   ${note}`)
}

const against = (ratio: number, wanted: number): string => `${ratio.toFixed(2)} (wanted ${wanted}${ratio < wanted ? ', MISSED' : ''})`
const percent = (share: number): string => `${(share * 100).toFixed(0)} %`

function printAsked(asked: Asked[]): void {
  const right = (widths: number[], texts: string[]): string => texts.map((text, i) => text.padStart(widths[i])).join('   ')
  console.log(`  ${'questions, milliseconds'.padEnd(29)}${right([24, 16, 16], ['300 blocks all over', 'most referred to', '10 largest'])}`)
  console.log(`  ${' '.repeat(29)}${right([24, 16, 16], ['median    99 %   worst', 'median   worst', 'median   worst'])}`)
  const ms = (value: number): string => `${value.toFixed(2).padStart(8)}${value > WORST_MS ? ' OVER' : ''}`
  const both = ({ median: middle, worst }: Latency): string => `${ms(middle)}${ms(worst)}`
  for (const { question, spread, mostReferrers, largest } of asked) console.log(`    ${question.padEnd(26)} ${ms(spread.median)}${ms(spread.slow)}${ms(spread.worst)}   ${both(mostReferrers)}   ${both(largest)}`)
}

/** The graph alone, from the blocks' index. */
function growthOf(name: string, core: string, cache: string): Grown {
  const counts = graphCounts(cache)
  const built = Array.from({ length: RUNS }, () => {
    removeGraph(cache)
    return script<GraphBuilt>('graphBuilt.ts', core, cache)
  })
  const of = (field: 'referencesSeconds' | 'retainedSeconds' | 'peakMB'): number => median(built.map((one) => one[field]))
  return { name, ...counts, references: of('referencesSeconds'), retained: of('retainedSeconds'), peakMB: of('peakMB') }
}

function printGrowth(grown: Grown[]): void {
  console.log('\ngrowth: the graph alone, from the blocks’ index; references, layouts, reachability and leaks, then dominators and retained sizes')
  for (const { name, blocks, words, edges, references, retained, peakMB } of grown) {
    const seconds = references + retained
    console.log(`  ${name.padEnd(14)} ${references.toFixed(2).padStart(7)} s + ${retained.toFixed(2).padStart(6)} s  ${peakMB.toFixed(0).padStart(6)} MB   ${((seconds / words) * 1e9).toFixed(1).padStart(6)} ms a million words  ${((seconds / edges) * 1e9).toFixed(0).padStart(6)} ms a million edges  ${((seconds / blocks) * 1e9).toFixed(0).padStart(6)} ms a million blocks   ${((peakMB / blocks) * 1e6).toFixed(0).padStart(5)} MB a million blocks`)
  }
}

/** One of this folder's scripts in a process of its own. */
function script<Answer>(name: string, core: string, cache: string): Answer {
  const { status, stdout, stderr } = spawnSync(process.execPath, [fileURLToPath(new URL(name, import.meta.url)), core, cache], { encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (status !== 0) throw new Error(`${name}: ${stderr.slice(-2000)}`)
  return JSON.parse(stdout) as Answer
}
