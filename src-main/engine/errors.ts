/** What the engine throws; hosts turn each into a Failure. Anything else thrown is a bug. */
import type { DiagnosticRow } from '../contract/rows.ts'

/** Malformed input. Caught per segment, note, module or arena and kept as a diagnostic. */
export class FormatError extends Error {
  readonly where: string
  /** Bytes into the file, or an address. */
  readonly offset: number
  constructor(where: string, at: number, message: string) {
    super(message)
    this.name = 'FormatError'
    this.where = where
    this.offset = at
  }
}

/** The input as a whole is not something corelens reads. */
export class UnreadableCore extends Error {
  readonly where: string
  readonly remedy: string
  constructor(what: string, where: string, remedy: string) {
    super(what)
    this.name = 'UnreadableCore'
    this.where = where
    this.remedy = remedy
  }
}

/** The caller asked for something that makes no sense. */
export class UsageError extends Error {
  readonly where: string
  readonly remedy: string
  constructor(what: string, where: string, remedy: string) {
    super(what)
    this.name = 'UsageError'
    this.where = where
    this.remedy = remedy
  }
}

export type DiagnosticKind = DiagnosticRow['kind']

/** Collects diagnostics; the same message more than `limit` times is counted, not kept. */
export class Diagnostics {
  readonly rows: DiagnosticRow[] = []
  private readonly counts = new Map<string, number>()
  private readonly limit: number

  constructor(limit = 20) {
    this.limit = limit
  }

  add(kind: DiagnosticKind, where: string, offset: number | null, message: string): void {
    const seen = (this.counts.get(kind + message) ?? 0) + 1
    this.counts.set(kind + message, seen)
    const at = Number.isFinite(offset) ? offset : null
    if (seen <= this.limit) this.rows.push({ kind, where, offset: at, message })
    else if (seen === this.limit + 1) this.rows.push({ kind: 'note', where, offset: null, message: `more like this are not listed: ${message}` })
  }

  /** Runs `step`; a FormatError becomes a diagnostic and `otherwise` is answered. */
  guard<T>(otherwise: T, step: () => T): T {
    try {
      return step()
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      this.add('damaged', error.where, error.offset, error.message)
      return otherwise
    }
  }
}
