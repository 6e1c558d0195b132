/** Symbol tables in words, for tests to state. A type is written from its innermost part outwards: `int const * [3]` is three pointers. */
import { PART, TYPE, TYPE_FLAG, VARIABLE_FLAG } from '../../../src-main/engine/symbols/tables.ts'
import type { Merged } from './readTables.ts'

const KIND = Object.fromEntries(Object.entries(TYPE).map(([name, code]) => [code, name])) as Record<number, keyof typeof TYPE>
const decoder = new TextDecoder()

export class TableText {
  readonly tables: Merged

  constructor(tables: Merged) {
    this.tables = tables
  }

  string(at: number): string {
    const { strings } = this.tables
    return decoder.decode(strings.subarray(at, strings.indexOf(0, at)))
  }

  /** A type as a member would name it; anonymous ones with what they hold. */
  type(index: number, depth = 0): string {
    const { kind, name, target, containing } = this.tables.types
    if (depth > 8) return '…'
    const at = this.string(name[index])
    const inner = (): string => this.type(target[index], depth + 1)
    const of = KIND[kind[index]]
    switch (of) {
      case 'void':
        return 'void'
      case 'base':
      case 'struct':
      case 'class':
      case 'union':
      case 'enum':
      case 'typedef':
      case 'unspecified':
        return at === '' ? `${of} { ${this.parts(index, depth + 1).join('; ')} }` : at
      case 'pointer':
        return `${inner()} *`
      case 'reference':
        return `${inner()} &`
      case 'rvalueReference':
        return `${inner()} &&`
      case 'memberPointer':
        return `${inner()} ${this.type(containing[index], depth + 1)}::*`
      case 'array':
        return inner() + ' ' + this.parts(index, depth + 1).join('')
      case 'function':
        return `${inner()} (${this.parts(index, depth + 1).join(', ')})`
      case 'variantPart':
        return `variants { ${this.parts(index, depth + 1).join('; ')} }`
      case 'const':
      case 'volatile':
      case 'restrict':
      case 'atomic':
        return `${inner()} ${of}`
    }
  }

  parts(index: number, depth = 0): string[] {
    const { firstPart, partCount } = this.tables.types
    return Array.from({ length: partCount[index] }, (_, i) => this.part(firstPart[index] + i, depth))
  }

  private part(row: number, depth: number): string {
    const { kind, name, type, offset, firstBit, bitCount, value } = this.tables.parts
    const at = this.string(name[row])
    const of = this.type(type[row], depth)
    const place = bitCount[row] > 0 ? `${offset[row]}.${firstBit[row]}+${bitCount[row]}` : String(offset[row])
    const named = at === '' ? '' : ` ${at}`
    switch (kind[row]) {
      case PART.member:
        return `${place}${named}: ${of}`
      case PART.base:
        return `${place} base ${of}`
      case PART.virtualBase:
        return `${place} virtual base ${of}`
      case PART.staticMember:
        return `static${named}: ${of}`
      case PART.enumerator:
        return `${at} = ${value[row]}`
      case PART.parameter:
        return of
      case PART.ellipsis:
        return '...'
      case PART.typeArgument:
        return `typename${named} = ${of}`
      case PART.valueArgument:
        return `${of}${named} = ${value[row]}`
      case PART.dimension:
        return value[row] < 0n ? '[]' : `[${value[row]}]`
      case PART.discriminant:
        return `${place} discriminant${named}: ${of}`
      case PART.variant:
        return `case ${value[row]}: ${place}${named}: ${of}`
      case PART.defaultVariant:
        return `default: ${place}${named}: ${of}`
      default:
        return `part of kind ${kind[row]}`
    }
  }

  /** `struct A 16 a.c:3`, and the parts below it. */
  layout(index: number): string[] {
    const { kind, flags, size, align, target, file, line, encoding } = this.tables.types
    const own = [KIND[kind[index]], this.type(index)]
    if (size[index] >= 0) own.push(String(size[index]))
    if (align[index] > 0) own.push(`aligned ${align[index]}`)
    if (encoding[index] > 0) own.push(`encoding ${encoding[index]}`)
    for (const [name, bit] of Object.entries(TYPE_FLAG)) if (flags[index] & bit) own.push(name)
    if (target[index] > 0) own.push(`of ${this.type(target[index])}`)
    if (file[index] > 0) own.push(`${this.string(file[index])}:${line[index]}`)
    return [own.join(' '), ...this.parts(index)]
  }

  /** Rows of that name. */
  find(name: string): number[] {
    const { count, name: names } = this.tables.types
    return Array.from({ length: count }, (_, i) => i).filter((i) => this.string(names[i]) === name)
  }

  /** The only type of that name. */
  only(name: string): string[] {
    const found = this.find(name)
    if (found.length !== 1) throw new Error(`${found.length} types are named ${name}; there are ${this.names().join(', ')}`)
    return this.layout(found[0])
  }

  names(): string[] {
    const { count, name } = this.tables.types
    return Array.from({ length: count }, (_, i) => this.string(name[i])).filter((text) => text !== '')
  }

  variables(): string[] {
    const { count, name, type, address, flags, file, line } = this.tables.variables
    return Array.from({ length: count }, (_, i) => {
      const marks = Object.entries(VARIABLE_FLAG).filter(([, bit]) => flags[i] & bit).map(([mark]) => ` ${mark}`).join('')
      return `0x${address[i].toString(16)}${marks} ${this.string(name[i])}: ${this.type(type[i])}${file[i] > 0 ? ` ${this.string(file[i])}:${line[i]}` : ''}`
    })
  }

  functions(): string[] {
    const { count, low, high, name } = this.tables.functions
    return Array.from({ length: count }, (_, i) => `0x${low[i].toString(16)}-0x${high[i].toString(16)} ${this.string(name[i])}`)
  }

  /** Everything, in an order that doesn't depend on the order of rows; hashes included. */
  everything(): string[] {
    const { count, hashLow, hashHigh } = this.tables.types
    const types = Array.from({ length: count }, (_, i) => `${this.layout(i).join(' | ')} #${hashHigh[i].toString(16)}.${hashLow[i].toString(16)}`).sort()
    return [...types, ...this.variables(), ...this.functions()]
  }
}
