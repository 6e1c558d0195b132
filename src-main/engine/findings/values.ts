/**
 * What bytes mean by their type, as one line: numbers, texts, enumerators, where pointers lead, `{a = 1, b = 0x…}`. Lengths are
 * bounded, texts escaped like C's; what can't be told (absent bytes, no type) is ''.
 */
import type { MemberRow, TypeRef } from '../../contract/rows.ts'
import { word } from '../bytes/cursor.ts'
import { hex } from '../bytes/units.ts'
import { constantText, enumeratorsOf } from '../symbols/declaration.ts'
import { membersOf } from '../symbols/layout.ts'
import { dimensionsOf, isCharacter } from '../symbols/leaves.ts'
import { ENCODING, TYPE } from '../symbols/tables.ts'
import { isRecord } from '../symbols/typeTable.ts'
import { floatText } from './floats.ts'
import type { Pointers, ProcessView } from './pointers.ts'

/** Bytes of a value that are looked at. */
export const VALUE_BYTES = 1024
const TEXT_BYTES = 120
const LINE = 300
const MEMBERS = 12
const ELEMENTS = 12
const MAX_NESTING = 5

export class Values {
  private readonly view: ProcessView
  private readonly pointers: Pointers

  constructor(view: ProcessView, pointers: Pointers) {
    this.view = view
    this.pointers = pointers
  }

  /** @param bytes from the value's first byte on; may end early (VALUE_BYTES are enough) */
  text(id: TypeRef, bytes: Uint8Array): string {
    const line = this.value(id, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0)
    return line.length > LINE ? `${line.slice(0, LINE)}…` : line
  }

  /** @param first counted from the lowest bit of the first byte @param count at most 64 */
  bits(id: TypeRef, bytes: Uint8Array, [first, count]: [number, number]): string {
    let value = 0n
    for (let i = Math.min(bytes.length, 9) - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i])
    value = (value >> BigInt(first)) & ((1n << BigInt(count)) - 1n)
    return this.constant(id, this.isSigned(id) ? BigInt.asIntN(count, value) : value)
  }

  private isSigned(id: TypeRef): boolean {
    const bare = this.view.symbols.bare(id)
    const owner = this.view.symbols.owner(bare)
    if (!owner) return false
    const { table } = owner
    const type = bare - owner.firstId
    const encoding = table.kind(type) === TYPE.enum ? table.encoding(table.bare(table.target(type))) : table.encoding(type)
    if (table.kind(type) === TYPE.enum && encoding === 0) return enumeratorsOf(this.view.symbols, bare).some(({ value }) => value.startsWith('-'))
    return encoding === ENCODING.signed || encoding === ENCODING.signedChar
  }

  private value(id: TypeRef, view: DataView, depth: number): string {
    const { symbols } = this.view
    const bare = symbols.bare(id)
    const owner = symbols.owner(bare)
    if (!owner) return ''
    const type = bare - owner.firstId
    const size = symbols.size(bare)
    const kind = owner.table.kind(type)
    if (isRecord(kind)) return size < 0 ? '' : this.record(bare, view, depth)
    switch (kind) {
      case TYPE.array:
        return this.array(bare, view, depth)
      case TYPE.pointer:
      case TYPE.reference:
      case TYPE.rvalueReference:
        return view.byteLength < 8 ? '' : this.pointer(symbols.target(bare), view, depth)
      case TYPE.memberPointer:
        return this.memberPointer(view, size)
      case TYPE.enum:
      case TYPE.base: {
        if (size <= 0 || view.byteLength < size) return ''
        const encoding = owner.table.encoding(type)
        const float = (from: DataView, bytes: number): string => floatText(from, bytes, this.view.machine, owner.table.name(type))
        if (encoding === ENCODING.float) return float(view, size)
        if (encoding === ENCODING.complexFloat) return `${float(view, size / 2)} + ${float(part(view, size / 2), size / 2)}i`
        const value = integer(view, size, this.isSigned(bare))
        return value === null ? hexBytes(view, size) : this.constant(bare, value)
      }
      default:
        return size > 0 && view.byteLength >= size ? hexBytes(view, size) : ''
    }
  }

  /** An integer, character, truth value or enumerator. */
  private constant(id: TypeRef, value: bigint): string {
    const { symbols } = this.view
    const bare = symbols.bare(id)
    const owner = symbols.owner(bare)
    const encoding = owner?.table.encoding(bare - owner.firstId) ?? 0
    if (symbols.kind(bare) === TYPE.enum) return this.enumerator(bare, value)
    if (isCharacter(encoding)) {
      const code = encoding === ENCODING.utf ? value : value & 0xffn
      const shown = code >= 32n && code < 127n ? String.fromCharCode(Number(code)) : encoding === ENCODING.utf && code > 160n && code < 0x110000n ? String.fromCodePoint(Number(code)) : null
      return shown === null ? String(value) : `${value} '${shown === '\'' || shown === '\\' ? `\\${shown}` : shown}'`
    }
    return constantText(symbols, bare, value)
  }

  private enumerator(id: TypeRef, value: bigint): string {
    const all = enumeratorsOf(this.view.symbols, id)
    const exact = all.find((row) => row.value === String(value))
    if (exact) return exact.name
    // flags: every bit has a name of its own
    let left = value
    const names: string[] = []
    for (const { name, value: text } of all) {
      const bit = BigInt(text)
      if (bit <= 0n || (bit & (bit - 1n)) !== 0n) continue
      if ((left & bit) === 0n) continue
      left &= ~bit
      names.push(name)
    }
    return left === 0n && names.length > 1 ? names.join(' | ') : String(value)
  }

  private pointer(target: TypeRef, view: DataView, depth: number): string {
    const address = word(view, 0)
    if (Number.isNaN(address)) return hex(view.getBigUint64(0, true))
    if (address === 0) return '0x0'
    if (depth > 0) return hex(address)
    const text = this.pointedText(target, address)
    return text === null ? this.pointers.text(address) : `${hex(address)} ${text}`
  }

  /** What a pointer to characters leads to, quoted; null where it is no text. */
  private pointedText(target: TypeRef, address: number): string | null {
    const { symbols, memory } = this.view
    const bare = symbols.bare(target)
    const owner = symbols.owner(bare)
    if (!owner || owner.table.kind(bare - owner.firstId) !== TYPE.base || !isCharacter(owner.table.encoding(bare - owner.firstId)) || symbols.size(bare) !== 1) return null
    const bytes = new Uint8Array(memory.presentFrom(address, TEXT_BYTES + 1))
    const read = bytes.subarray(0, memory.readInto(address, bytes))
    return read.length === 0 || !looksLikeText(read) ? null : quoted(read)
  }

  private memberPointer(view: DataView, size: number): string {
    if (view.byteLength < size || size < 8) return ''
    const first = view.getBigInt64(0, true)
    if (size < 16) return first === -1n ? 'null' : `+${first}`
    const adjustment = view.getBigInt64(8, true)
    if (first === 0n) return 'null'
    return `${first & 1n ? `virtual function ${first - 1n}` : this.pointers.text(word(view, 0))}${adjustment === 0n ? '' : `, this + ${adjustment}`}`
  }

  private record(id: TypeRef, view: DataView, depth: number): string {
    if (depth >= MAX_NESTING) return '{…}'
    const rows = membersOf(this.view.symbols, id).filter((row) => row.kind !== 'static' && row.offset !== null)
    const texts: string[] = []
    let length = 0
    for (const row of rows) {
      if (texts.length === MEMBERS || length > LINE) {
        texts.push('…')
        break
      }
      const text = this.member(row, view, depth)
      if (text === null) continue
      texts.push(text)
      length += text.length
    }
    return `{${texts.join(', ')}}`
  }

  private member(row: MemberRow, view: DataView, depth: number): string | null {
    const offset = row.offset ?? 0
    if (offset >= view.byteLength) return null
    const at = part(view, offset)
    const text = row.bits ? this.bits(row.typeId, new Uint8Array(at.buffer, at.byteOffset, at.byteLength), row.bits) : this.value(row.typeId, at, depth + 1)
    if (text === '' || ((row.kind === 'base' || row.kind === 'virtual base') && text === '{}')) return null
    const name = row.kind === 'base' || row.kind === 'virtual base' ? `<${row.name}>` : row.name
    return name === '' ? text : `${name} = ${text}`
  }

  private array(id: TypeRef, view: DataView, depth: number): string {
    const { symbols } = this.view
    const owner = symbols.owner(id)!
    const element = symbols.target(id)
    const size = symbols.size(element)
    const count = dimensionsOf(owner, id - owner.firstId).reduce((product, n) => product * n, 1)
    if (size <= 0 || count <= 0) return count === 0 ? '{}' : ''
    const bare = symbols.bare(element)
    const elementOwner = symbols.owner(bare)
    const isText = elementOwner !== null && size === 1 && isCharacter(elementOwner.table.encoding(bare - elementOwner.firstId))
    const bytes = new Uint8Array(view.buffer, view.byteOffset, Math.min(view.byteLength, count * size))
    if (bytes.length === 0) return ''
    if (isText && (elementOwner.table.encoding(bare - elementOwner.firstId) === ENCODING.signedChar || looksLikeText(bytes))) return quoted(bytes)
    if (depth >= MAX_NESTING) return '{…}'
    const texts: string[] = []
    let length = 0
    for (let i = 0; i < count && (i + 1) * size <= view.byteLength; i++) {
      if (i === ELEMENTS || length > LINE) break
      const text = this.value(element, part(view, i * size), depth + 1)
      texts.push(text)
      length += text.length
    }
    return `{${texts.join(', ')}${texts.length < count ? `${texts.length === 0 ? '' : ', '}… ${count} in all` : ''}}`
  }
}

const part = (view: DataView, offset: number): DataView => new DataView(view.buffer, view.byteOffset + offset, view.byteLength - offset)

/** Little-endian, up to 16 bytes; null for other sizes. */
export function integer(view: DataView, size: number, signed: boolean): bigint | null {
  switch (size) {
    case 1:
    case 2:
    case 4:
    case 8:
    case 16: {
      let value = 0n
      for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(view.getUint8(i))
      return signed ? BigInt.asIntN(size * 8, value) : value
    }
    default:
      return null
  }
}

function hexBytes(view: DataView, size: number): string {
  return `0x${Buffer.from(view.buffer, view.byteOffset, Math.min(size, 32)).reverse().toString('hex').replace(/^0+(?=.)/, '')}${size > 32 ? '…' : ''}`
}

/** No control characters but blanks before the first zero byte, and something before it. */
export function looksLikeText(bytes: Uint8Array): boolean {
  const end = bytes.indexOf(0)
  const length = end < 0 ? bytes.length : end
  for (let i = 0; i < length; i++) if ((bytes[i] < 32 && bytes[i] !== 9 && bytes[i] !== 10 && bytes[i] !== 13) || bytes[i] === 127) return false
  return length > 0 || end === 0
}

const ESCAPES: Record<string, string> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '"': '\\"', '\\': '\\\\' }

/** Up to the first zero byte, quoted and escaped; `"abc"…` where it goes on. */
export function quoted(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  let length = Math.min(end < 0 ? bytes.length : end, TEXT_BYTES)
  // not within a character of several bytes
  if (length === TEXT_BYTES) while (length > TEXT_BYTES - 4 && (bytes[length] & 0xc0) === 0x80) length--
  let text = ''
  // what is no UTF-8 is shown byte by byte
  for (const character of Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('utf8')) {
    if (character === '\ufffd') return quotedBytes(bytes.subarray(0, length), end < 0 || end > length)
    text += ESCAPES[character] ?? (/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029]/u.test(character) ? `\\u{${character.codePointAt(0)!.toString(16)}}` : character)
  }
  return `"${text}"${length < bytes.length && (end < 0 || end > length) ? '…' : ''}`
}

function quotedBytes(bytes: Uint8Array, more: boolean): string {
  let text = ''
  for (const byte of bytes) text += byte >= 32 && byte < 127 ? (ESCAPES[String.fromCharCode(byte)] ?? String.fromCharCode(byte)) : `\\x${byte.toString(16).padStart(2, '0')}`
  return `"${text}"${more ? '…' : ''}`
}
