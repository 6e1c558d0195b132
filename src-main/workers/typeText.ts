/**
 * Types as JSON, made where the tables are, so that a hundred thousand of them cross the thread boundary as a few large
 * buffers. Fields and their order are those of the command line's `types`.
 */
import type { MemberRow } from '../contract/rows.ts'
import type { TypeWithMembers } from '../engine/findings/symbolQueries.ts'
import type { EngineSession } from '../engine/session.ts'
import type { TypeText, TypeTextQuery } from './messages.ts'

/** Small, so that a page of enormous types stays a page. */
const PAGE_ROWS = 500
const TEXT_LENGTH = 1 << 20

export function typeText(session: EngineSession, { query, limit, format }: TypeTextQuery): TypeText {
  const texts: string[] = []
  let length = 0
  let rows = 0
  let total: number
  do {
    const page = session.listTypesWithMembers({ ...query, offset: query.offset + rows, limit: Math.min(PAGE_ROWS, limit - rows) })
    total = page.total
    if (page.rows.length === 0) break
    for (const row of page.rows) {
      const before = format === 'jsonl' ? '' : query.offset + rows === 0 ? '\n' : ',\n'
      const text = `${before}${JSON.stringify(typeJson(row))}${format === 'jsonl' ? '\n' : ''}`
      texts.push(text)
      length += text.length
      rows++
    }
  } while (length < TEXT_LENGTH && rows < limit && query.offset + rows < total)
  return { text: new TextEncoder().encode(texts.join('')), rows, total }
}

/** Statics are not in `members`: they have no offset. */
export function typeJson({ name, kind, size, rows, enumerators, declared, modules, blocks, bytes }: TypeWithMembers): object {
  const isBase = (row: MemberRow): boolean => row.kind === 'base' || row.kind === 'virtual base'
  return {
    name,
    kind,
    size,
    members: rows.filter((row) => !isBase(row) && row.kind !== 'static').map(memberJson),
    bases: rows.filter((row) => isBase(row) && row.inherited !== true).map((row) => ({ offset: row.offset, name: row.name, size: row.size, virtual: row.kind === 'virtual base' })),
    ...(rows.some((row) => row.kind === 'static') ? { statics: rows.filter((row) => row.kind === 'static').map((row) => ({ name: row.name, type: row.type })) } : {}),
    ...(kind === 'enum' ? { enumerators } : {}),
    declared,
    modules,
    blocks,
    bytes,
  }
}

function memberJson({ offset, name, type, size, bits, when, kind }: MemberRow): object {
  return { offset, name, type, size, ...(bits ? { bits } : {}), ...(kind === 'member' ? {} : { kind }), ...(when === undefined ? {} : { when }) }
}
