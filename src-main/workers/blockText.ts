/**
 * Blocks as lines of text, made where the columns are, so that millions of rows cross the thread boundary as a few large
 * buffers. Fields and their order are those of the command line's `blocks`.
 */
import type { BlockRow } from '../contract/rows.ts'
import { hex } from '../engine/bytes/units.ts'
import type { EngineSession } from '../engine/session.ts'
import type { BlockFormat, BlockText, BlockTextQuery } from './messages.ts'

const PAGE_ROWS = 10_000
const TEXT_CHARACTERS = 1 << 20

export function blockText(session: EngineSession, { query, limit, format }: BlockTextQuery): BlockText {
  const parts: string[] = []
  let rows = 0
  let total: number
  let length = 0
  do {
    const page = session.listBlocks({ ...query, offset: query.offset + rows, limit: Math.min(PAGE_ROWS, limit - rows) })
    total = page.total
    if (page.rows.length === 0) break
    for (const row of page.rows) {
      const line = formatBlock(row, format, query.offset + rows++ === 0)
      length += line.length
      parts.push(line)
    }
  } while (length < TEXT_CHARACTERS && rows < limit && query.offset + rows < total)
  return { text: new TextEncoder().encode(parts.join('')), rows, total }
}

function formatBlock(row: BlockRow, format: BlockFormat, first: boolean): string {
  switch (format) {
    case 'jsonl':
      return `${blockJson(row)}\n`
    case 'json':
      return first ? `\n${blockJson(row)}` : `,\n${blockJson(row)}`
    case 'text':
      return `${hex(row.addr).padStart(16)}  ${String(row.size).padStart(12)}  ${row.state}  ${row.allocator.padEnd(8)}  ${row.arena.padEnd(10)}  ${blockType(row)}\n`
  }
}

/** The header over formatBlock's text columns. */
export const BLOCK_TEXT_HEADER = `${'ADDRESS'.padStart(16)}  ${'SIZE'.padStart(12)}  STATE ALLOCATOR ARENA       TYPE\n`

function blockType(row: BlockRow): string {
  if (row.type === null) return '-'
  return row.count === 1 ? row.type : `${row.type} × ${row.count}`
}

/** Strings that recur in millions of rows, quoted once. */
const quoted = new Map<string, string>()

function quote(text: string): string {
  let json = quoted.get(text)
  if (json === undefined) {
    json = JSON.stringify(text)
    if (quoted.size >= 10_000) quoted.clear()
    quoted.set(text, json)
  }
  return json
}

function blockJson(row: BlockRow): string {
  return `{"addr":"${hex(row.addr)}","size":${row.size},"state":"${row.state}","allocator":"${row.allocator}","arena":${quote(row.arena)},"type":${row.type === null ? 'null' : quote(row.type)},"count":${row.count},"confidence":${row.confidence},"evidence":${quote(row.evidence)}}`
}
