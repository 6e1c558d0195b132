/**
 * Builds small ELF executables and shared objects in memory: build-id, dynamic and full symbol tables, sections of
 * one's choice, and the segments a process would have mapped from them.
 *
 * Sources: the ELF-64 object file format, the System V gABI (dynamic section, hash table).
 */
import { ByteWriter } from './byteWriter.ts'
import type { CoreSegment, Machine, MappedFile } from './elfCore.ts'
import { PF_R, PF_W, PF_X } from './elfCore.ts'

export const STT_OBJECT = 1
export const STT_FUNC = 2
export const STT_TLS = 6

export interface ModuleSymbol {
  name: string
  /** As in the file: before the load bias is added. */
  value: number
  size?: number
  /** STT_OBJECT by default. */
  type?: number
  /** Global by default. */
  local?: boolean
  /** Name of its section; SHN_UNDEF for ''. By default the section that holds the value. */
  section?: string
}

export interface ModuleSection {
  name: string
  bytes: Uint8Array
  /** Allocated sections only, page-aligned, ascending, from 0x10000 on; each becomes a PT_LOAD. */
  vaddr?: number
  /** Mapped bytes beyond `bytes` (.bss). */
  memSize?: number
  /** PF_R by default. */
  flags?: number
  /** Of sections that are not allocated: SHF_COMPRESSED and the like, added to none. */
  sectionFlags?: number
}

export interface ModuleSpec {
  machine?: Machine
  /** ET_EXEC with absolute addresses, or ET_DYN (the default). */
  executable?: boolean
  /** First address; 0 for ET_DYN, 0x400000 for ET_EXEC. */
  base?: number
  buildId?: Uint8Array
  sections?: ModuleSection[]
  dynamicSymbols?: ModuleSymbol[]
  /** .symtab; none: a stripped file. */
  symbols?: ModuleSymbol[]
  soname?: string
  entry?: number
}

export interface BuiltModule {
  bytes: Uint8Array
  loads: { vaddr: number; offset: number; bytes: Uint8Array; memSize: number; flags: number }[]
}

const EM = { 'x86-64': 62, AArch64: 183 } as const
const PAGE = 4096
const PT_LOAD = 1
const PT_DYNAMIC = 2
const PT_NOTE = 4
const SHT = { PROGBITS: 1, SYMTAB: 2, STRTAB: 3, HASH: 5, DYNAMIC: 6, NOTE: 7, DYNSYM: 11 } as const
const SHF_WRITE = 1
const SHF_ALLOC = 2
const SHF_EXECINSTR = 4

interface Placed {
  name: string
  type: number
  flags: number
  vaddr: number
  offset: number
  size: number
  link: number
  info: number
  entrySize: number
  align: number
}

export function buildElfModule(spec: ModuleSpec): BuiltModule {
  const base = spec.base ?? (spec.executable ? 0x400000 : 0)
  const allocated = (spec.sections ?? []).filter((section) => section.vaddr !== undefined)
  const headers = 1 + allocated.length + 1 + (spec.buildId ? 1 : 0)
  const placed: Placed[] = [{ name: '', type: 0, flags: 0, vaddr: 0, offset: 0, size: 0, link: 0, info: 0, entrySize: 0, align: 8 }]
  // Allocated sections are numbered after .note, .dynsym, .dynstr, .hash and .dynamic.
  const firstUser = (spec.buildId ? 1 : 0) + 5
  const sectionOf = (symbol: ModuleSymbol): number => {
    if (symbol.section === '') return 0
    const index = allocated.findIndex(({ name, vaddr = 0, bytes, memSize }) =>
      symbol.section === undefined ? symbol.value >= vaddr && symbol.value < vaddr + (memSize ?? bytes.length) : name === symbol.section,
    )
    return index < 0 ? 0xfff1 : firstUser + index
  }

  const out = new ByteWriter().zeroes(64 + headers * 56)
  const add = (name: string, type: number, flags: number, bytes: Uint8Array, extra: Partial<Placed> = {}): Placed => {
    out.align(8)
    const mapped = (flags & SHF_ALLOC) !== 0
    const section: Placed = { name, type, flags, vaddr: mapped ? base + out.length : 0, offset: out.length, size: bytes.length, link: 0, info: 0, entrySize: 0, align: 8, ...extra }
    out.bytes(bytes)
    placed.push(section)
    return section
  }

  const note = spec.buildId && add('.note.gnu.build-id', SHT.NOTE, SHF_ALLOC, buildIdNote(spec.buildId), { align: 4 })
  const dynamicTable = symbolTable(spec.dynamicSymbols ?? [], sectionOf, spec.soname)
  const link = placed.length + 1
  const dynsym = add('.dynsym', SHT.DYNSYM, SHF_ALLOC, dynamicTable.symbols, { link, info: dynamicTable.locals, entrySize: 24 })
  const dynstr = add('.dynstr', SHT.STRTAB, SHF_ALLOC, dynamicTable.strings)
  const hash = add('.hash', SHT.HASH, SHF_ALLOC, hashTable(dynamicTable.symbols.length / 24), { link: link - 1, entrySize: 4 })
  const dynamicBytes = new ByteWriter()
  if (spec.soname !== undefined) dynamicBytes.u64(14, 1)
  dynamicBytes.u64(4, hash.vaddr, 5, dynstr.vaddr, 6, dynsym.vaddr, 10, dynstr.size, 11, 24, 0, 0)
  const dynamic = add('.dynamic', SHT.DYNAMIC, SHF_ALLOC, dynamicBytes.done(), { link, entrySize: 16 })
  const firstLoad = out.length

  const loads: BuiltModule['loads'] = []
  for (const { name, vaddr = 0, bytes, memSize, flags = PF_R } of allocated) {
    out.align(PAGE)
    const shf = SHF_ALLOC | (flags & PF_W ? SHF_WRITE : 0) | (flags & PF_X ? SHF_EXECINSTR : 0)
    loads.push({ vaddr, offset: out.length, bytes, memSize: memSize ?? bytes.length, flags })
    placed.push({ name, type: SHT.PROGBITS, flags: shf, vaddr, offset: out.length, size: bytes.length, link: 0, info: 0, entrySize: 0, align: 8 })
    out.bytes(bytes)
  }
  for (const { name, bytes, sectionFlags = 0 } of (spec.sections ?? []).filter((section) => section.vaddr === undefined)) add(name, SHT.PROGBITS, sectionFlags, bytes)
  if (spec.symbols) {
    const table = symbolTable(spec.symbols, sectionOf)
    add('.symtab', SHT.SYMTAB, 0, table.symbols, { link: placed.length + 1, info: table.locals, entrySize: 24 })
    add('.strtab', SHT.STRTAB, 0, table.strings)
  }
  const sectionsAt = addSectionHeaders(out, placed)

  const head = new ByteWriter()
  head.u8(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0).zeroes(8)
  head.u16(spec.executable ? 2 : 3, EM[spec.machine ?? 'x86-64']).u32(1).u64(spec.entry ?? 0, 64, sectionsAt).u32(0)
  head.u16(64, 56, headers, 64, placed.length, placed.length - 1)
  const first = { vaddr: base, offset: 0, memSize: firstLoad, flags: PF_R }
  programHeader(head, PT_LOAD, first.flags, 0, base, firstLoad, firstLoad, PAGE)
  for (const load of loads) programHeader(head, PT_LOAD, load.flags, load.offset, load.vaddr, load.bytes.length, load.memSize, PAGE)
  programHeader(head, PT_DYNAMIC, PF_R, dynamic.offset, dynamic.vaddr, dynamic.size, dynamic.size, 8)
  if (note) programHeader(head, PT_NOTE, PF_R, note.offset, note.vaddr, note.size, note.size, 4)
  const bytes = out.done()
  bytes.set(head.done())
  return { bytes, loads: [{ ...first, bytes: bytes.subarray(0, firstLoad) }, ...loads] }
}

/** What a process that mapped the module at `bias` has in its core, and its NT_FILE entries. */
export function mappedModule(module: BuiltModule, bias: number, path: string): { segments: CoreSegment[]; files: MappedFile[] } {
  const segments: CoreSegment[] = []
  const files: MappedFile[] = []
  for (const { vaddr, offset, bytes, memSize, flags } of module.loads) {
    const whole = pages(bytes.length)
    const image = new Uint8Array(pages(memSize))
    image.set(bytes)
    segments.push({ vaddr: bias + vaddr, bytes: image, flags })
    if (whole > 0) files.push({ start: bias + vaddr, end: bias + vaddr + whole, offset, path })
  }
  return { segments, files }
}

const pages = (bytes: number): number => Math.ceil(bytes / PAGE) * PAGE

function programHeader(out: ByteWriter, type: number, flags: number, offset: number, vaddr: number, fileSize: number, memSize: number, alignment: number): void {
  out.u32(type, flags).u64(offset, vaddr, vaddr, fileSize, memSize, alignment)
}

function buildIdNote(id: Uint8Array): Uint8Array {
  return new ByteWriter().u32(4, id.length, 3).text('GNU').bytes(id).align(4).done()
}

function symbolTable(symbols: ModuleSymbol[], sectionOf: (symbol: ModuleSymbol) => number, soname?: string): { symbols: Uint8Array; strings: Uint8Array; locals: number } {
  const strings = new ByteWriter().u8(0)
  if (soname !== undefined) strings.text(soname)
  const table = new ByteWriter().zeroes(24)
  const ordered = [...symbols.filter(({ local }) => local), ...symbols.filter(({ local }) => !local)]
  for (const symbol of ordered) {
    table.u32(strings.length).u8(((symbol.local ? 0 : 1) << 4) | (symbol.type ?? STT_OBJECT), 0).u16(sectionOf(symbol))
    table.u64(symbol.value, symbol.size ?? 0)
    strings.text(symbol.name)
  }
  return { symbols: table.done(), strings: strings.done(), locals: 1 + symbols.filter(({ local }) => local).length }
}

/** One bucket that chains all symbols: nchain is the number of symbols, which is what readers need it for. */
function hashTable(symbols: number): Uint8Array {
  const out = new ByteWriter().u32(1, symbols, symbols > 1 ? 1 : 0)
  for (let i = 0; i < symbols; i++) out.u32(i > 0 && i + 1 < symbols ? i + 1 : 0)
  return out.done()
}

function addSectionHeaders(out: ByteWriter, placed: Placed[]): number {
  const names = new ByteWriter().u8(0)
  const nameAt = placed.map(({ name }) => {
    const at = name === '' ? 0 : names.length
    if (name !== '') names.text(name)
    return at
  })
  nameAt.push(names.length)
  names.text('.shstrtab')
  placed.push({ name: '.shstrtab', type: SHT.STRTAB, flags: 0, vaddr: 0, offset: out.length, size: names.length, link: 0, info: 0, entrySize: 0, align: 8 })
  out.bytes(names.done()).align(8)
  const at = out.length
  placed.forEach((section, i) => {
    out.u32(nameAt[i], section.type).u64(section.flags, section.vaddr, section.offset, section.size)
    out.u32(section.link, section.info).u64(i === 0 ? 0 : section.align, section.entrySize)
  })
  return at
}
