/**
 * The expression that a location list has for an address: where a variable lies while the program is there. Refuses what
 * DWARF 4 split units have of their own (DW_LLE_GNU_*). Source: DWARF 5 §2.6.2, §7.29; DWARF 4 §2.6.2.
 */
import * as D from '../dwarf/constants.ts'
import type { UnitRoot } from '../dwarf/unitRoot.ts'
import type { Unit } from '../dwarf/units.ts'
import { unsigned } from '../bytes/littleEndian.ts'
import { DwarfCursor } from './dwarfCursor.ts'

export interface LocationSections {
  /** `.debug_loc` and `.debug_loclists`, decompressed; empty where there is none. */
  loc: Uint8Array
  loclists: Uint8Array
  /** Entries that all lookups together may still go through; compilers' lists are short. */
  budget: { entries: number }
}

/** What a list is read with. */
export interface LocationUnit {
  unit: Pick<Unit, 'version' | 'addressSize' | 'offsetSize'>
  root: Pick<UnitRoot, 'low' | 'addrBase' | 'addressFile'>
  /** DW_AT_loclists_base; NaN where the unit says none. */
  loclistsBase: number
}

/**
 * Null where the variable is nowhere at that address. Throws FormatError.
 * @param place offset of the list, or its index
 * @param address of the file
 */
export function expressionAt(sections: LocationSections, of: LocationUnit, place: number, isIndex: boolean, address: number): Uint8Array | null {
  if (of.unit.version < 5) return isIndex ? null : inOldList(sections, of, place, address)
  const { offsetSize } = of.unit
  let at = place
  if (isIndex) {
    const entry = of.loclistsBase + place * offsetSize
    if (!(entry + offsetSize <= sections.loclists.length)) return null
    at = of.loclistsBase + unsigned(sections.loclists, entry, offsetSize)
  }
  return inList(sections, of, at, address)
}

function inOldList({ loc, budget }: LocationSections, { unit, root }: LocationUnit, start: number, address: number): Uint8Array | null {
  const cursor = new DwarfCursor(loc, '.debug_loc', start)
  const size = unit.addressSize
  const highest = 2 ** (size * 8) - 1
  let base = root.low
  while (--budget.entries >= 0) {
    const from = cursor.fixed(size)
    const to = cursor.fixed(size)
    if (from === 0 && to === 0) return null
    if (from >= highest) {
      base = to
      continue
    }
    const expression = cursor.slice(cursor.fixed(2))
    if (address >= base + from && address < base + to) return expression
  }
  return null
}

function inList({ loclists, budget }: LocationSections, { unit, root }: LocationUnit, start: number, address: number): Uint8Array | null {
  const cursor = new DwarfCursor(loclists, '.debug_loclists', start)
  const size = unit.addressSize
  const indexed = (): number => {
    const entry = root.addrBase + cursor.uleb() * size
    const { addr } = root.addressFile
    return entry + size <= addr.length ? unsigned(addr, entry, size) : NaN
  }
  let base = root.low
  let otherwise: Uint8Array | null = null
  while (--budget.entries >= 0) {
    let low: number
    let high: number
    switch (cursor.u8()) {
      case D.DW_LLE_base_addressx:
        base = indexed()
        continue
      case D.DW_LLE_base_address:
        base = cursor.fixed(size)
        continue
      case D.DW_LLE_default_location:
        otherwise = cursor.slice(cursor.uleb())
        continue
      case D.DW_LLE_startx_endx:
        low = indexed()
        high = indexed()
        break
      case D.DW_LLE_startx_length:
        low = indexed()
        high = low + cursor.uleb()
        break
      case D.DW_LLE_offset_pair:
        low = base + cursor.uleb()
        high = base + cursor.uleb()
        break
      case D.DW_LLE_start_end:
        low = cursor.fixed(size)
        high = cursor.fixed(size)
        break
      case D.DW_LLE_start_length:
        low = cursor.fixed(size)
        high = low + cursor.uleb()
        break
      case D.DW_LLE_end_of_list:
        return otherwise
      default:
        return cursor.fail('has an entry of an unknown kind')
    }
    const expression = cursor.slice(cursor.uleb())
    if (address >= low && address < high) return expression
  }
  return otherwise
}
