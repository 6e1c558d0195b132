/** The stacks of all threads. `.debug_frame` is read where a stack would end without it, and for that module only. */
import type { ProcessInfo } from '../../contract/rows.ts'
import type { Module } from '../corefile/modules.ts'
import type { Diagnostics } from '../errors.ts'
import type { AddressSpace } from '../memory/addressSpace.ts'
import type { Decompressor } from '../ports.ts'
import { readDebugFrame } from './moduleDwarf.ts'
import { MAX_FRAMES, Unwinder, type Stack } from './unwind.ts'

export interface UnwindQuery {
  memory: AddressSpace
  /** After attachFiles. */
  modules: Module[]
  /** Registers in the order of user_regs_struct. */
  threads: readonly { tid: number; registers: readonly bigint[] }[]
  machine: ProcessInfo['machine']
  decompressor: Decompressor
  diagnostics: Diagnostics
}

/** Of all threads: what comes behind has one frame each. */
const MAX_ALL_FRAMES = 400_000

/** One for each thread, in their order. */
export async function unwindThreads({ memory, modules, threads, machine, decompressor, diagnostics }: UnwindQuery): Promise<Stack[]> {
  const unwinder = new Unwinder(memory, modules, machine, diagnostics)
  const stacks: Stack[] = []
  let left = MAX_ALL_FRAMES
  for (const { registers } of threads) {
    const most = Math.max(1, Math.min(MAX_FRAMES, left))
    let stack = unwinder.stack(registers, most)
    while (stack.wants) {
      // once for each module: then it wants none
      unwinder.table(stack.wants).setDebugFrame(await readDebugFrame(stack.wants, decompressor, diagnostics))
      stack = unwinder.stack(registers, most)
    }
    left -= stack.frames.length
    stacks.push(stack)
  }
  return stacks
}
