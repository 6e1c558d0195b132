import { describe, expect, test } from 'vitest'
import { evaluate, type EvaluationContext, type Place } from '../../../src-main/engine/stacks/evaluate.ts'
import { ByteWriter } from '../../builders/byteWriter.ts'

const context: EvaluationContext = {
  memory: (address, size) => (address === 0x1000n ? BigInt.asUintN(size * 8, 0x1122334455667788n) : null),
  register: (number) => [0x10n, null, 0xffff_ffff_ffff_fff0n][number] ?? (number === 40 ? 5n : null),
  frameBase: () => 0x7000n,
  cfa: () => 0x8000n,
  bias: 0x5500_0000_0000,
  indexedAddress: (index) => (index === 1 ? 0x2000 : NaN),
  addressSize: 8,
  budget: { steps: 1e9 },
}

const w = (): ByteWriter => new ByteWriter()
const run = (bytes: ByteWriter, initial: bigint | null = null): Place | null => evaluate(bytes.done(), context, initial)
const at = (address: bigint): Place => ({ kind: 'address', address })
const lit = (n: number): number => 0x30 + n
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value)

describe('places', () => {
  test.each<[string, ByteWriter, Place | null]>([
    ['addr is moved by the bias', w().u8(0x03).u64(0x1234), at(0x5500_0000_1234n)],
    ['addrx', w().u8(0xa1).uleb128(1), at(0x5500_0000_2000n)],
    ['addrx that leads nowhere', w().u8(0xa1).uleb128(2), null],
    ['constx', w().u8(0xa2).uleb128(1), at(0x2000n)],
    ['fbreg', w().u8(0x91).sleb128(-24), at(0x6fe8n)],
    ['breg0', w().u8(0x70).sleb128(-1), at(0xfn)],
    ['breg of an unknown register', w().u8(0x71).sleb128(0), null],
    ['breg2 wraps round', w().u8(0x72).sleb128(0x20), at(0x10n)],
    ['bregx', w().u8(0x92).uleb128(40).sleb128(3), at(8n)],
    ['call_frame_cfa, plus_uconst', w().u8(0x9c, 0x23).uleb128(0x100), at(0x8100n)],
    ['reg6', w().u8(0x56), { kind: 'register', register: 6 }],
    ['regx', w().u8(0x90).uleb128(40), { kind: 'register', register: 40 }],
    ['stack_value', w().u8(lit(7), 0x9f), { kind: 'value', value: 7n }],
    ['implicit_value', w().u8(0x9e).uleb128(4).u32(0x8000_0001), { kind: 'value', value: 0x8000_0001n }],
    ['an implicit_value that is no number', w().u8(0x9e).uleb128(9).zeroes(9), null],
    ['deref', w().u8(0x0a).u16(0x1000).u8(0x06), at(0x1122334455667788n)],
    ['deref_size', w().u8(0x0a).u16(0x1000).u8(0x94, 2), at(0x7788n)],
    ['deref of what is absent', w().u8(lit(8), 0x06), null],
    ['deref_size of no size', w().u8(0x0a).u16(0x1000).u8(0x94, 9), null],
    ['nothing', w(), null],
    ['nop', w().u8(0x96, lit(1)), at(1n)],
    ['a register and a piece', w().u8(0x50, 0x93).uleb128(8), null],
    ['a place and a piece', w().u8(0x70).sleb128(0).u8(0x93).uleb128(8), null],
    ['entry_value', w().u8(0xa3).uleb128(1).u8(0x55, 0x9f), null],
    ['implicit_pointer', w().u8(0xa0).u32(1).sleb128(0), null],
    ['form_tls_address', w().u8(0x0e).u64(8).u8(0x9b), null],
    ['an operation of nobody', w().u8(0xff), null],
  ])('%s', (_name, bytes, place) => expect(run(bytes)).toEqual(place))
})

describe('numbers', () => {
  test.each<[string, ByteWriter, bigint]>([
    ['const1u', w().u8(0x08, 0xff), 255n],
    ['const1s', w().u8(0x09, 0xff), u64(-1n)],
    ['const2u', w().u8(0x0a).u16(0xfffe), 0xfffen],
    ['const2s', w().u8(0x0b).u16(0xfffe), u64(-2n)],
    ['const4u', w().u8(0x0c).u32(0xfffffffd), 0xfffffffdn],
    ['const4s', w().u8(0x0d).u32(0xfffffffd), u64(-3n)],
    ['const8u', w().u8(0x0e).u64(-4n), u64(-4n)],
    ['const8s', w().u8(0x0f).u64(-4n), u64(-4n)],
    ['constu', w().u8(0x10).uleb128(2n ** 64n - 1n), u64(-1n)],
    ['consts', w().u8(0x11).sleb128(-300), u64(-300n)],
    ['dup, plus', w().u8(lit(5), 0x12, 0x22), 10n],
    ['drop', w().u8(lit(5), lit(6), 0x13), 5n],
    ['over', w().u8(lit(5), lit(6), 0x14), 5n],
    ['pick', w().u8(lit(1), lit(2), lit(3), 0x15, 2), 1n],
    ['swap, minus', w().u8(lit(5), lit(6), 0x16, 0x1c), 1n],
    // top, second, third become second, third, top
    ['rot', w().u8(lit(1), lit(2), lit(3), 0x17), 2n],
    ['rot, drop', w().u8(lit(1), lit(2), lit(3), 0x17, 0x13), 1n],
    ['rot, drop, drop', w().u8(lit(1), lit(2), lit(3), 0x17, 0x13, 0x13), 3n],
    ['abs', w().u8(0x09, 0xfb, 0x19), 5n],
    ['and', w().u8(lit(12), lit(10), 0x1a), 8n],
    ['div is signed', w().u8(0x09, 0xf8, lit(3), 0x1b), u64(-2n)],
    ['minus', w().u8(lit(3), lit(5), 0x1c), u64(-2n)],
    ['mod', w().u8(lit(17), lit(5), 0x1d), 2n],
    ['mul', w().u8(lit(6), lit(7), 0x1e), 42n],
    ['neg', w().u8(lit(1), 0x1f), u64(-1n)],
    ['not', w().u8(lit(0), 0x20), u64(-1n)],
    ['or', w().u8(lit(12), lit(3), 0x21), 15n],
    ['shl', w().u8(lit(1), lit(31), 0x24), 1n << 31n],
    ['shl by too much', w().u8(lit(1), 0x08, 64, 0x24), 0n],
    ['shr', w().u8(0x09, 0x80, 0x08, 60, 0x25), 15n],
    ['shra', w().u8(0x09, 0x80, lit(4), 0x26), u64(-8n)],
    ['xor', w().u8(lit(12), lit(10), 0x27), 6n],
    ['eq', w().u8(lit(3), lit(3), 0x29), 1n],
    ['ge', w().u8(0x09, 0xff, lit(3), 0x2a), 0n],
    ['gt', w().u8(lit(4), lit(3), 0x2b), 1n],
    ['le', w().u8(0x09, 0xff, lit(3), 0x2c), 1n],
    ['lt', w().u8(0x09, 0xff, lit(3), 0x2d), 1n],
    ['ne', w().u8(lit(3), lit(3), 0x2e), 0n],
    ['skip', w().u8(lit(1), 0x2f).u16(1).u8(lit(2), lit(3), 0x22), 4n],
    ['bra taken', w().u8(lit(9), lit(1), 0x28).u16(1).u8(0x20, 0x96), 9n],
    ['bra not taken', w().u8(lit(9), lit(0), 0x28).u16(1).u8(0x1f), u64(-9n)],
  ])('%s', (_name, bytes, value) => expect(run(bytes)).toEqual(at(value)))

  test('what is on the stack at first', () => expect(run(w().u8(0x23).uleb128(8), 0x100n)).toEqual(at(0x108n)))
})

describe('bounds', () => {
  test('a loop ends', () => expect(run(w().u8(0x2f).u16(-3))).toBeNull())
  test('a stack does not grow without end', () => expect(run(w().u8(lit(1), 0x12, 0x2f).u16(-4))).toBeNull())
  test('a budget for all', () => {
    const budget = { steps: 3 }
    const bytes = w().u8(lit(1), 0x96).done()
    expect([1, 2, 3].map(() => evaluate(bytes, { ...context, budget }))).toEqual([at(1n), null, null])
  })
  test('an empty stack', () => expect(run(w().u8(0x22))).toBeNull())
  test('pick beyond the stack', () => expect(run(w().u8(lit(1), 0x15, 9))).toBeNull())
  test('division by zero', () => {
    expect(run(w().u8(lit(1), lit(0), 0x1b))).toBeNull()
    expect(run(w().u8(lit(1), lit(0), 0x1d))).toBeNull()
  })
  test('a jump out of the expression', () => expect(() => run(w().u8(0x2f).u16(100))).toThrow('jumps out'))
  test('an operand that is cut off', () => expect(() => run(w().u8(0x0e).u32(1))).toThrow('8 more bytes'))
})
