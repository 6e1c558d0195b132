/**
 * Bounded little-endian reads from a byte range. A read beyond the end throws FormatError with where and at
 * what offset; nothing here reads outside the range it was given.
 */
import { FormatError } from '../errors.ts'

const TWO32 = 0x1_0000_0000

/** A 64-bit word as a double: exact, or NaN where a double can't hold it (then it is no address). */
export function word(view: DataView, at: number): number {
  const value = view.getUint32(at + 4, true) * TWO32 + view.getUint32(at, true)
  if (value <= Number.MAX_SAFE_INTEGER) return value
  return view.getUint32(at, true) % 4096 === 0 ? value : NaN
}

export class Cursor {
  readonly view: DataView
  /** Bytes from the start of the range. */
  at = 0
  private readonly where: string
  private readonly base: number

  /** @param base added to `at` in messages: where the range lies in its file. */
  constructor(bytes: Uint8Array, where: string, base = 0) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.where = where
    this.base = base
  }

  get left(): number {
    return this.view.byteLength - this.at
  }

  private take(size: number): number {
    const at = this.at
    if (!(size >= 0) || size > this.left) {
      throw new FormatError(this.where, this.base + at, `ends after ${this.view.byteLength} bytes where ${size} more were expected`)
    }
    this.at = at + size
    return at
  }

  u16(): number {
    return this.view.getUint16(this.take(2), true)
  }

  u32(): number {
    return this.view.getUint32(this.take(4), true)
  }

  i32(): number {
    return this.view.getInt32(this.take(4), true)
  }

  /** See `word`. */
  u64(): number {
    return word(this.view, this.take(8))
  }

  /** A 64-bit word that need not be an address. */
  register(): bigint {
    return this.view.getBigUint64(this.take(8), true)
  }

  skip(size: number): void {
    this.take(size)
  }

  bytes(size: number): Uint8Array {
    const at = this.take(size)
    return new Uint8Array(this.view.buffer, this.view.byteOffset + at, size)
  }

  /** `size` bytes, of which the string ends at the first zero byte. */
  fixedString(size: number): string {
    return textUntilZero(this.bytes(size))
  }
}

const decoder = new TextDecoder('utf-8')

export function textUntilZero(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return decoder.decode(end < 0 ? bytes.slice() : bytes.slice(0, end))
}

/** At once: a table of an ELF file, not memory. */
const MAX_READ = 2 ** 30

interface Positional {
  readonly size: number
  read(at: number, target: Uint8Array): number
}

/** As many bytes as there are from a position that the file itself names, and that may lie anywhere. */
export function readUpTo(source: Positional, at: number, target: Uint8Array): number {
  return at >= 0 && at < source.size ? source.read(at, target) : 0
}

/** Exactly `size` bytes at `at`, or FormatError when the file ends before. */
export function readExactly(source: Positional, at: number, size: number, where: string): Uint8Array {
  if (!(size <= MAX_READ)) throw new FormatError(where, at, `says it has ${size} bytes, more than corelens reads at once`)
  const bytes = new Uint8Array(size)
  const got = readUpTo(source, at, bytes)
  if (got !== size) throw new FormatError(where, at, `the file ends ${size - got} bytes too early`)
  return bytes
}
