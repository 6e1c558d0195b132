/**
 * The class of every object of classes.cpp, by its vtable, against what the program says it is: gcc and clang, with
 * and without RTTI, stripped, static, non-PIE. Blocks that the program did not name must not get one of its classes.
 */
import { describe, expect, test } from 'vitest'
import { analyse } from './analyse.ts'
import { Unavailable } from './commands.ts'
import { type Made, make } from './make.ts'
import { specimens } from './specimens.ts'
import { readTruth } from './truth.ts'

const classSpecimens = specimens.filter((s) => s.kind === 'program' && s.source === 'classes.cpp')

/** Spaces, and `long` or `long int`, are the demangler's taste. */
function canonical(type: string): string {
  return type.replaceAll(' int', '').replaceAll('main()::', 'main::').replaceAll(/\s/g, '')
}

describe.each(classSpecimens)('$name', (specimen) => {
  test('objects have their classes', async ({ skip }) => {
    const made = await make(specimen).catch((error: unknown): string | Made => {
      if (error instanceof Unavailable) return error.message
      throw error
    })
    if (typeof made === 'string') return skip(made)
    const truth = readTruth(made.truth ?? '')
    const { blocks } = await analyse(made.core, { files: 'this machine', debug: [] })
    const types = new Map(blocks.filter((b) => b.state === 'used').map((b) => [b.addr, b]))
    const wrong = new Map<string, number>()
    const classes = new Set<string>()
    for (const [address, { name }] of truth.live) {
      if (name === '') continue
      classes.add(canonical(name))
      const found = types.get(address)?.type ?? null
      if (found === null || canonical(found) !== canonical(name)) count(wrong, `${name} called ${found ?? 'nothing'}`)
    }
    expect(classes.size).toBeGreaterThan(5)
    const arrays = [...types.values()].filter((b) => b.type === 'shapes::Circle[]')
    expect(arrays.map((b) => b.count)).toEqual(Array.from({ length: 8 }, () => 3)) // new Circle[3]
    for (const [address, block] of types) {
      if (block.type === null || !classes.has(canonical(block.type)) || truth.live.get(address)?.name !== '') continue
      count(wrong, `a block of ${block.size} bytes that is no ${block.type}`)
    }
    if (wrong.size > 0) expect.fail([made.core, ...[...wrong].map(([what, times]) => `${times} × ${what}`)].join('\n'))
  })
})

function count(into: Map<string, number>, what: string): void {
  into.set(what, (into.get(what) ?? 0) + 1)
}
