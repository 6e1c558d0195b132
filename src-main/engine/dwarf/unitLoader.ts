/**
 * Units by number or by a reference into them: abbreviations, root DIEs and rows, read when they are asked for. The unit
 * being worked on has rows that are used again for the next one; units that others refer into (dwz, LTO, type units) are
 * kept up to a budget.
 */
import { FormatError, type Diagnostics } from '../errors.ts'
import { readAbbreviations, type AbbreviationTable } from './abbreviations.ts'
import { DW_TAG_enumeration_type, DW_TAG_typedef, DW_UT_split_compile, DW_UT_split_type } from './constants.ts'
import { DieReader } from './dieReader.ts'
import { newRoot, readRoot, type UnitRoot } from './unitRoot.ts'
import { readRows, readSkipped } from './readRows.ts'
import { isRecord, UnitRows } from './rows.ts'
import type { UnitKernel } from './unitKernel.ts'
import { offsetOf, refOf, UnitFinder, type DwarfUnits, type Unit } from './units.ts'

/** An anonymous type is known by the first typedef of it. */
function nameByTypedefs(rows: UnitRows): void {
  const base = refOf(rows.unit.space, 0)
  for (let row = 1; row < rows.count; row++) {
    if (rows.tag[row] !== DW_TAG_typedef) continue
    const offset = rows.type[row] - base
    const target = offset >= rows.unit.dies && offset < rows.unit.end ? rows.find(offset) : -1
    if (target <= 0 || rows.name[target] >= 0 || rows.other[target] >= 0 || rows.namedBy[target] !== 0) continue
    if (isRecord(rows.tag[target]) || rows.tag[target] === DW_TAG_enumeration_type) rows.namedBy[target] = row
  }
}

/** Bytes of rows of units that others refer into. */
const FOREIGN_BUDGET = 128 << 20
/** The same while one unit is worked on: reading them again and again is slow, but rows that are in use stay valid. */
const FOREIGN_LIMIT = 1 << 30
const MAX_TABLES = 4096
/** Bytes of tables that are kept. */
const TABLE_BUDGET = 256 << 20
/** How often all abbreviations may be read. Each once, if units share them as a whole or not at all; more often where tables could not be kept. */
const MAX_PASSES = 64

export class UnitLoader {
  readonly finder: UnitFinder
  readonly dwarf: DwarfUnits
  /** Reads the unit to work on where it can; null: plainly. */
  kernel: UnitKernel | null = null
  /** The unit to work on was read by the kernel. */
  isByKernel = false
  /** What `locate` found. */
  rows!: UnitRows
  row = -1
  private readonly diagnostics: Diagnostics
  private readonly tables = new Map<string, AbbreviationTable>()
  private tableBytes = 0
  private stepsLeft: number
  private readonly roots = new Map<number, UnitRoot>()
  private readonly current = new UnitRows()
  private currentUnit = -1
  /** Of the current unit. */
  private reader: DieReader | null = null
  private foreign = new Map<number, UnitRows | null>()
  private foreignBytes = 0
  private skeletons: Map<bigint, number> | null = null

  constructor(dwarf: DwarfUnits, diagnostics: Diagnostics) {
    this.dwarf = dwarf
    this.diagnostics = diagnostics
    this.finder = new UnitFinder(dwarf)
    // an abbreviation makes at most twice as many steps as it has bytes
    this.stepsLeft = dwarf.files.reduce((bytes, file) => bytes + file.abbrev.length, 0) * MAX_PASSES
  }

  /** The unit to work on; its rows are valid until the next call. Null where nothing of it can be read. */
  open(index: number): UnitRows | null {
    if (this.foreignBytes > FOREIGN_BUDGET) this.forget()
    this.currentUnit = index
    this.isByKernel = false
    this.reader = null
    return this.read(index, this.current, this.kernel) ? this.current : null
  }

  /** Finds the DIE that a reference from `from` leads to: `rows`, `row`. False where it leads nowhere. */
  locate(from: UnitRows, ref: number): boolean {
    const { unit } = from
    const offset = ref - refOf(unit.space, 0)
    if (offset >= unit.dies && offset < unit.end) return this.find(from, offset)
    const index = ref < 0 ? -1 : this.finder.at(ref)
    if (index < 0) return false
    const rows = index === this.currentUnit ? this.current : this.foreignRows(index)
    return rows !== null && this.find(rows, offsetOf(ref))
  }

  private find(rows: UnitRows, offset: number): boolean {
    this.rows = rows
    this.row = rows.find(offset)
    return this.row >= 0 || this.findSkipped(rows, offset)
  }

  private findSkipped(rows: UnitRows, offset: number): boolean {
    const { unit, root } = rows
    try {
      const table = this.table(unit)
      const reader = rows === this.current && this.reader ? this.reader : new DieReader(this.dwarf.files, unit, table, root)
      this.row = readSkipped(rows, table, reader, this.finder, offset)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      return false
    }
    return this.row >= 0
  }

  private forget(): void {
    this.foreign = new Map()
    this.foreignBytes = 0
  }

  private foreignRows(index: number): UnitRows | null {
    const known = this.foreign.get(index)
    if (known !== undefined) return known
    if (this.foreignBytes > FOREIGN_LIMIT) this.forget()
    const unit = this.dwarf.units[index]
    const rows = new UnitRows(Math.min(256, Math.max(8, (unit.end - unit.start) >> 3)))
    const found = this.read(index, rows) ? rows : null
    this.foreign.set(index, found)
    this.foreignBytes += rows.bytes
    return found
  }

  /** A damaged unit keeps what was read before the damage. */
  private read(index: number, rows: UnitRows, kernel: UnitKernel | null = null): boolean {
    const unit = this.dwarf.units[index]
    try {
      const table = this.table(unit)
      const root = this.root(index)
      const reader = new DieReader(this.dwarf.files, unit, table, root)
      if (rows === this.current) this.reader = reader
      if (kernel?.read(rows, unit, root, table, reader)) {
        this.isByKernel = true
        return rows.count > 0
      }
      rows.bind(unit, root)
      readRows(rows, table, reader, this.finder)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      this.diagnostics.add('damaged', `${error.where}, unit at 0x${unit.start.toString(16)}`, error.offset, error.message)
      if (rows.unit !== unit) return false
    }
    rows.ordered = rows.count
    nameByTypedefs(rows)
    return rows.count > 0
  }

  private table(unit: Unit): AbbreviationTable {
    const key = `${unit.file} ${unit.abbrev} ${unit.version} ${unit.offsetSize} ${unit.addressSize}`
    let table = this.tables.get(key)
    if (!table) {
      const file = this.dwarf.files[unit.file]
      if (this.stepsLeft < 0) throw new FormatError(`${file.name} .debug_abbrev`, unit.abbrev, 'too many units have abbreviations that begin within those of others')
      table = readAbbreviations(file.abbrev, unit.abbrev, `${file.name} .debug_abbrev`, unit)
      this.stepsLeft -= table.steps.length
      this.tableBytes += table.steps.byteLength + table.dense.byteLength
      if (this.tables.size >= MAX_TABLES || this.tableBytes > TABLE_BUDGET) {
        this.tables.clear()
        this.tableBytes = 0
      }
      this.tables.set(key, table)
    }
    return table
  }

  /** Throws FormatError. */
  root(index: number): UnitRoot {
    let root = this.roots.get(index)
    if (!root) {
      const unit = this.dwarf.units[index]
      const { files } = this.dwarf
      let skeleton: UnitRoot | null = null
      if (files[unit.file].kind === 'split') {
        if (unit.version < 5 && unit.dwoId === 0n) unit.dwoId = readRoot(files, unit, this.table(unit), newRoot(files, unit)).splitId
        const owner = this.skeletonOf(unit)
        skeleton = owner >= 0 ? this.root(owner) : newRoot(files, unit)
      }
      root = readRoot(files, unit, this.table(unit), skeleton)
      this.roots.set(index, root)
    }
    return root
  }

  /** The unit of the main file that stands for a split one, or -1. */
  private skeletonOf(unit: Unit): number {
    if (unit.kind === DW_UT_split_type) return -1
    if (!this.skeletons) {
      this.skeletons = new Map()
      this.dwarf.units.forEach((candidate, index) => {
        if (this.dwarf.files[candidate.file].kind !== 'main' || candidate.kind === DW_UT_split_compile) return
        try {
          const { splitName, splitId } = this.root(index)
          if (splitName >= 0) this.skeletons?.set(splitId, index)
        } catch (error) {
          if (!(error instanceof FormatError)) throw error
        }
      })
    }
    return this.skeletons.get(unit.dwoId) ?? -1
  }
}
