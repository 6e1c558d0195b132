/** Reads many damaged variants of some debug sections, in a thread that can be ended, and answers which the reader did not stand. */
import { Worker } from 'node:worker_threads'
import type { DwarfFile } from '../../src-main/engine/dwarf/file.ts'
import type { DwarfVerdict } from './dwarfTarget.ts'

export interface DwarfCampaign {
  cases: number
  /** Cases with a diagnostic. */
  noticed: number
  slowest: { ms: number; seed: number }
  /** `seed: what happened` of every case that shows a bug. */
  bugs: string[]
}

/** A case that takes longer hangs. */
const HANG_MS = 15_000
/** What one case may add to the peak of the process's memory. */
const MEMORY = 256 << 20

export async function runDwarfCampaign(files: DwarfFile[], cases: number, from = 1): Promise<DwarfCampaign> {
  const campaign: DwarfCampaign = { cases, noticed: 0, slowest: { ms: 0, seed: 0 }, bugs: [] }
  let worker = start(files)
  let peak = 0
  for (let seed = from; seed < from + cases; seed++) {
    const answer = await ask(worker, seed)
    if (typeof answer === 'string') {
      campaign.bugs.push(`${seed}: ${answer}`)
      await worker.terminate()
      worker = start(files)
      continue
    }
    const { verdict } = answer
    if (verdict.ms > campaign.slowest.ms) campaign.slowest = { ms: verdict.ms, seed }
    if (verdict.diagnostics > 0) campaign.noticed++
    if (verdict.bug !== null) campaign.bugs.push(`${seed}: ${verdict.bug}`)
    if (peak > 0 && answer.peak - peak > MEMORY) campaign.bugs.push(`${seed}: took ${Math.round((answer.peak - peak) / 2 ** 20)} MiB`)
    peak = Math.max(peak, answer.peak)
  }
  await worker.terminate()
  return campaign
}

function start(files: DwarfFile[]): Worker {
  return new Worker(new URL('./dwarfTarget.worker.ts', import.meta.url), { workerData: files, resourceLimits: { maxOldGenerationSizeMb: 1024 } })
}

/** A text when the worker died or did not answer in time. */
function ask(worker: Worker, seed: number): Promise<{ verdict: DwarfVerdict; peak: number } | string> {
  return new Promise((resolve) => {
    const late = setTimeout(() => settle(`no answer within ${HANG_MS / 1000} seconds`), HANG_MS)
    const died = (error: Error): void => settle(`the thread died: ${error.stack ?? error.message}`)
    const settle = (answer: { verdict: DwarfVerdict; peak: number } | string): void => {
      clearTimeout(late)
      worker.off('message', settle)
      worker.off('error', died)
      resolve(answer)
    }
    worker.on('message', settle)
    worker.on('error', died)
    worker.postMessage(seed)
  })
}
