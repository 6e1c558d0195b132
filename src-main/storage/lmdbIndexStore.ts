/**
 * IndexStore on LMDB: one immutable file for each identity (an analysed core, a module's symbols) in one folder,
 * `HASH.SEAL.RANDOM.mdb`, holding one record `meta` and column chunks under `[column, chunk]`.
 *
 * - All or nothing: written to `HASH.PID-THREAD.RANDOM.tmp`, closed, fsynced, renamed. What a killed process left is
 *   removed by the next one that writes.
 * - A name is never used twice, so LMDB's lock file never outlives its data file's meaning, and several instances may
 *   read, write and replace at once.
 * - SEAL is the file's size, the CRC-32 of its first pages and, where a folder asks for it, that of the whole file. It is
 *   looked at before LMDB is, which dies of SIGBUS on missing pages and of SIGSEGV on a header that is none; the whole of
 *   large files only on request. Each chunk has a CRC-32 too. An index that is damaged, or of another version, is removed
 *   and not answered.
 */
import { createHash, randomBytes } from 'node:crypto'
import { closeSync, fstatSync, fsync, fsyncSync, mkdirSync, openSync, readdirSync, readSync, renameSync, statSync, utimesSync } from 'node:fs'
import { basename, join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { crc32 } from 'node:zlib'
import { open, type RootDatabase } from 'lmdb'
import type { IndexStore, IndexWriter, StoredIndex } from '../engine/ports.ts'
import { drop, indexesFolder, labelsFolder, removeLeastRecentlyUsed, removeLeftovers } from './cacheCleanup.ts'

/** Bytes that all indexes together may take; the least recently used go first. */
export const DEFAULT_CACHE_LIMIT = 20 * 2 ** 30

/** Holds both of LMDB's meta pages, for pages of up to 16 KiB. */
const SEALED_BYTES = 32 << 10

/** Files up to this size are checked as a whole before they are opened: a few milliseconds. */
const CHECKED_AT_OPEN = 8 << 20
const READ_BYTES = 1 << 20
/** Written in one transaction, as far as the caller gives as much at once. */
const TRANSACTION_BYTES = 16 << 20
const SYNC_BYTES = 32 << 20

const META = 'meta'

interface MetaRecord {
  identity: string
  version: number
  meta: unknown
  /** CRC-32 of each chunk by column; null where a chunk was not written. */
  checksums: Record<string, (number | null)[]>
}

type Database = RootDatabase<Uint8Array>

/** Analysed cores. */
export function lmdbIndexStore(cacheFolder: string, limit: number = DEFAULT_CACHE_LIMIT): IndexStore {
  return lmdbFolderStore(indexesFolder(cacheFolder), limit)
}

/** What people said of cores' blocks. */
export function lmdbLabelStore(cacheFolder: string): IndexStore {
  return lmdbFolderStore(labelsFolder(cacheFolder), Infinity)
}

/**
 * @param limit bytes of disk that the folder's files may take together
 * @param sealWhole seals cover whole files; costs reading each once more when it is written
 */
export function lmdbFolderStore(folder: string, limit: number, sealWhole = false): IndexStore {
  return {
    open: (identity, version) => openIndex(folder, identity, version),
    create(identity, version) {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      removeLeftovers(folder)
      return new LmdbIndexWriter(folder, identity, version, limit, sealWhole)
    },
  }
}

function openIndex(folder: string, identity: string, version: number): StoredIndex | null {
  for (const name of indexesOf(folder, identity)) {
    const path = join(folder, name)
    const index = openFile(path)
    if (index !== null && index.identity === identity && index.version === version) {
      touch(path)
      return index
    }
    index?.close()
    remove(path)
  }
  return null
}

/** Whatever identity and version it is of; null where it is damaged. Does not count as a use. */
export function openFile(path: string): LmdbStoredIndex | null {
  if (!isSealed(path, CHECKED_AT_OPEN)) return null
  let database: Database | null = null
  try {
    database = open<Uint8Array>({ path, noSubdir: true, readOnly: true, encoding: 'binary', maxDbs: 1 })
    const bytes = copyOut(database, META)
    if (bytes !== null) return new LmdbStoredIndex(database, JSON.parse(Buffer.from(bytes).toString()) as MetaRecord)
  } catch {
    // LMDB's and JSON's complaints about a damaged file all mean the same: no index.
  }
  if (database !== null) closeNow(database)
  return null
}

export class LmdbStoredIndex implements StoredIndex {
  readonly identity: string
  readonly version: number
  readonly meta: unknown
  private readonly database: Database
  private readonly checksums: MetaRecord['checksums']

  constructor(database: Database, record: MetaRecord) {
    this.database = database
    this.identity = record.identity
    this.version = record.version
    this.meta = record.meta
    this.checksums = record.checksums
  }

  /** Reads every chunk: false where one is missing or not what was written. */
  isWhole(): boolean {
    return Object.entries(this.checksums).every(([column, sums]) => sums.every((sum, chunk) => sum === null || this.readChunk(column, chunk) !== null))
  }

  readChunk(column: string, chunk: number, into?: Uint8Array): Uint8Array | null {
    const expected = this.checksums[column]?.[chunk]
    if (expected === undefined || expected === null) return null
    const bytes = this.copyChunk(column, chunk, into)
    return bytes !== null && crc32(bytes) === expected ? bytes : null
  }

  close(): void {
    closeNow(this.database)
  }

  private copyChunk(column: string, chunk: number, into: Uint8Array | undefined): Uint8Array | null {
    try {
      return copyOut(this.database, [column, chunk], into)
    } catch {
      // A page that is no page any more: as good as absent.
      return null
    }
  }
}

class LmdbIndexWriter implements IndexWriter {
  private readonly folder: string
  private readonly identity: string
  private readonly version: number
  private readonly limit: number
  private readonly sealWhole: boolean
  private readonly path: string
  private readonly checksums: MetaRecord['checksums'] = {}
  private database: Database | null
  private scratch = new Uint8Array(0)
  private unsynced = 0

  constructor(folder: string, identity: string, version: number, limit: number, sealWhole: boolean) {
    this.folder = folder
    this.identity = identity
    this.version = version
    this.limit = limit
    this.sealWhole = sealWhole
    this.path = join(folder, `${hash(identity)}.${process.pid}-${threadId}.${random()}.tmp`)
    this.database = open<Uint8Array>({ path: this.path, noSubdir: true, noSync: true, encoding: 'binary', maxDbs: 1 })
  }

  writeChunk(column: string, chunk: number, bytes: Uint8Array): void {
    const sums = (this.checksums[column] ??= [])
    while (sums.length < chunk) sums.push(null)
    sums[chunk] = crc32(bytes)
    this.opened().putSync([column, chunk], bytes)
    this.unsynced += bytes.length
    if (this.unsynced >= SYNC_BYTES) this.beginSync()
  }

  together(write: () => void): void {
    this.opened().transactionSync(write)
  }

  writeColumn(column: string, bytes: Uint8Array, chunkBytes: number): void {
    const perTransaction = Math.max(1, Math.floor(TRANSACTION_BYTES / chunkBytes)) * chunkBytes
    for (let from = 0; from < bytes.length; from += perTransaction) {
      this.together(() => {
        const end = Math.min(bytes.length, from + perTransaction)
        for (let at = from; at < end; at += chunkBytes) {
          const part = bytes.subarray(at, Math.min(end, at + chunkBytes))
          // lmdb takes no shared memory
          this.writeChunk(column, at / chunkBytes, part.buffer instanceof SharedArrayBuffer ? this.copyOf(part) : part)
        }
      })
    }
  }

  commit(meta: unknown): void {
    const record: MetaRecord = { identity: this.identity, version: this.version, meta, checksums: this.checksums }
    this.opened().putSync(META, Buffer.from(JSON.stringify(record)))
    this.end()
    try {
      syncFile(this.path)
      const name = `${hash(this.identity)}.${sealOf(this.path, this.sealWhole)}.${random()}.mdb`
      renameSync(this.path, join(this.folder, name))
      syncFile(this.folder)
      // of several that were written at once, whoever looks last sees all, and all keep the same one
      for (const index of indexesOf(this.folder, this.identity).slice(1)) remove(join(this.folder, index))
      removeLeastRecentlyUsed(this.folder, '.mdb', (index) => `${index}-lock`, this.limit, name)
    } finally {
      remove(this.path)
    }
  }

  abort(): void {
    if (this.database === null) return
    this.end()
    remove(this.path)
  }

  /** The disk writes what there is while this thread goes on: the end has less to wait for. */
  private beginSync(): void {
    this.unsynced = 0
    const file = openSync(this.path, 'r+')
    fsync(file, () => closeSync(file))
  }

  /** Good until the next copy. */
  private copyOf(bytes: Uint8Array): Uint8Array {
    if (this.scratch.length < bytes.length) this.scratch = new Uint8Array(bytes.length)
    this.scratch.set(bytes)
    return this.scratch.subarray(0, bytes.length)
  }

  private opened(): Database {
    if (this.database === null) throw new Error('this index was committed or aborted before')
    return this.database
  }

  private end(): void {
    closeNow(this.opened())
    this.database = null
  }
}

/** lmdb's close answers a promise, but without asynchronous writes it is done when it returns. */
function closeNow(database: Database): void {
  void database.close()
}

/** lmdb may answer a view of a buffer it uses again: what leaves here is a copy of its own. */
function copyOut(database: Database, key: string | [string, number], into?: Uint8Array): Uint8Array | null {
  const bytes = database.getBinaryFast(key)
  if (bytes === undefined || (into !== undefined && into.length < bytes.length)) return null
  const copy = into === undefined ? new Uint8Array(bytes.length) : into.subarray(0, bytes.length)
  // Not copy.set(bytes): such a buffer's own `length` may be below that of its memory.
  copy.set(Uint8Array.prototype.subarray.call(bytes, 0, bytes.length))
  return copy
}

/** File names of the identity's indexes, newest first. */
export function indexesOf(folder: string, identity: string): string[] {
  const prefix = `${hash(identity)}.`
  return indexFiles(folder)
    .filter((name) => name.startsWith(prefix))
    .map((name) => ({ name, modified: statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.modified - a.modified || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name)
}

/** Names of all indexes of a folder; none where there is no such folder. */
export function indexFiles(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.mdb'))
  } catch {
    return []
  }
}

/** Whether a file is what was written, as far as its name tells; the whole of it only up to `wholeBelow` bytes. */
export function isSealed(path: string, wholeBelow = Infinity): boolean {
  const seal = basename(path).split('.')[1] ?? ''
  const [size, head, whole] = seal.split('-')
  return sealOf(path, whole !== undefined && Number(size) <= wholeBelow) === (Number(size) <= wholeBelow ? seal : `${size}-${head}`)
}

/** Empty where the file can't be read. */
function sealOf(path: string, whole: boolean): string {
  try {
    const file = openSync(path, 'r')
    try {
      const { size } = fstatSync(file)
      const seal = `${size}-${crcOf(file, Math.min(size, SEALED_BYTES))}`
      return whole ? `${seal}-${crcOf(file, size)}` : seal
    } finally {
      closeSync(file)
    }
  } catch {
    return ''
  }
}

/** CRC-32 of a file's first bytes, as hex digits. */
function crcOf(file: number, size: number): string {
  const bytes = new Uint8Array(Math.min(size, READ_BYTES))
  let crc = 0
  for (let at = 0; at < size; ) {
    const length = readSync(file, bytes, 0, Math.min(bytes.length, size - at), at)
    if (length === 0) break
    crc = crc32(bytes.subarray(0, length), crc)
    at += length
  }
  return crc.toString(16)
}

function hash(identity: string): string {
  return createHash('sha256').update(identity).digest('hex').slice(0, 32)
}

function random(): string {
  return randomBytes(6).toString('hex')
}

function syncFile(path: string): void {
  if (process.platform === 'win32' && statSync(path).isDirectory()) return
  const file = openSync(path, process.platform === 'win32' ? 'r+' : 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function touch(path: string): void {
  try {
    utimesSync(path, new Date(), new Date())
  } catch {
    // A cache of someone else's or on a read-only disk serves as well.
  }
}

/** Removes an index and its lock; Windows refuses while another instance reads it, which is no harm. */
export function remove(path: string): void {
  drop(path)
  drop(`${path}-lock`)
}
