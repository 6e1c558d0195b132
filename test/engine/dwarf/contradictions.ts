/** What must hold of any symbol tables, from sections however damaged: see the columns' descriptions in symbols/tables.ts. */
import { PART, TYPE, textHash, VARIABLE_FLAG } from '../../../src-main/engine/symbols/tables.ts'
import type { Merged } from './readTables.ts'

/** One sentence, or null where all is well. */
export function contradictionIn(tables: Merged): string | null {
  return columns(tables) ?? texts(tables) ?? references(tables) ?? order(tables) ?? names(tables) ?? containment(tables)
}

function columns(tables: Merged): string | null {
  for (const table of ['types', 'parts', 'variables', 'functions', 'byName'] as const) {
    const { count, ...rest } = tables[table] as unknown as { count: number } & Record<string, ArrayLike<number>>
    for (const [column, values] of Object.entries(rest)) {
      if (values.length !== count) return `${table}.${column} has ${values.length} entries, not ${count}`
      if (values instanceof Float64Array && !values.every(Number.isFinite)) return `${table}.${column} holds what is no number`
    }
  }
  if (tables.types.count < 1 || tables.types.kind[0] !== TYPE.void) return 'row 0 of types is not void'
  return null
}

function texts({ strings, types, parts, variables, functions }: Merged): string | null {
  if (strings.length === 0 || strings[0] !== 0 || strings[strings.length - 1] !== 0) return 'strings do not start with the empty text, or do not end with a zero byte'
  const columns = { 'types.name': types.name, 'types.file': types.file, 'parts.name': parts.name, 'variables.name': variables.name, 'variables.file': variables.file, 'functions.name': functions.name }
  for (const [column, values] of Object.entries(columns)) {
    for (const at of values) if (at >= strings.length || (at > 0 && strings[at - 1] !== 0)) return `${column} says ${at}, where no text starts`
  }
  return null
}

function references({ types, parts, variables }: Merged): string | null {
  for (let i = 0; i < types.count; i++) {
    if (!(types.kind[i] in Object.values(TYPE))) return `type ${i} is of kind ${types.kind[i]}`
    if (types.target[i] >= types.count || types.containing[i] >= types.count) return `type ${i} refers to a type that is not there`
    if (types.partCount[i] > 0 && types.firstPart[i] + types.partCount[i] > parts.count) return `type ${i} has parts that are not there`
    if (types.size[i] < -1) return `type ${i} has ${types.size[i]} bytes`
  }
  for (let i = 0; i < parts.count; i++) {
    if (parts.type[i] >= types.count) return `part ${i} refers to a type that is not there`
    if (parts.firstBit[i] > 7) return `part ${i} starts at bit ${parts.firstBit[i]}`
    if ((parts.kind[i] === PART.enumerator || parts.kind[i] === PART.dimension) && parts.type[i] !== 0) return `part ${i} has a type, which its kind has not`
    if (!(parts.kind[i] in Object.values(PART))) return `part ${i} is of kind ${parts.kind[i]}`
  }
  for (let i = 0; i < variables.count; i++) if (variables.type[i] >= types.count) return `variable ${i} refers to a type that is not there`
  return null
}

function order({ variables, functions }: Merged): string | null {
  const tls = (i: number): number => variables.flags[i] & VARIABLE_FLAG.tls
  for (let i = 1; i < variables.count; i++) {
    if (tls(i - 1) > tls(i) || (tls(i - 1) === tls(i) && variables.address[i - 1] > variables.address[i])) return `variable ${i} is out of order`
  }
  for (let i = 0; i < functions.count; i++) {
    if (functions.low[i] >= functions.high[i]) return `function ${i} is empty`
    if (i > 0 && functions.low[i - 1] > functions.low[i]) return `function ${i} is out of order`
  }
  return null
}

function names({ strings, types, byName }: Merged): string | null {
  const listed = new Set<number>()
  for (let i = 0; i < byName.count; i++) {
    const type = byName.type[i]
    if (type >= types.count || types.name[type] === 0) return `byName ${i} is no named type`
    if (i > 0 && byName.nameHash[i - 1] > byName.nameHash[i]) return `byName ${i} is out of order`
    const at = types.name[type]
    if (textHash(strings.subarray(at, strings.indexOf(0, at))) !== byName.nameHash[i]) return `byName ${i} has another hash than its type's name`
    listed.add(type)
  }
  for (let i = 0; i < types.count; i++) if (types.name[i] !== 0 && !listed.has(i)) return `type ${i} is named, but not in byName`
  return null
}

const ALIASES: ReadonlySet<number> = new Set([TYPE.typedef, TYPE.const, TYPE.volatile, TYPE.restrict, TYPE.atomic, TYPE.array, TYPE.enum])
const HELD: ReadonlySet<number> = new Set([PART.member, PART.base, PART.virtualBase, PART.discriminant, PART.variant, PART.defaultVariant])

/** No type holds itself by value, directly or through others: readers follow targets and members without keeping count. */
function containment({ types, parts }: Merged): string | null {
  const held = (type: number): number[] => {
    const inner = ALIASES.has(types.kind[type]) ? [types.target[type]] : []
    for (let i = 0; i < types.partCount[type]; i++) if (HELD.has(parts.kind[types.firstPart[type] + i])) inner.push(parts.type[types.firstPart[type] + i])
    return inner
  }
  const state = new Uint8Array(types.count)
  for (let start = 0; start < types.count; start++) {
    if (state[start] !== 0) continue
    state[start] = 1
    const path = [{ type: start, inner: held(start) }]
    while (path.length > 0) {
      const { type, inner } = path[path.length - 1]
      const next = inner.pop()
      if (next === undefined) {
        state[type] = 2
        path.pop()
      } else if (state[next] === 1) return `type ${next} holds itself`
      else if (state[next] === 0) {
        state[next] = 1
        path.push({ type: next, inner: held(next) })
      }
    }
  }
  return null
}
