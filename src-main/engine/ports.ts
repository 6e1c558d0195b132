/** All the engine asks of the world. Implementations live in storage/ and hosts/; tests use in-memory twins. */
import type { GraphStage, Stage } from '../contract/api.ts'

/** Positional, synchronous reads (the engine runs in a worker). Never holds more than the caller's buffer. */
export interface ByteSource {
  /** As messages name it: a path. */
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** Milliseconds since 1970, 0 where unknown. */
  readonly modified: number
  /** Fills `target` from `offset` on and answers how many bytes there were; fewer only at the end of the file. */
  read(offset: number, target: Uint8Array): number
  close(): void
}

/** Executables, libraries and debug files of the machine corelens runs on. */
export interface ModuleFiles {
  /** Null where there is no regular, readable file of that path. */
  open(path: string): ByteSource | null
  /** The path without symbolic links; as it is where it can't be told. */
  realPath?(path: string): string
  /** Folders where debuginfod's client keeps what it was once told to fetch. They are read, nothing is ever asked of a server. */
  debuginfodCaches?(): string[]
}

/** Undoes the compression of a piece of a file. FormatError where the data is damaged or becomes larger than it may. */
export interface Decompressor {
  /** Decodes the `size` bytes at `offset` into `target`; answers how many came out. */
  into(target: Uint8Array, format: 'zlib' | 'zstd', source: Pick<ByteSource, 'name' | 'size' | 'read'>, offset: number, size: number): Promise<number>
  /** All that the `size` bytes at `offset` become; more than `limit` bytes are refused. */
  xz(source: Pick<ByteSource, 'name' | 'size' | 'read'>, offset: number, size: number, limit: number): Promise<Uint8Array>
}

/** Progress and cancel. Both methods throw `Cancelled` once the person has stopped the work. */
export interface Progress {
  /** `total` 0 while unknown. */
  stage(stage: Stage | GraphStage, total: number, unit: 'bytes' | 'items'): void
  /** `done` of the current stage's total. Cheap enough to call every few milliseconds. */
  advance(done: number): void
}

export class Cancelled extends Error {
  constructor() {
    super('cancelled')
    this.name = 'Cancelled'
  }
}

/** A cache of what was computed for one core: JSON and chunked columns, all or nothing. */
export interface IndexStore {
  /** Null where there is no whole, undamaged index of that identity and version. */
  open(identity: string, version: number): StoredIndex | null
  /** Written aside; `commit` makes it visible at once, or nothing ever is. */
  create(identity: string, version: number): IndexWriter
}

export interface StoredIndex {
  readonly meta: unknown
  /** The chunk's bytes, copied out, or into `into`; null where there is none, or `into` is too small. */
  readChunk(column: string, chunk: number, into?: Uint8Array): Uint8Array | null
  close(): void
}

export interface IndexWriter {
  writeChunk(column: string, chunk: number, bytes: Uint8Array): void
  /** What `write` writes becomes part of the index together: much faster than one by one. */
  together(write: () => void): void
  /** A whole column in chunks of `chunkBytes`. */
  writeColumn(column: string, bytes: Uint8Array, chunkBytes: number): void
  commit(meta: unknown): void
  abort(): void
}
