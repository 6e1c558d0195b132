/**
 * `node graphBuilt.ts CORE CACHE`: one process builds the graph of a core whose blocks are in the index, and dominators after it.
 * One JSON line: seconds of each, stage by stage, and the process's peak memory.
 */
import { openInService, value } from './graphIndex.ts'

export interface GraphBuilt {
  referencesSeconds: number
  retainedSeconds: number
  peakMB: number
  stages: { stage: string; seconds: number }[]
}

const [path = '', cache = ''] = process.argv.slice(2)
const { service, core } = await openInService(path, cache)
const seconds: number[] = []
let stages: GraphBuilt['stages'] = []
for (const part of ['references', 'retained'] as const) {
  const started = performance.now()
  const state = value(await service.awaitGraph({ core, part }))
  if (state[part] !== 'ready') throw new Error(`${part}: ${state.message}`)
  seconds.push((performance.now() - started) / 1000)
  stages = state.timings
}
await service.close()
console.log(JSON.stringify({ referencesSeconds: seconds[0], retainedSeconds: seconds[1], peakMB: process.resourceUsage().maxRSS / 1024, stages } satisfies GraphBuilt))
