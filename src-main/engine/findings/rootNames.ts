/** What a root is called: the variable and member, the register, the place on a thread's stack. */
import type { ProcessInfo, RootRef } from '../../contract/rows.ts'
import { hex } from '../bytes/units.ts'
import type { RootWindow } from '../graph/windows.ts'
import { idOf } from '../symbols/processSymbols.ts'
import { plus, rangeAt, rangeWords, type ProcessView } from './pointers.ts'
import type { MemberNames } from './memberNames.ts'

/** In the order of user_regs_struct: Linux arch/x86/include/asm/user_64.h, arch/arm64/include/uapi/asm/ptrace.h. */
const REGISTERS: Record<ProcessInfo['machine'], readonly string[]> = {
  'x86-64': ['r15', 'r14', 'r13', 'r12', 'rbp', 'rbx', 'r11', 'r10', 'r9', 'r8', 'rax', 'rcx', 'rdx', 'rsi', 'rdi', 'orig_rax', 'rip', 'cs', 'eflags', 'rsp', 'ss', 'fs_base', 'gs_base', 'ds', 'es', 'fs', 'gs'],
  AArch64: [...Array.from({ length: 31 }, (_, i) => `x${i}`), 'sp', 'pc', 'pstate'],
}

export interface RootThread {
  tid: number
  sp: number
  /** As the core has them. */
  registers: readonly bigint[]
}

export class RootNames {
  private readonly view: ProcessView
  private readonly members: MemberNames
  private readonly threads: readonly RootThread[]

  constructor(view: ProcessView, members: MemberNames, threads: readonly RootThread[]) {
    this.view = view
    this.members = members
    this.threads = threads
  }

  /** @param word address of the word; for registers the number of the register times 8 */
  of(root: RootWindow, word: number): RootRef {
    const thread = this.threads[root.thread]
    const tid = thread?.tid ?? null
    const ofThread = tid === null ? '' : `thread ${tid}`
    if (root.kind === 'registers') return { kind: 'registers', addr: 0, name: REGISTERS[this.view.machine][word / 8] ?? `register ${word / 8}`, where: ofThread, tid }
    if (root.kind === 'stack') return { kind: 'stack', addr: word, name: thread && word >= thread.sp ? `sp+${hex(word - thread.sp)}` : '', where: `stack of ${ofThread}`, tid }
    const variable = this.variable(word)
    if (variable) return { kind: root.kind, addr: word, ...variable, tid: variable.tid ?? tid }
    if (root.kind === 'tls') return { kind: 'tls', addr: word, name: '', where: `thread-local memory of ${ofThread}`, tid }
    const range = rangeAt(this.view.ranges, word)
    const module = this.view.symbols.modules.find((m) => word >= m.base && word < m.end)
    if (module) return { kind: root.kind, addr: word, name: `${module.name}${plus(word - module.base)}`, where: module.name, tid }
    return { kind: root.kind, addr: word, name: '', where: range ? rangeWords(range) : '', tid }
  }

  private variable(word: number): { name: string; where: string; tid: number | null } | null {
    const { symbols } = this.view
    const hit = symbols.variableAt(word)
    if (hit) {
      const { table } = hit.module
      const member = this.members.inType(idOf(hit.module, table.variables.type[hit.index]), hit.offset)
      const name = table.text(table.variables.name[hit.index])
      const path = member === '' ? plus(hit.offset) : member.startsWith('[') ? member : `.${member}`
      return { name: `${name}${path}`, where: hit.module.name, tid: hit.tid }
    }
    const symbol = symbols.symbolAt(word)
    return symbol ? { name: `${symbol.name}${plus(symbol.offset)}`, where: symbol.module.name, tid: null } : null
  }
}

/** `g_zones[3]`, `sp+0x48, stack of thread 12`, `rbx of thread 12`. */
export function rootText({ kind, name, where, addr }: RootRef): string {
  if (kind === 'registers') return `${name} of ${where}`
  if (kind === 'global' && name !== '') return name
  const place = name !== '' ? name : hex(addr)
  return where === '' ? place : `${place}, ${where}`
}
