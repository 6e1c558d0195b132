/**
 * The graph threads: one builds the graph of one core and keeps it in the index, the others help it. A builder starts its
 * helpers itself, and they end with it.
 */
import { Worker, type MessagePort } from 'node:worker_threads'
import type { GraphStage } from '../contract/api.ts'
import { buildGraph, loadGraph, type Crew } from '../engine/graph/build.ts'
import { graphKernel, type TurnRoundArgs } from '../engine/graph/kernels.ts'
import { buildRetained } from '../engine/graph/retained.ts'
import { ScanStopped, scanWindows } from '../engine/graph/scan.ts'
import { loadBlocks } from '../engine/index/storedBlocks.ts'
import { Cancelled } from '../engine/ports.ts'
import { openFileByteSource } from '../storage/fileByteSource.ts'
import { lmdbIndexStore } from '../storage/lmdbIndexStore.ts'
import { wasmModule } from '../storage/wasmModules.ts'
import { toFailure } from './failure.ts'
import type { BuildRequest, FromGraphWorker, ToGraphWorker } from './graphMessages.ts'
import { ProgressMeter } from './progressMeter.ts'
import { workerUrl } from './workerUrl.ts'

/** Their memory is outside of the JavaScript heap, which would else grow by its own garbage. */
export const GRAPH_THREAD_LIMITS = { maxYoungGenerationSizeMb: 4 }

export function serveGraph(port: MessagePort): void {
  const post = (message: FromGraphWorker): void => port.postMessage(message)
  port.on('message', (message: ToGraphWorker) => {
    work(message, post).catch((error: unknown) => post({ kind: 'failed', error: toFailure(error, message.kind === 'turnRound' ? 'graph' : message.core) }))
  })
}

async function work(message: ToGraphWorker, post: (message: FromGraphWorker) => void): Promise<void> {
  switch (message.kind) {
    case 'build':
      return build(message, post)
    case 'scan': {
      const core = openFileByteSource(message.core)
      const stop = new Int32Array(message.stop)
      try {
        scanWindows(core, wasmModule('references'), message.task, () => {
          if (Atomics.load(stop, 0) !== 0) throw new Cancelled()
        })
      } catch (error) {
        // whoever failed says why
        if (!(error instanceof ScanStopped)) throw error
      } finally {
        core.close()
      }
      return post({ kind: 'done' })
    }
    case 'turnRound': {
      graphKernel(wasmModule('graph'), message.memory).turnRound(...message.args)
      return post({ kind: 'done' })
    }
  }
}

async function build(request: BuildRequest, post: (message: FromGraphWorker) => void): Promise<void> {
  const store = lmdbIndexStore(request.indexFolder)
  const blocks = loadBlocks(store, request.plan.identity)
  if (!blocks) throw new Error('the blocks of this core are not in the index')
  const core = openFileByteSource(request.core)
  let crew: Helpers | null = null
  try {
    const progress = new ProgressMeter<GraphStage>(request.stop, (report) => post({ kind: 'progress', report }), () => performance.now())
    const ports = { core, store, progress, wasm: wasmModule, now: () => performance.now() / 1000 }
    let graph = request.upTo === 'retained' ? loadGraph(request.plan.graph, blocks, ports) : null
    if (!graph) {
      crew = new Helpers(request)
      graph = await buildGraph(request.plan, blocks, { ...ports, crew })
      crew.end()
      post({ kind: 'ready', part: 'references', timings: graph.timings })
    }
    if (request.upTo === 'retained') post({ kind: 'ready', part: 'retained', timings: buildRetained(request.plan.graph, graph, ports) })
  } finally {
    crew?.end()
    core.close()
  }
}

class Helpers implements Crew {
  readonly size: number
  private readonly request: BuildRequest
  private readonly workers: Worker[]

  constructor(request: BuildRequest) {
    this.request = request
    this.size = request.helpers
    this.workers = Array.from({ length: this.size }, () => new Worker(workerUrl('graph.worker'), { name: 'corelens graph helper', execArgv: [], resourceLimits: GRAPH_THREAD_LIMITS }))
  }

  async scan(task: Parameters<Crew['scan']>[0], own: number[]): Promise<void> {
    const { core, stop } = this.request
    await Promise.all(this.workers.map((worker, i) => ask(worker, { kind: 'scan', core, stop, task: { ...task, own: own[i] } })))
  }

  async turnRound(memory: WebAssembly.Memory, args: TurnRoundArgs[]): Promise<void> {
    await Promise.all(this.workers.map((worker, i) => ask(worker, { kind: 'turnRound', memory, args: args[i] })))
  }

  end(): void {
    for (const worker of this.workers.splice(0)) void worker.terminate()
  }
}

/** Settles with the answer, also when the helper dies. */
function ask(worker: Worker, message: ToGraphWorker): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (answer: FromGraphWorker): void => {
      worker.off('error', reject)
      if (answer.kind === 'failed') reject(answer.error.kind === 'cancelled' ? new Cancelled() : new Error(answer.error.what))
      else resolve()
    }
    worker.once('message', settle)
    worker.once('error', reject)
    worker.postMessage(message)
  })
}
