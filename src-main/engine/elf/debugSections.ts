/**
 * Reads the debug sections of an ELF file into memory that threads share: straight from the file, or through a decoder
 * where they are compressed. A section that is damaged, too large or compressed in another way is empty, and that is told.
 * Relocatable files are refused, because their references are not filled in; split ones (.dwo) have none.
 *
 * Source: gABI ch. 4 "Section Compression" (Elf64_Chdr); binutils bfd/compress.c (`.zdebug_`); DWARF 5 §7.3.2 and §7.3.5.
 */
import { DWARF_SECTIONS, SECTION_NAME, type DwarfFile, type DwarfSection } from '../dwarf/file.ts'
import { FormatError, UnreadableCore, type Diagnostics } from '../errors.ts'
import type { Decompressor } from '../ports.ts'
import { readExactly, word } from '../bytes/cursor.ts'
import { ET_REL, SHF_COMPRESSED, SHT_NOBITS, SHT_REL, SHT_RELA, type ElfFile, type Section } from './file.ts'

const CHDR_SIZE = 24
const ELFCOMPRESS_ZLIB = 1
const ELFCOMPRESS_ZSTD = 2
const ZDEBUG_HEADER = 12
/** Offsets of 32-bit DWARF reach no further. */
const LARGEST_SECTION = 2 ** 32 - 1
/** Of one file: more is no program's, and would be taken from the machine's memory. */
const LARGEST_FILE = 16 * 2 ** 30
/** zlib can't do better, and no compiler's output compresses as well. */
const BEST_RATIO = 1032

/** Where a section's bytes are and what they become. */
interface Piece {
  where: string
  offset: number
  /** In the file. */
  stored: number
  /** In memory. */
  size: number
  format: 'plain' | 'zlib' | 'zstd'
}

const nothing = (): Uint8Array => new Uint8Array(new SharedArrayBuffer(0))

/** @param kind `split` takes the `.dwo` sections; several of one name (type units) are joined */
export async function loadDwarfFile(elf: ElfFile, kind: DwarfFile['kind'], decompressor: Decompressor, diagnostics: Diagnostics): Promise<DwarfFile> {
  const file: DwarfFile = { name: elf.where, kind, ...(Object.fromEntries(DWARF_SECTIONS.map((s) => [s, nothing()])) as Record<DwarfSection, Uint8Array>) }
  const sections = guarded(elf, diagnostics, [], () => elf.readSections())
  if (kind !== 'split' && elf.header.type === ET_REL && hasRelocations(sections)) {
    diagnostics.add('unsupported', elf.where, null, 'it is a relocatable file: its debug information is of use only once it is linked')
    return file
  }
  let room = LARGEST_FILE
  const loads: Promise<void>[] = []
  for (const key of DWARF_SECTIONS) {
    const names = namesOf(key, kind)
    const pieces: Piece[] = []
    for (const section of sections) {
      if (!names.includes(section.name) || section.type === SHT_NOBITS || section.size === 0) continue
      const piece = guarded(elf, diagnostics, null, () => pieceOf(elf, section))
      if (piece) pieces.push(piece)
      if (kind !== 'split') break
    }
    const size = pieces.reduce((sum, piece) => sum + piece.size, 0)
    if (size === 0) continue
    if (size > LARGEST_SECTION || size > room) {
      diagnostics.add('unsupported', pieces[0].where, pieces[0].offset, `its ${size} bytes are more than corelens reads`)
      continue
    }
    room -= size
    loads.push(
      load(elf, pieces, size, decompressor, diagnostics).then((bytes) => {
        file[key] = bytes
      }),
    )
  }
  await Promise.all(loads)
  return file
}

/** Other debug sections by their full names, `.debug_frame`; without those that are not there. */
export async function loadSections(elf: ElfFile, names: readonly string[], decompressor: Decompressor, diagnostics: Diagnostics): Promise<Map<string, Uint8Array>> {
  const sections = guarded(elf, diagnostics, [], () => elf.readSections())
  const loaded = new Map<string, Uint8Array>()
  for (const name of names) {
    const section = sections.find((s) => (s.name === name || s.name === `.z${name.slice(1)}`) && s.type !== SHT_NOBITS && s.size > 0)
    const piece = section ? guarded(elf, diagnostics, null, () => pieceOf(elf, section)) : null
    if (!piece) continue
    if (piece.size > LARGEST_SECTION) diagnostics.add('unsupported', piece.where, piece.offset, `its ${piece.size} bytes are more than corelens reads`)
    else loaded.set(name, await load(elf, [piece], piece.size, decompressor, diagnostics))
  }
  return loaded
}

/** `.debug_cu_index` and `.debug_tu_index` have no `.dwo` in their names. */
function namesOf(key: DwarfSection, kind: DwarfFile['kind']): string[] {
  const name = SECTION_NAME[key]
  const full = kind === 'split' && key !== 'cuIndex' && key !== 'tuIndex' ? `${name}.dwo` : name
  return [full, `.z${full.slice(1)}`]
}

const hasRelocations = (sections: Section[]): boolean => sections.some((s) => (s.type === SHT_RELA || s.type === SHT_REL) && s.size > 0 && (sections[s.info]?.name.startsWith('.debug_') ?? false))

/** Throws FormatError. */
function pieceOf(elf: ElfFile, section: Section): Piece {
  const where = `${elf.where} ${section.name}`
  const { offset, size } = section
  if (!(offset >= 0 && offset + size <= elf.source.size)) throw new FormatError(where, offset, `${size} bytes lie beyond the end of the file`)
  if (section.flags & SHF_COMPRESSED) {
    if (size < CHDR_SIZE) throw new FormatError(where, offset, 'it is too short for the header of a compressed section')
    const view = new DataView(readExactly(elf.source, offset, CHDR_SIZE, where).buffer)
    const type = view.getUint32(0, true)
    if (type !== ELFCOMPRESS_ZLIB && type !== ELFCOMPRESS_ZSTD) throw new FormatError(where, offset, `it is compressed in the unknown way ${type}`)
    return packed({ where, offset: offset + CHDR_SIZE, stored: size - CHDR_SIZE, size: word(view, 8), format: type === ELFCOMPRESS_ZLIB ? 'zlib' : 'zstd' })
  }
  if (section.name.startsWith('.zdebug_')) {
    const head = size < ZDEBUG_HEADER ? new Uint8Array(ZDEBUG_HEADER) : readExactly(elf.source, offset, ZDEBUG_HEADER, where)
    const view = new DataView(head.buffer)
    if (view.getUint32(0) !== 0x5a4c4942) throw new FormatError(where, offset, 'it does not start with ZLIB, as compressed sections of that name do')
    return packed({ where, offset: offset + ZDEBUG_HEADER, stored: size - ZDEBUG_HEADER, size: view.getUint32(4) * 2 ** 32 + view.getUint32(8), format: 'zlib' })
  }
  return { where, offset, stored: size, size, format: 'plain' }
}

function packed(piece: Piece): Piece {
  if (!(piece.size <= BEST_RATIO * (piece.stored + 1))) throw new FormatError(piece.where, piece.offset, `its ${piece.stored} bytes can't become the ${piece.size} that it says`)
  return piece
}

async function load(elf: ElfFile, pieces: Piece[], size: number, decompressor: Decompressor, diagnostics: Diagnostics): Promise<Uint8Array> {
  const [{ where, offset }] = pieces
  try {
    const bytes = new Uint8Array(new SharedArrayBuffer(size))
    let at = 0
    for (const piece of pieces) {
      const target = bytes.subarray(at, at + piece.size)
      const got = piece.format === 'plain' ? elf.source.read(piece.offset, target) : await decompressor.into(target, piece.format, elf.source, piece.offset, piece.stored)
      if (got !== piece.size) throw new FormatError(piece.where, piece.offset, piece.format === 'plain' ? `the file ends ${piece.size - got} bytes too early` : `it becomes ${got} bytes, not the ${piece.size} that it says`)
      at += piece.size
    }
    return bytes
  } catch (error) {
    tell(error, where, offset, diagnostics)
    return nothing()
  }
}

function guarded<T>(elf: ElfFile, diagnostics: Diagnostics, otherwise: T, step: () => T): T {
  try {
    return step()
  } catch (error) {
    tell(error, elf.where, null, diagnostics)
    return otherwise
  }
}

/** A bug is thrown on. */
function tell(error: unknown, where: string, offset: number | null, diagnostics: Diagnostics): void {
  if (error instanceof FormatError) diagnostics.add('damaged', where, error.offset, error.message)
  else if (error instanceof UnreadableCore) diagnostics.add('missing', where, offset, error.message)
  else if (error instanceof RangeError) diagnostics.add('unsupported', where, offset, `there is not enough memory for it (${error.message})`)
  else throw error
}
