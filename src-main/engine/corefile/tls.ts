/**
 * Where each thread keeps each module's thread-local variables: the block of thread t and module m, to which the value
 * of a TLS symbol is added. By the static layout where the module has a place in it, else by the thread's dtv. Answers
 * null where a thread has no block of a module yet, and where it can't be told; knows glibc only.
 *
 * Sources: Drepper, "ELF Handling For Thread-Local Storage" (variants I and II); glibc elf/dl-tls.c, csu/libc-tls.c,
 * include/link.h (l_tls_*), nptl_db/structs.def, sysdeps x86_64 and aarch64 nptl/tls.h (tcbhead_t).
 */
import type { ProcessInfo } from '../../contract/rows.ts'
import type { AddressSpace } from '../memory/addressSpace.ts'
import type { Diagnostics } from '../errors.ts'
import type { Module } from './modules.ts'
import type { Thread } from './notes.ts'
import { findTlsModules, type TlsModule } from './tlsModules.ts'

/** An entry of a dtv: {val, to_free}. dtv[-1] counts the entries, dtv[0] is the generation they are of. */
const DTV_ENTRY = 16
const MAX_DTV = 2 ** 20

interface Dtv {
  start: number
  count: number
  generation: number
}

export class ThreadLocals {
  private readonly memory: AddressSpace
  private readonly machine: ProcessInfo['machine']
  private readonly threads: Pick<Thread, 'tp'>[]
  private readonly known: Map<Module, TlsModule>
  private readonly dtvs = new Map<number, Dtv | null>()

  /** @param modules after attachFiles */
  constructor(memory: AddressSpace, modules: Module[], threads: Pick<Thread, 'tp'>[], machine: ProcessInfo['machine'], diagnostics: Diagnostics) {
    this.memory = memory
    this.machine = machine
    this.threads = threads
    this.known = findTlsModules(memory, modules, machine, diagnostics)
  }

  /** Address of the block that a thread has of a module's thread-local variables; null where it has none, or it can't be told. */
  block(thread: number, module: Module): number | null {
    const tls = this.known.get(module)
    const tp = this.threadPointer(thread)
    if (!tls || tp === null) return null
    const at = tls.distance === null ? this.byDtv(thread, tp, tls) : tp + tls.distance
    return at !== null && this.memory.find(at) !== null ? at : null
  }

  private byDtv(thread: number, tp: number, tls: TlsModule): number | null {
    const dtv = this.dtvOf(thread, tp)
    if (!dtv || tls.id === 0 || tls.id > dtv.count) return null
    // what the entry says is of an older module with the same id
    if (tls.generation > dtv.generation) return null
    const value = this.memory.word(dtv.start + tls.id * DTV_ENTRY)
    // -1, TLS_DTV_UNALLOCATED, is no word
    return value > 0 ? value : null
  }

  private threadPointer(thread: number): number | null {
    const tp = Number(this.threads[thread]?.tp ?? 0n)
    if (tp === 0 || !Number.isSafeInteger(tp) || tp % 8 !== 0) return null
    // tcbhead_t: tcb and self both point to it
    if (this.machine === 'x86-64' && (this.memory.word(tp) !== tp || this.memory.word(tp + 16) !== tp)) return null
    return tp
  }

  private dtvOf(thread: number, tp: number): Dtv | null {
    let dtv = this.dtvs.get(thread)
    if (dtv === undefined) this.dtvs.set(thread, (dtv = this.readDtv(tp)))
    return dtv
  }

  private readDtv(tp: number): Dtv | null {
    const { memory } = this
    const start = memory.word(this.machine === 'x86-64' ? tp + 8 : tp)
    if (!(start > 0) || start % 8 !== 0) return null
    const count = memory.word(start - DTV_ENTRY)
    const generation = memory.word(start)
    if (!(count > 0 && count < MAX_DTV) || Number.isNaN(generation)) return null
    // the executable's block is where the ABI says: a dtv that knows better is not glibc's, or damaged
    for (const tls of this.known.values()) {
      if (tls.module.main && tls.distance !== null && memory.word(start + tls.id * DTV_ENTRY) !== tp + tls.distance) return null
    }
    return { start, count, generation }
  }
}
