/** What the service answers, on its way to the output: a failure ends the command, a document becomes a line. */
import type { Failure, Outcome } from '../../contract/outcome.ts'
import type { Page } from '../../contract/rows.ts'
import type { BlockText } from '../../workers/messages.ts'
import type { Output } from './output.ts'

/** The most that the service answers at once. */
export const PAGE_ROWS = 10_000

export class CommandFailed extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.what)
    this.failure = failure
  }
}

export function json(document: object, format: 'json' | 'jsonl'): string {
  return `${format === 'json' ? JSON.stringify(document, null, 2) : JSON.stringify(document)}\n`
}

export function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new CommandFailed(outcome.error)
  return outcome.value
}

/** Rows that the engine's worker makes into text, page by page; as JSON one document. */
export async function writeRows(limit: number, format: 'text' | 'json' | 'jsonl', output: Output, ask: (offset: number) => Promise<Outcome<BlockText>>): Promise<void> {
  if (format === 'json') await output.write('{"rows":[')
  let printed = 0
  let total = 0
  let next = ask(0)
  for (;;) {
    const page = value(await next)
    total = page.total
    printed += page.rows
    const more = page.rows > 0 && printed < Math.min(limit, total)
    // The worker makes the next text while this one is written.
    if (more) next = ask(printed)
    await output.write(page.text)
    if (!more) break
  }
  if (format === 'json') await output.write(`\n],"total":${total}}\n`)
}

/** Rows of as many pages as it takes. */
export async function pages<Row>(limit: number, ask: (offset: number, limit: number) => Promise<Outcome<Page<Row>>>): Promise<{ rows: Row[]; total: number }> {
  const rows: Row[] = []
  let total: number
  do {
    const page = value(await ask(rows.length, Math.min(PAGE_ROWS, limit - rows.length)))
    total = page.total
    if (page.rows.length === 0) break
    rows.push(...page.rows)
  } while (rows.length < Math.min(limit, total))
  return { rows, total }
}
