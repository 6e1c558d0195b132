import { describe, expect, test } from 'vitest'
import type { FrameEntry } from '../../../src-main/engine/stacks/frameEntries.ts'
import { frameRowAt, type FrameRow } from '../../../src-main/engine/stacks/frameProgram.ts'
import { ByteWriter } from '../../builders/byteWriter.ts'

const w = (): ByteWriter => new ByteWriter()
const LOW = 0x1000

function row(instructions: ByteWriter, { pc = LOW, common = w().u8(0x0c, 7, 8), encoding = 0x1b, position = 0x2000 } = {}): FrameRow {
  const entry: FrameEntry = {
    common: { codeAlign: 4, dataAlign: -8n, returnAddress: 16, isSignal: false, encoding, addressSize: 8, instructions: common.done(), hasAugmentation: true },
    section: { where: 'test', kind: 'eh', read: () => new Uint8Array(0), bias: 0, dataBase: NaN },
    low: LOW,
    high: LOW + 0x100000,
    instructions: instructions.done(),
    instructionsAt: position,
  }
  return frameRowAt(entry, pc)
}

const cfaAt = (instructions: ByteWriter, pc: number): unknown => row(instructions, { pc }).cfa
const rule = (instructions: ByteWriter, register = 3): unknown => row(instructions).rules.get(register)
const cfa = (register: number, offset: bigint): object => ({ kind: 'register', register, offset })

describe('where the frame lies', () => {
  test.each<[string, ByteWriter, object]>([
    ['by the CIE', w(), cfa(7, 8n)],
    ['def_cfa', w().u8(0x0c, 6, 16), cfa(6, 16n)],
    ['def_cfa_register', w().u8(0x0d, 6), cfa(6, 8n)],
    ['def_cfa_offset', w().u8(0x0e).uleb128(300), cfa(7, 300n)],
    ['def_cfa_sf', w().u8(0x12, 6).sleb128(-2), cfa(6, 16n)],
    ['def_cfa_offset_sf', w().u8(0x13).sleb128(-3), cfa(7, 24n)],
    ['def_cfa_expression', w().u8(0x0f, 2, 0x77, 8), { kind: 'expression', bytes: Uint8Array.of(0x77, 8) }],
    ['a register behind an expression', w().u8(0x0f, 1, 0x96, 0x0d, 6), cfa(6, 0n)],
  ])('%s', (_name, instructions, expected) => expect(row(instructions).cfa).toEqual(expected))

  test('without any instruction', () => expect(row(w(), { common: w() }).cfa).toBeNull())
  test('an offset for an expression', () => expect(() => row(w().u8(0x0f, 1, 0x96, 0x0e, 8))).toThrow('not in a register'))
})

describe('what the caller had in a register', () => {
  test.each<[string, ByteWriter, object | undefined]>([
    ['offset', w().u8(0x83, 2), { kind: 'offset', offset: -16n }],
    ['offset_extended', w().u8(0x05, 3, 2), { kind: 'offset', offset: -16n }],
    ['offset_extended_sf', w().u8(0x11, 3).sleb128(-2), { kind: 'offset', offset: 16n }],
    ['GNU_negative_offset_extended', w().u8(0x2f, 3, 2), { kind: 'offset', offset: 16n }],
    ['undefined', w().u8(0x07, 3), { kind: 'undefined' }],
    ['same_value', w().u8(0x08, 3), { kind: 'same' }],
    ['register', w().u8(0x09, 3, 12), { kind: 'register', register: 12 }],
    ['val_offset', w().u8(0x14, 3, 2), { kind: 'valOffset', offset: -16n }],
    ['val_offset_sf', w().u8(0x15, 3).sleb128(-2), { kind: 'valOffset', offset: 16n }],
    ['expression', w().u8(0x10, 3, 1, 0x96), { kind: 'expression', bytes: Uint8Array.of(0x96) }],
    ['val_expression', w().u8(0x16, 3, 1, 0x96), { kind: 'valExpression', bytes: Uint8Array.of(0x96) }],
    ['restore to no rule', w().u8(0x83, 2, 0xc3), undefined],
    ['restore_extended to no rule', w().u8(0x83, 2, 0x06, 3), undefined],
    ['nop, GNU_args_size and AARCH64_negate_ra_state', w().u8(0x00, 0x2e).uleb128(500).u8(0x2d, 0x2c, 0x83, 2), { kind: 'offset', offset: -16n }],
    ['a register that no machine has', w().u8(0x07).uleb128(5000), undefined],
  ])('%s', (_name, instructions, expected) => expect(rule(instructions)).toEqual(expected))

  test('restore goes back to the CIE’s rule', () => {
    expect(row(w().u8(0x83, 2, 0xc3), { common: w().u8(0x0c, 7, 8, 0x83, 5) }).rules.get(3)).toEqual({ kind: 'offset', offset: -40n })
  })

  test('states are remembered and restored, the CFA too', () => {
    const { cfa: where, rules } = row(w().u8(0x83, 2, 0x0a, 0x0e, 64, 0x07, 3, 0x84, 3, 0x0b))
    expect([where, [...rules]]).toEqual([cfa(7, 8n), [[3, { kind: 'offset', offset: -16n }]]])
  })
})

describe('addresses', () => {
  const steps: [string, ByteWriter, number][] = [
    ['advance_loc', w().u8(0x42), LOW + 8],
    ['advance_loc1', w().u8(0x02, 200), LOW + 800],
    ['advance_loc2', w().u8(0x03).u16(0x300), LOW + 0xc00],
    ['advance_loc4', w().u8(0x04).u32(0x10000), LOW + 0x40000],
    ['MIPS_advance_loc8', w().u8(0x1d).u64(2), LOW + 8],
    // relative to where it stands
    ['set_loc', w().u8(0x01).u32(0x1400 - 0x2001), 0x1400],
  ]
  test.each(steps)('%s', (_name, instructions, location) => {
    const program = instructions.u8(0x0e, 99)
    expect(cfaAt(program, location - 1)).toEqual(cfa(7, 8n))
    expect(cfaAt(program, location)).toEqual(cfa(7, 99n))
  })
})

describe('damage', () => {
  test.each<[string, ByteWriter, string]>([
    ['an instruction of nobody', w().u8(0x3f), 'unknown instruction 0x3f'],
    ['an operand that is cut off', w().u8(0x04, 1), '4 more bytes'],
    ['a block that is too long', w().u8(0x0f, 100), '100 more bytes'],
    ['a state that was not remembered', w().u8(0x0b), 'did not remember'],
    ['too many states', w().bytes(new Uint8Array(300).fill(0x0a)), 'more than 256 states'],
    ['too many instructions', w().zeroes(200_000), 'more than 100000 instructions'],
    ['a number without end', w().u8(0x0e).bytes(new Uint8Array(12).fill(0xff)), ''],
  ])('%s', (_name, instructions, message) => expect(() => row(instructions)).toThrow(message))
})
