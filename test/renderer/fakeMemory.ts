/** Memory of the stand-in's process as a type laid over it shows it; a block is a little larger than its type. */

import type { BlockViewQuery } from '../../src-main/contract/api.ts'
import type { BlockRow, BlockView, BlockWordRow, GlobalRow, LeafRow, TypeLayout } from '../../src-main/contract/rows.ts'
import { addressOf, indexOf, type FakeLabels } from './fakeLabels.ts'

/** `layout`: null for plain words; `elements`: how many of it lie one behind the other. */
export function memoryView(layout: TypeLayout | null, elements: number, q: BlockViewQuery, globals: GlobalRow[], labels: FakeLabels): BlockView {
  const global = globals.find((row) => row.addr === q.address)
  // Any address within the first 112 bytes leads to the first block.
  const start = global ? q.address : addressOf(indexOf(q.address))
  const size = layout?.size ?? 0
  const header = q.header ?? 0
  const end = global ? size : Math.max(labels.sizeAt(start), header + size * elements)
  const rows: BlockWordRow[] = [...words(0, header), ...(layout === null ? [] : Array.from({ length: elements }, (_, i) => elementRows(layout, header + i * size, elements > 1 ? `[${i}].` : '')).flat())]
  if (!global) rows.push(...words(header + size * elements, end, layout === null ? 'word' : 'beyond'))
  return {
    addr: start,
    block: global ? null : blockAt(start, labels),
    where: global ? 'Module data of /opt/orders/bin/orders-backend' : '',
    type: layout?.name ?? null,
    typeId: layout?.id ?? null,
    rows: rows.slice(q.offset, q.offset + q.limit),
    total: rows.length,
    offset: q.offset,
  }
}

function blockAt(addr: number, labels: FakeLabels): BlockRow {
  const type = labels.typeAt(addr)
  const size = labels.sizeAt(addr)
  const labelled = labels.isLabelled(indexOf(addr))
  const evidence = labelled ? 'a person’s label' : type === null ? '' : `vtable for ${type.slice(0, 80)} at offset 0 of every block`
  return { addr, size, state: 'used', allocator: 'glibc', arena: 'main', type, kind: '', count: 1, confidence: type === null ? 0 : labelled ? 1 : 0.97, evidence, reachable: true, layout: `${size}/VP-P--I` }
}

function elementRows(layout: TypeLayout, at: number, prefix: string): BlockWordRow[] {
  return [
    ...layout.leaves.map((leaf) => leafRow(leaf, at, prefix)),
    ...layout.holes.map(({ offset, size }): BlockWordRow => ({ offset: at + offset, size, bytes: '00'.repeat(size), member: '', type: '', typeId: null, value: '', kind: 'padding' })),
  ].sort((a, b) => a.offset - b.offset)
}

function words(from: number, to: number, kind: 'word' | 'beyond' = 'word'): BlockWordRow[] {
  return Array.from({ length: Math.max(0, Math.floor((to - from) / 8)) }, (_, n): BlockWordRow => {
    const offset = from + n * 8
    const absent = kind === 'beyond' && n === 0
    return { offset, size: 8, bytes: absent ? '' : '6f72646572732d37', member: '', type: '', typeId: null, value: absent ? '' : '"orders-7"', kind }
  })
}

function leafRow(leaf: LeafRow, at: number, prefix: string): BlockWordRow {
  const { size, path, kind, type, typeId } = leaf
  const offset = at + leaf.offset
  const pointer = kind === 'pointer' || kind === 'vtable pointer'
  const bytes = pointer ? `${(0x20 + offset).toString(16).padStart(2, '0').slice(-2)}0000043c7f0000` : '2a'.repeat(Math.min(size, 64))
  const value = kind === 'vtable pointer' ? 'vtable for app::Session' : pointer ? `0x7f3c040000${bytes.slice(0, 2)} → app::Session` : kind === 'character' ? "'*'" : kind === 'enum' ? 'busy' : kind === 'boolean' ? 'true' : '42'
  return { offset, size, bytes, member: `${prefix}${path}`, type, typeId, value, kind }
}
