/** Assembles little- or big-endian bytes for the builders. Offsets are what `length` said when something was put. */
export class ByteWriter {
  private buffer = new Uint8Array(256)
  private view = new DataView(this.buffer.buffer)
  private readonly little: boolean
  length = 0

  constructor(little = true) {
    this.little = little
  }

  u8(...values: number[]): this {
    for (const value of values) this.at(1, (at) => this.view.setUint8(at, value & 0xff))
    return this
  }

  u16(...values: number[]): this {
    for (const value of values) this.at(2, (at) => this.view.setUint16(at, value, this.little))
    return this
  }

  u32(...values: number[]): this {
    for (const value of values) this.at(4, (at) => this.view.setUint32(at, value, this.little))
    return this
  }

  u64(...values: (number | bigint)[]): this {
    for (const value of values) this.at(8, (at) => this.view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), this.little))
    return this
  }

  bytes(bytes: ArrayLike<number>): this {
    const at = this.room(bytes.length)
    this.buffer.set(bytes, at)
    return this
  }

  /** `length` bytes: the text, then zeroes; at least one zero where no length is given. */
  text(text: string, length?: number): this {
    const bytes = new TextEncoder().encode(text).subarray(0, length)
    return this.bytes(bytes).zeroes((length ?? bytes.length + 1) - bytes.length)
  }

  /** Unsigned LEB128, DWARF 5 §7.6; padded to `length` bytes where one is given. */
  uleb128(value: number | bigint, length = 1): this {
    for (let rest = BigInt(value), count = 1; ; count++) {
      const more = rest > 0x7fn || count < length
      this.u8(Number(rest & 0x7fn) | (more ? 0x80 : 0))
      rest >>= 7n
      if (!more) return this
    }
  }

  /** Signed LEB128, DWARF 5 §7.6. */
  sleb128(value: number | bigint): this {
    for (let rest = BigInt(value); ;) {
      const low = rest & 0x7fn
      rest >>= 7n
      const more = !(rest === 0n && (low & 0x40n) === 0n) && !(rest === -1n && (low & 0x40n) !== 0n)
      this.u8(Number(low) | (more ? 0x80 : 0))
      if (!more) return this
    }
  }

  zeroes(count: number): this {
    this.room(count)
    return this
  }

  align(to: number): this {
    return this.zeroes((to - (this.length % to)) % to)
  }

  /** Zeroes up to `offset`, which must not lie before the end. */
  padTo(offset: number): this {
    if (offset < this.length) throw new Error(`already ${this.length} bytes, asked to pad to ${offset}`)
    return this.zeroes(offset - this.length)
  }

  /** Writes over what is there. */
  patch(at: number, bytes: Uint8Array): this {
    if (at + bytes.length > this.length) throw new Error(`there are ${this.length} bytes, asked to write over ${at} to ${at + bytes.length}`)
    this.buffer.set(bytes, at)
    return this
  }

  /** A copy. */
  done(): Uint8Array {
    return this.buffer.slice(0, this.length)
  }

  private at(size: number, put: (at: number) => void): void {
    const at = this.room(size)
    put(at)
  }

  private room(count: number): number {
    const at = this.length
    this.length += count
    if (this.length > this.buffer.length) {
      const larger = new Uint8Array(Math.max(this.length, this.buffer.length * 2))
      larger.set(this.buffer)
      this.buffer = larger
      this.view = new DataView(larger.buffer)
    }
    return at
  }
}
