/** ELF notes: name, type, payload. Source: gABI ch. 5 "Note Section"; Linux include/uapi/linux/elf.h. */
import { Cursor, readUpTo, textUntilZero } from '../bytes/cursor.ts'
import type { Readable, Segment } from './file.ts'

export const NT_PRSTATUS = 1
export const NT_FPREGSET = 2
export const NT_PRPSINFO = 3
export const NT_AUXV = 6
export const NT_SIGINFO = 0x53494749
export const NT_FILE = 0x46494c45
export const NT_ARM_TLS = 0x401
export const NT_GNU_BUILD_ID = 3

export interface Note {
  /** `CORE`, `LINUX`, `GNU` */
  name: string
  type: number
  bytes: Uint8Array
  /** Of `bytes`, in the file or image. */
  offset: number
}

export interface Notes {
  notes: Note[]
  /** Why and where the reading stopped early; '' when all were read. */
  stopped: string
  stoppedAt: number
}

const HEADER = 12
const padded = (n: number, align: number): number => Math.ceil(n / align) * align

/** Where notes lie: a PT_NOTE segment, or an SHT_NOTE section. */
export type NoteRange = Pick<Segment, 'offset' | 'filesz' | 'align'>

/** The notes of a range; what lies beyond the end of the file is left out and told. */
export function readNotes(source: Readable, segment: NoteRange, limit = 512 << 20): Notes {
  const size = Math.min(segment.filesz, limit, Math.max(0, source.size - segment.offset))
  const bytes = new Uint8Array(size)
  const got = readUpTo(source, segment.offset, bytes)
  return parseNotes(bytes.subarray(0, got), segment.offset, segment.align === 8 ? 8 : 4, segment.filesz > got)
}

/** @param cut the bytes are known to be only the beginning */
export function parseNotes(bytes: Uint8Array, base: number, align: number, cut = false): Notes {
  const notes: Note[] = []
  const cursor = new Cursor(bytes, 'notes', base)
  const result = (stopped: string): Notes => ({ notes, stopped, stoppedAt: base + cursor.at })
  while (cursor.left >= HEADER) {
    const nameSize = cursor.u32()
    const size = cursor.u32()
    const type = cursor.u32()
    if (padded(nameSize, align) > cursor.left) return result(`a note's name of ${nameSize} bytes lies beyond the end of the notes`)
    const name = textUntilZero(cursor.bytes(nameSize))
    cursor.at = Math.min(bytes.length, padded(cursor.at, align))
    if (size > cursor.left) return result(`note ${name} 0x${type.toString(16)} of ${size} bytes lies beyond the end of the notes`)
    const offset = base + cursor.at
    notes.push({ name, type, bytes: cursor.bytes(size), offset })
    cursor.at = Math.min(bytes.length, padded(cursor.at, align))
  }
  return result(cut ? 'the file ends within the notes' : '')
}
