/** What a cache of one core holds of it, read past the service: its index files by what they are, its blocks, its counts. */
import { join } from 'node:path'
import type { Outcome } from '../../src-main/contract/outcome.ts'
import { LARGE, STATE } from '../../src-main/engine/allocator/blocks.ts'
import type { GraphMeta } from '../../src-main/engine/graph/storedGraph.ts'
import { loadBlocks, type StoredBlocks } from '../../src-main/engine/index/storedBlocks.ts'
import { CoreService } from '../../src-main/service/coreService.ts'
import { indexesFolder } from '../../src-main/storage/cacheCleanup.ts'
import { indexFiles, lmdbIndexStore, openFile, remove, type LmdbStoredIndex } from '../../src-main/storage/lmdbIndexStore.ts'

export type Part = 'blocks' | 'graph' | 'retained'

const partOf = (identity: string): Part => (identity.endsWith(' graph') ? 'graph' : identity.endsWith(' retained') ? 'retained' : 'blocks')

/** Where there are several, any. */
function find(cache: string, part: Part): { path: string; index: LmdbStoredIndex } {
  for (const name of indexFiles(indexesFolder(cache))) {
    const path = join(indexesFolder(cache), name)
    const index = openFile(path)
    if (index !== null && partOf(index.identity) === part) return { path, index }
    index?.close()
  }
  throw new Error(`the cache has no ${part}`)
}

/** The next build has only the blocks to go on from. */
export function removeGraph(cache: string): void {
  for (const part of ['graph', 'retained'] as const) {
    const { path, index } = find(cache, part)
    index.close()
    remove(path)
  }
}

export function storedBlocks(cache: string): StoredBlocks {
  const { index } = find(cache, 'blocks')
  const { identity } = index
  index.close()
  return loadBlocks(lmdbIndexStore(cache), identity)!
}

export interface GraphCounts {
  blocks: number
  edges: number
  /** Of used blocks and roots: what the scan looks at, where all of it is in the core. */
  words: number
}

export function graphCounts(cache: string): GraphCounts {
  const { index } = find(cache, 'graph')
  const { blockCount, edgeCount, roots } = index.meta as GraphMeta
  index.close()
  const stored = storedBlocks(cache)
  const size = new Uint32Array(blockCount)
  const state = new Uint8Array(blockCount)
  stored.copyColumn('words', new Uint8Array(size.buffer))
  stored.copyColumn('state', state)
  let words = roots.reduce((sum, root) => sum + root.size / 8, 0)
  for (let b = 0; b < blockCount; b++) if (state[b] === STATE.used) words += size[b] === LARGE ? stored.blocks.size(b) / 8 : size[b]
  stored.close()
  return { blocks: blockCount, edges: edgeCount, words }
}

export interface ChosenBlocks {
  /** Spread over the whole heap. */
  spread: number[]
  mostReferrers: number[]
  largest: number[]
}

/** Addresses of used blocks. */
export function chooseBlocks(cache: string, spread: number, extreme: number): ChosenBlocks {
  const { index } = find(cache, 'graph')
  const { blockCount } = index.meta as GraphMeta
  const firstSource = new Uint32Array(blockCount + 1)
  for (let chunk = 0, at = 0; at < firstSource.length; chunk++) at += index.readChunk('firstSource', chunk, new Uint8Array(firstSource.buffer, at * 4))!.length / 4
  index.close()
  const stored = storedBlocks(cache)
  const { blocks } = stored
  const state = new Uint8Array(blockCount)
  stored.copyColumn('state', state)
  const used: number[] = []
  for (let i = 0; i < spread; i++) {
    const block = state.indexOf(STATE.used, Math.floor((i * blockCount) / spread))
    if (block >= 0) used.push(block)
  }
  const top = (value: (block: number) => number): number[] => {
    const best: [block: number, value: number][] = []
    for (let b = 0; b < blockCount; b++) {
      if (state[b] !== STATE.used) continue
      const here = value(b)
      if (best.length === extreme && here <= best[extreme - 1][1]) continue
      best.push([b, here])
      best.sort((a, c) => c[1] - a[1])
      best.length = Math.min(best.length, extreme)
    }
    return best.map(([block]) => block)
  }
  const chosen = { spread: [...new Set(used)], mostReferrers: top((b) => firstSource[b + 1] - firstSource[b]), largest: top((b) => blocks.size(b)) }
  const addresses = (ids: number[]): number[] => ids.map((b) => blocks.address(b))
  const answer = { spread: addresses(chosen.spread), mostReferrers: addresses(chosen.mostReferrers), largest: addresses(chosen.largest) }
  stored.close()
  return answer
}

export function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.error.kind}: ${outcome.error.what} (${outcome.error.where})`)
  return outcome.value
}

/** A core in a service of its own, from the index, with what the symbol database has; the graph not attached yet. */
export async function openInService(path: string, cache: string): Promise<{ service: CoreService; core: string }> {
  const service = new CoreService({ info: { host: 'cli', version: 'bench', canChoose: false, canDrop: false }, open: { debug: [] }, cacheFolder: cache, symbolsWhenAsked: true, graphWhenAsked: true })
  const { file } = await service.offer(path, true)
  const { core } = value(await service.openCore({ file }))
  value(await service.awaitSymbols({ core }))
  return { service, core }
}
