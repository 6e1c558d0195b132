/**
 * Units of all files: where each lies, its version, format and what its header says. Source: DWARF 5 §7.5.1, §7.3.5
 * (package files); DWARF 4 §7.5.1; GCC's "DebugFission" for version 4 split units.
 *
 * A DIE anywhere is one number, a *reference*: its section's space and the offset there. Spaces: `.debug_info` of file f is
 * 2 f, `.debug_types` 2 f + 1.
 */
import type { Diagnostics } from '../errors.ts'
import { DW_SECT_ABBREV, DW_SECT_INFO, DW_SECT_LINE, DW_SECT_RNGLISTS, DW_SECT_STR_OFFSETS, DW_UT_compile, DW_UT_skeleton, DW_UT_split_compile, DW_UT_split_type, DW_UT_type } from './constants.ts'
import type { Claims } from './claims.ts'
import type { DwarfFile } from './file.ts'

const SPACE = 2 ** 36

export const refOf = (space: number, offset: number): number => space * SPACE + offset
export const spaceOf = (ref: number): number => Math.floor(ref / SPACE)
export const offsetOf = (ref: number): number => ref % SPACE

/** Plain columns: sent to threads as they are. */
export interface Unit {
  /** Index in `files`. */
  file: number
  space: number
  /** Offsets in the section: header, first DIE, end. */
  start: number
  dies: number
  end: number
  version: number
  /** DW_UT_*; version 2 to 4: compile or type. */
  kind: number
  /** 4, or 8 in 64-bit DWARF. */
  offsetSize: number
  addressSize: number
  abbrev: number
  /** Type units: the signature and the type's DIE. */
  signature: bigint
  typeDie: number
  /** Skeleton and split units of version 5. */
  dwoId: bigint
  /** Where the unit's part of each section begins (package files); 0 elsewhere. */
  base: { line: number; strOffsets: number; rnglists: number }
}

/** Plain data over shared memory: it can be sent to any thread as it is. */
export interface DwarfUnits {
  files: DwarfFile[]
  units: Unit[]
  /** How many units there are: readUnits takes 0..unitCount-1. */
  unitCount: number
  /** Bytes of all units. */
  bytes: number
  /** Where several threads read them. */
  claims?: Claims
}

/** Never throws on damage: a unit with a bad header costs the units behind it in that section. */
export function openDwarf(files: DwarfFile[], diagnostics: Diagnostics): DwarfUnits {
  const units: Unit[] = []
  files.forEach((file, index) => {
    const packages = readPackageIndex(file, diagnostics)
    for (const types of [false, true]) scanSection(file, index, types, packages, units, diagnostics)
  })
  return { files, units, unitCount: units.length, bytes: units.reduce((sum, u) => sum + (u.end - u.start), 0) }
}

function scanSection(file: DwarfFile, index: number, types: boolean, packages: PackageIndex, units: Unit[], diagnostics: Diagnostics): void {
  const bytes = types ? file.types : file.info
  const where = `${file.name} ${types ? '.debug_types' : '.debug_info'}`
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at + 4 <= bytes.length; ) {
    const start = at
    const problem = (message: string): void => diagnostics.add('damaged', where, start, message)
    let length = view.getUint32(at, true)
    let offsetSize = 4
    at += 4
    if (length === 0) continue // padding between units
    if (length === 0xffffffff) {
      if (at + 8 > bytes.length) return problem('ends within a unit header')
      length = view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true)
      offsetSize = 8
      at += 8
    } else if (length >= 0xfffffff0) return problem(`has the reserved unit length 0x${length.toString(16)}`)
    let end = at + length
    if (end > bytes.length) {
      problem(`says a unit has ${length} bytes, ${end - bytes.length} more than there are`)
      end = bytes.length
    }
    const unit = readHeader(view, { start, at, end, offsetSize, types }, problem)
    if (unit) {
      unit.file = index
      unit.space = index * 2 + (types ? 1 : 0)
      if (packages.bySignature.size > 0) placeInPackage(unit, packages)
      units.push(unit)
    }
    at = end
  }
}

function readHeader(view: DataView, from: { start: number; at: number; end: number; offsetSize: number; types: boolean }, problem: (message: string) => void): Unit | null {
  let { at } = from
  const { end, offsetSize } = from
  const fits = (size: number): boolean => at + size <= end
  const offset = (): number => {
    const value = offsetSize === 4 ? view.getUint32(at, true) : view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true)
    at += offsetSize
    return value
  }
  // nothing in any header is longer
  if (!fits(2)) return (problem('ends within a unit header'), null)
  const version = view.getUint16(at, true)
  at += 2
  if (version < 2 || version > 5) return (problem(`has a unit of DWARF version ${version}, which corelens does not know`), null)
  const unit: Unit = { file: 0, space: 0, start: from.start, dies: 0, end, version, kind: from.types ? DW_UT_type : DW_UT_compile, offsetSize, addressSize: 8, abbrev: 0, signature: 0n, typeDie: 0, dwoId: 0n, base: { line: 0, strOffsets: 0, rnglists: 0 } }
  if (version >= 5) {
    if (!fits(2 + offsetSize)) return (problem('ends within a unit header'), null)
    unit.kind = view.getUint8(at)
    if (unit.kind < DW_UT_compile || unit.kind > DW_UT_split_type) return (problem(`has a unit of the unknown type ${unit.kind}`), null)
    unit.addressSize = view.getUint8(at + 1)
    at += 2
    unit.abbrev = offset()
  } else {
    if (!fits(1 + offsetSize)) return (problem('ends within a unit header'), null)
    unit.abbrev = offset()
    unit.addressSize = view.getUint8(at++)
  }
  if (unit.kind === DW_UT_type || unit.kind === DW_UT_split_type) {
    if (!fits(8 + offsetSize)) return (problem('ends within a type unit header'), null)
    unit.signature = view.getBigUint64(at, true)
    at += 8
    unit.typeDie = from.start + offset()
  } else if (version >= 5 && (unit.kind === DW_UT_skeleton || unit.kind === DW_UT_split_compile)) {
    if (!fits(8)) return (problem('ends within a unit header'), null)
    unit.dwoId = view.getBigUint64(at, true)
    at += 8
  }
  if (unit.addressSize !== 8 && unit.addressSize !== 4) return (problem(`has a unit with addresses of ${unit.addressSize} bytes`), null)
  unit.dies = at
  return unit
}

/** What each unit of a package has of each section: section id → offset. */
interface PackageIndex {
  bySignature: Map<bigint, Map<number, number>>
  /** Version 4 compile units have their id in the root DIE: they are found by where they lie in `.debug_info`. */
  byStart: Map<number, { id: bigint; offsets: Map<number, number> }>
}

const MAX_SECTIONS = 16

/** .debug_cu_index and .debug_tu_index: a hash table of signatures, then a row of offsets for each unit. */
function readPackageIndex(file: DwarfFile, diagnostics: Diagnostics): PackageIndex {
  const index: PackageIndex = { bySignature: new Map(), byStart: new Map() }
  for (const [name, bytes] of [['.debug_cu_index', file.cuIndex], ['.debug_tu_index', file.tuIndex]] as const) {
    if (bytes.length < 16) continue
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const version = view.getUint16(0, true)
    const columns = view.getUint32(4, true)
    const units = view.getUint32(8, true)
    const slots = view.getUint32(12, true)
    const rows = 16 + slots * 12
    if ((version !== 2 && version !== 5) || columns > MAX_SECTIONS || rows + columns * 4 * (units + 1) > bytes.length) {
      diagnostics.add('damaged', `${file.name} ${name}`, 0, 'is no package index that corelens can read: its units are read without it')
      continue
    }
    for (let slot = 0; slot < slots; slot++) {
      const row = view.getUint32(16 + slots * 8 + slot * 4, true)
      if (row === 0 || row > units) continue
      const offsets = new Map<number, number>()
      for (let c = 0; c < columns; c++) offsets.set(view.getUint32(rows + c * 4, true), view.getUint32(rows + (row * columns + c) * 4, true))
      const id = view.getBigUint64(16 + slot * 8, true)
      index.bySignature.set(id, offsets)
      if (name === '.debug_cu_index') index.byStart.set(offsets.get(DW_SECT_INFO) ?? -1, { id, offsets })
    }
  }
  return index
}

function placeInPackage(unit: Unit, packages: PackageIndex): void {
  const byId = packages.bySignature.get(unit.signature !== 0n ? unit.signature : unit.dwoId)
  const byStart = byId || unit.signature !== 0n ? undefined : packages.byStart.get(unit.start)
  const row = byId ?? byStart?.offsets
  if (!row) return
  if (byStart) unit.dwoId = byStart.id
  unit.abbrev += row.get(DW_SECT_ABBREV) ?? 0
  unit.base = { line: row.get(DW_SECT_LINE) ?? 0, strOffsets: row.get(DW_SECT_STR_OFFSETS) ?? 0, rnglists: row.get(DW_SECT_RNGLISTS) ?? 0 }
}

/** Answers the index of the unit that holds a reference, or -1. Units of one space lie in ascending order. */
export class UnitFinder {
  private readonly units: Unit[]
  /** First unit of each space, and one behind the last. */
  private readonly first: number[] = []
  private signatures: Map<bigint, number> | null = null

  constructor(dwarf: DwarfUnits) {
    this.units = dwarf.units
    const spaces = dwarf.files.length * 2
    let unit = 0
    for (let space = 0; space <= spaces; space++) {
      while (unit < this.units.length && this.units[unit].space < space) unit++
      this.first.push(unit)
    }
  }

  at(ref: number): number {
    const space = spaceOf(ref)
    const offset = offsetOf(ref)
    if (!(space >= 0 && space + 1 < this.first.length)) return -1
    let low = this.first[space]
    let high = this.first[space + 1]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.units[middle].start <= offset) low = middle + 1
      else high = middle
    }
    const unit = this.units[low - 1]
    return unit && low - 1 >= this.first[space] && offset >= unit.dies && offset < unit.end ? low - 1 : -1
  }

  /** The reference of a type unit's type, or -1. */
  bySignature(signature: bigint): number {
    if (!this.signatures) {
      this.signatures = new Map()
      this.units.forEach((unit, i) => {
        if (unit.signature !== 0n && !this.signatures?.has(unit.signature)) this.signatures?.set(unit.signature, i)
      })
    }
    const found = this.signatures.get(signature)
    return found === undefined ? -1 : refOf(this.units[found].space, this.units[found].typeDie)
  }
}
