/**
 * Where the virtual bases of a class lie in a complete object. Debug information says only which word of the vtable
 * holds it: DW_AT_data_member_location of such a DW_TAG_inheritance is `dup, deref, const N, minus, deref, plus`
 * (`plus` with a negative N from some compilers). That word, a vbase_offset, is a plain number, so the module's own
 * file has it. Source: Itanium C++ ABI §2.5.2: vcall and vbase offsets, offset-to-top, typeinfo pointer, functions.
 */
import { word } from '../bytes/cursor.ts'
import { ET_EXEC, PT_LOAD, type ElfFile } from '../elf/file.ts'
import { fileOffsetOf, readRelocations } from '../elf/relocations.ts'
import { firstWhere } from '../search.ts'

/** A signed number that a file holds at an address of its own; NaN where it has none, and where the word is an address. */
export type PlainWords = (addressInFile: number) => number

/** Words searched for the address point: a class has fewer virtual bases and functions than that. */
const MAX_WORDS = 100_000
const MAX_OBJECT = 2 ** 40
const CACHED_BYTES = 65_536

/**
 * Bytes from the start of a complete object to the virtual base; null where it can't be told.
 * @param vtableAddressInFile the value of the class's `_ZTV` symbol
 * @param vtableOffset bytes from the address point to the vbase_offset: negative, a multiple of 8, -24 or below
 * @param rtti false: the class was compiled with -fno-rtti (it has no `_ZTI` symbol)
 * @param size of the `_ZTV` symbol; only needed for a class without RTTI and without virtual functions
 */
export function virtualBaseOffset(read: PlainWords, vtableAddressInFile: number, vtableOffset: number, rtti = true, size = Infinity): number | null {
  if (!Number.isSafeInteger(vtableAddressInFile) || !Number.isSafeInteger(vtableOffset) || vtableOffset % 8 !== 0 || vtableOffset > -24) return null
  const addressPoint = addressPointOf(read, vtableAddressInFile, rtti, size)
  if (addressPoint === null || addressPoint + vtableOffset < vtableAddressInFile) return null
  const offset = read(addressPoint + vtableOffset)
  return Number.isSafeInteger(offset) && offset >= 0 && offset < MAX_OBJECT ? offset : null
}

/** The address point of the primary vtable. The first word that is an address is its typeinfo pointer, or without RTTI its first function. */
function addressPointOf(read: PlainWords, start: number, rtti: boolean, size: number): number | null {
  for (let at = start; at < start + MAX_WORDS * 8; at += 8) {
    const value = at === start + size ? NaN : read(at)
    if (Number.isNaN(value)) {
      const offsetToTop = rtti ? at - 8 : at - 16
      return offsetToTop >= start && read(at - 8) === 0 && read(offsetToTop) === 0 ? offsetToTop + 16 : null
    }
    // offset-to-top of the vtable behind: no address came before it
    if (value < 0) return null
  }
  return null
}

/** Words of a file for `virtualBaseOffset`. Throws FormatError. */
export function plainWords(elf: ElfFile): PlainWords {
  const relocated = readRelocations(elf).address.sort()
  const bytes = new Uint8Array(CACHED_BYTES)
  const view = new DataView(bytes.buffer)
  let from = -1
  let length = 0
  const loads = elf.segments.filter((s) => s.type === PT_LOAD)
  const isAddress = (value: number): boolean => elf.header.type === ET_EXEC && loads.some((s) => value >= s.vaddr && value < s.vaddr + s.memsz)
  return (address) => {
    if (has(relocated, address)) return NaN
    const offset = fileOffsetOf(elf, address)
    if (offset === null) return NaN
    if (from < 0 || offset < from || offset + 8 > from + length) {
      from = offset
      length = elf.source.read(offset, bytes)
      if (length < 8) return NaN
    }
    const at = offset - from
    // small negative numbers lie beyond what `word` tells
    if (view.getUint32(at + 4, true) === 0xffff_ffff) return view.getInt32(at, true) < 0 ? view.getInt32(at, true) : NaN
    const value = word(view, at)
    return isAddress(value) ? NaN : value
  }
}

function has(sorted: Float64Array, wanted: number): boolean {
  return sorted[firstWhere(sorted.length, (i) => sorted[i] >= wanted)] === wanted
}
