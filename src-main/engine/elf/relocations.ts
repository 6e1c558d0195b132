/**
 * The words of a file that the dynamic linker fills in, by DT_RELA and DT_RELR. What a file holds at such a word is
 * not what the process sees there. Sources: gABI ch. 4 "Relocation", ch. 5 "Dynamic Section"; gABI proposal for RELR.
 */
import { readExactly, word } from '../bytes/cursor.ts'
import { FormatError } from '../errors.ts'
import { PT_DYNAMIC, PT_LOAD, type ElfFile } from './file.ts'

/** In no order; all columns have as many entries. */
export interface Relocations {
  /** In the file's own addresses. */
  address: Float64Array
  /** R_X86_64_*, R_AARCH64_*; 0 for those of DT_RELR, which are all relative. */
  type: Uint32Array
  /** Index into .dynsym; 0 for none. */
  symbol: Uint32Array
}

const DT_RELA = 7
const DT_RELASZ = 8
const DT_RELRSZ = 35
const DT_RELR = 36
const RELA_SIZE = 24
const MAX_DYNAMIC = 1000
const MAX_PACKED = 2 ** 25

/** Where an address of the file lies in it; null where its bytes are not in the file. */
export function fileOffsetOf(elf: ElfFile, address: number): number | null {
  const segment = elf.segments.find((s) => s.type === PT_LOAD && address >= s.vaddr && address < s.vaddr + s.filesz)
  return segment ? address - segment.vaddr + segment.offset : null
}

/** Throws FormatError. Empty for a file without a dynamic section (a static program, a separate debug file). */
export function readRelocations(elf: ElfFile): Relocations {
  const tags = dynamicTags(elf)
  const rela = bytesAt(elf, tags.get(DT_RELA), tags.get(DT_RELASZ), 'DT_RELA')
  const packed = unpack(bytesAt(elf, tags.get(DT_RELR), tags.get(DT_RELRSZ), 'DT_RELR'))
  const count = Math.floor(rela.byteLength / RELA_SIZE)
  const total = count + packed.length
  const all: Relocations = { address: new Float64Array(total), type: new Uint32Array(total), symbol: new Uint32Array(total) }
  for (let i = 0; i < count; i++) {
    all.address[i] = word(rela, i * RELA_SIZE)
    all.type[i] = rela.getUint32(i * RELA_SIZE + 8, true)
    all.symbol[i] = rela.getUint32(i * RELA_SIZE + 12, true)
  }
  all.address.set(packed, count)
  return all
}

function dynamicTags(elf: ElfFile): Map<number, number> {
  const tags = new Map<number, number>()
  const dynamic = elf.segments.find((s) => s.type === PT_DYNAMIC)
  if (!dynamic) return tags
  const size = Math.min(dynamic.filesz, MAX_DYNAMIC * 16)
  const view = viewOf(readExactly(elf.source, dynamic.offset, size, `${elf.where} PT_DYNAMIC`))
  for (let at = 0; at + 16 <= size; at += 16) {
    const tag = word(view, at)
    if (tag === 0) break
    tags.set(tag, word(view, at + 8))
  }
  return tags
}

function bytesAt(elf: ElfFile, address: number | undefined, size: number | undefined, what: string): DataView {
  const offset = address === undefined ? null : fileOffsetOf(elf, address)
  if (offset === null || size === undefined || Number.isNaN(size)) return new DataView(new ArrayBuffer(0))
  return viewOf(readExactly(elf.source, offset, Math.min(size, Math.max(0, elf.source.size - offset)), `${elf.where} ${what}`))
}

/** An even word is an address and relocates it; an odd one has a bit for each of the 63 words that follow the last. */
function unpack(relr: DataView): Float64Array {
  let count = 0
  const limit = relr.byteLength & ~7
  for (let at = 0; at < limit; at += 8) count += relr.getUint8(at) & 1 ? 63 : 1
  if (count > MAX_PACKED) throw new FormatError('DT_RELR', 0, `names up to ${count} words, more than corelens reads`)
  const found = new Float64Array(count)
  let n = 0
  let next = 0
  for (let at = 0; at < limit; at += 8) {
    const low = relr.getUint32(at, true)
    const high = relr.getUint32(at + 4, true)
    if ((low & 1) === 0) {
      found[n++] = word(relr, at)
      next = word(relr, at) + 8
      continue
    }
    for (let bit = 1; bit < 64; bit++) if (((bit < 32 ? low >>> bit : high >>> (bit - 32)) & 1) !== 0) found[n++] = next + (bit - 1) * 8
    next += 63 * 8
  }
  return found.subarray(0, n)
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
