/** What passes between the main thread and an engine worker. Plain data; every request is answered by one response. */
import type { BlockQuery, RangeQuery, Stage, TopQuery } from '../contract/api.ts'
import type { Failure } from '../contract/outcome.ts'
import type { BlockPage, CoreSummary, Page, RangeRow, TopPage } from '../contract/rows.ts'
import type { OpenOptions } from '../engine/session.ts'

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

export interface EngineCalls {
  open: { query: OpenRequest; answer: CoreSummary }
  summary: { query: null; answer: CoreSummary }
  listTop: { query: TopQuery; answer: TopPage }
  listBlocks: { query: BlockQuery; answer: BlockPage }
  listRanges: { query: RangeQuery; answer: Page<RangeRow> }
  blockText: { query: BlockTextQuery; answer: BlockText }
  report: { query: null; answer: string }
  /** The worker ends after its answer. */
  close: { query: null; answer: null }
}

export type EngineMethod = keyof EngineCalls
export type EngineCall = { [M in EngineMethod]: { method: M; query: EngineCalls[M]['query'] } }[EngineMethod]
export type ToWorker = EngineCall & { id: number }

export interface ProgressReport {
  stage: Stage
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
