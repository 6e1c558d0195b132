/**
 * The graph of one open core: what the index has is there at once, the rest is built by threads of its own and attached as it
 * becomes ready. Nothing else waits for it.
 */
import type { GraphPart } from '../contract/api.ts'
import type { Outcome } from '../contract/outcome.ts'
import type { GraphState } from '../contract/rows.ts'
import type { EngineWorker } from '../workers/engineWorker.ts'
import { GraphBuilder } from '../workers/graphBuilder.ts'

export interface CoreGraphOptions {
  worker: EngineWorker
  /** Where indexes are; what is built goes there. */
  folder: string
  url?: URL | undefined
  onChange(state: GraphState): void
}

const NOTHING: GraphState = { references: 'waiting', retained: 'waiting', stage: null, share: 0, remainingMs: null, message: '', timings: [] }

export class CoreGraph {
  private readonly options: CoreGraphOptions
  private state: GraphState = NOTHING
  private builder: GraphBuilder | null = null
  private work: Promise<void> = Promise.resolve()
  private waiting: (() => void)[] = []
  /** Goes up with each cancel: builds that were asked for before end. */
  private run = 0

  constructor(options: CoreGraphOptions) {
    this.options = options
  }

  current(): GraphState {
    return this.state
  }

  /** Settles when that part is ready or has failed. Begins unless it has begun; begins anew after a failure. */
  async wait(part: GraphPart): Promise<Outcome<GraphState>> {
    if (this.state[part] === 'failed' || this.state[part] === 'waiting') {
      this.set({ ...this.state, references: this.state.references === 'ready' ? 'ready' : 'building', ...(part === 'retained' ? { retained: 'building' } : {}), message: '' })
      // one after the other: a build that is under way may be for less
      const { run } = this
      this.work = this.work.then(() => this.build(part, run))
    }
    while (this.state[part] === 'building') await new Promise<void>((resolve) => this.waiting.push(resolve))
    return { ok: true, value: this.state }
  }

  /** What is not ready fails; what is stays. */
  async cancel(): Promise<void> {
    this.run++
    await this.builder?.cancel()
    await this.work
  }

  /** No work any more. */
  async close(): Promise<void> {
    this.fail('closed')
    await this.cancel()
  }

  private async build(part: GraphPart, run: number): Promise<void> {
    const { worker, folder, url } = this.options
    if (run !== this.run) return this.fail('cancelled')
    await this.attach()
    if (this.isReady(part)) return
    const planned = await worker.call('graphPlan', { folder })
    if (!planned.ok) return this.fail(planned.error.what)
    if (run !== this.run) return this.fail('cancelled')
    this.builder = new GraphBuilder({
      ...planned.value,
      indexFolder: folder,
      upTo: part,
      url,
      onProgress: ({ stage, done, total, remainingMs }) => {
        if (this.isBuilding()) this.set({ ...this.state, stage, share: total === 0 ? 0 : Math.min(1, done / total), remainingMs })
      },
      onReady: (_, timings) => {
        this.state = { ...this.state, timings: [...this.state.timings, ...timings] }
        void this.attach()
      },
    })
    const failure = await this.builder.ended
    this.builder = null
    await this.attach()
    if (!this.isReady(part)) this.fail(failure?.what ?? 'what was written to the index can’t be read back')
  }

  private isBuilding(): boolean {
    return this.state.references === 'building' || this.state.retained === 'building'
  }

  private isReady(part: GraphPart): boolean {
    return this.state[part] === 'ready'
  }

  /** Attaches what the index has. */
  private async attach(): Promise<void> {
    const { worker, folder } = this.options
    const opened = await worker.call('openGraph', { folder })
    if (!opened.ok) return
    const { references, retained } = opened.value
    this.state = { ...this.state, ...(references ? { references: 'ready' } : {}), ...(retained ? { retained: 'ready' } : {}) }
    this.set(this.isBuilding() ? this.state : { ...this.state, stage: null, share: 1, remainingMs: null })
  }

  private fail(message: string): void {
    const { references, retained } = this.state
    this.set({ ...this.state, references: references === 'building' ? 'failed' : references, retained: retained === 'building' ? 'failed' : retained, stage: null, remainingMs: null, message })
  }

  private set(state: GraphState): void {
    this.state = state
    for (const resolve of this.waiting.splice(0)) resolve()
    this.options.onChange(state)
  }
}
