/** `globals` as text for people and as the JSON that scripts rely on. */
import type { GlobalRow } from '../../contract/rows.ts'
import { hex } from '../../engine/bytes/units.ts'
import { clipped, grouped, textTable } from './textTable.ts'

export function globalJson({ addr, name, type, size, module, tls, thread, declared, value }: GlobalRow): object {
  return { addr: hex(addr), name, type, size, module, tls, ...(tls ? { thread } : {}), declared, value }
}

export function globalsText(rows: readonly GlobalRow[], total: number): string {
  const table = textTable(
    [
      { title: 'ADDRESS', align: 'right' },
      { title: 'SIZE', align: 'right' },
      { title: 'MODULE', align: 'left' },
      { title: 'THREAD', align: 'left' },
      { title: 'NAME', align: 'left' },
      { title: 'TYPE', align: 'left' },
      { title: 'VALUE', align: 'left' },
    ],
    rows.map((row) => [hex(row.addr), row.size === null ? '-' : grouped(row.size), row.module, row.thread === null ? '' : String(row.thread), clipped(row.name), clipped(row.type), row.value]),
  )
  return total > rows.length ? `${table}… ${grouped(total - rows.length)} more variables (--limit ${total}, --filter TEXT)\n` : table
}
