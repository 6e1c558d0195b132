/**
 * Location expressions, as far as they say where a variable or member lies once and for all. Source: DWARF 5 §2.5, §7.7.1;
 * Itanium C++ ABI §2.5.2 for virtual bases.
 */
import { unsigned } from '../bytes/littleEndian.ts'
import * as D from './constants.ts'

export interface Step {
  op: number
  /** 0 where the operation has none. */
  operand: number
}

/** More operations than any fixed place takes. */
const MAX_STEPS = 8

/** Null where an operation is not among those that fixed places are made of, or the bytes end within one. */
export function readExpression(bytes: Uint8Array, start: number, end: number, addressSize: number): Step[] | null {
  const steps: Step[] = []
  for (let at = start; at < end; ) {
    const op = bytes[at++]
    const size = op === D.DW_OP_addr ? addressSize : (FIXED.get(op) ?? 0)
    let operand = 0
    if (size > 0) {
      if (at + size > end) return null
      operand = unsigned(bytes, at, size)
      if (SIGNED.has(op) && operand >= 2 ** (8 * size - 1)) operand -= 2 ** (8 * size)
      at += size
    } else if (LEB.has(op)) {
      let factor = 1
      let byte: number
      do {
        if (at >= end || factor >= 2 ** 56) return null
        byte = bytes[at++]
        operand += (byte & 127) * factor
        factor *= 128
      } while (byte >= 128)
      if (SIGNED.has(op) && byte >= 64) operand -= factor
    } else if (op >= D.DW_OP_lit0 && op <= D.DW_OP_lit31) operand = op - D.DW_OP_lit0
    else if (!PLAIN.has(op)) return null
    if (steps.length === MAX_STEPS) return null
    steps.push({ op, operand })
  }
  return steps
}

const FIXED = new Map<number, number>([
  [D.DW_OP_const1u, 1], [D.DW_OP_const1s, 1], [D.DW_OP_const2u, 2], [D.DW_OP_const2s, 2], [D.DW_OP_const4u, 4], [D.DW_OP_const4s, 4],
  [D.DW_OP_const8u, 8], [D.DW_OP_const8s, 8],
])
const SIGNED: ReadonlySet<number> = new Set([D.DW_OP_const1s, D.DW_OP_const2s, D.DW_OP_const4s, D.DW_OP_const8s, D.DW_OP_consts])
const INDEXED_ADDRESS: ReadonlySet<number> = new Set([D.DW_OP_addrx, D.DW_OP_GNU_addr_index])
const INDEXED_CONSTANT: ReadonlySet<number> = new Set([D.DW_OP_constx, D.DW_OP_GNU_const_index])
const LEB: ReadonlySet<number> = new Set([D.DW_OP_constu, D.DW_OP_consts, D.DW_OP_plus_uconst, ...INDEXED_ADDRESS, ...INDEXED_CONSTANT])
const PLAIN: ReadonlySet<number> = new Set([D.DW_OP_deref, D.DW_OP_dup, D.DW_OP_minus, D.DW_OP_plus, D.DW_OP_form_tls_address, D.DW_OP_GNU_push_tls_address])

const isConstant = ({ op }: Step): boolean => FIXED.has(op) || op === D.DW_OP_constu || op === D.DW_OP_consts || (op >= D.DW_OP_lit0 && op <= D.DW_OP_lit31)

export interface Place {
  /** An address, or an offset in the module's TLS block. */
  value: number
  isThreadLocal: boolean
}

/** Where a variable lies; null where that is not a fixed place. @param indexed the address at an index of `.debug_addr` */
export function placeOf(steps: Step[], indexed: (index: number) => number): Place | null {
  const [first, second] = steps
  if (!first || steps.length > 2) return null
  const isAddress = first.op === D.DW_OP_addr || INDEXED_ADDRESS.has(first.op)
  if (!isAddress && !isConstant(first) && !INDEXED_CONSTANT.has(first.op)) return null
  const value = INDEXED_ADDRESS.has(first.op) || INDEXED_CONSTANT.has(first.op) ? indexed(first.operand) : first.operand
  if (Number.isNaN(value)) return null
  if (!second) return isAddress ? { value, isThreadLocal: false } : null
  if (second.op === D.DW_OP_form_tls_address || second.op === D.DW_OP_GNU_push_tls_address) return { value, isThreadLocal: true }
  return isAddress && second.op === D.DW_OP_plus_uconst ? { value: value + second.operand, isThreadLocal: false } : null
}

/** A member's offset from the start of its type; NaN where it depends on the object. */
export function memberOffset(steps: Step[] | null): number {
  const [first, second] = steps ?? []
  if (!first || (steps?.length ?? 0) > 2) return NaN
  if (!second) return first.op === D.DW_OP_plus_uconst || isConstant(first) ? first.operand : NaN
  return isConstant(first) && second.op === D.DW_OP_plus ? first.operand : NaN
}

/** Of a virtual base, `dup, deref, N, minus | plus, deref, plus`: N below the vtable's address point; NaN for others. */
export function virtualBaseSlot(steps: Step[] | null): number {
  if (steps?.length !== 6 || steps[0].op !== D.DW_OP_dup || steps[1].op !== D.DW_OP_deref || !isConstant(steps[2])) return NaN
  if (steps[3].op === D.DW_OP_minus) return steps[2].operand
  return steps[3].op === D.DW_OP_plus ? -steps[2].operand : NaN
}
