/** Names where they lie in their sections: hashes and bytes of them, nothing decoded. */
import { textOffset, textSection, textSections, type TextAt } from './dieReader.ts'
import type { DwarfFile } from './file.ts'

const CACHED = 1 << 17
/** Longer names are cut. */
const LONGEST = 1 << 16
/** What is left of all names once more of them was read than the sections justify: names that lie within others. */
const LONGEST_THEN = 256

/** Two independent steps of a hash over 32-bit numbers: multiply and fold, as MurmurHash3 does. */
export function mix1(hash: number, number: number): number {
  const mixed = Math.imul(hash ^ number, 0x85ebca6b)
  return mixed ^ (mixed >>> 15)
}

export function mix2(hash: number, number: number): number {
  const mixed = Math.imul((hash + number) | 0, 0xc2b2ae35)
  return mixed ^ (mixed >>> 13)
}

export class Names {
  /** What `hash` found. */
  hash1 = 0
  hash2 = 0
  private readonly sections: Uint8Array[]
  private readonly cachedAt = new Float64Array(CACHED).fill(NaN)
  private readonly cached1 = new Int32Array(CACHED)
  private readonly cached2 = new Int32Array(CACHED)
  private bytesLeft: number

  constructor(files: DwarfFile[]) {
    this.sections = textSections(files)
    this.bytesLeft = (256 << 20) + 32 * this.sections.reduce((bytes, section) => bytes + section.length, 0)
  }

  /** The section that holds a text; empty for a text that is none. */
  bytes(text: TextAt): Uint8Array {
    return (text < 0 ? undefined : this.sections[textSection(text)]) ?? NONE
  }

  /** Where a text ends: its zero byte, or the section's end. */
  end(text: TextAt): number {
    const bytes = this.bytes(text)
    const start = textOffset(text)
    if (text < 0 || start >= bytes.length) return start
    const zero = bytes.indexOf(0, start)
    return Math.min(zero < 0 ? bytes.length : zero, start + LONGEST)
  }

  isEmpty(text: TextAt): boolean {
    return text < 0 || !(this.bytes(text)[textOffset(text)] > 0)
  }

  hash(text: TextAt): void {
    const slot = (text ^ (text >>> 16)) & (CACHED - 1)
    if (this.cachedAt[slot] === text) {
      this.hash1 = this.cached1[slot]
      this.hash2 = this.cached2[slot]
      return
    }
    let h1 = 0x3c6ef372
    let h2 = 0x1b873593
    if (text >= 0) {
      const bytes = this.bytes(text)
      const start = textOffset(text)
      const end = Math.min(bytes.length, start + (this.bytesLeft > 0 ? LONGEST : LONGEST_THEN))
      let at = start
      for (; at < end; at++) {
        const byte = bytes[at]
        if (byte === 0) break
        h1 = Math.imul(h1 ^ byte, 0x01000193)
        h2 = (Math.imul(h2, 0x5bd1e995) + byte) | 0
      }
      this.bytesLeft -= at - start
    }
    this.cachedAt[slot] = text
    this.cached1[slot] = this.hash1 = h1 ^ (h1 >>> 15)
    this.cached2[slot] = this.hash2 = h2 ^ (h2 >>> 13)
  }
}

const NONE = new Uint8Array(0)
