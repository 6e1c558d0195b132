/**
 * Stacks of real programs: every frame's pc and CFA and every variable's place, value and type against gdb on the same core;
 * on AArch64, which this machine's gdb does not know, against what the program said and what it is known to do.
 */
import { describe, expect, test } from 'vitest'
import type { StackVariable } from '../../../src-main/engine/stacks/stackVariables.ts'
import { Unavailable } from '../commands.ts'
import { corelensStacks, gdbStacks, make, SPECIMENS, type GdbFrame, type Made, type Ours } from './specimens.ts'

const LARGEST = Number.MAX_SAFE_INTEGER
/** What is inlined comes and goes with the optimizer. */
const CALLS: [thread: string, functions: RegExp][] = [
  ['recursion', /^read,stand(,recurse){21},inRecursion,/],
  ['callback', /^read,stand,compare,.*inCallback,/],
  ['condition', /(^|,)shop::Basket::count,inCondition,/],
  ['handler', /^read,stand,handler,SIGNAL,.*fault,inHandlerThread,/],
  ['leaf', /^read,stand,handler,SIGNAL,spin,inLeaf,/],
]

/** libc's functions have several names. */
const LIBC = /^(__)?(GI_)?(__)?(libc_)?(?=read$)/
/** Of stacks.cpp. */
const OWN = new Set(['main', 'stand', 'recurse', 'inRecursion', 'inRead', 'compare', 'inCallback', 'shop::Basket::count', 'inCondition', 'handler', 'fault', 'inHandlerThread', 'spin', 'inLeaf'])
const nameOf = (ours: Ours, lookup: number): string => (ours.symbols.functionAt(lookup)?.name ?? '?').replace(LIBC, '').replace(/\(.*/, '')
const calls = (ours: Ours, thread: number): string => ours.stacks[thread].frames.map(({ lookup, isSignal }) => (isSignal ? 'SIGNAL' : nameOf(ours, lookup))).join()
/** gcc says `long int`, gdb `long`. */
const plain = (type: string): string => type.replace(/\blong int\b/g, 'long').replace(/\s+/g, '')

/** The program's own word, in terms of what was found. */
function checkSaid(ours: Ours, made: Made): void {
  for (const [thread, functions] of CALLS) expect([thread, ours.tids.map((_, i) => calls(ours, i)).filter((names) => functions.test(names)).length]).toEqual([thread, 1])
  for (const { stopped, wants } of ours.stacks) expect([stopped, wants]).toEqual(['', null])
  for (const [of, addresses] of made.said) {
    const [owner, variable] = of.split(' ')
    const found = ours.variables.filter(({ function: name, name: called }) => name === owner && called === variable).map(({ address }) => address)
    for (const address of addresses) expect([of, found.includes(address)]).toEqual([of, true])
  }
  const one = (owner: string, variable: string): StackVariable | undefined => ours.variables.find(({ function: name, name: called }) => name === owner && called === variable)
  const typed = (owner: string, variable: string): unknown => {
    const type = one(owner, variable)?.type
    return type && [type.spelled, type.named === null ? null : ours.symbols.name(type.named), type.indirections, type.count]
  }
  expect(typed('recurse', 'here')).toEqual(['Node', 'Node', 0, 1])
  expect(typed('inCallback', 'nodes')).toEqual(['Node *[8]', 'Node', 1, 8])
  expect(typed('inCondition', 'basket')).toEqual(['shop::Basket', 'shop::Basket', 0, 1])
  expect(typed('inRead', 'node')).toEqual(['Node *', 'Node', 1, 1])
  expect(typed('handler', 'inHandler')).toEqual(['Node', 'Node', 0, 1])
}

function checkFrames(ours: Ours, theirs: Map<number, GdbFrame[]>): void {
  ours.tids.forEach((tid, thread) => {
    const frames = theirs.get(tid) ?? []
    const found = ours.stacks[thread].frames
    expect([tid, found.map(({ pc }) => pc)]).toEqual([tid, frames.map(({ pc }) => pc)])
    found.forEach(({ cfa, isSignal, lookup }, i) => {
      const { cfa: gdbCfa, signal, name } = frames[i]
      // gdb gives none where the thread began
      if (i < found.length - 1) expect([tid, i, cfa]).toEqual([tid, i, gdbCfa])
      expect([tid, i, isSignal]).toEqual([tid, i, signal])
      const bare = (name ?? '').replace(/\(.*/, '')
      if (OWN.has(bare) || OWN.has(nameOf(ours, lookup))) expect([tid, i, nameOf(ours, lookup)]).toEqual([tid, i, bare])
    })
  })
}

function checkVariables(ours: Ours, theirs: Map<number, GdbFrame[]>): { addresses: number; values: number } {
  const checked = { addresses: 0, values: 0 }
  ours.tids.forEach((tid, thread) => {
    ours.stacks[thread].frames.forEach(({ lookup }, at) => {
      const { locals, name: owner } = (theirs.get(tid) ?? [])[at]
      const where = `${tid} #${at} ${owner}`
      const own = ours.variables.filter((v) => v.thread === thread && v.frame === at && v.name !== '')
      const placed = (all: { name: string; address: number | null }[]): string[] => [...new Set(all.filter(({ address }) => address !== null).map(({ name, address }) => `${name} ${address}`))].sort()
      expect([where, placed(own)]).toEqual([where, placed(locals)])
      for (const { name, address, value, type } of own) {
        const same = locals.filter((local) => local.name === name)
        if (address !== null) checked.addresses++
        else if (same.some(({ bits }) => bits !== null && bits <= LARGEST)) {
          checked.values++
          expect([where, name, same.some(({ bits }) => bits === value)]).toEqual([where, name, true])
        }
        if (ours.moduleOf(lookup) === 'stacks') expect([where, name, same.map((local) => plain(local.type)).includes(plain(type.spelled)), type.spelled]).toEqual([where, name, true, type.spelled])
      }
    })
  })
  return checked
}

describe.each(SPECIMENS)('$name', (specimen) => {
  test('frames and variables', async ({ skip }) => {
    let made: Made
    try {
      made = await make(specimen)
    } catch (error) {
      if (error instanceof Unavailable) return skip(error.message)
      throw error
    }
    const ours = await corelensStacks(made)
    expect(ours.tids.length).toBe(7)
    checkSaid(ours, made)
    expect(ours.diagnostics.rows).toEqual([])
    if (specimen.machine === 'arm64') return
    const theirs = await gdbStacks(made)
    checkFrames(ours, theirs)
    const checked = checkVariables(ours, theirs)
    expect([checked.addresses > 60, checked.values > (specimen.name.includes('o0') ? 0 : 10)]).toEqual([true, true])
  })
})
