/** Every argument that comes from outside, checked field by field; what makes no sense is a UsageError. */
import type {
  BlockQuery, BlockViewQuery, CandidateQuery, GlobalQuery, GraphPart, LabelQuery, LeakGroupQuery, LeakQuery, NeighbourhoodQuery, OpenQuery, RangeQuery, ReferenceGroupQuery, ReferenceQuery, RetainedQuery, StackQuery, TopQuery, TypeLayoutQuery, TypeQuery,
  WhyQuery,
} from '../contract/api.ts'
import { RANGE_KINDS, TYPE_KINDS } from '../contract/rows.ts'
import { UsageError } from '../engine/errors.ts'

const LIMIT_MAX = 10_000
const ID_MAX = 100
const FILTER_MAX = 2_000
/** C++ spells types of tens of kilobytes. */
const TYPE_MAX = 100_000

type Fields = Readonly<Record<string, unknown>>

export function openQuery(value: unknown): OpenQuery {
  const q = fields(value)
  return { file: text(q, 'file', ID_MAX), noCache: optional(q, 'noCache', flag) ?? false }
}

export function fileQuery(value: unknown): { file: string } {
  return { file: text(fields(value), 'file', ID_MAX) }
}

export function coreQuery(value: unknown): { core: string } {
  return { core: text(fields(value), 'core', ID_MAX) }
}

export function topQuery(value: unknown): TopQuery {
  const q = fields(value)
  return {
    core: text(q, 'core', ID_MAX),
    by: oneOf(q, 'by', ['type', 'size', 'type-size', 'layout']),
    sort: oneOf(q, 'sort', ['bytes', 'count', 'size', 'label']),
    descending: flag(q, 'descending'),
    filter: text(q, 'filter', FILTER_MAX),
    ...page(q),
  }
}

export function blockQuery(value: unknown): BlockQuery {
  const q = fields(value)
  const query: BlockQuery = { core: text(q, 'core', ID_MAX), state: oneOf(q, 'state', ['used', 'free', 'all']), ...page(q) }
  if (q['type'] === null) query.type = null
  else if (q['type'] !== undefined) query.type = text(q, 'type', TYPE_MAX)
  if (q['key'] !== undefined) query.key = text(q, 'key', ID_MAX)
  if (q['size'] !== undefined) query.size = integer(q, 'size', 0, Number.MAX_SAFE_INTEGER)
  return query
}

export function rangeQuery(value: unknown): RangeQuery {
  const q = fields(value)
  const query: RangeQuery = { core: text(q, 'core', ID_MAX), ...page(q) }
  if (q['kind'] !== undefined) query.kind = oneOf(q, 'kind', RANGE_KINDS)
  if (q['sort'] !== undefined) query.sort = oneOf(q, 'sort', ['start', 'size'])
  if (q['descending'] !== undefined) query.descending = flag(q, 'descending')
  return query
}

export function stackQuery(value: unknown): StackQuery {
  const q = fields(value)
  return { core: text(q, 'core', ID_MAX), frames: integer(q, 'frames', 1, LIMIT_MAX), ...page(q) }
}

export function typeQuery(value: unknown): TypeQuery {
  const q = fields(value)
  const query: TypeQuery = {
    core: text(q, 'core', ID_MAX),
    filter: text(q, 'filter', FILTER_MAX),
    sort: oneOf(q, 'sort', ['name', 'size', 'members', 'blocks', 'bytes']),
    descending: flag(q, 'descending'),
    ...page(q),
  }
  if (q['kind'] !== undefined) query.kind = oneOf(q, 'kind', TYPE_KINDS)
  if (q['withBlocks'] !== undefined) query.withBlocks = flag(q, 'withBlocks')
  return query
}

export function typeLayoutQuery(value: unknown): TypeLayoutQuery {
  const q = fields(value)
  const core = text(q, 'core', ID_MAX)
  if (q['id'] !== undefined) return { core, id: integer(q, 'id', 0, Number.MAX_SAFE_INTEGER) }
  return { core, name: text(q, 'name', TYPE_MAX) }
}

export function globalQuery(value: unknown): GlobalQuery {
  const q = fields(value)
  const query: GlobalQuery = {
    core: text(q, 'core', ID_MAX),
    filter: text(q, 'filter', FILTER_MAX),
    sort: oneOf(q, 'sort', ['addr', 'name', 'type', 'size', 'module']),
    descending: flag(q, 'descending'),
    ...page(q),
  }
  if (q['tls'] !== undefined) query.tls = flag(q, 'tls')
  return query
}

export function blockViewQuery(value: unknown): BlockViewQuery {
  const q = fields(value)
  const query: BlockViewQuery = { core: text(q, 'core', ID_MAX), address: address(q, 'address'), ...page(q) }
  if (q['as'] !== undefined) query.as = text(q, 'as', TYPE_MAX)
  if (q['header'] !== undefined) query.header = integer(q, 'header', 0, 2 ** 32)
  return query
}

export function graphPartQuery(value: unknown): { core: string; part: GraphPart } {
  const q = fields(value)
  return { core: text(q, 'core', ID_MAX), part: oneOf(q, 'part', ['references', 'retained']) }
}

export function referenceQuery(value: unknown): ReferenceQuery {
  return { ...referenceGroupQuery(value), ...page(fields(value)) }
}

export function referenceGroupQuery(value: unknown): ReferenceGroupQuery {
  const q = fields(value)
  return { core: text(q, 'core', ID_MAX), address: address(q, 'address'), direction: oneOf(q, 'direction', ['in', 'out']) }
}

export function neighbourhoodQuery(value: unknown): NeighbourhoodQuery {
  const q = fields(value)
  return {
    core: text(q, 'core', ID_MAX),
    address: address(q, 'address'),
    direction: oneOf(q, 'direction', ['in', 'out', 'both']),
    depth: integer(q, 'depth', 1, 10),
    limit: integer(q, 'limit', 1, 2000),
  }
}

export function candidateQuery(value: unknown): CandidateQuery {
  const q = fields(value)
  return { core: text(q, 'core', ID_MAX), address: address(q, 'address'), layout: flag(q, 'layout'), offset: integer(q, 'offset', 0, Number.MAX_SAFE_INTEGER), limit: integer(q, 'limit', 1, 1000) }
}

export function labelQuery(value: unknown): LabelQuery {
  const q = fields(value)
  const { addresses } = q
  if (!Array.isArray(addresses) || addresses.length === 0 || addresses.length > 10_000) throw new UsageError('not a list of 1 to 10000 addresses', 'addresses', 'give a list of addresses')
  return { core: text(q, 'core', ID_MAX), addresses: addresses.map((one: unknown) => address({ address: one }, 'address')), type: text(q, 'type', TYPE_MAX), scope: oneOf(q, 'scope', ['block', 'layout']) }
}

export function removeLabelsQuery(value: unknown): { core: string; ids: string[] } {
  const q = fields(value)
  const { ids } = q
  if (!Array.isArray(ids) || ids.length > 100_000) throw new UsageError('not a list of labels', 'ids', 'take the ids of listLabels')
  return { core: text(q, 'core', ID_MAX), ids: ids.map((id: unknown) => text({ id }, 'id', ID_MAX)) }
}

export function addressQuery(value: unknown): { core: string; address: number } {
  const q = fields(value)
  return { core: text(q, 'core', ID_MAX), address: address(q, 'address') }
}

export function whyQuery(value: unknown): WhyQuery {
  const q = fields(value)
  return { core: text(q, 'core', ID_MAX), address: address(q, 'address'), limit: integer(q, 'limit', 1, 20) }
}

export function leakQuery(value: unknown): LeakQuery {
  const q = fields(value)
  const query: LeakQuery = { core: text(q, 'core', ID_MAX), heads: flag(q, 'heads'), sort: oneOf(q, 'sort', ['addr', 'size', 'holds']), descending: flag(q, 'descending'), ...page(q) }
  if (q['label'] !== undefined) query.label = text(q, 'label', TYPE_MAX)
  if (q['head'] !== undefined) query.head = address(q, 'head')
  return query
}

export function leakGroupQuery(value: unknown): LeakGroupQuery {
  const q = fields(value)
  return { core: text(q, 'core', ID_MAX), sort: oneOf(q, 'sort', ['bytes', 'count', 'label', 'holds']), descending: flag(q, 'descending'), filter: text(q, 'filter', FILTER_MAX), ...page(q) }
}

export function retainedQuery(value: unknown): RetainedQuery {
  const q = fields(value)
  const query: RetainedQuery = { core: text(q, 'core', ID_MAX), ...page(q) }
  if (q['address'] !== undefined) query.address = address(q, 'address')
  return query
}

export function layoutQuery(value: unknown): { core: string; key: string } {
  const q = fields(value)
  return { core: text(q, 'core', ID_MAX), key: text(q, 'key', ID_MAX) }
}

function page(q: Fields): { offset: number; limit: number } {
  return { offset: integer(q, 'offset', 0, Number.MAX_SAFE_INTEGER), limit: integer(q, 'limit', 1, LIMIT_MAX) }
}

function fields(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('the query', 'an object')
  return value as Fields
}

function text(q: Fields, name: string, longest: number): string {
  const value = own(q, name)
  if (typeof value !== 'string' || value.length > longest) throw wrong(name, `a text of at most ${longest} characters`)
  return value
}

function flag(q: Fields, name: string): boolean {
  const value = own(q, name)
  if (typeof value !== 'boolean') throw wrong(name, 'true or false')
  return value
}

function integer(q: Fields, name: string, least: number, most: number): number {
  const value = own(q, name)
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) throw wrong(name, `a whole number, ${least} to ${most}`)
  return value
}

/** Also those beyond 2^53 that a double holds: they are page-aligned. */
function address(q: Fields, name: string): number {
  const value = own(q, name)
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value >= 2 ** 64) throw wrong(name, 'an address')
  return value
}

function oneOf<T extends string>(q: Fields, name: string, allowed: readonly T[]): T {
  const value = own(q, name)
  const found = allowed.find((one) => one === value)
  if (found === undefined) throw wrong(name, `one of ${allowed.join(', ')}`)
  return found
}

function optional<T>(q: Fields, name: string, read: (q: Fields, name: string) => T): T | undefined {
  return own(q, name) === undefined ? undefined : read(q, name)
}

function own(q: Fields, name: string): unknown {
  return Object.hasOwn(q, name) ? q[name] : undefined
}

function wrong(name: string, expected: string): UsageError {
  return new UsageError(`${name} is not what it should be`, name, `it is ${expected}`)
}
