/**
 * Every named struct, class, union and enum of real programs, and every variable, against gdb: size, each member's
 * place to the bit, its name and its type. What differs is explained by compare.ts or fails.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { Unavailable, tool } from '../commands.ts'
import { build, debugInfoFolder } from './build.ts'
import { type Comparison, EXPLAINED, compareFacts } from './compare.ts'
import type { TypeFact } from './forms.ts'
import { gdbFacts, localTypeNames } from './gdb.ts'
import { buildIdOfFile, ourFacts } from './ours.ts'
import { SUBJECTS } from './subjects.ts'

const sums = { programs: 0, types: 0, members: 0, variables: 0 }
const explained = new Map<string, number>()

afterAll(() => {
  console.log(`${sums.programs} programs: ${sums.types} types with ${sums.members} members and ${sums.variables} variables held against gdb`)
  for (const [what, times] of explained) console.log(`  ${times} × ${what}: ${EXPLAINED[what as keyof typeof EXPLAINED]}`)
})

function sumUp(comparison: Comparison): void {
  sums.programs++
  sums.types += comparison.types
  sums.members += comparison.members
  sums.variables += comparison.variables
  for (const [what, times] of comparison.explained) explained.set(what, (explained.get(what) ?? 0) + times)
}

/** Libraries of the distribution and interpreters, wherever this machine has their debug information. */
function installed(): { name: string; file: string }[] {
  const libc = '/lib/x86_64-linux-gnu/libc.so.6'
  const id = existsSync(libc) ? buildIdOfFile(libc) : ''
  return id === '' ? [] : [{ name: "libc's debug file", file: `/usr/lib/debug/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug` }]
}

async function hold(file: string, gdbOut?: string): Promise<void> {
  const theirs = await gdbFacts(file, gdbOut)
  const ours = await ourFacts(file)
  expect(ours.diagnostics).toEqual([])
  const comparison = compareFacts(theirs, ours, await localTypeNames(file))
  sumUp(comparison)
  expect(inSeveralRows(ours.types)).toEqual([])
  expect(comparison.types).toBeGreaterThan(10)
  if (comparison.unexplained.length > 0) expect.fail([`${file}: ${comparison.unexplained.length} differences`, ...comparison.unexplained.slice(0, 40)].join('\n'))
}

/** Types that have more than one row, in a program where no name has several meanings: there nothing can tell them apart. */
function inSeveralRows(types: TypeFact[]): string[] {
  const rows = types.map(({ name, form }) => `${name} ${JSON.stringify(form)}`)
  const names = new Set(types.map(({ name }) => name))
  const forms = new Set(rows)
  return names.size === forms.size ? rows.filter((row, i) => rows.indexOf(row) !== i) : []
}

describe('types and variables are as gdb has them', () => {
  test.for(SUBJECTS)('$name', async (subject, { skip }) => {
    let file: string
    try {
      file = await build(subject)
      tool('gdb')
      tool('llvm-dwarfdump')
    } catch (error) {
      if (error instanceof Unavailable) return skip(error.message)
      throw error
    }
    await hold(file)
  })

  test.for(installed())('$name', async ({ name, file }, { skip }) => {
    if (!existsSync(file)) return skip(`${name} is not on this machine`)
    mkdirSync(debugInfoFolder(), { recursive: true })
    await hold(file, join(debugInfoFolder(), `${basename(file)}.gdb.jsonl`))
  })
})
