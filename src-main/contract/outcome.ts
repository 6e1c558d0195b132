/** What every call that crosses a boundary answers. A call never throws and always settles. */
export type Outcome<T> = { ok: true; value: T } | { ok: false; error: Failure }

/**
 * - `usage`: the caller asked for something that makes no sense (CLI exit code 2)
 * - `unreadable`: the input is not something corelens can read (exit code 3)
 * - `cancelled`: the person stopped it
 * - `failed`: the analysis failed (exit code 1)
 */
export type FailureKind = 'usage' | 'unreadable' | 'cancelled' | 'failed'

/** One sentence in three parts; the CLI prints `corelens: what: where: remedy`. */
export interface Failure {
  kind: FailureKind
  what: string
  where: string
  /** What to do about it. */
  remedy: string
  /** A stack trace, for `--debug-errors` only. */
  trace?: string
}
