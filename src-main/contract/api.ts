import type { Outcome } from './outcome.ts'
import type { BlockPage, BlockState, CoreSummary, Page, RangeKind, RangeRow, TopPage } from './rows.ts'

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
  by: 'type' | 'size' | 'type-size'
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

export const STAGES = ['decompress', 'open', 'arenas', 'blocks', 'types', 'store'] as const
export type Stage = (typeof STAGES)[number]

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
  /** The host has a new file to offer (second instance, open-file, drop). */
  | { kind: 'offered'; file: OfferedFile }
