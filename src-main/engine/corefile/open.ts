/** A core as a whole: refused with one clear sentence, or its segments, notes and ranges with diagnostics. */
import type { ProcessInfo } from '../../contract/rows.ts'
import { ElfFile, EM_AARCH64, EM_X86_64, ET_CORE, ET_DYN, ET_EXEC, PT_LOAD, PT_NOTE } from '../elf/file.ts'
import { readNotes, type Note } from '../elf/notes.ts'
import { FormatError, UnreadableCore, type Diagnostics } from '../errors.ts'
import { rangesOfCore, type Range } from '../memory/addressSpace.ts'
import type { ByteSource } from '../ports.ts'
import { tieFiles } from './mappings.ts'
import { AT_EXECFN, readCoreNotes, type CoreNotes } from './notes.ts'

export interface CoreFile {
  elf: ElfFile
  notes: CoreNotes
  ranges: Range[]
  machine: ProcessInfo['machine']
  writer: ProcessInfo['writer']
}

const TAKE_A_CORE = 'give the core dump itself, as gcore, the kernel or coredumpctl dump wrote it'

/** Throws UnreadableCore. */
export function openCoreFile(source: ByteSource, diagnostics: Diagnostics): CoreFile {
  const elf = readCoreElf(source)
  const { machine: em } = elf.header
  if (em !== EM_X86_64 && em !== EM_AARCH64) {
    throw new UnreadableCore(`is a core of ELF machine ${em}`, source.name, 'corelens reads cores of x86-64 and AArch64')
  }
  if (elf.missingSegments > 0) {
    diagnostics.add('truncated', 'core file', source.size, `the file ends within its program headers: ${elf.missingSegments} of ${elf.missingSegments + elf.segments.length} segments are missing`)
  }
  if (!elf.segments.some((s) => s.type === PT_LOAD && s.memsz > 0)) {
    throw new UnreadableCore('is a core without any memory', source.name, source.size < 4096 ? 'the file was cut short: copy it again, all of it' : TAKE_A_CORE)
  }
  const notes: Note[] = []
  for (const segment of elf.segments) {
    if (segment.type !== PT_NOTE || segment.filesz === 0) continue
    const read = readNotes(source, segment)
    notes.push(...read.notes)
    if (read.stopped !== '') diagnostics.add('truncated', `PT_NOTE ${segment.index}`, read.stoppedAt, `${read.stopped}: threads, modules or file names may be missing`)
  }
  const coreNotes = readCoreNotes(notes, em, diagnostics)
  if (notes.length > 0 && !coreNotes.hasFileNote) diagnostics.add('missing', 'NT_FILE', null, 'the core does not name the mapped files (qemu, or a kernel before 3.7): modules are known only where their headers were dumped')
  if (notes.length === 0) diagnostics.add('missing', 'notes', null, 'the core has no notes: threads, signal, modules and their names are not known')
  const ranges = tieFiles(rangesOfCore(elf.segments, source.size, diagnostics), coreNotes.files)
  if (ranges.every((r) => r.listedOnly)) throw new UnreadableCore('has no segment that makes sense', source.name, TAKE_A_CORE)
  return { elf, notes: coreNotes, ranges, machine: em === EM_X86_64 ? 'x86-64' : 'AArch64', writer: writerOf(elf, coreNotes) }
}

function readCoreElf(source: ByteSource): ElfFile {
  let elf: ElfFile
  try {
    elf = new ElfFile(source)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    const is64 = error.message.includes('32-bit') || error.message.includes('big-endian') ? 'corelens reads 64-bit little-endian cores' : TAKE_A_CORE
    throw new UnreadableCore(error.message, source.name, is64)
  }
  const { type } = elf.header
  if (type === ET_CORE) return elf
  const what = type === ET_EXEC || type === ET_DYN ? 'is an executable or library, not a core dump' : `is an ELF file of type ${type}, not a core dump`
  throw new UnreadableCore(what, source.name, type === ET_EXEC || type === ET_DYN ? `${TAKE_A_CORE}; name this file with --exe` : TAKE_A_CORE)
}

/** gdb writes sections, the kernel none (but one when there are over 65,534 segments); qemu-user writes no NT_FILE. */
function writerOf(elf: ElfFile, notes: CoreNotes): ProcessInfo['writer'] {
  if (elf.header.shnum > 1) return 'gcore'
  if (notes.hasFileNote) return 'kernel'
  return notes.auxv.has(AT_EXECFN) && notes.threads.length > 0 ? 'qemu' : 'unknown'
}
