/** TopN: how it is grouped, sorted and filtered. One for the whole core, so that it is found as it was left. */

import type { CoreClient, TopQuery } from '../../src-main/contract/api.ts'
import type { TopPage, TopRow } from '../../src-main/contract/rows.ts'
import { ListState, turned } from './listState.svelte.ts'
import { TableMemory } from './tableMemory.svelte.ts'

export type TopBy = TopQuery['by']
export type TopSort = TopQuery['sort']
type TopChoice = Pick<TopQuery, 'by' | 'sort' | 'descending' | 'filter'>

export class TopState extends ListState<TopRow, TopPage, TopChoice> {
  /** Share of the largest row before filtering: the length of a full bar. */
  largestShare = $state(1)
  readonly #client: CoreClient
  readonly #core: string

  constructor(client: CoreClient, core: string) {
    super({ by: 'type', sort: 'bytes', descending: true, filter: '' }, (choice, paging) => client.listTop({ core, ...choice, ...paging }), 0, new TableMemory(), (row) => row.key)
    this.#client = client
    this.#core = core
    void this.#measure()
  }

  groupBy(by: TopBy): void {
    this.change({ by })
    void this.#measure()
  }

  /** Text starts at A, numbers at the largest. */
  sortBy(sort: TopSort): void {
    this.change(turned(this.choice, sort, sort !== 'label'))
  }

  override follow(version: number): boolean {
    const changed = super.follow(version)
    if (changed) void this.#measure()
    return changed
  }

  async #measure(): Promise<void> {
    const { by } = this.choice
    const largest = await this.#client.listTop({ core: this.#core, by, sort: 'bytes', descending: true, filter: '', offset: 0, limit: 1 })
    if (by === this.choice.by && largest.ok) this.largestShare = largest.value.rows[0]?.share || 1
  }
}
