/**
 * Every specimen's blocks against the truth, 100 % both ways: with the machine's files; with none at all, as on
 * another machine; and with libc's separate debug file, where that is installed.
 */
import { existsSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { type AnalyseOptions, type Analysis, analyse } from './analyse.ts'
import { Unavailable } from './commands.ts'
import { compare, explain } from './compare.ts'
import { type Made, make } from './make.ts'
import { type Specimen, specimens } from './specimens.ts'
import { readTruth } from './truth.ts'

const DEBUG_FILES = '/usr/lib/debug'

const ways: { name: string; options: AnalyseOptions }[] = [
  { name: 'with files', options: { files: 'this machine', debug: [] } },
  { name: 'without any file', options: { files: 'none', debug: [] } },
  { name: "with libc's debug file", options: { files: 'this machine', debug: [DEBUG_FILES] } },
]

interface Tally {
  specimen: string
  live: number
  freed: number
  coreMegabytes: number
  seconds: number[]
}
const tallies: Tally[] = []

afterAll(() => {
  const lines = tallies.map((t) => `${t.specimen.padEnd(32)} ${String(t.live).padStart(7)} live ${String(t.freed).padStart(7)} freed ${t.coreMegabytes.toFixed(1).padStart(6)} MB  ${t.seconds.map((s) => s.toFixed(2)).join(' ')} s`)
  console.log(lines.join('\n'))
})

describe.each(specimens)('$name', (specimen: Specimen) => {
  let made: Promise<Made | string> | null = null

  /** Or why this machine can't make it. */
  function specimenOrReason(): Promise<Made | string> {
    made ??= make(specimen).catch((error: unknown) => {
      if (error instanceof Unavailable) return error.message
      throw error
    })
    return made
  }

  test.for(ways)('$name', async ({ options }, { skip }) => {
    const found = await specimenOrReason()
    if (typeof found === 'string') return skip(found)
    if (options.debug.length > 0 && !existsSync(`${DEBUG_FILES}/.build-id`)) return skip('libc6-dbg is not installed')
    const began = performance.now()
    const analysis = await analyse(found.core, options)
    note(specimen.name, found, analysis, (performance.now() - began) / 1000)
    check(found, analysis, specimen.kind === 'program' ? specimen.slack : 0)
  })
})

function check(made: Made, { blocks, summary }: Analysis, slack: number): void {
  expect(summary.accounting.rows.reduce((sum, row) => sum + row.bytes, 0)).toBe(summary.accounting.mapped)
  if (made.truth === null) return
  const truth = readTruth(made.truth)
  if (!made.exe.endsWith('/nothing')) expect(truth.live.size).toBeGreaterThan(10)
  const difference = compare(truth, blocks)
  const total = Object.values(difference).reduce((sum: number, found: string[]) => sum + found.length, 0)
  if (total > slack) expect.fail(`${made.core}\n${explain(difference)}\n${diagnosticsOf(summary)}`)
}

function diagnosticsOf(summary: Analysis['summary']): string {
  return summary.diagnostics.filter((d) => d.kind !== 'missing').slice(0, 12).map((d) => `${d.kind}: ${d.where}: ${d.message}`).join('\n')
}

function note(specimen: string, made: Made, { summary }: Analysis, seconds: number): void {
  const known = tallies.find((tally) => tally.specimen === specimen)
  if (known !== undefined) return void known.seconds.push(seconds)
  const truth = made.truth === null ? null : readTruth(made.truth)
  tallies.push({ specimen, live: truth?.live.size ?? 0, freed: truth?.freed.size ?? 0, coreMegabytes: summary.fileSize / 1e6, seconds: [seconds] })
}
