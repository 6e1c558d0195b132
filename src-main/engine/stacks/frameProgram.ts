/**
 * Runs the instructions of a CIE and an FDE up to an address: how to get the frame's CFA and what the caller had in its
 * registers. Refuses programs of more than MAX_STEPS instructions. Source: DWARF 5 §6.4.2, §6.4.3, §7.24; GNU's and Arm's
 * extensions (DWARF for the Arm 64-bit Architecture §5.2).
 */
import { DwarfCursor } from './dwarfCursor.ts'
import { readPointer, type FrameEntry } from './frameEntries.ts'

/** Where the caller's value of a register is. */
export type Rule =
  | { kind: 'undefined' }
  | { kind: 'same' }
  /** In memory at CFA + offset. */
  | { kind: 'offset'; offset: bigint }
  /** It is CFA + offset. */
  | { kind: 'valOffset'; offset: bigint }
  | { kind: 'register'; register: number }
  /** In memory where the expression says. */
  | { kind: 'expression'; bytes: Uint8Array }
  | { kind: 'valExpression'; bytes: Uint8Array }

export type CfaRule = { kind: 'register'; register: number; offset: bigint } | { kind: 'expression'; bytes: Uint8Array }

export interface FrameRow {
  /** Null: no instruction has said. */
  cfa: CfaRule | null
  /** By register; those without a rule are left to the ABI. */
  rules: Map<number, Rule>
}

const MAX_STEPS = 100_000
/** Registers beyond are of no architecture: their rules would only take memory. */
const MAX_REGISTER = 1024
const MAX_REMEMBERED = 256

/** Throws FormatError. @param pc within the entry's code */
export function frameRowAt(entry: FrameEntry, pc: number): FrameRow {
  const program = new Program(entry, pc)
  program.run(entry.common.instructions, 0, true)
  program.initial = new Map(program.row.rules)
  program.run(entry.instructions, entry.instructionsAt, false)
  return program.row
}

class Program {
  row: FrameRow = { cfa: null, rules: new Map() }
  /** What DW_CFA_restore goes back to. */
  initial = new Map<number, Rule>()
  private readonly remembered: FrameRow[] = []
  private readonly entry: FrameEntry
  private readonly pc: number
  private location: number
  private steps = 0

  constructor(entry: FrameEntry, pc: number) {
    this.entry = entry
    this.pc = pc
    this.location = entry.low
  }

  run(bytes: Uint8Array, position: number, isCommon: boolean): void {
    const { entry } = this
    const cursor = new DwarfCursor(bytes, entry.section.where)
    this.location = entry.low
    while (!cursor.isAtEnd) {
      if (++this.steps > MAX_STEPS) cursor.fail(`has a frame of more than ${MAX_STEPS} instructions`)
      const op = cursor.u8()
      const low = op & 0x3f
      if (op >= 0xc0) this.restore(low)
      else if (op >= 0x80) this.set(low, { kind: 'offset', offset: cursor.uleb64() * entry.common.dataAlign })
      else if (op >= 0x40) this.location += low * entry.common.codeAlign
      else this.instruction(op, cursor, position)
      if (!isCommon && this.location > this.pc) return
    }
  }

  private set(register: number, rule: Rule): void {
    if (register < MAX_REGISTER) this.row.rules.set(register, rule)
  }

  private restore(register: number): void {
    const rule = this.initial.get(register)
    if (rule) this.set(register, rule)
    else this.row.rules.delete(register)
  }

  private instruction(op: number, cursor: DwarfCursor, position: number): void {
    const { codeAlign, dataAlign } = this.entry.common
    const factored = (): bigint => cursor.uleb64() * dataAlign
    const signedFactored = (): bigint => cursor.sleb64() * dataAlign
    const block = (): Uint8Array => cursor.slice(cursor.uleb())
    switch (op) {
      case 0x00: // DW_CFA_nop
        return
      case 0x01: { // DW_CFA_set_loc
        const { section, common } = this.entry
        const to = section.kind === 'eh' ? readPointer(cursor, common.encoding, position, section, common.addressSize) : cursor.fixed(common.addressSize) + section.bias
        if (to !== null) this.location = to
        return
      }
      case 0x02: // DW_CFA_advance_loc1
        this.location += cursor.u8() * codeAlign
        return
      case 0x03: // DW_CFA_advance_loc2
        this.location += cursor.fixed(2) * codeAlign
        return
      case 0x04: // DW_CFA_advance_loc4
        this.location += cursor.fixed(4) * codeAlign
        return
      case 0x05: // DW_CFA_offset_extended
        return this.set(cursor.uleb(), { kind: 'offset', offset: factored() })
      case 0x06: // DW_CFA_restore_extended
        return this.restore(cursor.uleb())
      case 0x07: // DW_CFA_undefined
        return this.set(cursor.uleb(), { kind: 'undefined' })
      case 0x08: // DW_CFA_same_value
        return this.set(cursor.uleb(), { kind: 'same' })
      case 0x09: // DW_CFA_register
        return this.set(cursor.uleb(), { kind: 'register', register: cursor.uleb() })
      case 0x0a: // DW_CFA_remember_state
        if (this.remembered.length >= MAX_REMEMBERED) cursor.fail(`remembers more than ${MAX_REMEMBERED} states`)
        this.remembered.push({ cfa: this.row.cfa, rules: new Map(this.row.rules) })
        return
      case 0x0b: { // DW_CFA_restore_state
        const state = this.remembered.pop()
        if (!state) cursor.fail('restores a state that it did not remember')
        this.row = state
        return
      }
      case 0x0c: // DW_CFA_def_cfa
        this.row.cfa = { kind: 'register', register: cursor.uleb(), offset: cursor.uleb64() }
        return
      case 0x0d: // DW_CFA_def_cfa_register
        this.row.cfa = { kind: 'register', register: cursor.uleb(), offset: this.row.cfa?.kind === 'register' ? this.row.cfa.offset : 0n }
        return
      case 0x0e: // DW_CFA_def_cfa_offset
        return this.setOffset(cursor, cursor.uleb64())
      case 0x0f: // DW_CFA_def_cfa_expression
        this.row.cfa = { kind: 'expression', bytes: block() }
        return
      case 0x10: // DW_CFA_expression
        return this.set(cursor.uleb(), { kind: 'expression', bytes: block() })
      case 0x11: // DW_CFA_offset_extended_sf
        return this.set(cursor.uleb(), { kind: 'offset', offset: signedFactored() })
      case 0x12: // DW_CFA_def_cfa_sf
        this.row.cfa = { kind: 'register', register: cursor.uleb(), offset: signedFactored() }
        return
      case 0x13: // DW_CFA_def_cfa_offset_sf
        return this.setOffset(cursor, signedFactored())
      case 0x14: // DW_CFA_val_offset
        return this.set(cursor.uleb(), { kind: 'valOffset', offset: factored() })
      case 0x15: // DW_CFA_val_offset_sf
        return this.set(cursor.uleb(), { kind: 'valOffset', offset: signedFactored() })
      case 0x16: // DW_CFA_val_expression
        return this.set(cursor.uleb(), { kind: 'valExpression', bytes: block() })
      case 0x1d: // DW_CFA_MIPS_advance_loc8
        this.location += cursor.fixed(8) * codeAlign
        return
      case 0x2c: // DW_CFA_AARCH64_negate_ra_state_with_pc
      case 0x2d: // DW_CFA_AARCH64_negate_ra_state: whether an address is signed shows in the address itself
        return
      case 0x2e: // DW_CFA_GNU_args_size
        cursor.uleb()
        return
      case 0x2f: // DW_CFA_GNU_negative_offset_extended
        return this.set(cursor.uleb(), { kind: 'offset', offset: -factored() })
      default:
        cursor.fail(`has the unknown instruction 0x${op.toString(16)}`)
    }
  }

  private setOffset(cursor: DwarfCursor, offset: bigint): void {
    if (this.row.cfa?.kind !== 'register') cursor.fail('has an offset for a CFA that is not in a register')
    this.row.cfa = { ...this.row.cfa, offset }
  }
}
