/** Rows of a plausible heap for the renderer's stand-in: 3,000 types, hostile names, unknown sizes. */

import type { TopQuery } from '../../src-main/contract/api.ts'
import type { Outcome } from '../../src-main/contract/outcome.ts'
import type { TopPage, TopRow } from '../../src-main/contract/rows.ts'

const SCOPES = ['', 'app::', 'net::http::', 'storage::btree::', 'render::', 'google::protobuf::', 'boost::asio::detail::', '(anonymous namespace)::']
const STEMS = ['Session', 'Request', 'Node', 'Entry', 'Cursor', 'Buffer', 'Page', 'Token', 'Channel', 'Frame', 'Index', 'Lease', 'Row', 'Span', 'Handler']
const TAILS = ['', 'Impl', 'State', 'Pool', 'Cache', 'Ref', 'List', 'Key', 'Base', 'Task']

export function deepTemplate(length: number): string {
  let name = 'std::_Rb_tree_node<std::pair<const std::string, app::Leaf> >'
  while (name.length < length) name = `std::_Rb_tree_node<std::pair<const std::string, ${name} > >`
  return name
}

/** A small, fast, repeatable source of numbers in 0..1. */
export function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 4294967296
  }
}

export function buildTopRows(types: number): { rows: TopRow[]; count: number; bytes: number } {
  const random = numbers(7)
  const rows: TopRow[] = []
  const add = (type: string | null, size: number, count: number): void => {
    const requested = type === null ? size - 8 : null
    const label = type ?? `malloc(${requested})`
    const evidence = type === null ? '' : `vtable for ${type.slice(0, 80)} at offset 0 of every block`
    rows.push({ key: `${label}/${size}`, type, label, size, sizes: type !== null && count % 7 === 3 ? 3 : 1, requested, count, bytes: size * count, share: 0, evidence })
  }
  add('app::Session', 312, 1_204_112)
  add(null, 88, 3_120_407)
  add(null, 56, 2_410_993)
  add('std::_Rb_tree_node<std::pair<const std::string, std::shared_ptr<app::Account> > >', 104, 801_377)
  add('google::protobuf::internal::ArenaStringPtr', 40, 640_112)
  add(null, 4104, 12_733)
  add('<img src=x onerror="document.title=1">', 72, 40_219)
  add('javascript:alert(1)//<script>alert(2)</script>', 24, 9_112)
  add(deepTemplate(5000), 136, 31_009)
  add('net::http::Connection<boost::asio::ip::tcp>::ReadOp', 1096, 8_190)
  add('A', 24, 20_000)
  rows.push({ ...rows[0]!, key: 'unnamed/48', type: null, label: 'class at orders-backend+0x3d98', size: 48, sizes: 1, count: 210_077, bytes: 48 * 210_077, evidence: 'vtable at orders-backend+0x3d98 at offset 0 of every block; the program is stripped' })
  for (let i = rows.length; i < types; i++) {
    const size = 24 + 16 * Math.floor(random() ** 3 * 60)
    const count = Math.max(1, Math.floor(90_000 * random() ** 9))
    if (i % 17 === 0) add(null, 24 + 16 * (i % 200), Math.ceil(count / 4))
    else {
      const scope = SCOPES[i % SCOPES.length]!
      const name = `${scope}${STEMS[Math.floor(random() * STEMS.length)]}${TAILS[Math.floor(random() * TAILS.length)]}${i}`
      add(i % 11 === 0 ? `std::vector<${name}, std::allocator<${name}> >` : name, size, count)
    }
  }
  const count = rows.reduce((sum, row) => sum + row.count, 0)
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0)
  for (const row of rows) row.share = row.bytes / bytes
  return { rows, count, bytes }
}

export function topPage(all: ReturnType<typeof buildTopRows>, q: TopQuery): Outcome<TopPage> {
  const keep = filterOf(q.filter)
  if (keep === null) {
    return {
      ok: false,
      error: { kind: 'usage', what: 'the filter is not a regular expression', where: q.filter, remedy: 'close every ( and [, or search plain text' },
    }
  }
  const grouped = q.by === 'size' ? bySize(all.rows) : all.rows
  const rows = grouped.filter(keep)
  const sign = q.descending ? -1 : 1
  rows.sort((a, b) => (q.sort === 'label' ? sign * (a.label < b.label ? -1 : 1) : sign * (a[q.sort] - b[q.sort])))
  const filtered = {
    count: rows.reduce((sum, row) => sum + row.count, 0),
    bytes: rows.reduce((sum, row) => sum + row.bytes, 0),
  }
  const page = rows.slice(q.offset, q.offset + q.limit)
  return { ok: true, value: { rows: page, total: rows.length, offset: q.offset, all: { count: all.count, bytes: all.bytes }, filtered } }
}

function bySize(rows: TopRow[]): TopRow[] {
  const sizes = new Map<number, TopRow>()
  for (const row of rows) {
    const { size } = row
    const known = sizes.get(size)
    const label = `malloc(${size - 8})`
    if (known) {
      known.count += row.count
      known.bytes += row.bytes
      known.share += row.share
    } else sizes.set(size, { ...row, key: String(size), type: null, label, requested: size - 8, evidence: '' })
  }
  return [...sizes.values()]
}

/** Null where the filter can't be read. A stand-in for the engine's own. */
function filterOf(filter: string): ((row: TopRow) => boolean) | null {
  const text = filter.trim()
  const comparison = /^(size|count|bytes)?\s*(>=|<=|>|<)\s*(\d+)\s*(kb|mb|gb)?$/i.exec(text)
  if (comparison) {
    const field = (comparison[1]?.toLowerCase() ?? 'bytes') as 'size' | 'count' | 'bytes'
    const value = Number(comparison[3]) * 1024 ** ['', 'kb', 'mb', 'gb'].indexOf(comparison[4]?.toLowerCase() ?? '')
    const less = comparison[2]!.startsWith('<')
    return (row) => (less ? row[field] < value : row[field] > value)
  }
  if (text.startsWith('/')) {
    try {
      const pattern = new RegExp(text.replace(/^\/|\/$/g, ''))
      return (row) => pattern.test(row.label)
    } catch {
      return null
    }
  }
  const needle = text.toLowerCase()
  return (row) => row.label.toLowerCase().includes(needle)
}
