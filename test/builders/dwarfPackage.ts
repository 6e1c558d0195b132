/**
 * .debug_cu_index and .debug_tu_index of a .dwp: which bytes of its sections belong to which unit.
 * Sources: DWARF 5 §7.3.5.3; https://gcc.gnu.org/wiki/DebugFissionDWP for version 2.
 */
import type { DwarfSection } from '../../src-main/engine/dwarf/file.ts'
import type { ByteWriter } from './byteWriter.ts'
import type { FileSections } from './dwarfSections.ts'
import type { UnitSpec } from './dwarfTree.ts'

/** Half-open ranges of the sections that a unit uses. */
export type Contribution = { [section in DwarfSection]?: [number, number] }

interface Indexed {
  spec: UnitSpec
  contributions: Contribution
}

const SECTION_ID: Record<2 | 5, { [section in DwarfSection]?: number }> = {
  2: { info: 1, types: 2, abbrev: 3, line: 4, strOffsets: 6 },
  5: { info: 1, abbrev: 3, line: 4, strOffsets: 6, rnglists: 8 },
}

export function indexSections(file: FileSections, version: 2 | 5, units: Indexed[]): void {
  const ofTypes = ({ spec }: Indexed): boolean => spec.kind === 'type' || spec.kind === 'split_type'
  writeIndex(file.out.cuIndex, version, units.filter((unit) => !ofTypes(unit)))
  writeIndex(file.out.tuIndex, version, units.filter(ofTypes))
}

function writeIndex(out: ByteWriter, version: 2 | 5, units: Indexed[]): void {
  if (units.length === 0) return
  const ids = SECTION_ID[version]
  const columns = (Object.keys(ids) as DwarfSection[]).filter((section) => units.some(({ contributions }) => contributions[section] && contributions[section][1] > contributions[section][0]))
  const slots = slotsFor(units)
  if (version === 5) out.u16(5, 0)
  else out.u32(2)
  out.u32(columns.length, units.length, slots.length)
  for (const row of slots) out.u64(row === 0 ? 0n : units[row - 1].spec.id)
  for (const row of slots) out.u32(row)
  for (const section of columns) out.u32(ids[section] ?? 0)
  for (const { contributions } of units) for (const section of columns) out.u32(contributions[section]?.[0] ?? 0)
  for (const { contributions } of units) for (const section of columns) out.u32(size(contributions[section]))
}

const size = (range: [number, number] | undefined): number => (range ? range[1] - range[0] : 0)

/** Open addressing; the number of slots is a power of two and more than 3/2 of the units. 0: empty, else the row from 1. */
function slotsFor(units: Indexed[]): number[] {
  let count = 2
  while (count <= (units.length * 3) / 2) count *= 2
  const slots = new Array<number>(count).fill(0)
  const mask = BigInt(count - 1)
  units.forEach(({ spec: { id } }, row) => {
    const step = ((id >> 32n) & mask) | 1n
    let slot = id & mask
    while (slots[Number(slot)] !== 0) slot = (slot + step) & mask
    slots[Number(slot)] = row + 1
  })
  return slots
}
