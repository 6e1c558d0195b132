/** All the engine asks of the world. Implementations live in storage/ and hosts/; tests use in-memory twins. */
import type { Stage } from '../contract/api.ts'

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
}

/** Progress and cancel. Both methods throw `Cancelled` once the person has stopped the work. */
export interface Progress {
  /** `total` 0 while unknown. */
  stage(stage: Stage, total: number, unit: 'bytes' | 'items'): void
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
  /** The chunk's bytes, copied out; null where there is none. */
  readChunk(column: string, chunk: number): Uint8Array | null
  close(): void
}

export interface IndexWriter {
  writeChunk(column: string, chunk: number, bytes: Uint8Array): void
  commit(meta: unknown): void
  abort(): void
}
