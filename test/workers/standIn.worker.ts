/** The engine worker's shell around the stand-in session. */
import { parentPort } from 'node:worker_threads'
import { serveEngine } from '../../src-main/workers/serveEngine.ts'
import { standInSession } from './standInSession.ts'

serveEngine(parentPort!, standInSession, () => Promise.resolve(null))
