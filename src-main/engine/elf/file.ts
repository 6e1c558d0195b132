/**
 * The ELF header, segments and sections of an ELF64 little-endian file: a core, an executable, a library or a
 * debug file. elfy decodes each entry; around it, positional reads, PN_XNUM, e_shnum = 0, SHN_XINDEX and
 * truncation. Refuses 32-bit and big-endian files. Source: System V gABI 4.1 ch. 4 and 5; Linux elf.h.
 */
import elfy, { type ElfyParser } from 'elfy'
import { FormatError } from '../errors.ts'
import { readExactly, readUpTo, textUntilZero } from '../bytes/cursor.ts'

export const ET_REL = 1
export const ET_EXEC = 2
export const ET_DYN = 3
export const ET_CORE = 4
export const EM_X86_64 = 62
export const EM_AARCH64 = 183
export const PT_LOAD = 1
export const PT_DYNAMIC = 2
export const PT_NOTE = 4
export const PF_X = 1
export const PF_W = 2
export const PF_R = 4
export const SHT_SYMTAB = 2
export const SHT_RELA = 4
export const SHT_NOTE = 7
export const SHT_NOBITS = 8
export const SHT_REL = 9
export const SHT_DYNSYM = 11
export const SHF_COMPRESSED = 0x800
const PN_XNUM = 0xffff
const SHN_XINDEX = 0xffff

/** Anything that can be read by position: a file, or an ELF image in the process's memory. */
export interface Readable {
  readonly name: string
  readonly size: number
  read(at: number, target: Uint8Array): number
}

export interface ElfHeader {
  type: number
  machine: number
  phoff: number
  phentsize: number
  phnum: number
  shoff: number
  shentsize: number
  shnum: number
  shstrndx: number
}

export interface Segment {
  /** Position in the program header table. */
  index: number
  type: number
  /** PF_R | PF_W | PF_X */
  flags: number
  offset: number
  vaddr: number
  filesz: number
  memsz: number
  align: number
}

export interface Section {
  name: string
  type: number
  flags: number
  addr: number
  offset: number
  size: number
  link: number
  info: number
  align: number
  entsize: number
}

const EHDR_SIZE = 64
const PHDR_SIZE = 56
const SHDR_SIZE = 64
const noBody = Buffer.alloc(0)

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Where and how many; all that elfy needs besides one entry. */
function parseHeaderBytes(bytes: Uint8Array, where: string, parser: ElfyParser): ElfHeader {
  if (bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) throw new FormatError(where, 0, 'is not an ELF file')
  if (bytes[4] !== 2) throw new FormatError(where, 4, bytes[4] === 1 ? 'is a 32-bit ELF file' : `has the unknown ELF class ${bytes[4]}`)
  if (bytes[5] !== 1) throw new FormatError(where, 5, bytes[5] === 2 ? 'is a big-endian ELF file' : `has the unknown byte order ${bytes[5]}`)
  const raw = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const h = parser.parseHeader(asBuffer(bytes))
  return {
    type: raw.getUint16(16, true),
    machine: raw.getUint16(18, true),
    phoff: h.phoff,
    phentsize: h.phentsize,
    phnum: h.phnum,
    shoff: h.shoff,
    shentsize: h.shentsize,
    shnum: h.shnum,
    shstrndx: h.shstrndx,
  }
}

export class ElfFile {
  readonly source: Readable
  readonly where: string
  readonly header: ElfHeader
  /** Program headers the file says it has, beyond those in `segments`, that could not be read. */
  readonly missingSegments: number
  readonly segments: Segment[]
  /** Knows word size and byte order once it has parsed the header. */
  private readonly parser = new elfy.Parser()

  /** Throws FormatError unless the source starts with a readable ELF64 little-endian header. */
  constructor(source: Readable, where = source.name) {
    this.source = source
    this.where = where
    this.header = parseHeaderBytes(readExactly(source, 0, EHDR_SIZE, where), where, this.parser)
    let count = this.header.phnum
    if (count === PN_XNUM && this.header.shoff > 0) {
      const first = new Uint8Array(SHDR_SIZE)
      if (readUpTo(source, this.header.shoff, first) === SHDR_SIZE) count = new DataView(first.buffer).getUint32(44, true)
    }
    this.segments = this.readSegments(count)
    this.missingSegments = count - this.segments.length
  }

  private readSegments(count: number): Segment[] {
    const { phoff, phentsize } = this.header
    if (count === 0 || phoff === 0) return []
    if (phentsize < PHDR_SIZE) throw new FormatError(this.where, 54, `says its program headers have ${phentsize} bytes, not ${PHDR_SIZE}`)
    const room = Math.max(0, Math.floor((this.source.size - phoff) / phentsize))
    const table = new Uint8Array(Math.min(count, room) * phentsize)
    const got = Math.floor(readUpTo(this.source, phoff, table) / phentsize)
    const view = new DataView(table.buffer)
    const entryOf = { class: '64' } as Parameters<ElfyParser['parseProgram']>[1]
    const segments: Segment[] = []
    for (let index = 0; index < got; index++) {
      const at = index * phentsize
      const p = this.parser.parseProgram(asBuffer(table.subarray(at, at + PHDR_SIZE)), entryOf, noBody)
      segments.push({
        index,
        type: view.getUint32(at, true),
        flags: view.getUint32(at + 4, true),
        offset: p.offset,
        vaddr: p.vaddr,
        filesz: p.filesz,
        memsz: p.memsz,
        align: p.align,
      })
    }
    return segments
  }

  /** Empty where the file has none or they lie beyond its end. */
  readSections(): Section[] {
    const { shoff, shentsize } = this.header
    if (shoff === 0 || shentsize < SHDR_SIZE) return []
    const first = new Uint8Array(SHDR_SIZE)
    if (readUpTo(this.source, shoff, first) !== SHDR_SIZE) return []
    const firstView = new DataView(first.buffer)
    const count = this.header.shnum || firstView.getUint32(32, true)
    const names = this.header.shstrndx === SHN_XINDEX ? firstView.getUint32(40, true) : this.header.shstrndx
    if (shoff + count * shentsize > this.source.size) throw new FormatError(this.where, shoff, `its ${count} section headers lie beyond the end of the file`)
    const table = readExactly(this.source, shoff, count * shentsize, this.where)
    const view = new DataView(table.buffer)
    const entryOf = { class: '64' } as Parameters<ElfyParser['parseSection']>[1]
    const nameAt: number[] = []
    const sections: Section[] = []
    for (let i = 0; i < count; i++) {
      const at = i * shentsize
      const entry = asBuffer(table.subarray(at, at + SHDR_SIZE))
      const s = this.parser.parseSection(entry, entryOf, noBody)
      nameAt.push(s.name)
      sections.push({
        name: '',
        type: view.getUint32(at + 4, true),
        flags: view.getUint32(at + 8, true),
        addr: s.addr,
        offset: s.off,
        size: s.size,
        link: s.link,
        info: s.info,
        // elfy 1.0.0 reads these two 2 bytes early
        align: view.getUint32(at + 48, true),
        entsize: view.getUint32(at + 56, true),
      })
    }
    const strings = sections[names]
    if (strings && strings.type !== SHT_NOBITS) {
      const table = this.readSection(strings)
      for (let i = 0; i < count; i++) if (nameAt[i] < table.length) sections[i].name = textUntilZero(table.subarray(nameAt[i], nameAt[i] + 256))
    }
    return sections
  }

  /** The section's bytes in the file, as they are (compressed ones too). */
  readSection(section: Section): Uint8Array {
    if (section.type === SHT_NOBITS) return new Uint8Array(0)
    if (!(section.offset + section.size <= this.source.size)) throw new FormatError(`${this.where} ${section.name}`, section.offset, `${section.size} bytes lie beyond the end of the file`)
    return readExactly(this.source, section.offset, section.size, `${this.where} ${section.name}`)
  }
}
