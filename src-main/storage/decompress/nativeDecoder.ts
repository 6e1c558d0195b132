/**
 * One stream of node:zlib, fed piece by piece, which says how much of each piece it took.
 *
 * Decoded bytes reach the output while zlib's own thread is already at the next piece. An error of the output
 * ends the stream and is thrown by `feed`.
 */
import type { Transform } from 'node:stream'
import type { Output } from './compressedInput.ts'

type ZlibStream = Transform & { bytesWritten: number }

/** zlib refused the data. Anything it decoded before has been written. */
export class NativeDecoderError extends Error {
  readonly code: string
  constructor(message: string, code: string) {
    super(message)
    this.name = 'NativeDecoderError'
    this.code = code
  }
}

export class NativeDecoder {
  private readonly stream: ZlibStream
  private readonly output: Output
  private waiting: Uint8Array[] = []
  private failure: { error: unknown } | null = null
  private settle: (() => void) | null = null

  constructor(stream: ZlibStream, output: Output) {
    this.stream = stream
    this.output = output
    stream.on('data', (bytes: Uint8Array) => {
      this.waiting.push(bytes)
      process.nextTick(() => this.drain())
    })
    stream.on('error', (error: Error & { code?: string }) => {
      this.failure ??= { error: new NativeDecoderError(error.message, error.code ?? '') }
      this.settle?.()
    })
  }

  /**
   * Answers how many of the bytes were taken; fewer than all means that the compressed data ended inside them.
   * Throws NativeDecoderError, and whatever the output throws.
   */
  async feed(bytes: Uint8Array): Promise<number> {
    const before = this.stream.bytesWritten
    if (!this.failure && bytes.length > 0) {
      await new Promise<void>((resolve) => {
        this.settle = resolve
        this.stream.write(bytes, () => resolve())
      })
    }
    this.settle = null
    this.drain()
    if (this.failure) throw this.failure.error
    return this.stream.bytesWritten - before
  }

  close(): void {
    this.stream.destroy()
  }

  private drain(): void {
    const waiting = this.waiting
    this.waiting = []
    try {
      for (const bytes of waiting) if (!this.failure || this.failure.error instanceof NativeDecoderError) this.output.write(bytes)
    } catch (error) {
      this.failure = { error }
      this.stream.destroy()
      this.settle?.()
    }
  }
}
