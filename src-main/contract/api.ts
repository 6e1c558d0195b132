import type { Outcome } from './outcome.ts'
import type {
  BlockPage, BlockState, BlockView, CoreSummary, GlobalRow, GraphState, LayoutDetails, LeakGroupPage, LeakPage, ModuleSymbolsRow, Neighbourhood, Page, RangeKind, RangeRow, ReferenceGroups,
  ReferencePage, RetainedPage, TopPage, TypeKind, TypeLayout, TypeRef, TypeRow, Why,
} from './rows.ts'
import type { CandidatePage, LabelRow, TypeEvidence, TypesState } from './typeRows.ts'
import type { StackPage } from './stackRows.ts'

/**
 * The one interface of the engine: the CLI, the HTTP host, the Electron host and the renderer speak it and
 * nothing else. Every query is a plain JSON object, every answer an Outcome.
 */
export interface CoreApi {
  host(): Promise<Outcome<HostInfo>>
  /** Cores the host offers to open: from the command line, chosen, dropped, recent; latest first. */
  listFiles(): Promise<Outcome<OfferedFile[]>>
  /** Asks the person for a file; null when they changed their mind or the host has no dialog. */
  chooseFile(): Promise<Outcome<OfferedFile | null>>
  /** Forgets a recent file. The file itself is not touched. */
  forgetFile(q: { file: string }): Promise<Outcome<null>>
  /** Analyses a core, or takes it from the cache. Progress comes as events that carry the same `file`. */
  openCore(q: OpenQuery): Promise<Outcome<CoreSummary>>
  /** Stops an openCore under way, which then settles with kind `cancelled`. */
  cancelOpen(q: { file: string }): Promise<Outcome<null>>
  closeCore(q: { core: string }): Promise<Outcome<null>>
  summary(q: { core: string }): Promise<Outcome<CoreSummary>>
  listTop(q: TopQuery): Promise<Outcome<TopPage>>
  listBlocks(q: BlockQuery): Promise<Outcome<BlockPage>>
  /** The memory map, in address order. */
  listRanges(q: RangeQuery): Promise<Outcome<Page<RangeRow>>>
  /** The frames of each thread, in the order of `CoreSummary.threads`; named by what is known of symbols so far. */
  listStacks(q: StackQuery): Promise<Outcome<StackPage>>
  /** What is known of each module's symbols so far; all that follows answers from the modules that are ready. */
  listModuleSymbols(q: { core: string }): Promise<Outcome<ModuleSymbolsRow[]>>
  /** Settles when no module is waiting any more. */
  awaitSymbols(q: { core: string }): Promise<Outcome<ModuleSymbolsRow[]>>
  /** Stops reading symbols; modules that are ready stay so, the others fail with that message. */
  cancelSymbols(q: { core: string }): Promise<Outcome<null>>
  /** Reads anew what failed or was stopped. */
  retrySymbols(q: { core: string }): Promise<Outcome<null>>
  listTypes(q: TypeQuery): Promise<Outcome<Page<TypeRow>>>
  typeLayout(q: TypeLayoutQuery): Promise<Outcome<TypeLayout>>
  listGlobals(q: GlobalQuery): Promise<Outcome<Page<GlobalRow>>>
  viewBlock(q: BlockViewQuery): Promise<Outcome<BlockView>>
  /** How far the graph is. It is built beside everything else once the core is open; `graph` events tell each change. */
  graphState(q: { core: string }): Promise<Outcome<GraphState>>
  /** Settles when that part of the graph is ready or has failed; starts it where nothing has. */
  awaitGraph(q: { core: string; part: GraphPart }): Promise<Outcome<GraphState>>
  /** Stops building. What is ready stays. */
  cancelGraph(q: { core: string }): Promise<Outcome<null>>
  /** How far the types of blocks are. They are looked for once the symbols are read; `types` events tell each change. */
  typesState(q: { core: string }): Promise<Outcome<TypesState>>
  /** Settles when the types are there or have failed; starts where nothing has. Lists of blocks have them from then on. */
  awaitTypes(q: { core: string }): Promise<Outcome<TypesState>>
  /** Stops looking for types. */
  cancelTypes(q: { core: string }): Promise<Outcome<null>>
  /** Why the block at an address has its type. Fails with kind `usage` until types are there. */
  evidence(q: { core: string; address: number }): Promise<Outcome<TypeEvidence>>
  /** Types that the block at an address may have, or all blocks of its layout class, the likeliest first. */
  candidates(q: CandidateQuery): Promise<Outcome<CandidatePage>>
  /** What a person said blocks are, the latest first. */
  listLabels(q: { core: string }): Promise<Outcome<LabelRow[]>>
  /** From now on the blocks at these addresses are of that type, and what follows from it is looked for. Settles when lists have it. */
  setLabel(q: LabelQuery): Promise<Outcome<LabelRow[]>>
  /** Takes labels back. Settles when lists are without them. */
  removeLabels(q: { core: string; ids: string[] }): Promise<Outcome<LabelRow[]>>
  /** All that follows asks the graph, and fails with kind `usage` until its part is ready. */
  listReferences(q: ReferenceQuery): Promise<Outcome<ReferencePage>>
  groupReferences(q: ReferenceGroupQuery): Promise<Outcome<ReferenceGroups>>
  neighbourhood(q: NeighbourhoodQuery): Promise<Outcome<Neighbourhood>>
  /** Shortest chains from roots to a block, each by another way. */
  why(q: WhyQuery): Promise<Outcome<Why>>
  /** Leaked blocks, one by one. */
  listLeaks(q: LeakQuery): Promise<Outcome<LeakPage>>
  groupLeaks(q: LeakGroupQuery): Promise<Outcome<LeakGroupPage>>
  listRetained(q: RetainedQuery): Promise<Outcome<RetainedPage>>
  /** By a TopRow's key, or `at 0x…` for the layout class of the block there. */
  layoutDetails(q: { core: string; key: string }): Promise<Outcome<LayoutDetails>>
  /** The findings as Markdown. */
  report(q: { core: string }): Promise<Outcome<{ markdown: string; suggestedName: string }>>
}

export type CoreApiMethod = keyof CoreApi

/** CoreApi and its events, as the renderer holds it. */
export interface CoreClient extends CoreApi {
  /** Answers a function that ends the subscription. */
  subscribe(listener: (event: CoreEvent) => void): () => void
  /** A file dropped onto the window; null where the host can't open it. */
  offerDropped(file: unknown): Promise<Outcome<OfferedFile | null>>
}

export interface HostInfo {
  host: 'electron' | 'http' | 'cli'
  version: string
  /** The host can ask for a file. */
  canChoose: boolean
  /** The host can open what is dropped onto the window. */
  canDrop: boolean
}

export interface OfferedFile {
  /** Opaque; paths never come from the renderer. */
  file: string
  name: string
  path: string
  /** Bytes; null where the file is gone. */
  size: number | null
  /** Milliseconds since 1970 of its last opening; null where it never was. */
  opened: number | null
  /** The host wants it opened at once (double click, command line). */
  openNow: boolean
}

export interface OpenQuery {
  file: string
  /** Do not read or write the cache. */
  noCache?: boolean
}

export interface TopQuery {
  core: string
  /** `layout` asks the graph. */
  by: 'type' | 'size' | 'type-size' | 'layout'
  sort: 'bytes' | 'count' | 'size' | 'label'
  descending: boolean
  /** Plain text, `/regex/`, or a comparison such as `>1MB` (bytes), `size>=64`, `count>1000`; empty for all. */
  filter: string
  offset: number
  /** 1..10000 */
  limit: number
}

export interface BlockQuery {
  core: string
  /** A TopRow's key: the blocks that the row counts. Instead of `type` and `size`. */
  key?: string
  /** Exact type name; `null` for blocks without a type; absent for all. */
  type?: string | null
  /** Usable bytes. */
  size?: number
  state: BlockState | 'all'
  offset: number
  /** 1..10000 */
  limit: number
}

export interface RangeQuery {
  core: string
  /** Absent for all. */
  kind?: RangeKind
  /** Address order by default. */
  sort?: 'start' | 'size'
  descending?: boolean
  offset: number
  /** 1..10000 */
  limit: number
}

export interface StackQuery {
  core: string
  /** Of each thread at most, 1..10000. */
  frames: number
  /** Threads. */
  offset: number
  /** 1..10000 */
  limit: number
}

export interface TypeQuery {
  core: string
  /** Plain text in the name, `/regex/`, or a comparison such as `size>=64`; empty for all. */
  filter: string
  /** Absent for all. */
  kind?: TypeKind
  /** Only types that blocks have. */
  withBlocks?: boolean
  sort: 'name' | 'size' | 'members' | 'blocks' | 'bytes'
  descending: boolean
  offset: number
  /** 1..10000 */
  limit: number
}

/** By `id`, or by `name`: exact, or in another spelling of the same type. */
export interface TypeLayoutQuery {
  core: string
  id?: TypeRef
  name?: string
}

export interface GlobalQuery {
  core: string
  /** Plain text in the name or type or at the beginning of the module, `/regex/`, or a comparison such as `size>=64`; empty for all. */
  filter: string
  /** Absent for both. */
  tls?: boolean
  sort: 'addr' | 'name' | 'type' | 'size' | 'module'
  descending: boolean
  offset: number
  /** 1..10000 */
  limit: number
}

export interface BlockViewQuery {
  core: string
  /** Any address; the view starts at the block's start where it lies in one. */
  address: number
  /** A type's name to lay over; absent: the block's own type. */
  as?: string
  /** Bytes before the first element of `as`; 0 where absent. */
  header?: number
  offset: number
  /** 1..10000 */
  limit: number
}

export interface CandidateQuery {
  core: string
  address: number
  /** All blocks of its layout class; asks the graph. */
  layout: boolean
  offset: number
  /** 1..1000 */
  limit: number
}

export interface LabelQuery {
  core: string
  /** 1..10000 */
  addresses: number[]
  /** A type's name; `T[]` for arrays. */
  type: string
  /** `layout`: all blocks of the layout class of the first address; asks the graph. */
  scope: 'block' | 'layout'
}

export type GraphPart = 'references' | 'retained'

export interface ReferenceQuery {
  core: string
  /** Of a block, or within one. */
  address: number
  /** `in`: who points to it; `out`: what it points to. */
  direction: 'in' | 'out'
  offset: number
  /** 1..10000 */
  limit: number
}

export interface ReferenceGroupQuery {
  core: string
  address: number
  direction: 'in' | 'out'
}

export interface NeighbourhoodQuery {
  core: string
  address: number
  direction: 'in' | 'out' | 'both'
  /** Steps, 1..10. */
  depth: number
  /** Nodes at most, 1..2000. */
  limit: number
}

export interface WhyQuery {
  core: string
  address: number
  /** Chains at most, 1..20. */
  limit: number
}

export interface LeakQuery {
  core: string
  /** Only heads: what leaked by itself. */
  heads: boolean
  /** As a group's row names it; absent for all. */
  label?: string
  /** Only what hangs on the head at this address. */
  head?: number
  sort: 'addr' | 'size' | 'holds'
  descending: boolean
  offset: number
  /** 1..10000 */
  limit: number
}

export interface LeakGroupQuery {
  core: string
  sort: 'bytes' | 'count' | 'label' | 'holds'
  descending: boolean
  /** As TopQuery's. */
  filter: string
  offset: number
  /** 1..10000 */
  limit: number
}

export interface RetainedQuery {
  core: string
  /** What this block dominates directly; absent: the largest of all blocks. */
  address?: number
  offset: number
  /** 1..10000 */
  limit: number
}

export const STAGES = ['decompress', 'open', 'arenas', 'blocks', 'types', 'store'] as const
export type Stage = (typeof STAGES)[number]

/** Of the graph, which is built once the blocks are there. */
export const GRAPH_STAGES = ['references', 'reach', 'leaks', 'keep', 'dominators'] as const
export type GraphStage = (typeof GRAPH_STAGES)[number]

export type CoreEvent =
  | {
      kind: 'progress'
      file: string
      stage: Stage
      /** In `unit`; `total` is 0 while unknown. */
      done: number
      total: number
      unit: 'bytes' | 'items'
      elapsedMs: number
      /** Of all stages; null while it can't be told. */
      remainingMs: number | null
    }
  /** A module's symbols changed state; `done` of `total` modules are settled. */
  | { kind: 'symbols'; core: string; file: string; row: ModuleSymbolsRow; done: number; total: number }
  | { kind: 'graph'; core: string; file: string; state: GraphState }
  | { kind: 'types'; core: string; file: string; state: TypesState }
  /** The host has a new file to offer (second instance, open-file, drop). */
  | { kind: 'offered'; file: OfferedFile }
