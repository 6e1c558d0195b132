/** Who points to a block, and what it points to: word by word, and counted by type and member. */
import type { ReferenceGroupQuery, ReferenceQuery } from '../../contract/api.ts'
import type { ReferenceGroupRow, ReferenceGroups, ReferencePage, ReferenceRow } from '../../contract/rows.ts'
import type { GraphView } from './graphView.ts'

/** References that are counted one by one; of more, as many in this many runs spread over all of them. */
const COUNTED = 2048
const RUNS = 64

export function listReferences(view: GraphView, q: ReferenceQuery): ReferencePage {
  const block = view.blockAt(q.address)
  const { count, rows } = references(view, block, q.direction)
  return { block: view.ref(block), rows: rows(q.offset, Math.min(count, q.offset + q.limit)), total: count, offset: q.offset }
}

/** Throws UsageError where no block holds the address. */
export function groupReferences(view: GraphView, q: ReferenceGroupQuery): ReferenceGroups {
  const block = view.blockAt(q.address)
  const { count, rows } = references(view, block, q.direction)
  const groups = new Map<string, ReferenceGroupRow>()
  let counted = 0
  for (const [from, to] of runsOf(count)) {
    for (const row of rows(from, to)) {
      counted++
      const other = q.direction === 'in' ? row.from : row.to
      const label = other?.label ?? row.root?.kind ?? ''
      // elements of an array are one member
      const member = row.member.replace(/\[\d+\]/g, '[]')
      const key = `${label}\0${row.root?.kind ?? ''}\0${member === '' ? offsetKey(row) : member}`
      const group = groups.get(key)
      if (group) {
        group.count++
        group.bytes += other?.size ?? 0
      } else groups.set(key, { label, type: other?.type ?? null, root: row.root?.kind ?? null, member, fromOffset: row.fromOffset, toOffset: row.toOffset, count: 1, bytes: other?.size ?? 0, example: row })
    }
  }
  return { block: view.ref(block), rows: [...groups.values()].sort((a, b) => b.count - a.count || b.bytes - a.bytes), counted, total: count }
}

/** Blocks without a type are told apart by where the pointer is, unless they are long: then they are arrays. */
const offsetKey = (row: ReferenceRow): string => (row.from && row.from.size <= 512 ? `+${row.fromOffset}` : '')

interface References {
  count: number
  /** Rows [from, to). */
  rows(from: number, to: number): ReferenceRow[]
}

export function references(view: GraphView, block: number, direction: 'in' | 'out'): References {
  const { graph } = view
  if (direction === 'out') {
    const { from, to } = graph.references(block)
    return { count: to - from, rows: (a, b) => Array.from(graph.targets(from + a, from + b), (target, i) => view.row(from + a + i, block, target)) }
  }
  const { from, to } = graph.sourcesOf(block)
  return {
    count: to - from,
    rows(a, b) {
      const sources = graph.sources(from + a, from + b)
      // a source that points there with several words is there several times: the nth time is its nth word
      let nth = 0
      while (a - nth > 0 && graph.sources(from + a - nth - 1, from + a - nth)[0] === sources[0]) nth++
      let reference = -1
      return Array.from(sources, (source, i) => {
        if (i > 0 && sources[i - 1] !== source) reference = -1
        for (let words = i === 0 ? nth + 1 : 1; words > 0; words--) reference = graph.referenceTo(source, block, reference + 1)
        return view.row(reference, source, block)
      })
    },
  }
}

/** All of [0, count), or runs spread evenly over it. */
function runsOf(count: number): [from: number, to: number][] {
  if (count <= COUNTED) return [[0, count]]
  const length = COUNTED / RUNS
  return Array.from({ length: RUNS }, (_, i) => {
    const from = Math.floor((i * (count - length)) / (RUNS - 1))
    return [from, from + length]
  })
}
