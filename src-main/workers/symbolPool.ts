/**
 * The main thread's side of reading symbols: worker threads, as many as cores and at most eight, that read modules in
 * parallel. Largest modules first; the units of a large one are shared by all who have nothing else to do. Every call
 * settles with an Outcome: a worker's death fails the module it was about, and no other.
 *
 * One identity is read once at a time, however many ask. Threads start when there is work and end when there is none.
 */
import { statSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import type { Failure, Outcome } from '../contract/outcome.ts'
import type { DwarfUnits } from '../engine/dwarf/read.ts'
import { toFailure } from './failure.ts'
import { CONTROL, type FromSymbolWorker, type IndexedModule, type IndexRequest, type UnitPart } from './symbolMessages.ts'
import { SHARED_FROM_BYTES } from './serveSymbols.ts'
import { SymbolThread } from './symbolThread.ts'
import { workerUrl } from './workerUrl.ts'

const MOST_WORKERS = 8
const PROGRESS_EVERY_MS = 100
/** Files whose modules are in memory at once; a larger one is read alone. */
const BYTES_AT_ONCE = Math.min(2 ** 30, totalmem() / 8)

export interface SymbolPoolOptions {
  url?: URL | undefined
  /** How many threads at most. */
  size?: number
  /** How long an idle thread stays. */
  idleMs?: number
  /** How long a thread may take to notice that its module was cancelled. */
  cancelWithinMs?: number
}

/** How far one module is. Both 0 until its files are open. */
export interface IndexProgress {
  done: number
  /** Bytes of debug information. */
  total: number
}

export interface IndexCall {
  outcome: Promise<Outcome<IndexedModule>>
  /** Settles the call as cancelled, soon. The module is read on while someone else asked for it too. */
  cancel(): void
}

interface Caller {
  settle(outcome: Outcome<IndexedModule>): void
  /** First when the module's turn comes. */
  onProgress(progress: IndexProgress): void
}

interface Job {
  id: number
  key: string
  request: IndexRequest
  /** Bytes of its files. */
  weight: number
  control: Int32Array
  callers: Set<Caller>
  owner: SymbolThread | null
  helpers: Set<SymbolThread>
  parts: UnitPart[]
  /** Set while others may help. */
  dwarf: DwarfUnits | null
  bytes: number
  unitCount: number
  /** The owner has read its units and waits for the others'. */
  ownerWaits: boolean
}

export class SymbolPool {
  private readonly url: URL
  private readonly size: number
  private readonly idleMs: number
  private readonly cancelWithinMs: number
  private readonly threads = new Set<SymbolThread>()
  /** Unsettled ones, by identity and folder. */
  private readonly jobs = new Map<string, Job>()
  private timer: NodeJS.Timeout | null = null
  private nextJob = 1
  private closed = false

  constructor(options: SymbolPoolOptions = {}) {
    this.url = options.url ?? workerUrl('symbol.worker')
    this.size = Math.max(1, options.size ?? Math.min(MOST_WORKERS, availableParallelism()))
    this.idleMs = options.idleMs ?? 300
    this.cancelWithinMs = options.cancelWithinMs ?? 3000
  }

  index(request: IndexRequest, onProgress: (progress: IndexProgress) => void = () => undefined): IndexCall {
    const key = `${request.folder}\0${request.identity}`
    const { promise: outcome, resolve: settle } = Promise.withResolvers<Outcome<IndexedModule>>()
    if (this.closed) {
      settle({ ok: false, error: cancelled(request) })
      return { outcome, cancel: () => undefined }
    }
    const caller: Caller = { settle, onProgress }
    const job = this.jobs.get(key) ?? this.newJob(key, request)
    job.callers.add(caller)
    if (job.owner !== null) onProgress({ done: 0, total: job.bytes })
    this.schedule()
    return { outcome, cancel: () => this.cancelCaller(job, caller) }
  }

  /** Settles all calls as cancelled and ends all threads. */
  async close(): Promise<void> {
    this.closed = true
    for (const job of [...this.jobs.values()]) this.settle(job, { ok: false, error: cancelled(job.request) })
    await Promise.all([...this.threads].map((thread) => thread.end(this.cancelWithinMs)))
  }

  /** Resolves when no thread works on a module of that database, not even on one that is settled. */
  async quiet(folder: string): Promise<void> {
    await Promise.all([...this.threads].map((thread) => thread.whenNotIn(folder)))
  }

  private newJob(key: string, request: IndexRequest): Job {
    const job: Job = {
      id: this.nextJob++,
      key,
      request,
      weight: sizeOf(request.paths.file) + sizeOf(request.paths.debugFile),
      control: new Int32Array(new SharedArrayBuffer(CONTROL.words * 4)),
      callers: new Set(),
      owner: null,
      helpers: new Set(),
      parts: [],
      dwarf: null,
      bytes: 0,
      unitCount: 0,
      ownerWaits: false,
    }
    this.jobs.set(key, job)
    this.timer ??= setInterval(() => this.tellProgress(), PROGRESS_EVERY_MS)
    return job
  }

  private cancelCaller(job: Job, caller: Caller): void {
    if (!job.callers.delete(caller)) return
    caller.settle({ ok: false, error: cancelled(job.request) })
    if (job.callers.size === 0) this.settle(job, { ok: false, error: cancelled(job.request) })
  }

  /** The job is over for all who asked; threads that still work on it are told to stop. */
  private settle(job: Job, outcome: Outcome<IndexedModule>): void {
    if (this.jobs.get(job.key) !== job) return
    this.jobs.delete(job.key)
    Atomics.store(job.control, CONTROL.stop, 1)
    for (const thread of [job.owner, ...job.helpers]) {
      if (thread === null) continue
      if (thread === job.owner && job.ownerWaits) {
        thread.post({ kind: 'abandon', job: job.id })
        this.release(thread)
      } else if (!outcome.ok) {
        thread.endUnlessIdleWithin(this.cancelWithinMs)
      }
    }
    for (const caller of job.callers) caller.settle(outcome)
    job.callers.clear()
    if (this.jobs.size === 0 && this.timer !== null) {
      clearInterval(this.timer)
      this.timer = null
    }
  }

  private release(thread: SymbolThread): void {
    thread.becomeIdle(this.idleMs)
    this.schedule()
  }

  private schedule(): void {
    if (this.closed) return
    for (;;) {
      const shared = [...this.jobs.values()].find((job) => job.dwarf !== null && Atomics.load(job.control, CONTROL.nextUnit) < job.unitCount)
      const next = shared ?? this.nextWaiting()
      if (next === undefined) return
      const thread = [...this.threads].find((one) => one.isFree) ?? this.newThread()
      if (thread === null) return
      thread.start(next.id, next.request.folder)
      if (next === shared && next.dwarf !== null) {
        next.helpers.add(thread)
        thread.post({ kind: 'read', job: next.id, dwarf: next.dwarf, control: next.control.buffer as SharedArrayBuffer })
      } else {
        next.owner = thread
        thread.post({ kind: 'index', job: next.id, request: next.request, control: next.control.buffer as SharedArrayBuffer })
        for (const caller of next.callers) caller.onProgress({ done: 0, total: 0 })
        // it will most likely be shared: threads take a while to start
        if (next.weight > SHARED_FROM_BYTES) this.newThread()?.becomeIdle(this.idleMs)
      }
    }
  }

  private nextWaiting(): Job | undefined {
    let inMemory = 0
    let largest: Job | undefined
    for (const job of this.jobs.values()) {
      if (job.owner !== null) inMemory += job.weight
      else if (largest === undefined || job.weight > largest.weight) largest = job
    }
    return largest !== undefined && (inMemory === 0 || inMemory + largest.weight <= BYTES_AT_ONCE) ? largest : undefined
  }

  private newThread(): SymbolThread | null {
    if (this.threads.size >= this.size) return null
    const thread: SymbolThread = new SymbolThread(this.url, {
      onMessage: (message) => this.take(thread, message),
      onDeath: (error) => this.lose(thread, error),
    })
    this.threads.add(thread)
    return thread
  }

  private take(thread: SymbolThread, message: FromSymbolWorker): void {
    if (message.job !== thread.job) return
    const job = [...this.jobs.values()].find(({ id }) => id === message.job)
    if (job === undefined) {
      // Settled meanwhile; an owner that waits is told so.
      if (message.kind === 'opened') return
      if (message.kind === 'waiting') thread.post({ kind: 'abandon', job: message.job })
      return this.release(thread)
    }
    switch (message.kind) {
      case 'opened':
        job.bytes = message.bytes
        job.unitCount = message.unitCount
        job.dwarf = message.dwarf
        return this.schedule()
      case 'waiting':
        job.ownerWaits = true
        return this.mergeWhenRead(job)
      case 'part':
        job.helpers.delete(thread)
        job.parts.push(message.part)
        this.mergeWhenRead(job)
        return this.release(thread)
      case 'indexed':
        this.settle(job, { ok: true, value: message.module })
        return this.release(thread)
      case 'failed':
        job.helpers.delete(thread)
        if (job.owner === thread) job.owner = null
        this.settle(job, { ok: false, error: message.error })
        return this.release(thread)
    }
  }

  private mergeWhenRead(job: Job): void {
    if (!job.ownerWaits || job.helpers.size > 0) return
    job.ownerWaits = false
    job.dwarf = null
    job.owner?.postParts(job.id, job.parts)
    job.parts = []
  }

  /** A thread is gone: whatever it was about fails. */
  private lose(thread: SymbolThread, error: Error): void {
    this.threads.delete(thread)
    const job = [...this.jobs.values()].find(({ owner, helpers }) => owner === thread || helpers.has(thread))
    if (job !== undefined) {
      job.helpers.delete(thread)
      if (job.owner === thread) job.owner = null
      this.settle(job, { ok: false, error: toFailure(error, job.request.paths.path) })
    }
    this.schedule()
  }

  private tellProgress(): void {
    for (const job of this.jobs.values()) {
      if (job.owner === null || job.unitCount === 0) continue
      const units = Math.min(job.unitCount, Atomics.load(job.control, CONTROL.nextUnit))
      for (const caller of job.callers) caller.onProgress({ done: Math.floor((job.bytes * units) / job.unitCount), total: job.bytes })
    }
  }
}

function sizeOf(path: string): number {
  return path === '' ? 0 : (statSync(path, { throwIfNoEntry: false })?.size ?? 0)
}

function cancelled(request: IndexRequest): Failure {
  return { kind: 'cancelled', what: 'cancelled', where: request.paths.path, remedy: 'its symbols are read when they are asked for again' }
}
