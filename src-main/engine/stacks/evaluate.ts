/**
 * Evaluates DWARF expressions of call frame information and of the places of variables. What an expression names is an
 * address, a value or a register; null where it needs what a core does not tell: pieces in several places, thread-local storage, typed operations. Bounded in steps and depth, for expressions may
 * loop. Source: DWARF 5 §2.5, §2.6, §7.7.1.
 */
import * as D from '../dwarf/constants.ts'
import { DwarfCursor } from './dwarfCursor.ts'

export type Place = { kind: 'address'; address: bigint } | { kind: 'value'; value: bigint } | { kind: 'register'; register: number }

export interface EvaluationContext {
  /** Null where the memory is absent. `size` 1 to 8. */
  memory(address: bigint, size: number): bigint | null
  register(number: number): bigint | null
  /** What DW_OP_fbreg counts from. */
  frameBase(): bigint | null
  /** Canonical frame address. */
  cfa(): bigint | null
  /** Added to addresses of the file. */
  bias: number
  /** The address at an index of `.debug_addr`; NaN where there is none. */
  indexedAddress(index: number): number
  addressSize: number
  /** What a register, as an expression names it, held when the function was entered; null where nobody says. */
  entryValue?(location: Uint8Array): bigint | null
  /** Steps that all evaluations together may still take. */
  budget: { steps: number }
}

const MAX_STEPS = 1000
const MAX_STACK = 256

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value)
const i64 = (value: bigint): bigint => BigInt.asIntN(64, value)

/** Throws FormatError where the bytes end within an operation. @param initial on the stack at first */
export function evaluate(bytes: Uint8Array, context: EvaluationContext, initial: bigint | null = null): Place | null {
  return new Evaluation(bytes, context, initial).run()
}

/** What the expression leaves on the stack, wherever that is: for call frame information. */
export function evaluateAddress(bytes: Uint8Array, context: EvaluationContext, initial: bigint | null = null): bigint | null {
  const place = evaluate(bytes, context, initial)
  if (place?.kind === 'address') return place.address
  return place?.kind === 'value' ? place.value : null
}

/** Thrown within an evaluation where its result can't be known. */
class Unknown extends Error {}
const UNKNOWN = new Unknown()

class Evaluation {
  private readonly cursor: DwarfCursor
  private readonly context: EvaluationContext
  private readonly stack: bigint[]

  constructor(bytes: Uint8Array, context: EvaluationContext, initial: bigint | null) {
    this.cursor = new DwarfCursor(bytes, 'DWARF expression')
    this.context = context
    this.stack = initial === null ? [] : [initial]
  }

  run(): Place | null {
    try {
      return this.steps()
    } catch (error) {
      if (error instanceof Unknown) return null
      throw error
    }
  }

  private steps(): Place | null {
    const { cursor, stack } = this
    for (let step = 0; !cursor.isAtEnd; step++) {
      if (step >= MAX_STEPS || --this.context.budget.steps < 0) return null
      const op = cursor.u8()
      if (op >= D.DW_OP_reg0 && op <= D.DW_OP_reg31) return this.alone({ kind: 'register', register: op - D.DW_OP_reg0 })
      if (op === D.DW_OP_regx) return this.alone({ kind: 'register', register: cursor.uleb() })
      if (op === D.DW_OP_stack_value) return this.alone({ kind: 'value', value: this.pop() })
      if (op === D.DW_OP_implicit_value) {
        const size = cursor.uleb()
        if (size > 8) return null
        return this.alone({ kind: 'value', value: cursor.unsigned(size) })
      }
      this.operation(op)
    }
    return stack.length === 0 ? null : { kind: 'address', address: this.pop() }
  }

  /** Anything behind would be pieces. */
  private alone(place: Place): Place | null {
    return this.cursor.isAtEnd ? place : null
  }

  private push(value: bigint | null): void {
    if (value === null || this.stack.length >= MAX_STACK) throw UNKNOWN
    this.stack.push(u64(value))
  }

  private pop(): bigint {
    const value = this.stack.pop()
    if (value === undefined) throw UNKNOWN
    return value
  }

  /** 0 is the top. */
  private peek(depth: number): bigint {
    const value = this.stack.at(-1 - depth)
    if (value === undefined || depth < 0) throw UNKNOWN
    return value
  }

  private binary(of: (a: bigint, b: bigint) => bigint): void {
    const b = this.pop()
    const a = this.pop()
    this.push(of(a, b))
  }

  private compare(of: (a: bigint, b: bigint) => boolean): void {
    this.binary((a, b) => (of(i64(a), i64(b)) ? 1n : 0n))
  }

  private plus(base: bigint | null, offset: bigint): void {
    this.push(base === null ? null : base + offset)
  }

  private jump(offset: bigint): void {
    const { cursor } = this
    const to = cursor.at + Number(offset)
    if (!(to >= 0 && to <= cursor.end)) cursor.fail('jumps out of its expression')
    cursor.at = to
  }

  private operation(op: number): void {
    const { cursor, context } = this
    if (op >= D.DW_OP_lit0 && op <= D.DW_OP_lit31) return this.push(BigInt(op - D.DW_OP_lit0))
    if (op >= D.DW_OP_breg0 && op <= D.DW_OP_breg31) return this.plus(context.register(op - D.DW_OP_breg0), cursor.sleb64())
    switch (op) {
      case D.DW_OP_addr:
        return this.push(cursor.unsigned(context.addressSize) + BigInt(context.bias))
      case D.DW_OP_addrx: case D.DW_OP_GNU_addr_index:
        return this.push(this.indexed() + BigInt(context.bias))
      case D.DW_OP_constx: case D.DW_OP_GNU_const_index:
        return this.push(this.indexed())
      case D.DW_OP_const1u: case D.DW_OP_const2u: case D.DW_OP_const4u: case D.DW_OP_const8u:
        return this.push(cursor.unsigned(1 << ((op - D.DW_OP_const1u) >> 1)))
      case D.DW_OP_const1s: case D.DW_OP_const2s: case D.DW_OP_const4s: case D.DW_OP_const8s:
        return this.push(cursor.signed(1 << ((op - D.DW_OP_const1s) >> 1)))
      case D.DW_OP_constu:
        return this.push(cursor.uleb64())
      case D.DW_OP_consts:
        return this.push(cursor.sleb64())
      case D.DW_OP_fbreg: {
        const offset = cursor.sleb64()
        return this.plus(context.frameBase(), offset)
      }
      case D.DW_OP_bregx: {
        const register = cursor.uleb()
        return this.plus(context.register(register), cursor.sleb64())
      }
      case D.DW_OP_call_frame_cfa:
        return this.push(context.cfa())
      case D.DW_OP_deref:
        return this.push(context.memory(this.pop(), context.addressSize))
      case D.DW_OP_deref_size: {
        const size = cursor.u8()
        if (size < 1 || size > 8) throw UNKNOWN
        return this.push(context.memory(this.pop(), size))
      }
      case D.DW_OP_dup:
        return this.push(this.peek(0))
      case D.DW_OP_drop:
        this.pop()
        return
      case D.DW_OP_over:
        return this.push(this.peek(1))
      case D.DW_OP_pick:
        return this.push(this.peek(cursor.u8()))
      case D.DW_OP_swap: {
        const [top, second] = [this.pop(), this.pop()]
        this.push(top)
        return this.push(second)
      }
      case D.DW_OP_rot: {
        const [top, second, third] = [this.pop(), this.pop(), this.pop()]
        this.push(top)
        this.push(third)
        return this.push(second)
      }
      case D.DW_OP_abs: {
        const value = i64(this.pop())
        return this.push(value < 0n ? -value : value)
      }
      case D.DW_OP_neg:
        return this.push(-this.pop())
      case D.DW_OP_not:
        return this.push(~this.pop())
      case D.DW_OP_and:
        return this.binary((a, b) => a & b)
      case D.DW_OP_or:
        return this.binary((a, b) => a | b)
      case D.DW_OP_xor:
        return this.binary((a, b) => a ^ b)
      case D.DW_OP_plus:
        return this.binary((a, b) => a + b)
      case D.DW_OP_minus:
        return this.binary((a, b) => a - b)
      case D.DW_OP_mul:
        return this.binary((a, b) => a * b)
      case D.DW_OP_div:
        if (this.peek(0) === 0n) throw UNKNOWN
        return this.binary((a, b) => i64(a) / i64(b))
      case D.DW_OP_mod:
        if (this.peek(0) === 0n) throw UNKNOWN
        return this.binary((a, b) => a % b)
      case D.DW_OP_shl:
        return this.binary((a, b) => (b > 63n ? 0n : a << b))
      case D.DW_OP_shr:
        return this.binary((a, b) => (b > 63n ? 0n : a >> b))
      case D.DW_OP_shra:
        return this.binary((a, b) => i64(a) >> (b > 63n ? 63n : b))
      case D.DW_OP_plus_uconst:
        return this.push(this.pop() + cursor.uleb64())
      case D.DW_OP_eq:
        return this.compare((a, b) => a === b)
      case D.DW_OP_ne:
        return this.compare((a, b) => a !== b)
      case D.DW_OP_lt:
        return this.compare((a, b) => a < b)
      case D.DW_OP_le:
        return this.compare((a, b) => a <= b)
      case D.DW_OP_gt:
        return this.compare((a, b) => a > b)
      case D.DW_OP_ge:
        return this.compare((a, b) => a >= b)
      case D.DW_OP_skip:
        return this.jump(cursor.signed(2))
      case D.DW_OP_bra: {
        const offset = cursor.signed(2)
        if (this.pop() !== 0n) this.jump(offset)
        return
      }
      case D.DW_OP_entry_value: case D.DW_OP_GNU_entry_value:
        return this.push(context.entryValue?.(cursor.slice(cursor.uleb())) ?? null)
      case D.DW_OP_nop:
        return
      default:
        // pieces, implicit pointers, calls, thread-local storage, typed operations
        throw UNKNOWN
    }
  }

  private indexed(): bigint {
    const address = this.context.indexedAddress(this.cursor.uleb())
    if (Number.isNaN(address)) throw UNKNOWN
    return BigInt(address)
  }
}
