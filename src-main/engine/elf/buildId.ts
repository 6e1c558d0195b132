/** The GNU build-id of an ELF file or of an ELF image in memory. Source: gABI notes; binutils ld --build-id. */
import { FormatError } from '../errors.ts'
import { PT_LOAD, PT_NOTE, SHT_NOTE, type ElfFile } from './file.ts'
import { NT_GNU_BUILD_ID, readNotes, type NoteRange } from './notes.ts'

/** Lower-case hex, or '' where there is none that can be read. @param image the source is memory, laid out by vaddr */
export function buildIdOf(elf: ElfFile, image: boolean): string {
  for (const segment of elf.segments) {
    if (segment.type !== PT_NOTE) continue
    const id = buildIdIn(elf, { ...segment, offset: image ? segment.vaddr - imageBase(elf) : segment.offset })
    if (id !== '') return id
  }
  return image || elf.segments.length > 0 ? '' : buildIdOfSections(elf)
}

function buildIdIn(elf: ElfFile, notes: NoteRange): string {
  try {
    for (const note of readNotes(elf.source, notes, 1 << 16).notes) {
      if (note.type === NT_GNU_BUILD_ID && note.name === 'GNU' && note.bytes.length <= 64) return Buffer.from(note.bytes).toString('hex')
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
  }
  return ''
}

/** dwz's common files have no segments. */
function buildIdOfSections(elf: ElfFile): string {
  try {
    for (const section of elf.readSections()) {
      const id = section.type === SHT_NOTE ? buildIdIn(elf, { offset: section.offset, filesz: section.size, align: section.align }) : ''
      if (id !== '') return id
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
  }
  return ''
}

/** The lowest page of the file's PT_LOAD segments: what the load address is measured from. */
export function imageBase(elf: ElfFile): number {
  let low = Infinity
  for (const s of elf.segments) if (s.type === PT_LOAD && s.vaddr < low) low = s.vaddr
  return low === Infinity ? 0 : low - (low % 4096)
}
