/**
 * The named types of a process as rows: one for each name and content, however many modules have it. What is only declared has
 * a row where no module defines something of that name; a typedef that gives a type its own name has none. Rows are made once for each state of the symbols, sort orders when first asked for.
 */
import type { TypeQuery } from '../../contract/api.ts'
import type { TypeKind, TypeRef } from '../../contract/rows.ts'
import { idOf, type AttachedModule, type ProcessSymbols } from './processSymbols.ts'
import { PART, TYPE } from './tables.ts'
import { isRecord, type TypeTable } from './typeTable.ts'

const KINDS: Partial<Record<number, TypeKind>> = { [TYPE.base]: 'base', [TYPE.unspecified]: 'base', [TYPE.struct]: 'struct', [TYPE.class]: 'class', [TYPE.union]: 'union', [TYPE.enum]: 'enum', [TYPE.typedef]: 'typedef' }
const COUNTED: ReadonlySet<number> = new Set([PART.member, PART.base, PART.virtualBase, PART.enumerator, PART.discriminant, PART.variant, PART.defaultVariant])

export const typeKindOf = (code: number): TypeKind | null => KINDS[code] ?? null

/** How many data members and bases; enumerators for an enum. */
export function countMembers({ table }: AttachedModule, type: number): number {
  const { kind } = table.parts
  let count = 0
  for (let part = table.firstPart(type); part < table.endPart(type); part++) if (COUNTED.has(kind[part])) count++
  return count
}

/** `typedef struct Player {…} Player`: the struct's row says it all. */
function isOwnName(table: TypeTable, type: number): boolean {
  if (table.kind(type) !== TYPE.typedef) return false
  const named = table.target(type)
  return (isRecord(table.kind(named)) || table.kind(named) === TYPE.enum) && table.name(named) === table.name(type)
}

/** Columns of `count` entries, one for each row. */
export class NamedTypes {
  readonly version: number
  readonly count: number
  readonly ids: TypeRef[] = []
  readonly names: string[] = []
  readonly lower: string[] = []
  /** -1 where the type has none. */
  readonly sizes: number[] = []
  readonly members: number[] = []
  readonly kinds: TypeKind[] = []
  /** Used blocks that have the type, and their bytes. */
  readonly blocks: Float64Array
  readonly bytes: Float64Array
  /** Positions of the modules that have the type. */
  private readonly firstModule: number[] = []
  private readonly moreModules = new Map<number, number[]>()
  private readonly orders = new Map<string, Uint32Array>()

  constructor(symbols: ProcessSymbols) {
    this.version = symbols.version
    const rows = new Map<number, number>()
    const next: number[] = []
    const declared: { module: AttachedModule; type: number }[] = []
    const add = (module: AttachedModule, type: number): void => {
      const { hashLow, hashHigh } = module.table.types
      // 52 of the 64 bits; equal ones are compared whole
      const key = hashLow[type] + (hashHigh[type] & 0xfffff) * 2 ** 32
      const id = idOf(module, type)
      const first = rows.get(key)
      for (let row = first ?? -1; row >= 0; row = next[row]) {
        if (!symbols.isEqual(this.ids[row], id)) continue
        this.addModule(row, module.index)
        return
      }
      next.push(first ?? -1)
      rows.set(key, this.ids.length)
      this.ids.push(id)
      const name = module.table.name(type)
      this.names.push(name)
      this.lower.push(name.toLowerCase())
      this.kinds.push(KINDS[module.table.kind(type)]!)
      this.members.push(countMembers(module, type))
      this.sizes.push(symbols.size(id))
      this.firstModule.push(module.index)
    }
    for (const module of symbols.attached) {
      const { table } = module
      const { type, count } = table.byName
      for (let i = 0; i < count; i++) {
        if (type[i] >= table.count || KINDS[table.kind(type[i])] === undefined || isOwnName(table, type[i])) continue
        if (table.isDeclaration(type[i])) declared.push({ module, type: type[i] })
        else add(module, type[i])
      }
    }
    const defined = new Set(this.names)
    for (const { module, type } of declared) if (!defined.has(module.table.name(type))) add(module, type)
    this.count = this.ids.length
    this.blocks = new Float64Array(this.count)
    this.bytes = new Float64Array(this.count)
  }

  private addModule(row: number, module: number): void {
    const more = this.moreModules.get(row)
    if (this.firstModule[row] === module || more?.includes(module)) return
    if (more) more.push(module)
    else this.moreModules.set(row, [module])
  }

  modulesOf(row: number): number[] {
    return [this.firstModule[row], ...(this.moreModules.get(row) ?? [])]
  }

  /** Rows by a column; ties by name, ascending either way. */
  order(sort: TypeQuery['sort'], descending: boolean): Uint32Array {
    const key = `${sort} ${descending}`
    let order = this.orders.get(key)
    if (order === undefined) this.orders.set(key, (order = this.makeOrder(sort, descending)))
    return order
  }

  private makeOrder(sort: TypeQuery['sort'], descending: boolean): Uint32Array {
    const order = Uint32Array.from({ length: this.count }, (_, i) => i)
    const { lower, names, sizes } = this
    if (sort === 'name') {
      if (descending) return this.order('name', false).slice().reverse()
      return order.sort((a, b) => (lower[a] < lower[b] ? -1 : lower[a] > lower[b] ? 1 : names[a] < names[b] ? -1 : names[a] > names[b] ? 1 : sizes[a] - sizes[b] || a - b))
    }
    const rank = new Uint32Array(this.count)
    this.order('name', false).forEach((row, i) => void (rank[row] = i))
    const values = sort === 'size' ? sizes : sort === 'members' ? this.members : sort === 'blocks' ? this.blocks : this.bytes
    const sign = descending ? -1 : 1
    return order.sort((a, b) => sign * (values[a] - values[b]) || rank[a] - rank[b])
  }
}
