/** One open core as the window holds it: its summary, the places visited, and the state of TopN. */

import type { BlockQuery, CoreClient, RangeQuery, TopQuery } from '../../src-main/contract/api.ts'
import type { BlockPage, BlockRow, CoreSummary, DiagnosticRow, ModuleRow, Page, RangeKind, RangeRow, ThreadRow, TopPage, TopRow } from '../../src-main/contract/rows.ts'
import { DIAGNOSTIC_ORDER } from '../format/words.ts'
import type { BlockSelection } from './blockSelection.ts'
import { LocalRows } from './localRows.svelte.ts'
import { Places, type Entry } from './places.svelte.ts'
import { RemoteRows } from './remoteRows.svelte.ts'
import { TableMemory } from './tableMemory.svelte.ts'

export class CoreState {
  readonly summary: CoreSummary
  readonly places = new Places()
  readonly top: TopState
  readonly threads: LocalRows<ThreadRow>
  readonly modules: LocalRows<ModuleRow>
  readonly diagnostics: LocalRows<DiagnosticRow>
  readonly #client: CoreClient
  /** Lists that a place chose belong to it in the history, so Back finds them as they were. */
  readonly #blocks = new WeakMap<Entry, BlocksState>()
  readonly #maps = new WeakMap<Entry, MapState>()

  constructor(client: CoreClient, summary: CoreSummary) {
    this.#client = client
    this.summary = summary
    this.top = new TopState(client, summary.core)
    this.threads = new LocalRows(
      summary.threads,
      [
        { id: 'tid', key: (r) => r.tid },
        { id: 'pc', key: (r) => Number(r.pc) },
        { id: 'sp', key: (r) => Number(r.sp) },
        { id: 'tp', key: (r) => Number(r.tp) },
        { id: 'module', key: (r) => r.module },
        { id: 'signal', key: (r) => r.signal },
      ],
      (r) => `${r.tid} ${r.module}`,
    )
    this.modules = new LocalRows(
      summary.modules,
      [
        { id: 'path', key: (r) => r.path },
        { id: 'base', key: (r) => r.base },
        { id: 'size', key: (r) => r.end - r.base },
        { id: 'buildId', key: (r) => r.buildId },
        { id: 'debug', key: (r) => r.debug },
        { id: 'file', key: (r) => r.file },
      ],
      (r) => `${r.path} ${r.buildId} ${r.file}`,
    )
    this.diagnostics = new LocalRows(
      summary.diagnostics.toSorted((a, b) => severity(a) - severity(b)),
      [
        { id: 'kind', key: severity },
        { id: 'where', key: (r) => r.where },
        { id: 'offset', key: (r) => r.offset ?? -1 },
        { id: 'message', key: (r) => r.message },
      ],
      (r) => `${r.kind} ${r.where} ${r.message}`,
    )
  }

  blocksAt(entry: Entry, selection: BlockSelection): BlocksState {
    const known = this.#blocks.get(entry)
    if (known) return known
    const fresh = new BlocksState(this.#client, this.summary.core, selection)
    this.#blocks.set(entry, fresh)
    return fresh
  }

  /** Free bytes that are no block: what an arena has not yet cut up. */
  freeBeside(blocksBytes: number): number {
    const all = this.summary.allocators.reduce((sum, row) => sum + row.free, 0)
    return Math.max(0, all - blocksBytes)
  }

  mapAt(entry: Entry, kind: RangeKind | null): MapState {
    const known = this.#maps.get(entry)
    if (known) return known
    const fresh = new MapState(this.#client, this.summary.core, kind, entry.memory)
    this.#maps.set(entry, fresh)
    return fresh
  }
}

/** 0 is the worst. */
function severity(row: DiagnosticRow): number {
  return DIAGNOSTIC_ORDER.indexOf(row.kind)
}

export type TopBy = TopQuery['by']
export type TopSort = TopQuery['sort']

export class TopState {
  by = $state<TopBy>('type')
  sort = $state<TopSort>('bytes')
  descending = $state(true)
  filter = $state('')
  readonly rows: RemoteRows<TopRow, TopPage>
  /** Share of the largest row before filtering: the length of a full bar. */
  largestShare = $state(1)
  readonly memory = new TableMemory()
  readonly #client: CoreClient
  readonly #core: string

  constructor(client: CoreClient, core: string) {
    this.#client = client
    this.#core = core
    this.rows = new RemoteRows(this.#fetcher())
    void this.#measure()
  }

  groupBy(by: TopBy): void {
    this.by = by
    this.refresh()
    void this.#measure()
  }

  /** A second click on the same column turns the order; text starts at A, numbers at the largest. */
  sortBy(sort: TopSort): void {
    this.descending = this.sort === sort ? !this.descending : sort !== 'label'
    this.sort = sort
    this.refresh()
  }

  filterBy(filter: string): void {
    this.filter = filter
    this.refresh()
  }

  refresh(): void {
    this.memory.reset()
    this.rows.query(this.#fetcher())
  }

  async #measure(): Promise<void> {
    const by = this.by
    const largest = await this.#client.listTop({ core: this.#core, by, sort: 'bytes', descending: true, filter: '', offset: 0, limit: 1 })
    if (by === this.by && largest.ok) this.largestShare = largest.value.rows[0]?.share || 1
  }

  #fetcher(): (offset: number, limit: number) => ReturnType<CoreClient['listTop']> {
    const { by, sort, descending, filter } = this
    return (offset, limit) => this.#client.listTop({ core: this.#core, by, sort, descending, filter, offset, limit })
  }
}

export class BlocksState {
  state = $state<BlockQuery['state']>('used')
  readonly selection: BlockSelection
  readonly rows: RemoteRows<BlockRow, BlockPage>
  readonly memory = new TableMemory()
  readonly #client: CoreClient
  readonly #core: string

  constructor(client: CoreClient, core: string, selection: BlockSelection) {
    this.#client = client
    this.#core = core
    this.selection = selection
    this.state = selection.state
    this.rows = new RemoteRows(this.#fetcher())
  }

  show(state: BlockQuery['state']): void {
    this.state = state
    this.memory.reset()
    this.rows.query(this.#fetcher())
  }

  #fetcher(): (offset: number, limit: number) => ReturnType<CoreClient['listBlocks']> {
    const base: BlockQuery = { core: this.#core, state: this.state, offset: 0, limit: 0 }
    if (this.selection.row) base.key = this.selection.row.key
    return (offset, limit) => this.#client.listBlocks({ ...base, offset, limit })
  }
}

export class MapState {
  /** Null: all kinds. */
  kind = $state<RangeKind | null>(null)
  sort = $state<'start' | 'size'>('start')
  descending = $state(false)
  readonly rows: RemoteRows<RangeRow, Page<RangeRow>>
  readonly memory: TableMemory
  readonly #client: CoreClient
  readonly #core: string

  constructor(client: CoreClient, core: string, kind: RangeKind | null, memory: TableMemory) {
    this.#client = client
    this.#core = core
    this.kind = kind
    this.memory = memory
    this.rows = new RemoteRows(this.#fetcher())
  }

  show(kind: RangeKind | null): void {
    this.kind = kind
    this.#refresh()
  }

  /** A second click on the same column turns the order; addresses start at the lowest, sizes at the largest. */
  sortBy(sort: 'start' | 'size'): void {
    this.descending = this.sort === sort ? !this.descending : sort === 'size'
    this.sort = sort
    this.#refresh()
  }

  #refresh(): void {
    this.memory.reset()
    this.rows.query(this.#fetcher())
  }

  #fetcher(): (offset: number, limit: number) => ReturnType<CoreClient['listRanges']> {
    const base: RangeQuery = { core: this.#core, sort: this.sort, descending: this.descending, offset: 0, limit: 0 }
    if (this.kind !== null) base.kind = this.kind
    return (offset, limit) => this.#client.listRanges({ ...base, offset, limit })
  }
}
