/**
 * What Boost's containers mean beyond their members, as standardTypes.ts has it for the standard library's: nodes whose values are
 * aligned bytes, vectors that count, one object of several. What lies in a small_vector itself is not read. Source: Boost 1.74,
 * container/detail/node_alloc_holder.hpp, container/vector.hpp, optional, variant, smart_ptr.
 */
import type { TypeRef } from '../../contract/rows.ts'
import { idOf, type ProcessSymbols } from '../symbols/processSymbols.ts'
import { PART } from '../symbols/tables.ts'
import { isRecord } from '../symbols/typeTable.ts'
import type { Guard } from './shapes.ts'
import { argumentTypes, headOf, memberOf, pointee, type StandardType } from './standardTypes.ts'

export function boostType(symbols: ProcessSymbols, type: TypeRef): StandardType | null {
  const find = FINDERS[headOf(symbols.name(type))]
  return find === undefined ? null : find(symbols, type)
}

type Finder = (symbols: ProcessSymbols, type: TypeRef) => StandardType | null

const FINDERS: Record<string, Finder | undefined> = {
  'boost::container::vector_alloc_holder': vector,
  'boost::container::list': (symbols, type) => links(symbols, type, 'boost::container::dtl::list_node', 'boost::intrusive::list_node', 0),
  'boost::container::slist': (symbols, type) => links(symbols, type, 'boost::container::dtl::slist_node', 'boost::intrusive::slist_node', 0),
  'boost::container::dtl::tree': (symbols, type) => links(symbols, type, 'boost::container::dtl::tree_node', 'boost::intrusive::compact_rbtree_node', 0),
  'boost::container::dtl::list_node': (symbols, type) => node(symbols, type, 'boost::intrusive::list_node'),
  'boost::container::dtl::slist_node': (symbols, type) => node(symbols, type, 'boost::intrusive::slist_node'),
  'boost::container::dtl::tree_node': (symbols, type) => node(symbols, type, 'boost::intrusive::compact_rbtree_node'),
  'boost::optional_detail::optional_base': optional,
  'boost::optional_detail::tc_optional_base': optional,
  'boost::variant': variant,
  'boost::detail::sp_ms_deleter': (symbols, type) => held(symbols, type, 'storage_', 'initialized_'),
}

/** How many elements there are, and for how many there is room, are numbers. */
function vector(symbols: ProcessSymbols, type: TypeRef): StandardType | null {
  const [start, size, capacity] = ['m_start', 'm_size', 'm_capacity'].map((name) => memberOf(symbols, type, [name]))
  if (!start || !size || !capacity) return null
  return { type, adapter: { kind: 'vector', start: start.offset, finish: size.offset, end: capacity.offset, element: pointee(symbols, start.type), isCounted: true, pointers: [start.offset] } }
}

/** A node of that value, whatever else its arguments are. */
function links(symbols: ProcessSymbols, type: TypeRef, nodeHead: string, base: string, argument: number): StandardType | null {
  const value = argumentTypes(symbols, type)[argument]
  const found = value ? nodeOf(symbols, nodeHead, value) : null
  return found === null ? null : { type, links: { from: (target) => headOf(symbols.name(target)) === base, to: found } }
}

function nodeOf(symbols: ProcessSymbols, head: string, value: TypeRef): TypeRef | null {
  for (const module of symbols.attached) {
    const { type, count } = module.table.byName
    for (let i = 0; i < count; i++) {
      if (!isRecord(module.table.kind(type[i])) || module.table.isDeclaration(type[i]) || !module.table.name(type[i]).startsWith(`${head}<`)) continue
      const id = idOf(module, type[i])
      const [held] = argumentTypes(symbols, id)
      if (held && symbols.isEqual(symbols.bare(held), symbols.bare(value))) return id
    }
  }
  return null
}

/** Its hook, and the value in its aligned bytes. */
function node(symbols: ProcessSymbols, type: TypeRef, hook: string): StandardType | null {
  const [value] = argumentTypes(symbols, type)
  const storage = memberOf(symbols, type, ['m_storage'])
  const base = baseOf(symbols, type, hook, 0)
  return value && storage && base ? { type, contents: [{ type: base, offset: 0 }, { type: value, offset: storage.offset }], links: { from: (target) => headOf(symbols.name(target)) === hook, to: type } } : null
}

const MAX_BASES = 12

/** The base that the links lie in, at offset 0. */
function baseOf(symbols: ProcessSymbols, type: TypeRef, head: string, depth: number): TypeRef | null {
  const owner = symbols.owner(type)
  if (!owner || depth > MAX_BASES || !isRecord(symbols.kind(type))) return null
  const { table } = owner
  const record = type - owner.firstId
  for (let part = table.firstPart(record); part < table.endPart(record); part++) {
    if (table.parts.kind[part] !== PART.base || table.parts.offset[part] !== 0) continue
    const base = symbols.bare(idOf(owner, table.partType(part)))
    if (headOf(symbols.name(base)) === head) return base
    const further = baseOf(symbols, base, head, depth + 1)
    if (further !== null) return further
  }
  return null
}

function optional(symbols: ProcessSymbols, type: TypeRef): StandardType | null {
  return held(symbols, type, 'm_storage', 'm_initialized')
}

/** The first argument's object, while a flag says so. */
function held(symbols: ProcessSymbols, type: TypeRef, bytes: string, flag: string): StandardType | null {
  const [value] = argumentTypes(symbols, type)
  const [storage, isThere] = [memberOf(symbols, type, [bytes]), memberOf(symbols, type, [flag])]
  return value && storage && isThere ? { type, contents: [{ type: value, offset: storage.offset, guard: { offset: isThere.offset, size: 1, value: 1, isNot: false } }] } : null
}

/** `which_` is negative while the alternative lies on the heap. */
function variant(symbols: ProcessSymbols, type: TypeRef): StandardType | null {
  const [which, storage] = [memberOf(symbols, type, ['which_']), memberOf(symbols, type, ['storage_'])]
  if (!which || !storage) return null
  const guard = (i: number): Guard => ({ offset: which.offset, size: 4, value: i, isNot: false })
  return { type, contents: argumentTypes(symbols, type).flatMap((value, i) => (value ? [{ type: value, offset: storage.offset, guard: guard(i) }] : [])) }
}
