/** Runs many damaged variants of one image and answers which of them the engine did not stand. */
import { Worker } from 'node:worker_threads'
import type { Mutation } from './mutations.ts'
import type { Verdict } from './target.ts'

export interface Campaign {
  opened: number
  refused: number
  /** Refusals by their text, most frequent first. */
  refusals: [string, number][]
  slowest: { ms: number; mutation: Mutation; seed: number }
  /** `mutation seed: what happened` of every case that shows a bug: thrown, contradictory, hung, greedy. */
  bugs: string[]
}

/** A case that takes longer hangs. */
const HANG_MS = 15_000
/** What one case may add to the peak of the process's memory, beyond a multiple of the image. */
const MEMORY = 256 << 20

interface Answer {
  verdict: Verdict
  rss: number
  peak: number
}

export async function runCampaign(image: Uint8Array, cases: { mutation: Mutation; seeds: number; from?: number }[]): Promise<Campaign> {
  const campaign: Campaign = { opened: 0, refused: 0, refusals: [], slowest: { ms: 0, mutation: 'cut', seed: 0 }, bugs: [] }
  const refusals = new Map<string, number>()
  let worker = start(image)
  let peak = 0
  for (const { mutation, seeds, from = 1 } of cases) {
    for (let seed = from; seed < from + seeds; seed++) {
      const answer = await ask(worker, mutation, seed)
      if (typeof answer === 'string') {
        campaign.bugs.push(`${mutation} ${seed}: ${answer}`)
        await worker.terminate()
        worker = start(image)
        continue
      }
      const { verdict } = answer
      if (verdict.ms > campaign.slowest.ms) campaign.slowest = { ms: verdict.ms, mutation, seed }
      if (peak > 0 && answer.peak - peak > MEMORY + 8 * image.length) campaign.bugs.push(`${mutation} ${seed}: took ${Math.round((answer.peak - peak) / 2 ** 20)} MiB`)
      peak = Math.max(peak, answer.peak)
      if (verdict.kind === 'bug') campaign.bugs.push(`${mutation} ${seed}: ${verdict.message}`)
      else if (verdict.kind === 'opened') campaign.opened++
      else {
        campaign.refused++
        refusals.set(verdict.message, (refusals.get(verdict.message) ?? 0) + 1)
      }
    }
  }
  await worker.terminate()
  campaign.refusals = [...refusals].sort((a, b) => b[1] - a[1])
  return campaign
}

function start(image: Uint8Array): Worker {
  return new Worker(new URL('./target.worker.ts', import.meta.url), { workerData: image, resourceLimits: { maxOldGenerationSizeMb: 1024 } })
}

/** A text when the worker died or did not answer in time. */
function ask(worker: Worker, mutation: Mutation, seed: number): Promise<Answer | string> {
  return new Promise((resolve) => {
    const late = setTimeout(() => settle(`no answer within ${HANG_MS / 1000} seconds`), HANG_MS)
    const died = (error: Error): void => settle(`the thread died: ${error.stack ?? error.message}`)
    const settle = (answer: Answer | string): void => {
      clearTimeout(late)
      worker.off('message', settle)
      worker.off('error', died)
      resolve(answer)
    }
    worker.on('message', settle)
    worker.on('error', died)
    worker.postMessage({ mutation, seed })
  })
}
