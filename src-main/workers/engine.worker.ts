/** The worker thread's shell: joins the engine, the decoders and the port to the main thread. */
import { parentPort } from 'node:worker_threads'
import { openSession } from '../engine/analysis.ts'
import { decompressCore } from '../storage/decompress.ts'
import { serveEngine } from './serveEngine.ts'

if (parentPort === null) throw new Error('engine.worker runs as a worker thread only')
serveEngine(parentPort, openSession, decompressCore)
