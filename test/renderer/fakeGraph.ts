/**
 * A pointer graph for the renderer's stand-in: every block points to the next ones, every thirteenth leaked, each dominates
 * ten others. Building it takes a given time; in none, it is there at once.
 */

import { GRAPH_STAGES, type CoreEvent, type GraphPart, type LeakGroupQuery, type LeakQuery, type ReferenceGroupQuery, type ReferenceQuery, type RetainedQuery, type WhyQuery } from '../../src-main/contract/api.ts'
import type {
  BlockRef, Chain, GraphState, LayoutDetails, LayoutWordRow, LeakGroupPage, LeakGroupRow, LeakPage, LeakRow, Neighbourhood, ReferenceGroups, ReferencePage, ReferenceRow, RetainedPage, RetainedRow, RootRef, TopRow, Why,
} from '../../src-main/contract/rows.ts'
import type { buildTopRows } from './fakeTop.ts'

type Top = ReturnType<typeof buildTopRows>

const FIRST_BLOCK = 0x7f3c_0400_0010
const STRIDE = 0x70
const LEAKS_EVERY = 13
const CHILDREN = 10
const STEPS = 20
const ROOT: RootRef = { kind: 'global', addr: 0x55ccbc3f0000, name: 'g_sessions.table[3]', where: 'orders-backend', tid: null }
const STACK: RootRef = { kind: 'stack', addr: 0x7ffd1c3a9e40, name: 'sp+0x48', where: 'stack of thread 4711', tid: 4711 }
const MEMBERS = ['next', 'owner.session', 'children[4]', 'items._M_impl._M_start']

const addressOf = (i: number): number => FIRST_BLOCK + i * STRIDE
const indexOf = (address: number): number => Math.max(0, Math.floor((address - FIRST_BLOCK) / STRIDE))
const isLeaked = (i: number): boolean => i % LEAKS_EVERY === 5
const page = <Row>(rows: Row[], q: { offset: number; limit: number }): { rows: Row[]; total: number; offset: number } => ({ rows: rows.slice(q.offset, q.offset + q.limit), total: rows.length, offset: q.offset })

/** As a layout is written. */
export const layoutOf = (size: number): string => `${size}/${size > 64 ? 'VP-P--I' : 'P'}`

export class FakeGraph {
  state: GraphState = { references: 'waiting', retained: 'waiting', stage: null, share: 0, remainingMs: null, message: '', timings: [] }
  readonly #buildMs: number
  readonly #blocks: number
  readonly #top: Top
  readonly #emit: (event: CoreEvent) => void
  #core = ''
  #file = ''
  /** Rises when building begins and when it is stopped. */
  #run = 0
  #ended: Promise<void> = Promise.resolve()

  constructor(buildMs: number, blocks: number, top: Top, emit: (event: CoreEvent) => void) {
    this.#buildMs = buildMs
    this.#blocks = blocks
    this.#top = top
    this.#emit = emit
  }

  start(core: string, file: string): void {
    this.#core = core
    this.#file = file
    if (this.#buildMs > 0) this.#ended = this.#build()
    else this.#set({ references: 'ready', retained: 'ready', share: 1 })
  }

  async wait(part: GraphPart): Promise<GraphState> {
    if (this.state[part] === 'failed') this.#ended = this.#build()
    await this.#ended
    return this.state
  }

  cancel(): void {
    this.#run++
    const { references, retained } = this.state
    this.#set({ references: references === 'ready' ? 'ready' : 'failed', retained: retained === 'ready' ? 'ready' : 'failed', stage: null, remainingMs: null, message: 'cancelled' })
  }

  listReferences(q: ReferenceQuery): ReferencePage {
    const i = indexOf(q.address)
    const total = this.#referenceCount(i, q.direction)
    const rows: ReferenceRow[] = []
    for (let nth = q.offset; nth < Math.min(total, q.offset + q.limit); nth++) rows.push(this.#reference(i, nth, q.direction))
    return { block: this.#ref(i), rows, total, offset: q.offset }
  }

  groupReferences(q: ReferenceGroupQuery): ReferenceGroups {
    const i = indexOf(q.address)
    const total = this.#referenceCount(i, q.direction)
    const rows = Array.from({ length: Math.min(total, MEMBERS.length + 1) }, (_, nth) => {
      const example = this.#reference(i, nth, q.direction)
      const other = q.direction === 'in' ? example.from : example.to
      const count = nth === 0 ? 1 : Math.ceil((total - 1) / MEMBERS.length)
      return { label: other?.label ?? example.root?.kind ?? '', type: other?.type ?? null, root: example.root?.kind ?? null, member: example.member, fromOffset: example.fromOffset, toOffset: example.toOffset, count, bytes: count * (other?.size ?? 0), example }
    })
    return { block: this.#ref(i), rows, counted: Math.min(total, 2048), total }
  }

  neighbourhood(address: number): Neighbourhood {
    return { nodes: [{ id: 'b0', block: this.#ref(indexOf(address)), root: null, depth: 0, more: 0 }], edges: [] }
  }

  why(q: WhyQuery): Why {
    const i = indexOf(q.address)
    if (isLeaked(i)) return { block: this.#ref(i), reachable: false, chains: [], head: this.#ref(headOf(i)) }
    const chain = (root: RootRef, between: number[], skipped: number): Chain => ({
      root,
      steps: [...between, i].map((at, n) => ({ block: this.#ref(at), toOffset: n === 1 ? 24 : 0, fromOffset: n < between.length ? 8 * n : 0, member: n < between.length ? MEMBERS[n % MEMBERS.length]! : '' })),
      skipped,
      cut: skipped === 0 ? 0 : 2,
    })
    return { block: this.#ref(i), reachable: true, chains: [chain(ROOT, [i + 1, i + 2], 0), chain(STACK, [i + 3, i + 4, i + 6, i + 7], 40_000)].slice(0, q.limit), head: null }
  }

  listLeaks(q: LeakQuery): LeakPage {
    const all = Math.ceil(this.#blocks / LEAKS_EVERY / 4)
    const rows: LeakRow[] = []
    const total = q.head === undefined ? all : 3
    for (let n = q.offset; n < Math.min(total, q.offset + q.limit); n++) {
      const i = (q.heads ? n * 4 : n) * LEAKS_EVERY + 5
      const { addr, size, type, label } = this.#ref(i)
      const head = headOf(i) === i
      rows.push({ addr, size, type, label: q.label ?? label, head, holdsCount: head ? 3 : 0, holds: head ? 3 * size : 0, headAddr: addressOf(headOf(i)) })
    }
    return { rows, total, offset: q.offset, all: { count: all * 4, bytes: all * 400, heads: all, unread: 0 } }
  }

  groupLeaks(q: LeakGroupQuery): LeakGroupPage {
    const needle = q.filter.toLowerCase()
    const rows = this.#top.rows.slice(0, 60).map(({ type, label, count, bytes }): LeakGroupRow => ({ type, label, count: Math.ceil(count / 50), bytes: Math.ceil(bytes / 50), heads: Math.ceil(count / 200), holds: Math.ceil(bytes / 70) }))
    const sign = q.descending ? -1 : 1
    rows.sort((a, b) => sign * (q.sort === 'label' ? (a.label < b.label ? -1 : 1) : a[q.sort] - b[q.sort]))
    const all = { count: rows.reduce((sum, r) => sum + r.count, 0), bytes: rows.reduce((sum, r) => sum + r.bytes, 0), heads: rows.reduce((sum, r) => sum + r.heads, 0), unread: 0 }
    return { ...page(rows.filter((row) => row.label.toLowerCase().includes(needle)), q), all }
  }

  listRetained(q: RetainedQuery): RetainedPage {
    const row = (i: number): RetainedRow => this.#retained(i)
    if (q.address === undefined) {
      const total = Math.min(100_000, this.#blocks)
      return { rows: Array.from({ length: Math.max(0, Math.min(q.limit, total - q.offset)) }, (_, n) => row(q.offset + n)), total, offset: q.offset, path: [] }
    }
    const of = indexOf(q.address)
    const path = [of]
    while (path.at(-1)! > 0) path.push(Math.floor((path.at(-1)! - 1) / CHILDREN))
    return { ...page(Array.from({ length: CHILDREN }, (_, n) => row(of * CHILDREN + n + 1)), q), path: path.map(row) }
  }

  layoutDetails(key: string): LayoutDetails {
    const { size, count, bytes } = this.#top.rows[0]!
    const word = (n: number): LayoutWordRow => ({
      offset: n * 8,
      pointers: n % 3 === 0 ? 1 : n % 3 === 1 ? 0.4 : 0,
      nulls: n % 3 === 1 ? 0.6 : n % 3 === 2 ? 0.25 : 0,
      leadsTo: n === 0 ? [{ label: 'vtable for app::Session', count: 400 }] : n % 3 === 2 ? [] : [{ label: 'start of block of 72 bytes', count: 300 }, { label: 'start of app::Session', count: 100 }],
      values: n % 3 === 2 ? [{ text: String(n), count: 200 }, { text: '"orders-7"', count: 12 }] : [],
    })
    return {
      key: key.startsWith('at ') ? 'layout 1' : key,
      layout: layoutOf(size),
      size, count, bytes,
      types: [{ label: 'app::Session', count: 390 }, { label: 'malloc(304)', count: 10 }],
      classes: [{ key: 'class 1', layout: layoutOf(size), count: count - 1000 }, { key: 'class 2', layout: `${size}/VP`, count: 1000 }],
      sampled: 400,
      words: Array.from({ length: size / 8 }, (_, n) => word(n)),
      strings: [{ text: 'orders-7', offset: 40, count: 12 }],
      referrers: [{ label: 'app::Session', member: 'next', fromOffset: 8, toOffset: 0, count: 180 }, { label: 'global', member: '', fromOffset: 0, toOffset: 0, count: 1 }],
    }
  }

  #ref(i: number): BlockRef {
    const { type, label, size } = this.#top.rows[i % 11]!
    return { addr: addressOf(i), size, state: 'used', type, label }
  }

  #retained(i: number): RetainedRow {
    const { addr, size, type, label } = this.#ref(i)
    const share = 0.4 / (i + 1)
    return { addr, size, type, label, retained: Math.max(size, Math.round(share * this.#top.bytes)), share, dominator: i === 0 ? null : addressOf(Math.floor((i - 1) / CHILDREN)), dominates: CHILDREN }
  }

  /** The first block of the heap is what everything points to. */
  #referenceCount(i: number, direction: 'in' | 'out'): number {
    return direction === 'out' ? 8 : isLeaked(i) ? 0 : i === 0 ? 1_000_000 : 5
  }

  #reference(i: number, nth: number, direction: 'in' | 'out'): ReferenceRow {
    const other = this.#ref(i + 1 + nth)
    const at = { fromOffset: 8 * (nth % 4), member: MEMBERS[nth % MEMBERS.length]!, toOffset: nth % 3 === 1 ? 24 : 0 }
    if (direction === 'out') return { from: this.#ref(i), root: null, ...at, to: other }
    return nth === 0 ? { from: null, root: ROOT, fromOffset: 0, member: '', to: this.#ref(i), toOffset: 0 } : { from: other, root: null, ...at, to: this.#ref(i) }
  }

  async #build(): Promise<void> {
    const run = ++this.#run
    this.#set({ references: this.state.references === 'ready' ? 'ready' : 'building', retained: 'building', message: '' })
    for (const [n, stage] of GRAPH_STAGES.entries()) {
      for (let step = 0; step < STEPS; step++) {
        await new Promise((resolve) => setTimeout(resolve, this.#buildMs / GRAPH_STAGES.length / STEPS))
        if (run !== this.#run) return
        const remainingMs = this.#buildMs * (1 - (n + step / STEPS) / GRAPH_STAGES.length)
        this.#set({ stage, share: step / STEPS, remainingMs, ...(stage === 'keep' ? { references: 'ready' } : {}) })
      }
    }
    this.#set({ references: 'ready', retained: 'ready', stage: null, share: 1, remainingMs: null })
  }

  #set(part: Partial<GraphState>): void {
    this.state = { ...this.state, ...part }
    this.#emit({ kind: 'graph', core: this.#core, file: this.#file, state: this.state })
  }
}

/** Of four leaked blocks in a row, the first leaked by itself. */
function headOf(i: number): number {
  const nth = (i - 5) / LEAKS_EVERY
  return (nth - (nth % 4)) * LEAKS_EVERY + 5
}

/** Rows of TopN by layout: one a size. */
export function byLayout(rows: TopRow[]): TopRow[] {
  const layouts = new Map<number, TopRow>()
  for (const row of rows) {
    const known = layouts.get(row.size)
    if (known) {
      known.count += row.count
      known.bytes += row.bytes
      known.share += row.share
    } else layouts.set(row.size, { ...row, key: `layout ${layouts.size + 1}`, type: null, label: layoutOf(row.size), requested: null, sizes: 1, evidence: '3 layouts that differ only by nulls' })
  }
  return [...layouts.values()]
}
