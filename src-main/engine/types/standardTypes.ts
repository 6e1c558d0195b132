/**
 * What the standard library's containers mean beyond their members: nodes are linked through bases that say nothing of what
 * they hold, objects live in aligned buffers, a vector's storage is only used up to its end. libstdc++ (both string ABIs) and
 * libc++; members are found by name, so that versions and debug builds of them agree. Source: bits/stl_*.h of gcc 12,
 * __tree, __hash_table, list, string of libc++ 14.
 */
import type { TypeRef } from '../../contract/rows.ts'
import { templateArgumentsOf } from '../symbols/declaration.ts'
import { idOf, type ProcessSymbols } from '../symbols/processSymbols.ts'
import { PART, TYPE } from '../symbols/tables.ts'
import { isRecord } from '../symbols/typeTable.ts'
import { boostType } from './boostTypes.ts'
import type { Guard, MadeType, Shapes } from './shapes.ts'

/** Reads a container's own words. Offsets are from the container's start; `pointers` are those it reads itself. */
export type Adapter =
  /** [start, finish) holds elements, [finish, end) nothing. Where it is counted, `finish` is their number and `end` for how many there is room. */
  | { kind: 'vector'; start: number; finish: number; end: number; element: TypeRef; isCounted?: boolean; pointers: number[] }
  /** Characters behind a pointer, unless they are in the string itself. */
  | { kind: 'string'; data: number; length: number; local: number; character: TypeRef; pointers: number[] }
  /** libc++'s: the lowest bit of the first byte says whether there is a buffer. */
  | { kind: 'long string'; data: number; length: number; character: TypeRef; pointers: number[] }
  /** Characters behind a header of 24 bytes that the pointer does not point to: length, capacity, references. */
  | { kind: 'counted string'; data: number; character: TypeRef; pointers: number[] }
  /**
   * `map` leads to pointers to buffers; elements lie from `first` of buffer `startNode` to `last` of buffer `finishNode`. Where it is
   * counted, `first` is how many elements of the first buffer are gone, `last` how many there are, and `finishNode` is behind the last buffer.
   */
  | { kind: 'deque'; map: number; first: number; startNode: number; last: number; finishNode: number; element: TypeRef; bufferBytes: number; isCounted: boolean; pointers: number[] }
  /** What a type-erased object holds is named by the function that manages it. */
  | { kind: 'erased'; data: number; manager: number; local: number; pointers: number[] }

export interface StandardType {
  type: TypeRef
  adapter?: Adapter
  /** Pointers to what `from` says lead to nodes of this type. */
  links?: { from(target: TypeRef): boolean; to: TypeRef }
  /** What lies within it in truth, in place of its members. */
  contents?: { type: TypeRef; offset: number; guard?: Guard }[]
  /** What it says counts only under this: what its adapter says, where it has one. */
  guard?: Guard
}

/** Bytes of a buffer of libstdc++'s deque: bits/stl_deque.h, __deque_buf_size. */
const DEQUE_BUFFER = 512

export function standardType(shapes: Shapes, type: TypeRef): StandardType | null {
  const name = shapes.symbols.name(type)
  if (name.startsWith('boost::')) return boostType(shapes.symbols, type)
  if (!name.startsWith('std::') && !name.startsWith('__gnu_cxx::')) return null
  const head = headOf(name)
  const node = NODES[head]
  if (node !== undefined) return links(shapes, type, node)
  if (head === 'std::_Deque_base') return deque(shapes, type)
  const find = FINDERS[head]
  return find === undefined ? null : find(shapes.symbols, type)
}

/** Links of nodes are all that these are there for; a pointer to one says nothing of the node. */
export function isNodeBase(symbols: ProcessSymbols, type: TypeRef): boolean {
  return NODE_BASES.has(headOf(symbols.name(type)))
}

const NODE_BASES = new Set(
  ['std::__detail::_List_node_base', 'std::_Rb_tree_node_base', 'std::__detail::_Hash_node_base', 'std::_Fwd_list_node_base', 'std::__list_node_base', 'std::__tree_node_base', 'std::__tree_end_node', 'std::__hash_node_base', 'std::__forward_begin_node', 'boost::unordered::detail::ptr_bucket'],
)

/** `std::vector` of `std::__cxx11::vector<int>`. */
export function headOf(name: string): string {
  const end = name.indexOf('<')
  return (end < 0 ? name : name.slice(0, end)).replaceAll(/\b(__cxx11|__1|__ndk1|__cxx1998|__8)::/g, '')
}

type Finder = (symbols: ProcessSymbols, type: TypeRef) => StandardType | null

/** What the nodes of a container are. Compilers may leave their definition out: then it is made. */
interface Nodes {
  /** Position of the template argument that is the value. */
  argument: number
  /** With `$` for the value as it is spelled, `#` for whether hashes are kept. */
  name: string
  /** Types that links are declared as; the first is the nodes' base. */
  bases: string[]
  /** Bytes of members before the value; the value may begin in the last padding of them. */
  before: number
}

const NODES: Record<string, Nodes | undefined> = {
  'std::_List_base': { argument: 0, name: 'std::_List_node<$>', bases: ['std::__detail::_List_node_base'], before: 16 },
  'std::_Fwd_list_base': { argument: 0, name: 'std::_Fwd_list_node<$>', bases: ['std::_Fwd_list_node_base'], before: 8 },
  'std::_Rb_tree': { argument: 1, name: 'std::_Rb_tree_node<$>', bases: ['std::_Rb_tree_node_base'], before: 32 },
  'std::_Hashtable': { argument: 1, name: 'std::__detail::_Hash_node<$, #>', bases: ['std::__detail::_Hash_node_base'], before: 8 },
  // libc++
  'std::__list_imp': { argument: 0, name: 'std::__1::__list_node<$, void *>', bases: ['std::__list_node_base'], before: 16 },
  'std::__forward_list_base': { argument: 0, name: 'std::__1::__forward_list_node<$, void *>', bases: ['std::__forward_begin_node'], before: 8 },
  'std::__tree': { argument: 0, name: 'std::__1::__tree_node<$, void *>', bases: ['std::__tree_node_base', 'std::__tree_end_node'], before: 25 },
  'std::__hash_table': { argument: 0, name: 'std::__1::__hash_node<$, void *>', bases: ['std::__hash_node_base'], before: 16 },
}

const FINDERS: Record<string, Finder | undefined> = {
  'std::_Vector_base': (symbols, type) => vector(symbols, type, ['_M_impl', '_M_start'], ['_M_impl', '_M_finish'], ['_M_impl', '_M_end_of_storage']),
  'std::basic_string': (symbols, type) => string(symbols, type),
  'std::_List_node': (symbols, type) => ownLinks(symbols, type, ['std::__detail::_List_node_base']),
  'std::_Fwd_list_node': (symbols, type) => ownLinks(symbols, type, ['std::_Fwd_list_node_base']),
  'std::_Rb_tree_node': (symbols, type) => ownLinks(symbols, type, ['std::_Rb_tree_node_base']),
  'std::__detail::_Hash_node': (symbols, type) => ownLinks(symbols, type, ['std::__detail::_Hash_node_base']),
  '__gnu_cxx::__aligned_membuf': held,
  '__gnu_cxx::__aligned_buffer': held,
  'std::_Optional_payload_base': (symbols, type) => optional(symbols, type, '_M_engaged'),
  'std::__detail::__variant::_Variant_storage': (symbols, type) => variant(symbols, type, '_M_index'),
  'std::_Sp_counted_ptr_inplace': counted,
  'std::_Sp_counted_ptr': counted,
  'std::_Sp_counted_deleter': counted,
  'std::_Function_base': (symbols, type) => erased(symbols, type, ['_M_functor'], ['_M_manager']),
  'std::any': (symbols, type) => erased(symbols, type, ['_M_storage'], ['_M_manager']),
  // libc++
  'std::vector': (symbols, type) => vector(symbols, type, ['__begin_'], ['__end_'], ['__end_cap_']) ?? vector(symbols, type, ['__begin_'], ['__end_'], ['__cap_']),
  'std::deque': countedDeque,
  'std::__list_node': (symbols, type) => ownLinks(symbols, type, ['std::__list_node_base']),
  'std::__tree_node': (symbols, type) => ownLinks(symbols, type, ['std::__tree_node_base', 'std::__tree_end_node']),
  'std::__hash_node': (symbols, type) => ownLinks(symbols, type, ['std::__hash_node_base']),
  'std::__forward_list_node': (symbols, type) => ownLinks(symbols, type, ['std::__forward_begin_node']),
  'std::__shared_ptr_emplace': emplaced,
  'std::__optional_destruct_base': (symbols, type) => optional(symbols, type, '__engaged_'),
  'std::__variant_detail::__base': (symbols, type) => variant(symbols, type, '__index'),
}

/**
 * std::string where the debug information only declares it: clang leaves out what libstdc++ instantiates in the library. Laid
 * out as by bits/basic_string.h, with the string ABI of gcc 5 and later.
 */
export function declaredString(symbols: ProcessSymbols, name: string): MadeType | null {
  const character = /^std::__cxx11::basic_string<\s*(char|wchar_t|char16_t|char32_t|char8_t)\s*[,>]/.exec(name)?.[1]
  const type = character === undefined ? undefined : symbols.find(character).find((id) => symbols.size(id) > 0)
  return type === undefined ? null : { name, size: 32, parts: [], adapter: { kind: 'string', data: 0, length: 8, local: 16, character: symbols.bare(type), pointers: [0] } }
}

/** Type arguments, bare; 0 for values. */
export function argumentTypes(symbols: ProcessSymbols, type: TypeRef): TypeRef[] {
  return templateArgumentsOf(symbols, type).map(({ typeId }) => typeId ?? 0)
}

interface Member {
  offset: number
  type: TypeRef
}

/** A member by name, through bases and anonymous members, and members of it. */
export function memberOf(symbols: ProcessSymbols, type: TypeRef, path: string[]): Member | null {
  let found: Member = { offset: 0, type }
  for (const name of path) {
    const next = oneMember(symbols, symbols.bare(found.type), name, 0)
    if (next === null) return null
    found = { offset: found.offset + next.offset, type: next.type }
  }
  return found
}

const MAX_BASES = 12

function oneMember(symbols: ProcessSymbols, record: TypeRef, name: string, depth: number): Member | null {
  const owner = symbols.owner(record)
  if (!owner || depth > MAX_BASES || !isRecord(symbols.kind(record))) return null
  const { table } = owner
  const { kind, offset } = table.parts
  const type = record - owner.firstId
  for (let part = table.firstPart(type); part < table.endPart(type); part++) {
    if (kind[part] === PART.member && table.partName(part) === name) return { offset: offset[part], type: idOf(owner, table.partType(part)) }
  }
  for (let part = table.firstPart(type); part < table.endPart(type); part++) {
    if (kind[part] !== PART.base && (kind[part] !== PART.member || table.partName(part) !== '')) continue
    const within = oneMember(symbols, symbols.bare(idOf(owner, table.partType(part))), name, depth + 1)
    if (within !== null) return { offset: offset[part] + within.offset, type: within.type }
  }
  return null
}

export function pointee(symbols: ProcessSymbols, pointer: TypeRef): TypeRef {
  return symbols.bare(symbols.target(symbols.bare(pointer)))
}

function vector(symbols: ProcessSymbols, type: TypeRef, start: string[], finish: string[], end: string[]): StandardType | null {
  const [first, last, limit] = [start, finish, end].map((path) => memberOf(symbols, type, path))
  if (!first || !last || !limit || symbols.kind(symbols.bare(first.type)) !== TYPE.pointer) return null
  return { type, adapter: { kind: 'vector', start: first.offset, finish: last.offset, end: limit.offset, element: pointee(symbols, first.type), pointers: [first.offset, last.offset, limit.offset] } }
}

function deque(shapes: Shapes, type: TypeRef): StandardType | null {
  const { symbols } = shapes
  const at = (...path: string[]): Member | null => memberOf(symbols, type, ['_M_impl', ...path])
  const [map, first, startNode, last, finishNode] = [at('_M_map'), at('_M_start', '_M_cur'), at('_M_start', '_M_node'), at('_M_finish', '_M_cur'), at('_M_finish', '_M_node')]
  if (!map || !first || !startNode || !last || !finishNode) return null
  const element = shapes.bare(pointee(symbols, first.type))
  const size = shapes.size(element)
  if (!(size > 0)) return null
  const bufferBytes = size < DEQUE_BUFFER ? Math.floor(DEQUE_BUFFER / size) * size : size
  const iterator = (node: Member): number[] => [node.offset - 24, node.offset - 16, node.offset - 8, node.offset]
  return {
    type,
    adapter: { kind: 'deque', map: map.offset, first: first.offset, startNode: startNode.offset, last: last.offset, finishNode: finishNode.offset, element, bufferBytes, isCounted: false, pointers: [map.offset, ...iterator(startNode), ...iterator(finishNode)] },
  }
}

/** libc++'s. One without elements may have no map, or buffers in reserve. */
function countedDeque(symbols: ProcessSymbols, type: TypeRef): StandardType | null {
  const [map, begin, end, start] = [['__map_', '__first_'], ['__map_', '__begin_'], ['__map_', '__end_'], ['__start_']].map((path) => memberOf(symbols, type, path))
  const count = memberOf(symbols, type, ['__size_', '__value_']) ?? memberOf(symbols, type, ['__size_'])
  if (!map || !begin || !end || !start || !count) return null
  const element = pointee(symbols, pointee(symbols, map.type))
  const size = symbols.size(element)
  if (!(size > 0)) return null
  const bufferBytes = (size < COUNTED_LARGE ? Math.floor(COUNTED_BUFFER / size) : COUNTED_LEAST) * size
  return {
    type,
    adapter: { kind: 'deque', map: map.offset, first: start.offset, startNode: begin.offset, last: count.offset, finishNode: end.offset, element, bufferBytes, isCounted: true, pointers: [map.offset, begin.offset, end.offset, end.offset + 8] },
    guard: { offset: count.offset, size: 4, value: 0, isNot: true },
  }
}

/** Bytes of a buffer, elements of the least, and from which size on it is that: deque of libc++ 14, __deque_block_size. */
const COUNTED_BUFFER = 4096
const COUNTED_LEAST = 16
const COUNTED_LARGE = 256

function string(symbols: ProcessSymbols, type: TypeRef): StandardType | null {
  const data = memberOf(symbols, type, ['_M_dataplus', '_M_p'])
  if (data) {
    const character = pointee(symbols, data.type)
    const length = memberOf(symbols, type, ['_M_string_length'])
    const local = memberOf(symbols, type, ['_M_local_buf'])
    const pointers = [data.offset]
    if (length && local) return { type, adapter: { kind: 'string', data: data.offset, length: length.offset, local: local.offset, character, pointers } }
    return { type, adapter: { kind: 'counted string', data: data.offset, character, pointers } }
  }
  const [character] = argumentTypes(symbols, type)
  // __long: capacity with the flag, size, data
  return character && symbols.size(type) === 24 ? { type, adapter: { kind: 'long string', data: 16, length: 8, character: symbols.bare(character), pointers: [0, 8, 16] } } : null
}

function links(shapes: Shapes, type: TypeRef, { argument, name, bases, before }: Nodes): StandardType | null {
  const { symbols } = shapes
  const value = argumentTypes(symbols, type)[argument]
  if (!value) return null
  const isCached = name.includes('#') && /_Hashtable_traits<\s*(true|1)/.test(templateArgumentsOf(symbols, type).at(-1)?.text ?? '')
  const nodeName = name.replace('#', String(isCached)).replace('$', () => symbols.spell(value))
  const node = definedType(symbols, nodeName) ?? makeNode(shapes, nodeName.endsWith('>>') ? nodeName.replace(/>>$/, '> >') : nodeName, value, bases[0], before, isCached)
  return node === null ? null : { type, links: { from: isOneOf(symbols, bases), to: node } }
}

/** A node: the links, what else stands before the value, the value, and its hash where that is kept. */
function makeNode(shapes: Shapes, name: string, value: TypeRef, baseName: string, before: number, isCached: boolean): TypeRef | null {
  const { symbols } = shapes
  const size = shapes.size(shapes.bare(value))
  const base = nodeBase(symbols, baseName)
  if (!(size > 0) || base === null) return null
  const roundUp = (bytes: number, to: number): number => Math.ceil(bytes / to) * to
  const offset = roundUp(before, shapes.alignment(value))
  return shapes.make({ name, size: roundUp(offset + size, 8) + (isCached ? 8 : 0), parts: [{ type: base, offset: 0, isBase: true }, { type: value, offset, isBase: false }] })
}

/** By its name, or any instance of it where it is a template: they are laid out alike. */
function nodeBase(symbols: ProcessSymbols, head: string): TypeRef | null {
  const isDefined = (id: TypeRef): boolean => symbols.size(id) > 0
  const plain = symbols.find(head).find(isDefined)
  if (plain !== undefined) return plain
  const full = head.replace('std::', 'std::__1::')
  for (const suffix of ['<void *>', '<void*>']) {
    const found = symbols.find(`${full}${suffix}`).find(isDefined)
    if (found !== undefined) return found
  }
  for (const module of symbols.attached) {
    const { type, count } = module.table.byName
    for (let i = 0; i < count; i++) {
      const name = module.table.name(type[i])
      if (name.startsWith(full) && headOf(name) === head && isRecord(module.table.kind(type[i])) && !module.table.isDeclaration(type[i])) return idOf(module, type[i])
    }
  }
  return null
}

function ownLinks(symbols: ProcessSymbols, type: TypeRef, bases: string[]): StandardType {
  return { type, links: { from: isOneOf(symbols, bases), to: type } }
}

function isOneOf(symbols: ProcessSymbols, heads: string[]): (target: TypeRef) => boolean {
  return (target) => heads.includes(headOf(symbols.name(target)))
}

function held(symbols: ProcessSymbols, type: TypeRef): StandardType | null {
  const [value] = argumentTypes(symbols, type)
  return value ? { type, contents: [{ type: value, offset: 0 }] } : null
}

function optional(symbols: ProcessSymbols, type: TypeRef, flag: string): StandardType | null {
  const [value] = argumentTypes(symbols, type)
  const engaged = memberOf(symbols, type, [flag])
  return value && engaged ? { type, contents: [{ type: value, offset: 0, guard: { offset: engaged.offset, size: 1, value: 1, isNot: false } }] } : null
}

/** The first template argument says how it is copied, the others are its alternatives. */
function variant(symbols: ProcessSymbols, type: TypeRef, indexName: string): StandardType | null {
  const index = memberOf(symbols, type, [indexName])
  const alternatives = argumentTypes(symbols, type).slice(1)
  if (!index || alternatives.length === 0) return null
  const size = symbols.size(index.type)
  return { type, contents: alternatives.map((value, i) => ({ type: value, offset: 0, guard: { offset: index.offset, size, value: i, isNot: false } })) }
}

/** An object that only weak pointers hold on to is dead. */
function counted(symbols: ProcessSymbols, type: TypeRef): StandardType | null {
  const uses = memberOf(symbols, type, ['_M_use_count'])
  return uses ? { type, guard: { offset: uses.offset, size: 4, value: 0, isNot: true } } : null
}

function erased(symbols: ProcessSymbols, type: TypeRef, data: string[], manager: string[]): StandardType | null {
  const [held, manages] = [memberOf(symbols, type, data), memberOf(symbols, type, manager)]
  return held && manages ? { type, adapter: { kind: 'erased', data: held.offset, manager: manages.offset, local: symbols.size(held.type), pointers: [held.offset] } } : null
}

/**
 * libc++'s control block with the object in it; the bytes that the object lies in are a type within it. Behind the vtable pointer lies
 * the number of owners, less one, of a base that programs often have only a declaration of.
 */
function emplaced(symbols: ProcessSymbols, type: TypeRef): StandardType | null {
  const name = symbols.name(type)
  if (!name.endsWith(BYTES_OF_EMPLACED)) return { type, guard: { offset: 8, size: 4, value: 0xffff_ffff, isNot: true } }
  const block = definedType(symbols, name.slice(0, -BYTES_OF_EMPLACED.length))
  const value = block === null ? undefined : argumentTypes(symbols, block)[0]
  return value ? { type, contents: [{ type: value, offset: 0 }] } : null
}

const BYTES_OF_EMPLACED = '::_Storage'

/** A type by name, in any spelling, that is defined. */
function definedType(symbols: ProcessSymbols, name: string): TypeRef | null {
  return symbols.find(name).find((id) => symbols.size(id) > 0) ?? null
}
