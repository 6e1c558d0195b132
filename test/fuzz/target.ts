/**
 * Runs the engine over one image as a host would, asks all it can be asked, and checks what must hold of any answer.
 * Runs in a worker thread too, so that a hang can be ended.
 */
import type { CoreSummary } from '../../src-main/contract/rows.ts'
import { openSession } from '../../src-main/engine/analysis.ts'
import { Cancelled, type ByteSource } from '../../src-main/engine/ports.ts'
import { FormatError, UnreadableCore } from '../../src-main/engine/errors.ts'
import type { EngineSession } from '../../src-main/engine/session.ts'
import { wasmModule } from '../../src-main/storage/wasmModules.ts'
import { memoryByteSource } from '../builders/memoryByteSource.ts'

export type Verdict =
  | { kind: 'opened'; blocks: number; diagnostics: number; ms: number }
  | { kind: 'refused'; message: string; ms: number }
  /** A bug: something else was thrown, or the answers contradict each other. */
  | { kind: 'bug'; message: string; ms: number }

export function judge(image: Uint8Array): Promise<Verdict> {
  return judgeSource(memoryByteSource(image, 'fuzz.core'))
}

export async function judgeSource(core: ByteSource): Promise<Verdict> {
  const started = performance.now()
  const ms = (): number => performance.now() - started
  try {
    const session = await openSession('fuzz', { debug: [] }, {
      core,
      files: { open: () => null },
      store: null,
      progress: { stage: () => {}, advance: () => {} },
      wasm: wasmModule,
      now: () => performance.now() / 1000,
      peakMemory: () => 0,
    })
    const contradiction = contradictionIn(session)
    if (contradiction !== null) return { kind: 'bug', message: contradiction, ms: ms() }
    const summary = session.summary()
    const { total } = session.listBlocks({ core: 'fuzz', state: 'all', offset: 0, limit: 1 })
    session.close()
    return { kind: 'opened', blocks: total, diagnostics: summary.diagnostics.length, ms: ms() }
  } catch (error) {
    if (error instanceof UnreadableCore || error instanceof FormatError || error instanceof Cancelled) {
      const remedy = error instanceof UnreadableCore ? error.remedy : ''
      if (/[\n]/.test(error.message + remedy) || error.message.length > 300) return { kind: 'bug', message: `not one line: ${error.message}`, ms: ms() }
      return { kind: 'refused', message: error.message, ms: ms() }
    }
    return { kind: 'bug', message: error instanceof Error ? (error.stack ?? error.message) : String(error), ms: ms() }
  }
}

/** Null where all is well. */
function contradictionIn(session: EngineSession): string | null {
  const summary = session.summary()
  const badNumber = notFinite(summary, 'summary')
  if (badNumber !== null) return badNumber
  const { rows, mapped } = summary.accounting
  const sum = rows.reduce((bytes, row) => bytes + row.bytes, 0)
  if (sum !== mapped) return `accounting: the kinds add up to ${sum}, mapped are ${mapped}`
  const negative = rows.find((row) => row.bytes < 0)
  if (negative) return `accounting: ${negative.kind} has ${negative.bytes} bytes`
  for (const state of ['used', 'free', 'all'] as const) {
    const page = session.listBlocks({ core: 'fuzz', state, offset: 0, limit: 500 })
    const last = session.listBlocks({ core: 'fuzz', state, offset: Math.max(0, page.total - 500), limit: 500 })
    for (const row of [...page.rows, ...last.rows]) {
      if (!(row.addr > 0) || !(row.size >= 0) || !Number.isFinite(row.size)) return `block ${row.addr} of ${row.size} bytes`
    }
  }
  return totals(session, summary)
}

function totals(session: EngineSession, summary: CoreSummary): string | null {
  const used = session.listBlocks({ core: 'fuzz', state: 'used', offset: 0, limit: 1 }).total
  const counted = summary.allocators.reduce((count, row) => count + row.usedCount, 0)
  if (counted !== used) return `allocators count ${counted} used blocks, listBlocks ${used}`
  for (const by of ['type', 'size', 'type-size'] as const) {
    const page = session.listTop({ core: 'fuzz', by, sort: 'bytes', descending: true, filter: '', offset: 0, limit: 10_000 })
    if (page.all.count !== used) return `top by ${by} counts ${page.all.count} blocks, listBlocks ${used}`
    const bad = notFinite(page, `top by ${by}`)
    if (bad !== null) return bad
    if (page.total <= 10_000 && page.rows.reduce((count, row) => count + row.count, 0) !== used) return `the rows of top by ${by} do not add up`
  }
  if (session.reportMarkdown().length === 0) return 'the report is empty'
  return null
}

/** Numbers that JSON would turn into null. */
function notFinite(value: unknown, where: string): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? null : `${where} is ${value}`
  if (value === null || typeof value !== 'object') return null
  for (const [key, inner] of Object.entries(value)) {
    const bad = notFinite(inner, `${where}.${key}`)
    if (bad !== null) return bad
  }
  return null
}
