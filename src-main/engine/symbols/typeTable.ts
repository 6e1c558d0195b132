/**
 * One module's types behind checked reads: any index or offset that the tables hold may be wrong (they come from a file), and
 * leads to void, to no parts or to an empty text, never outside of a column. Types are indexes into `tables.types`.
 */
import { normalizeTypeName } from '../recognize/typeNames.ts'
import { firstWhere } from '../search.ts'
import { enumeratorValues } from './enumeratorValues.ts'
import { PART, TYPE, TYPE_FLAG, textHash, type FunctionColumns, type PartColumns, type SymbolColumns, type SymbolTables, type TypeColumns, type VariableColumns } from './tables.ts'

/** Typedefs of typedefs, arrays of arrays: deeper nesting than this is a loop. */
export const MAX_DEPTH = 100
const POINTER_BYTES = 8
/** A pointer to a member function: the function and the adjustment of `this`. Itanium C++ ABI §2.3. */
const METHOD_POINTER_BYTES = 16

export const isRecord = (kind: number): boolean => kind === TYPE.struct || kind === TYPE.class || kind === TYPE.union
export const isQualifier = (kind: number): boolean => kind === TYPE.const || kind === TYPE.volatile || kind === TYPE.restrict || kind === TYPE.atomic

export class TypeTable {
  /** Columns may be read from a file when they are first asked for; here only as groups, by the getters below. */
  readonly tables: SymbolTables
  /** How many types, void included. */
  readonly count: number
  private strings: Buffer | null = null
  private typeColumns: TypeColumns | null = null
  private partColumns: PartColumns | null = null
  private readonly texts = new Map<number, string>()
  /** Types by the last word of their names, and those of a word by their normalised name: only words asked for. */
  private byLastWord: Map<string, number[]> | null = null
  private readonly byNormalName = new Map<string, Map<string, number[]>>()
  private enumerators: Map<string, string> | null = null

  constructor(tables: SymbolTables) {
    this.tables = tables
    this.count = Math.max(1, tables.types.count)
  }

  get types(): TypeColumns {
    if (this.typeColumns) return this.typeColumns
    const { count, kind, flags, name, size, align, encoding, target, containing, firstPart, partCount, file, line, hashLow, hashHigh } = this.tables.types
    return (this.typeColumns = { count, kind, flags, name, size, align, encoding, target, containing, firstPart, partCount, file, line, hashLow, hashHigh })
  }

  get parts(): PartColumns {
    if (this.partColumns) return this.partColumns
    const { count, kind, name, type, offset, firstBit, bitCount, value } = this.tables.parts
    return (this.partColumns = { count, kind, name, type, offset, firstBit, bitCount, value })
  }

  get variables(): VariableColumns {
    return this.tables.variables
  }

  get functions(): FunctionColumns {
    return this.tables.functions
  }

  get symbols(): SymbolColumns {
    return this.tables.symbols
  }

  get byName(): SymbolTables['byName'] {
    return this.tables.byName
  }

  /** The text at an offset into the strings; kept, so that a name is decoded once. */
  text(offset: number): string {
    if (offset === 0) return ''
    let text = this.texts.get(offset)
    if (text === undefined) this.texts.set(offset, (text = this.decode(offset)))
    return text
  }

  private decode(offset: number): string {
    const strings = (this.strings ??= bufferOver(this.tables.strings))
    if (offset >= strings.length) return ''
    const end = strings.indexOf(0, offset)
    return strings.toString('utf8', offset, end < 0 ? strings.length : end)
  }

  kind(type: number): number {
    return type > 0 && type < this.count ? this.types.kind[type] : TYPE.void
  }

  hasFlag(type: number, flag: number): boolean {
    return type > 0 && type < this.count && (this.types.flags[type] & flag) !== 0
  }

  isDeclaration(type: number): boolean {
    return this.hasFlag(type, TYPE_FLAG.declaration)
  }

  name(type: number): string {
    return type > 0 && type < this.count ? this.text(this.types.name[type]) : ''
  }

  encoding(type: number): number {
    return type > 0 && type < this.count ? this.types.encoding[type] : 0
  }

  /** Pointee, element, aliased, underlying or returned type. */
  target(type: number): number {
    return this.checked(type > 0 && type < this.count ? this.types.target[type] : 0)
  }

  /** The class of a pointer to member. */
  containing(type: number): number {
    return this.checked(type > 0 && type < this.count ? this.types.containing[type] : 0)
  }

  private checked(type: number): number {
    return type < this.count ? type : 0
  }

  firstPart(type: number): number {
    return type > 0 && type < this.count ? Math.min(this.types.firstPart[type], this.parts.count) : 0
  }

  /** Parts of a type are firstPart .. endPart - 1. */
  endPart(type: number): number {
    return type > 0 && type < this.count ? Math.min(this.firstPart(type) + this.types.partCount[type], this.parts.count) : 0
  }

  partType(part: number): number {
    return this.checked(this.parts.type[part])
  }

  partName(part: number): string {
    return this.text(this.parts.name[part])
  }

  /** `file:line`, or ''. */
  declared(type: number): string {
    const { file, line } = this.types
    return type > 0 && type < this.count ? place(this.text(file[type]), line[type]) : ''
  }

  /** Behind typedefs and qualifiers; a loop of them is void. */
  bare(type: number): number {
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      const kind = this.kind(type)
      if (kind !== TYPE.typedef && !isQualifier(kind)) return type
      type = this.target(type)
    }
    return 0
  }

  /** Bytes; -1 where the type has none. Follows typedefs, elements and the like where the type itself doesn't say. */
  size(type: number): number {
    let count = 1
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      const kind = this.kind(type)
      if (kind === TYPE.void || kind === TYPE.function) return -1
      const size = this.types.size[type]
      if (size >= 0) return count * size
      switch (kind) {
        case TYPE.pointer:
        case TYPE.reference:
        case TYPE.rvalueReference:
          return count * POINTER_BYTES
        case TYPE.memberPointer:
          return count * (this.kind(this.bare(this.target(type))) === TYPE.function ? METHOD_POINTER_BYTES : POINTER_BYTES)
        case TYPE.array: {
          const elements = this.elements(type)
          if (elements < 0) return -1
          count *= elements
          break
        }
        case TYPE.typedef:
        case TYPE.enum:
        case TYPE.const:
        case TYPE.volatile:
        case TYPE.restrict:
        case TYPE.atomic:
          break
        default:
          return -1
      }
      type = this.target(type)
    }
    return -1
  }

  /** Elements of an array in all its dimensions; -1 where one is open. */
  elements(array: number): number {
    let count = 1
    const { kind, value } = this.parts
    for (let part = this.firstPart(array); part < this.endPart(array); part++) {
      if (kind[part] !== PART.dimension) continue
      if (value[part] < 0n) return -1
      count *= Number(value[part])
    }
    return this.firstPart(array) === this.endPart(array) ? -1 : count
  }

  /** Types of exactly this name, in the order of the tables. */
  find(name: string): number[] {
    const hash = textHash(Buffer.from(name))
    const { type, nameHash, count } = this.byName
    const found: number[] = []
    for (let i = firstWhere(count, (at) => nameHash[at] >= hash); i < count && nameHash[i] === hash; i++) if (type[i] < this.count && this.name(type[i]) === name) found.push(type[i])
    return found
  }

  /** Types whose name is another spelling of this one. The first call reads all names. */
  findNormalized(name: string): number[] {
    const own = lastWord(name)
    let spellings = this.byNormalName.get(own)
    if (!spellings) {
      spellings = new Map()
      for (const type of this.typesByLastWord().get(own) ?? []) {
        const normal = normalizeTypeName(this.name(type), (enumerator) => this.enumerator(enumerator))
        const list = spellings.get(normal)
        if (list) list.push(type)
        else spellings.set(normal, [type])
      }
      this.byNormalName.set(own, spellings)
    }
    return spellings.get(normalizeTypeName(name)) ?? []
  }

  private enumerator(name: string): string | null {
    this.enumerators ??= enumeratorValues(this)
    return this.enumerators.get(name) ?? null
  }

  private typesByLastWord(): Map<string, number[]> {
    if (this.byLastWord) return this.byLastWord
    this.byLastWord = new Map()
    const { type, count } = this.byName
    for (let i = 0; i < count; i++) {
      if (type[i] >= this.count) continue
      const own = lastWord(this.name(type[i]))
      const list = this.byLastWord.get(own)
      if (list) list.push(type[i])
      else this.byLastWord.set(own, [type[i]])
    }
    return this.byLastWord
  }
}

/** A name's last word outside of template arguments and parameters, which all its spellings share. */
function lastWord(name: string): string {
  let depth = 0
  for (let i = name.length - 1; i >= 0; i--) {
    const c = name.charCodeAt(i)
    if (c === GREATER || c === CLOSE || c === CLOSE_SQUARE) depth++
    else if (c === LESS || c === OPEN || c === OPEN_SQUARE) depth--
    else if (depth === 0 && isWordCode(c)) {
      const end = i + 1
      while (i > 0 && isWordCode(name.charCodeAt(i - 1))) i--
      return name.slice(i, end)
    }
  }
  return ''
}

const [LESS, GREATER, OPEN, CLOSE, OPEN_SQUARE, CLOSE_SQUARE] = [...'<>()[]'].map((c) => c.charCodeAt(0))
const isWordCode = (c: number): boolean => (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95 || c === 36 || c > 127

const bufferOver = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

export function place(file: string, line: number): string {
  return file === '' ? '' : line > 0 ? `${file}:${line}` : file
}
