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
  private started: Promise<void> | null = null
  private waiting: (() => void)[] = []
  private stopped = false

  constructor(options: CoreGraphOptions) {
    this.options = options
  }

  current(): GraphState {
    return this.state
  }

  /** Settles when that part is ready or has failed. Begins unless it has begun; begins anew after a failure. */
  async wait(part: GraphPart): Promise<Outcome<GraphState>> {
    if (this.state[part] === 'failed' && !this.stopped) this.started = null
    this.started ??= this.start()
    while (this.state[part] === 'waiting' || this.state[part] === 'building') await new Promise<void>((resolve) => this.waiting.push(resolve))
    return { ok: true, value: this.state }
  }

  /** What is not ready fails; what is stays. */
  async cancel(): Promise<void> {
    this.stopped = true
    await this.builder?.cancel()
    this.stopped = false
  }

  /** No work any more. */
  async close(): Promise<void> {
    this.stopped = true
    this.fail('closed')
    await this.builder?.cancel()
  }

  private async start(): Promise<void> {
    const { worker, folder, url } = this.options
    this.set({ ...NOTHING, references: this.state.references === 'ready' ? 'ready' : 'building', retained: 'building' })
    if (await this.attach()) return
    const planned = await worker.call('graphPlan', { folder })
    if (!planned.ok) return this.fail(planned.error.what)
    if (this.stopped) return this.fail('cancelled')
    this.builder = new GraphBuilder({
      ...planned.value,
      indexFolder: folder,
      url,
      onProgress: ({ stage, done, total, remainingMs }) => this.set({ ...this.state, stage, share: total === 0 ? 0 : Math.min(1, done / total), remainingMs }),
      onReady: (_, timings) => {
        this.state = { ...this.state, timings: [...this.state.timings, ...timings] }
        void this.attach()
      },
    })
    const failure = await this.builder.ended
    this.builder = null
    await this.attach()
    if (this.state.references !== 'ready' || this.state.retained !== 'ready') this.fail(failure?.what ?? 'what was written to the index can’t be read back')
  }

  /** Attaches what the index has; true where it has all. */
  private async attach(): Promise<boolean> {
    const { worker, folder } = this.options
    const opened = await worker.call('openGraph', { folder })
    if (!opened.ok) return false
    const { references, retained } = opened.value
    const done = references && retained
    this.set({
      ...this.state,
      ...(references ? { references: 'ready' } : {}),
      ...(retained ? { retained: 'ready' } : {}),
      ...(done ? { stage: null, share: 1, remainingMs: null } : {}),
    })
    return done
  }

  private fail(message: string): void {
    const { references, retained } = this.state
    this.set({ ...this.state, references: references === 'ready' ? 'ready' : 'failed', retained: retained === 'ready' ? 'ready' : 'failed', stage: null, remainingMs: null, message })
  }

  private set(state: GraphState): void {
    this.state = state
    for (const resolve of this.waiting.splice(0)) resolve()
    this.options.onChange(state)
  }
}
