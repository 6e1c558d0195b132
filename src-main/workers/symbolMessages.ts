/** What passes between the main thread and the workers that read modules' symbols. Plain data. */
import type { Failure } from '../contract/outcome.ts'
import type { DiagnosticRow } from '../contract/rows.ts'
import type { DwarfUnits, UnitTables } from '../engine/dwarf/read.ts'
import type { ModulePaths } from '../engine/symbols/moduleSources.ts'
import type { SymbolCounts, SymbolsInfo } from '../engine/symbols/storedTables.ts'

/** Words of the Int32Array that all threads of one module share. */
export const CONTROL = { stop: 0, nextUnit: 1, words: 2 } as const

export interface IndexRequest {
  identity: string
  paths: ModulePaths
  /** Kept with the tables; see moduleSources. */
  fingerprint: string
  /** The symbol database. */
  folder: string
}

export interface IndexedModule {
  info: SymbolsInfo
  counts: SymbolCounts
  /** What was there already says more and stays. */
  kept: boolean
}

/** What one thread made of its units. */
export interface UnitPart {
  tables: UnitTables
  diagnostics: DiagnosticRow[]
}

export type ToSymbolWorker =
  /** The worker owns this module: it prepares, reads, merges and saves it. */
  | { kind: 'index'; job: number; request: IndexRequest; control: SharedArrayBuffer }
  /** Reads units of a module that another worker owns. */
  | { kind: 'read'; job: number; dwarf: DwarfUnits; control: SharedArrayBuffer }
  /** To the owner: all others are done, these are their parts. */
  | { kind: 'merge'; job: number; parts: UnitPart[] }
  /** To an owner that waits for `merge`: it will not come. */
  | { kind: 'abandon'; job: number }

export type FromSymbolWorker =
  /** `dwarf`: others may help; the owner then says `waiting` and waits for `merge`. */
  | { kind: 'opened'; job: number; bytes: number; unitCount: number; dwarf: DwarfUnits | null }
  | { kind: 'waiting'; job: number }
  | { kind: 'part'; job: number; part: UnitPart }
  | { kind: 'indexed'; job: number; module: IndexedModule }
  | { kind: 'failed'; job: number; error: Failure }
