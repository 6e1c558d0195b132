/** The stacks of threads, as plain rows. */
import type { DiagnosticRow, Page } from './rows.ts'

/** A function that a thread is in, or that called the one before. */
export interface FrameRow {
  pc: number
  /** By debug information or symbol; '' where nothing names it. */
  function: string
  /** Bytes from the function's start to `pc`; from the module's where nothing names the function. */
  offset: number
  /** Name of the module; ''. */
  module: string
  /** Canonical frame address, the stack pointer before the call; null where it can't be told. */
  cfa: number | null
  /** The kernel made it to call a signal handler. */
  signal: boolean
  /** Found by frame pointers, which not all code keeps, or called by such a frame. */
  guessed: boolean
}

export interface ThreadStack {
  tid: number
  /** Innermost first. */
  frames: FrameRow[]
  /** Frames that were found; `frames` may hold fewer. */
  count: number
  /** Why there are no more before the thread's first function; '' where it is whole. */
  truncated: string
}

export interface StackPage extends Page<ThreadStack> {
  /** What was found wrong on the way. */
  diagnostics: DiagnosticRow[]
}
