/** What passes between the main thread and an engine worker. Plain data; every request is answered by one response. */
import type {
  BlockQuery, BlockViewQuery, CandidateQuery, GlobalQuery, GraphPart, GraphStage, LabelQuery, LeakGroupQuery, LeakQuery, NeighbourhoodQuery, RangeQuery, ReferenceGroupQuery, ReferenceQuery, RetainedQuery, Stage, StackQuery, TopQuery, TypeLayoutQuery,
  TypeQuery, WhyQuery,
} from '../contract/api.ts'
import type { Failure } from '../contract/outcome.ts'
import type { BlockPage, BlockView, CoreSummary, GlobalRow, LayoutDetails, LeakGroupPage, LeakPage, Neighbourhood, Page, RangeRow, ReferenceGroups, ReferencePage, RetainedPage, TopPage, TypeLayout, TypeRow, Why } from '../contract/rows.ts'
import type { CandidatePage, LabelRow, TypeEvidence } from '../contract/typeRows.ts'
import type { StackPage } from '../contract/stackRows.ts'
import type { GraphPlan } from '../engine/graph/plan.ts'
import type { OpenOptions } from '../engine/session.ts'
import type { SymbolSource } from '../engine/symbols/moduleSources.ts'
import type { SymbolCounts, SymbolsInfo } from '../engine/symbols/storedTables.ts'

export interface OpenRequest {
  path: string
  /** What the summary answers as `core`. */
  handle: string
  options: OpenOptions
  /** Where indexes are; null: neither read nor written. */
  indexFolder: string | null
  /** Where a compressed core is decompressed to. */
  decompressFolder: string
  /** One Int32: not zero once the person has stopped the work. */
  stop: SharedArrayBuffer
}

/** How `blockText` writes each block. `json` is an array's inside: rows with commas between. */
export type BlockFormat = 'text' | 'json' | 'jsonl'

export interface BlockTextQuery {
  query: Omit<BlockQuery, 'limit'>
  /** Rows at most; the answer may hold fewer. */
  limit: number
  format: BlockFormat
}

export interface BlockText {
  /** UTF-8; its memory is transferred. */
  text: Uint8Array<ArrayBuffer>
  rows: number
  /** Rows of the whole query. */
  total: number
}

export interface TypeTextQuery {
  query: Omit<TypeQuery, 'limit'>
  /** Rows at most; the answer may hold fewer. */
  limit: number
  format: Exclude<BlockFormat, 'text'>
}

export type TypeText = BlockText

/** What the symbol database has of a module. */
export interface AttachedSymbols {
  info: SymbolsInfo
  counts: SymbolCounts
}

export interface TypesFound {
  /** Seconds by stage, when they were found. */
  timings: { stage: string; seconds: number }[]
}

export interface EngineCalls {
  open: { query: OpenRequest; answer: CoreSummary }
  summary: { query: null; answer: CoreSummary }
  listTop: { query: TopQuery; answer: TopPage }
  listBlocks: { query: BlockQuery; answer: BlockPage }
  listRanges: { query: RangeQuery; answer: Page<RangeRow> }
  /** What the database in `folder` has of modules' symbols is attached first. */
  listStacks: { query: { folder: string; query: StackQuery }; answer: StackPage }
  blockText: { query: BlockTextQuery; answer: BlockText }
  listTypes: { query: TypeQuery; answer: Page<TypeRow> }
  typeLayout: { query: TypeLayoutQuery; answer: TypeLayout }
  /** Before symbols are read: see findType.ts. */
  findType: { query: { folder: string; name: string }; answer: TypeLayout | null }
  listGlobals: { query: GlobalQuery; answer: Page<GlobalRow> }
  viewBlock: { query: BlockViewQuery; answer: BlockView }
  typeText: { query: TypeTextQuery; answer: TypeText }
  report: { query: null; answer: string }
  /** What the graph is built from. The blocks are in the index of `folder` from now on. */
  graphPlan: { query: { folder: string }; answer: { plan: GraphPlan; core: string } }
  /** Which parts of the graph the index in `folder` has: they are attached. */
  openGraph: { query: { folder: string }; answer: Record<GraphPart, boolean> }
  /** The blocks are in the index of `folder` from now on. */
  keepBlocks: { query: { folder: string }; answer: null }
  /** To be asked of a worker of its own: it takes seconds. What it finds is in the index of `folder` then. */
  inferTypes: { query: { folder: string }; answer: null }
  /** Whether the index in `folder` has types for the symbols that are attached: lists have them from now on. */
  openTypes: { query: { folder: string }; answer: TypesFound | null }
  candidates: { query: CandidateQuery; answer: CandidatePage }
  listLabels: { query: null; answer: LabelRow[] }
  /** Labels are kept in `folder`. */
  setLabel: { query: LabelQuery & { folder: string }; answer: LabelRow[] }
  removeLabels: { query: { ids: string[]; folder: string }; answer: LabelRow[] }
  evidence: { query: { core: string; address: number }; answer: TypeEvidence }
  listReferences: { query: ReferenceQuery; answer: ReferencePage }
  groupReferences: { query: ReferenceGroupQuery; answer: ReferenceGroups }
  neighbourhood: { query: NeighbourhoodQuery; answer: Neighbourhood }
  why: { query: WhyQuery; answer: Why }
  listLeaks: { query: LeakQuery; answer: LeakPage }
  groupLeaks: { query: LeakGroupQuery; answer: LeakGroupPage }
  listRetained: { query: RetainedQuery; answer: RetainedPage }
  layoutDetails: { query: { core: string; key: string }; answer: LayoutDetails }
  /** Where modules' symbols come from; what the database in `folder` has of them is attached at once. */
  openSymbols: { query: { folder: string }; answer: { source: SymbolSource; attached: AttachedSymbols | null }[] }
  /** To be asked when a module was read into that database. Null where it can't be read from there. */
  attachSymbols: { query: { folder: string; module: number; identity: string }; answer: AttachedSymbols | null }
  /** The worker ends after its answer. */
  close: { query: null; answer: null }
}

export type EngineMethod = keyof EngineCalls
export type EngineCall = { [M in EngineMethod]: { method: M; query: EngineCalls[M]['query'] } }[EngineMethod]
export type ToWorker = EngineCall & { id: number }

export interface ProgressReport<S extends Stage | GraphStage = Stage> {
  stage: S
  done: number
  total: number
  unit: 'bytes' | 'items'
  elapsedMs: number
  remainingMs: number | null
}

export type FromWorker =
  | { kind: 'answer'; id: number; value: unknown }
  | { kind: 'failure'; id: number; error: Failure }
  | { kind: 'progress'; report: ProgressReport }
  /** What the database has of a module turned out to be damaged and is gone; once it is there again, queries go on. */
  | { kind: 'symbolsDamaged'; identity: string }
