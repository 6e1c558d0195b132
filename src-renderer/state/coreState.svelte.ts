/** One open core as the window holds it: its summary, its symbols, the places visited, and the lists behind them. */

import type { CoreClient } from '../../src-main/contract/api.ts'
import type { CoreSummary, DiagnosticRow, ModuleRow, ModuleSymbolsRow, RangeKind, ThreadRow } from '../../src-main/contract/rows.ts'
import { DIAGNOSTIC_ORDER } from '../format/words.ts'
import type { BlockSelection, LeakSelection } from './blockSelection.ts'
import { BlockPage } from './blockPage.svelte.ts'
import { Rejections } from './candidatesState.svelte.ts'
import { GraphState } from './graphState.svelte.ts'
import { InferenceState } from './inferenceState.svelte.ts'
import { LabelsState } from './labelsState.svelte.ts'
import {
  blocksState, globalsState, leakGroupsState, leaksState, mapState, retainedState, typesState,
  type BlocksState, type GlobalsState, type LeakGroupsState, type LeaksState, type MapState, type RetainedState, type TypesState,
} from './lists.ts'
import { LayoutPage } from './layoutPage.svelte.ts'
import { LayoutState } from './layoutState.svelte.ts'
import { LocalRows } from './localRows.svelte.ts'
import { Places, type BlockTab, type Entry } from './places.svelte.ts'
import { SymbolsState } from './symbolsState.svelte.ts'
import { TopState } from './topState.svelte.ts'

export class CoreState {
  readonly summary: CoreSummary
  readonly places = new Places()
  readonly symbols: SymbolsState
  readonly graph: GraphState
  readonly inference: InferenceState
  readonly labels: LabelsState
  readonly top: TopState
  readonly layout: LayoutState
  readonly threads: LocalRows<ThreadRow>
  readonly modules: LocalRows<ModuleRow>
  readonly diagnostics: LocalRows<DiagnosticRow>
  readonly #client: CoreClient
  readonly #rejections = new Rejections()
  /** Lists that a place chose belong to it in the history, so Back finds them as they were. */
  readonly #blocks = new WeakMap<Entry, BlocksState>()
  readonly #maps = new WeakMap<Entry, MapState>()
  readonly #pages = new WeakMap<Entry, BlockPage>()
  readonly #leaks = new WeakMap<Entry, LeaksState>()
  readonly #retained = new WeakMap<Entry, RetainedState>()
  readonly #layouts = new WeakMap<Entry, LayoutPage>()
  #leakGroups: LeakGroupsState | null = null
  #types: TypesState | null = null
  #globals: GlobalsState | null = null

  constructor(client: CoreClient, summary: CoreSummary) {
    this.#client = client
    this.summary = summary
    this.symbols = new SymbolsState(client, summary.core, summary.modules)
    this.graph = new GraphState(client, summary.core)
    this.inference = new InferenceState(client, summary.core)
    this.labels = new LabelsState(client, summary.core)
    this.top = new TopState(client, summary.core)
    this.layout = new LayoutState(client, summary.core)
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
        { id: 'debug', key: (r) => DEBUG_ORDER.indexOf(r.debug) },
        { id: 'symbols', key: (r) => symbolsOrder(this.symbols.of(r)) },
      ],
      (r) => `${r.path} ${r.buildId} ${r.file} ${r.debugFiles.join(' ')}`,
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

  /** Rises when symbols, the graph, found types or labels may tell more of blocks. */
  get version(): number {
    return this.namesVersion + this.graph.version
  }

  /** Rises when lists of types and variables may say more: these know nothing of the graph. */
  get namesVersion(): number {
    return this.symbols.version + this.inference.version + this.labels.version
  }

  /** No timer outlives it. */
  end(): void {
    this.symbols.end()
    this.graph.end()
    this.inference.end()
    this.labels.end()
  }

  /** Lists of what symbols tell, made when they are first looked at. */
  get types(): TypesState {
    return (this.#types ??= typesState(this.#client, this.summary.core, this.namesVersion))
  }

  get globals(): GlobalsState {
    return (this.#globals ??= globalsState(this.#client, this.summary.core, this.namesVersion))
  }

  blocksAt(entry: Entry, selection: BlockSelection): BlocksState {
    return at(this.#blocks, entry, () => blocksState(this.#client, this.summary.core, selection, this.version))
  }

  mapAt(entry: Entry, kind: RangeKind | null): MapState {
    return at(this.#maps, entry, () => mapState(this.#client, this.summary.core, kind, entry.memory))
  }

  /** The page of what lies at an address. */
  pageAt(entry: Entry, address: number, tab: BlockTab): BlockPage {
    return at(this.#pages, entry, () => new BlockPage(this.#client, this.summary.core, address, tab, this.#rejections, this.version))
  }

  /** What follows asks the graph: only where it is ready. */
  get leakGroups(): LeakGroupsState {
    return (this.#leakGroups ??= leakGroupsState(this.#client, this.summary.core, this.version))
  }

  leaksAt(entry: Entry, selection: LeakSelection): LeaksState {
    return at(this.#leaks, entry, () => leaksState(this.#client, this.summary.core, selection, selection.head === null, this.version))
  }

  retainedAt(entry: Entry, address: number | null): RetainedState {
    return at(this.#retained, entry, () => retainedState(this.#client, this.summary.core, address, this.version))
  }

  layoutAt(entry: Entry, key: string): LayoutPage {
    return at(this.#layouts, entry, () => new LayoutPage(this.#client, this.summary.core, key, this.#rejections, this.version))
  }

  /** Free bytes that are no block: what an arena has not yet cut up. */
  freeBeside(blocksBytes: number): number {
    const all = this.summary.allocators.reduce((sum, row) => sum + row.free, 0)
    return Math.max(0, all - blocksBytes)
  }
}

function at<State>(known: WeakMap<Entry, State>, entry: Entry, make: () => State): State {
  const state = known.get(entry) ?? make()
  known.set(entry, state)
  return state
}

/** 0 is the worst. */
function severity(row: DiagnosticRow): number {
  return DIAGNOSTIC_ORDER.indexOf(row.kind)
}

/** What tells most comes first. */
const DEBUG_ORDER: ModuleRow['debug'][] = ['full', 'symbols', 'none']

/** Most types first, then what is on its way, what failed, what has none. */
function symbolsOrder(row: ModuleSymbolsRow | undefined): number {
  switch (row?.state) {
    case 'ready':
      return -1 - row.types - row.symbols / 1e9
    case 'reading':
      return 0
    case 'waiting':
      return 1
    case 'failed':
      return 2
    default:
      return 3
  }
}
