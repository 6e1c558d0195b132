/**
 * What the kernel put on the stack when it called a signal handler: the registers of the code that was interrupted. Known by
 * the instructions that the handler returns to, so also where nobody describes them (musl; AArch64's vDSO, whose
 * description lacks the registers). Sources: Linux arch/x86/include/uapi/asm/sigcontext.h, arch/arm64/kernel/signal.c,
 * include/uapi/asm-generic/ucontext.h.
 */
import type { AddressSpace } from '../memory/addressSpace.ts'
import { codeAddress, type Architecture, type Registers } from './registers.ts'

interface Trampoline {
  code: readonly number[]
  /** From the stack pointer to the first of the saved registers. */
  at: number
  /** DWARF numbers in the order in which they are saved; -1 for others. */
  order: readonly number[]
  /** Position of the program counter among them. */
  pc: number
}

const TRAMPOLINES: Record<Architecture['machine'], Trampoline> = {
  'x86-64': {
    // mov $15, %rax; syscall
    code: [0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05],
    // ucontext: flags, link, stack_t; the return address that was before it is taken already
    at: 40,
    // r8 … r15 rdi rsi rbp rbx rdx rax rcx rsp rip
    order: [8, 9, 10, 11, 12, 13, 14, 15, 5, 4, 6, 3, 1, 0, 2, 7, 16],
    pc: 16,
  },
  AArch64: {
    // mov x8, #139; svc #0
    code: [0x68, 0x11, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4],
    // siginfo, ucontext with its 1024 bits of signals, fault address
    at: 128 + 176 + 8,
    // x0 … x30 sp pc
    order: [...Array.from({ length: 32 }, (_, i) => i), -1],
    pc: 32,
  },
}

/** Null where the code at `pc` is not what a signal handler returns to. */
export function signalRegisters(architecture: Architecture, memory: AddressSpace, pc: number, registers: Registers): { registers: Registers; pc: number; cfa: number } | null {
  const { code, at, order, pc: pcAt } = TRAMPOLINES[architecture.machine]
  const there = memory.read(pc, code.length)
  if (!there.ok || code.some((byte, i) => there.bytes[i] !== byte)) return null
  const sp = registers[architecture.sp]
  if (sp === null || sp > BigInt(Number.MAX_SAFE_INTEGER)) return null
  const saved = memory.read(Number(sp) + at, order.length * 8)
  if (!saved.ok) return null
  const view = new DataView(saved.bytes.buffer)
  const found: Registers = registers.map(() => null)
  order.forEach((number, i) => {
    if (number >= 0) found[number] = view.getBigUint64(i * 8, true)
  })
  const interrupted = codeAddress(architecture, view.getBigUint64(pcAt * 8, true))
  const cfa = Number(found[architecture.sp])
  return Number.isNaN(interrupted) || !Number.isSafeInteger(cfa) ? null : { registers: found, pc: interrupted, cfa }
}
