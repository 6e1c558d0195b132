/** Memory of the stand-in's process as a type laid over it shows it; a block is a little larger than its type. */

import type { BlockViewQuery } from '../../src-main/contract/api.ts'
import type { BlockView, BlockWordRow, GlobalRow, LeafRow, TypeLayout } from '../../src-main/contract/rows.ts'

const BEYOND = 16
const FIRST_BLOCK = 0x7f3c_0400_0010

export function memoryView(layout: TypeLayout, q: BlockViewQuery, globals: GlobalRow[]): BlockView {
  const global = globals.find((row) => row.addr === q.address)
  // Any address within the first 112 bytes leads to the first block.
  const start = !global && q.address < FIRST_BLOCK + 0x70 ? FIRST_BLOCK : q.address
  const rows: BlockWordRow[] = [
    ...layout.leaves.map(leafRow),
    ...layout.holes.map(({ offset, size }): BlockWordRow => ({ offset, size, bytes: '00'.repeat(size), member: '', type: '', typeId: null, value: '', kind: 'padding' })),
  ].sort((a, b) => a.offset - b.offset)
  const end = layout.size ?? 0
  if (!global) for (let offset = end; offset < end + BEYOND; offset += 8) rows.push({ offset, size: 8, bytes: offset === end ? '' : '6f72646572732d37', member: '', type: '', typeId: null, value: offset === end ? '' : '"orders-7"', kind: 'beyond' })
  return {
    addr: start,
    block: global ? null : { addr: start, size: end + BEYOND, state: 'used', allocator: 'glibc', arena: 'main', type: 'app::Session', kind: '', count: 1, confidence: 0.97, evidence: 'vtable for app::Session at offset 0 of every block', reachable: true, layout: '328/VP-P--I' },
    where: global ? 'Module data of /opt/orders/bin/orders-backend' : '',
    type: layout.name,
    typeId: layout.id,
    rows: rows.slice(q.offset, q.offset + q.limit),
    total: rows.length,
    offset: q.offset,
  }
}

function leafRow(leaf: LeafRow): BlockWordRow {
  const { offset, size, path, kind, type, typeId } = leaf
  const pointer = kind === 'pointer' || kind === 'vtable pointer'
  const bytes = pointer ? `${(0x20 + offset).toString(16).padStart(2, '0').slice(-2)}0000043c7f0000` : '2a'.repeat(Math.min(size, 64))
  const value = kind === 'vtable pointer' ? 'vtable for app::Session' : pointer ? `0x7f3c040000${bytes.slice(0, 2)} → app::Session` : kind === 'character' ? "'*'" : kind === 'enum' ? 'busy' : kind === 'boolean' ? 'true' : '42'
  return { offset, size, bytes, member: path, type, typeId, value, kind }
}
