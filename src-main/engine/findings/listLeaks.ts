/** What leaked: blocks that nothing reaches, one by one and by type; what leaked by itself, and what hangs on it. */
import type { LeakGroupQuery, LeakQuery } from '../../contract/api.ts'
import type { BlockRef, LeakGroupPage, LeakGroupRow, LeakPage, LeakRow, LeakTotals } from '../../contract/rows.ts'
import { LARGE } from '../allocator/blocks.ts'
import { itemIndex } from '../search.ts'
import { filterFor, type Filterable } from './filter.ts'
import type { GraphView } from './graphView.ts'

/** Leaked blocks in address order, in columns. */
interface Leaks {
  block: Uint32Array
  /** Position of the head in the same columns. */
  head: Uint32Array
  size: Float64Array
  label: string[]
  type: (string | null)[]
  /** Of heads: blocks and bytes that hang on them. */
  holdsCount: Uint32Array
  holds: Float64Array
  totals: LeakTotals
  isHead(i: number): boolean
}

const FILTERABLE: Filterable<LeakGroupRow> = {
  text: (row) => row.label,
  numbers: { bytes: (row) => row.bytes, count: (row) => row.count, heads: (row) => row.heads, holds: (row) => row.holds },
}

export class LeakLists {
  private readonly view: GraphView
  private readonly leaks: Leaks
  private readonly groups: LeakGroupRow[]
  /** The order that the last query wanted. */
  private order: { key: string; items: Uint32Array } = { key: '', items: new Uint32Array() }

  /** @param typesOf types of ascending blocks; null: those the graph was built with */
  constructor(view: GraphView, typesOf: ((ids: Uint32Array) => Uint32Array) | null = null) {
    this.view = view
    this.leaks = readLeaks(view, typesOf)
    this.groups = groupsOf(this.leaks)
  }

  list(q: LeakQuery): LeakPage {
    const { leaks, view } = this
    const { blocks } = view.process
    const items = this.ordered(q)
    const rows: LeakRow[] = []
    for (let i = q.offset; i < Math.min(items.length, q.offset + q.limit); i++) {
      const leak = items[i]
      const head = leaks.head[leak]
      rows.push({
        addr: blocks.address(leaks.block[leak]),
        size: leaks.size[leak],
        type: leaks.type[leak],
        label: leaks.label[leak],
        head: head === leak,
        holdsCount: leaks.holdsCount[leak],
        holds: leaks.holds[leak],
        headAddr: blocks.address(leaks.block[head]),
      })
    }
    return { rows, total: items.length, offset: q.offset, all: leaks.totals }
  }

  /** Throws UsageError on a filter that can't be read. */
  group(q: LeakGroupQuery): LeakGroupPage {
    const kept = this.groups.filter(filterFor(q.filter, FILTERABLE))
    const sign = q.descending ? -1 : 1
    const by = q.sort
    kept.sort((a, b) => sign * (by === 'label' ? compareText(a.label, b.label) : a[by] - b[by]) || b.bytes - a.bytes || compareText(a.label, b.label))
    return { rows: kept.slice(q.offset, q.offset + q.limit), total: kept.length, offset: q.offset, all: this.leaks.totals }
  }

  private ordered(q: LeakQuery): Uint32Array {
    const key = JSON.stringify([q.heads, q.label, q.head, q.sort, q.descending])
    if (this.order.key === key) return this.order.items
    const { leaks } = this
    const head = q.head === undefined ? -1 : itemIndex(leaks.block, this.view.process.blocks.containing(q.head))
    const kept: number[] = []
    for (let i = 0; i < leaks.block.length; i++) {
      if (q.heads && !leaks.isHead(i)) continue
      if (q.label !== undefined && leaks.label[i] !== q.label) continue
      if (q.head !== undefined && (head < 0 || leaks.head[i] !== head)) continue
      kept.push(i)
    }
    const items = Uint32Array.from(kept)
    const column = q.sort === 'size' ? leaks.size : q.sort === 'holds' ? leaks.holds : leaks.block
    const sign = q.descending ? -1 : 1
    if (q.sort !== 'addr' || q.descending) items.sort((a, b) => sign * (column[a] - column[b]) || a - b)
    this.order = { key, items }
    return items
  }
}

/** The head that a leaked block hangs on; null for others. */
export function leakHeadOf(view: GraphView, block: number): BlockRef | null {
  const { block: leaked, head } = view.graph.leaks()
  const at = itemIndex(leaked, block)
  return at < 0 ? null : view.ref(head[at])
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

function readLeaks(view: GraphView, typesOf: ((ids: Uint32Array) => Uint32Array) | null): Leaks {
  const { block, head: headBlock, words, type } = view.graph.leaks()
  const typeIndex = typesOf ? typesOf(block) : type
  const { blocks, types } = view.process
  const count = block.length
  const head = headBlock.map((b) => itemIndex(block, b))
  const leaks: Leaks = {
    block,
    head,
    size: Float64Array.from(words, (w, i) => (w === LARGE ? blocks.size(block[i]) : w * 8)),
    label: new Array<string>(count),
    type: new Array<string | null>(count),
    holdsCount: new Uint32Array(count),
    holds: new Float64Array(count),
    totals: { count, bytes: 0, heads: 0, unread: view.graph.meta.unread },
    isHead: (i) => head[i] === i,
  }
  for (let i = 0; i < count; i++) {
    const type = types[typeIndex[i]]
    leaks.type[i] = type.name
    leaks.label[i] = view.labelOf(type, leaks.size[i])
    leaks.totals.bytes += leaks.size[i]
    if (leaks.isHead(i)) leaks.totals.heads++
    else {
      leaks.holdsCount[head[i]]++
      leaks.holds[head[i]] += leaks.size[i]
    }
  }
  return leaks
}

function groupsOf(leaks: Leaks): LeakGroupRow[] {
  const groups = new Map<string, LeakGroupRow>()
  for (let i = 0; i < leaks.block.length; i++) {
    const label = leaks.label[i]
    let group = groups.get(label)
    if (!group) groups.set(label, (group = { type: leaks.type[i], label, count: 0, bytes: 0, heads: 0, holds: 0 }))
    group.count++
    group.bytes += leaks.size[i]
    if (!leaks.isHead(i)) continue
    group.heads++
    group.holds += leaks.holds[i]
  }
  return [...groups.values()]
}
