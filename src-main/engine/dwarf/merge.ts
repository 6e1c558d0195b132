/**
 * One table of what several threads read: equal classes become one type, declarations their definition, and types that
 * differ only in which of several types of one name they refer to are told apart.
 */
import type { Diagnostics } from '../errors.ts'
import { StringTable } from '../symbols/stringTable.ts'
import { PART, textHash, TYPE, TYPE_FLAG, VARIABLE_FLAG, type FunctionColumns, type PartColumns, type SymbolTables, type TypeColumns, type VariableColumns } from '../symbols/tables.ts'
import { addRow, finished, functionColumns, partColumns, typeColumns, variableColumns } from './columns.ts'
import { breakRings } from './containment.ts'
import { Families } from './families.ts'
import type { UnitTables } from './readUnits.ts'
import { TypeUnits } from './typeUnits.ts'

export type DwarfTables = Omit<SymbolTables, 'symbols'>

export function mergeUnits(tables: UnitTables[], diagnostics: Diagnostics): DwarfTables {
  const merger = new Merger(tables)
  return merger.run(diagnostics)
}

class Merger {
  private readonly tables: UnitTables[]
  private readonly strings: StringTable
  private readonly types: TypeColumns
  private readonly parts: PartColumns
  private readonly families = new Families()
  /** By table: class → type. */
  private readonly typeOf: Uint32Array[] = []
  /** By table: text → text. */
  private readonly textOf: ((text: number) => number)[] = []

  constructor(tables: UnitTables[]) {
    this.tables = tables
    const room = (rows: (table: UnitTables) => number): number => Math.max(1, tables.reduce((sum, table) => sum + rows(table), 1))
    this.types = typeColumns(room((table) => table.types.count))
    this.parts = partColumns(room((table) => table.parts.count))
    // the first table's texts stay where they are
    this.strings = tables[0] ? StringTable.of(tables[0].strings) : new StringTable()
    addRow(this.types) // void
    this.families.add(0, 0)
  }

  run(diagnostics: Diagnostics): DwarfTables {
    this.tables.forEach((table, t) => this.textOf.push(t === 0 ? (text) => text : texts(table.strings.bytes, this.strings)))
    const taken = this.numberTypes()
    this.tables.forEach((table, t) => this.copyTypes(table, t, taken[t]))
    const { types, parts } = this
    const units = new TypeUnits(this.tables.map((table, t) => ({ types: mapped(table.ofUnits, this.typeOf[t]), unitStart: table.unitStart })), types.count)
    this.families.tellApart(types, parts, units)
    const variables = this.mergeVariables(units)
    const functions = this.mergeFunctions()
    const kept = compact(types, parts, this.families.resolved(types), variables)
    nameByTypedefs(kept.types)
    const rings = breakRings(kept.types, kept.parts)
    if (rings > 0) diagnostics.add('damaged', 'debug information', null, `${rings} types hold themselves by value: what closes the ring is left out`)
    measure(types, parts)
    if (this.strings.full) diagnostics.add('unsupported', 'debug information', null, 'its names are more than corelens reads: some are left out')
    const strings = this.strings.finish()
    return { strings, types: kept.types, parts: kept.parts, variables, functions, byName: indexNames(kept.types, strings) }
  }

  /** Gives equal classes one number. Answers for each table the classes whose rows are taken from it: each from one that owns it. */
  private numberTypes(): Uint32Array[] {
    const total = this.tables.reduce((sum, table) => sum + table.types.count, 0)
    const slots = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(2, total) * 2)))
    const mask = slots.length - 1
    const filled = new Uint8Array(total + 1)
    const { types } = this
    return this.tables.map((table) => {
      const { hashLow, hashHigh, count } = table.types
      const typeOf = new Uint32Array(count)
      for (let id = 1; id < count; id++) {
        const low = hashLow[id]
        const high = hashHigh[id]
        let slot = (low ^ (high >>> 7)) & mask
        let type = slots[slot]
        while (type !== 0 && (types.hashLow[type] !== low || types.hashHigh[type] !== high)) {
          slot = (slot + 1) & mask
          type = slots[slot]
        }
        if (type === 0) {
          type = addRow(types)
          types.hashLow[type] = low
          types.hashHigh[type] = high
          slots[slot] = type
          this.families.add(table.family[0][id], table.family[1][id])
        }
        typeOf[id] = type
      }
      this.typeOf.push(typeOf)
      return table.owned.filter((id) => {
        const isFirst = filled[typeOf[id]] === 0
        filled[typeOf[id]] = 1
        return isFirst
      })
    })
  }

  private copyTypes(table: UnitTables, t: number, taken: Uint32Array): void {
    const { types, parts } = this
    if (t === 0 && taken.length === table.types.count - 1) {
      copyColumns(table.types, types)
      copyColumns(table.parts, parts)
      parts.count = table.parts.count
      return
    }
    const typeOf = this.typeOf[t]
    const text = this.textOf[t]
    const from = table.types
    const fromParts = table.parts
    for (const id of taken) {
      const type = typeOf[id]
      types.kind[type] = from.kind[id]
      types.flags[type] = from.flags[id]
      types.name[type] = text(from.name[id])
      types.size[type] = from.size[id]
      types.align[type] = from.align[id]
      types.encoding[type] = from.encoding[id]
      types.target[type] = typeOf[from.target[id]]
      types.containing[type] = typeOf[from.containing[id]]
      types.file[type] = text(from.file[id])
      types.line[type] = from.line[id]
      types.firstPart[type] = parts.count
      types.partCount[type] = from.partCount[id]
      const end = from.firstPart[id] + from.partCount[id]
      for (let source = from.firstPart[id]; source < end; source++) {
        const part = addRow(parts)
        parts.kind[part] = fromParts.kind[source]
        parts.name[part] = text(fromParts.name[source])
        parts.type[part] = typeOf[fromParts.type[source]]
        parts.offset[part] = fromParts.offset[source]
        parts.firstBit[part] = fromParts.firstBit[source]
        parts.bitCount[part] = fromParts.bitCount[source]
        parts.value[part] = fromParts.value[source]
      }
    }
  }

  private mergeVariables(units: TypeUnits): VariableColumns {
    const firstUnit = this.tables.map((_, t) => this.tables.slice(0, t).reduce((sum, table) => sum + table.unitStart.length - 1, 0))
    const all: { t: number; row: number; tls: number; address: number; name: number }[] = []
    this.tables.forEach(({ variables }, t) => {
      for (let row = 0; row < variables.count; row++) all.push({ t, row, tls: variables.flags[row] & VARIABLE_FLAG.tls, address: variables.address[row], name: this.textOf[t](variables.name[row]) })
    })
    all.sort((a, b) => a.tls - b.tls || a.address - b.address || this.compareTexts(a.name, b.name))
    const merged = variableColumns(Math.max(1, all.length))
    for (const { t, row, tls, address, name } of all) {
      const from = this.tables[t].variables
      const last = merged.count - 1
      // one variable that several units describe
      if (last >= 0 && merged.address[last] === address && (merged.flags[last] & VARIABLE_FLAG.tls) === tls && merged.name[last] === name) continue
      const at = addRow(merged)
      merged.name[at] = name
      const type = this.typeOf[t][from.type[row]]
      merged.type[at] = units.now(firstUnit[t] + this.tables[t].unitOfVariable[row], type)
      merged.address[at] = address
      merged.flags[at] = from.flags[row]
      merged.file[at] = this.textOf[t](from.file[row])
      merged.line[at] = from.line[row]
    }
    return finished(merged)
  }

  private mergeFunctions(): FunctionColumns {
    const total = this.tables.reduce((sum, { functions }) => sum + functions.count, 0)
    const all = functionColumns(Math.max(1, total))
    this.tables.forEach(({ functions }, t) => {
      for (let row = 0; row < functions.count; row++) {
        const at = addRow(all)
        all.low[at] = functions.low[row]
        all.high[at] = functions.high[row]
        all.name[at] = this.textOf[t](functions.name[row])
      }
    })
    const order = Uint32Array.from({ length: total }, (_, i) => i).sort((a, b) => all.low[a] - all.low[b] || all.high[a] - all.high[b] || this.compareTexts(all.name[a], all.name[b]))
    const merged = functionColumns(Math.max(1, total))
    for (const row of order) {
      const last = merged.count - 1
      if (last >= 0 && merged.low[last] === all.low[row] && merged.high[last] === all.high[row] && merged.name[last] === all.name[row]) continue
      const at = addRow(merged)
      merged.low[at] = all.low[row]
      merged.high[at] = all.high[row]
      merged.name[at] = all.name[row]
    }
    return finished(merged)
  }

  /** By bytes, so that the order is the same whichever thread read what. */
  private compareTexts(a: number, b: number): number {
    if (a === b) return 0
    const bytes = this.strings.bytes
    for (let i = 0; ; i++) {
      if (bytes[a + i] !== bytes[b + i]) return bytes[a + i] - bytes[b + i]
      if (bytes[a + i] === 0) return 0
    }
  }
}

function copyColumns<T extends { count: number }>(from: T, to: T): void {
  for (const [name, column] of Object.entries(from) as [keyof T, Uint8Array | number][]) if (typeof column !== 'number') (to[name] as Uint8Array).set(column)
}

function mapped(ids: Uint32Array, to: Uint32Array): Uint32Array {
  const result = new Uint32Array(ids.length)
  for (let i = 0; i < ids.length; i++) result[i] = to[ids[i]]
  return result
}

/** Texts of one table in another, each copied when it is first asked for. */
function texts(from: Uint8Array, into: StringTable): (text: number) => number {
  const known = new Uint32Array(from.length)
  return (text) => {
    if (text === 0) return 0
    if (known[text] === 0) known[text] = into.intern(from, text, from.length)
    return known[text]
  }
}

/** Leaves out types that others stand for, and numbers the rest anew. @param resolved type → the type that stands for it */
function compact(types: TypeColumns, parts: PartColumns, resolved: Uint32Array, variables: VariableColumns): { types: TypeColumns; parts: PartColumns } {
  const number = new Uint32Array(types.count)
  let count = 0
  for (let type = 0; type < types.count; type++) if (resolved[type] === type) number[type] = count++
  const map = (type: number): number => number[resolved[type]]
  for (const [name, column] of Object.entries(types) as [keyof TypeColumns, Uint8Array | number][]) {
    if (name === 'count' || typeof column === 'number') continue
    for (let type = 0; type < types.count; type++) if (resolved[type] === type) column[number[type]] = column[type]
  }
  types.count = count
  for (let type = 0; type < count; type++) {
    types.target[type] = map(types.target[type])
    types.containing[type] = map(types.containing[type])
  }
  for (let part = 0; part < parts.count; part++) parts.type[part] = map(parts.type[part])
  for (let variable = 0; variable < variables.count; variable++) variables.type[variable] = map(variables.type[variable])
  return { types: finished(types), parts: finished(parts) }
}

/** What readers could not know: the typedef that names an anonymous type of another unit. */
function nameByTypedefs(types: TypeColumns): void {
  const { kind, target, name, flags, file, line } = types
  for (let type = 1; type < types.count; type++) {
    const named = target[type]
    if (kind[type] !== TYPE.typedef || name[named] !== 0 || named === 0) continue
    if (kind[named] !== TYPE.struct && kind[named] !== TYPE.class && kind[named] !== TYPE.union && kind[named] !== TYPE.enum) continue
    name[named] = name[type]
    flags[named] |= TYPE_FLAG.namedByTypedef
    file[named] = file[type]
    line[named] = line[type]
  }
}

/** How far sizes are followed through typedefs, cv and arrays. */
const MAX_LINKS = 100

/** Sizes that the debug information leaves to the reader: typedefs, cv, arrays. */
function measure(types: TypeColumns, parts: PartColumns): void {
  const sizeOf = (type: number, links: number): number => {
    if (types.size[type] >= 0 || links > MAX_LINKS) return types.size[type]
    switch (types.kind[type]) {
      case TYPE.typedef: case TYPE.const: case TYPE.volatile: case TYPE.restrict: case TYPE.atomic: case TYPE.enum:
        return (types.size[type] = types.target[type] === 0 ? -1 : sizeOf(types.target[type], links + 1))
      case TYPE.memberPointer:
        // Itanium C++ ABI §2.3: an offset, or a pair of pointer and adjustment
        return (types.size[type] = types.kind[types.target[type]] === TYPE.function ? 16 : 8)
      case TYPE.array: {
        let size = types.target[type] === 0 ? -1 : sizeOf(types.target[type], links + 1)
        const end = types.firstPart[type] + types.partCount[type]
        for (let part = types.firstPart[type]; part < end; part++) {
          if (parts.kind[part] !== PART.dimension) continue
          size = parts.value[part] < 0n || size < 0 ? -1 : size * Number(parts.value[part])
        }
        return (types.size[type] = size)
      }
      default:
        return -1
    }
  }
  for (let type = 1; type < types.count; type++) sizeOf(type, 0)
}

/** Named types in the order of their name's hash. */
function indexNames(types: TypeColumns, strings: Uint8Array): SymbolTables['byName'] {
  const named: number[] = []
  const hashes = new Uint32Array(types.count)
  for (let type = 1; type < types.count; type++) {
    const name = types.name[type]
    if (name === 0) continue
    const end = strings.indexOf(0, name)
    hashes[type] = textHash(strings.subarray(name, end))
    named.push(type)
  }
  const type = Uint32Array.from(named).sort((a, b) => hashes[a] - hashes[b] || a - b)
  return { count: type.length, type, nameHash: type.map((t) => hashes[t]) }
}
