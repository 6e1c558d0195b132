/**
 * The frames of a thread, from its registers up to where its first function was called: by call frame information; through
 * frames that the kernel made for signal handlers; where nothing says how a frame is made, by the chain of frame pointers.
 * Ends with a reason, always: it never goes round, nor further than MAX_FRAMES. What a callee does not preserve is unknown in
 * its caller. Sources: DWARF 5 §6.4.4; System V ABI x86-64 §3.2.2; AAPCS64 §6.4.6 (frame records).
 */
import type { ProcessInfo } from '../../contract/rows.ts'
import { hex } from '../bytes/units.ts'
import { moduleAt, moduleName, type Module } from '../corefile/modules.ts'
import { PF_X } from '../elf/file.ts'
import { FormatError, type Diagnostics } from '../errors.ts'
import type { AddressSpace } from '../memory/addressSpace.ts'
import { evaluateAddress, type EvaluationContext } from './evaluate.ts'
import type { FrameEntry } from './frameEntries.ts'
import { frameRowAt, type FrameRow, type Rule } from './frameProgram.ts'
import { FrameTable } from './frameTable.ts'
import { architectureOf, codeAddress, registersOf, type Architecture, type Registers } from './registers.ts'
import { signalRegisters } from './signalFrames.ts'

export const MAX_FRAMES = 10_000
/** Rows that are kept: threads of one program stand in the same functions. */
const MAX_ROWS = 100_000
/** Bytes of instructions and steps of expressions, for all stacks together; no process comes near. */
const MAX_INSTRUCTIONS = 64 << 20
const MAX_STEPS = 20_000_000

export interface Frame {
  pc: number
  /** Within the instruction that is being executed or that called: pc, or the byte before it. */
  lookup: number
  /** Canonical frame address: the stack pointer before the call. NaN where it is not known. */
  cfa: number
  /** By DWARF number; on AArch64 with pc where it was known. */
  registers: Registers
  /** It is the one the kernel made to call a signal handler. */
  isSignal: boolean
  /** Found by frame pointers, or called by such a frame: plausible, but nobody says that the code keeps any. */
  isGuess: boolean
}

export interface Stack {
  frames: Frame[]
  /** Why there are no more; '' where the thread began here. */
  stopped: string
  /** The module whose `.debug_frame` may tell more. */
  wants: Module | null
}

/** How a frame is made at an address; null where nothing says. */
type Described = { entry: FrameEntry; row: FrameRow } | null

interface Caller {
  cfa: number
  registers: Registers
  pc: number
  isSignal: boolean
  isGuess: boolean
}

/** No memory, no information: with the sentence that says so. */
class Stopped extends Error {}

function why(module: Module | undefined): string {
  if (!module) return ', which lies in no module'
  return module.elf || module.vdso ? '' : `: no file of ${moduleName(module)} of this build was found`
}

export class Unwinder {
  private readonly memory: AddressSpace
  private readonly modules: Module[]
  private readonly architecture: Architecture
  private readonly diagnostics: Diagnostics
  private readonly tables = new Map<Module, FrameTable>()
  private readonly described = new Map<number, Described>()
  private readonly budget = { steps: MAX_STEPS }
  private instructionsLeft = MAX_INSTRUCTIONS

  constructor(memory: AddressSpace, modules: Module[], machine: ProcessInfo['machine'], diagnostics: Diagnostics) {
    this.memory = memory
    this.modules = modules
    this.architecture = architectureOf(machine)
    this.diagnostics = diagnostics
  }

  table(module: Module): FrameTable {
    let table = this.tables.get(module)
    if (!table) this.tables.set(module, (table = new FrameTable(module, this.memory, this.diagnostics)))
    return table
  }

  /** @param notes registers in the order of user_regs_struct @param most frames at most, 1 or more */
  stack(notes: readonly bigint[], most = MAX_FRAMES): Stack {
    const { architecture } = this
    const registers = registersOf(architecture, notes)
    const pc = codeAddress(architecture, notes[architecture.pc] ?? 0n)
    const stack: Stack = { frames: [], stopped: '', wants: null }
    if (Number.isNaN(pc)) return { ...stack, stopped: 'the core does not say where it runs' }
    let frame: Frame = { pc, lookup: pc, cfa: NaN, registers, isSignal: false, isGuess: false }
    const seen = new Set<string>()
    for (;;) {
      stack.frames.push(frame)
      try {
        const caller = this.caller(frame, stack.frames.at(-2)?.isSignal ?? true)
        if (caller === null) return stack
        frame.cfa = caller.cfa
        frame.isSignal = caller.isSignal
        if (caller.isSignal) frame.lookup = frame.pc
        this.checkOrder(stack.frames)
        if (caller.pc === 0) return stack
        const key = `${caller.pc} ${caller.cfa}`
        if (seen.has(key)) throw new Stopped(`the frames go round at ${hex(caller.pc)}`)
        seen.add(key)
        if (stack.frames.length >= most) throw new Stopped(`there are more than ${most} frames`)
        frame = { pc: caller.pc, lookup: caller.isSignal ? caller.pc : caller.pc - 1, cfa: NaN, registers: caller.registers, isSignal: false, isGuess: frame.isGuess || caller.isGuess }
      } catch (error) {
        if (!(error instanceof Stopped)) throw error
        const module = moduleAt(this.modules, frame.lookup)
        const wants = module && this.table(module).wantsDebugFrame ? module : null
        return { ...stack, stopped: error.message, wants }
      }
    }
  }

  /** Stacks grow downward, so callers lie above; a signal handler may run on a stack of its own, anywhere. */
  private checkOrder(frames: Frame[]): void {
    const frame = frames[frames.length - 1]
    const callee = frames[frames.length - 2]
    if (!callee || frame.isSignal || callee.isSignal) return
    // a leaf may have no frame of its own
    const isAbove = frames.length === 2 ? frame.cfa >= callee.cfa : frame.cfa > callee.cfa
    if (!isAbove) throw new Stopped(`the frame of ${hex(frame.pc)} lies at ${hex(frame.cfa)}, below that of its callee`)
  }

  /** Null where the thread began in this frame. @param isInterrupted it was not left by a call */
  private caller(frame: Frame, isInterrupted: boolean): Caller | null {
    const signal = signalRegisters(this.architecture, this.memory, frame.pc, frame.registers)
    if (signal) return { ...signal, isSignal: true, isGuess: false }
    const module = moduleAt(this.modules, frame.lookup)
    const described = module ? this.describe(module, frame.lookup) : null
    if (described) {
      try {
        return this.byInformation(frame, described, module)
      } catch (error) {
        if (!(error instanceof FormatError)) throw error
        this.diagnostics.add('damaged', error.where, error.offset, error.message)
      }
    }
    return this.byFramePointer(frame, isInterrupted, module)
  }

  private describe(module: Module, address: number): Described {
    const known = this.described.get(address)
    if (known !== undefined) return known
    const entry = this.table(module).at(address)
    let described: Described = null
    if (entry && this.instructionsLeft > 0) {
      this.instructionsLeft -= entry.instructions.length + entry.common.instructions.length
      const row = this.diagnostics.guard(null, () => frameRowAt(entry, address))
      described = row && { entry, row }
    }
    // .debug_frame may still come
    if (this.described.size < MAX_ROWS && (described || !this.table(module).wantsDebugFrame)) this.described.set(address, described)
    return described
  }

  private word(address: bigint, size = 8): bigint | null {
    if (address > BigInt(Number.MAX_SAFE_INTEGER)) return null
    const read = this.memory.read(Number(address), size)
    if (!read.ok) return null
    let value = 0n
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(read.bytes[i])
    return value
  }

  private context(frame: Frame, cfa: bigint | null, module: Module | undefined): EvaluationContext {
    return {
      memory: (address, size) => this.word(address, size),
      register: (number) => frame.registers[number] ?? null,
      frameBase: () => null,
      cfa: () => cfa,
      bias: module?.bias ?? 0,
      indexedAddress: () => NaN,
      addressSize: 8,
      budget: this.budget,
    }
  }

  /** Throws FormatError and Stopped. */
  private byInformation(frame: Frame, { entry, row }: NonNullable<Described>, module: Module | undefined): Caller | null {
    const { architecture } = this
    const { cfa: where, rules } = row
    if (where === null) throw new FormatError(entry.section.where, entry.low, 'does not say where the frame lies')
    const base = where.kind === 'register' ? frame.registers[where.register] : null
    const cfa = where.kind === 'expression' ? evaluateAddress(where.bytes, this.context(frame, null, module)) : base === null || base === undefined ? null : BigInt.asUintN(64, base + where.offset)
    if (cfa === null || cfa > BigInt(Number.MAX_SAFE_INTEGER)) throw new Stopped(`where the frame of ${hex(frame.pc)} lies is not known`)
    frame.cfa = Number(cfa)
    const { returnAddress: column } = entry.common
    const ofReturn = rules.get(column)
    if (ofReturn?.kind === 'undefined') return null
    const registers: Registers = frame.registers.map((value, number) => {
      const rule = rules.get(number)
      if (rule) return this.apply(rule, number, frame, cfa, module)
      if (number === architecture.sp) return cfa
      return entry.common.isSignal || architecture.preserved.has(number) || number === column ? value : null
    })
    const to = column < registers.length ? registers[column] : ofReturn ? this.apply(ofReturn, column, frame, cfa, module) : null
    if (to === null) throw new Stopped(`where ${hex(frame.pc)} returns to is not in the core`)
    const pc = codeAddress(architecture, to)
    if (Number.isNaN(pc)) throw new Stopped(`what should be where ${hex(frame.pc)} returns to is no address: ${hex(to)}`)
    return { cfa: frame.cfa, registers, pc, isSignal: entry.common.isSignal, isGuess: false }
  }

  private apply(rule: Rule, number: number, frame: Frame, cfa: bigint, module: Module | undefined): bigint | null {
    switch (rule.kind) {
      case 'undefined':
        return null
      case 'same':
        return frame.registers[number]
      case 'offset':
        return this.word(BigInt.asUintN(64, cfa + rule.offset))
      case 'valOffset':
        return BigInt.asUintN(64, cfa + rule.offset)
      case 'register':
        return frame.registers[rule.register] ?? null
      case 'expression': {
        const address = evaluateAddress(rule.bytes, this.context(frame, cfa, module), cfa)
        return address === null ? null : this.word(address)
      }
      case 'valExpression':
        return evaluateAddress(rule.bytes, this.context(frame, cfa, module), cfa)
    }
  }

  /** The frame record that the frame pointer leads to: the caller's frame pointer, then the return address. */
  private byFramePointer(frame: Frame, isInterrupted: boolean, module: Module | undefined): Caller {
    const { architecture } = this
    const sp = frame.registers[architecture.sp]
    const fp = frame.registers[architecture.fp]
    const nothing = `no call frame information for ${hex(frame.pc)}${why(module)}`
    if (sp === null) throw new Stopped(nothing)
    // a call to where no code is: the return address is where the call put it
    if (isInterrupted && !this.isCode(frame.pc)) {
      const onStack = architecture.machine === 'x86-64'
      const to = onStack ? this.word(sp) : frame.registers[architecture.returnAddress]
      const pc = to === null ? NaN : codeAddress(architecture, to)
      if (!this.isCode(pc)) throw new Stopped(`${hex(frame.pc)} is no code`)
      const cfa = onStack ? sp + 8n : sp
      return { cfa: Number(cfa), registers: frame.registers.map((value, number) => (number === architecture.sp ? cfa : value)), pc, isSignal: false, isGuess: false }
    }
    if (fp === null || fp < sp || fp % 8n !== 0n) throw new Stopped(nothing)
    const [saved, to] = [this.word(fp), this.word(fp + 8n)]
    const pc = to === null ? NaN : codeAddress(architecture, to)
    if (saved === null || (pc !== 0 && !this.isCode(pc))) throw new Stopped(nothing)
    const cfa = fp + 16n
    // what else the function saved, and where, nobody says
    const registers: Registers = frame.registers.map((_, number) => (number === architecture.sp ? cfa : number === architecture.fp ? saved : null))
    return { cfa: Number(cfa), registers, pc, isSignal: false, isGuess: true }
  }

  private isCode(address: number): boolean {
    return address > 0 && ((this.memory.find(address)?.flags ?? 0) & PF_X) !== 0
  }
}
