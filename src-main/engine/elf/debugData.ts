/**
 * The symbol table that distributions leave in stripped files: .gnu_debugdata, an ELF file of its own, compressed with xz.
 * Source: Fedora "MiniDebugInfo"; gdb manual "MiniDebugInfo".
 */
import { FormatError, UnreadableCore, type Diagnostics } from '../errors.ts'
import type { Decompressor } from '../ports.ts'
import { ElfFile, SHT_NOBITS } from './file.ts'

/** It holds function names only. */
const LARGEST = 512 << 20

/** Null where there is none that can be read. */
export async function openDebugData(elf: ElfFile, decompressor: Decompressor, diagnostics: Diagnostics): Promise<ElfFile | null> {
  const where = `${elf.where} .gnu_debugdata`
  try {
    const section = elf.readSections().find((s) => s.name === '.gnu_debugdata' && s.type !== SHT_NOBITS)
    if (!section) return null
    const bytes = await decompressor.xz(elf.source, section.offset, section.size, LARGEST)
    return new ElfFile({ name: where, size: bytes.length, read: (at, target) => copyFrom(bytes, at, target) })
  } catch (error) {
    if (error instanceof FormatError) diagnostics.add('damaged', where, error.offset, error.message)
    else if (error instanceof UnreadableCore) diagnostics.add('missing', where, null, error.message)
    else throw error
    return null
  }
}

function copyFrom(bytes: Uint8Array, at: number, target: Uint8Array): number {
  const part = bytes.subarray(at, at + target.length)
  target.set(part)
  return part.length
}
