/**
 * A type taken apart into its indivisible pieces: members of members, elements of arrays, all arms of unions and all variants,
 * in offset order. A run of characters is one piece. Bases contribute their members under the members' own names, as C++
 * code writes them; the virtual bases of a base are left out, since where they lie is the complete object's affair.
 */
import type { LeafRow, TypeRef } from '../../contract/rows.ts'
import { idOf, type AttachedModule, type ProcessSymbols } from './processSymbols.ts'
import { ENCODING, PART, TYPE, TYPE_FLAG } from './tables.ts'
import { isRecord, MAX_DEPTH } from './typeTable.ts'

export interface LeafLimits {
  leaves: number
  /** Of one array, all its dimensions together. */
  elements: number
}

export const LAYOUT_LIMITS: LeafLimits = { leaves: 2000, elements: 256 }

export interface Leaves {
  rows: LeafRow[]
  /** Some were left out by the limits. */
  more: boolean
}

/** Records by value within records: deeper is a loop. */
const MAX_NESTING = 60
/** Parts looked at for each leaf asked for: empty records in long arrays yield none. */
const STEPS_PER_LEAF = 16

export function leavesOf(symbols: ProcessSymbols, id: TypeRef, limits = LAYOUT_LIMITS): Leaves {
  const walk: Walk = { symbols, limits, rows: [], more: false, steps: limits.leaves * STEPS_PER_LEAF }
  addType(walk, id, 0, '', 0, false)
  const { rows } = walk
  let sorted = true
  for (let i = 1; i < rows.length && sorted; i++) sorted = rows[i - 1].offset <= rows[i].offset
  return { rows: sorted ? rows : rows.map((row, i) => ({ row, i })).sort((a, b) => a.row.offset - b.row.offset || a.i - b.i).map(({ row }) => row), more: walk.more }
}

interface Walk {
  symbols: ProcessSymbols
  limits: LeafLimits
  rows: LeafRow[]
  more: boolean
  steps: number
}

function addType(walk: Walk, id: TypeRef, at: number, path: string, depth: number, isBase: boolean): void {
  const { symbols } = walk
  if (walk.rows.length >= walk.limits.leaves || walk.steps-- <= 0 || depth > MAX_NESTING) {
    walk.more = true
    return
  }
  const bare = symbols.bare(id)
  const owner = symbols.owner(bare)
  if (!owner) return
  const type = bare - owner.firstId
  const kind = owner.table.kind(type)
  if (isRecord(kind) || kind === TYPE.variantPart) addRecord(walk, owner, type, at, path, depth, isBase)
  else if (kind === TYPE.array && !owner.table.hasFlag(type, TYPE_FLAG.vector)) addArray(walk, owner, type, id, at, path, depth)
  else addLeaf(walk, id, at, path, symbols.size(bare), null)
}

function addRecord(walk: Walk, owner: AttachedModule, type: number, at: number, path: string, depth: number, isBase: boolean): void {
  const { table } = owner
  const { parts } = table
  const { kind, offset, firstBit, bitCount } = parts
  for (let part = table.firstPart(type); part < table.endPart(type); part++) {
    const isVirtual = kind[part] === PART.virtualBase || kind[part] === PART.inheritedVirtualBase
    const isBasePart = kind[part] === PART.base || isVirtual
    if (!isBasePart && !DATA.has(kind[part])) continue
    if (isVirtual && (isBase || offset[part] < 0)) continue
    // a variant with several discriminants has a part for each
    if (part > table.firstPart(type) && kind[part] === PART.variant && kind[part - 1] === PART.variant && parts.type[part] === parts.type[part - 1] && offset[part] === offset[part - 1] && parts.name[part] === parts.name[part - 1]) continue
    const name = isBasePart ? '' : table.partName(part)
    const partPath = name === '' ? path : path === '' ? name : `${path}.${name}`
    const partId = idOf(owner, table.partType(part))
    if (bitCount[part] > 0) addLeaf(walk, partId, at + offset[part], partPath, Math.ceil((firstBit[part] + bitCount[part]) / 8), [firstBit[part], bitCount[part]])
    else addType(walk, partId, at + offset[part], partPath, depth + 1, isBasePart)
    if (walk.more && walk.rows.length >= walk.limits.leaves) return
  }
}

const DATA: ReadonlySet<number> = new Set([PART.member, PART.discriminant, PART.variant, PART.defaultVariant])

function addArray(walk: Walk, owner: AttachedModule, array: number, id: TypeRef, at: number, path: string, depth: number): void {
  const { symbols, limits } = walk
  const { table } = owner
  const dimensions = dimensionsOf(owner, array)
  const element = idOf(owner, table.target(array))
  const size = symbols.size(element)
  if (size <= 0 || dimensions.some((n) => n <= 0)) return
  const bare = symbols.bare(element)
  const elementOwner = symbols.owner(bare)
  if (elementOwner && size === 1 && isCharacter(elementOwner.table.encoding(bare - elementOwner.firstId))) {
    const length = dimensions.pop()!
    const runs = dimensions.reduce((product, n) => product * n, 1)
    const type = dimensions.length === 0 ? symbols.spell(id) : `${symbols.spell(element)} [${length}]`
    for (let i = 0; i < runs; i++) {
      if (i >= limits.elements || walk.rows.length >= limits.leaves) {
        walk.more = true
        return
      }
      walk.rows.push({ offset: at + i * length, size: length, path: path + indexes(dimensions, i), kind: 'character', type, typeId: id, pointee: null, pointeeId: null })
    }
    return
  }
  const count = dimensions.reduce((product, n) => product * n, 1)
  for (let i = 0; i < count; i++) {
    if (i >= limits.elements) {
      walk.more = true
      return
    }
    const before = walk.rows.length
    addType(walk, element, at + i * size, path + indexes(dimensions, i), depth + 1, false)
    // more elements of what has no pieces, or no room for their pieces
    if (walk.rows.length === before) return
  }
}

/** Outermost first; -1 where open. */
export function dimensionsOf(owner: AttachedModule, array: number): number[] {
  const { table } = owner
  const { kind, value } = table.parts
  const dimensions: number[] = []
  for (let part = table.firstPart(array); part < table.endPart(array) && dimensions.length < MAX_DEPTH; part++) if (kind[part] === PART.dimension) dimensions.push(Number(value[part]))
  return dimensions.length === 0 ? [-1] : dimensions
}

function indexes(dimensions: number[], index: number): string {
  let text = ''
  for (let d = dimensions.length - 1; d >= 0; d--) {
    text = `[${index % dimensions[d]}]${text}`
    index = Math.floor(index / dimensions[d])
  }
  return text
}

export const isCharacter = (encoding: number): boolean => encoding === ENCODING.signedChar || encoding === ENCODING.unsignedChar || encoding === ENCODING.utf

function addLeaf(walk: Walk, id: TypeRef, offset: number, path: string, size: number, bits: [number, number] | null): void {
  if (!(size > 0)) return
  if (walk.rows.length >= walk.limits.leaves) {
    walk.more = true
    return
  }
  const { symbols } = walk
  const kind = bits ? 'bit-field' : leafKind(symbols, id, path)
  const leads = kind === 'pointer' || kind === 'reference' || kind === 'function pointer' || kind === 'vtable pointer'
  const pointeeId = leads ? symbols.target(symbols.bare(id)) : null
  const row: LeafRow = { offset, size, path, kind, type: symbols.spell(id), typeId: id, pointee: pointeeId === null ? null : symbols.spell(pointeeId), pointeeId }
  if (bits) row.bits = bits
  walk.rows.push(row)
}

/** @param path gcc calls a vtable pointer `_vptr.Class`, clang `_vptr$Class` */
function leafKind(symbols: ProcessSymbols, id: TypeRef, path: string): LeafRow['kind'] {
  const bare = symbols.bare(id)
  const owner = symbols.owner(bare)
  if (!owner) return 'opaque'
  const type = bare - owner.firstId
  switch (owner.table.kind(type)) {
    case TYPE.pointer:
      if (/(^|\.)_vptr[.$]/.test(path)) return 'vtable pointer'
      return symbols.kind(symbols.bare(symbols.target(bare))) === TYPE.function ? 'function pointer' : 'pointer'
    case TYPE.reference:
    case TYPE.rvalueReference:
      return 'reference'
    case TYPE.memberPointer:
      return 'member pointer'
    case TYPE.enum:
      return 'enum'
    case TYPE.base:
      return BASE_KIND[owner.table.encoding(type)] ?? 'opaque'
    default:
      return 'opaque'
  }
}

const BASE_KIND: Partial<Record<number, LeafRow['kind']>> = {
  [ENCODING.boolean]: 'boolean',
  [ENCODING.float]: 'floating point',
  [ENCODING.signed]: 'integer',
  [ENCODING.unsigned]: 'integer',
  [ENCODING.signedChar]: 'character',
  [ENCODING.unsignedChar]: 'character',
  [ENCODING.utf]: 'character',
}
