/** The one place where what was thrown becomes a Failure: one sentence in three parts, and the trace aside. */
import type { Failure } from '../contract/outcome.ts'
import { FormatError, UnreadableCore, UsageError } from '../engine/errors.ts'
import { GraphTooLarge } from '../engine/graph/areas.ts'
import { Cancelled } from '../engine/ports.ts'
import { DamagedSymbols } from '../engine/symbols/storedTables.ts'

/** `where` is the file or call it was about, for errors that don't say. */
export function toFailure(error: unknown, where: string): Failure {
  const trace = error instanceof Error && error.stack !== undefined ? { trace: error.stack } : {}
  if (error instanceof UsageError) return { kind: 'usage', what: error.message, where: error.where, remedy: error.remedy, ...trace }
  if (error instanceof UnreadableCore) return { kind: 'unreadable', what: error.message, where: error.where, remedy: error.remedy, ...trace }
  if (error instanceof Cancelled) return { kind: 'cancelled', what: 'cancelled', where, remedy: 'open it again to start anew' }
  if (error instanceof GraphTooLarge) return { kind: 'failed', what: error.message, where, remedy: 'blocks, types and sizes are there all the same', ...trace }
  if (error instanceof DamagedSymbols) return { kind: 'failed', what: error.message, where, remedy: 'it is read anew from the module\'s files: ask again in a moment', ...trace }
  if (error instanceof FormatError) {
    return { kind: 'unreadable', what: error.message, where: `${where}, ${error.where} at ${error.offset}`, remedy: 'the core is damaged: write it anew if you can', ...trace }
  }
  const { code, message } = describe(error)
  if (code === 'ENOSPC' || /no space left/i.test(message)) {
    return { kind: 'failed', what: 'no space left on the disk', where, remedy: 'make room, or choose another cache folder (--cache)', ...trace }
  }
  if (code === 'ERR_WORKER_OUT_OF_MEMORY' || /allocation failed|out of memory|invalid (typed )?array (buffer )?length/i.test(message)) {
    return { kind: 'failed', what: 'not enough memory for this core', where, remedy: 'close other programs or use a machine with more memory', ...trace }
  }
  return { kind: 'failed', what: `internal error: ${message}`, where, remedy: 'please report it, with what --debug-errors shows', ...trace }
}

function describe(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: '', message: String(error) }
  const code: unknown = (error as NodeJS.ErrnoException).code
  return { code: typeof code === 'string' ? code : '', message: error.message.split('\n', 1)[0] ?? '' }
}
