/** The process's named types: filtered, sorted, page by page; and one type with all that is known of its layout. */
import type { TypeLayoutQuery, TypeQuery } from '../../contract/api.ts'
import type { Page, TypeLayout, TypeRef, TypeRow } from '../../contract/rows.ts'
import { UsageError } from '../errors.ts'
import { lastName } from '../dwarf/unitsNaming.ts'
import { normalizeTypeName } from '../recognize/typeNames.ts'
import { declarationOf, enumeratorsOf, templateArgumentsOf } from '../symbols/declaration.ts'
import { Alignments, holesOf, membersOf } from '../symbols/layout.ts'
import { leavesOf } from '../symbols/leaves.ts'
import { countMembers, NamedTypes, typeKindOf } from '../symbols/namedTypes.ts'
import type { ProcessSymbols } from '../symbols/processSymbols.ts'
import { TYPE } from '../symbols/tables.ts'
import { filterFor } from './filter.ts'
import type { Group } from './groups.ts'
import { closeNames } from './closeNames.ts'
import type { KnownType } from './top.ts'

/** Used blocks by type name, as the analysis has it. */
type BlockCounts = Map<string, { count: number; bytes: number }>

/** Kinds that stand for, lead to or are made of one other type. */
const UNDERLYING: ReadonlySet<number> = new Set([TYPE.typedef, TYPE.enum, TYPE.pointer, TYPE.reference, TYPE.rvalueReference, TYPE.array, TYPE.const, TYPE.volatile, TYPE.restrict, TYPE.atomic])

/** Where a list by blocks or bytes has no blocks to go by, types whose own name is what was searched for come first. */
function closestFirst(named: NamedTypes, rows: Uint32Array, { sort, filter }: TypeQuery): Uint32Array {
  const text = filter.trim().toLowerCase()
  if (text === '' || (sort !== 'blocks' && sort !== 'bytes')) return rows
  const distance = (row: number): number => {
    const own = lastName(named.lower[row])
    return own === text ? (own === named.lower[row] ? 0 : 1) : own.startsWith(text) ? 2 : 3
  }
  const without = rows.filter((row) => named.blocks[row] === 0)
  const distances = new Uint8Array(named.count)
  for (const row of without) distances[row] = distance(row)
  // the order among equals stays
  const sorted = [...without].sort((a, b) => distances[a] - distances[b])
  let next = 0
  return rows.map((row) => (named.blocks[row] === 0 ? sorted[next++] : row))
}

export class TypeLists {
  private readonly symbols: ProcessSymbols
  private readonly alignments: Alignments
  private named: NamedTypes | null = null
  private counts: BlockCounts = new Map()
  private matched: { query: string; rows: Uint32Array } = { query: '', rows: new Uint32Array(0) }

  constructor(symbols: ProcessSymbols) {
    this.symbols = symbols
    this.alignments = new Alignments(symbols)
  }

  /** What the blocks are, now or anew. */
  setBlocks(groups: Group[], types: KnownType[]): void {
    this.counts = new Map()
    for (const { type, free, count, size } of groups) {
      const { name, counted } = types[type]
      if (free || name === null || counted) continue
      const known = this.counts.get(name) ?? { count: 0, bytes: 0 }
      this.counts.set(name, { count: known.count + count, bytes: known.bytes + count * size })
    }
    this.named = null
  }

  /** Throws UsageError on a filter that can't be read. */
  list(q: TypeQuery): Page<TypeRow> {
    const named = this.rows()
    const rows = this.matching(named, q)
    const page: TypeRow[] = []
    for (let i = q.offset; i < rows.length && page.length < q.limit; i++) page.push(this.row(named, rows[i]))
    return { rows: page, total: rows.length, offset: q.offset }
  }

  /** Rows that pass, in the query's order; those of the last query are kept for its next page. */
  private matching(named: NamedTypes, q: TypeQuery): Uint32Array {
    const query = JSON.stringify([named.version, q.filter, q.kind, q.withBlocks, q.sort, q.descending])
    if (this.matched.query === query) return this.matched.rows
    const test = filterFor<number>(q.filter, {
      text: (row) => named.names[row],
      lower: (row) => named.lower[row],
      numbers: { size: (row) => Math.max(0, named.sizes[row]), members: (row) => named.members[row], blocks: (row) => named.blocks[row], bytes: (row) => named.bytes[row] },
    })
    const { kind, withBlocks } = q
    // in the rows' own order: names lie in memory as they were made
    const passes = new Uint8Array(named.count)
    for (let row = 0; row < named.count; row++) if ((kind === undefined || named.kinds[row] === kind) && (!withBlocks || named.blocks[row] > 0) && test(row)) passes[row] = 1
    const rows = closestFirst(named, named.order(q.sort, q.descending).filter((row) => passes[row] === 1), q)
    this.matched = { query, rows }
    return rows
  }

  private rows(): NamedTypes {
    if (this.named?.version === this.symbols.version) return this.named
    this.named = new NamedTypes(this.symbols)
    this.matched = { query: '', rows: new Uint32Array(0) }
    this.countBlocks(this.named)
    return this.named
  }

  private countBlocks(named: NamedTypes): void {
    if (this.counts.size === 0) return
    const rowOf = new Map<TypeRef, number>()
    named.ids.forEach((id, row) => rowOf.set(id, row))
    for (const [name, { count, bytes }] of this.counts) {
      const id = this.symbols.find(name).find((found) => rowOf.has(found))
      if (id === undefined) continue
      const row = rowOf.get(id)!
      named.blocks[row] += count
      named.bytes[row] += bytes
    }
  }

  private row(named: NamedTypes, row: number): TypeRow {
    const id = named.ids[row]
    return {
      id,
      name: named.names[row],
      kind: named.kinds[row],
      size: named.sizes[row] < 0 ? null : named.sizes[row],
      members: named.members[row],
      declared: this.declared(id),
      modules: named.modulesOf(row).map((module) => this.symbols.modules[module].name),
      blocks: named.blocks[row],
      bytes: named.bytes[row],
    }
  }

  private declared(id: TypeRef): string {
    const owner = this.symbols.owner(id)
    return owner ? owner.table.declared(id - owner.firstId) : ''
  }

  /** Throws UsageError where there is no such type; names close to what was asked are in its remedy. */
  layout(q: TypeLayoutQuery): TypeLayout {
    const { symbols } = this
    const id = q.id === undefined ? this.idOfName(q.name ?? '') : symbols.definition(q.id)
    const owner = symbols.owner(id)
    if (!owner) throw new UsageError('no type of this id', String(q.id), 'take the id of a row')
    const size = symbols.size(id)
    const rows = membersOf(symbols, id)
    const leaves = leavesOf(symbols, id)
    const kind = symbols.kind(id)
    const underlyingId = UNDERLYING.has(kind) ? symbols.target(id) : 0
    return {
      ...this.rowOf(id),
      alignment: this.alignments.of(id),
      rows,
      holes: size < 0 || rows.length === 0 ? [] : holesOf(symbols, rows, size),
      leaves: leaves.rows,
      moreLeaves: leaves.more,
      enumerators: kind === TYPE.enum ? enumeratorsOf(symbols, id) : [],
      templateArguments: templateArgumentsOf(symbols, id),
      underlying: underlyingId === 0 ? '' : symbols.spell(underlyingId),
      underlyingId: underlyingId === 0 ? null : underlyingId,
      source: declarationOf(symbols, id),
    }
  }

  /** Also for types without a name, which have no row in the list. */
  private rowOf(id: TypeRef): TypeRow {
    const { symbols } = this
    const owner = symbols.owner(id)!
    const type = id - owner.firstId
    const size = symbols.size(id)
    const name = symbols.name(id)
    const equal = name === '' ? [] : symbols.attached.filter((module) => module === owner || module.table.find(name).some((other) => symbols.isEqual(id, module.firstId + other)))
    const counts = { count: 0, bytes: 0 }
    for (const spelling of this.spellingsOf(name)) {
      counts.count += this.counts.get(spelling)?.count ?? 0
      counts.bytes += this.counts.get(spelling)?.bytes ?? 0
    }
    return {
      id,
      name: name || symbols.spell(id),
      kind: typeKindOf(owner.table.kind(type)) ?? 'base',
      size: size < 0 ? null : size,
      members: countMembers(owner, type),
      declared: this.declared(id),
      modules: (equal.length === 0 ? [owner] : equal).map((module) => module.name),
      blocks: counts.count,
      bytes: counts.bytes,
    }
  }

  /** Names that blocks have and that mean this type. */
  private spellingsOf(name: string): string[] {
    if (name === '' || this.counts.size === 0) return []
    if (this.counts.has(name)) return [name]
    const normal = normalizeTypeName(name)
    return [...this.counts.keys()].filter((spelling) => normalizeTypeName(spelling) === normal)
  }

  /** Of a named type, or of a pointer to one. Throws UsageError as `layout` does. */
  idOfName(name: string): TypeRef {
    let named = name.trim().replace(/^(struct|class|union|enum)\s+/, '')
    let stars = 0
    for (; named.endsWith('*'); stars++) named = named.slice(0, -1).trimEnd()
    let found: TypeRef | null = this.symbols.find(named)[0] ?? null
    for (; stars > 0 && found !== null; stars--) found = this.symbols.pointerTo(found)
    if (found !== null) return found
    throw this.unknown(name)
  }

  unknown(name: string): UsageError {
    const close = closeNames(name, this.rows().names)
    const waiting = this.symbols.attached.length === 0 ? 'no symbols were read for this core: --exe, --debug or --sysroot can name files with debug information' : 'corelens types CORE --filter TEXT searches'
    return new UsageError('no type of this name', name, close.length === 0 ? waiting : `did you mean ${close.join(' or ')}?`)
  }
}
