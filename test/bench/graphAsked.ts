/**
 * `node graphAsked.ts CORE CACHE`: what a person waits for who asks the graph of a core that is in the index. Each question in a
 * service of its own, so that every chunk is read for the first time and no code is warm; 300 blocks spread over the heap, then
 * the blocks with the most referrers and the largest ones. One JSON line, milliseconds.
 */
import type { CoreService } from '../../src-main/service/coreService.ts'
import { chooseBlocks, openInService, value, type ChosenBlocks } from './graphIndex.ts'

const SPREAD = 300
const EXTREME = 10

export interface Latency {
  median: number
  /** 99 of 100 are faster. */
  slow: number
  worst: number
}

export type Asked = Record<keyof ChosenBlocks, Latency> & { question: string }

type Ask = (service: CoreService, core: string, address: number) => Promise<unknown>

const QUESTIONS: Record<string, Ask> = {
  'referrers, 100': async (s, core, address) => value(await s.listReferences({ core, address, direction: 'in', offset: 0, limit: 100 })),
  'references, 100': async (s, core, address) => value(await s.listReferences({ core, address, direction: 'out', offset: 0, limit: 100 })),
  'referrers, grouped': async (s, core, address) => value(await s.groupReferences({ core, address, direction: 'in' })),
  'references, grouped': async (s, core, address) => value(await s.groupReferences({ core, address, direction: 'out' })),
  'why, 3 chains': async (s, core, address) => value(await s.why({ core, address, limit: 3 })),
  'retained': async (s, core, address) => value(await s.listRetained({ core, address, offset: 0, limit: 100 })),
  'neighbourhood, depth 2': async (s, core, address) => value(await s.neighbourhood({ core, address, direction: 'both', depth: 2, limit: 100 })),
}

const [path = '', cache = ''] = process.argv.slice(2)
const chosen = chooseBlocks(cache, SPREAD, EXTREME)
const answers: Asked[] = []
for (const [question, ask] of Object.entries(QUESTIONS)) {
  const { service, core } = await openInService(path, cache)
  value(await service.awaitGraph({ core, part: 'retained' }))
  const latencies = async (addresses: number[]): Promise<Latency> => {
    const all: number[] = []
    for (const address of addresses) {
      const started = performance.now()
      await ask(service, core, address)
      all.push(performance.now() - started)
    }
    all.sort((a, b) => a - b)
    return { median: all[all.length >> 1], slow: all[Math.min(all.length - 1, Math.ceil(all.length * 0.99) - 1)], worst: all[all.length - 1] }
  }
  answers.push({ question, spread: await latencies(chosen.spread), mostReferrers: await latencies(chosen.mostReferrers), largest: await latencies(chosen.largest) })
  await service.close()
}
console.log(JSON.stringify(answers))
