/**
 * Standard output for millions of lines: waits where the reader is slower, and ends in silence where the reader went away
 * (`| head`).
 */
import type { Writable } from 'node:stream'

/** The reader closed its end: nothing more is wanted, and nothing is wrong. */
export class ReaderGone extends Error {}

export class Output {
  private readonly stream: Writable
  private failure: Error | null = null

  constructor(stream: Writable) {
    this.stream = stream
    // Without a listener a broken pipe would be an uncaught exception.
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.failure ??= error.code === 'EPIPE' ? new ReaderGone() : error
    })
  }

  async write(chunk: string | Uint8Array): Promise<void> {
    this.throwFailure()
    if (!this.stream.write(chunk)) await this.drained()
    this.throwFailure()
  }

  private drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        for (const event of ['drain', 'error', 'close']) this.stream.off(event, done)
        resolve()
      }
      for (const event of ['drain', 'error', 'close']) this.stream.on(event, done)
    })
  }

  private throwFailure(): void {
    if (this.failure !== null) throw this.failure
  }
}
