/** The types that a block, or all blocks of its layout, may have: which one is looked at, what is rejected, the words under it. */

import { untrack } from 'svelte'
import type { CoreClient } from '../../src-main/contract/api.ts'
import type { CandidatePage, CandidateRow } from '../../src-main/contract/typeRows.ts'
import { laidOver } from '../format/candidates.ts'
import { Answer } from './answer.svelte.ts'
import type { LabelScope } from './labelsState.svelte.ts'
import { ListState } from './listState.svelte.ts'
import type { MemoryState } from './lists.ts'
import type { RowSource } from './rowSource.ts'
import { TableMemory } from './tableMemory.svelte.ts'

/** Nobody looks further down; the engine gives no more at a time. */
const MOST = 1000
/** Whoever moves fast through the list asks for the words of the last one only. */
const PAUSE_MS = 60

/** Types that the person has hidden, by what they were candidates of: as long as the core is open. */
export class Rejections {
  #types = $state.raw<Record<string, readonly string[]>>({})

  of(what: string): readonly string[] {
    return this.#types[what] ?? []
  }

  add(what: string, type: string): void {
    this.#types = { ...this.#types, [what]: [...this.of(what), type] }
  }

  clear(what: string): void {
    this.#types = { ...this.#types, [what]: [] }
  }
}

export class CandidatesState implements RowSource<CandidateRow> {
  readonly address: number
  readonly memory = new TableMemory()
  readonly asked: Answer<CandidatePage>
  readonly words: MemoryState
  /** What the candidates are of, and what accepting one labels. */
  scope = $state.raw<LabelScope>('block')
  readonly #rejections: Rejections
  #laid = $state.raw<CandidateRow | null>(null)
  #pause: ReturnType<typeof setTimeout> | undefined

  constructor(client: CoreClient, core: string, address: number, scope: LabelScope, rejections: Rejections, version: number) {
    this.address = address
    this.#rejections = rejections
    this.scope = scope
    this.asked = new Answer(() => client.candidates({ core, address, layout: this.scope === 'layout', offset: 0, limit: MOST }), version)
    this.words = new ListState(
      { as: '' },
      ({ as }, paging) => {
        const header = untrack(() => this.#laid?.header ?? 0)
        return client.viewBlock({ core, address, ...(as === '' ? {} : { as }), ...(as === '' || header === 0 ? {} : { header }), ...paging })
      },
      version,
    )
  }

  readonly rows: CandidateRow[] = $derived.by(() => {
    const hidden = this.#rejections.of(this.#what)
    return this.asked.value?.rows.filter((row) => !hidden.includes(keyOf(row))) ?? []
  })
  readonly rejected = $derived.by(() => (this.asked.value?.rows.length ?? 0) - this.rows.length)
  readonly selected = $derived(this.rows[Math.min(this.memory.selected, this.rows.length - 1)] ?? null)

  get #what(): string {
    return `${this.scope} ${this.address}`
  }

  get total(): number {
    return this.rows.length
  }

  rowAt(index: number): CandidateRow | undefined {
    return this.rows[index]
  }

  want(): void {}

  of(scope: LabelScope): void {
    if (scope === this.scope) return
    this.scope = scope
    this.memory.reset()
    void this.asked.retry()
  }

  /** Hides it; the one below takes its place. */
  reject(row: CandidateRow): void {
    this.#rejections.add(this.#what, keyOf(row))
  }

  rejectNone(): void {
    this.#rejections.clear(this.#what)
  }

  /** Lays the selected candidate over the block's words. */
  lay(row: CandidateRow | null): void {
    clearTimeout(this.#pause)
    if (row === null || (this.#laid !== null && keyOf(row) === keyOf(this.#laid))) return
    const first = this.#laid === null
    const show = (): void => {
      this.#laid = row
      this.words.change({ as: laidOver(row) })
    }
    if (first) show()
    else this.#pause = setTimeout(show, PAUSE_MS)
  }
}

/** Unique among the candidates of one block. */
export function keyOf({ type, header, count }: CandidateRow): string {
  return `${type} ${header} ${count}`
}
