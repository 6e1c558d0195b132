/** The worker thread's shell: builds graphs, or helps to. */
import { parentPort } from 'node:worker_threads'
import { serveGraph } from './serveGraph.ts'

if (parentPort === null) throw new Error('graph.worker runs as a worker thread only')
serveGraph(parentPort)
