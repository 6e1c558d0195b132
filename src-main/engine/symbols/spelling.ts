/**
 * Types as C and C++ spell them, the way gdb's `whatis` does: `const char *`, `int (*)(int, char)`, `void (Foo::*)(int)`.
 * C's declarators grow around the name from the inside out, so the text is built while walking from the type to its
 * innermost target. Source: C11 §6.7.6, C++ [dcl.decl]. Tables may hold loops: depth and number of types are bounded.
 */
import { PART, TYPE } from './tables.ts'
import { isQualifier, MAX_DEPTH, type TypeTable } from './typeTable.ts'

/** Types that one spelling may visit: parameters of parameters multiply. */
const MAX_TYPES = 400
const UNNAMED: Partial<Record<number, string>> = { [TYPE.struct]: 'struct {...}', [TYPE.class]: 'class {...}', [TYPE.union]: 'union {...}', [TYPE.enum]: 'enum {...}', [TYPE.variantPart]: 'variants' }

/** @param name of what is declared: `int [3]` without, `int table[3]` with one */
export function spell(table: TypeTable, type: number, name = ''): string {
  return declare(table, type, name, { left: MAX_TYPES })
}

function declare(table: TypeTable, type: number, name: string, budget: { left: number }): string {
  let declarator = name
  // a pointer binds weaker than the brackets of an array or a function that come next
  let isPointer = false
  let qualifiers: string[] = []
  const afterPointer = (): string => {
    const text = qualifiers.join(' ')
    qualifiers = []
    return text === '' || declarator === '' ? text : `${text} `
  }
  for (let depth = 0; depth < MAX_DEPTH && budget.left-- > 0; depth++) {
    const kind = table.kind(type)
    if (isQualifier(kind)) {
      const word = QUALIFIER[kind]!
      if (!qualifiers.includes(word)) qualifiers.push(word)
      type = table.target(type)
      continue
    }
    switch (kind) {
      case TYPE.pointer:
      case TYPE.reference:
      case TYPE.rvalueReference:
        declarator = `${kind === TYPE.pointer ? '*' : kind === TYPE.reference ? '&' : '&&'}${afterPointer()}${declarator}`
        isPointer = true
        break
      case TYPE.memberPointer:
        declarator = `${plainName(table, table.containing(type))}::*${afterPointer()}${declarator}`
        isPointer = true
        break
      case TYPE.array:
        declarator = `${isPointer ? `(${declarator})` : declarator}${dimensions(table, type)}`
        isPointer = false
        break
      case TYPE.function:
        declarator = `${isPointer ? `(${declarator})` : declarator}(${parameters(table, type, budget)})${qualifiers.map((q) => ` ${q}`).join('')}`
        qualifiers = []
        isPointer = false
        break
      default: {
        const base = [...qualifiers, plainName(table, type)].join(' ')
        return declarator === '' ? base : `${base} ${declarator}`
      }
    }
    type = table.target(type)
  }
  return declarator === '' ? '...' : `... ${declarator}`
}

const QUALIFIER: Partial<Record<number, string>> = { [TYPE.const]: 'const', [TYPE.volatile]: 'volatile', [TYPE.restrict]: 'restrict', [TYPE.atomic]: '_Atomic' }

function plainName(table: TypeTable, type: number): string {
  const kind = table.kind(type)
  if (kind === TYPE.void) return 'void'
  return table.name(type) || (UNNAMED[kind] ?? 'unnamed type')
}

function dimensions(table: TypeTable, array: number): string {
  const { kind, value } = table.parts
  let text = ''
  for (let part = table.firstPart(array); part < table.endPart(array); part++) if (kind[part] === PART.dimension) text += value[part] < 0n ? '[]' : `[${value[part]}]`
  return text || '[]'
}

function parameters(table: TypeTable, type: number, budget: { left: number }): string {
  const { kind } = table.parts
  const texts: string[] = []
  for (let part = table.firstPart(type); part < table.endPart(type); part++) {
    if (kind[part] === PART.ellipsis) texts.push('...')
    if (kind[part] !== PART.parameter) continue
    if (budget.left <= 0) {
      texts.push('...')
      break
    }
    texts.push(declare(table, table.partType(part), '', budget))
  }
  return texts.length === 0 ? 'void' : texts.join(', ')
}
