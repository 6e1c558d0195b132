/** From items, fields and roots of the inference to what lists of blocks show: types by name, members and variables in words. */
import { UNKNOWN_TYPE, type KnownType } from '../findings/top.ts'
import type { ProcessSymbols } from '../symbols/processSymbols.ts'
import { STRENGTH, type Claims, type Item } from './claims.ts'
import type { Shapes } from './shapes.ts'
import type { StoredField } from './storedTypes.ts'
import type { TypeRoot } from './inference.ts'

/** One type for each name, however many items have it. @param before by which some have vtables */
export function knownTypes(claims: Claims, before: readonly KnownType[], symbols: ProcessSymbols): { types: KnownType[]; typeOfItem: Uint32Array } {
  const types: KnownType[] = [UNKNOWN_TYPE]
  const typeOfItem = new Uint32Array(claims.items.length)
  const byName = new Map<string, number>()
  const vtables = new Map(before.map((type) => [type.label, type]))
  claims.items.forEach((item, i) => {
    if (i === 0) return
    const key = `${item.name} ${item.header}`
    let index = byName.get(key)
    if (index === undefined) byName.set(key, (index = types.push(knownType(item, vtables.get(item.name), symbols)) - 1))
    typeOfItem[i] = index
  })
  return { types, typeOfItem }
}

/** new[] counts elements of 8 bytes before them. */
export function knownType({ type, isArray, header, size, name, isPartial }: Item, before: KnownType | undefined, symbols: ProcessSymbols): KnownType {
  if (type === 0 && before) return { ...before }
  const owner = symbols.owner(type)
  return {
    name: isPartial === true ? null : name,
    label: name,
    counted: isArray && header === 8,
    evidence: before?.evidence ?? '',
    ...(isArray && header !== 8 && size > 0 ? { element: { size, header } } : {}),
    ...(owner ? { of: { module: owner.index, type: type - owner.firstId } } : {}),
  }
}

/** What is said of types that neither a member nor a variable tells. */
export const BY_SHAPE = 'its shape'

/** Fields that claims came along, in words, and their 1-based positions by the shapes' ids. Types say along which most came. */
export function usedFields(claims: Claims, shapes: Shapes, types: KnownType[], typeOfItem: Uint32Array): { fields: StoredField[]; fieldOf: Uint32Array } {
  const { item, via, strength, parent } = claims
  const [byVtable, byShape, choices] = [shapes.fieldCount + 1, shapes.fieldCount + 2, shapes.fieldCount + 3]
  const fieldOf = new Uint32Array(shapes.fieldCount)
  const fields: StoredField[] = []
  const counts = new Map<number, number>()
  for (let b = 0; b < item.length; b++) {
    if (item[b] === 0) continue
    const key = typeOfItem[item[b]] * choices + (strength[b] === STRENGTH.vtable ? byVtable : via[b] === 0 && parent[b] <= item.length ? byShape : via[b])
    counts.set(key, (counts.get(key) ?? 0) + 1)
    if (via[b] === 0 || fieldOf[via[b] - 1] > 0) continue
    const { owner, path } = shapes.field(via[b] - 1)
    fieldOf[via[b] - 1] = fields.push({ owner: shapes.name(owner), path })
  }
  const ways = new Map<number, { via: number; count: number }[]>()
  for (const [key, count] of counts) {
    const type = Math.floor(key / choices)
    const list = ways.get(type) ?? []
    list.push({ via: key % choices, count })
    ways.set(type, list)
  }
  for (const [type, list] of ways) {
    list.sort((a, b) => b.count - a.count)
    const [most] = list
    const others = list.length === 1 ? '' : ` and ${list.length - 1} more ${list.length === 2 ? 'way' : 'ways'}`
    if (most.via === byVtable) continue
    types[type].evidence = most.via === 0 ? `a variable${others}` : most.via === byShape ? `${BY_SHAPE}${others}` : `${memberName(fields[fieldOf[most.via - 1] - 1])}${others}`
  }
  return { fields, fieldOf }
}

/** `Owner.member`. */
export const memberName = ({ owner, path }: StoredField): string => (path === '' ? `${owner.replace(/ (\*+)$/, ' $1')}[]` : `${owner}.${path}`)

export function rootNames(roots: readonly TypeRoot[], symbols: ProcessSymbols): string[] {
  return roots.map((root) => {
    if (root.kind === 'local') return root.name
    const { module, variable, tid } = root
    const owner = symbols.module(module)
    if (!owner) return ''
    const name = owner.table.text(owner.table.variables.name[variable])
    return tid === null ? `${name} (${owner.name})` : `${name} (${owner.name}, thread ${tid})`
  })
}
