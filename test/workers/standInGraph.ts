/** What the stand-in session answers of the graph: one block that a global holds, one that leaked. */
import type { BlockRef, LeakRow, ReferenceRow, RetainedRow } from '../../src-main/contract/rows.ts'
import { UsageError } from '../../src-main/engine/errors.ts'
import type { EngineSession } from '../../src-main/engine/session.ts'

type Graph = Pick<EngineSession, 'graphPlan' | 'openGraph' | 'listReferences' | 'groupReferences' | 'neighbourhood' | 'why' | 'listLeaks' | 'groupLeaks' | 'listRetained' | 'layoutDetails'>

const held: BlockRef = { addr: 0x600010, size: 24, state: 'used', type: 'A<"ä">', label: 'A<"ä">' }
const lost: BlockRef = { addr: 0x600030, size: 24, state: 'used', type: null, label: 'malloc(24)' }
const root: ReferenceRow = { from: null, root: { kind: 'global', addr: 0x401000, name: 'best\u001b[2J', where: 'demo', tid: null }, fromOffset: 0, member: '', to: held, toOffset: 0 }
const leak: LeakRow = { addr: lost.addr, size: 24, type: null, label: lost.label, head: true, holdsCount: 0, holds: 0, headAddr: lost.addr }
const retained: RetainedRow = { addr: held.addr, size: 24, type: held.type, label: held.label, retained: 24, share: 0.5, dominator: null, dominates: 0 }

export function standInGraph(): Graph {
  const blockAt = (address: number): BlockRef => {
    const block = [held, lost].find((b) => address >= b.addr && address < b.addr + b.size)
    if (!block) throw new UsageError('no block holds this address', `0x${address.toString(16)}`, 'give the address of a block')
    return block
  }
  const all = { count: 1, bytes: 24, heads: 1, unread: 0 }
  return {
    graphPlan: () => {
      throw new Error('the stand-in builds no graph')
    },
    openGraph: () => ({ references: true, retained: true }),
    listReferences: (q) => {
      const rows = blockAt(q.address) === held && q.direction === 'in' ? [root] : []
      return { block: blockAt(q.address), rows: rows.slice(q.offset, q.offset + q.limit), total: rows.length, offset: q.offset }
    },
    groupReferences: (q) => ({ block: blockAt(q.address), rows: [], counted: 0, total: 0 }),
    neighbourhood: (q) => ({ nodes: [{ id: 'held', block: blockAt(q.address), root: null, depth: 0, more: 0 }, { id: 'root', block: null, root: root.root, depth: -1, more: 0 }], edges: [{ from: 'root', to: 'held', member: '', fromOffset: 0, toOffset: 0, words: 1 }] }),
    why: (q) => {
      const block = blockAt(q.address)
      if (block === lost) return { block, reachable: false, chains: [], head: lost }
      return { block, reachable: true, head: null, chains: [{ root: root.root!, steps: [{ block, toOffset: 0, fromOffset: 0, member: '' }], skipped: 0, cut: 0 }] }
    },
    listLeaks: (q) => ({ rows: [leak].slice(q.offset, q.offset + q.limit), total: 1, offset: q.offset, all }),
    groupLeaks: (q) => ({ rows: [{ type: null, label: lost.label, count: 1, bytes: 24, heads: 1, holds: 0 }].slice(q.offset), total: 1, offset: q.offset, all }),
    listRetained: (q) => ({ rows: [retained].slice(q.offset), total: 1, offset: q.offset, path: q.address === undefined ? [] : [retained] }),
    layoutDetails: (q) => ({ key: q.key, layout: '24/P', size: 24, count: 1, bytes: 24, types: [{ label: held.label, count: 1 }], classes: [{ key: 'class 1', layout: '24/P', count: 1 }], sampled: 1, words: [], strings: [], referrers: [] }),
  }
}
