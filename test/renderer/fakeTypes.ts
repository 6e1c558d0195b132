/** A type table for the renderer's stand-in: 120,000 names, and layouts with everything that a layout can have. */

import type { TypeQuery } from '../../src-main/contract/api.ts'
import type { Outcome } from '../../src-main/contract/outcome.ts'
import { TYPE_KINDS, type HoleRow, type LeafRow, type MemberRow, type Page, type TopRow, type TypeLayout, type TypeRow } from '../../src-main/contract/rows.ts'
import { numbers } from './fakeTop.ts'

const SCOPES = ['app::', 'net::http::', 'storage::btree::', 'std::', 'google::protobuf::', '', 'boost::asio::detail::', '(anonymous namespace)::']
const STEMS = ['Session', 'Request', 'Node', 'Entry', 'Cursor', 'Buffer', 'Page', 'Token', 'Channel', 'Frame']

/** The types of TopN first, then as many others as make `count`; ids are positions, from 1. */
export function buildTypes(count: number, top: TopRow[]): TypeRow[] {
  const random = numbers(11)
  const rows: TypeRow[] = []
  const add = (name: string, kind: TypeRow['kind'], size: number | null, members: number, blocks = 0, bytes = 0): void => {
    const id = rows.length + 1
    rows.push({ id, name, kind, size, members, declared: kind === 'base' ? '' : `/build/orders-7.4.1/src/${name.replace(/\W+/g, '_').slice(0, 24).toLowerCase()}.h:${10 + (id % 900)}`, modules: id % 5 === 0 ? ['orders-backend', 'libprotobuf.so.32', 'libc.so.6'] : ['orders-backend'], blocks, bytes })
  }
  for (const row of top) if (row.type !== null) add(row.type, 'class', row.size, 3 + Math.floor(row.size / 24), row.count, row.bytes)
  for (const [name, size] of [['int', 4], ['char', 1], ['unsigned long', 8], ['double', 8], ['bool', 1]] as const) add(name, 'base', size, 0)
  add('app::SessionState', 'enum', 4, 5)
  add('app::Value', 'union', 16, 4)
  add('app::Flags', 'struct', 8, 5)
  add('app::Order', 'struct', 80, 9)
  add('app::Opaque', 'struct', null, 0)
  add('app::session_id', 'typedef', 8, 0)
  while (rows.length < count) {
    const i = rows.length
    const kind = TYPE_KINDS[i % 3 === 0 ? (i / 3) % TYPE_KINDS.length : i % 2]!
    const name = `${SCOPES[i % SCOPES.length]}${STEMS[Math.floor(random() * STEMS.length)]}${i.toString(36)}`
    add(i % 7 === 0 ? `std::vector<${name}, std::allocator<${name}> >` : name, kind, i % 97 === 0 ? null : 8 * Math.ceil(random() ** 4 * 200), Math.floor(random() ** 3 * 60))
  }
  return rows
}

export function typesPage(all: TypeRow[], q: TypeQuery): Outcome<Page<TypeRow>> {
  const { filter, sort } = q
  const size = /^size>=(\d+)$/.exec(filter)
  let keep: (row: TypeRow) => boolean
  try {
    const pattern = filter.startsWith('/') ? new RegExp(filter.replace(/^\/|\/$/g, '')) : null
    const needle = filter.toLowerCase()
    keep = size ? (row) => (row.size ?? 0) >= Number(size[1]) : pattern ? (row) => pattern.test(row.name) : (row) => row.name.toLowerCase().includes(needle)
  } catch {
    return { ok: false, error: { kind: 'usage', what: 'the filter is not a regular expression', where: filter, remedy: 'close every ( and [, or search plain text' } }
  }
  const rows = all.filter((row) => keep(row) && (q.kind === undefined || row.kind === q.kind) && (!q.withBlocks || row.blocks > 0))
  const sign = q.descending ? -1 : 1
  rows.sort((a, b) => (sort === 'name' ? sign * (a.name < b.name ? -1 : 1) : sign * ((a[sort] ?? -1) - (b[sort] ?? -1)) || (a.name < b.name ? -1 : 1)))
  return { ok: true, value: { rows: rows.slice(q.offset, q.offset + q.limit), total: rows.length, offset: q.offset } }
}

type Made = Pick<TypeLayout, 'rows' | 'holes' | 'leaves' | 'source'>

/** Members put one behind the other, each as aligned as it is large. */
class LayoutMaker {
  readonly rows: MemberRow[] = []
  readonly holes: HoleRow[] = []
  readonly leaves: LeafRow[] = []
  #at = 0
  readonly #types: TypeRow[]

  constructor(types: TypeRow[]) {
    this.#types = types
  }

  add(name: string, type: string, size: number, kind: LeafRow['kind'] | null, more: Partial<MemberRow> = {}, align = Math.min(8, size)): void {
    const offset = more.offset ?? Math.ceil(this.#at / align) * align
    if (offset > this.#at) this.holes.push({ offset: this.#at, size: offset - this.#at })
    const bare = type.replace(/^const |[ *&]+$|\s*\[.*$/g, '')
    const typeId = this.#types.find((row) => row.name === bare)?.id ?? 3
    this.rows.push({ kind: 'member', offset, name, type, typeId, size, ...more })
    const pointer = kind === 'pointer' || kind === 'vtable pointer'
    if (kind !== null) this.leaves.push({ offset, size, path: name, kind, type, typeId, pointee: pointer ? bare : null, pointeeId: pointer ? typeId : null })
    else if (size >= 16) for (const half of [0, 1]) this.leaves.push({ offset: offset + half * 8, size: 8, path: `${name}.${half === 0 ? 'first' : 'last'}`, kind: 'pointer', type: 'char *', typeId: 3, pointee: 'char', pointeeId: 3 })
    if (more.offset === undefined || more.bits !== undefined) this.#at = Math.max(this.#at, offset + size)
  }

  array(name: string, type: string, length: number, size: number, kind: LeafRow['kind']): void {
    const offset = Math.ceil(this.#at / size) * size
    if (offset > this.#at) this.holes.push({ offset: this.#at, size: offset - this.#at })
    this.rows.push({ kind: 'member', offset, name, type: `${type} [${length}]`, typeId: 3, size: length * size })
    for (let i = 0; i < Math.min(length, 64); i++) this.leaves.push({ offset: offset + i * size, size, path: `${name}[${i}]`, kind, type, typeId: 3, pointee: null, pointeeId: null })
    this.#at = offset + length * size
  }

  end(size: number): void {
    if (size > this.#at) this.holes.push({ offset: this.#at, size: size - this.#at })
  }
}

export function layoutOf(type: TypeRow, types: TypeRow[]): TypeLayout {
  const { rows, holes, leaves, source } = madeOf(type, types)
  const isEnum = type.kind === 'enum'
  return {
    ...type,
    alignment: Math.min(8, type.size ?? 1),
    rows,
    holes,
    leaves,
    moreLeaves: false,
    enumerators: isEnum ? Array.from({ length: type.members }, (_, i) => ({ name: ['starting', 'idle', 'busy', 'draining', 'closed'][i] ?? `state_${i}`, value: String(i === 4 ? -1 : i) })) : [],
    templateArguments: type.name.includes('<') ? [{ name: 'T', text: 'app::Session', typeId: 1 }, { name: 'N', text: '64', typeId: null }] : [],
    underlying: isEnum ? 'unsigned int' : type.kind === 'typedef' ? 'unsigned long' : '',
    underlyingId: isEnum || type.kind === 'typedef' ? (types.find((row) => row.name === 'unsigned long')?.id ?? null) : null,
    source,
  }
}

function madeOf(type: TypeRow, types: TypeRow[]): Made {
  const maker = new LayoutMaker(types)
  const size = type.size ?? 0
  if (type.size === null || !['struct', 'class', 'union'].includes(type.kind)) return { rows: [], holes: [], leaves: [], source: type.kind === 'typedef' ? `typedef unsigned long ${type.name};` : '' }
  if (type.kind === 'union') {
    const members: [string, string, number, LeafRow['kind']][] = [['number', 'double', 8, 'floating point'], ['text', 'char [16]', Math.min(16, size), 'character'], ['pointer', 'app::Session *', 8, 'pointer'], ['flag', 'bool', 1, 'boolean']]
    for (const [name, text, bytes, kind] of members) maker.add(name, text, bytes, kind, { offset: 0 })
  } else if (type.name === 'app::Session') sessionLayout(maker)
  else if (type.name === 'app::Flags') {
    maker.add('urgent', 'unsigned int', 4, 'bit-field', { bits: [0, 1], offset: 0 })
    maker.add('retries', 'unsigned int', 4, 'bit-field', { bits: [1, 3], offset: 0 })
    maker.add('kind', 'unsigned int', 4, 'bit-field', { bits: [4, 7], offset: 0 })
    maker.add('weight', 'unsigned int', 4, 'bit-field', { bits: [0, 20], offset: 4 })
  } else {
    if (type.kind === 'class') maker.add(`_vptr.${type.name.replace(/.*::/, '').slice(0, 40)}`, 'int (**)(void)', 8, 'vtable pointer')
    for (let i = 0; maker.rows.length < type.members; i++) {
      if (i % 4 === 0) maker.add(`next_${i}`, 'app::Session *', 8, 'pointer')
      else if (i % 4 === 1) maker.add(`count_${i}`, 'int', 4, 'integer')
      else if (i % 4 === 2) maker.add(`open_${i}`, 'bool', 1, 'boolean')
      else maker.add(`weight_${i}`, 'double', 8, 'floating point')
    }
  }
  if (type.kind !== 'union') maker.end(size)
  const members = maker.rows.map((row) => `    ${row.type} ${row.name}${row.bits ? ` : ${row.bits[1]}` : ''};`).join('\n')
  return { rows: maker.rows, holes: maker.holes, leaves: maker.leaves, source: `${type.kind} ${type.name} {\n${members}\n};` }
}

/** Every kind of member once; 312 bytes. */
function sessionLayout(maker: LayoutMaker): void {
  maker.add('_vptr.Session', 'int (**)(void)', 8, 'vtable pointer')
  maker.add('app::Flags', 'app::Flags', 8, null, { kind: 'base' })
  maker.add('next', 'app::Session *', 8, 'pointer')
  maker.add('state', 'app::SessionState', 4, 'enum')
  maker.add('open', 'bool', 1, 'boolean')
  maker.add('user', 'std::basic_string<char, std::char_traits<char>, std::allocator<char> >', 32, null, {}, 8)
  maker.add('value', 'app::Value', 16, null, {}, 8)
  maker.add('load', 'double', 8, 'floating point')
  maker.array('address', 'char', 46, 1, 'character')
  maker.add('port', 'unsigned short', 2, 'integer')
  maker.add('urgent', 'unsigned int', 4, 'bit-field', { bits: [0, 1], offset: 136 })
  maker.add('retries', 'unsigned int', 4, 'bit-field', { bits: [1, 3], offset: 136 })
  maker.array('slots', 'void *', 20, 8, 'pointer')
  maker.rows.push({ kind: 'static', offset: null, name: 'live', type: 'unsigned long', typeId: 3, size: 8 })
}
