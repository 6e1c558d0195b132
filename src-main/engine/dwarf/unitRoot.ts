/** What a unit's root DIE says of how to read the unit. Source: DWARF 5 §3.1; GCC's "DebugFission" for version 4 split units. */
import { ROOT, type AbbreviationTable } from './abbreviations.ts'
import { DieReader, type TextAt } from './dieReader.ts'
import type { DwarfFile } from './file.ts'
import type { Unit } from './units.ts'

export interface UnitRoot {
  /** Offset in `.debug_line`, of which file, and where texts by index begin for it; -1: none. Split units have their skeleton's, split type units their own. */
  lines: number
  linesFile: number
  linesStrOffsets: number
  name: TextAt
  folder: TextAt
  language: number
  /** DW_AT_low_pc: what offsets in range lists are relative to. */
  low: number
  strOffsetsBase: number
  addrBase: number
  rnglistsBase: number
  /** GNU split units of version 4. */
  rangesBase: number
  splitName: TextAt
  splitId: bigint
  /** The file whose `.debug_addr` and `.debug_ranges` serve: the skeleton's, for split units. */
  addressFile: DwarfFile
}

/** The root as far as its header tells, before its DIE was read. */
export function newRoot(files: DwarfFile[], unit: Unit): UnitRoot {
  const file = files[unit.file]
  // of split units the offsets begin behind the header, for no attribute says where
  const header = unit.version >= 5 ? (unit.offsetSize === 8 ? 16 : 8) : 0
  const split = file.kind === 'split'
  return {
    lines: -1, linesFile: unit.file, linesStrOffsets: 0, name: -1, folder: -1, language: 0, low: 0, strOffsetsBase: unit.base.strOffsets + header,
    addrBase: unit.version >= 5 ? header : 0, rnglistsBase: unit.base.rnglists + (split && unit.version >= 5 ? (unit.offsetSize === 8 ? 20 : 12) : 0), rangesBase: 0,
    splitName: -1, splitId: unit.dwoId, addressFile: files[0],
  }
}

/** Reads the root DIE. Twice, for what it says of bases serves the attributes before. Throws FormatError. */
export function readRoot(files: DwarfFile[], unit: Unit, table: AbbreviationTable, skeleton: UnitRoot | null): UnitRoot {
  const root = newRoot(files, unit)
  if (skeleton) {
    root.addrBase = skeleton.addrBase
    root.rangesBase = skeleton.rangesBase
    root.addressFile = skeleton.addressFile
    root.folder = skeleton.folder
    root.low = skeleton.low
  } else root.addressFile = files[unit.file]
  const reader = new DieReader(files, unit, table, root, true)
  for (let pass = 0; pass < 2; pass++) {
    const { code, at } = reader.code(unit.dies)
    const entry = (code < table.dense.length ? table.dense[code] : table.sparse.get(code)) ?? 0
    if (entry === 0) reader.fail(unit.dies, `its unit begins with abbreviation ${code}, which there is not`)
    reader.run(table.read[entry - 1], at)
    const { value } = reader
    const take = (slot: number, otherwise: number): number => (reader.has(slot) ? value[slot] : otherwise)
    const base = (slot: number, otherwise: number, part: number): number => (reader.has(slot) ? part + value[slot] : otherwise)
    root.name = take(ROOT.name, -1)
    root.folder = take(ROOT.folder, root.folder)
    root.language = take(ROOT.language, 0)
    if (reader.has(ROOT.low) && Number.isFinite(value[ROOT.low])) root.low = value[ROOT.low]
    root.strOffsetsBase = base(ROOT.strOffsets, root.strOffsetsBase, unit.base.strOffsets)
    const own = reader.has(ROOT.lines) || !skeleton
    root.lines = own ? base(ROOT.lines, -1, unit.base.line) : skeleton.lines
    root.linesFile = own ? unit.file : skeleton.linesFile
    root.linesStrOffsets = own ? root.strOffsetsBase : skeleton.linesStrOffsets
    if (!skeleton) root.addrBase = take(ROOT.addr, root.addrBase)
    root.rnglistsBase = base(ROOT.rnglists, root.rnglistsBase, unit.base.rnglists)
    if (!skeleton) root.rangesBase = take(ROOT.ranges, 0)
    root.splitName = take(ROOT.splitName, -1)
    if (reader.has(ROOT.splitId)) root.splitId = (BigInt(reader.high[ROOT.splitId] >>> 0) << 32n) | BigInt(reader.low[ROOT.splitId] >>> 0)
  }
  return root
}

