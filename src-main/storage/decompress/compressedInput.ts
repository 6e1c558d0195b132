/**
 * The compressed side of a decompression: bytes in order, in bounded pieces, with progress.
 *
 * Refuses nothing itself; decoders throw `StreamDamage` when the format is broken or ends too early. What they
 * gave to the output before that is kept.
 */
import type { ByteSource, Progress } from '../../engine/ports.ts'
import type { DiagnosticKind } from '../../engine/errors.ts'
import { FormatError } from '../../engine/errors.ts'

/** Bytes of one piece. The first pieces are small, so that content that is no core shows at once. */
const PIECE = 1 << 20
const FIRST_PIECE = 1 << 14

/** Where a decoder puts what it decoded. The bytes are copied before `write` returns. */
export interface Output {
  write(bytes: Uint8Array): void
}

export type Decoder = (input: CompressedInput, output: Output) => Promise<void>

export class StreamDamage extends FormatError {
  readonly kind: Extract<DiagnosticKind, 'truncated' | 'damaged' | 'unsupported' | 'note'>
  /** `at`: bytes into the compressed file. `kind` note: the stream itself is whole. */
  constructor(kind: StreamDamage['kind'], where: string, at: number, message: string) {
    super(where, at, message)
    this.name = 'StreamDamage'
    this.kind = kind
  }
}

export class CompressedInput {
  readonly name: string
  readonly size: number
  private readonly source: ByteSource
  private readonly progress: Progress
  private readonly buffer = new Uint8Array(PIECE)
  private lastTurn = performance.now()

  constructor(source: ByteSource, progress: Progress) {
    this.source = source
    this.progress = progress
    this.name = source.name
    this.size = source.size
  }

  /** The next bytes from `offset`, at most `limit`; empty at the end of the file. Valid until the next call. */
  piece(offset: number, limit = PIECE): Uint8Array {
    const length = Math.min(limit, offset < 4 * FIRST_PIECE ? FIRST_PIECE : PIECE)
    const target = this.buffer.subarray(0, length)
    return target.subarray(0, this.source.read(offset, target))
  }

  /** A copy of exactly `length` bytes at `offset`; fewer only at the end of the file. */
  bytes(offset: number, length: number): Uint8Array {
    const target = new Uint8Array(length)
    return target.subarray(0, this.source.read(offset, target))
  }

  /** Fills `target` and answers how many bytes there were. */
  fill(offset: number, target: Uint8Array): number {
    return this.source.read(offset, target)
  }

  /** Reports `offset` bytes as done and lets the thread's other messages through. Throws Cancelled. */
  async done(offset: number): Promise<void> {
    this.progress.advance(Math.min(offset, this.size))
    if (performance.now() - this.lastTurn < 30) return
    await new Promise((resolve) => setImmediate(resolve))
    this.lastTurn = performance.now()
  }
}

/** Whether all bytes from `offset` on are zero, looking at no more than `most` of them. */
export function onlyZeroes(input: CompressedInput, offset: number, most = 1 << 24): boolean {
  const end = Math.min(input.size, offset + most)
  for (let at = offset; at < end;) {
    const piece = input.piece(at, end - at)
    if (piece.length === 0) break
    for (let i = 0; i < piece.length; i++) if (piece[i] !== 0) return false
    at += piece.length
  }
  return true
}
