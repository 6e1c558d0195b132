/**
 * A type's layout as a drawing: rows of eight bytes, its members as bars in them. Members that share bytes (unions,
 * variants, virtual bases) lie in lanes, so that no bar hides another; what no member covers is padding. Positions are
 * bits, so that bit-fields are drawn like everything else. Long members and long types are cut short: the drawing stays
 * small whatever the type says.
 */

import type { LeafRow, MemberRow, TypeLayout } from '../../src-main/contract/rows.ts'

export const PIECE_KINDS = ['pointer', 'vtable', 'number', 'text', 'enum', 'bits', 'nested', 'opaque', 'padding'] as const
export type PieceKind = (typeof PIECE_KINDS)[number]

export const PIECE_WORDS: Record<PieceKind, string> = {
  pointer: 'pointer',
  vtable: 'vtable pointer',
  number: 'number',
  text: 'text',
  enum: 'enum',
  bits: 'bit-field',
  nested: 'nested type',
  opaque: 'other',
  padding: 'padding',
}

/** A member, or padding between members. */
export interface Piece {
  /** Position in `TypeLayout.rows`; -1 for padding. */
  row: number
  kind: PieceKind
  label: string
  /** From the start of the type. */
  firstBit: number
  bits: number
}

export interface Cell {
  piece: Piece
  /** Within the row, 0..64, end excluded. */
  from: number
  end: number
  /** The piece begins, ends in this cell. */
  first: boolean
  last: boolean
  /** It is the one cell of its piece that has room for the label. */
  labelled: boolean
}

/** `skipped`: how many bytes of the one piece are not drawn here; 0 for a row as it is. */
export interface DrawnRow {
  offset: number
  cells: Cell[]
  skipped: number
}

export interface Lane {
  rows: DrawnRow[]
  /** Bytes at the end of the type that are not drawn. */
  cut: number
}

export interface Drawing {
  /** The first one holds the padding; the others lie over the same bytes. */
  lanes: Lane[]
  /** Lanes that are not drawn. */
  moreLanes: number
  /** In drawing order. */
  pieces: Piece[]
}

const ROW_BITS = 64
const MAX_LANES = 16
const MAX_ROWS = 256
/** A member of more whole rows than this shows its first and its last one. */
const WHOLE_ROWS = 4

export function drawLayout(layout: Pick<TypeLayout, 'rows' | 'leaves' | 'size'>): Drawing {
  const leaves = leavesByMember(layout.leaves)
  const pieces = layout.rows.flatMap((row, i) => pieceOf(row, i, leaves)).sort((a, b) => a.firstBit - b.firstBit || b.bits - a.bits)
  const lanes = intoLanes(pieces)
  const main = withPadding(lanes[0] ?? [], (layout.size ?? 0) * 8)
  const drawn = [main, ...lanes.slice(1, MAX_LANES)]
  return { lanes: drawn.map(rowsOf), moreLanes: lanes.length > MAX_LANES ? lanes.length - MAX_LANES : 0, pieces: drawn.flat() }
}

/** Members that hold bytes. An empty base has a size of one byte that it shares. */
function pieceOf(row: MemberRow, index: number, leaves: Map<string, LeafRow[]>): Piece[] {
  if (row.kind === 'static' || row.offset === null || row.size === null || row.size <= 0) return []
  const isBase = row.kind === 'base' || row.kind === 'virtual base'
  if (isBase && row.size === 1) return []
  const [first, count] = row.bits ?? [0, row.size * 8]
  const kind = row.bits ? 'bits' : isBase ? 'nested' : memberKind(row, leaves)
  return [{ row: index, kind, label: row.name === '' ? row.type : row.name, firstBit: row.offset * 8 + first, bits: count }]
}

/** Leaves by the member of the type they are part of; those of anonymous members by their own names. */
function leavesByMember(leaves: LeafRow[]): Map<string, LeafRow[]> {
  const groups = new Map<string, LeafRow[]>()
  for (const leaf of leaves) {
    const head = headOf(leaf.path)
    const group = groups.get(head)
    if (group) group.push(leaf)
    else groups.set(head, [leaf])
  }
  return groups
}

function headOf(path: string): string {
  return /^[^.[]*/.exec(path)![0]
}

/** An array is what its elements are; what has members of its own is nested. */
function memberKind(row: MemberRow, leaves: Map<string, LeafRow[]>): PieceKind {
  // Names may hold a dot themselves: `_vptr.Shape`.
  const own = row.name === '' ? [] : (leaves.get(headOf(row.name)) ?? []).filter((leaf) => leaf.path.startsWith(row.name))
  const [first] = own
  if (!first || own.some((leaf) => leaf.kind !== first.kind || !/^(\[\d+\])*$/.test(leaf.path.slice(row.name.length)))) return 'nested'
  return leafKind(first.kind)
}

function leafKind(kind: LeafRow['kind']): PieceKind {
  switch (kind) {
    case 'pointer':
    case 'function pointer':
    case 'reference':
    case 'member pointer':
      return 'pointer'
    case 'vtable pointer':
      return 'vtable'
    case 'integer':
    case 'floating point':
    case 'boolean':
      return 'number'
    case 'character':
      return 'text'
    case 'enum':
      return 'enum'
    case 'bit-field':
      return 'bits'
    case 'opaque':
      return 'opaque'
  }
}

/** `pieces` by their first bit. Each goes into the first lane that is free there. */
function intoLanes(pieces: Piece[]): Piece[][] {
  const lanes: Piece[][] = []
  const ends: number[] = []
  for (const piece of pieces) {
    const free = ends.findIndex((end) => end <= piece.firstBit)
    const lane = free < 0 ? lanes.length : free
    ;(lanes[lane] ??= []).push(piece)
    ends[lane] = piece.firstBit + piece.bits
  }
  return lanes
}

function withPadding(lane: Piece[], sizeBits: number): Piece[] {
  const all: Piece[] = []
  let at = 0
  const pad = (end: number): void => {
    if (end > at) all.push({ row: -1, kind: 'padding', label: '', firstBit: at, bits: end - at })
  }
  for (const piece of lane) {
    pad(piece.firstBit)
    all.push(piece)
    at = piece.firstBit + piece.bits
  }
  pad(sizeBits)
  return all
}

function rowsOf(lane: Piece[]): Lane {
  const rows: DrawnRow[] = []
  let cut = 0
  for (const piece of lane) {
    const end = piece.firstBit + piece.bits
    const firstWhole = Math.ceil(piece.firstBit / ROW_BITS)
    const wholeRows = Math.floor(end / ROW_BITS) - firstWhole
    for (let row = Math.floor(piece.firstBit / ROW_BITS); row * ROW_BITS < end; row++) {
      if (rows.length >= MAX_ROWS && rows.at(-1)!.offset !== row * 8) {
        cut += Math.ceil((end - Math.max(piece.firstBit, row * ROW_BITS)) / 8)
        break
      }
      if (wholeRows > WHOLE_ROWS && row === firstWhole + 1) {
        rows.push({ offset: row * 8, cells: [{ piece, from: 0, end: ROW_BITS, first: false, last: false, labelled: false }], skipped: (wholeRows - 2) * 8 })
        row = firstWhole + wholeRows - 1
      }
      const start = row * ROW_BITS
      const last = rows.at(-1)
      const target = last?.offset === row * 8 && last.skipped === 0 ? last : { offset: row * 8, cells: [], skipped: 0 }
      if (target !== last) rows.push(target)
      target.cells.push({ piece, from: Math.max(0, piece.firstBit - start), end: Math.min(ROW_BITS, end - start), first: piece.firstBit >= start, last: end <= start + ROW_BITS, labelled: false })
    }
  }
  labelWidest(rows)
  return { rows, cut }
}

/** Each piece has its label once: in the first of its widest cells. */
function labelWidest(rows: DrawnRow[]): void {
  const widest = new Map<Piece, Cell>()
  for (const { cells, skipped } of rows) {
    for (const cell of skipped > 0 ? [] : cells) {
      const known = widest.get(cell.piece)
      if (!known || cell.end - cell.from > known.end - known.from) widest.set(cell.piece, cell)
    }
  }
  for (const cell of widest.values()) cell.labelled = true
}
