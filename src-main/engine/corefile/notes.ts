/**
 * What a core's notes say of the process: threads with the registers that matter, signal, auxiliary vector,
 * mapped files. Layouts: Linux include/linux/elfcore.h (struct elf_prstatus, elf_prpsinfo), fs/binfmt_elf.c
 * (NT_FILE), siginfo_t; x86-64 and AArch64 user_regs_struct.
 */
import type { ThreadRow } from '../../contract/rows.ts'
import { Cursor } from '../bytes/cursor.ts'
import { EM_X86_64 } from '../elf/file.ts'
import { NT_ARM_TLS, NT_AUXV, NT_FILE, NT_FPREGSET, NT_PRPSINFO, NT_PRSTATUS, NT_SIGINFO, type Note } from '../elf/notes.ts'
import type { Diagnostics } from '../errors.ts'

export const AT_PHDR = 3
export const AT_ENTRY = 9
export const AT_SYSINFO_EHDR = 33
export const AT_EXECFN = 31

/** One file-backed mapping; `path` as the kernel wrote it. */
export interface MappedFile {
  start: number
  end: number
  /** Bytes into the file at `start`. */
  fileOffset: number
  path: string
}

export interface Thread extends Pick<ThreadRow, 'tid' | 'crashed' | 'signal'> {
  /** All general registers in the order of user_regs_struct. */
  registers: bigint[]
  pc: bigint
  sp: bigint
  /** 0 where the core doesn't say. */
  tp: bigint
  /** NT_FPREGSET, as it is. */
  fpregs: Uint8Array | null
}

export interface CoreNotes {
  pid: number
  command: string
  args: string
  signal: number
  faultAddress: number | null
  threads: Thread[]
  auxv: Map<number, number>
  files: MappedFile[]
  hasFileNote: boolean
}

const REGISTERS_AT = 112
/** Signals whose siginfo carries si_addr: SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV. */
const FAULTS = new Set([4, 5, 7, 8, 11])

export function readCoreNotes(notes: Note[], machine: number, diagnostics: Diagnostics): CoreNotes {
  const core: CoreNotes = { pid: 0, command: '', args: '', signal: 0, faultAddress: null, threads: [], auxv: new Map(), files: [], hasFileNote: false }
  for (const note of notes) diagnostics.guard(undefined, () => readNote(core, note, machine, diagnostics))
  if (core.threads.length > 0) {
    core.threads[0].crashed = core.threads[0].signal !== 0
    core.signal ||= core.threads[0].signal
    core.pid ||= core.threads[0].tid
  }
  return core
}

function readNote(core: CoreNotes, note: Note, machine: number, diagnostics: Diagnostics): void {
  const cursor = new Cursor(note.bytes, `note ${note.name} 0x${note.type.toString(16)}`, note.offset)
  const last = core.threads.at(-1)
  if (note.name === 'CORE') {
    switch (note.type) {
      case NT_PRSTATUS:
        core.threads.push(readThread(cursor, machine))
        return
      case NT_FPREGSET:
        if (last) last.fpregs = note.bytes
        return
      case NT_PRPSINFO:
        cursor.skip(24)
        core.pid = cursor.i32()
        cursor.skip(12)
        core.command = cursor.fixedString(16)
        core.args = cursor.fixedString(80).trimEnd()
        return
      case NT_AUXV:
        while (cursor.left >= 16) {
          const key = cursor.u64()
          if (key === 0) break
          core.auxv.set(key, cursor.u64())
        }
        return
      case NT_SIGINFO:
        if (core.signal === 0 && note.bytes.length >= 24) {
          core.signal = cursor.i32()
          cursor.skip(4)
          const code = cursor.i32()
          cursor.skip(4)
          // a positive code came from the kernel; kill() and raise() send 0 and below
          if (FAULTS.has(core.signal) && code > 0) core.faultAddress = Number(cursor.register())
        }
        return
      case NT_FILE:
        core.hasFileNote = true
        readFiles(core.files, cursor, diagnostics)
        return
    }
  }
  if (note.name === 'LINUX' && note.type === NT_ARM_TLS && last && note.bytes.length >= 8) last.tp = cursor.register()
}

function readThread(cursor: Cursor, machine: number): Thread {
  const signal = cursor.i32()
  cursor.skip(8)
  const current = cursor.u16()
  cursor.at = 32
  const tid = cursor.i32()
  cursor.at = REGISTERS_AT
  const registers: bigint[] = []
  const count = machine === EM_X86_64 ? 27 : 34
  for (let i = 0; i < count; i++) registers.push(cursor.register())
  const [pc, sp, tp] = machine === EM_X86_64 ? [registers[16], registers[19], registers[21]] : [registers[32], registers[31], 0n]
  return { tid, crashed: false, signal: current || signal, pc, sp, tp, registers, fpregs: null }
}

function readFiles(files: MappedFile[], cursor: Cursor, diagnostics: Diagnostics): void {
  const count = cursor.u64()
  const pageSize = cursor.u64()
  const room = Math.floor(cursor.left / 25)
  if (count > room) diagnostics.add('truncated', 'NT_FILE', null, `names ${count} mapped files, has room for ${room}`)
  const kept = Math.min(count, room)
  const first = files.length
  for (let i = 0; i < kept; i++) files.push({ start: cursor.u64(), end: cursor.u64(), fileOffset: cursor.u64() * pageSize, path: '' })
  cursor.skip(Math.max(0, Math.min(cursor.left, (count - kept) * 24)))
  const names = cursor.bytes(cursor.left)
  const decoder = new TextDecoder()
  let at = 0
  for (let i = first; i < files.length && at < names.length; i++) {
    let end = names.indexOf(0, at)
    if (end < 0) end = names.length
    files[i].path = decoder.decode(names.subarray(at, end).slice())
    at = end + 1
  }
}
