/**
 * The registers of a frame by their DWARF numbers: where the core's notes have them, and which of them a function leaves as
 * they were. Registers of floating point are not among them. Sources: System V ABI x86-64 §3.2.1 and figure 3.36; DWARF for
 * the Arm 64-bit Architecture §4.1, AAPCS64 §6.1.1; Linux user_regs_struct.
 */
import type { ProcessInfo } from '../../contract/rows.ts'

/** By DWARF number; null where what it held is not known any more. */
export type Registers = (bigint | null)[]

export interface Architecture {
  machine: ProcessInfo['machine']
  /** DWARF number → position in user_regs_struct. */
  positions: readonly number[]
  /** DWARF numbers. */
  sp: number
  fp: number
  /** Where a return address is before it is anywhere else: its column in call frame information. */
  returnAddress: number
  /** Position of the program counter in user_regs_struct. */
  pc: number
  /** What every function hands back as it found it. */
  preserved: ReadonlySet<number>
}

const X86_64: Architecture = {
  machine: 'x86-64',
  // rax rdx rcx rbx rsi rdi rbp rsp r8 … r15 rip
  positions: [10, 12, 11, 5, 13, 14, 4, 19, 9, 8, 7, 6, 3, 2, 1, 0, 16],
  sp: 7,
  fp: 6,
  returnAddress: 16,
  pc: 16,
  preserved: new Set([3, 6, 12, 13, 14, 15]),
}

const AARCH64: Architecture = {
  machine: 'AArch64',
  // x0 … x30 sp
  positions: Array.from({ length: 32 }, (_, i) => i),
  sp: 31,
  fp: 29,
  returnAddress: 30,
  pc: 32,
  preserved: new Set(Array.from({ length: 12 }, (_, i) => 19 + i)),
}

export const architectureOf = (machine: ProcessInfo['machine']): Architecture => (machine === 'x86-64' ? X86_64 : AARCH64)

export function registersOf(architecture: Architecture, notes: readonly bigint[]): Registers {
  return architecture.positions.map((position) => notes[position] ?? null)
}

/** Virtual addresses have 48 bits; above is the pointer authentication code, and the tag of a pointer. */
const ADDRESS_BITS = 48

/** A code address without pointer authentication; NaN for what no program runs at. */
export function codeAddress(architecture: Architecture, value: bigint): number {
  const address = architecture.machine === 'AArch64' ? BigInt.asUintN(ADDRESS_BITS, value) : value
  return address <= BigInt(Number.MAX_SAFE_INTEGER) || address % 4096n === 0n ? Number(address) : NaN
}
