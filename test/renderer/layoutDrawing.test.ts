import { expect, test } from 'vitest'
import type { LeafRow, MemberRow, TypeLayout } from '../../src-main/contract/rows.ts'
import { pointerIn, spaced } from '../../src-renderer/format/bytes.ts'
import { drawLayout, type DrawnRow } from '../../src-renderer/format/layoutDrawing.ts'
import { linksOf } from '../../src-renderer/format/typeLinks.ts'

const member = (name: string, offset: number | null, size: number | null, more: Partial<MemberRow> = {}): MemberRow => ({ kind: 'member', name, offset, size, type: 'T', typeId: 1, ...more })
const leaf = (path: string, offset: number, size: number, kind: LeafRow['kind']): LeafRow => ({ path, offset, size, kind, type: 'T', typeId: 1, pointee: null, pointeeId: null })
const layout = (size: number | null, rows: MemberRow[], leaves: LeafRow[] = []): Pick<TypeLayout, 'rows' | 'leaves' | 'size'> => ({ size, rows, leaves })

/** A row as text: `offset: kind label from..end`, with `⋮ bytes` for what is skipped. */
function told({ offset, cells, skipped }: DrawnRow): string {
  return `${offset}: ${cells.map(({ piece, from, end }) => `${piece.label || piece.kind} ${from}..${end}`).join(', ')}${skipped > 0 ? ` ⋮${skipped}` : ''}`
}

test('members lie in rows of eight bytes, and padding is what none of them covers', () => {
  const { lanes } = drawLayout(layout(24, [member('next', 0, 8), member('open', 8, 1), member('load', 16, 8)]))
  expect(lanes.map((lane) => lane.rows.map(told))).toEqual([['0: next 0..64', '8: open 0..8, padding 8..64', '16: load 0..64']])
})

test('a member that is not on a row’s edge goes on in the next row and is labelled where it is widest', () => {
  const { lanes } = drawLayout(layout(16, [member('a', 0, 6), member('b', 6, 10)]))
  expect(lanes[0]!.rows.map(told)).toEqual(['0: a 0..48, b 48..64', '8: b 0..64'])
  expect(lanes[0]!.rows.flatMap((row) => row.cells.filter((cell) => cell.labelled).map((cell) => [row.offset, cell.piece.label]))).toEqual([[0, 'a'], [8, 'b']])
})

test('bit-fields are as wide as their bits', () => {
  const { lanes, pieces } = drawLayout(layout(4, [member('urgent', 0, 4, { bits: [0, 1] }), member('kind', 0, 4, { bits: [4, 7] })]))
  expect(lanes[0]!.rows.map(told)).toEqual(['0: urgent 0..1, padding 1..4, kind 4..11, padding 11..32'])
  expect(pieces.map((piece) => piece.kind)).toEqual(['bits', 'padding', 'bits', 'padding'])
})

test('members over the same bytes lie in lanes, the longest first', () => {
  const { lanes } = drawLayout(layout(16, [member('number', 0, 8), member('text', 0, 16)]))
  expect(lanes.map((lane) => lane.rows.map(told))).toEqual([['0: text 0..64', '8: text 0..64'], ['0: number 0..64']])
})

test('a long member shows its ends and how much is between them', () => {
  const { lanes } = drawLayout(layout(4104, [member('buffer', 4, 4096), member('end', 4100, 4)]))
  expect(lanes[0]!.rows.map(told)).toEqual(['0: padding 0..32, buffer 32..64', '8: buffer 0..64', '16: buffer 0..64 ⋮4072', '4088: buffer 0..64', '4096: buffer 0..32, end 32..64'])
})

test('a drawing stays small, whatever a type says', () => {
  const many = drawLayout(layout(80_000, Array.from({ length: 10_000 }, (_, i) => member(`m${i}`, i * 8, 8))))
  expect(many.lanes[0]!.rows.length).toBeLessThanOrEqual(256)
  expect(many.lanes[0]!.rows.length * 8 + many.lanes[0]!.cut).toBe(80_000)
  const over = drawLayout(layout(8, Array.from({ length: 500 }, (_, i) => member(`v${i}`, 0, 8, { kind: 'variant' }))))
  expect([over.lanes.length, over.moreLanes]).toEqual([16, 484])
  const vast = drawLayout(layout(2 ** 52, [member('all', 0, 2 ** 52)]))
  expect(vast.lanes[0]!.rows.length).toBe(3)
  expect(drawLayout(layout(null, [])).pieces).toEqual([])
})

test('statics, open arrays and empty bases take no bytes', () => {
  const { pieces } = drawLayout(layout(8, [member('Empty', 0, 1, { kind: 'base' }), member('a', 0, 8), member('rest', 8, null), member('none', 8, 0), member('live', null, 8, { kind: 'static' })]))
  expect(pieces.map((piece) => piece.label)).toEqual(['a'])
})

test('a piece has the colour of what is in it: an array that of its elements, a type with members its own', () => {
  const rows = ['_vptr.Shape', 'next', 'name', 'slots', 'load', 'state', 'inner', 'mixed'].map((name, i) => member(name, i * 8, 8))
  const leaves = [
    leaf('_vptr.Shape', 0, 8, 'vtable pointer'),
    leaf('next', 8, 8, 'pointer'),
    leaf('name', 16, 8, 'character'),
    leaf('slots[0]', 24, 4, 'integer'),
    leaf('slots[1]', 28, 4, 'integer'),
    leaf('load', 32, 8, 'floating point'),
    leaf('state', 40, 4, 'enum'),
    leaf('inner.next', 48, 8, 'pointer'),
    leaf('mixed[0]', 56, 4, 'integer'),
    leaf('mixed[1]', 60, 4, 'pointer'),
  ]
  expect(drawLayout(layout(64, rows, leaves)).pieces.map((piece) => piece.kind)).toEqual(['vtable', 'pointer', 'text', 'number', 'number', 'enum', 'nested', 'nested'])
})

test('a member leads to its type, a pointer to what it points to', () => {
  const rows = [member('next', 0, 8, { typeId: 5 }), member('data', 8, 8, { typeId: 6 }), member('inner', 16, 8, { typeId: 7 }), member('live', null, 8, { kind: 'static', typeId: 8 })]
  const leaves = [{ ...leaf('next', 0, 8, 'pointer'), pointeeId: 4 }, { ...leaf('data', 8, 8, 'pointer'), pointeeId: 0 }, { ...leaf('inner.next', 16, 8, 'pointer'), pointeeId: 4 }]
  expect(linksOf({ rows, leaves })).toEqual([4, 6, 7, 8])
})

test('bytes are written in pairs, and eight of them may be an address', () => {
  expect(spaced('48656c')).toBe('48 65 6c')
  expect(pointerIn('1000003c7f000000')).toBe(0x7f3c000010)
  expect([pointerIn('0000000000000000'), pointerIn('ffffffffffffffff'), pointerIn('10'), pointerIn('')]).toEqual([null, null, null, null])
})
