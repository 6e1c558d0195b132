/** What the bytes of a block look like, whatever they are said to be: pointers, text, numbers. */
import type { TypeRef } from '../../contract/rows.ts'
import { ENCODING } from '../symbols/tables.ts'
import { isSlack } from './containers.ts'
import { LEAST_POINTER } from './fit.ts'
import type { MemoryKinds } from './memoryKinds.ts'
import type { PagedMemory } from './pagedMemory.ts'
import type { Shapes } from './shapes.ts'

/** Words that are looked at. */
const CHECKED_WORDS = 16
/** Bytes of a text that are looked at, and what malloc adds. */
const MAX_TEXT = 4096
const SLACK = 16

export class Contents {
  private readonly memory: PagedMemory
  private readonly kinds: MemoryKinds
  private readonly shapes: Shapes

  constructor({ memory, kinds, shapes }: { memory: PagedMemory; kinds: MemoryKinds; shapes: Shapes }) {
    this.memory = memory
    this.kinds = kinds
    this.shapes = shapes
  }

  /** The bytes of an address may look like a text. */
  private leadsToBlock(at: number): boolean {
    return this.kinds.at(this.memory.word(at)) === 'allocator'
  }

  /** Pointers and nulls, but for a few. */
  arePointers(at: number, bytes: number): boolean {
    let pointers = 0
    let others = 0
    for (let i = 0; i < Math.min(CHECKED_WORDS, Math.floor(bytes / 8)); i++) {
      const value = this.memory.word(at + i * 8)
      if (value >= LEAST_POINTER && this.kinds.at(value) !== null) pointers++
      else if (value !== 0) others++
    }
    return others <= pointers / 4
  }

  /** How much like numbers of that type the words look: 0 to 1. Other types of numbers look like it by chance. */
  numberLikeness(type: TypeRef, at: number, bytes: number): number {
    const { symbols } = this.shapes
    const owner = symbols.owner(type)
    const size = this.shapes.size(type)
    if (!owner || size !== 8) return 0
    const isFloat = owner.table.encoding(type - owner.firstId) === ENCODING.float
    let alike = 0
    let asked = 0
    for (let i = 0; i < Math.min(CHECKED_WORDS, Math.floor(bytes / 8)); i++) {
      const high = this.memory.unsigned(at + i * 8 + 4, 4)
      const low = this.memory.unsigned(at + i * 8, 4)
      if (high === 0 && low === 0) continue
      asked++
      const exponent = (high >>> 20) & 0x7ff
      const isNumber = exponent > 1023 - 64 && exponent < 1023 + 64
      const isInteger = high < 0x100 || high >= 0xffff_ff00
      if (isFloat ? isNumber : isInteger) alike++
    }
    return asked === 0 ? 0 : alike / asked
  }

  /**
   * Whether the bytes are a text that fills the block: printable, with a zero at its end, and no more behind than malloc adds.
   * @param any also where so short a text might be the beginning of something else
   */
  isString(at: number, usable: number, any: boolean): boolean {
    const bytes = this.memory.read(at, Math.min(usable, MAX_TEXT))
    const length = bytes.indexOf(0)
    if (length < 1 || !isUtf8(bytes.subarray(0, length)) || this.leadsToBlock(at) || (!any && usable - length > SLACK) || !isSlack(usable - length - 1, usable)) return false
    for (let i = 0; i < length; i++) if (bytes[i] < 9 || (bytes[i] > 13 && bytes[i] < 32) || bytes[i] === 127) return false
    return true
  }

  /** Printable up to a zero that lies within. */
  isText(at: number, usable: number): boolean {
    const bytes = this.memory.read(at, Math.min(usable, 64))
    let length = 0
    while (length < bytes.length && bytes[length] !== 0) {
      const byte = bytes[length]
      if (byte < 9 || (byte > 13 && byte < 32) || byte === 127) return false
      length++
    }
    return length > 0 && isUtf8(bytes.subarray(0, length)) && !this.leadsToBlock(at)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function isUtf8(bytes: Uint8Array): boolean {
  if (bytes.every((byte) => byte < 128)) return true
  try {
    utf8.decode(bytes)
    return true
  } catch {
    return false
  }
}
