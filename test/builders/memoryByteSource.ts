/** Byte sources that need no file: a whole image, or a few pieces in a file as large as one likes. */
import type { ByteSource } from '../../src-main/engine/ports.ts'

export interface CountingByteSource extends ByteSource {
  /** Bytes handed out so far. */
  readonly bytesRead: number
  readonly closed: boolean
}

export function memoryByteSource(bytes: Uint8Array, name = 'memory.core', modified = 0): CountingByteSource {
  return sparseByteSource(bytes.length, [{ at: 0, bytes }], name, modified)
}

/** A file of `size` bytes that are zero outside the pieces. Later pieces win. */
export function sparseByteSource(size: number, pieces: { at: number; bytes: Uint8Array }[], name = 'sparse.core', modified = 0): CountingByteSource {
  return new PiecesByteSource(name, size, modified, pieces)
}

class PiecesByteSource implements CountingByteSource {
  readonly name: string
  readonly size: number
  readonly modified: number
  bytesRead = 0
  closed = false
  private readonly pieces: { at: number; bytes: Uint8Array }[]

  constructor(name: string, size: number, modified: number, pieces: { at: number; bytes: Uint8Array }[]) {
    this.name = name
    this.size = size
    this.modified = modified
    this.pieces = pieces
  }

  read(offset: number, target: Uint8Array): number {
    if (this.closed) throw new Error(`${this.name} was closed before it was read`)
    if (!Number.isSafeInteger(offset) || offset < 0) throw new RangeError(`read at ${offset} of ${this.name}`)
    const count = Math.max(0, Math.min(target.length, this.size - offset))
    target.fill(0, 0, count)
    for (const { at, bytes } of this.pieces) {
      const from = Math.max(at, offset)
      const to = Math.min(at + bytes.length, offset + count)
      if (from < to) target.set(bytes.subarray(from - at, to - at), from - offset)
    }
    this.bytesRead += count
    return count
  }

  close(): void {
    this.closed = true
  }
}
