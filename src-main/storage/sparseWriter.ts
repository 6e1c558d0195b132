/**
 * Writes a file from its beginning to its end and leaves holes for pages of zeroes, so that a core takes the disk
 * space of what the process had touched.
 *
 * Stops with one UnreadableCore before the disk is full. Not for files that exist already.
 */
import { ftruncateSync, statfsSync, writeSync } from 'node:fs'
import { UnreadableCore } from '../engine/errors.ts'

const PAGE = 4096
const BUFFER = 1 << 20
/** Free space is looked at again after this many written bytes … */
const CHECK_EVERY = 64 << 20
/** … and this much is left to everybody else. */
const LEFT_FREE = 256 << 20
const ZEROES = Buffer.alloc(PAGE)

export class SparseWriter {
  /** Bytes so far, holes included. */
  size = 0
  /** Bytes so far, without the holes. */
  written = 0
  private readonly fd: number
  private readonly folder: string
  private readonly freeBytes: (folder: string) => number
  private readonly buffer = Buffer.alloc(BUFFER)
  private filled = 0
  private checkAt = 0

  /** `freeBytes` is for tests. */
  constructor(fd: number, folder: string, freeBytes: (folder: string) => number = freeBytesOf) {
    this.fd = fd
    this.folder = folder
    this.freeBytes = freeBytes
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const count = Math.min(bytes.length - at, BUFFER - this.filled)
      this.buffer.set(bytes.subarray(at, at + count), this.filled)
      this.filled += count
      this.size += count
      at += count
      if (this.filled === BUFFER) this.flush()
    }
  }

  /** Bytes that can be read back from the file. */
  get flushed(): number {
    return this.size - this.filled
  }

  /** Writes out what is held back. The file then has its full size. */
  finish(): void {
    this.flush()
    this.guarded(() => ftruncateSync(this.fd, this.size))
  }

  // The buffer starts at a page of the file: it is flushed when full, and once more at the end.
  private flush(): void {
    const { buffer, filled } = this
    const start = this.size - filled
    let runStart = 0
    for (let at = 0; at < filled; at += PAGE) {
      const end = Math.min(filled, at + PAGE)
      if (buffer[at] !== 0 || buffer.compare(ZEROES, 0, end - at, at, end) !== 0) continue
      this.store(start + runStart, runStart, at)
      runStart = end
    }
    this.store(start + runStart, runStart, filled)
    this.filled = 0
  }

  private store(position: number, from: number, to: number): void {
    if (from === to) return
    if (this.written >= this.checkAt) {
      this.checkAt = this.written + CHECK_EVERY
      if (this.guarded(() => this.freeBytes(this.folder)) < CHECK_EVERY + LEFT_FREE) throw this.full()
    }
    this.guarded(() => {
      for (let at = from; at < to;) at += writeSync(this.fd, this.buffer, at, to - at, position + at - from)
    })
    this.written += to - from
  }

  private guarded<T>(step: () => T): T {
    try {
      return step()
    } catch (error) {
      switch ((error as NodeJS.ErrnoException).code) {
        case 'ENOSPC':
        case 'EDQUOT':
          throw this.full()
        case 'EFBIG':
        case 'EINVAL':
          throw new UnreadableCore(`the decompressed core is larger than a file can be there (${this.size} bytes so far)`, this.folder, 'point the cache elsewhere with --cache')
        default:
          throw error
      }
    }
  }

  private full(): UnreadableCore {
    return new UnreadableCore(
      `no room to decompress the core (${Math.ceil(this.written / 2 ** 20)} MiB written so far)`,
      this.folder,
      'free some space, or point the cache elsewhere with --cache',
    )
  }
}

function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}
