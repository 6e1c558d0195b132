/**
 * Damaged and random call frame information, expressions, location lists and bodies of functions: every stack ends with a
 * reason, whatever is wrong becomes a diagnostic, and nothing takes long.
 */
import { expect, test } from 'vitest'
import { openDwarf } from '../../src-main/engine/dwarf/read.ts'
import { UnitLoader } from '../../src-main/engine/dwarf/unitLoader.ts'
import { Diagnostics, FormatError } from '../../src-main/engine/errors.ts'
import { isCallOf, readCallSites } from '../../src-main/engine/stacks/callSites.ts'
import { evaluate, type EvaluationContext } from '../../src-main/engine/stacks/evaluate.ts'
import { FunctionDies } from '../../src-main/engine/stacks/functionDies.ts'
import { expressionAt } from '../../src-main/engine/stacks/locationLists.ts'
import { scopeAt } from '../../src-main/engine/stacks/scopedVariables.ts'
import { Unwinder } from '../../src-main/engine/stacks/unwind.ts'
import { VariableTypes } from '../../src-main/engine/stacks/variableTypes.ts'
import { ProcessSymbols } from '../../src-main/engine/symbols/processSymbols.ts'
import { as, buildUnits, die, ranges, ref, unit, type Value } from '../builders/dwarf.ts'
import { ByteWriter } from '../builders/byteWriter.ts'
import { buildDebugFrame, buildEhFrame, buildEhFrameHeader, memoryOf, moduleOf, type FdeSpec } from '../builders/callFrames.ts'
import { Random } from '../builders/random.ts'
import { mutateDwarf } from './dwarfMutations.ts'

/** Of one case; mostly it is far below one. */
const SLOW_MS = 2000

const CODE = 0x40_0000
const HEADER = 0x41_0000
const FRAME = 0x42_0000
const STACK = 0x7000_0000

/** Null, or what happened. */
function bugIn(step: () => void): string | null {
  const began = performance.now()
  try {
    step()
  } catch (error) {
    if (!(error instanceof FormatError)) return String((error as Error).stack)
  }
  const took = performance.now() - began
  return took > SLOW_MS ? `took ${Math.round(took)} ms` : null
}

/** Random bytes, of which some instructions are likelier than others. */
function instructions(random: Random): number[] {
  const out = new ByteWriter()
  for (let left = random.below(12); left > 0; left--) {
    const op = random.pick([0x0c, 0x0e, 0x83, 0x86, 0x90, 0x41, 0x0a, 0x0b, 0x0f, 0x10, 0x16, 0x12, 0x07, 0x2e, random.below(256)])
    out.u8(op).bytes(random.bytes(random.below(5)))
  }
  return [...out.done()]
}

function damaged(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = bytes.slice(0, random.below(4) === 0 ? random.below(bytes.length + 1) : bytes.length)
  for (let changes = random.below(5); changes > 0 && copy.length > 0; changes--) copy[random.below(copy.length)] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)])
  return copy
}

test('call frame information', { timeout: 120_000 }, () => {
  let stopped = 0
  for (let seed = 1; seed <= 1500; seed++) {
    const random = new Random(seed)
    const fdes = Array.from({ length: 1 + random.below(6) }, (_, i): FdeSpec => ({
      low: CODE + i * 0x100,
      size: 0x100,
      instructions: instructions(random),
      ...(random.below(2) ? {} : { cie: { version: 1, augmentation: random.pick(['zR', 'zPLR', 'zRS', 'zRB', '']), augmentationData: [0x1b, ...random.bytes(random.below(6))], instructions: [0x0c, 7, 8, 0x90, 1] } }),
    }))
    const eh = buildEhFrame(FRAME, fdes, random.below(4) === 0)
    const frame = damaged(eh.bytes, random)
    const header = damaged(buildEhFrameHeader(HEADER, FRAME, random.below(2) ? [] : fdes.map(({ low }, i) => ({ low, position: eh.positions[i] }))), random)
    const words = new ByteWriter()
    for (let i = 0; i < 512; i++) words.u64(random.pick([CODE + random.below(0x600), STACK + random.below(0x1000), STACK + random.below(512) * 8, random.below(2 ** 31), -1]))
    const memory = memoryOf([{ start: CODE, bytes: random.bytes(0x1000), code: true }, { start: HEADER, bytes: header }, { start: FRAME, bytes: frame }, { start: STACK, bytes: words.done() }])
    const module = moduleOf({ base: CODE, end: FRAME + 0x10000 }, { address: HEADER, size: 12 + fdes.length * 8 })
    const machine = random.pick(['x86-64', 'AArch64'] as const)
    const registers = Array.from({ length: 34 }, () => BigInt(random.pick([CODE + random.below(0x600), STACK + random.below(256) * 8, 0])))
    const bug = bugIn(() => {
      const unwinder = new Unwinder(memory, [module], machine, new Diagnostics())
      if (random.below(2)) unwinder.table(module).setDebugFrame(damaged(buildDebugFrame({ version: random.pick([1, 3, 4]), instructions: [0x0c, 7, 8] }, fdes).bytes, random))
      const stack = unwinder.stack(registers)
      if (stack.stopped !== '') stopped++
      expect(stack.frames.length).toBeGreaterThan(0)
    })
    expect([seed, bug]).toEqual([seed, null])
  }
  expect(stopped).toBeGreaterThan(400)
})

test('expressions', () => {
  for (let seed = 1; seed <= 5000; seed++) {
    const random = new Random(seed)
    const context: EvaluationContext = {
      memory: () => BigInt(random.below(2 ** 31)),
      register: () => BigInt(random.below(2 ** 31)),
      frameBase: () => 1n,
      cfa: () => 2n,
      bias: 0,
      indexedAddress: () => random.pick([1, NaN]),
      addressSize: random.pick([4, 8]),
      budget: { steps: 1e6 },
    }
    const bytes = new ByteWriter()
    for (let left = 1 + random.below(20); left > 0; left--) bytes.u8(random.below(3) ? 0x06 + random.below(0x4a) : random.below(256))
    const bug = bugIn(() => void evaluate(bytes.done(), context, random.pick([null, 5n])))
    expect([seed, bug]).toEqual([seed, null])
  }
})

test('location lists', () => {
  const addr = new ByteWriter().u64(1, 2, 3).done()
  for (let seed = 1; seed <= 2000; seed++) {
    const random = new Random(seed)
    const bytes = Uint8Array.from(random.bytes(random.below(200)), (byte) => (random.below(2) ? byte % 10 : byte))
    const unitOf = { unit: { version: random.pick([2, 4, 5]), addressSize: random.pick([4, 8]), offsetSize: random.pick([4, 8]) }, root: { low: 0, addrBase: random.below(30), addressFile: { addr } as never }, loclistsBase: random.pick([NaN, 0, 12, 1e9]) }
    const bug = bugIn(() => void expressionAt({ loc: bytes, loclists: bytes, budget: { entries: 1e5 } }, unitOf, random.below(300), random.below(2) === 0, random.below(300)))
    expect([seed, bug]).toEqual([seed, null])
  }
})

const place = (...bytes: number[]): Value => as('exprloc', Uint8Array.from(bytes))

/** Functions with blocks, inlined functions, lists and types of all kinds. */
function image(version: 4 | 5): ReturnType<typeof buildUnits> {
  const types = [
    die('base_type#int', { name: 'int', byte_size: 4, encoding: 5 }),
    die('structure_type#S', { name: 'S', byte_size: 8 }, [die('member', { name: 'next', type: ref('P'), data_member_location: 0 })]),
    die('pointer_type#P', { byte_size: 8, type: ref('S') }),
    die('typedef#T', { name: 'T', type: ref('P') }),
    die('array_type#A', { type: ref('T') }, [die('subrange_type', { type: ref('int'), upper_bound: 3 })]),
    die('const_type#C', { type: ref('A') }),
  ]
  const body = (at: number): Parameters<typeof die>[2] => [
    die('formal_parameter', { name: 'p', type: ref('P'), location: place(0x91, 0x70) }),
    die('lexical_block', { low_pc: at, high_pc: as('data4', 0x40) }, [die('variable', { name: 'a', type: ref('C'), location: place(0x77, 8) }), die('variable', { name: 'l', type: ref('T'), location: as('sec_offset', 12) })]),
    die('call_site', { call_return_pc: as('addr', at + 0x10), call_origin: ref('inl') }, [die('call_site_parameter', { location: place(0x55), call_value: place(0x73, 0) })]),
    die('inlined_subroutine', { abstract_origin: ref('inl'), low_pc: at, high_pc: as('data4', 0x30) }, [die('formal_parameter', { abstract_origin: ref('q'), location: place(0x53) })]),
  ]
  return buildUnits(
    unit([...types, die('subprogram#inl', { name: 'inl', inline: 1 }, [die('formal_parameter#q', { name: 'q', type: ref('T') })]), die('subprogram', { name: 'f', low_pc: 0x1000, high_pc: as('data4', 0x80), frame_base: place(0x9c) }, body(0x1000)), die('subprogram', { name: 'g', ranges: ranges(['offset_pair', 0x1000, 0x1080]), frame_base: place(0x56) }, body(0x2000))], { version, attributes: { name: 'a.cc', language: 0x1a, low_pc: 0x1000, high_pc: as('data4', 0x2000) } }),
  )
}

test.each([4, 5] as const)('bodies of functions, version %d', { timeout: 120_000 }, (version) => {
  const { files } = image(version)
  let told = 0
  let found = 0
  for (let seed = 1; seed <= 700; seed++) {
    const random = new Random(seed)
    const diagnostics = new Diagnostics()
    const bug = bugIn(() => {
      const loader = new UnitLoader(openDwarf(mutateDwarf(files, seed), diagnostics), diagnostics)
      const functions = new FunctionDies(loader, random.bytes(random.below(80)), diagnostics)
      const types = new VariableTypes(loader, new ProcessSymbols([]), null)
      for (const address of [0x1010, 0x2010, random.below(0x4000)]) {
        const of = functions.at(address)
        if (!of) continue
        functions.guard(null, () => isCallOf(functions, [...readCallSites(functions, of.dies, of.offset).byReturn.values()][0] ?? { origin: random.below(500), parameters: [] }, of.dies, of.offset))
        const scope = functions.guard(null, () => scopeAt(functions, { loc: random.bytes(80), loclists: random.bytes(80), budget: { entries: 1e5 } }, of.dies, of.offset, address))
        for (const { type, inlined } of scope?.variables ?? []) {
          found++
          types.of(of.dies.index, type)
          types.functionName(of.dies.index, inlined)
        }
      }
    })
    expect([seed, bug]).toEqual([seed, null])
    if (diagnostics.rows.length > 0) told++
  }
  expect([told > 100, found > 500]).toEqual([true, true])
})
