/** What the service answers, on its way to the output: a failure ends the command, a document becomes a line. */
import type { Failure, Outcome } from '../../contract/outcome.ts'

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
