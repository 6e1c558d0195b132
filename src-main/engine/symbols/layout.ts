/**
 * How a type lies in memory: its members and bases in order, the bytes none of them covers, and its alignment. Alignment is
 * what the type asks for (DW_AT_alignment), else that of its strictest member, less where a packed layout shows that it isn't kept.
 */
import type { HoleRow, MemberRow, TypeRef } from '../../contract/rows.ts'
import { idOf, type AttachedModule, type ProcessSymbols } from './processSymbols.ts'
import { PART, TYPE } from './tables.ts'
import { isRecord } from './typeTable.ts'

/** Records within records, each by value: deeper is a loop. */
const MAX_NESTING = 60
/** x86-64 psABI §3.1.2: no fundamental type asks for more. */
const MAX_NATURAL = 16

/** Bases and members in offset order, then statics; empty for what is no struct, class or union. */
export function membersOf(symbols: ProcessSymbols, id: TypeRef): MemberRow[] {
  const owner = symbols.owner(id)
  if (!owner || !isRecord(owner.table.kind(id - owner.firstId))) return []
  const rows: MemberRow[] = []
  const statics: MemberRow[] = []
  addParts(symbols, owner, id - owner.firstId, 0, rows, statics, 0)
  return [...rows.map((row, i) => ({ row, i })).sort((a, b) => (a.row.offset ?? Infinity) - (b.row.offset ?? Infinity) || a.i - b.i || 0).map(({ row }) => row), ...statics]
}

function addParts(symbols: ProcessSymbols, owner: AttachedModule, type: number, at: number, rows: MemberRow[], statics: MemberRow[], depth: number): void {
  const { table } = owner
  const { kind, offset, firstBit, bitCount, value } = table.parts
  for (let part = table.firstPart(type); part < table.endPart(type); part++) {
    const role = ROLE[kind[part]]
    if (role === undefined) continue
    const partType = table.partType(part)
    // what varies is of the type itself, not a thing within it
    if (table.kind(partType) === TYPE.variantPart) {
      if (depth < MAX_NESTING) addParts(symbols, owner, partType, at + offset[part], rows, statics, depth + 1)
      continue
    }
    const typeId = idOf(owner, partType)
    const size = symbols.size(typeId)
    const isBase = role === 'base' || role === 'virtual base'
    const row: MemberRow = {
      kind: role,
      offset: role === 'static' || (role === 'virtual base' && offset[part] < 0) ? null : at + offset[part],
      name: isBase ? symbols.spell(typeId) : table.partName(part),
      type: symbols.spell(typeId),
      typeId,
      size: size < 0 ? null : size,
    }
    if (kind[part] === PART.inheritedVirtualBase) row.inherited = true
    if (bitCount[part] > 0) row.bits = [firstBit[part], bitCount[part]]
    if (role === 'variant') {
      const when = kind[part] === PART.defaultVariant ? 'default' : String(value[part])
      const last = rows.at(-1)
      if (last?.kind === 'variant' && last.name === row.name && last.typeId === typeId && last.offset === row.offset) {
        last.when = `${last.when}, ${when}`
        continue
      }
      row.when = when
    }
    if (role === 'static') statics.push(row)
    else rows.push(row)
  }
}

const ROLE: Partial<Record<number, MemberRow['kind']>> = {
  [PART.member]: 'member',
  [PART.base]: 'base',
  [PART.virtualBase]: 'virtual base',
  [PART.inheritedVirtualBase]: 'virtual base',
  [PART.staticMember]: 'static',
  [PART.discriminant]: 'discriminant',
  [PART.variant]: 'variant',
  [PART.defaultVariant]: 'variant',
}

/** Bytes below `size` that no row covers. */
export function holesOf(symbols: ProcessSymbols, rows: MemberRow[], size: number): HoleRow[] {
  const holes: HoleRow[] = []
  let covered = 0
  for (const { kind, offset, size: rowSize, bits, typeId } of rows) {
    if (kind === 'static' || offset === null || rowSize === null) continue
    const [from, to] = bits ? [offset + Math.floor(bits[0] / 8), offset + Math.ceil((bits[0] + bits[1]) / 8)] : [offset, offset + (kind === 'base' || kind === 'virtual base' ? extentAsBase(symbols, typeId, rowSize) : rowSize)]
    if (from > covered) holes.push({ offset: covered, size: Math.min(from, size) - covered })
    covered = Math.max(covered, to)
    if (covered >= size) return holes
  }
  if (covered < size) holes.push({ offset: covered, size: size - covered })
  return holes
}

/** A base's own virtual bases lie elsewhere in the complete object. Itanium C++ ABI §2.4. */
function extentAsBase(symbols: ProcessSymbols, id: TypeRef, size: number): number {
  const owner = symbols.owner(symbols.bare(id))
  if (!owner) return size
  const { table } = owner
  const type = symbols.bare(id) - owner.firstId
  const { kind, offset } = table.parts
  for (let part = table.firstPart(type); part < table.endPart(type); part++) if ((kind[part] === PART.virtualBase || kind[part] === PART.inheritedVirtualBase) && offset[part] > 0) size = Math.min(size, offset[part])
  return size
}

/** Alignments by id; asked again and again while types are laid out. */
export class Alignments {
  private readonly symbols: ProcessSymbols
  private known = new Map<TypeRef, number>()
  private version = 0

  constructor(symbols: ProcessSymbols) {
    this.symbols = symbols
  }

  /** Bytes, 1 at least. */
  of(id: TypeRef): number {
    if (this.version !== this.symbols.version) this.known = new Map()
    this.version = this.symbols.version
    return this.find(id, 0)
  }

  private find(id: TypeRef, depth: number): number {
    let alignment = this.known.get(id)
    if (alignment !== undefined) return alignment
    // a loop meets the 1 that stands here meanwhile
    this.known.set(id, 1)
    alignment = depth > MAX_NESTING ? 1 : this.compute(id, depth)
    this.known.set(id, alignment)
    return alignment
  }

  private compute(id: TypeRef, depth: number): number {
    const { symbols } = this
    const owner = symbols.owner(id)
    if (!owner) return 1
    const index = id - owner.firstId
    const { table } = owner
    const asked = table.types.align[index]
    if (asked > 0) return asked
    const size = symbols.size(id)
    switch (table.kind(index)) {
      case TYPE.struct:
      case TYPE.class:
      case TYPE.union:
      case TYPE.variantPart:
        return this.ofParts(owner, index, size, depth)
      case TYPE.array:
        return this.find(idOf(owner, table.target(index)), depth + 1)
      case TYPE.typedef:
      case TYPE.const:
      case TYPE.volatile:
      case TYPE.restrict: {
        const definition = symbols.definition(idOf(owner, table.target(index)))
        return this.find(definition, depth + 1)
      }
      case TYPE.memberPointer:
        return 8
      default:
        return powerOfTwo(Math.min(MAX_NATURAL, size), MAX_NATURAL)
    }
  }

  private ofParts(owner: AttachedModule, index: number, size: number, depth: number): number {
    const { table } = owner
    const { kind, offset, bitCount } = table.parts
    let alignment = 1
    for (let part = table.firstPart(index); part < table.endPart(index); part++) {
      const role = ROLE[kind[part]]
      if (role === undefined || role === 'static' || (bitCount[part] > 0 && size < 0)) continue
      const natural = this.find(this.symbols.definition(idOf(owner, table.partType(part))), depth + 1)
      // a bit-field's byte need not be where its storage unit starts
      const kept = bitCount[part] > 0 || offset[part] < 0 ? natural : powerOfTwo(offset[part], natural)
      alignment = Math.max(alignment, kept)
    }
    return size > 0 ? powerOfTwo(size, alignment) : alignment
  }
}

/** The largest power of two that divides a size or offset, `most` at most. */
function powerOfTwo(value: number, most: number): number {
  let power = most
  while (power > 1 && value % power !== 0) power /= 2
  return Math.max(1, Math.floor(power))
}
