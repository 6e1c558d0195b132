/**
 * The text of symbol tables: each text once, as UTF-8 with a zero byte behind it, found again by its offset. Names come
 * as bytes of .strtab or .debug_str and stay bytes: nothing is decoded. Open addressing over typed arrays, because a Map
 * of a million strings costs more than reading the file they came from.
 */

/** A text that is longer is cut: no compiler writes such names, and damage must not grow the table without end. */
const LONGEST = 1 << 20

export interface StringTableParts {
  bytes: Uint8Array<ArrayBuffer>
  slots: Uint32Array
  hashes: Uint32Array
  count: number
}

export class StringTable {
  /** Bytes of all texts so far. */
  length = 1
  /** True once a text was left out (as '') because the table had reached its limit. */
  full = false
  readonly #limit: number
  #bytes: Uint8Array<ArrayBuffer>
  /** Offset of the text in each slot, 0 where free; a power of two of them, less than half taken. */
  #slots: Uint32Array
  /** hashOf the text in each slot: equal before bytes are compared, and at hand when the slots are rehashed. */
  #hashes: Uint32Array
  #count = 0
  readonly #encoder = new TextEncoder()

  /** @param expected bytes to start with; it grows @param limit bytes at most, below 4 GiB */
  constructor(expected = 1 << 16, limit = 0xffff0000) {
    this.#limit = limit
    this.#bytes = new Uint8Array(Math.min(Math.max(expected, 64), limit))
    const slots = 2 ** Math.max(8, Math.ceil(Math.log2(expected / 32)))
    this.#slots = new Uint32Array(slots)
    this.#hashes = new Uint32Array(slots)
  }

  /** A table that goes on where another ended; see `parts`. */
  static of({ bytes, slots, hashes, count }: StringTableParts): StringTable {
    const table = new StringTable(64)
    table.#bytes = bytes
    table.length = bytes.length
    table.#slots = slots
    table.#hashes = hashes
    table.#count = count
    return table
  }

  /** What a table consists of, as plain data; the table must not be used afterwards. */
  parts(): StringTableParts {
    return { bytes: this.finish(), slots: this.#slots, hashes: this.#hashes, count: this.#count }
  }

  /** All texts so far; another buffer once more texts come. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** Texts, the empty one not counted. */
  get count(): number {
    return this.#count
  }

  /** The offset of bytes[start..end), cut before their first zero byte: with bytes.length as the end, a C string's. */
  intern(bytes: Uint8Array, start: number, end: number): number {
    const last = Math.min(end, bytes.length, start + LONGEST)
    let stop = start
    while (stop < last && bytes[stop] !== 0) stop++
    return this.internWhole(bytes, start, stop)
  }

  /** The same for bytes that are known to hold no zero byte, to lie inside of `bytes` and not to be too long. */
  internWhole(bytes: Uint8Array, start: number, end: number): number {
    const size = end - start
    if (!(size > 0)) return 0
    const hash = hashOf(bytes, start, end)
    const slots = this.#slots
    const hashes = this.#hashes
    const mask = slots.length - 1
    let slot = hash & mask
    for (let offset = slots[slot]; offset !== 0; offset = slots[slot]) {
      if (hashes[slot] === hash && this.#isAt(offset, bytes, start, size)) return offset
      slot = (slot + 1) & mask
    }
    const offset = this.#append(bytes, start, size)
    if (offset === 0) return 0
    slots[slot] = offset
    hashes[slot] = hash
    if (++this.#count * 2 > slots.length) this.#rehash()
    return offset
  }

  internText(text: string): number {
    if (text === '') return 0
    const bytes = this.#encoder.encode(text)
    return this.intern(bytes, 0, bytes.length)
  }

  /** All texts, in the buffer that grew; the table must not be used afterwards. */
  finish(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes.subarray(0, this.length)
    return this.length * 2 < this.#bytes.length ? bytes.slice() : bytes
  }

  #isAt(offset: number, bytes: Uint8Array, start: number, size: number): boolean {
    const ours = this.#bytes
    for (let i = 0; i < size; i++) if (ours[offset + i] !== bytes[start + i]) return false
    return ours[offset + size] === 0
  }

  #append(bytes: Uint8Array, start: number, size: number): number {
    const offset = this.length
    const end = offset + size + 1
    if (end > this.#bytes.length) {
      if (end > this.#limit) {
        this.full = true
        return 0
      }
      const grown = new Uint8Array(Math.min(Math.max(this.#bytes.length * 2, end), this.#limit))
      grown.set(this.#bytes.subarray(0, offset))
      this.#bytes = grown
    }
    const ours = this.#bytes
    for (let i = 0; i < size; i++) ours[offset + i] = bytes[start + i]
    this.length = end
    return offset
  }

  #rehash(): void {
    const { length } = this.#slots
    const slots = new Uint32Array(length * 2)
    const hashes = new Uint32Array(length * 2)
    const mask = slots.length - 1
    for (let i = 0; i < length; i++) {
      const offset = this.#slots[i]
      if (offset === 0) continue
      const hash = this.#hashes[i]
      let slot = hash & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = offset
      hashes[slot] = hash
    }
    this.#slots = slots
    this.#hashes = hashes
  }
}

/** Four bytes a step: a byte a step takes three times as long. Every bit of the result depends on every byte. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start
  let at = start
  for (; at + 4 <= end; at += 4) {
    const four = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
    hash = Math.imul(hash ^ four, 0x9e3779b1)
    hash = (hash << 15) | (hash >>> 17)
  }
  for (; at < end; at++) hash = Math.imul(hash ^ bytes[at], 0x9e3779b1) ^ (hash >>> 15)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
