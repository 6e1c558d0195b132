/** All queries over the symbol tables of an open core; they answer from the modules attached so far. */
import type { BlockViewQuery, GlobalQuery, TypeLayoutQuery, TypeQuery } from '../../contract/api.ts'
import type { BlockView, GlobalRow, MemberRow, Page, TypeLayout, TypeRow } from '../../contract/rows.ts'
import { enumeratorsOf, type Enumerator } from '../symbols/declaration.ts'
import { membersOf } from '../symbols/layout.ts'
import type { SymbolTables } from '../symbols/tables.ts'
import { GlobalLists } from './listGlobals.ts'
import { TypeLists } from './listTypes.ts'
import type { TypeFinder } from '../recognize/typeFinder.ts'
import { symbolTypeFinder } from '../symbols/symbolTypeFinder.ts'
import type { KnownType } from './top.ts'
import type { Group } from './groups.ts'
import { Pointers, type ProcessView } from './pointers.ts'
import { Values } from './values.ts'
import { BlockViews } from './viewBlock.ts'

/** A type with its members only: what lists of all types are made from. */
export interface TypeWithMembers extends TypeRow {
  rows: MemberRow[]
  enumerators: Enumerator[]
}

export class SymbolQueries {
  private readonly view: ProcessView
  private readonly types: TypeLists
  private readonly globals: GlobalLists
  private readonly blocks: BlockViews

  constructor(view: ProcessView, groups: Group[]) {
    this.view = view
    const pointers = new Pointers(view)
    const values = new Values(view, pointers)
    this.types = new TypeLists(view.symbols)
    this.types.setBlocks(groups, view.types)
    this.globals = new GlobalLists(view, pointers, values)
    this.blocks = new BlockViews(view, pointers, values, this.types)
  }

  /** @param module position in `CoreSummary.modules` */
  attach(module: number, tables: SymbolTables): void {
    this.view.symbols.attach(module, tables)
  }

  /** What the blocks are, anew. */
  setBlocks(groups: Group[], types: KnownType[]): void {
    this.types.setBlocks(groups, types)
  }

  get typeFinder(): TypeFinder {
    return symbolTypeFinder(this.view.symbols)
  }

  /** Throws UsageError on a filter that can't be read. */
  listTypes(q: TypeQuery): Page<TypeRow> {
    return this.types.list(q)
  }

  listTypesWithMembers(q: TypeQuery): Page<TypeWithMembers> {
    const page = this.types.list(q)
    const { symbols } = this.view
    return { ...page, rows: page.rows.map((row) => ({ ...row, rows: membersOf(symbols, row.id), enumerators: row.kind === 'enum' ? enumeratorsOf(symbols, row.id) : [] })) }
  }

  /** Throws UsageError where there is no such type. */
  typeLayout(q: TypeLayoutQuery): TypeLayout {
    return this.types.layout(q)
  }

  listGlobals(q: GlobalQuery): Page<GlobalRow> {
    return this.globals.list(q)
  }

  /** Throws UsageError for an address where nothing is mapped, and for a type that there isn't. */
  viewBlock(q: BlockViewQuery): BlockView {
    return this.blocks.list(q)
  }
}
