/**
 * Which units can say anything of a name, found without reading them: where the name stands in `.debug_str`, its offset
 * stands in the bytes of each unit that uses it. Units whose names are indexes (split ones, clang's) may all have it.
 */
import type { DwarfUnits } from './units.ts'

/** Units in order, each found when it is asked for. @param name unqualified */
export function* unitsNaming(dwarf: DwarfUnits, name: string): Generator<number> {
  const text = Buffer.from(`${name}\0`)
  const places = dwarf.files.map(({ str }) => placesOf(asBuffer(str), text))
  for (const [index, unit] of dwarf.units.entries()) {
    const { info, types, strOffsets } = dwarf.files[unit.file]
    const bytes = (unit.space % 2 === 0 ? info : types).subarray(unit.dies, unit.end)
    const { offset, bits } = places[unit.file]
    if (strOffsets.length > 0 || holdsText(bytes, text, offset !== null || bits !== null) || (offset !== null && asBuffer(bytes).includes(offset)) || (bits !== null && holdsAny(bytes, bits))) yield index
  }
}

/** A text that is no longer than an offset stands in place, and so may one that is in no table. */
function holdsText(bytes: Uint8Array, text: Buffer, isInTable: boolean): boolean {
  return (!isInTable || text.length <= LONGEST_IN_PLACE) && asBuffer(bytes).includes(text)
}

const LONGEST_IN_PLACE = 8

/** Where a text stands in `.debug_str`. */
interface Places {
  /** The only place, as an offset's bytes. */
  offset: Buffer | null
  /** Several places: a bit for each offset. */
  bits: Uint8Array | null
}

/** A linker keeps each text once, and lets it be the end of another: only where none stands alone are ends looked at. */
function placesOf(strings: Buffer, text: Buffer): Places {
  const alone: number[] = []
  const ends: number[] = []
  for (let at = strings.indexOf(text); at >= 0; at = strings.indexOf(text, at + 1)) (at === 0 || strings[at - 1] === 0 ? alone : ends).push(at)
  const places = alone.length > 0 ? alone : ends
  if (places.length === 0) return { offset: null, bits: null }
  if (places.length === 1) {
    const offset = Buffer.alloc(4)
    offset.writeUInt32LE(places[0])
    return { offset, bits: null }
  }
  const bits = new Uint8Array((strings.length >>> 3) + 1)
  for (const place of places) bits[place >>> 3] |= 1 << (place & 7)
  return { offset: null, bits }
}

/** Whether any four bytes are one of the offsets. */
function holdsAny(bytes: Uint8Array, bits: Uint8Array): boolean {
  const size = bits.length * 8
  for (let at = 0, last = 0; at < bytes.length; at++) {
    last = (last >>> 8) | (bytes[at] << 24)
    // most bytes are no high byte of an offset
    if (last >>> 0 < size && (bits[last >>> 3] & (1 << (last & 7))) !== 0) return true
  }
  return false
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** The last part of a qualified name: `Npc<a::b>` of `game::Npc<a::b>`. */
export function lastName(name: string): string {
  let depth = 0
  for (let i = name.length - 1; i > 0; i--) {
    const c = name[i]
    if (c === '>' || c === ')') depth++
    else if (c === '<' || c === '(') depth--
    else if (depth === 0 && c === ':' && name[i - 1] === ':') return name.slice(i + 1)
  }
  return name
}
