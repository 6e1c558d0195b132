/** What would be freed with a block: the largest of all, what a block dominates, and what dominates it. */
import type { RetainedQuery } from '../../contract/api.ts'
import type { RetainedPage, RetainedRow } from '../../contract/rows.ts'
import type { StoredRetained } from '../graph/storedGraph.ts'
import type { GraphView } from './graphView.ts'

/** Children of a block that are sorted by what they retain; of more, the first in address order. */
const SORTED = 20_000
/** Blocks of a path. */
const PATH = 1000

export class RetainedLists {
  private readonly view: GraphView
  private readonly retained: StoredRetained
  private readonly usedBytes: number
  private order: { block: number; ids: Uint32Array } = { block: -1, ids: new Uint32Array() }

  constructor(view: GraphView, retained: StoredRetained, usedBytes: number) {
    this.view = view
    this.retained = retained
    this.usedBytes = usedBytes
  }

  /** Throws UsageError where no block holds the address. */
  list(q: RetainedQuery): RetainedPage {
    if (q.address === undefined) {
      const { count, slice } = this.retained.largest()
      return { rows: Array.from(slice(q.offset, Math.min(count, q.offset + q.limit)), (b) => this.row(b)), total: count, offset: q.offset, path: [] }
    }
    const block = this.view.blockAt(q.address)
    const ids = this.sortedChildren(block)
    return { rows: Array.from(ids.subarray(q.offset, q.offset + q.limit), (b) => this.row(b)), total: ids.length, offset: q.offset, path: this.path(block) }
  }

  private sortedChildren(block: number): Uint32Array {
    if (this.order.block === block) return this.order.ids
    const { count, slice } = this.retained.children(block)
    const ids = slice(0, count)
    const first = ids.subarray(0, SORTED)
    const sizes = new Map(Array.from(first, (b): [number, number] => [b, this.retained.retained(b)]))
    first.sort((a, b) => sizes.get(b)! - sizes.get(a)! || a - b)
    this.order = { block, ids }
    return ids
  }

  private path(block: number): RetainedRow[] {
    const path: RetainedRow[] = []
    for (let at: number | null = block; at !== null && path.length < PATH; at = this.retained.dominator(at)) path.push(this.row(at))
    return path
  }

  private row(block: number): RetainedRow {
    const { addr, size, type, label } = this.view.ref(block)
    const dominator = this.retained.dominator(block)
    const retained = this.retained.retained(block)
    return {
      addr, size, type, label, retained,
      share: this.usedBytes === 0 ? 0 : retained / this.usedBytes,
      dominator: dominator === null ? null : this.view.process.blocks.address(dominator),
      dominates: this.retained.children(block).count,
    }
  }
}
