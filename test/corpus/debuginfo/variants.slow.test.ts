/**
 * However a program's debug information is stored, its table is that of the plain program: names, kinds, sizes and members
 * of all types, addresses and types of all variables.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { Unavailable } from '../commands.ts'
import { build } from './build.ts'
import { compareFacts } from './compare.ts'
import type { Composite, Facts, VariableFact } from './forms.ts'
import { gdbFacts, localTypeNames } from './gdb.ts'
import { ourFacts } from './ours.ts'
import { type Made, type Variant, VARIANTS, makeVariant } from './variants.ts'

let compared = 0
let heldAgainstGdb = 0
afterAll(() => console.log(`${compared} types of variants held against their plain program, ${heldAgainstGdb} against gdb`))

describe('the same table as plain', () => {
  test.for(VARIANTS)('$name', async (variant, { skip }) => {
    let made: Made
    let plain: string
    try {
      made = await makeVariant(variant)
      plain = await build(variant.plain)
    } catch (error) {
      if (error instanceof Unavailable) return skip(error.message)
      throw error
    }
    const [expected, found] = [await ourFacts(plain), await ourFacts(made.file, made.debug)]
    expect(found.diagnostics).toEqual([])
    const types = { expected: typesOf(expected, variant), found: typesOf(found, variant) }
    const variables = { expected: variablesOf(expected, variant.same), found: variablesOf(found, variant.same) }
    compared += types.expected.size
    expect(types.expected.size).toBeGreaterThan(10)
    expect({ lost: without(types.expected, types.found), lostVariables: variant.losesVariables ? [] : without(variables.expected, variables.found) }).toEqual({ lost: [], lostVariables: [] })
    // A compiler that is told to write debug information in another way may keep more of it.
    if (!variant.same) await holdAgainstGdb(made.file, plain, found)
    else expect({ more: without(types.found, types.expected), moreVariables: without(variables.found, variables.expected) }).toEqual({ more: [], moreVariables: [] })
  })
})

/** What the compiler told beyond the plain program's table, wherever gdb reads that way of storing it. */
async function holdAgainstGdb(file: string, plain: string, found: Facts): Promise<void> {
  const theirs = await gdbFacts(file).catch(() => null)
  if (theirs === null) return
  const comparison = compareFacts(theirs, found, await localTypeNames(plain))
  heldAgainstGdb += comparison.types
  expect(comparison.unexplained).toEqual([])
}

/** Which static members a class lists changes where it is compiled anew: compilers leave out those that they need not tell. */
function typesOf(facts: Facts, { same, alike }: Variant): Set<string> {
  return new Set(facts.types.map(({ name, form }) => `${name} ${(alike ?? String)(JSON.stringify(same ? form : withoutStatics(form)))}`))
}

function withoutStatics(form: Composite): Composite {
  return form[0] === 'enum' ? form : [form[0], form[1], form[2].filter((member) => member[1] !== null || member[4] !== undefined)]
}

function variablesOf(facts: Facts, withAddress: boolean): Set<string> {
  return new Set(facts.variables.map((fact: VariableFact) => `${fact.name} ${fact.tls ? 'tls' : ''} ${withAddress ? fact.address : ''}`))
}

function without(all: Set<string>, known: Set<string>): string[] {
  return [...all].filter((text) => !known.has(text)).slice(0, 20)
}
