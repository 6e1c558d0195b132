/**
 * All symbols of a module's files as columns: defined ones of .symtab and .dynsym, each once, sorted by address, TLS symbols
 * last. Names stay bytes. Left out: sections, files, the mapping symbols of AArch64 (`$x`, `$d`), and absolute values of
 * position-independent files, which are no addresses. Source: gABI ch. 4 "Symbol Table"; ELF for the Arm 64-bit
 * Architecture §4.6.4.
 */
import { FormatError, type Diagnostics } from '../errors.ts'
import type { StringTable } from '../symbols/stringTable.ts'
import { SYMBOL, type SymbolColumns } from '../symbols/tables.ts'
import { word } from '../bytes/cursor.ts'
import { ET_EXEC, SHF_COMPRESSED, SHT_DYNSYM, SHT_NOBITS, SHT_SYMTAB, type ElfFile } from './file.ts'
import { sortedBy } from './sortedBy.ts'

const ENTRY = 24
const SHN_UNDEF = 0
const SHN_ABS = 0xfff1
const SHN_COMMON = 0xfff2
const STT_SECTION = 3
const STT_FILE = 4
const AT_SIGN = 0x40
const DOLLAR = 0x24
const DOT = 0x2e
/** Names may share bytes (the end of one is another), but not without measure: beyond this the table is damaged. */
const SHARED_NAMES = 16

/** One symbol table of a file and its names, as they are in the file. */
interface RawTable {
  where: string
  entries: Uint8Array
  names: Uint8Array
  /** Absolute values are addresses. */
  absolute: boolean
}

/** @param elves in order of trust: of equal symbols the first is kept */
export function readSymbolColumns(elves: ElfFile[], strings: StringTable, diagnostics: Diagnostics): SymbolColumns {
  const tables = elves.flatMap((elf) => diagnostics.guard([], () => rawTables(elf)))
  const room = tables.reduce((sum, table) => sum + Math.floor(table.entries.length / ENTRY), 0)
  const all = newColumns(room)
  for (const table of tables) diagnostics.guard(undefined, () => append(all, table, strings))
  return sortedOnce(all)
}

function rawTables(elf: ElfFile): RawTable[] {
  const tables: RawTable[] = []
  const sections = elf.readSections()
  for (const table of sections) {
    if ((table.type !== SHT_SYMTAB && table.type !== SHT_DYNSYM) || table.flags & SHF_COMPRESSED || table.size < ENTRY) continue
    const strings = sections[table.link]
    if (!strings || strings.type === SHT_NOBITS || strings.flags & SHF_COMPRESSED) continue
    tables.push({ where: `${elf.where} ${table.name}`, entries: elf.readSection(table), names: elf.readSection(strings), absolute: elf.header.type === ET_EXEC })
  }
  return tables
}

function newColumns(count: number): SymbolColumns {
  return { count: 0, name: new Uint32Array(count), address: new Float64Array(count), size: new Float64Array(count), kind: new Uint8Array(count) }
}

/** Throws FormatError where the names overlap beyond measure; what came before is kept. */
function append(all: SymbolColumns, { where, entries, names, absolute }: RawTable, strings: StringTable): void {
  const view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength)
  const { name, address, size, kind } = all
  let count = all.count
  let budget = names.length * SHARED_NAMES + 4096
  for (let at = ENTRY; at + ENTRY <= entries.length; at += ENTRY) {
    const section = view.getUint16(at + 6, true)
    if (section === SHN_UNDEF || section === SHN_COMMON || (section === SHN_ABS && !absolute)) continue
    const type = entries[at + 4] & 15
    if (type === STT_SECTION || type === STT_FILE || type > SYMBOL.ifunc) continue
    const start = view.getUint32(at, true)
    // to the zero byte, or to the `@` of a version
    let end = start
    for (; end < names.length; end++) if (names[end] === 0 || (names[end] === AT_SIGN && end > start)) break
    if (end <= start || isMappingSymbol(names, start, end)) continue
    budget -= end - start
    if (budget < 0) {
      all.count = count
      throw new FormatError(where, at, 'its names overlap, which no linker does: the rest of the symbols is left out')
    }
    const value = word(view, at + 8)
    if (Number.isNaN(value)) continue
    name[count] = strings.internWhole(names, start, end)
    address[count] = value
    size[count] = word(view, at + 16) || 0
    kind[count] = type === SYMBOL.func || type === SYMBOL.tls || type === SYMBOL.ifunc || type === SYMBOL.notype ? type : SYMBOL.object
    count++
  }
  all.count = count
}

/** `$x`, `$d`, and either with `.` and anything behind it. */
function isMappingSymbol(names: Uint8Array, start: number, end: number): boolean {
  if (names[start] !== DOLLAR || end - start < 2 || (end - start > 2 && names[start + 2] !== DOT)) return false
  const what = names[start + 1]
  return what === 0x78 || what === 0x64 || what === 0x61 || what === 0x74
}

/** By (TLS, address, order of names); of symbols equal in these, one, with the size and kind of whichever says them. */
function sortedOnce(all: SymbolColumns): SymbolColumns {
  const { count, name, address, size, kind } = all
  const keys = new Float64Array(count)
  for (let i = 0; i < count; i++) keys[i] = kind[i] === SYMBOL.tls ? 1 : 0
  const order = sortedBy(keys, sortedBy(address.subarray(0, count), sortedBy(name.subarray(0, count))))
  const sorted = newColumns(count)
  let last = -1
  for (let i = 0; i < count; i++) {
    const from = order[i]
    const isTls = kind[from] === SYMBOL.tls
    if (last >= 0 && sorted.name[last] === name[from] && sorted.address[last] === address[from] && (sorted.kind[last] === SYMBOL.tls) === isTls) {
      if (sorted.size[last] === 0) sorted.size[last] = size[from]
      if (sorted.kind[last] === SYMBOL.notype) sorted.kind[last] = kind[from]
      continue
    }
    last++
    sorted.name[last] = name[from]
    sorted.address[last] = address[from]
    sorted.size[last] = size[from]
    sorted.kind[last] = kind[from]
  }
  const kept = last + 1
  return { count: kept, name: sorted.name.slice(0, kept), address: sorted.address.slice(0, kept), size: sorted.size.slice(0, kept), kind: sorted.kind.slice(0, kept) }
}
