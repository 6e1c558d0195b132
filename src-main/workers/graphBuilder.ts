/** The main thread's side of building a graph: one worker thread, which starts its helpers. Settles, however it ends. */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { GraphPart, GraphStage } from '../contract/api.ts'
import type { Failure } from '../contract/outcome.ts'
import type { GraphPlan } from '../engine/graph/plan.ts'
import { indexesFolder, removeLeftoversOfThread } from '../storage/cacheCleanup.ts'
import { toFailure } from './failure.ts'
import { GRAPH_THREAD_LIMITS } from './serveGraph.ts'
import type { FromGraphWorker, ToGraphWorker } from './graphMessages.ts'
import type { ProgressReport } from './messages.ts'
import { workerUrl } from './workerUrl.ts'

/** More threads than this wait for memory, not for the processor. */
const MOST_THREADS = 8
/** How long the threads may take to notice that they are to stop. */
const STOP_WITHIN_MS = 3000

export interface GraphBuildOptions {
  core: string
  /** The cache. */
  indexFolder: string
  plan: GraphPlan
  /** The last part that is wanted. */
  upTo: GraphPart
  url?: URL | undefined
  onProgress(report: ProgressReport<GraphStage>): void
  onReady(part: GraphPart, timings: { stage: string; seconds: number }[]): void
}

export class GraphBuilder {
  /** Resolves when the thread is gone: with what went wrong, or null. */
  readonly ended: Promise<Failure | null>
  private readonly worker: Worker
  private readonly stop = new SharedArrayBuffer(4)

  constructor(options: GraphBuildOptions) {
    const { core, indexFolder, plan, upTo } = options
    this.worker = new Worker(options.url ?? workerUrl('graph.worker'), { name: 'corelens graph', execArgv: [], resourceLimits: GRAPH_THREAD_LIMITS })
    const { threadId } = this.worker
    let failure: Failure | null = null
    this.worker.on('message', (message: FromGraphWorker) => {
      switch (message.kind) {
        case 'progress':
          return options.onProgress(message.report)
        case 'ready':
          options.onReady(message.part, message.timings)
          if (message.part === upTo) void this.worker.terminate()
          return
        case 'failed':
          failure = message.error
          void this.worker.terminate()
          return
        case 'done':
          return
      }
    })
    this.worker.on('error', (error) => (failure ??= toFailure(error, core)))
    this.ended = new Promise((resolve) => {
      this.worker.on('exit', () => {
        removeLeftoversOfThread(indexesFolder(indexFolder), threadId)
        resolve(failure)
      })
    })
    this.worker.postMessage({ kind: 'build', core, indexFolder, plan, stop: this.stop, helpers: Math.min(MOST_THREADS, availableParallelism()) - 1, upTo } satisfies ToGraphWorker)
  }

  /** Resolves when the thread is gone. What is in the index stays. */
  async cancel(): Promise<void> {
    Atomics.store(new Int32Array(this.stop), 0, 1)
    const late = setTimeout(() => void this.worker.terminate(), STOP_WITHIN_MS)
    await this.ended
    clearTimeout(late)
  }
}
