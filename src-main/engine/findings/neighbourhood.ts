/** The blocks and roots around a block, step by step in either direction, as a graph of at most so many nodes. */
import type { NeighbourhoodQuery } from '../../contract/api.ts'
import type { GraphEdge, GraphNode, Neighbourhood, ReferenceRow } from '../../contract/rows.ts'
import { hex } from '../bytes/units.ts'
import type { GraphView } from './graphView.ts'
import { references } from './listReferences.ts'

/** References that are followed from one node. */
const FOLLOWED = 60

/** Throws UsageError where no block holds the address. */
export function neighbourhood(view: GraphView, q: NeighbourhoodQuery): Neighbourhood {
  const block = view.blockAt(q.address)
  const nodes = new Map<string, GraphNode>()
  const edges = new Map<string, GraphEdge>()
  const seen = new Set<string>()
  const centre = view.ref(block)
  nodes.set(hex(centre.addr), { id: hex(centre.addr), block: centre, root: null, depth: 0, more: 0 })
  for (const direction of q.direction === 'both' ? (['in', 'out'] as const) : [q.direction]) {
    let layer = [block]
    for (let depth = 1; depth <= q.depth && layer.length > 0; depth++) {
      const next: number[] = []
      for (const at of layer) {
        const { count, rows } = references(view, at, direction)
        const here = nodes.get(hex(view.process.blocks.address(at)))!
        const followed = rows(0, Math.min(count, FOLLOWED))
        here.more += count - followed.length
        for (const row of followed) {
          const other = direction === 'out' ? { id: hex(row.to.addr), block: row.to, root: null } : sourceOf(row)
          if (!nodes.has(other.id)) {
            if (nodes.size >= q.limit) {
              here.more++
              continue
            }
            nodes.set(other.id, { ...other, depth: direction === 'in' ? -depth : depth, more: 0 })
            if (other.block) next.push(view.process.blocks.at(other.block.addr))
          }
          addEdge(edges, seen, row)
        }
      }
      layer = next
    }
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] }
}

function sourceOf({ from, root }: ReferenceRow): Pick<GraphNode, 'id' | 'block' | 'root'> {
  return from ? { id: hex(from.addr), block: from, root: null } : { id: `root ${root?.tid ?? ''} ${root?.name ?? ''} ${hex(root?.addr ?? 0)}`, block: null, root }
}

/** One edge a pair, named by its first word. A word may be met from either end. */
function addEdge(edges: Map<string, GraphEdge>, seen: Set<string>, row: ReferenceRow): void {
  const from = sourceOf(row).id
  const to = hex(row.to.addr)
  const pair = `${from} ${to}`
  const word = `${pair} ${row.fromOffset}`
  if (seen.has(word)) return
  seen.add(word)
  const edge = edges.get(pair)
  if (edge) edge.words++
  else edges.set(pair, { from, to, member: row.member, fromOffset: row.fromOffset, toOffset: row.toOffset, words: 1 })
}
