/**
 * Builds core dumps in memory from a description: what the kernel, gcore or a broken tool would have written.
 *
 * Segments may be unordered, overlap, hold fewer bytes than they map, or lie anywhere in the file. Sources: the
 * ELF-64 object file format; Linux fs/binfmt_elf.c and include/uapi/linux/elfcore.h for notes and PN_XNUM.
 */
import { ByteWriter } from './byteWriter.ts'

export const PF_X = 1
export const PF_W = 2
export const PF_R = 4
export const NT_PRSTATUS = 1
export const NT_FPREGSET = 2
export const NT_PRPSINFO = 3
export const NT_AUXV = 6
export const NT_FILE = 0x46494c45
export const NT_SIGINFO = 0x53494749
export const NT_ARM_TLS = 0x401

const PT_LOAD = 1
const PT_NOTE = 4
const ET_CORE = 4
const PN_XNUM = 0xffff
const EM = { 'x86-64': 62, AArch64: 183 } as const
const HEADER = 64
const PROGRAM_HEADER = 56
const SECTION_HEADER = 64

export type Machine = keyof typeof EM

export interface CoreSegment {
  vaddr: number
  /** What was dumped; none by default. */
  bytes?: Uint8Array
  /** Mapped bytes; as many as were dumped by default. */
  memSize?: number
  /** PF_R | PF_W by default. */
  flags?: number
  /** Into the file; by default after the segment before, at a page. */
  fileOffset?: number
  /** p_filesz where it is to differ from the bytes that are there. */
  fileSize?: number
}

export interface CoreThread {
  tid: number
  signal?: number
  pc?: number
  sp?: number
  /** fs_base, TPIDR_EL0. */
  tp?: number
  /** By the kernel's names (`rbx`, `x19`); others are 0. */
  registers?: Record<string, number | bigint>
  /** Leave NT_FPREGSET out. */
  noFloatRegisters?: boolean
}

export interface MappedFile {
  start: number
  end: number
  /** Bytes into the file. */
  offset: number
  path: string
}

export interface CoreNote {
  name: string
  type: number
  bytes: Uint8Array
}

export interface CoreSpec {
  machine?: Machine
  segments?: CoreSegment[]
  threads?: CoreThread[]
  process?: { pid?: number; command?: string; args?: string; uid?: number }
  auxv?: [type: number, value: number | bigint][]
  files?: MappedFile[]
  siginfo?: { signo: number; code: number; addr?: number | bigint }
  /** Appended after the others, as they are. */
  notes?: CoreNote[]
  /** Write the segment count to section header 0, as the kernel does from 65,535 segments on. */
  xnum?: boolean
  /** Program headers in this order (indices into `segments`); the bytes stay where they are. */
  headerOrder?: number[]
  /** Of the header only; for inputs that are to be refused. */
  elfClass?: 32 | 64
  bigEndian?: boolean
  /** e_type; ET_CORE by default. */
  type?: number
}

export interface BuiltCore {
  bytes: Uint8Array
  /** Where the notes are: [start, end) in the file. */
  notes: [number, number]
  /** Where each segment's bytes are in the file. */
  segmentOffsets: number[]
}

export function buildElfCore(spec: CoreSpec): BuiltCore {
  const little = spec.bigEndian !== true
  if (spec.elfClass === 32) return { bytes: header32(spec, little), notes: [0, 0], segmentOffsets: [] }
  const machine = spec.machine ?? 'x86-64'
  const segments = spec.segments ?? []
  const notes = notesOf(spec, machine, little)
  const count = segments.length + 1
  const xnum = spec.xnum === true || count >= PN_XNUM
  const notesAt = HEADER + count * PROGRAM_HEADER
  const placed = place(segments, notesAt + notes.length)

  const out = new ByteWriter(little)
  const sectionsAt = xnum ? align(placed.end, 8) : 0
  out.u8(0x7f, 0x45, 0x4c, 0x46, 2, little ? 1 : 2, 1, 0).zeroes(8)
  out.u16(spec.type ?? ET_CORE, EM[machine]).u32(1).u64(0, HEADER, sectionsAt).u32(0)
  out.u16(HEADER, PROGRAM_HEADER, xnum ? PN_XNUM : count, xnum ? SECTION_HEADER : 0, xnum ? 1 : 0, 0)
  out.u32(PT_NOTE, 0).u64(notesAt, 0, 0, notes.length, 0, 4)
  for (const index of spec.headerOrder ?? segments.keys()) {
    const { vaddr, bytes, memSize, flags, fileSize } = segments[index]
    const stored = fileSize ?? bytes?.length ?? 0
    out.u32(PT_LOAD, flags ?? PF_R | PF_W).u64(placed.offsets[index], vaddr, 0, stored, memSize ?? stored, 4096)
  }
  out.bytes(notes)

  const image = new Uint8Array(xnum ? sectionsAt + SECTION_HEADER : placed.end)
  image.set(out.done())
  segments.forEach(({ bytes }, i) => bytes && image.set(bytes, placed.offsets[i]))
  // Section header 0: sh_info at 44 holds the number of program headers.
  if (xnum) new DataView(image.buffer).setUint32(sectionsAt + 44, count, little)
  return { bytes: image, notes: [notesAt, notesAt + notes.length], segmentOffsets: placed.offsets }
}

function place(segments: CoreSegment[], start: number): { offsets: number[]; end: number } {
  let next = start
  let end = start
  const offsets = segments.map(({ fileOffset, bytes }) => {
    const at = fileOffset ?? align(next, 4096)
    next = at + (bytes?.length ?? 0)
    if (bytes) end = Math.max(end, next)
    return at
  })
  return { offsets, end }
}

const align = (n: number, to: number): number => Math.ceil(n / to) * to

function header32(spec: CoreSpec, little: boolean): Uint8Array {
  const out = new ByteWriter(little)
  out.u8(0x7f, 0x45, 0x4c, 0x46, 1, little ? 1 : 2, 1, 0).zeroes(8)
  out.u16(spec.type ?? ET_CORE, 3).u32(1, 0, 52, 0, 0).u16(52, 32, 1, 0, 0, 0)
  out.u32(PT_NOTE, 84, 0, 0, 0, 0, 0, 4)
  return out.done()
}

/** In the kernel's order: the first thread, the process, the first thread's floating point, the other threads. */
function notesOf(spec: CoreSpec, machine: Machine, little: boolean): Uint8Array {
  const out = new ByteWriter(little)
  const put = (name: string, type: number, bytes: Uint8Array): void => {
    out.u32(name.length + 1, bytes.length, type).text(name).align(4).bytes(bytes).align(4)
  }
  const pid = spec.process?.pid ?? spec.threads?.[0]?.tid ?? 1
  const floats = (thread: CoreThread): void => {
    if (!thread.noFloatRegisters) put('CORE', NT_FPREGSET, new Uint8Array(machine === 'x86-64' ? 512 : 528))
    if (machine === 'AArch64') put('LINUX', NT_ARM_TLS, new ByteWriter(little).u64(thread.tp ?? 0).done())
  }
  const [first, ...others] = spec.threads ?? []
  if (first) put('CORE', NT_PRSTATUS, prstatus(first, pid, machine, little))
  if (spec.process) put('CORE', NT_PRPSINFO, prpsinfo(spec.process, pid, little))
  if (spec.siginfo) put('CORE', NT_SIGINFO, siginfo(spec.siginfo, little))
  if (spec.auxv) put('CORE', NT_AUXV, auxv(spec.auxv, little))
  if (spec.files) put('CORE', NT_FILE, ntFile(spec.files, little))
  if (first) floats(first)
  for (const thread of others) {
    put('CORE', NT_PRSTATUS, prstatus(thread, pid, machine, little))
    floats(thread)
  }
  for (const { name, type, bytes } of spec.notes ?? []) put(name, type, bytes)
  return out.done()
}

/** struct user_regs_struct, in order. */
const X86_64_REGISTERS = [
  'r15', 'r14', 'r13', 'r12', 'rbp', 'rbx', 'r11', 'r10', 'r9', 'r8', 'rax', 'rcx', 'rdx', 'rsi', 'rdi', 'orig_rax',
  'rip', 'cs', 'eflags', 'rsp', 'ss', 'fs_base', 'gs_base', 'ds', 'es', 'fs', 'gs',
]
const AARCH64_REGISTERS = [...Array.from({ length: 31 }, (_, i) => `x${i}`), 'sp', 'pc', 'pstate']

/** struct elf_prstatus. */
function prstatus(thread: CoreThread, pid: number, machine: Machine, little: boolean): Uint8Array {
  const { tid, signal = 0, pc = 0, sp = 0, tp = 0 } = thread
  const out = new ByteWriter(little)
  out.u32(signal, 0, 0).u16(signal, 0).u64(0, 0).u32(tid, pid === tid ? 1 : pid, pid, pid).zeroes(64)
  const named = machine === 'x86-64' ? { rip: pc, rsp: sp, fs_base: tp } : { pc, sp }
  const values: Record<string, number | bigint> = { ...named, ...thread.registers }
  for (const name of machine === 'x86-64' ? X86_64_REGISTERS : AARCH64_REGISTERS) out.u64(values[name] ?? 0)
  return out.u32(1).align(8).done()
}

/** struct elf_prpsinfo. */
function prpsinfo(process: NonNullable<CoreSpec['process']>, pid: number, little: boolean): Uint8Array {
  const { command = '', args = '', uid = 0 } = process
  const out = new ByteWriter(little)
  out.u8(0, 'R'.charCodeAt(0), 0, 0).align(8).u64(0x400600).u32(uid, uid, pid, 1, pid, pid)
  return out.text(command.slice(0, 15), 16).text(args.slice(0, 79), 80).done()
}

/** siginfo_t of a fault, 128 bytes. */
function siginfo({ signo, code, addr = 0 }: NonNullable<CoreSpec['siginfo']>, little: boolean): Uint8Array {
  return new ByteWriter(little).u32(signo, 0, code >>> 0, 0).u64(addr).padTo(128).done()
}

function auxv(entries: [number, number | bigint][], little: boolean): Uint8Array {
  const out = new ByteWriter(little)
  for (const [type, value] of entries) out.u64(type, value)
  return out.u64(0, 0).done()
}

function ntFile(files: MappedFile[], little: boolean): Uint8Array {
  const out = new ByteWriter(little)
  out.u64(files.length, 4096)
  for (const { start, end, offset } of files) out.u64(start, end, Math.floor(offset / 4096))
  for (const { path } of files) out.text(path)
  return out.done()
}
