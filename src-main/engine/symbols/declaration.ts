/**
 * A type as C or C++ declares it, with each member's place in front: `offset: size` in bytes, for bit-fields
 * `offset:bit: bits`, like gdb's `ptype /o`. Anonymous types are written out where they stand.
 */
import type { HoleRow, MemberRow, TypeRef } from '../../contract/rows.ts'
import { holesOf, membersOf } from './layout.ts'
import { idOf, type ProcessSymbols } from './processSymbols.ts'
import { ENCODING, PART, TYPE, TYPE_FLAG } from './tables.ts'
import { isRecord } from './typeTable.ts'

const MAX_LINES = 5000
/** Anonymous records within one another. */
const MAX_NESTING = 12
const KEYWORD: Partial<Record<number, string>> = { [TYPE.struct]: 'struct', [TYPE.class]: 'class', [TYPE.union]: 'union' }
/** Width of what stands before each line. */
const PLACE = 18

export interface Enumerator {
  name: string
  value: string
}

export interface TemplateArgument {
  name: string
  text: string
  typeId: TypeRef | null
}

export function declarationOf(symbols: ProcessSymbols, id: TypeRef): string {
  const kind = symbols.kind(id)
  if (isRecord(kind)) {
    const lines: string[] = []
    addRecord(symbols, id, 0, 0, ';', lines)
    if (lines.length >= MAX_LINES) lines.push(`${' '.repeat(PLACE)}/* and more */`)
    return lines.join('\n')
  }
  if (kind === TYPE.enum) return enumDeclaration(symbols, id)
  if (kind === TYPE.typedef) return `typedef ${symbols.declare(symbols.target(id), symbols.name(id))};`
  return `${symbols.spell(id)};`
}

function addRecord(symbols: ProcessSymbols, id: TypeRef, at: number, depth: number, end: string, lines: string[]): void {
  const rows = membersOf(symbols, id)
  const size = symbols.size(id)
  const indent = '    '.repeat(depth)
  const bases = rows.filter((row) => (row.kind === 'base' || row.kind === 'virtual base') && row.inherited !== true)
  const name = symbols.name(id)
  const head = [KEYWORD[symbols.kind(id)] ?? 'struct', name].filter((word) => word !== '').join(' ')
  if (size < 0) {
    lines.push(`${' '.repeat(PLACE)}${indent}${head}${end}`)
    return
  }
  const from = bases.length === 0 ? '' : ` : ${bases.map((base) => `${base.kind === 'virtual base' ? 'virtual ' : ''}${base.name}`).join(', ')}`
  lines.push(`${' '.repeat(PLACE)}${indent}${head}${from} {`)
  const holes = symbols.kind(id) === TYPE.union ? [] : holesOf(symbols, rows, size)
  for (const row of inOrder(rows, holes)) {
    if (lines.length >= MAX_LINES) return
    if (!('kind' in row)) {
      lines.push(`${place(at + row.offset, String(row.size))}${indent}    /* ${row.size === 1 ? '1 byte' : `${row.size} bytes`} of padding */`)
      continue
    }
    const absolute = row.offset === null ? null : at + row.offset
    const bare = symbols.bare(row.typeId)
    switch (row.kind) {
      case 'base':
      case 'virtual base':
        lines.push(`${place(absolute, String(row.size ?? '?'))}${indent}    /* ${row.kind} ${row.name} */`)
        break
      case 'static':
        lines.push(`${' '.repeat(PLACE)}${indent}    static ${symbols.declare(row.typeId, row.name)};`)
        break
      default: {
        const note = row.when === undefined ? '' : `  /* when ${row.when} */`
        if (row.typeId === bare && isRecord(symbols.kind(bare)) && symbols.name(bare) === '' && depth < MAX_NESTING) {
          addRecord(symbols, bare, absolute ?? 0, depth + 1, `${row.name === '' ? '' : ` ${row.name}`};${note}`, lines)
          break
        }
        const bits = row.bits ? ` : ${row.bits[1]}` : ''
        const where = row.bits ? place(absolute, `${row.bits[0]}`, String(row.bits[1])) : place(absolute, String(row.size ?? '?'))
        lines.push(`${where}${indent}    ${symbols.declare(row.typeId, row.name)}${bits};${note}`)
      }
    }
  }
  lines.push(`${place(null, String(size))}${indent}}${end}`)
}

function inOrder(rows: MemberRow[], holes: HoleRow[]): (MemberRow | HoleRow)[] {
  const placed: (MemberRow | HoleRow)[] = []
  let next = 0
  for (const row of rows) {
    while (next < holes.length && (row.offset === null || holes[next].offset < row.offset)) placed.push(holes[next++])
    placed.push(row)
  }
  return [...placed, ...holes.slice(next)]
}

/** `8: 4`; a bit-field `8:3: 5`; as a comment. */
function place(offset: number | null, middle: string, bits?: string): string {
  const text = offset === null ? middle.padStart(12) : bits === undefined ? `${String(offset).padStart(5)}: ${middle.padStart(5)}` : `${String(offset).padStart(5)}:${middle}: ${bits.padStart(3)}`
  return `/* ${text} */`.padEnd(PLACE)
}

function enumDeclaration(symbols: ProcessSymbols, id: TypeRef): string {
  const owner = symbols.owner(id)!
  const scoped = owner.table.hasFlag(id - owner.firstId, TYPE_FLAG.scoped) ? ' class' : ''
  const name = symbols.name(id)
  const target = symbols.target(id)
  const rows = enumeratorsOf(symbols, id)
  const listed = rows.slice(0, MAX_LINES).map(({ name, value }) => `    ${name} = ${value},\n`)
  return `enum${scoped}${name === '' ? '' : ` ${name}`}${target === 0 ? '' : ` : ${symbols.spell(target)}`} {\n${listed.join('')}${rows.length > MAX_LINES ? '    /* and more */\n' : ''}};`
}

/** Of an enum; empty for others. */
export function enumeratorsOf(symbols: ProcessSymbols, id: TypeRef): Enumerator[] {
  const owner = symbols.owner(id)
  const rows: Enumerator[] = []
  if (!owner) return rows
  const { table } = owner
  const { kind, value } = table.parts
  for (let part = table.firstPart(id - owner.firstId); part < table.endPart(id - owner.firstId); part++) if (kind[part] === PART.enumerator) rows.push({ name: table.partName(part), value: String(value[part]) })
  return rows
}

export function templateArgumentsOf(symbols: ProcessSymbols, id: TypeRef): TemplateArgument[] {
  const owner = symbols.owner(id)
  const rows: TemplateArgument[] = []
  if (!owner) return rows
  const { table } = owner
  const { kind, value } = table.parts
  for (let part = table.firstPart(id - owner.firstId); part < table.endPart(id - owner.firstId); part++) {
    const typeId = idOf(owner, table.partType(part))
    if (kind[part] === PART.typeArgument) rows.push({ name: table.partName(part), text: symbols.spell(typeId), typeId })
    else if (kind[part] === PART.valueArgument) rows.push({ name: table.partName(part), text: constantText(symbols, typeId, value[part]), typeId: null })
  }
  return rows
}

/** A constant as its type writes it: `true`, `'a'`, `Color::red`, `3`. */
export function constantText(symbols: ProcessSymbols, id: TypeRef, value: bigint): string {
  const bare = symbols.bare(id)
  const owner = symbols.owner(bare)
  if (!owner) return String(value)
  const type = bare - owner.firstId
  if (owner.table.kind(type) === TYPE.enum) {
    const name = enumeratorsOf(symbols, bare).find((row) => row.value === String(value))?.name
    return name === undefined ? String(value) : name
  }
  switch (owner.table.encoding(type)) {
    case ENCODING.boolean:
      return value === 0n ? 'false' : value === 1n ? 'true' : String(value)
    case ENCODING.signedChar:
    case ENCODING.unsignedChar:
      return value >= 32n && value < 127n ? `'${String.fromCharCode(Number(value))}'` : String(value)
    default:
      return String(value)
  }
}
