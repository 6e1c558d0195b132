/** A worker thread that damages the sections it was started with and judges the result, seed by seed. */
import { parentPort, workerData } from 'node:worker_threads'
import type { DwarfFile } from '../../src-main/engine/dwarf/file.ts'
import { mutateDwarf } from './dwarfMutations.ts'
import { judgeDwarf } from './dwarfTarget.ts'

const files = workerData as DwarfFile[]

parentPort?.on('message', (seed: number) => {
  parentPort?.postMessage({ verdict: judgeDwarf(mutateDwarf(files, seed)), peak: process.resourceUsage().maxRSS * 1024 })
})
