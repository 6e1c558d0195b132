/** Symbols of an ELF file's .symtab and .dynsym, filtered by name as they are read. Source: gABI ch. 4 "Symbol Table". */
import { word } from '../bytes/cursor.ts'
import { SHF_COMPRESSED, SHT_DYNSYM, SHT_SYMTAB, type ElfFile } from './file.ts'

export interface Symbol {
  name: string
  /** Address in the file, or in the module's TLS block. */
  value: number
  size: number
}

const ENTRY = 24
const SHN_UNDEF = 0
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Defined symbols whose name is one of `exact` or starts with one of `prefixes`. Throws FormatError. */
export function readSymbols(elf: ElfFile, exact: string[], prefixes: string[]): Symbol[] {
  const found: Symbol[] = []
  const sections = elf.readSections()
  const wanted = [...exact.map((name) => encoder.encode(`${name}\0`)), ...prefixes.map((prefix) => encoder.encode(prefix))]
  for (const table of sections) {
    if ((table.type !== SHT_SYMTAB && table.type !== SHT_DYNSYM) || table.flags & SHF_COMPRESSED) continue
    const strings = sections[table.link]
    if (!strings || strings.flags & SHF_COMPRESSED) continue
    const names = elf.readSection(strings)
    const bytes = elf.readSection(table)
    const view = new DataView(bytes.buffer)
    for (let at = 0; at + ENTRY <= bytes.length; at += ENTRY) {
      const name = view.getUint32(at, true)
      if (view.getUint16(at + 6, true) === SHN_UNDEF || !wanted.some((w) => startsWith(names, name, w))) continue
      const end = names.indexOf(0, name)
      found.push({ name: decoder.decode(names.subarray(name, end < 0 ? names.length : end).slice()), value: word(view, at + 8), size: word(view, at + 16) })
    }
  }
  return found
}

function startsWith(names: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (names[at + i] !== wanted[i]) return false
  return true
}
