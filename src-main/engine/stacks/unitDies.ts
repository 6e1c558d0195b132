/**
 * The DIEs of functions' bodies, one at a time: what the tables of types and functions jump over. Values are in the unit's
 * reader until the next DIE of that unit is read. A unit that can't be read throws FormatError, each time. Source: DWARF 5
 * §2.3, §7.5.
 */
import { BODY, readAbbreviations, type AbbreviationTable } from '../dwarf/abbreviations.ts'
import { DieReader } from '../dwarf/dieReader.ts'
import { rangeList, type AddressRange } from '../dwarf/rangeLists.ts'
import type { UnitLoader } from '../dwarf/unitLoader.ts'
import type { UnitRoot } from '../dwarf/unitRoot.ts'
import { refOf, type Unit } from '../dwarf/units.ts'

/** Deeper is damage. */
const MAX_DEPTH = 2000

export interface Die {
  /** Offset in the section. */
  at: number
  tag: number
  hasChildren: boolean
  /** Behind its attributes: its first child, or what follows it. */
  next: number
}

export class UnitDies {
  readonly index: number
  readonly unit: Unit
  readonly root: UnitRoot
  readonly reader: DieReader
  private readonly table: AbbreviationTable
  private readonly loader: UnitLoader

  /** Throws FormatError. */
  constructor(loader: UnitLoader, index: number) {
    const { files, units } = loader.dwarf
    const unit = units[index]
    const file = files[unit.file]
    this.loader = loader
    this.index = index
    this.unit = unit
    this.root = loader.root(index)
    this.table = readAbbreviations(file.abbrev, unit.abbrev, `${file.name} .debug_abbrev`, unit, true)
    this.reader = new DieReader(files, unit, this.table, this.root)
  }

  /** What its abbreviations took to read. */
  get steps(): number {
    return this.table.steps.length
  }

  /** Null for the end of a list of children, and at the unit's end. Throws FormatError. */
  read(offset: number): Die | null {
    const { unit, reader, table } = this
    if (offset >= unit.end) return null
    const { code, at } = reader.code(offset)
    if (code === 0) return null
    const entry = (code < table.dense.length ? table.dense[code] : table.sparse.get(code)) ?? 0
    if (entry === 0) reader.fail(offset, `a DIE has abbreviation ${code}, which there is not`)
    const next = reader.run(table.read[entry - 1], at)
    return { at: offset, tag: table.tag[entry - 1], hasChildren: table.hasChildren[entry - 1] !== 0, next }
  }

  /** Where what follows a DIE begins, behind its children. To be asked before another DIE is read. */
  behind(die: Die): number {
    if (!die.hasChildren) return die.next
    const { reader, unit } = this
    const sibling = reader.has(BODY.sibling) ? reader.value[BODY.sibling] - refOf(unit.space, 0) : NaN
    if (sibling > die.next && sibling <= unit.end) return sibling
    let at = die.next
    for (let depth = 1; depth > 0 && at < unit.end; ) {
      const inner = this.read(at)
      if (!inner) {
        depth--
        at++ // the zero
        continue
      }
      at = inner.next
      if (inner.hasChildren) depth++
    }
    return at
  }

  /** All DIEs in their order, with how deep they are; the reader holds each one's values while `visit` runs. */
  walk(visit: (die: Die, depth: number) => void): void {
    const { unit, reader } = this
    let depth = 0
    for (let at = unit.dies; at < unit.end; ) {
      const die = this.read(at)
      if (!die) {
        if (--depth <= 0) return
        at++
        continue
      }
      visit(die, depth)
      at = die.next
      if (die.hasChildren) depth++
      else if (depth === 0) return
      if (depth > MAX_DEPTH) reader.fail(at, `DIEs nest more than ${MAX_DEPTH} deep`)
    }
  }

  /** The code of the DIE that was read last, as addresses of the file; empty where it has none. */
  ranges(): AddressRange[] {
    const { reader, unit, root, loader } = this
    const { value } = reader
    if (reader.has(BODY.low) && (reader.has(BODY.high) || reader.has(BODY.highAddress))) {
      const low = value[BODY.low]
      const high = reader.has(BODY.high) ? low + value[BODY.high] : value[BODY.highAddress]
      return high > low ? [{ low, high }] : []
    }
    if (reader.has(BODY.ranges)) return rangeList(loader.dwarf.files, unit, root, value[BODY.ranges], false)
    if (reader.has(BODY.rangesIndex)) return rangeList(loader.dwarf.files, unit, root, value[BODY.rangesIndex], true)
    return []
  }
}

export const holds = (ranges: AddressRange[], address: number): boolean => ranges.some(({ low, high }) => address >= low && address < high)
