/** The symbol worker's shell around the stand-in reader. */
import { parentPort } from 'node:worker_threads'
import { serveSymbols } from '../../src-main/workers/serveSymbols.ts'
import { standInReader } from './standInReader.ts'

serveSymbols(parentPort!, standInReader)
