/**
 * Opens compressed cores: gzip, zstd, lz4 and xz, told by their first bytes and never by their name.
 *
 * A core is decompressed once, into a sparse file `<cache>/decompressed/<identity>.core`, which later calls use.
 * It is written aside and renamed, so that a killed process leaves nothing that looks whole. Memory is bounded by
 * the format's own window and a few MiB. A compressed core that ends too early or is damaged yields what could be
 * decompressed and a diagnostic; nothing before its first segment, or content that is no core, is UnreadableCore.
 * The least recently used go when all take more than LIMIT.
 *
 * The diagnostics belong into the summary, beside the engine's own. The source that is answered has the compressed
 * file's name and modification time; the compressed one stays the caller's to close.
 */
import { createHash } from 'node:crypto'
import { closeSync, fdatasyncSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { DiagnosticRow } from '../contract/rows.ts'
import { UnreadableCore } from '../engine/errors.ts'
import type { ByteSource, Progress } from '../engine/ports.ts'
import { Cancelled } from '../engine/ports.ts'
import { drop, isRunning, removeLeastRecentlyUsed } from './cacheCleanup.ts'
import type { Decoder, Output } from './decompress/compressedInput.ts'
import { CompressedInput, StreamDamage } from './decompress/compressedInput.ts'
import { CoreEnd, refuseNonCore } from './decompress/coreGate.ts'
import type { Compression } from './decompress/formats.ts'
import { compressionOf, MAGIC_BYTES, u32, unreadCompression } from './decompress/formats.ts'
import { decodeGzip } from './decompress/gzip.ts'
import { decodeLz4 } from './decompress/lz4.ts'
import { decodeXz } from './decompress/xz.ts'
import { decodeZstd } from './decompress/zstdFrames.ts'
import { openFileByteSource } from './fileByteSource.ts'
import { SparseWriter } from './sparseWriter.ts'

const DECODERS: Record<Compression, Decoder> = { gzip: decodeGzip, zstd: decodeZstd, lz4: decodeLz4, xz: decodeXz }

/** Bytes hashed at either end of the compressed file. */
const IDENTITY_BYTES = 1 << 16
/** A temporary file untouched for this long, whose process is gone, is a leftover. */
const LEFTOVER_AFTER_MS = 60_000
/** Bytes of disk that all decompressed cores together may take; the least recently used go first. */
const LIMIT = 100 * 2 ** 30
const ELF_HEADER = 64

export interface DecompressedCore {
  source: ByteSource
  /** Of the decompressed file. */
  path: string
  diagnostics: DiagnosticRow[]
}

/** Beside each decompressed core: what a later call answers with it. */
interface StoredRecord {
  size: number
  diagnostics: DiagnosticRow[]
}

/**
 * Null when the file is not compressed. Throws UnreadableCore (not a core inside, no room, an unreadable format)
 * and Cancelled; neither leaves a file behind.
 */
export async function decompressCore(source: ByteSource, cacheFolder: string, progress: Progress): Promise<DecompressedCore | null> {
  const compression = compressionOfSource(source)
  if (compression === null) return null
  const folder = join(cacheFolder, 'decompressed')
  const path = join(folder, `${identityOf(source)}.core`)
  const cached = openDecompressed(path, source)
  if (cached) return cached
  progress.stage('decompress', source.size, 'bytes')
  const temporary = `${path}.${process.pid}-${performance.now().toFixed(3)}.tmp`
  try {
    mkdirSync(folder, { recursive: true })
    removeLeftovers(folder)
    const record = await decompressTo(temporary, folder, source, compression, progress)
    writeFileSync(temporary + '.json.tmp', JSON.stringify(record))
    renameSync(temporary + '.json.tmp', recordPath(path))
    renameSync(temporary, path)
  } catch (error) {
    drop(temporary)
    drop(temporary + '.json.tmp')
    throw failureOf(error, folder)
  }
  removeLeastRecentlyUsed(folder, '.core', recordPath, LIMIT, basename(path))
  const opened = openDecompressed(path, source)
  if (!opened) throw new UnreadableCore('the decompressed core vanished from the cache', folder, 'open the core again')
  return opened
}

const recordPath = (path: string): string => path.replace(/\.core$/, '.json')

function compressionOfSource(source: ByteSource): Compression | null {
  const head = new Uint8Array(MAGIC_BYTES)
  for (let at = 0; at < source.size;) {
    const magic = head.subarray(0, source.read(at, head))
    const compression = compressionOf(magic)
    if (compression !== 'skippable') {
      const unread = at === 0 ? unreadCompression(magic) : null
      if (unread) throw new UnreadableCore(`compressed with ${unread.name}, which corelens does not read`, source.name, `decompress it first: ${unread.command}`)
      return compression
    }
    if (magic.length < MAGIC_BYTES) return null
    at += 8 + u32(magic, 4)
  }
  return null
}

/** Changes whenever the file does, as far as its size, time, beginning and end show. */
function identityOf(source: ByteSource): string {
  const hash = createHash('sha256').update(`${source.size} ${source.modified}\n`)
  const bytes = new Uint8Array(Math.min(IDENTITY_BYTES, source.size))
  for (const at of [0, source.size - bytes.length]) hash.update(bytes.subarray(0, source.read(at, bytes)))
  return hash.digest('hex').slice(0, 40)
}

/** Null where there is no whole decompressed core of that path. */
function openDecompressed(path: string, compressed: ByteSource): DecompressedCore | null {
  try {
    const record = JSON.parse(readFileSync(recordPath(path), 'utf8')) as StoredRecord
    if (statSync(path).size !== record.size) return null
    utimesSync(path, new Date(), new Date())
    const file = openFileByteSource(path)
    const source: ByteSource = {
      name: compressed.name,
      size: file.size,
      modified: compressed.modified,
      read: (offset, target) => file.read(offset, target),
      close: () => file.close(),
    }
    return { source, path, diagnostics: record.diagnostics }
  } catch {
    return null
  }
}

/** Temporary files of processes that were killed. */
function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = /\.(\d+)-[\d.]+\.tmp(\.json\.tmp)?$/.exec(name)?.[1]
    if (pid === undefined || isRunning(Number(pid))) continue
    const path = join(folder, name)
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat && Date.now() - stat.mtimeMs > LEFTOVER_AFTER_MS) rmSync(path, { force: true })
  }
}

async function decompressTo(temporary: string, folder: string, source: ByteSource, compression: Compression, progress: Progress): Promise<StoredRecord> {
  const fd = openSync(temporary, 'wx+', 0o600)
  try {
    const writer = new SparseWriter(fd, folder)
    const sink = new CoreSink(writer, fd, source.name, compression)
    const damage = await decode(new CompressedInput(source, progress), sink, compression)
    sink.check(damage)
    writer.finish()
    fdatasyncSync(fd)
    progress.advance(source.size)
    return { size: writer.size, diagnostics: damage ? [diagnosticOf(damage, writer.size)] : [] }
  } finally {
    closeSync(fd)
  }
}

/** Answers what was wrong with the compressed data, null for nothing. */
async function decode(input: CompressedInput, sink: CoreSink, compression: Compression): Promise<StreamDamage | null> {
  try {
    await DECODERS[compression](input, sink)
    return null
  } catch (error) {
    if (error instanceof PastTheCore) return new StreamDamage('note', input.name, 0, 'data after the end of the core was left out')
    if (error instanceof StreamDamage) return error
    throw error
  }
}

function diagnosticOf(damage: StreamDamage, size: number): DiagnosticRow {
  const message = damage.kind === 'note' ? damage.message : `${damage.message}: the first ${size} bytes of the core could be decompressed, the rest is missing`
  return { kind: damage.kind, where: damage.where, offset: damage.offset, message }
}

/** The decompressed core lies where the person may not look for it, so a trouble with files names the folder. */
function failureOf(error: unknown, folder: string): unknown {
  const code = (error as NodeJS.ErrnoException).code
  if (error instanceof UnreadableCore || error instanceof Cancelled || !(error instanceof Error) || typeof code !== 'string' || !('syscall' in error)) return error
  return new UnreadableCore(`the decompressed core cannot be stored (${code})`, folder, 'point the cache elsewhere with --cache')
}

/** Everything that belongs to the core has come. */
class PastTheCore extends Error {}

/** Takes the decompressed bytes, checks that they are a core's, and stops after its end. */
class CoreSink implements Output {
  private readonly head = new Uint8Array(ELF_HEADER)
  private headLength = 0
  private readonly writer: SparseWriter
  private readonly fd: number
  private readonly name: string
  private readonly compression: Compression
  private end: CoreEnd | null = null
  private endsAt = Infinity

  constructor(writer: SparseWriter, fd: number, name: string, compression: Compression) {
    this.writer = writer
    this.fd = fd
    this.name = name
    this.compression = compression
  }

  write(bytes: Uint8Array): void {
    if (this.headLength < ELF_HEADER) {
      const part = bytes.subarray(0, ELF_HEADER - this.headLength)
      this.head.set(part, this.headLength)
      this.headLength += part.length
      if (this.headLength === ELF_HEADER) {
        refuseNonCore(this.head, this.name, this.compression)
        this.end = new CoreEnd(this.head)
      }
    }
    this.writer.write(bytes)
    const knownAfter = this.end?.knownAfter ?? Infinity
    if (this.end && this.writer.flushed >= knownAfter) {
      this.endsAt = this.end.locate((offset, target) => readSync(this.fd, target, 0, target.length, offset))
      this.end = null
    }
    if (this.writer.size > this.endsAt) throw new PastTheCore()
  }

  /** Throws UnreadableCore where what came is too little to be a core. */
  check(damage: StreamDamage | null): void {
    if (this.headLength === ELF_HEADER) return
    if (damage === null || damage.kind === 'note') return refuseNonCore(this.head.subarray(0, this.headLength), this.name, this.compression)
    const remedy = damage.kind === 'unsupported' ? `decompress it first with the ${this.compression} command` : 'copy the file again, or take the core again'
    throw new UnreadableCore(`nothing of it could be decompressed: ${damage.message}`, this.name, remedy)
  }
}
