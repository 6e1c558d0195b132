import { describe, expect, test } from 'vitest'
import type { ProcessInfo } from '../../../src-main/contract/rows.ts'
import { Diagnostics } from '../../../src-main/engine/errors.ts'
import { MAX_FRAMES, Unwinder, type Stack } from '../../../src-main/engine/stacks/unwind.ts'
import { ByteWriter } from '../../builders/byteWriter.ts'
import { buildEhFrame, buildEhFrameHeader, memoryOf, moduleOf, type FdeSpec } from '../../builders/callFrames.ts'

const CODE = 0x40_0000
const HEADER = 0x41_0000
const FRAME = 0x42_0000
const STACK = 0x7000_0000

/** Positions in user_regs_struct. */
const X86 = { rbp: 4, rbx: 5, rip: 16, rsp: 19 }
const ARM = { fp: 29, lr: 30, sp: 31, pc: 32 }

interface Process {
  machine?: ProcessInfo['machine']
  fdes?: FdeSpec[]
  /** Words from STACK on. */
  stack: (number | bigint)[]
  registers: Record<number, number | bigint>
  code?: Uint8Array
  /** Elsewhere. */
  more?: { start: number; words: (number | bigint)[] }[]
}

function unwind({ machine = 'x86-64', fdes = [], stack, registers, code = new Uint8Array(0x1000), more = [] }: Process, diagnostics = new Diagnostics()): Stack {
  const { bytes } = buildEhFrame(FRAME, fdes)
  const header = buildEhFrameHeader(HEADER, FRAME, [])
  const words = (values: (number | bigint)[]): Uint8Array => new ByteWriter().u64(...values).done()
  const memory = memoryOf([{ start: CODE, bytes: code, code: true }, { start: HEADER, bytes: header }, { start: FRAME, bytes }, { start: STACK, bytes: words(stack) }, ...more.map(({ start, words: values }) => ({ start, bytes: words(values) }))])
  const module = moduleOf({ base: CODE, end: FRAME + 0x10000 }, { address: HEADER, size: header.length })
  const all = Array.from({ length: 34 }, (_, i) => BigInt(registers[i] ?? 0))
  return new Unwinder(memory, [module], machine, diagnostics).stack(all)
}

const shape = ({ frames, stopped }: Stack): object => ({ frames: frames.map(({ pc, cfa }) => [pc, cfa]), stopped })

/** CFA at rsp + size, return address below it. */
const function_ = (low: number, size: number, ...more: number[]): FdeSpec => ({ low, size: 0x100, instructions: [...more, 0x0e, size], cie: { instructions: [0x0c, 7, 8, 0x90, 1] } })
const outermost = (low: number): FdeSpec => ({ low, size: 0x100, instructions: [0x07, 16], cie: { instructions: [0x0c, 7, 8, 0x90, 1] } })

describe('by call frame information', () => {
  test('frames up to where the thread began; rbx comes back from where it was saved', () => {
    const stack = unwind({
      fdes: [function_(CODE, 24, 0x83, 2), function_(CODE + 0x100, 16), outermost(CODE + 0x200)],
      stack: [0, 0xbbbb, CODE + 0x120, 0, CODE + 0x230, 0],
      registers: { [X86.rip]: CODE + 0x10, [X86.rsp]: STACK, [X86.rbx]: 1 },
    })
    expect(shape(stack)).toEqual({ frames: [[CODE + 0x10, STACK + 24], [CODE + 0x120, STACK + 40], [CODE + 0x230, STACK + 48]], stopped: '' })
    expect(stack.frames.map(({ registers }) => registers[3])).toEqual([1n, 0xbbbbn, 0xbbbbn])
    // rax is the callee's
    expect(stack.frames.map(({ registers }) => registers[0])).toEqual([0n, null, null])
    expect(stack.frames.map(({ lookup }) => lookup)).toEqual([CODE + 0x10, CODE + 0x11f, CODE + 0x22f])
  })

  test('a call that does not return lies in its own function, though the next one begins behind it', () => {
    const stack = unwind({
      fdes: [function_(CODE, 8), function_(CODE + 0x100, 16), outermost(CODE + 0x200)],
      stack: [CODE + 0x200, 0, 0],
      registers: { [X86.rip]: CODE, [X86.rsp]: STACK },
    })
    expect(stack.frames[1]).toMatchObject({ pc: CODE + 0x200, lookup: CODE + 0x1ff, cfa: STACK + 24 })
  })

  test.each<[string, number[], bigint | null]>([
    ['undefined', [0x07, 3], null],
    ['same_value', [0x08, 3], 7n],
    ['val_offset', [0x14, 3, 2], BigInt(STACK + 8 - 16)],
    ['register', [0x09, 3, 6], 9n],
    // the word at CFA - 8
    ['expression', [0x10, 3, 2, 0x38, 0x1c], BigInt(CODE + 0x120)],
    ['val_expression', [0x16, 3, 2, 0x38, 0x1c], BigInt(STACK)],
  ])('%s', (_name, instructions, value) => {
    const stack = unwind({ fdes: [function_(CODE, 8, ...instructions), outermost(CODE + 0x100)], stack: [CODE + 0x120, 0], registers: { [X86.rip]: CODE, [X86.rsp]: STACK, [X86.rbx]: 7, [X86.rbp]: 9 } })
    expect([stack.frames.length, stack.frames[1].registers[3]]).toEqual([2, value])
  })

  test('a CFA by expression', () => {
    // breg7 (rsp) + 16
    const stack = unwind({ fdes: [{ ...function_(CODE, 8), instructions: [0x0f, 2, 0x77, 16] }, outermost(CODE + 0x100)], stack: [0, CODE + 0x120, 0], registers: { [X86.rip]: CODE, [X86.rsp]: STACK } })
    expect(shape(stack)).toMatchObject({ frames: [[CODE, STACK + 16], [CODE + 0x120, STACK + 24]], stopped: '' })
  })

  test('a return address of zero is the end', () => {
    expect(shape(unwind({ fdes: [function_(CODE, 8)], stack: [0], registers: { [X86.rip]: CODE, [X86.rsp]: STACK } }))).toEqual({ frames: [[CODE, STACK + 8]], stopped: '' })
  })
})

describe('AArch64', () => {
  test('a leaf returns by its register; signed return addresses lose their signature', () => {
    const cie = { dataAlign: -8, returnAddress: 30, instructions: [0x0c, 31, 0] }
    const stack = unwind({
      machine: 'AArch64',
      fdes: [
        { low: CODE, size: 0x100, instructions: [], cie },
        // paciasp; stp x29, x30, [sp, #-16]!
        { low: CODE + 0x100, size: 0x100, instructions: [0x2d, 0x0e, 16, 0x9d, 2, 0x9e, 1], cie },
        { low: CODE + 0x200, size: 0x100, instructions: [0x07, 30], cie },
      ],
      stack: [0x1234, (0x2an << 48n) | BigInt(CODE + 0x210)],
      registers: { [ARM.pc]: CODE + 4, [ARM.lr]: CODE + 0x110, [ARM.sp]: STACK },
    })
    expect(shape(stack)).toEqual({ frames: [[CODE + 4, STACK], [CODE + 0x110, STACK + 16], [CODE + 0x210, STACK + 16]], stopped: '' })
    expect(stack.frames[2].registers[29]).toBe(0x1234n)
  })

  test('a signal handler', () => {
    const code = new Uint8Array(0x1000)
    code.set([0x68, 0x11, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4], 0x300)
    const cie = { returnAddress: 30, instructions: [0x0c, 31, 0] }
    const context = Array.from({ length: 34 }, (_, i) => 0x1000 + i)
    const stack = unwind({
      machine: 'AArch64', code,
      fdes: [{ low: CODE, size: 0x100, instructions: [], cie }, { low: CODE + 0x200, size: 0x100, instructions: [0x07, 30], cie }],
      stack: [...Array.from({ length: 39 }, () => 0), ...context.slice(0, 31), STACK + 0x1000, CODE + 0x200, 0],
      registers: { [ARM.pc]: CODE + 4, [ARM.lr]: CODE + 0x300, [ARM.sp]: STACK },
    })
    expect(stack.frames.map(({ pc, lookup, isSignal }) => [pc, lookup, isSignal])).toEqual([[CODE + 4, CODE + 4, false], [CODE + 0x300, CODE + 0x300, true], [CODE + 0x200, CODE + 0x200, false]])
    expect(stack.frames[2].registers[19]).toBe(0x1013n)
  })
})

describe('signal frames', () => {
  const sigreturn = [0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05]
  // r8 … r15 rdi rsi rbp rbx rdx rax rcx rsp rip
  const context = [8, 9, 10, 11, 12, 13, 14, 15, 5, 4, 6, 3, 1, 0, 2, STACK + 0x400, CODE + 0x200]

  test('by the code of the trampoline; the interrupted function is looked up by its very pc', () => {
    const code = new Uint8Array(0x1000)
    code.set(sigreturn, 0x300)
    const stack = unwind({
      code,
      fdes: [function_(CODE, 8), outermost(CODE + 0x200)],
      stack: [CODE + 0x300, 0, 0, 0, 0, 0, ...context],
      registers: { [X86.rip]: CODE, [X86.rsp]: STACK },
    })
    expect(stack.frames.map(({ pc, lookup, isSignal }) => [pc, lookup, isSignal])).toEqual([[CODE, CODE, false], [CODE + 0x300, CODE + 0x300, true], [CODE + 0x200, CODE + 0x200, false]])
    expect(stack.frames[2].registers.slice(0, 7)).toEqual([0n, 1n, 2n, 3n, 4n, 5n, 6n])
  })

  test('by a CIE that says so, and back to a stack that lies below', () => {
    const own = 0x7100_0000
    const signal: FdeSpec = { low: CODE + 0x2ff, size: 0x100, instructions: [0x0f, 2, 0x77, 8, 0x90, 0], cie: { augmentation: 'zSR', augmentationData: [0x1b], instructions: [0x0c, 7, 8] } }
    const stack = unwind({
      // the CFA is the word at rsp: the interrupted stack pointer
      fdes: [function_(CODE, 8), { ...signal, instructions: [0x0f, 3, 0x77, 0, 0x06, 0x10, 16, 2, 0x77, 8] }, outermost(CODE + 0x200)],
      stack: [0, 0],
      more: [{ start: own, words: [CODE + 0x300, STACK, CODE + 0x200] }],
      registers: { [X86.rip]: CODE, [X86.rsp]: own },
    })
    expect(stack.frames.map(({ pc, cfa, isSignal }) => [pc, cfa, isSignal])).toEqual([[CODE, own + 8, false], [CODE + 0x300, STACK, true], [CODE + 0x200, STACK + 8, false]])
  })
})

describe('where nothing says how a frame is made', () => {
  test('by frame pointers, and back to call frame information', () => {
    const stack = unwind({
      fdes: [outermost(CODE + 0x200)],
      stack: [1, 2, STACK + 40, CODE + 0x900, 3, 0, CODE + 0x220, 0, 0],
      registers: { [X86.rip]: CODE + 0x800, [X86.rsp]: STACK, [X86.rbp]: STACK + 16 },
    })
    expect(shape(stack)).toEqual({ frames: [[CODE + 0x800, STACK + 32], [CODE + 0x900, STACK + 56], [CODE + 0x220, STACK + 64]], stopped: '' })
    expect(stack.frames.map(({ isGuess }) => isGuess)).toEqual([false, true, true])
  })

  test.each<[string, number]>([['below the stack pointer', STACK - 16], ['not aligned', STACK + 4], ['nowhere', 0x1000], ['to what is no code', STACK]])('a frame pointer that leads %s', (_name, rbp) => {
    const stack = unwind({ stack: [0, 0x1234, 0], registers: { [X86.rip]: CODE + 0x800, [X86.rsp]: STACK, [X86.rbp]: rbp } })
    expect(shape(stack)).toEqual({ frames: [[CODE + 0x800, NaN]], stopped: `no call frame information for 0x${(CODE + 0x800).toString(16)}: no file of demo of this build was found` })
  })

  test.each<[string, ProcessInfo['machine']]>([['on the stack', 'x86-64'], ['in its register', 'AArch64']])('a call of a null pointer: the return address is %s', (_name, machine) => {
    const arm = machine === 'AArch64'
    const stack = unwind({
      machine,
      fdes: [{ low: CODE + 0x200, size: 0x100, instructions: [0x07, arm ? 30 : 16], cie: { returnAddress: arm ? 30 : 16, instructions: [0x0c, arm ? 31 : 7, 8] } }],
      stack: [CODE + 0x210, 0],
      registers: arm ? { [ARM.pc]: 0, [ARM.lr]: CODE + 0x210, [ARM.sp]: STACK } : { [X86.rip]: 0, [X86.rsp]: STACK },
    })
    expect(stack.frames.map(({ pc }) => pc)).toEqual([0, CODE + 0x210])
    expect(stack.stopped).toBe('')
  })
})

describe('every stack ends', () => {
  test('what is not in the core', () => {
    const stack = unwind({ fdes: [function_(CODE, 64)], stack: [0], registers: { [X86.rip]: CODE, [X86.rsp]: STACK } })
    expect(stack.stopped).toBe('where 0x400000 returns to is not in the core')
  })

  test('a frame that lies below its callee', () => {
    // the CFA is what rbp says, which leads back
    const back: FdeSpec = { ...function_(CODE + 0x100, 8), instructions: [0x0c, 6, 0] }
    const stack = unwind({ fdes: [function_(CODE, 24), back], stack: [CODE + 0x110, 0, CODE + 0x110, 0], registers: { [X86.rip]: CODE, [X86.rsp]: STACK, [X86.rbp]: STACK + 8 } })
    expect(stack.stopped).toContain('below that of its callee')
  })

  test('signal frames that lead to one another', () => {
    const signal: FdeSpec = { low: CODE + 0x100, size: 0x100, instructions: [0x08, 7, 0x90, 1], cie: { augmentation: 'zSR', augmentationData: [0x1b], instructions: [0x0c, 7, 8] } }
    const stack = unwind({ fdes: [function_(CODE, 8), signal], stack: [CODE + 0x110, CODE + 0x110, 0], registers: { [X86.rip]: CODE, [X86.rsp]: STACK } })
    expect(stack.stopped).toContain('go round')
  })

  test('very many frames', () => {
    const stack = unwind({ fdes: [function_(CODE, 8)], stack: Array.from({ length: MAX_FRAMES + 10 }, () => CODE + 0x10), registers: { [X86.rip]: CODE, [X86.rsp]: STACK } })
    expect([stack.frames.length, stack.stopped]).toEqual([MAX_FRAMES, `there are more than ${MAX_FRAMES} frames`])
  })

  test('damaged information is told, and the frame pointer serves', () => {
    const diagnostics = new Diagnostics()
    const stack = unwind({ fdes: [{ ...function_(CODE, 8), instructions: [0x3f] }, outermost(CODE + 0x200)], stack: [0, CODE + 0x210, 0], registers: { [X86.rip]: CODE, [X86.rsp]: STACK, [X86.rbp]: STACK } }, diagnostics)
    expect(stack.frames.map(({ pc }) => pc)).toEqual([CODE, CODE + 0x210])
    expect(diagnostics.rows[0].message).toContain('unknown instruction')
  })

  test('a pc that is no address', () => {
    expect(unwind({ stack: [], registers: { [X86.rip]: 0xffff_ffff_ffff_fff1n } }).stopped).toBe('the core does not say where it runs')
  })
})
