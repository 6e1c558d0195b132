/**
 * Bounded reads of what call frame information, expressions and location lists are made of: numbers of fixed width and
 * LEB128. A read beyond the end throws FormatError; nothing is read outside of the range given. Source: DWARF 5 §7.6.
 */
import { unsigned } from '../bytes/littleEndian.ts'
import { FormatError } from '../errors.ts'

export class DwarfCursor {
  at: number
  readonly end: number
  readonly bytes: Uint8Array
  private readonly where: string

  constructor(bytes: Uint8Array, where: string, at = 0, end = bytes.length) {
    this.bytes = bytes
    this.where = where
    this.at = at
    this.end = Math.min(end, bytes.length)
    if (!(at >= 0 && at <= this.end)) this.fail('lies beyond the end of its section')
  }

  fail(message: string): never {
    throw new FormatError(this.where, this.at, message)
  }

  get isAtEnd(): boolean {
    return this.at >= this.end
  }

  private take(size: number): number {
    const { at } = this
    if (!(size >= 0 && at + size <= this.end)) this.fail(`ends where ${size} more bytes were expected`)
    this.at = at + size
    return at
  }

  u8(): number {
    return this.bytes[this.take(1)]
  }

  /** Up to 8 bytes; exact up to 2^53. */
  fixed(size: number): number {
    return unsigned(this.bytes, this.take(size), size)
  }

  unsigned(size: number): bigint {
    const at = this.take(size)
    let value = 0n
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[at + i])
    return value
  }

  signed(size: number): bigint {
    return BigInt.asIntN(size * 8, this.unsigned(size))
  }

  /** An unsigned LEB128 that a double holds. */
  uleb(): number {
    let value = 0
    for (let factor = 1; factor < 2 ** 56; factor *= 128) {
      const byte = this.u8()
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
    return this.fail('a LEB128 number does not end')
  }

  /** Of 64 bits; what is beyond is cut off. */
  uleb64(): bigint {
    return BigInt.asUintN(64, this.leb().value)
  }

  sleb64(): bigint {
    const { value, bits, isNegative } = this.leb()
    return BigInt.asIntN(64, isNegative ? value - (1n << bits) : value)
  }

  private leb(): { value: bigint; bits: bigint; isNegative: boolean } {
    let value = 0n
    for (let bits = 0n; bits < 140n; bits += 7n) {
      const byte = this.u8()
      value |= BigInt(byte & 127) << bits
      if (byte < 128) return { value, bits: bits + 7n, isNegative: (byte & 64) !== 0 }
    }
    return this.fail('a LEB128 number does not end')
  }

  /** A view, not a copy. */
  slice(size: number): Uint8Array {
    const at = this.take(size)
    return this.bytes.subarray(at, at + size)
  }

  /** Up to a zero byte, as Latin-1. */
  text(): string {
    let text = ''
    for (let byte = this.u8(); byte !== 0; byte = this.u8()) text += String.fromCharCode(byte)
    return text
  }
}
