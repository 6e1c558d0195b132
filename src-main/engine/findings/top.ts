/** TopN: what uses the most memory, by type, by size, or by both. */
import type { TopQuery } from '../../contract/api.ts'
import type { TopPage, TopRow } from '../../contract/rows.ts'
import { UsageError } from '../errors.ts'
import { parseFilter } from './filter.ts'
import type { Group } from './groups.ts'

/**
 * A type that blocks have. Index 0 of every list of them is UNKNOWN_TYPE. Types that turned out to be one (see
 * debugNames.ts) are one object at several indexes.
 */
export interface KnownType {
  /** As the debug information spells it; null where it is told apart but not named. */
  name: string | null
  label: string
  /** Blocks are arrays by new[]: the first word counts the elements. */
  counted: boolean
  /** Why blocks have this type, as one line. */
  evidence: string
  /** Bytes of an element, and those before the first, where blocks are arrays that don't count themselves. */
  element?: { size: number; header: number }
  /** Of the object, or of an element: position of the module and index into its types. Absent where no table has it. */
  of?: { module: number; type: number }
  /** Of blocks whose type is not known: whose they are, `Player.blob`. */
  owner?: string
  /** The address point of a vtable by which they have it; absent where it was not by one. */
  vtable?: number | undefined
}

export const UNKNOWN_TYPE: KnownType = { name: null, label: '', counted: false, evidence: '' }

/** How unknown blocks are called that belong to someone: `Player.blob→[272]`. @param size null for any */
export const ownedLabel = (owner: string, size: number | null): string => `${owner}→[${size ?? '…'}]`

/** Requested size by usable size, for blocks without a type. */
export type RequestedSizes = ReadonlyMap<number, number>

export type TopBy = TopQuery['by']

/** All rows of a grouping, unsorted. Used blocks only. */
export function topRows(groups: Group[], types: KnownType[], requested: RequestedSizes, by: TopBy): TopRow[] {
  const used = groups.filter((g) => !g.free)
  const all = used.reduce((sum, g) => sum + g.count * g.size, 0)
  const rows = new Map<string, TopRow>()
  const firstIndex = new Map<KnownType, number>()
  types.forEach((type, i) => firstIndex.has(type) || firstIndex.set(type, i))
  // commonest sizes first, so that a row's first group gives its size
  for (const group of used.sort((a, b) => b.count - a.count)) {
    const { owner } = types[group.type]
    // unknown ones are told apart by their size
    const key = keyOf(firstIndex.get(types[group.type]) ?? group.type, group.size, by === 'type' && owner !== undefined ? 'type-size' : by)
    const bytes = group.count * group.size
    const row = rows.get(key)
    if (row) {
      row.count += group.count
      row.bytes += bytes
      row.sizes++
      continue
    }
    const type = by === 'size' ? 0 : group.type
    const isUnknown = type === 0 || owner !== undefined
    const asked = isUnknown ? (requested.get(group.size) ?? group.size) : null
    rows.set(key, {
      key,
      type: types[type].name,
      label: isUnknown ? `malloc(${asked})` : types[type].label,
      ...(owner === undefined || by === 'size' ? {} : { kind: ownedLabel(owner, asked) }),
      size: group.size,
      sizes: 1,
      requested: asked,
      count: group.count,
      bytes,
      share: 0,
      evidence: types[type].evidence,
    })
  }
  for (const row of rows.values()) row.share = all === 0 ? 0 : row.bytes / all
  return [...rows.values()]
}

/** What a row's blocks have in common; see parseKey. */
function keyOf(type: number, size: number, by: TopBy): string {
  switch (by) {
    case 'type':
      return type === 0 ? `type 0 size ${size}` : `type ${type}`
    case 'size':
      return `size ${size}`
    case 'type-size':
      return `type ${type} size ${size}`
    case 'layout':
      throw new Error('layouts are grouped by the graph')
  }
}

/** The type index and usable size that a row's key stands for; -1 for any. Throws UsageError. */
export function parseKey(key: string): { type: number; size: number } {
  const match = /^(?:type (\d+))? ?(?:size (\d+))?$/.exec(key)
  if (!match || key === '') throw new UsageError('no row has this key', key, 'take the key of a row of listTop')
  return { type: match[1] === undefined ? -1 : Number(match[1]), size: match[2] === undefined ? -1 : Number(match[2]) }
}

/** Throws UsageError on a filter that can't be read. */
export function pageOf(rows: TopRow[], q: TopQuery): TopPage {
  const test = parseFilter(q.filter)
  const kept = rows.filter(test)
  const sign = q.descending ? -1 : 1
  kept.sort((a, b) => sign * compare(a, b, q.sort) || b.bytes - a.bytes || (a.label < b.label ? -1 : a.label > b.label ? 1 : 0))
  return { rows: kept.slice(q.offset, q.offset + q.limit), total: kept.length, offset: q.offset, all: totals(rows), filtered: totals(kept) }
}

function compare(a: TopRow, b: TopRow, sort: TopQuery['sort']): number {
  switch (sort) {
    case 'label':
      return a.label < b.label ? -1 : a.label > b.label ? 1 : 0
    case 'size':
      return a.size - b.size
    case 'bytes':
      return a.bytes - b.bytes
    case 'count':
      return a.count - b.count
  }
}

function totals(rows: TopRow[]): { count: number; bytes: number } {
  return rows.reduce((sum, row) => ({ count: sum.count + row.count, bytes: sum.bytes + row.bytes }), { count: 0, bytes: 0 })
}
