/**
 * How much of the heap corelens types, and how much of that is right, over the programs that know:
 * `node test/corpus/types/score.ts [PROGRAM…] [--builds o0,o2,…] [--worst 20] [--types 0] [--no-build] [--stripped] [--cli FILE] [--json]`.
 * Cores that are missing or out of date are made; `--no-build` takes those that are there. `--builds` takes words of their names.
 * `--stripped` asks as if there were no symbols and no debug information: what is right is what shape alone can tell.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Unavailable } from '../commands.ts'
import { type Build, BUILDS, type Program, PROGRAMS, type Taken, buildsOf, strippedFile, takeCore, takenBefore, typedefsOf } from './programs.ts'
import { typedBlocks } from './inProcess.ts'
import { isRightByShape } from './names.ts'
import { type Amount, CONFIDENCES, type SaidBlock, type SaidType, type Score, addScore, ask, emptyScore, layoutClasses, score } from './scoring.ts'
import { readTruth } from './typelog.ts'

/** What `corelens blocks` says of a core, scored. A cache of its own, so that no older answer serves. */
export async function scoreCore(program: Program, { folder, core, truth }: Taken, cli?: string): Promise<Score> {
  const cache = join(folder, `cache-${process.pid}`)
  try {
    const options = ['--cache', cache]
    const blocks = await ask<SaidBlock>('blocks', core, ['--state', 'used', ...options], cli)
    const types = await ask<SaidType>('types', core, options, cli).catch(() => [])
    return score(readTruth(truth), blocks, layoutClasses(types), typedefsOf(program))
  } finally {
    rmSync(cache, { recursive: true, force: true })
  }
}

/** The same without symbols and debug information: what shape alone tells is right. Whatever is reached or not. */
export async function scoreStripped(program: Program, taken: Taken): Promise<Score> {
  const blocks = await typedBlocks(taken.core, join(taken.folder, program.name), await strippedFile(program, taken))
  const said = blocks.filter(({ state }) => state === 'used').map((block) => ({ ...block, addr: `0x${block.addr.toString(16)}` }))
  return score(readTruth(taken.truth), said, () => false, typedefsOf(program), isRightByShape)
}

const share = (part: number, whole: number): string => (whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`)
const both = (part: Amount, whole: Amount): string[] => [share(part.blocks, whole.blocks), share(part.bytes, whole.bytes)]

const HEADINGS = ['', 'blocks', 'KB', 'coverage', 'by bytes', 'precision', 'by bytes', 'layout class', 'counts', 'or rounded', 'raw typed', 'unreached', 'missing', 'untold', 's']

function row(name: string, s: Score, seconds: number): string[] {
  return [
    name, String(s.scored.blocks), String(Math.round(s.scored.bytes / 1024)), ...both(s.right, s.scored), ...both(s.right, s.typed), share(s.alike.blocks, s.scored.blocks), share(s.counted, s.arrays), share(s.counted + s.rounded, s.arrays),
    s.raw.blocks === 0 ? '-' : `${s.rawTyped.blocks}/${s.raw.blocks}`, String(s.unreachable), String(s.missing.length), String(s.untold), seconds.toFixed(1),
  ]
}

/** The first column to the left, all others to the right; the columns in `left` to the left too. */
function table(rows: string[][], left: number[] = [0]): string {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((cells) => cells[i]?.length ?? 0))) ?? []
  return rows.map((cells) => cells.map((cell, i) => (left.includes(i) ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ').trimEnd()).join('\n')
}

function calibration(s: Score): string {
  const named = CONFIDENCES.map((from, i) => `[${from.toFixed(2)}, ${(CONFIDENCES[i + 1] ?? 1).toFixed(2)}${i + 1 < CONFIDENCES.length ? ')' : ']'}`)
  return table([['confidence', 'typed', 'right'], ...s.calibration.map(({ typed, right }, i) => [named[i] ?? '', String(typed), share(right, typed)])])
}

/** Names differ at their ends. */
const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length / 2)}…${text.slice(1 - length / 2)}` : text)

function worst(s: Score, what: 'wrong' | 'untyped', count: number): string {
  const mistakes = [...s.mistakes.values()].filter(({ said }) => (said === null) === (what === 'untyped')).sort((a, b) => b.amount.blocks - a.amount.blocks)
  return table([['truth', ...(what === 'wrong' ? ['said'] : []), 'blocks', 'KB'], ...mistakes.slice(0, count).map(({ truth, said, amount }) => [cut(truth, 90), ...(said === null ? [] : [cut(said, 90)]), String(amount.blocks), String(Math.round(amount.bytes / 1024))])], what === 'wrong' ? [0, 1] : [0])
}

function byType(s: Score, count: number): string {
  const types = [...s.types].sort(([, a], [, b]) => b.scored - a.scored).slice(0, count)
  return table([['type', 'blocks', 'typed', 'right'], ...types.map(([type, { scored, typed, right }]) => [cut(type, 110), String(scored), share(typed, scored), share(right, scored)])])
}

async function taken(program: Program, build: Build, fresh: boolean): Promise<Taken> {
  if (fresh) return takeCore(program, build)
  const before = takenBefore(program, build)
  if (before === null) throw new Unavailable('not made yet')
  return before
}

async function command(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { builds: { type: 'string' }, worst: { type: 'string', default: '20' }, types: { type: 'string', default: '0' }, 'no-build': { type: 'boolean', default: false }, stripped: { type: 'boolean', default: false }, cli: { type: 'string' }, json: { type: 'boolean', default: false } },
  })
  const unknown = positionals.filter((word) => !PROGRAMS.some(({ name }) => name === word))
  if (unknown.length > 0) throw new Error(`no program ${unknown.join(', ')}; there are ${PROGRAMS.map(({ name }) => name).join(', ')}`)
  const words = values.builds?.split(',') ?? ['']
  const all = emptyScore()
  const perBuild = new Map(BUILDS.map(({ name }) => [name, { score: emptyScore(), seconds: 0 }]))
  const rows = [HEADINGS]
  const lines: object[] = []
  for (const program of PROGRAMS) {
    if (positionals.length > 0 && !positionals.includes(program.name)) continue
    for (const build of buildsOf(program)) {
      if (!words.some((word) => build.name.includes(word))) continue
      try {
        const core = await taken(program, build, !values['no-build'])
        const began = performance.now()
        const one = values.stripped ? await scoreStripped(program, core) : await scoreCore(program, core, values.cli)
        const seconds = (performance.now() - began) / 1000
        rows.push(row(`${program.name} ${build.name}`, one, seconds))
        lines.push({ program: program.name, build: build.name, scored: one.scored, typed: one.typed, right: one.right, alike: one.alike, calibration: one.calibration })
        addScore(all, one)
        const sum = perBuild.get(build.name)
        if (sum !== undefined) {
          addScore(sum.score, one)
          sum.seconds += seconds
        }
        if (!values.json && process.stderr.isTTY) process.stderr.write(`\r${program.name} ${build.name}\x1b[K`)
      } catch (error) {
        rows.push([`${program.name} ${build.name}`, error instanceof Unavailable ? `skipped: ${error.message}` : `FAILED: ${String(error).slice(0, 600)}`])
        if (!(error instanceof Unavailable)) process.exitCode = 1
      }
    }
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  if (values.json) {
    for (const line of lines) console.log(JSON.stringify(line))
    return
  }
  const failed = rows.filter((cells) => cells.length === 2)
  const scored = rows.filter((cells) => cells.length > 2)
  const sums = [...perBuild].filter(([, sum]) => sum.score.scored.blocks > 0)
  const seconds = sums.reduce((total, [, sum]) => total + sum.seconds, 0)
  console.log(table([...scored, ...sums.map(([name, sum]) => row(`all ${name}`, sum.score, sum.seconds)), row('all', all, seconds)]))
  for (const cells of failed) console.log(cells.join(': '))
  console.log(`\nconfidence, all\n${calibration(all)}`)
  console.log(`\nwrong, most blocks first\n${worst(all, 'wrong', Number(values.worst))}`)
  console.log(`\nuntyped, most blocks first\n${worst(all, 'untyped', Number(values.worst))}`)
  if (Number(values.types) > 0) console.log(`\nby type\n${byType(all, Number(values.types))}`)
}

if (import.meta.filename === process.argv[1]) await command()
