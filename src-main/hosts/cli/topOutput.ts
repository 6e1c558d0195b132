/** `top` as text for people and as the JSON that scripts rely on. */
import type { TopPage, TopRow } from '../../contract/rows.ts'
import { grouped, humanBytes, percent, textTable } from './textTable.ts'

export function topRowJson({ type, label, kind, size, sizes, requested, count, bytes, share, evidence }: TopRow): object {
  return { type, label, ...(kind === undefined ? {} : { kind }), size, sizes, requested, count, bytes, share, evidence }
}

/** `rows` may be more than one page's. */
export function topJson(rows: readonly TopRow[], page: TopPage): object {
  return { rows: rows.map(topRowJson), total: page.all, filtered: page.filtered, rowsInAll: page.total }
}

export function topText(rows: readonly TopRow[], page: TopPage): string {
  const table = textTable(
    [
      { title: 'BYTES', align: 'right' },
      { title: 'SHARE', align: 'right' },
      { title: 'COUNT', align: 'right' },
      { title: 'SIZE', align: 'right' },
      { title: 'TYPE', align: 'left' },
    ],
    rows.map((row) => [humanBytes(row.bytes), percent(row.share), grouped(row.count), row.sizes > 1 ? `${grouped(row.size)} …` : grouped(row.size), row.kind === undefined ? row.label : `${row.label}  ${row.kind}`]),
  )
  const more = page.total > rows.length ? `… ${grouped(page.total - rows.length)} more rows (--limit ${page.total})\n` : ''
  return `${table}${more}\n${grouped(page.all.count)} used blocks, ${humanBytes(page.all.bytes)}\n`
}
