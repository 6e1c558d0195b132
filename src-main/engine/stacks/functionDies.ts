/**
 * Which unit and which DIE a piece of code belongs to: by `.debug_aranges` where that says so, else by what the roots of the
 * units say; then by the functions of that unit, which are gone through once. Split units are refused: `splitUnit` tells
 * that one would have to be read. Source: DWARF 5 §3.1.1, §3.3, §6.1.2.
 */
import { DW_TAG_subprogram, DW_UT_compile, DW_UT_partial, DW_UT_skeleton } from '../dwarf/constants.ts'
import type { AddressRange } from '../dwarf/rangeLists.ts'
import type { UnitLoader } from '../dwarf/unitLoader.ts'
import { textOffset } from '../dwarf/dieReader.ts'
import { Names } from '../dwarf/names.ts'
import { FormatError, type Diagnostics } from '../errors.ts'
import { DwarfCursor } from './dwarfCursor.ts'
import { UnitDies } from './unitDies.ts'

/** How often all abbreviations may be read; see unitLoader.ts. */
const MAX_PASSES = 64
const BODY_BYTES = 16 << 20

interface Placed extends AddressRange {
  /** A unit's number, or the offset of a function's DIE. */
  of: number
}

/** Of one module. */
export class FunctionDies {
  readonly loader: UnitLoader
  /** The last address asked for belongs to a unit that is split off. */
  isSplit = false
  private readonly names: Names
  private readonly aranges: Uint8Array
  private readonly diagnostics: Diagnostics
  private readonly units = new Map<number, UnitDies | null>()
  private readonly functions = new Map<number, Placed[]>()
  private byAranges: Placed[] | null = null
  private byRoots: Placed[] | null = null
  /** A range takes bytes, and no two functions have the same: more of them than this is damage. */
  private rangesLeft: number
  private stepsLeft: number
  /** Bytes of bodies that may be gone through: each frame asks for that of its function. */
  bodiesLeft: number

  constructor(loader: UnitLoader, aranges: Uint8Array, diagnostics: Diagnostics) {
    this.loader = loader
    this.names = new Names(loader.dwarf.files)
    this.aranges = aranges
    this.diagnostics = diagnostics
    this.rangesLeft = loader.dwarf.files.reduce((bytes, { info, ranges, rnglists }) => bytes + info.length + ranges.length + rnglists.length, 0)
    this.bodiesLeft = BODY_BYTES + MAX_PASSES * loader.dwarf.files.reduce((bytes, { info }) => bytes + info.length, 0)
    this.stepsLeft = loader.dwarf.files.reduce((bytes, { abbrev }) => bytes + abbrev.length, 0) * MAX_PASSES
  }

  /** Null where the unit can't be read. */
  unit(index: number): UnitDies | null {
    let dies = this.units.get(index)
    if (dies === undefined) this.units.set(index, (dies = this.open(index)))
    return dies
  }

  private open(index: number): UnitDies | null {
    if (this.stepsLeft < 0) return null
    const dies = this.guard(null, () => new UnitDies(this.loader, index))
    this.stepsLeft -= dies?.steps ?? 0
    return dies
  }

  /** Damage is told, and costs what `step` would have answered. */
  guard<T>(otherwise: T, step: () => T): T {
    return this.diagnostics.guard(otherwise, step)
  }

  /** A name where a slot says that it lies. */
  text(at: number): string {
    return at < 0 ? '' : new TextDecoder().decode(this.names.bytes(at).slice(textOffset(at), this.names.end(at)))
  }

  /** The innermost function that holds an address of the file. */
  at(address: number): { dies: UnitDies; offset: number } | null {
    this.isSplit = false
    const tried = new Set<number>()
    for (const placed of [() => (this.byAranges ??= this.readAranges()), () => (this.byRoots ??= this.readRoots())]) {
      const unit = lastHolding(placed(), address)
      if (unit < 0 || tried.has(unit)) continue
      tried.add(unit)
      const dies = this.unit(unit)
      if (!dies) continue
      if (dies.root.splitName >= 0) this.isSplit = true
      const offset = lastHolding(this.functionsOf(dies), address)
      if (offset >= 0) return { dies, offset }
    }
    return null
  }

  private functionsOf(dies: UnitDies): Placed[] {
    let functions = this.functions.get(dies.index)
    if (!functions) {
      const found: Placed[] = []
      this.guard(undefined, () =>
        dies.walk((die) => {
          if (die.tag === DW_TAG_subprogram) this.add(found, dies, die.at)
        }),
      )
      this.functions.set(dies.index, (functions = found.sort(byLow)))
    }
    return functions
  }

  private add(to: Placed[], dies: UnitDies, of: number): void {
    if (this.rangesLeft <= 0) return
    const ranges = dies.ranges()
    this.rangesLeft -= ranges.length
    for (const { low, high } of ranges) if (low > 0) to.push({ low, high, of })
  }

  private readRoots(): Placed[] {
    const found: Placed[] = []
    this.loader.dwarf.units.forEach(({ file, kind }, index) => {
      if (this.loader.dwarf.files[file].kind !== 'main' || (kind !== DW_UT_compile && kind !== DW_UT_partial && kind !== DW_UT_skeleton)) return
      // not kept: there may be very many
      const dies = this.units.get(index) ?? this.open(index)
      if (dies && this.guard(null, () => dies.read(dies.unit.dies))) this.add(found, dies, index)
    })
    return found.sort(byLow)
  }

  /** Damage costs what is behind it. */
  private readAranges(): Placed[] {
    const found: Placed[] = []
    const units = new Map<number, number>()
    this.loader.dwarf.units.forEach(({ file, space, start }, index) => {
      if (file === 0 && space === 0) units.set(start, index)
    })
    try {
      for (let at = 0; at + 12 <= this.aranges.length; ) at = readSet(this.aranges, at, units, found)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      this.diagnostics.add('damaged', error.where, error.offset, error.message)
    }
    return found.sort(byLow)
  }
}

/** Answers where the next set begins. */
function readSet(bytes: Uint8Array, start: number, units: Map<number, number>, found: Placed[]): number {
  const cursor = new DwarfCursor(bytes, '.debug_aranges', start)
  let length = cursor.fixed(4)
  const offsetSize = length === 0xffffffff ? 8 : 4
  if (offsetSize === 8) length = cursor.fixed(8)
  const end = cursor.at + length
  if (end > bytes.length) cursor.fail(`says a set has ${length} bytes, more than there are`)
  const version = cursor.fixed(2)
  const unit = units.get(cursor.fixed(offsetSize))
  const size = cursor.u8()
  const segment = cursor.u8()
  if (unit === undefined || version !== 2 || segment !== 0 || (size !== 4 && size !== 8)) return end
  cursor.at = start + Math.ceil((cursor.at - start) / (2 * size)) * 2 * size
  while (cursor.at + 2 * size <= end) {
    const low = cursor.fixed(size)
    const bytesOfCode = cursor.fixed(size)
    if (low === 0 && bytesOfCode === 0) break
    if (low > 0 && bytesOfCode > 0) found.push({ low, high: low + bytesOfCode, of: unit })
  }
  return end
}

const byLow = (a: Placed, b: Placed): number => a.low - b.low || b.high - a.high

/** Overlaps are few. */
const TRIED = 64

/** `of` of the last that begins at or below an address and holds it: the innermost of those that nest. -1: none. */
function lastHolding(placed: Placed[], address: number): number {
  let low = 0
  let high = placed.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (placed[middle].low <= address) low = middle + 1
    else high = middle
  }
  for (let i = low - 1; i >= 0 && i >= low - TRIED; i--) if (address < placed[i].high) return placed[i].of
  return -1
}
