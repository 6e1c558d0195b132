/** The lists of an open core: what may be chosen about each, and how it asks the engine. */

import type { BlockQuery, CoreClient, GlobalQuery, LeakGroupQuery, LeakQuery, RangeQuery, TypeQuery } from '../../src-main/contract/api.ts'
import type { BlockPage, BlockRow, BlockView, BlockWordRow, GlobalRow, LeakGroupPage, LeakGroupRow, LeakPage, LeakRow, Page, RangeKind, RangeRow, RetainedPage, RetainedRow, TypeKind, TypeRow } from '../../src-main/contract/rows.ts'
import type { BlockSelection, LeakSelection } from './blockSelection.ts'
import { ListState } from './listState.svelte.ts'
import { TableMemory } from './tableMemory.svelte.ts'

export type BlocksState = ListState<BlockRow, BlockPage, { state: BlockQuery['state'] }>

export function blocksState(client: CoreClient, core: string, { state, row }: BlockSelection, version: number): BlocksState {
  const of = row === null ? {} : row.of
  return new ListState({ state }, (choice, paging) => client.listBlocks({ core, ...of, ...choice, ...paging }), version)
}

export interface MapChoice {
  /** Null: all kinds. */
  kind: RangeKind | null
  sort: NonNullable<RangeQuery['sort']>
  descending: boolean
}

export type MapState = ListState<RangeRow, Page<RangeRow>, MapChoice>

export function mapState(client: CoreClient, core: string, kind: RangeKind | null, memory: TableMemory): MapState {
  const start: MapChoice = { kind, sort: 'start', descending: false }
  return new ListState(start, ({ kind, ...order }, paging) => client.listRanges({ core, ...order, ...(kind === null ? {} : { kind }), ...paging }), 0, memory)
}

export interface TypesChoice {
  filter: string
  /** Null: all kinds. */
  kind: TypeKind | null
  withBlocks: boolean
  sort: TypeQuery['sort']
  descending: boolean
}

export type TypesState = ListState<TypeRow, Page<TypeRow>, TypesChoice>

export function typesState(client: CoreClient, core: string, version: number): TypesState {
  const start: TypesChoice = { filter: '', kind: null, withBlocks: false, sort: 'bytes', descending: true }
  return new ListState(start, ({ kind, ...rest }, paging) => client.listTypes({ core, ...rest, ...(kind === null ? {} : { kind }), ...paging }), version, new TableMemory(), (row) => String(row.id))
}

export type TlsChoice = 'all' | 'global' | 'thread'

export interface GlobalsChoice {
  filter: string
  tls: TlsChoice
  sort: GlobalQuery['sort']
  descending: boolean
}

export type GlobalsState = ListState<GlobalRow, Page<GlobalRow>, GlobalsChoice>

export function globalsState(client: CoreClient, core: string, version: number): GlobalsState {
  const start: GlobalsChoice = { filter: '', tls: 'all', sort: 'size', descending: true }
  return new ListState(start, ({ tls, ...rest }, paging) => client.listGlobals({ core, ...rest, ...(tls === 'all' ? {} : { tls: tls === 'thread' }), ...paging }), version)
}

/** `as`: the type to lay over; '' for that of the block or variable itself. */
export type MemoryState = ListState<BlockWordRow, BlockView, { as: string }>

export function memoryState(client: CoreClient, core: string, address: number, version: number): MemoryState {
  return new ListState({ as: '' }, ({ as }, paging) => client.viewBlock({ core, address, ...(as === '' ? {} : { as }), ...paging }), version)
}

export interface LeakGroupsChoice {
  filter: string
  sort: LeakGroupQuery['sort']
  descending: boolean
}

export type LeakGroupsState = ListState<LeakGroupRow, LeakGroupPage, LeakGroupsChoice>

export function leakGroupsState(client: CoreClient, core: string, version: number): LeakGroupsState {
  const start: LeakGroupsChoice = { filter: '', sort: 'bytes', descending: true }
  return new ListState(start, (choice, paging) => client.groupLeaks({ core, ...choice, ...paging }), version, new TableMemory(), (row) => row.label)
}

export interface LeaksChoice {
  /** Only what leaked by itself. */
  heads: boolean
  sort: LeakQuery['sort']
  descending: boolean
}

export type LeaksState = ListState<LeakRow, LeakPage, LeaksChoice>

export function leaksState(client: CoreClient, core: string, { label, head }: LeakSelection, heads: boolean, version: number): LeaksState {
  const of = { ...(label === null ? {} : { label }), ...(head === null ? {} : { head }) }
  const start: LeaksChoice = { heads, sort: heads ? 'holds' : 'size', descending: true }
  return new ListState(start, (choice, paging) => client.listLeaks({ core, ...of, ...choice, ...paging }), version)
}

export type RetainedState = ListState<RetainedRow, RetainedPage, object>

/** Null: the largest of all. */
export function retainedState(client: CoreClient, core: string, address: number | null, version: number): RetainedState {
  return new ListState({}, (_, paging) => client.listRetained({ core, ...(address === null ? {} : { address }), ...paging }), version)
}
