/** What passes between the main thread, the thread that builds a graph, and its helpers. Plain data and shared memory. */
import type { GraphPart, GraphStage } from '../contract/api.ts'
import type { Failure } from '../contract/outcome.ts'
import type { TurnRoundArgs } from '../engine/graph/kernels.ts'
import type { GraphPlan } from '../engine/graph/plan.ts'
import type { ScanTask } from '../engine/graph/scan.ts'
import type { ProgressReport } from './messages.ts'

export interface BuildRequest {
  kind: 'build'
  /** Of the core itself, decompressed. */
  core: string
  /** Where the blocks are kept, and the graph will be. */
  indexFolder: string
  plan: GraphPlan
  /** One Int32: not zero once the work is to stop. */
  stop: SharedArrayBuffer
  /** Threads beside the builder's own. */
  helpers: number
  /** The last part that is wanted; those before it are built, or taken from the index. */
  upTo: GraphPart
}

export type ToGraphWorker =
  | BuildRequest
  | { kind: 'scan'; core: string; task: ScanTask; stop: SharedArrayBuffer }
  | { kind: 'turnRound'; memory: WebAssembly.Memory; args: TurnRoundArgs }

export type FromGraphWorker =
  | { kind: 'progress'; report: ProgressReport<GraphStage> }
  /** The part is in the index. */
  | { kind: 'ready'; part: GraphPart; timings: { stage: string; seconds: number }[] }
  | { kind: 'failed'; error: Failure }
  /** A helper's answer. */
  | { kind: 'done' }
