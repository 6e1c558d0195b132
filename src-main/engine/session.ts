import type { BlockQuery, RangeQuery, TopQuery } from '../contract/api.ts'
import type { BlockPage, CoreSummary, DiagnosticRow, Page, RangeRow, TopPage } from '../contract/rows.ts'
import type { ByteSource, IndexStore, ModuleFiles, Progress } from './ports.ts'

/** Where a person says files are, and whether the cache may serve. */
export interface OpenOptions {
  /** The executable, where it is not at the path the core names. */
  exe?: string
  /** Folders of separate debug files. */
  debug: string[]
  /** The root of the file system the process saw. */
  sysroot?: string
}

export interface SessionPorts {
  core: ByteSource
  /** What was found wrong with the file before the engine saw it: damage of a compressed core. */
  damage?: DiagnosticRow[]
  files: ModuleFiles
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
  reportMarkdown(): string
  close(): void
}

export type OpenSession = (handle: string, options: OpenOptions, ports: SessionPorts) => Promise<EngineSession>
