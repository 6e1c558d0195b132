/** The address ranges of a function that is not in one piece. Source: DWARF 5 §2.17.3, §7.25; DWARF 4 §2.17.3. */
import { unsigned } from '../bytes/littleEndian.ts'
import * as D from './constants.ts'
import type { UnitRoot } from './unitRoot.ts'
import type { DwarfFile } from './file.ts'
import type { Unit } from './units.ts'

export interface AddressRange {
  low: number
  high: number
}

const MAX_RANGES = 10_000

/** Half-open. What lies beyond the section's end is left out. @param place offset of the list, or its index */
export function rangeList(files: DwarfFile[], unit: Unit, root: UnitRoot, place: number, isIndex: boolean): AddressRange[] {
  const file = files[unit.file]
  if (unit.version < 5) return oldList(root.addressFile.ranges.length > 0 ? root.addressFile.ranges : file.ranges, root.rangesBase + place, unit.addressSize, root.low)
  let at = place
  if (isIndex) {
    const entry = root.rnglistsBase + place * unit.offsetSize
    if (!(entry + unit.offsetSize <= file.rnglists.length)) return []
    at = root.rnglistsBase + unsigned(file.rnglists, entry, unit.offsetSize)
  }
  return newList(file.rnglists, at, unit.addressSize, root)
}

function oldList(bytes: Uint8Array, start: number, size: number, low: number): AddressRange[] {
  const ranges: AddressRange[] = []
  const highest = 2 ** (size * 8) - 1
  let base = low
  for (let at = start; at >= 0 && at + 2 * size <= bytes.length && ranges.length < MAX_RANGES; at += 2 * size) {
    const from = unsigned(bytes, at, size)
    const to = unsigned(bytes, at + size, size)
    if (from === 0 && to === 0) break
    if (from >= highest) base = to
    else if (to > from) ranges.push({ low: base + from, high: base + to })
  }
  return ranges
}

function newList(bytes: Uint8Array, start: number, size: number, root: UnitRoot): AddressRange[] {
  const ranges: AddressRange[] = []
  let base = root.low
  let at = start
  const leb = (): number => {
    let value = 0
    for (let factor = 1; factor < 2 ** 56; factor *= 128) {
      const byte = bytes[at++] ?? 0
      value += (byte & 127) * factor
      if (byte < 128) break
    }
    return value
  }
  const address = (): number => {
    const value = at + size <= bytes.length ? unsigned(bytes, at, size) : NaN
    at += size
    return value
  }
  const indexed = (): number => {
    const entry = root.addrBase + leb() * size
    const { addr } = root.addressFile
    return entry + size <= addr.length ? unsigned(addr, entry, size) : NaN
  }
  const add = (low: number, high: number): void => {
    if (high > low) ranges.push({ low, high })
  }
  while (at >= 0 && at < bytes.length && ranges.length < MAX_RANGES) {
    switch (bytes[at++]) {
      case D.DW_RLE_base_addressx:
        base = indexed()
        break
      case D.DW_RLE_startx_endx:
        add(indexed(), indexed())
        break
      case D.DW_RLE_startx_length: {
        const low = indexed()
        add(low, low + leb())
        break
      }
      case D.DW_RLE_offset_pair: {
        const low = leb()
        add(base + low, base + leb())
        break
      }
      case D.DW_RLE_base_address:
        base = address()
        break
      case D.DW_RLE_start_end:
        add(address(), address())
        break
      case D.DW_RLE_start_length: {
        const low = address()
        add(low, low + leb())
        break
      }
      default:
        return ranges
    }
  }
  return ranges
}
