/**
 * A file as the engine reads it: positional, synchronous, 64-bit offsets, nothing kept. Refuses what is no regular,
 * readable, non-empty file with one UnreadableCore that says which and what to do.
 */
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { UnreadableCore } from '../engine/errors.ts'
import type { ByteSource } from '../engine/ports.ts'

/** One read call takes at most this many bytes (the kernel's own limit is 2^31 - 4096). */
const READ_LIMIT = 1 << 30

export function openFileByteSource(path: string): ByteSource {
  try {
    return openRegular(path)
  } catch (error) {
    if (error instanceof UnreadableCore) throw error
    throw unreadable(path, error)
  }
}

function openRegular(path: string): ByteSource {
  // Asked before opening: to open a pipe would wait for its writer.
  refuseIrregular(path, statSync(path))
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const stat = fstatSync(file)
    refuseIrregular(path, stat)
    return new FileByteSource(path, file, stat.size, stat.mtimeMs)
  } catch (error) {
    closeSync(file)
    throw error
  }
}

function refuseIrregular(path: string, stat: { isDirectory(): boolean; isFile(): boolean; size: number }): void {
  if (stat.isDirectory()) throw new UnreadableCore('is a directory, not a core', path, 'name the core file in it')
  if (!stat.isFile()) throw new UnreadableCore('is not a regular file', path, 'copy what it delivers to a file and open that')
  if (stat.size === 0) throw new UnreadableCore('the file is empty', path, 'check ulimit -c and the free disk space where the core was written')
}

function unreadable(path: string, error: unknown): UnreadableCore {
  const code = (error as NodeJS.ErrnoException).code
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new UnreadableCore('no such file', path, 'check the path')
    case 'EACCES':
    case 'EPERM':
      return new UnreadableCore('no permission to read it', path, 'cores often belong to root: copy it or change its owner')
    case 'ENAMETOOLONG':
    case 'ELOOP':
    case 'ERR_INVALID_ARG_VALUE':
      return new UnreadableCore('not a path the system accepts', path, 'check the path')
    default:
      return new UnreadableCore(`cannot be opened (${code ?? String(error)})`, path, 'check the file and the disk it is on')
  }
}

class FileByteSource implements ByteSource {
  readonly name: string
  readonly size: number
  readonly modified: number
  private file: number | null

  constructor(name: string, file: number, size: number, modified: number) {
    this.name = name
    this.file = file
    this.size = size
    this.modified = modified
  }

  read(offset: number, target: Uint8Array): number {
    if (this.file === null) throw new Error(`${this.name} was closed before it was read`)
    if (!Number.isSafeInteger(offset) || offset < 0) throw new RangeError(`read at ${offset} of ${this.name}`)
    let done = 0
    while (done < target.length) {
      const count = this.readOnce(this.file, target, done, offset + done)
      if (count === 0) break
      done += count
    }
    return done
  }

  close(): void {
    if (this.file === null) return
    closeSync(this.file)
    this.file = null
  }

  private readOnce(file: number, target: Uint8Array, from: number, offset: number): number {
    try {
      return readSync(file, target, from, Math.min(target.length - from, READ_LIMIT), offset)
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      if (code === 'EINTR' || code === 'EAGAIN') return this.readOnce(file, target, from, offset)
      throw new UnreadableCore(`cannot be read at offset ${offset} (${code ?? String(error)})`, this.name, 'check the disk it is on')
    }
  }
}
