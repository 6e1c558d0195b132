/**
 * What an ELF file says about where its debug information went: .gnu_debuglink and .gnu_debugaltlink. Names that make no
 * sense as such are refused. Source: gdb manual "Separate Debug Files" (with the CRC); dwz(1); DWARF 5 §7.5.5 DW_FORM_ref_sup.
 */
import { readUpTo, textUntilZero } from '../bytes/cursor.ts'
import type { ElfFile, Readable, Section } from './file.ts'
import { SHF_COMPRESSED } from './file.ts'

export interface DebugLink {
  /** A file name without folder. */
  name: string
  /** CRC-32 of the whole debug file. */
  crc: number
}

export interface DebugAltLink {
  /** A path; a relative one starts at the folder of the file that names it. */
  name: string
  /** Lower-case hex. */
  buildId: string
}

const LONGEST = 8192
const PIECE = 1 << 20

/** Null where there is none, or one that can't be followed. Throws FormatError. */
export function debugLinkOf(elf: ElfFile, sections: Section[]): DebugLink | null {
  const bytes = contents(elf, sections, '.gnu_debuglink')
  if (!bytes) return null
  const end = bytes.indexOf(0)
  const crcAt = Math.ceil((end + 1) / 4) * 4
  if (end < 1 || crcAt + 4 > bytes.length) return null
  const name = textUntilZero(bytes)
  if (name.includes('/') || name === '..' || name === '.') return null
  return { name, crc: new DataView(bytes.buffer, bytes.byteOffset).getUint32(crcAt, true) }
}

/** Null where there is none, or one that can't be followed. Throws FormatError. */
export function debugAltLinkOf(elf: ElfFile, sections: Section[]): DebugAltLink | null {
  const bytes = contents(elf, sections, '.gnu_debugaltlink')
  if (!bytes) return null
  const end = bytes.indexOf(0)
  const id = bytes.subarray(end + 1)
  if (end < 1 || id.length < 2 || id.length > 64) return null
  return { name: textUntilZero(bytes), buildId: Buffer.from(id).toString('hex') }
}

function contents(elf: ElfFile, sections: Section[], name: string): Uint8Array | null {
  const section = sections.find((s) => s.name === name)
  return section && section.size <= LONGEST && !(section.flags & SHF_COMPRESSED) ? elf.readSection(section) : null
}

let table: Uint32Array | null = null

function crcTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, n) => {
    let crc = n
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
    return crc
  })
}

/** CRC-32 as zip and .gnu_debuglink have it, of the whole file. */
export function crc32Of(source: Readable): number {
  const entries = (table ??= crcTable())
  const piece = new Uint8Array(Math.min(PIECE, source.size))
  let crc = 0xffffffff
  for (let at = 0; at < source.size;) {
    const got = readUpTo(source, at, piece)
    if (got === 0) break
    for (let i = 0; i < got; i++) crc = entries[(crc ^ piece[i]) & 0xff] ^ (crc >>> 8)
    at += got
  }
  return ~crc >>> 0
}
