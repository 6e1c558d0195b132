/**
 * How the program gets at a block: chains from roots, shortest first. The first is a shortest one; each of the others leaves
 * it at some block by another referrer, whose own shortest chain it follows from there.
 */
import type { WhyQuery } from '../../contract/api.ts'
import type { Chain, ChainStep, Why } from '../../contract/rows.ts'
import type { SourceId } from '../graph/storedGraph.ts'
import type { GraphView } from './graphView.ts'
import { leakHeadOf } from './listLeaks.ts'

/** Steps of a chain that are shown at either end. */
const SHOWN = 30
/** Beyond, a chain is a loop in a damaged index. */
const LONGEST = 20_000_000
/** Blocks near the one asked about at which another chain may leave the first, and referrers tried at each. */
const FORKS = 12
const TRIED = 24
/** Steps that all tries may take together: each may read a chunk of the index. */
const EFFORT = 1200

/** From the block backwards; the last is a root window. */
type Path = SourceId[]

export function why(view: GraphView, q: WhyQuery): Why {
  const block = view.blockAt(q.address)
  const { graph } = view
  const first = pathFrom(view, block, LONGEST)
  if (!first) return { block: view.ref(block), reachable: false, chains: [], head: leakHeadOf(view, block) }
  const paths = [first, ...otherPaths(view, block, first, q.limit - 1)]
  return { block: view.ref(block), reachable: graph.reach(block) !== 0, chains: paths.map((path) => chainOf(view, block, path)), head: null }
}

/** The shortest path to a root, the block itself left out; null where none reaches it, or it is longer than `limit`. */
function pathFrom({ graph }: GraphView, block: number, limit: number): Path | null {
  const path: Path = []
  for (let at = block; path.length < limit; ) {
    const via = graph.via(at)
    if (via === null) return null
    path.push(via)
    if (graph.isRoot(via)) return path
    at = via
  }
  return null
}

function otherPaths(view: GraphView, block: number, first: Path, count: number): Path[] {
  const { graph } = view
  const found: Path[] = []
  let effort = EFFORT
  const blocks = [block, ...first.slice(0, -1)]
  for (let fork = 0; fork < Math.min(FORKS, blocks.length) && effort > 0; fork++) {
    const before = first.slice(0, fork)
    const { from, to } = graph.sourcesOf(blocks[fork])
    const taken = new Set<SourceId>([block, ...first.slice(0, fork + 1)])
    for (const source of graph.sources(from, Math.min(to, from + TRIED))) {
      if (taken.has(source) || effort <= 0) continue
      taken.add(source)
      const rest = graph.isRoot(source) ? [] : pathFrom(view, source, Math.min(effort, SHOWN * 4))
      effort -= (rest?.length ?? SHOWN) + 1
      if (rest && !rest.some((s) => s === block || before.includes(s))) found.push([...before, source, ...rest])
    }
    // those that leave the first chain later are longer and much like it
    if (found.length >= count * 4) break
  }
  return found.sort((a, b) => a.length - b.length).slice(0, count)
}

function chainOf(view: GraphView, block: number, path: Path): Chain {
  const { graph } = view
  const nodes = [...path].reverse()
  const rootSource = nodes.shift()!
  nodes.push(block)
  const isCut = nodes.length > 2 * SHOWN
  const shown = isCut ? [...nodes.slice(0, SHOWN), ...nodes.slice(-SHOWN)] : nodes
  const held = view.row(graph.referenceTo(rootSource, nodes[0]), rootSource, nodes[0])
  const steps: ChainStep[] = shown.map((node) => ({ block: view.ref(node), toOffset: 0, fromOffset: 0, member: '' }))
  steps[0].toOffset = held.toOffset
  for (let i = 1; i < shown.length; i++) {
    if (isCut && i === SHOWN) continue
    const row = view.row(graph.referenceTo(shown[i - 1], shown[i]), shown[i - 1], shown[i])
    steps[i - 1].fromOffset = row.fromOffset
    steps[i - 1].member = row.member
    steps[i].toOffset = row.toOffset
  }
  return { root: held.root!, steps, skipped: nodes.length - shown.length, cut: isCut ? SHOWN : 0 }
}
