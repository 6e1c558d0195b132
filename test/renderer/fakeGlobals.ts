/** Variables of the stand-in's process: 24,000 of them, every ninth one thread-local. */

import type { GlobalQuery } from '../../src-main/contract/api.ts'
import type { Outcome } from '../../src-main/contract/outcome.ts'
import type { GlobalRow, Page, TypeRow } from '../../src-main/contract/rows.ts'

const COUNT = 24_000
const NAMES = ['g_sessions', 'app::registry', 'storage::btree::root', 'log_level', 'net::http::Server::instance()::self', 'errno', 'environ', 'stats', 'kDefaultLimits', '(anonymous namespace)::cache']
const VALUES = ['0x7f3c04000010 → app::Session', '3', '"orders-shard-7"', '', 'busy', '0x0', '12.5', '{…}']

export function buildGlobals(types: TypeRow[]): GlobalRow[] {
  return Array.from({ length: COUNT }, (_, i) => {
    const type = types[i === 0 ? 0 : (i * 31) % Math.min(types.length, 3000)]!
    const tls = i % 9 === 5
    return {
      addr: tls ? 0x7f3c_0080_0100 + i * 0x40 : 0x55cc_bc3f_0000 + i * 0x20,
      name: i < NAMES.length ? NAMES[i]! : `${NAMES[i % NAMES.length]}_${i}`,
      type: type.name,
      typeId: type.id,
      size: type.size,
      module: i % 6 === 0 ? '/usr/lib/x86_64-linux-gnu/libc.so.6' : '/opt/orders/bin/orders-backend',
      tls,
      thread: tls ? 4711 + (i % 100) * 3 : null,
      declared: `/build/orders-7.4.1/src/globals.cc:${i + 1}`,
      value: VALUES[i % VALUES.length]!,
    }
  })
}

export function globalsPage(all: GlobalRow[], q: GlobalQuery): Outcome<Page<GlobalRow>> {
  const needle = q.filter.toLowerCase()
  const rows = all.filter((row) => `${row.name} ${row.type} ${row.module}`.toLowerCase().includes(needle) && (q.tls === undefined || q.tls === row.tls))
  const sign = q.descending ? -1 : 1
  rows.sort((a, b) => sign * ((a[q.sort] ?? -1) < (b[q.sort] ?? -1) ? -1 : 1))
  return { ok: true, value: { rows: rows.slice(q.offset, q.offset + q.limit), total: rows.length, offset: q.offset } }
}
