/** What a person said blocks are: the labels of a core, setting and taking them back, and the way to undo what was done last. */

import type { CoreClient, LabelQuery } from '../../src-main/contract/api.ts'
import type { Failure, Outcome } from '../../src-main/contract/outcome.ts'
import type { LabelRow } from '../../src-main/contract/typeRows.ts'
import { callsFor, cameBy, goneFrom, labelledText } from '../format/labels.ts'
import { counted } from '../format/numbers.ts'
import { LocalRows } from './localRows.svelte.ts'
import { TableMemory } from './tableMemory.svelte.ts'

export type LabelScope = LabelQuery['scope']

/** Blocks that a person wants to label; which type they are is asked in a dialog. */
export interface LabelWish {
  /** `the block at 0x7f3c04000010`, `3 blocks` */
  what: string
  /** Asked for once the type is named. */
  addresses: () => Promise<Outcome<number[]>>
  /** A block whose layout class may be labelled instead; null where there is none or the graph can't tell. */
  layoutOf: number | null
  /** Only one scope makes sense. */
  only: LabelScope | null
}

/** What takes the last change back. */
interface Undo {
  remove: string[]
  set: LabelRow[]
}

export type LabelNews =
  | { kind: 'busy'; text: string }
  | { kind: 'done'; text: string; undo: Undo | null }
  | { kind: 'failed'; text: string; failure: Failure }

const BUSY: Failure = { kind: 'usage', what: 'another label is on its way', where: '', remedy: 'try again in a moment' }
/** More blocks than that are no wish of a person's; see LabelQuery. */
export const MOST_LABELLED = 10_000
/** How long the way to undo is offered; the Labels page has it ever after. */
const NEWS_MS = 30_000

export class LabelsState {
  readonly list = new LocalRows<LabelRow>(
    [],
    [
      { id: 'type', key: (r) => r.type },
      { id: 'blocks', key: (r) => r.blocks },
      { id: 'addr', key: (r) => r.addr },
      { id: 'scope', key: (r) => r.layout },
      { id: 'made', key: (r) => r.made },
    ],
    (r) => `${r.type} ${r.layout} 0x${r.addr.toString(16)}`,
  )
  readonly memory = new TableMemory()
  /** Null before the first answer. */
  rows = $state.raw<LabelRow[] | null>(null)
  failure = $state.raw<Failure | null>(null)
  /** Rises when lists may say something else. */
  version = $state(0)
  /** What the dialog asks about. */
  wish = $state.raw<LabelWish | null>(null)
  news = $state.raw<LabelNews | null>(null)
  readonly #client: CoreClient
  readonly #core: string
  #fading: ReturnType<typeof setTimeout> | undefined

  constructor(client: CoreClient, core: string) {
    this.#client = client
    this.#core = core
    void this.refresh()
  }

  readonly busy = $derived(this.news?.kind === 'busy')

  async refresh(): Promise<void> {
    const outcome = await this.#client.listLabels({ core: this.#core })
    this.failure = outcome.ok ? null : outcome.error
    if (outcome.ok) this.#take(outcome.value)
  }

  /** Settles when lists have the label, or with why they have not. */
  async set(addresses: number[], type: string, scope: LabelScope): Promise<Failure | null> {
    if (this.busy) return BUSY
    this.#tell({ kind: 'busy', text: `Labelling as ${type}…` })
    const before = this.rows ?? []
    const outcome = await this.#client.setLabel({ core: this.#core, addresses, type, scope })
    if (!outcome.ok) {
      this.#tell({ kind: 'failed', text: `Not labelled as ${type}`, failure: outcome.error })
      return outcome.error
    }
    const came = cameBy(before, outcome.value, addresses, type)
    await this.refresh()
    this.version++
    this.#tell({ kind: 'done', text: `Labelled ${labelledText(came)}`, undo: { remove: came.map((row) => row.id), set: goneFrom(before, this.rows ?? before) } })
    return null
  }

  async remove(rows: LabelRow[]): Promise<void> {
    if (this.busy || rows.length === 0) return
    this.#tell({ kind: 'busy', text: `Removing ${counted(rows.length, 'label')}…` })
    const failure = await this.#change({ remove: rows.map((row) => row.id), set: [] })
    // A label of several blocks names only one of them.
    const restorable = rows.every((row) => row.scope === 'layout' || row.blocks === 1)
    if (failure) this.#tell({ kind: 'failed', text: 'Labels were not removed', failure })
    else this.#tell({ kind: 'done', text: `Removed ${rows.length === 1 ? 'the label of' : `${counted(rows.length, 'label')} of`} ${labelledText(rows)}`, undo: restorable ? { remove: [], set: rows } : null })
  }

  async undo(): Promise<void> {
    if (this.news?.kind !== 'done' || this.news.undo === null) return
    const { undo } = this.news
    this.#tell({ kind: 'busy', text: 'Taking it back…' })
    const failure = await this.#change(undo)
    this.#tell(failure ? { kind: 'failed', text: 'It was not taken back', failure } : { kind: 'done', text: 'Taken back', undo: null })
  }

  dismiss(): void {
    clearTimeout(this.#fading)
    this.news = null
  }

  /** The core is closed: no timer outlives it. */
  end(): void {
    clearTimeout(this.#fading)
  }

  async #change({ remove, set }: Undo): Promise<Failure | null> {
    const removed = remove.length === 0 ? null : await this.#client.removeLabels({ core: this.#core, ids: remove })
    let failure = removed?.ok === false ? removed.error : null
    for (const call of callsFor(set)) {
      if (failure) break
      const outcome = await this.#client.setLabel({ core: this.#core, ...call })
      if (!outcome.ok) failure = outcome.error
    }
    await this.refresh()
    this.version++
    return failure
  }

  #take(rows: LabelRow[]): void {
    this.rows = rows
    this.list.replace(rows)
  }

  #tell(news: LabelNews): void {
    clearTimeout(this.#fading)
    this.news = news
    if (news.kind === 'done') this.#fading = setTimeout(() => (this.news = null), NEWS_MS)
  }
}
