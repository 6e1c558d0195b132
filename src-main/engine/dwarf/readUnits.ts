/** One thread's share of the units: their types as classes, their variables and functions. */
import { FormatError, type Diagnostics } from '../errors.ts'
import { StringTable, type StringTableParts } from '../symbols/stringTable.ts'
import { VARIABLE_FLAG, type FunctionColumns, type VariableColumns } from '../symbols/tables.ts'
import { Classes, KIND, type ClassTables } from './classes.ts'
import { addRow, finished, functionColumns, NumberList, variableColumns } from './columns.ts'
import { DW_TAG_subprogram, DW_TAG_variable } from './constants.ts'
import { Names } from './names.ts'
import { QualifiedNames } from './qualifiedNames.ts'
import { rangeList } from './rangeLists.ts'
import { ROW, type UnitRows } from './rows.ts'
import { TypeHash } from './typeHash.ts'
import { UnitKernel } from './unitKernel.ts'
import { UnitLoader } from './unitLoader.ts'
import { textOffset } from './dieReader.ts'
import type { DwarfUnits } from './units.ts'

/** What a thread made of its units; plain data, transferable. */
export interface UnitTables extends ClassTables {
  strings: StringTableParts
  /** `type` is a class. */
  variables: VariableColumns
  /** By variable: position in the order of reading of the unit it is from. */
  unitOfVariable: Uint32Array
  functions: FunctionColumns
}

/** Bytes of all names: scopes make them longer than they are in the sections, but not by much. */
const MAX_TEXT = 0xffff0000

/**
 * @param next the next unit to read, -1 when there is none left; a bad unit becomes a diagnostic
 * @param unitRows the compiled kernel; without it the same is done plainly, and slowly
 */
export function readUnits(dwarf: DwarfUnits, next: () => number, diagnostics: Diagnostics, unitRows: WebAssembly.Module | null = null): UnitTables {
  const loader = new UnitLoader(dwarf, diagnostics)
  const names = new Names(dwarf.files)
  const strings = new StringTable(1 << 16, Math.min(MAX_TEXT, (64 << 20) + 8 * dwarf.files.reduce((bytes, { info, types, str }) => bytes + info.length + types.length + str.length, 0)))
  const qualified = new QualifiedNames(loader, names, strings)
  const hash = new TypeHash(loader, names)
  const kernel = unitRows && new UnitKernel(unitRows, loader, names, hash, KIND)
  loader.kernel = kernel
  const classes = new Classes(loader, hash, qualified, kernel)
  const symbols = new SymbolReader(loader, classes, qualified)
  for (let unit = next(); unit >= 0; unit = next()) {
    const rows = loader.open(unit)
    if (!rows) continue
    classes.beginUnit(rows)
    symbols.unit++
    const look = (row: number): void => {
      const tag = rows.tag[row]
      if (Classes.isType(tag)) classes.of(rows, row)
      else if (tag === DW_TAG_variable) symbols.variable(rows, row)
      else if (tag === DW_TAG_subprogram) symbols.function(rows, row)
    }
    if (kernel && loader.isByKernel) {
      const { newRows, seen, oddRows } = kernel.classify()
      classes.takeUnit(rows, kernel, newRows, seen)
      for (const row of oddRows) look(row)
    } else {
      const { ordered } = rows
      for (let row = 1; row < ordered; row++) look(row)
    }
    classes.settle()
  }
  const tables = classes.finish()
  return { ...tables, types: finished(tables.types), parts: finished(tables.parts), strings: strings.parts(), variables: finished(symbols.variables), unitOfVariable: symbols.unitOfVariable.values.slice(0, symbols.unitOfVariable.length), functions: finished(symbols.functions) }
}

const MAX_LINKS = 8

class SymbolReader {
  readonly variables = variableColumns()
  readonly functions = functionColumns()
  readonly unitOfVariable = new NumberList()
  unit = -1
  private readonly loader: UnitLoader
  private readonly classes: Classes
  private readonly names: QualifiedNames
  /** A range takes more than a byte, and no two functions have the same: more of them than this is damage. */
  private rangesLeft: number

  constructor(loader: UnitLoader, classes: Classes, names: QualifiedNames) {
    this.loader = loader
    this.classes = classes
    this.names = names
    this.rangesLeft = loader.dwarf.files.reduce((bytes, file) => bytes + file.ranges.length + file.rnglists.length, 0)
  }

  variable(rows: UnitRows, row: number): void {
    const flags = rows.flags[row]
    if ((flags & ROW.placed) === 0) return
    const tls = (flags & ROW.tls) !== 0
    // code and data that the linker left out have address 0, or all ones
    if (!tls && !isThere(rows.place[row], rows.unit.addressSize)) return
    let origin = rows
    let at = row
    let type = rows.type[row]
    let typeOf = rows
    const local = rows.tag[rows.parent[row]] === DW_TAG_subprogram
    for (let links = 0; links < MAX_LINKS && origin.other[at] >= 0 && this.loader.locate(origin, origin.other[at]); links++) {
      origin = this.loader.rows
      at = this.loader.row
      if (type < 0) {
        type = origin.type[at]
        typeOf = origin
      }
    }
    const name = this.names.ofVariable(origin, at)
    const id = this.classes.ofReference(typeOf, type)
    const { variables } = this
    const variable = addRow(variables)
    this.unitOfVariable.push(this.unit)
    variables.name[variable] = name
    variables.type[variable] = id
    variables.address[variable] = rows.place[row]
    variables.flags[variable] = (tls ? VARIABLE_FLAG.tls : 0) | (origin.flags[at] & ROW.external || flags & ROW.external ? VARIABLE_FLAG.external : 0) | (local ? VARIABLE_FLAG.local : 0)
    const declared = rows.line[row] !== 0 ? rows : origin
    const declaredAt = rows.line[row] !== 0 ? row : at
    variables.file[variable] = this.names.file(declared, declared.file[declaredAt])
    variables.line[variable] = declared.line[declaredAt]
  }

  function(rows: UnitRows, row: number): void {
    const flags = rows.flags[row]
    if ((flags & ROW.placed) === 0) return
    const { unit, root } = rows
    if ((flags & ROW.ranges) === 0) {
      if (isThere(rows.place[row], unit.addressSize) && rows.size[row] > 0) this.add(rows.place[row], rows.place[row] + rows.size[row], rows, row)
      return
    }
    if (this.rangesLeft <= 0) return
    const list = rangeList(this.loader.dwarf.files, unit, root, rows.place[row], (flags & ROW.rangesIndex) !== 0)
    this.rangesLeft -= list.length
    for (const { low, high } of list) {
      if (isThere(low, unit.addressSize)) this.add(low, high, rows, row)
    }
  }

  private add(low: number, high: number, rows: UnitRows, row: number): void {
    // as doubles: what a double can't tell apart is no address
    if (!(high > low)) return
    const name = this.names.of(rows, row)
    const { functions } = this
    const index = addRow(functions)
    functions.low[index] = low
    functions.high[index] = high
    functions.name[index] = name
  }
}

function isThere(address: number, addressSize: number): boolean {
  return address > 0 && address < 2 ** (addressSize * 8) - 4096
}

/** A split unit that a skeleton names: DW_AT_dwo_name and DW_AT_comp_dir. */
export interface SplitUnitName {
  name: string
  folder: string
  id: bigint
}

/** Split units that skeletons name and that `files` do not hold. */
export function missingSplitUnits(dwarf: DwarfUnits, diagnostics: Diagnostics): SplitUnitName[] {
  const main = dwarf.files[0]
  // without addresses of its own in the file, no unit of it is split
  if (!main || main.addr.length === 0) return []
  const loader = new UnitLoader(dwarf, diagnostics)
  const names = new Names(dwarf.files)
  const there = new Set<bigint>()
  const wanted: SplitUnitName[] = []
  dwarf.units.forEach((unit, index) => {
    try {
      const root = loader.root(index)
      if (dwarf.files[unit.file].kind === 'split') there.add(unit.dwoId)
      else if (root.splitName >= 0) wanted.push({ name: text(root.splitName), folder: text(root.folder), id: root.splitId })
    } catch (error) {
      if (!(error instanceof FormatError)) throw error // said when the unit is read
    }
  })
  return wanted.filter((unit) => !there.has(unit.id))

  function text(at: number): string {
    if (at < 0) return ''
    return new TextDecoder().decode(names.bytes(at).slice(textOffset(at), names.end(at)))
  }
}
