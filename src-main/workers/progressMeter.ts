/**
 * Progress as the engine reports it, turned into at most ten reports a second with the time left of all stages, and into
 * Cancelled once the stop flag is set.
 */
import { GRAPH_STAGES, STAGES, type GraphStage, type Stage } from '../contract/api.ts'
import { Cancelled, type Progress } from '../engine/ports.ts'
import type { ProgressReport } from './messages.ts'

export const REPORT_EVERY_MS = 100

/** What the stages take of a whole analysis, roughly; corrected by what the ones so far took. */
const WEIGHT: Record<Stage | GraphStage, number> = { decompress: 30, open: 4, arenas: 6, blocks: 55, types: 20, store: 15, references: 35, reach: 8, leaks: 5, keep: 12, dominators: 40 }

/** Below these an estimate would only jump. */
const ESTIMATE_FROM_MS = 500
const ESTIMATE_FROM_SHARE = 0.02

/** @typeParam S the stages that will be told: those of an opening, or of a graph */
export class ProgressMeter<S extends Stage | GraphStage = Stage> implements Progress {
  private readonly stop: Int32Array
  private readonly post: (report: ProgressReport<S>) => void
  /** Milliseconds, monotonic. */
  private readonly now: () => number
  private readonly started: number
  private lastPost = -Infinity
  private current: Stage | GraphStage = 'open'
  private total = 0
  private unit: 'bytes' | 'items' = 'items'
  private decompresses = false

  constructor(stop: SharedArrayBuffer, post: (report: ProgressReport<S>) => void, now: () => number) {
    this.stop = new Int32Array(stop)
    this.post = post
    this.now = now
    this.started = now()
  }

  stage(stage: Stage | GraphStage, total: number, unit: 'bytes' | 'items'): void {
    this.throwIfStopped()
    this.current = stage
    this.total = total
    this.unit = unit
    if (stage === 'decompress') this.decompresses = true
    this.report(0, this.now())
  }

  advance(done: number): void {
    this.throwIfStopped()
    const now = this.now()
    if (now - this.lastPost >= REPORT_EVERY_MS) this.report(done, now)
  }

  private throwIfStopped(): void {
    if (Atomics.load(this.stop, 0) !== 0) throw new Cancelled()
  }

  private report(done: number, now: number): void {
    this.lastPost = now
    const elapsedMs = now - this.started
    this.post({ stage: this.current as S, done, total: this.total, unit: this.unit, elapsedMs, remainingMs: this.remaining(done, elapsedMs) })
  }

  private remaining(done: number, elapsedMs: number): number | null {
    const isGraph = (GRAPH_STAGES as readonly string[]).includes(this.current)
    const stages: (Stage | GraphStage)[] = isGraph ? [...GRAPH_STAGES] : STAGES.filter((stage) => stage !== 'decompress' || this.decompresses)
    const before = stages.slice(0, stages.indexOf(this.current)).reduce((sum, stage) => sum + WEIGHT[stage], 0)
    const all = stages.reduce((sum, stage) => sum + WEIGHT[stage], 0)
    const within = this.total > 0 ? Math.min(1, done / this.total) : 0
    const share = (before + WEIGHT[this.current] * within) / all
    if (elapsedMs < ESTIMATE_FROM_MS || share < ESTIMATE_FROM_SHARE) return null
    return (elapsedMs * (1 - share)) / share
  }
}
