/**
 * The main thread's side: one worker thread for one open core. Every call settles with an Outcome, also when the worker
 * dies or is ended, and none throws.
 */
import { Worker } from 'node:worker_threads'
import type { Failure, Outcome } from '../contract/outcome.ts'
import { indexesFolder, removeLeftoversOfThread } from '../storage/cacheCleanup.ts'
import { toFailure } from './failure.ts'
import type { EngineCalls, EngineMethod, FromWorker, OpenRequest, ProgressReport, ToWorker } from './messages.ts'
import { workerUrl } from './workerUrl.ts'

/** How long a cancelled analysis may take to notice before its thread is ended. */
const CANCEL_WITHIN_MS = 5000
/** How long a worker may take to close its files before its thread is ended. */
const CLOSE_WITHIN_MS = 2000

export interface EngineWorkerOptions {
  /** What failures name: the core's path. */
  where: string
  onProgress(report: ProgressReport): void
  /** The symbol database's file of that identity was damaged and is gone. */
  onSymbolsDamaged?(identity: string): void
  url?: URL | undefined
}

export class EngineWorker {
  private readonly where: string
  private readonly worker: Worker
  private readonly pending = new Map<number, (outcome: Outcome<unknown>) => void>()
  private readonly stop = new SharedArrayBuffer(4)
  private readonly ended: Promise<void>
  private indexFolder: string | null = null
  private nextId = 1
  private closing = false
  /** Why no call can be answered any more. */
  private death: Failure | null = null

  constructor(options: EngineWorkerOptions) {
    this.where = options.where
    this.worker = new Worker(options.url ?? workerUrl('engine.worker'), { name: 'corelens engine', execArgv: [] })
    this.worker.on('message', (message: FromWorker) => {
      switch (message.kind) {
        case 'answer':
          return this.settle(message.id, { ok: true, value: message.value })
        case 'failure':
          return this.settle(message.id, { ok: false, error: message.error })
        case 'progress':
          return options.onProgress(message.report)
        case 'symbolsDamaged':
          return options.onSymbolsDamaged?.(message.identity)
      }
    })
    this.worker.on('error', (error) => this.die(toFailure(error, this.where)))
    this.ended = new Promise((resolve) => {
      this.worker.on('exit', () => {
        this.die(this.closing ? cancelled(this.where) : toFailure(new Error('the analysis ended unexpectedly'), this.where))
        resolve()
      })
    })
  }

  get isDead(): boolean {
    return this.death !== null
  }

  open(request: Omit<OpenRequest, 'stop'>): Promise<Outcome<EngineCalls['open']['answer']>> {
    this.indexFolder = request.indexFolder
    return this.call('open', { ...request, stop: this.stop })
  }

  call<M extends EngineMethod>(method: M, query: EngineCalls[M]['query']): Promise<Outcome<EngineCalls[M]['answer']>> {
    return new Promise((resolve) => {
      if (this.death !== null) return resolve({ ok: false, error: this.death })
      const id = this.nextId++
      // The worker's switch answers each method with its own type.
      this.pending.set(id, resolve as (outcome: Outcome<unknown>) => void)
      this.worker.postMessage({ id, method, query } as ToWorker)
    })
  }

  /** Stops an `open` under way, which settles as cancelled. */
  cancel(): void {
    Atomics.store(new Int32Array(this.stop), 0, 1)
    setTimeout(() => {
      if (this.pending.size > 0) this.end(cancelled(this.where))
    }, CANCEL_WITHIN_MS).unref()
  }

  /** Ends the thread; calls under way settle as cancelled. Resolves when it is gone. */
  async close(): Promise<void> {
    this.closing = true
    Atomics.store(new Int32Array(this.stop), 0, 1)
    const late = setTimeout(() => this.end(cancelled(this.where)), CLOSE_WITHIN_MS)
    void this.call('close', null)
    await this.ended
    clearTimeout(late)
  }

  private end(why: Failure): void {
    this.die(why)
    const { threadId } = this.worker
    const { indexFolder } = this
    if (indexFolder !== null) void this.ended.then(() => removeLeftoversOfThread(indexesFolder(indexFolder), threadId))
    void this.worker.terminate()
  }

  private die(why: Failure): void {
    this.death ??= why
    for (const id of [...this.pending.keys()]) this.settle(id, { ok: false, error: why })
  }

  private settle(id: number, outcome: Outcome<unknown>): void {
    this.pending.get(id)?.(outcome)
    this.pending.delete(id)
  }
}

function cancelled(where: string): Failure {
  return { kind: 'cancelled', what: 'cancelled', where, remedy: 'open it again to start anew' }
}
