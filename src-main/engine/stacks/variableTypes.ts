/**
 * The types of variables of functions, as the process's symbols have them: by the hash of what the DIE is, which is how the
 * module's table came about; where nothing has that hash (types of one name that were told apart), by name, if there is only
 * one of that name, kind and size. See dwarf/typeHash.ts.
 */
import type { TypeRef } from '../../contract/rows.ts'
import { Classes, KIND } from '../dwarf/classes.ts'
import * as D from '../dwarf/constants.ts'
import { Names } from '../dwarf/names.ts'
import { QualifiedNames } from '../dwarf/qualifiedNames.ts'
import { isRecord, ROW, type UnitRows } from '../dwarf/rows.ts'
import { TypeHash } from '../dwarf/typeHash.ts'
import type { UnitLoader } from '../dwarf/unitLoader.ts'
import { idOf, type AttachedModule, type ProcessSymbols } from '../symbols/processSymbols.ts'
import { StringTable } from '../symbols/stringTable.ts'
import { TYPE } from '../symbols/tables.ts'

export interface StackType {
  /** The type itself; null where the table has none that is surely the same. */
  type: TypeRef | null
  /** What it is made of: behind typedefs, qualifiers, arrays, pointers and references; null for void, functions and what is not known. */
  named: TypeRef | null
  /** 0: by value, 1: a pointer or reference to it, … */
  indirections: number
  /** Elements of an array, 1 for all else and where the number is computed. */
  count: number
  /** As C and C++ spell it. */
  spelled: string
}

const MAX_LINKS = 100
const UNKNOWN: StackType = { type: null, named: null, indirections: 0, count: 1, spelled: 'void' }

/** Of one module. */
export class VariableTypes {
  private readonly loader: UnitLoader
  private readonly symbols: ProcessSymbols
  /** Null: its symbols are not attached, and no type has an id. */
  private readonly module: AttachedModule | null
  private readonly names: QualifiedNames
  private readonly strings = new StringTable()
  private readonly classes: Classes
  private hashes: HashIndex | null = null
  private current: { unit: number; rows: UnitRows | null } = { unit: -1, rows: null }
  private readonly known = new Map<number, StackType>()

  constructor(loader: UnitLoader, symbols: ProcessSymbols, module: AttachedModule | null) {
    const { files } = loader.dwarf
    const names = new Names(files)
    this.loader = loader
    this.symbols = symbols
    this.module = module
    this.names = new QualifiedNames(loader, names, this.strings)
    this.classes = new Classes(loader, new TypeHash(loader, names), this.names, null)
  }

  /** @param unit the one that refers to the type: asking for one unit after another is fast */
  of(unit: number, ref: number): StackType {
    if (ref < 0) return UNKNOWN
    let found = this.known.get(ref)
    if (!found) this.known.set(ref, (found = this.find(unit, ref)))
    return found
  }

  /** The qualified name of a function's DIE; ''. */
  functionName(unit: number, ref: number): string {
    const rows = this.rows(unit)
    if (!rows || ref < 0 || !this.loader.locate(rows, ref)) return ''
    return this.text(this.names.of(this.loader.rows, this.loader.row))
  }

  private rows(unit: number): UnitRows | null {
    if (this.current.unit !== unit) this.current = { unit, rows: this.loader.open(unit) }
    return this.current.rows
  }

  private text(offset: number): string {
    const { bytes } = this.strings
    return offset === 0 ? '' : new TextDecoder().decode(bytes.slice(offset, bytes.indexOf(0, offset)))
  }

  private find(unit: number, ref: number): StackType {
    const from = this.rows(unit)
    if (!from) return UNKNOWN
    const { loader, symbols } = this
    const type = loader.locate(from, ref) ? this.exact(loader.rows, loader.row) : null
    const found: StackType = { ...UNKNOWN, type }
    let declarator = ''
    let base = 'void'
    let rows = from
    for (let links = 0; links < MAX_LINKS && ref >= 0 && loader.locate(rows, ref); links++) {
      rows = loader.rows
      const { row } = loader
      const tag = rows.tag[row]
      ref = rows.type[row]
      if (tag === D.DW_TAG_pointer_type || tag === D.DW_TAG_reference_type || tag === D.DW_TAG_rvalue_reference_type) {
        found.indirections++
        declarator = `${tag === D.DW_TAG_pointer_type ? '*' : tag === D.DW_TAG_reference_type ? '&' : '&&'}${declarator}`
      } else if (tag === D.DW_TAG_array_type) {
        const count = elements(rows, row)
        if (found.indirections === 0) found.count *= count
        declarator = `${declarator}[${count}]`
      } else if (THROUGH.has(tag)) continue
      else {
        if (tag === D.DW_TAG_subroutine_type || tag === D.DW_TAG_ptr_to_member_type) base = 'function'
        else {
          found.named = this.exact(rows, row) ?? this.byName(rows, row)
          base = this.text(this.names.of(rows, TypeHash.named(rows, row))) || 'struct {...}'
        }
        break
      }
    }
    found.spelled = type !== null ? symbols.spell(type) : declarator === '' ? base : `${base} ${declarator}`
    return found
  }

  private exact(rows: UnitRows, row: number): TypeRef | null {
    const { module, classes } = this
    if (!module || KIND[rows.tag[row]] === 0) return null
    const id = classes.of(rows, row)
    if (id === 0) return null
    const { types } = module.table
    this.hashes ??= new HashIndex(types)
    const type = this.hashes.find(classes.types.hashLow[id], classes.types.hashHigh[id])
    // what another module defines is better than that this one declares it
    return type === 0 ? null : this.symbols.definition(idOf(module, type))
  }

  private byName(rows: UnitRows, row: number): TypeRef | null {
    const name = this.text(this.names.of(rows, TypeHash.named(rows, row)))
    if (name === '' || !this.module) return null
    const kind = kindOf(KIND[rows.tag[row]])
    const isDeclaration = (rows.flags[row] & ROW.declaration) !== 0
    const { symbols, module } = this
    const fits = (id: TypeRef): boolean => kindOf(symbols.kind(id)) === kind && (isDeclaration || symbols.size(id) === rows.size[row])
    const own = module.table.find(name).map((type) => symbols.definition(idOf(module, type))).filter(fits)
    const found = own.length > 0 ? own : isDeclaration && isRecord(rows.tag[row]) ? symbols.find(name).filter(fits) : []
    return found.length === 1 ? found[0] : null
  }
}

const THROUGH: ReadonlySet<number> = new Set([
  D.DW_TAG_typedef, D.DW_TAG_const_type, D.DW_TAG_volatile_type, D.DW_TAG_restrict_type, D.DW_TAG_atomic_type, D.DW_TAG_packed_type, D.DW_TAG_shared_type, D.DW_TAG_immutable_type,
  D.DW_TAG_template_alias,
])

/** `struct` and `class` declare the same. */
const kindOf = (kind: number): number => (kind === TYPE.class ? TYPE.struct : kind)

/** In all dimensions; 1 where one is computed. */
function elements(rows: UnitRows, row: number): number {
  let count = 1
  for (let child = row + 1; child < rows.end[row]; child = rows.end[child]) {
    if (rows.tag[child] !== D.DW_TAG_subrange_type && rows.tag[child] !== D.DW_TAG_generic_subrange) continue
    if ((rows.flags[child] & ROW.counted) === 0) return 1
    count *= rows.high[child] * 2 ** 32 + (rows.low[child] >>> 0)
  }
  return count
}

/** Types of a table by their hashes: open addressing. */
class HashIndex {
  private readonly slots: Uint32Array
  private readonly low: Uint32Array
  private readonly high: Uint32Array

  constructor({ count, hashLow, hashHigh }: { count: number; hashLow: Uint32Array; hashHigh: Uint32Array }) {
    this.low = hashLow
    this.high = hashHigh
    this.slots = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(2, count * 2))))
    const mask = this.slots.length - 1
    for (let type = 1; type < count; type++) {
      let slot = (hashLow[type] ^ (hashHigh[type] >>> 7)) & mask
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask
      this.slots[slot] = type
    }
  }

  /** 0: none. */
  find(low: number, high: number): number {
    const mask = this.slots.length - 1
    let slot = ((low >>> 0) ^ ((high >>> 0) >>> 7)) & mask
    for (let type = this.slots[slot]; type !== 0; type = this.slots[slot]) {
      if (this.low[type] === low >>> 0 && this.high[type] === high >>> 0) return type
      slot = (slot + 1) & mask
    }
    return 0
  }
}
