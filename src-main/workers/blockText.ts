/**
 * Blocks as lines of text, made where the columns are, so that millions of rows cross the thread boundary as a few large
 * buffers. Fields and their order are those of the command line's `blocks`.
 */
import type { BlockRow } from '../contract/rows.ts'
import { hex } from '../engine/bytes/units.ts'
import type { EngineSession } from '../engine/session.ts'
import { BlockJsonWriter } from './blockJson.ts'
import type { BlockText, BlockTextQuery } from './messages.ts'

const PAGE_ROWS = 10_000
const TEXT_BYTES = 1 << 20

interface Writer {
  readonly written: number
  write(row: BlockRow, before: string, after: string): void
  take(): Uint8Array<ArrayBuffer>
}

/** Kept for what it has learnt of recurring rows. */
const json = new BlockJsonWriter(2 * TEXT_BYTES)

export function blockText(session: EngineSession, { query, limit, format }: BlockTextQuery): BlockText {
  const writer: Writer = format === 'text' ? new ColumnWriter() : json
  const after = format === 'jsonl' ? '\n' : ''
  let rows = 0
  let total: number
  do {
    const page = session.listBlocks({ ...query, offset: query.offset + rows, limit: Math.min(PAGE_ROWS, limit - rows) })
    total = page.total
    if (page.rows.length === 0) break
    for (const row of page.rows) {
      writer.write(row, format !== 'json' ? '' : query.offset + rows === 0 ? '\n' : ',\n', after)
      rows++
    }
  } while (writer.written < TEXT_BYTES && rows < limit && query.offset + rows < total)
  return { text: writer.take(), rows, total }
}

/** The header over ColumnWriter's lines. */
export const BLOCK_TEXT_HEADER = `${'ADDRESS'.padStart(16)}  ${'SIZE'.padStart(12)}  STATE ALLOCATOR ARENA       TYPE\n`

class ColumnWriter implements Writer {
  private readonly lines: string[] = []
  private length = 0

  get written(): number {
    return this.length
  }

  write(row: BlockRow): void {
    const line = `${hex(row.addr).padStart(16)}  ${String(row.size).padStart(12)}  ${row.state}  ${row.allocator.padEnd(8)}  ${row.arena.padEnd(10)}  ${printableType(row)}\n`
    this.lines.push(line)
    this.length += line.length
  }

  take(): Uint8Array<ArrayBuffer> {
    return new TextEncoder().encode(this.lines.join(''))
  }
}

/** Names come from whoever wrote the core: no character of them may steer a terminal. */
function printableType({ type, kind, count }: BlockRow): string {
  if (type === null && kind === '') return '-'
  const name = (type ?? kind).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?')
  return count === 1 ? name : `${name} × ${count}`
}
