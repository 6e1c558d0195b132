/** The worker thread's shell: joins the readers of debug information and the port to the main thread. */
import { parentPort } from 'node:worker_threads'
import { serveSymbols } from './serveSymbols.ts'
import { symbolReader } from './symbolReader.ts'

if (parentPort === null) throw new Error('symbol.worker runs as a worker thread only')
serveSymbols(parentPort, symbolReader)
