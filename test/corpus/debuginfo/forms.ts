/**
 * What a type is, in one form for gdb (gdbTypes.py writes it) and for corelens' tables: named types by name, everything
 * else spelled out, down to the bit. Left out, because gdb's Python can't say it: restrict and atomic, ellipses, and what a
 * pointer to a member function leads to.
 */
import { PART, TYPE, TYPE_FLAG, VARIABLE_FLAG, type SymbolTables } from '../../../src-main/engine/symbols/tables.ts'
import { TypeTable, isQualifier } from '../../../src-main/engine/symbols/typeTable.ts'

export type Reference =
  | ['named', string]
  | ['const' | 'volatile' | 'pointer' | 'reference' | 'rvalueReference' | 'memberPointer', Reference]
  | ['array' | 'vector', number | null, Reference]
  | ['function', Reference, Reference[]]
  | ['methodPointer']
  | Composite
/** Kind, bytes (null: only declared), members or enumerators. A class is a struct here, as it is in gdb. */
export type Composite = ['struct' | 'union', number | null, Member[]] | ['enum', number | null, [string, string][]]
/** Name, bits from the start (null: static), bits of a bit-field or 0, type, whether it is a base. */
export type Member = [string, number | null, number, Reference, ('base' | 'virtual')?]

export interface TypeFact {
  name: string
  form: Composite
  /** The function it is local to; '' for others. */
  local: string
}

export interface VariableFact {
  name: string
  form: Reference
  /** null where gdb can't tell without a process. */
  address: number | null
  tls: boolean
  local: string
}

export interface Facts {
  types: TypeFact[]
  variables: VariableFact[]
}

/** Forms nest unnamed types only: a nesting deeper than this is a loop. */
const MAX_NESTING = 40

/** `<class> <base>` → bytes from the start of a complete object of the class. */
export function virtualBasesOf(tables: SymbolTables): Map<string, number> {
  const table = new TypeTable(tables)
  const { kind, offset } = tables.parts
  const found = new Map<string, number>()
  for (let type = 1; type < tables.types.count; type++) {
    for (let part = table.firstPart(type); part < table.endPart(type); part++) {
      if (kind[part] === PART.virtualBase || kind[part] === PART.inheritedVirtualBase) found.set(`${table.name(type)} ${table.name(table.partType(part))}`, offset[part])
    }
  }
  return found
}

/** Every named, defined struct, class, union and enum of a module's tables, and every variable. */
export function factsOf(tables: SymbolTables): Facts {
  const forms = new Forms(tables)
  const types: TypeFact[] = []
  for (let type = 1; type < tables.types.count; type++) {
    const name = forms.table.name(type)
    const typedef = forms.unnamedBehind(type)
    if (typedef !== null) types.push({ name, form: forms.composite(typedef, 0), local: '' })
    if (name === '' || !isComposite(tables.types.kind[type]) || forms.table.isDeclaration(type)) continue
    types.push({ name, form: forms.composite(type, 0), local: '' })
  }
  const { variables } = tables
  return {
    types,
    variables: Array.from({ length: variables.count }, (_, i) => ({
      name: forms.table.text(variables.name[i]),
      form: forms.reference(variables.type[i]),
      address: variables.address[i],
      tls: (variables.flags[i] & VARIABLE_FLAG.tls) !== 0,
      local: (variables.flags[i] & VARIABLE_FLAG.local) !== 0 ? 'local' : '',
    })),
  }
}

const isComposite = (kind: number): boolean => kind === TYPE.struct || kind === TYPE.class || kind === TYPE.union || kind === TYPE.enum

class Forms {
  readonly table: TypeTable
  private readonly tables: SymbolTables

  constructor(tables: SymbolTables) {
    this.table = new TypeTable(tables)
    this.tables = tables
  }

  /** The unnamed, defined type that a typedef of another name than its own leads to; null for all else. */
  unnamedBehind(type: number): number | null {
    const { table } = this
    if (table.kind(type) !== TYPE.typedef) return null
    let target = table.target(type)
    for (let depth = 0; depth < MAX_NESTING && isQualifier(table.kind(target)); depth++) target = table.target(target)
    const isUnnamed = table.name(target) === '' || (table.hasFlag(target, TYPE_FLAG.namedByTypedef) && table.name(target) !== table.name(type))
    return isComposite(table.kind(target)) && isUnnamed && !table.isDeclaration(target) ? target : null
  }

  composite(type: number, nesting: number): Composite {
    const { table } = this
    const { parts } = this.tables
    const isDeclared = table.isDeclaration(type)
    const size = isDeclared ? null : table.size(type)
    if (table.kind(type) === TYPE.enum) {
      const enumerators: [string, string][] = []
      for (let part = table.firstPart(type); part < table.endPart(type); part++) {
        if (parts.kind[part] === PART.enumerator) enumerators.push([table.partName(part), String(parts.value[part])])
      }
      return ['enum', size, enumerators]
    }
    return [table.kind(type) === TYPE.union ? 'union' : 'struct', size, this.members(type, 0, nesting)]
  }

  private members(type: number, from: number, nesting: number): Member[] {
    const { table } = this
    const { parts } = this.tables
    const members: Member[] = []
    if (nesting > MAX_NESTING) return members
    for (let part = table.firstPart(type); part < table.endPart(type); part++) {
      const at = (from + parts.offset[part]) * 8 + parts.firstBit[part]
      const of = table.partType(part)
      const form = (): Reference => this.reference(of, nesting + 1)
      switch (parts.kind[part]) {
        case PART.member:
        case PART.variant:
        case PART.defaultVariant:
        case PART.discriminant:
          if (table.kind(of) === TYPE.variantPart) members.push(...this.members(of, from + parts.offset[part], nesting + 1))
          else members.push([table.partName(part), at, parts.bitCount[part], form()])
          break
        case PART.base:
          members.push([table.name(of), at, 0, form(), 'base'])
          break
        case PART.virtualBase:
          members.push([table.name(of), null, 0, form(), 'virtual'])
          break
        case PART.staticMember:
          members.push([table.partName(part), null, 0, form()])
          break
      }
    }
    return members
  }

  reference(type: number, nesting = 0): Reference {
    const { table } = this
    const { kind, target } = this.tables.types
    if (nesting > MAX_NESTING) return ['named', '…']
    switch (table.kind(type)) {
      case TYPE.void:
        return ['named', 'void']
      case TYPE.const:
      case TYPE.volatile: {
        const word = kind[type] === TYPE.const ? 'const' : 'volatile'
        return qualified(word, this.reference(target[type], nesting + 1))
      }
      case TYPE.restrict:
      case TYPE.atomic:
        return this.reference(target[type], nesting + 1)
      case TYPE.pointer:
        return ['pointer', this.reference(target[type], nesting + 1)]
      case TYPE.reference:
        return ['reference', this.reference(target[type], nesting + 1)]
      case TYPE.rvalueReference:
        return ['rvalueReference', this.reference(target[type], nesting + 1)]
      case TYPE.memberPointer:
        return table.kind(table.bare(target[type])) === TYPE.function ? ['methodPointer'] : ['memberPointer', this.reference(target[type], nesting + 1)]
      case TYPE.array:
        return this.array(type, nesting)
      case TYPE.function:
        return ['function', this.reference(target[type], nesting + 1), this.parameters(type, nesting + 1)]
      default: {
        const name = table.hasFlag(type, TYPE_FLAG.namedByTypedef) ? '' : table.name(type)
        return name === '' && isComposite(table.kind(type)) ? this.composite(type, nesting + 1) : ['named', name]
      }
    }
  }

  private array(type: number, nesting: number): Reference {
    const { table } = this
    const { parts, types } = this.tables
    let form = this.reference(types.target[type], nesting + 1)
    const word = table.hasFlag(type, TYPE_FLAG.vector) ? 'vector' : 'array'
    for (let part = table.endPart(type) - 1; part >= table.firstPart(type); part--) {
      // gdb says 0 elements where the bound is open.
      if (parts.kind[part] === PART.dimension) form = [word, Math.max(0, Number(parts.value[part])), form]
    }
    return form
  }

  private parameters(type: number, nesting: number): Reference[] {
    const { table } = this
    const forms: Reference[] = []
    for (let part = table.firstPart(type); part < table.endPart(type); part++) {
      if (this.tables.parts.kind[part] === PART.parameter) forms.push(this.reference(table.partType(part), nesting + 1))
    }
    return forms
  }
}

/** An array's const is its elements', `const volatile` and `volatile const` are one. */
function qualified(word: 'const' | 'volatile', form: Reference): Reference {
  if (form[0] === 'array') return ['array', form[1], qualified(word, form[2])]
  if (form[0] === word) return form
  if (word === 'volatile' && form[0] === 'const') return ['const', qualified('volatile', form[1])]
  return [word, form]
}
