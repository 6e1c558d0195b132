/** One worker thread of the symbol pool: what it works on, and its end. */
import { Worker } from 'node:worker_threads'
import { removeLeftoversOfThread } from '../storage/cacheCleanup.ts'
import { transferable } from './serveSymbols.ts'
import type { FromSymbolWorker, ToSymbolWorker, UnitPart } from './symbolMessages.ts'

export interface SymbolThreadEvents {
  onMessage(message: FromSymbolWorker): void
  /** Once, however it ended. */
  onDeath(error: Error): void
}

export class SymbolThread {
  /** The job it works on; null while it is idle. */
  job: number | null = null
  private readonly worker: Worker
  private readonly threadId: number
  private readonly ended: Promise<void>
  private error: Error = new Error('the reading of symbols ended unexpectedly')
  /** Where it may have been writing. */
  private folder: string | null = null
  private onIdle: (() => void)[] = []
  private idle: NodeJS.Timeout | null = null
  private late: NodeJS.Timeout | null = null
  private ending = false

  constructor(url: URL, events: SymbolThreadEvents) {
    this.worker = new Worker(url, { name: 'corelens symbols', execArgv: [] })
    this.threadId = this.worker.threadId
    this.worker.on('message', events.onMessage)
    this.worker.on('error', (error) => void (this.error = error instanceof Error ? error : new Error(String(error))))
    this.ended = new Promise((resolve) => {
      this.worker.on('exit', () => {
        this.clearTimers()
        if (this.folder !== null && this.job !== null) removeLeftoversOfThread(this.folder, this.threadId)
        events.onDeath(this.error)
        this.tellIdle()
        resolve()
      })
    })
  }

  /** A thread that is being ended takes no job any more. */
  get isFree(): boolean {
    return this.job === null && !this.ending
  }

  /** @param folder the symbol database of the job's module */
  start(job: number, folder: string): void {
    this.clearTimers()
    this.job = job
    this.folder = folder
    this.worker.ref()
  }

  post(message: ToSymbolWorker): void {
    this.worker.postMessage(message)
  }

  postParts(job: number, parts: UnitPart[]): void {
    this.worker.postMessage({ kind: 'merge', job, parts } satisfies ToSymbolWorker, transferable(parts))
  }

  /** Keeps no process alive, and ends unless there is new work within that time. */
  becomeIdle(forMs: number): void {
    this.clearTimers()
    this.job = null
    this.tellIdle()
    this.worker.unref()
    this.idle = setTimeout(() => this.terminate(), forMs)
    this.idle.unref()
  }

  /** Resolves at the end of its job, or of the thread, where the job is of that database. */
  whenNotIn(folder: string): Promise<void> {
    if (this.job === null || this.folder !== folder) return Promise.resolve()
    return new Promise((resolve) => this.onIdle.push(resolve))
  }

  /** For one whose job was stopped: it has to notice in time. */
  endUnlessIdleWithin(ms: number): void {
    this.late ??= setTimeout(() => this.terminate(), ms)
    this.late.unref()
  }

  /** Resolves when the thread is gone: at once while it is idle, else when it has noticed, or after that time. */
  async end(withinMs: number): Promise<void> {
    if (this.job !== null) {
      this.endUnlessIdleWithin(withinMs)
      await this.whenNotIn(this.folder ?? '')
    }
    this.terminate()
    await this.ended
  }

  private terminate(): void {
    this.ending = true
    void this.worker.terminate()
  }

  private tellIdle(): void {
    for (const resolve of this.onIdle.splice(0)) resolve()
  }

  private clearTimers(): void {
    for (const timer of [this.idle, this.late]) if (timer !== null) clearTimeout(timer)
    this.idle = this.late = null
  }
}
