/**
 * `npm run bench [-- 100m 1g 4g | CORE…]`: from a core to TopN by vtables, first and second opening, beside reading the file once
 * and, where CHAP names a chap binary, beside chap to its prompt. Machines are noisy: read the ratios, medians of RUNS.
 * `npm run bench -- symbols [10m 50m 130m | ELF…]`: debug information into the symbol database; see symbols.ts.
 * `npm run bench -- types [100m 1g 4g | CORE… | accuracy]`: the types of all blocks: cost, and worth of each part; see types.ts.
 * `npm run bench -- graph [100m 1g 4g sparse | CORE…]`: the pointer graph, beside chap, its kernels beside C; see graph.ts.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { benchCore, SIZES } from './cores.ts'
import { chunkWalkRates } from './chunkWalk.ts'
import { benchGraph } from './graph.ts'
import { RUNS, medians, readOnce, timed, type Measured } from './measure.ts'
import { benchSymbols } from './symbols.ts'
import { benchTypes } from './types.ts'

const cli = fileURLToPath(new URL('../../out/main/cli.js', import.meta.url))
const chap = process.env['CHAP']

async function summaryOf(core: string): Promise<{ timings: Record<string, number>; allocators: { usedCount: number; freeCount: number }[] }> {
  const child = spawn(process.execPath, [cli, 'summary', core, '--json', '--no-cache'])
  const parts: Buffer[] = []
  for await (const part of child.stdout) parts.push(part as Buffer)
  return JSON.parse(Buffer.concat(parts).toString()) as Awaited<ReturnType<typeof summaryOf>>
}

const line = (what: string, m: Measured, baseline: Measured): void => {
  console.log(`  ${what.padEnd(34)} ${m.seconds.toFixed(2).padStart(8)} s ${m.peakMB.toFixed(0).padStart(7)} MB   ${(m.seconds / baseline.seconds).toFixed(2).padStart(7)} × reading once`)
}

async function benchCores(given: string[]): Promise<void> {
  const rates = chunkWalkRates()
  console.log(`chunk walk: ${(rates.kernel / 1e6).toFixed(0)} million chunks a second in WebAssembly, ${(rates.twin / 1e6).toFixed(1)} in TypeScript, ratio ${(rates.kernel / rates.twin).toFixed(1)}`)

  for (const name of given.length > 0 ? given : ['100m', '1g']) {
    const core = name in SIZES ? await benchCore(name) : name
    readOnce(core) // from here on in the page cache
    const summary = await summaryOf(core)
    const blocks = summary.allocators.reduce((sum, a) => sum + a.usedCount + a.freeCount, 0)
    console.log(`\n${name}: ${(statSync(core).size / 1e9).toFixed(2)} GB, ${(blocks / 1e6).toFixed(1)} million blocks; medians of ${RUNS}`)
    const baseline = medians(() => readOnce(core))
    line('reading the file once', baseline, baseline)
    const cache = mkdtempSync(join(tmpdir(), 'corelens-bench-'))
    // types have a bench of their own
    const top = ['top', core, '--limit', '20', '--json', '--untyped']
    line('corelens top, without a cache', medians(() => timed(process.execPath, [cli, ...top, '--no-cache'])), baseline)
    line('corelens top, making the cache', medians(() => {
      rmSync(cache, { recursive: true, force: true })
      return timed(process.execPath, [cli, ...top, '--cache', cache])
    }), baseline)
    line('corelens top, from the cache', medians(() => timed(process.execPath, [cli, ...top, '--cache', cache])), baseline)
    line('corelens blocks --jsonl, from the cache', medians(() => timed(process.execPath, [cli, 'blocks', core, '--state', 'all', '--jsonl', '--untyped', '--cache', cache])), baseline)
    if (chap) line('chap to its prompt', medians(() => timed(chap, [core])), baseline)
    rmSync(cache, { recursive: true, force: true })
    console.log(`  stages: ${Object.entries(summary.timings).map(([stage, seconds]) => `${stage} ${seconds.toFixed(2)} s`).join(', ')}`)
  }
  if (!chap) console.log('\nCHAP names no chap binary: not measured beside it')
}

const given = process.argv.slice(2)
if (given[0] === 'symbols') await benchSymbols(given.slice(1))
else if (given[0] === 'graph') await benchGraph(given.slice(1))
else if (given[0] === 'types') await benchTypes(given.slice(1))
else await benchCores(given)
