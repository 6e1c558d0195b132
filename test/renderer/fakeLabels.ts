/** Labels and candidates of the stand-in: what a person says of its blocks changes what its lists say. */

import type { CandidateQuery, LabelQuery } from '../../src-main/contract/api.ts'
import type { TopRow, TypeRow } from '../../src-main/contract/rows.ts'
import type { CandidatePage, CandidateRow, LabelRow } from '../../src-main/contract/typeRows.ts'
import type { buildTopRows } from './fakeTop.ts'

type Top = ReturnType<typeof buildTopRows>

const FIRST_BLOCK = 0x7f3c_0400_0010
const STRIDE = 0x70
/** The heap repeats the first rows of TopN. */
const KINDS = 11
/** Of a block beyond its type. */
export const BEYOND = 16
const SAMPLED = 64
const OTHERS = 40

export const addressOf = (i: number): number => FIRST_BLOCK + i * STRIDE
/** Any address leads to the block it lies in. */
export const indexOf = (address: number): number => Math.max(0, Math.floor((address - FIRST_BLOCK) / STRIDE))

export class FakeLabels {
  rows: LabelRow[] = []
  readonly #top: Top
  readonly #types: TypeRow[]
  #next = 1

  constructor(top: Top, types: TypeRow[]) {
    this.#top = top
    this.#types = types
  }

  /** Where the i-th block of a row of TopN is in the heap; of all blocks where there is no such row. */
  indexIn(row: number, i: number): number {
    return row >= 0 && row < KINDS ? i * KINDS + row : i
  }

  sourceOf(index: number): TopRow {
    return this.#top.rows[index % KINDS]!
  }

  /** @param source the row of TopN that the block is listed under */
  typeOf(index: number, source = this.sourceOf(index)): string | null {
    return this.#labelOf(index)?.type ?? source.type
  }

  typeAt(address: number): string | null {
    return this.typeOf(indexOf(address))
  }

  isLabelled(index: number): boolean {
    return this.#labelOf(index) !== undefined
  }

  /** Usable bytes; those of a block of a known type are a little more than the type's. */
  sizeAt(address: number): number {
    const { size, type } = this.sourceOf(indexOf(address))
    return type === null ? size : size + BEYOND
  }

  /** TopN as the labels have it. */
  applied(top: Top): Top {
    if (this.rows.length === 0) return top
    const rows = top.rows.map((row) => ({ ...row }))
    for (const label of this.rows) {
      const from = rows[indexOf(label.addr) % KINDS]!
      const type = label.type
      const to = rows.find((row) => row.type === type) ?? rows[rows.push({ ...from, key: `${type}/${from.size}`, type, label: type, requested: null, sizes: 1, count: 0, bytes: 0, share: 0, evidence: 'a person’s label' }) - 1]!
      const bytes = label.blocks * from.size
      from.count -= label.blocks
      from.bytes -= bytes
      to.count += label.blocks
      to.bytes += bytes
    }
    for (const row of rows) row.share = row.bytes / top.bytes
    return { ...top, rows: rows.filter((row) => row.count > 0) }
  }

  /** False for a type that there isn't. */
  set({ addresses, type, scope }: LabelQuery): boolean {
    const bare = type.replace(/ ?\[\d*\]$/, '')
    if (!this.#types.some((other) => other.name === bare)) return false
    const wanted = scope === 'layout' ? addresses.slice(0, 1) : addresses
    const made = wanted.map((addr): LabelRow => {
      const { size, count } = this.sourceOf(indexOf(addr))
      return { id: `label ${this.#next++}`, addr: addressOf(indexOf(addr)), scope, layout: scope === 'layout' ? layoutText(size) : '', type, blocks: scope === 'layout' ? count : 1, made: Date.now() }
    })
    const replaced = new Set(made.map((row) => row.addr))
    this.rows = [...made, ...this.rows.filter((row) => !replaced.has(row.addr))]
    return true
  }

  remove(ids: string[]): void {
    this.rows = this.rows.filter((row) => !ids.includes(row.id))
  }

  candidates({ address, layout, offset, limit }: CandidateQuery): CandidatePage {
    const size = this.sizeAt(address)
    const source = this.sourceOf(indexOf(address))
    const now = this.typeAt(address)
    const type = (name: string): TypeRow[] => this.#types.filter((other) => other.name === name)
    const likely = [...new Set([...(now === null ? [] : type(now)), ...type('app::Order'), ...type('google::protobuf::internal::ArenaStringPtr'), ...type('app::Value')])]
    const others = this.#types.filter((other) => other.kind !== 'base' && other.size !== null && other.size > 16 && other.size <= size && !likely.includes(other)).slice(0, OTHERS)
    const sampled = layout ? SAMPLED : 1
    const rows = [...likely, ...others]
      .filter((other) => other.size !== null && other.size <= size)
      .map((other, n): CandidateRow => {
        const header = n === 2 ? 8 : 0
        const fits = Math.max(0, sampled - n * 2 * (layout ? 1 : 0))
        const misfits = n === 0 ? [] : [{ offset: 24, member: 'weight_3', what: 'no number of plausible size', count: sampled - fits }, { offset: 8, member: 'next_4', what: 'no pointer to app::Session', count: 1 }].slice(0, n > 1 ? 2 : 1)
        return { type: other.name, typeId: other.id, count: Math.floor((size - header) / other.size!), header, size: other.size!, score: 0.62 / (n + 1) ** 2.4, sampled, fits, good: fits * 6, bad: sampled - fits, misfits: layout && n > 0 ? misfits : n > 2 ? misfits.slice(0, 1) : [], current: other.name === now, referred: n === 0 }
      })
    return { block: { addr: addressOf(indexOf(address)), size, state: 'used', type: now, label: now ?? source.label }, blocks: layout ? source.count : 1, rows: rows.slice(offset, offset + limit), total: rows.length, offset }
  }

  #labelOf(index: number): LabelRow | undefined {
    return this.rows.find((row) => (row.scope === 'layout' ? indexOf(row.addr) % KINDS === index % KINDS : indexOf(row.addr) === index))
  }
}

const layoutText = (size: number): string => `${size}/${size > 64 ? 'VP-P--I' : 'P'}`
