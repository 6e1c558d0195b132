import type {
  BlockQuery, BlockViewQuery, CandidateQuery, GlobalQuery, GraphPart, LabelQuery, LeakGroupQuery, LeakQuery, NeighbourhoodQuery, RangeQuery, ReferenceGroupQuery, ReferenceQuery, RetainedQuery, StackQuery, TopQuery, TypeLayoutQuery, TypeQuery, WhyQuery,
} from '../contract/api.ts'
import type {
  BlockPage, BlockView, CoreSummary, DiagnosticRow, GlobalRow, LayoutDetails, LeakGroupPage, LeakPage, Neighbourhood, Page, RangeRow, ReferenceGroups,
  ReferencePage, RetainedPage, TopPage, TypeLayout, TypeRow, Why,
} from '../contract/rows.ts'
import type { CandidatePage, LabelRow, TypeEvidence } from '../contract/typeRows.ts'
import type { StackPage } from '../contract/stackRows.ts'
import type { GraphPlan } from './graph/plan.ts'
import type { TypeWithMembers } from './findings/symbolQueries.ts'
import type { ByteSource, Decompressor, IndexStore, ModuleFiles, Progress } from './ports.ts'
import type { SymbolSource } from './symbols/moduleSources.ts'
import type { SymbolTables } from './symbols/tables.ts'
import type { InferencePart } from './types/inference.ts'

/** Where a person says files are, and whether the cache may serve. */
export interface OpenOptions {
  /** The executable, where it is not at the path the core names. */
  exe?: string
  /** Folders of separate debug files. */
  debug: string[]
  /** The root of the file system the process saw. */
  sysroot?: string
  /** Words with tag bits in their upper 16 bits count as pointers, too. */
  tagged?: boolean
}

export interface SessionPorts {
  core: ByteSource
  /** What was found wrong with the file before the engine saw it: damage of a compressed core. */
  damage?: DiagnosticRow[]
  files: ModuleFiles
  /** For compressed sections of files; absent: they count as not there. */
  decompressor?: Decompressor
  /** Null: no cache. */
  store: IndexStore | null
  progress: Progress
  /** Compiled WebAssembly: the engine's own kernels and the demangler. */
  wasm(name: 'chunkWalk' | 'demangle'): WebAssembly.Module
  /** Seconds, monotonic. */
  now(): number
  /** Peak resident memory of this process in bytes. */
  peakMemory(): number
}

/** One open core. Every method answers from columns; none takes longer than a page's worth of work. */
export interface EngineSession {
  summary(): CoreSummary
  /** Throws UsageError on a filter that can't be read. */
  listTop(q: TopQuery): TopPage
  listBlocks(q: BlockQuery): BlockPage
  listRanges(q: RangeQuery): Page<RangeRow>
  listStacks(q: StackQuery): Promise<StackPage>
  reportMarkdown(): string
  /** What a graph is built from, beside the blocks, which are in `store` then. */
  graphPlan(store: IndexStore): GraphPlan
  /** Attaches what the store has of the graph: which parts are there. */
  openGraph(store: IndexStore): Record<GraphPart, boolean>
  /** Looks for the types of all blocks by what symbols are attached, and keeps them in `store`. */
  inferTypes(store: IndexStore, without?: ReadonlySet<InferencePart>): Promise<void>
  /** Attaches what the store has of types, with what a person said; null where it has none for these symbols. */
  openTypes(store: IndexStore, labels: IndexStore): { timings: { stage: string; seconds: number }[] } | null
  /** What follows throws UsageError until types are there. */
  candidates(q: CandidateQuery): CandidatePage
  listLabels(): LabelRow[]
  /** Throws UsageError also where there is no such type or block. Answers all labels. */
  setLabel(q: LabelQuery, labels: IndexStore): LabelRow[]
  removeLabels(q: { ids: string[] }, labels: IndexStore): LabelRow[]
  /** The blocks are in `store` from now on. */
  keepBlocks(store: IndexStore): void
  /** Throws UsageError until types are there, and where no block holds the address. */
  evidence(q: { address: number }): TypeEvidence
  /** What follows throws UsageError until its part of the graph is there, and where no block holds an address. */
  listReferences(q: ReferenceQuery): ReferencePage
  groupReferences(q: ReferenceGroupQuery): ReferenceGroups
  neighbourhood(q: NeighbourhoodQuery): Neighbourhood
  why(q: WhyQuery): Why
  listLeaks(q: LeakQuery): LeakPage
  groupLeaks(q: LeakGroupQuery): LeakGroupPage
  listRetained(q: RetainedQuery): RetainedPage
  layoutDetails(q: { key: string }): LayoutDetails
  /** Where each module's symbols can be read from, in the order of `CoreSummary.modules`. */
  symbolSources(): SymbolSource[]
  /** From now on queries know what the module's tables say; `module` is its position in `CoreSummary.modules`. The tables may read on demand, until `close`. */
  attachSymbols(module: number, tables: SymbolTables): void
  /** Throws UsageError on a filter that can't be read. */
  listTypes(q: TypeQuery): Page<TypeRow>
  listTypesWithMembers(q: TypeQuery): Page<TypeWithMembers>
  /** Throws UsageError where there is no such type. */
  typeLayout(q: TypeLayoutQuery): TypeLayout
  /** Of a type in tables that are not attached: its ids are of no other use. Throws UsageError where there is no such type. */
  layoutIn(module: number, tables: SymbolTables, name: string): TypeLayout
  /** Throws UsageError on a filter that can't be read. */
  listGlobals(q: GlobalQuery): Page<GlobalRow>
  /** Throws UsageError for an address where nothing is mapped, and for a type that there isn't. */
  viewBlock(q: BlockViewQuery): BlockView
  close(): void
}

export type OpenSession = (handle: string, options: OpenOptions, ports: SessionPorts) => Promise<EngineSession>
