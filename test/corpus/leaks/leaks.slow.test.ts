/**
 * What `corelens leaks` lists of programs with known leaks, against what each program knows of its own blocks, against
 * LeakSanitizer and against valgrind. Where a referee differs, programs.ts says which blocks and why.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { Unavailable, run } from '../commands.ts'
import { BUILDS, type Build, type Held, INTERIOR, PROGRAMS, type Program, type Taken, type Truth, UNSEEN_BY_LSAN, UNSEEN_BY_VALGRIND, takeCore } from './programs.ts'
import { leakSanitizer, valgrind } from './referees.ts'

const main = join(import.meta.dirname, '../../../src-main/hosts/cli/main.ts')
const cases = PROGRAMS.flatMap((program) => BUILDS.map((build) => ({ program, build, name: `${program.source} by ${build.compiler} ${build.optimize}, core by ${build.core}` })))

interface LeakLine {
  addr: string
  size: number
  type: string | null
  head: boolean
  holds: number
}

describe.each(cases)('$name', ({ program, build }) => {
  let made: Promise<Taken & { lines: LeakLine[] }> | undefined
  const taken = (): Promise<Taken & { lines: LeakLine[] }> => (made ??= takeAndAsk(program, build))
  afterAll(async () => {
    const folder = (await made?.catch(() => undefined))?.folder
    if (folder !== undefined) rmSync(join(folder, 'cache'), { recursive: true, force: true })
  })

  testWhereItCan('what leaked is listed, and nothing else is', async () => {
    const { truth, lines } = await taken()
    expect(truth.leaked.length).toBeGreaterThan(500)
    expect(truth.held.size).toBeGreaterThan(200)
    const said = new Map(truth.leaked.map(({ address, usable }) => [address, usable]))
    const listed = new Map(lines.map((line) => [line.addr, line.size]))
    const whatIs = (address: string): string => `${address}: ${truth.held.get(address)?.by ?? (truth.freed.has(address) ? 'freed' : 'unknown to the program')}`
    expect({
      missing: [...said.keys()].filter((address) => !listed.has(address)),
      wrong: [...listed.keys()].filter((address) => !said.has(address)).map(whatIs),
      twice: lines.length - listed.size,
    }).toEqual({ missing: [], wrong: [], twice: 0 })
    expect(lines.filter((line) => line.size !== said.get(line.addr))).toEqual([])
  })

  // types aside, which need the files; a second for each of these is enough
  if (build.core === 'kernel') {
    testWhereItCan('on a machine without the files it is the same', async () => {
      const { folder, core, lines } = await taken()
      const nowhere = join(folder, 'nowhere')
      mkdirSync(nowhere, { recursive: true })
      const graph = (all: LeakLine[]): Omit<LeakLine, 'type'>[] => all.map(({ addr, size, head, holds }) => ({ addr, size, head, holds }))
      expect(graph(await ask(core, '--sysroot', nowhere, '--no-cache'))).toEqual(graph(lines))
    })
  }

  testWhereItCan('each leak has its head, and all of it hangs there', async () => {
    const { truth, lines } = await taken()
    const byAddress = new Map(lines.map((line) => [line.addr, line]))
    const headsOf = new Map<number, number>()
    const groups = new Map<number, { usable: number; counted: number }>()
    for (const { address, usable, group, source } of truth.leaked) {
      const { head = false, holds = 0 } = byAddress.get(address) ?? {}
      if (source === null) expect(`${address} head: ${head}`).toBe(`${address} head: false`)
      else headsOf.set(source, (headsOf.get(source) ?? 0) + (head ? 1 : 0))
      if (!head) expect(holds).toBe(0)
      const sums = groups.get(group) ?? { usable: 0, counted: 0 }
      groups.set(group, { usable: sums.usable + usable, counted: sums.counted + (head ? usable + holds : 0) })
    }
    expect([...headsOf].filter(([, heads]) => heads !== 1)).toEqual([])
    expect([...groups].filter(([, { usable, counted }]) => usable !== counted)).toEqual([])
  })

  testWhereItCan('LeakSanitizer counts the same', async () => {
    const { folder, truth } = await taken()
    const { direct, indirect } = await leakSanitizer(program, build, folder)
    const unseen = heldBy(truth, UNSEEN_BY_LSAN)
    // a block of no bytes is one of one byte there
    const empty = truth.leaked.filter(({ requested }) => requested === 0).length
    expect({ blocks: direct.blocks + indirect.blocks, bytes: direct.bytes + indirect.bytes }).toEqual({ blocks: truth.leaked.length + unseen.length, bytes: requestedOf(truth.leaked) + requestedOf(unseen) + empty })
    // of a cycle all blocks are indirect
    const sources = Map.groupBy(truth.leaked.filter(({ source }) => source !== null), ({ source }) => source)
    const alone = [...sources.values()].filter((blocks) => blocks.length === 1).length
    if (program.endPointers) expect(direct.blocks).toBeLessThanOrEqual(alone)
    else expect(direct.blocks).toBe(alone + headsAmong(unseen))
  })

  testWhereItCan('valgrind counts the same', async () => {
    const { exe, truth } = await taken()
    const { definitely, indirectly, possibly } = await valgrind(exe)
    const unseen = heldBy(truth, UNSEEN_BY_VALGRIND)
    expect({ blocks: definitely.blocks + indirectly.blocks, bytes: definitely.bytes + indirectly.bytes }).toEqual({ blocks: truth.leaked.length + unseen.length, bytes: requestedOf(truth.leaked) + requestedOf(unseen) })
    const interior = heldBy(truth, INTERIOR)
    expect(possibly).toEqual({ blocks: interior.length, bytes: requestedOf(interior) })
    // one of each cycle is definitely lost
    const heads = new Set(truth.leaked.map(({ source }) => source).filter((source) => source !== null)).size
    if (program.lateCycles) expect(definitely.blocks).toBeGreaterThanOrEqual(heads)
    else expect(definitely.blocks).toBe(heads + headsAmong(unseen))
  })
})

async function takeAndAsk(program: Program, build: Build): Promise<Taken & { lines: LeakLine[] }> {
  const taken = await takeCore(program, build)
  return { ...taken, lines: await ask(taken.core, '--cache', join(taken.folder, 'cache')) }
}

async function ask(core: string, ...options: string[]): Promise<LeakLine[]> {
  const printed = await run(process.execPath, [main, 'leaks', core, '--jsonl', ...options])
  return printed.trim().split('\n').map((line) => JSON.parse(line) as LeakLine)
}

/** Skips it, with the reason, where the machine hasn't what it takes. */
function testWhereItCan(name: string, body: () => Promise<void>): void {
  test(name, async ({ skip }) => {
    try {
      await body()
    } catch (error) {
      if (error instanceof Unavailable) return skip(error.message)
      throw error
    }
  })
}

function heldBy(truth: Truth, holders: string[]): (Held & { address: string })[] {
  return [...truth.held].map(([address, block]) => ({ address, ...block })).filter(({ by }) => holders.includes(by))
}

const headsAmong = (blocks: Held[]): number => blocks.filter(({ hangs }) => !hangs).length
const requestedOf = (blocks: { requested: number }[]): number => blocks.reduce((sum, { requested }) => sum + requested, 0)
