/** A list that the engine filters, sorts and pages, with what the person chose about it and where they are in it. */

import type { Page } from '../../src-main/contract/rows.ts'
import type { Outcome } from '../../src-main/contract/outcome.ts'
import { RemoteRows } from './remoteRows.svelte.ts'
import { TableMemory } from './tableMemory.svelte.ts'

export interface Paging {
  offset: number
  limit: number
}

export type FetchList<Choice, P> = (choice: Choice, paging: Paging) => Promise<Outcome<P>>

export class ListState<Row, P extends Page<Row>, Choice extends object> {
  choice = $state.raw() as Choice
  readonly rows: RemoteRows<Row, P>
  readonly memory: TableMemory
  readonly #fetch: FetchList<Choice, P>
  #seen = 0

  /** `version`: what the engine knows at the start; see `follow`. */
  constructor(choice: Choice, fetch: FetchList<Choice, P>, version = 0, memory = new TableMemory()) {
    this.choice = choice
    this.memory = memory
    this.#fetch = fetch
    this.#seen = version
    this.rows = new RemoteRows(this.#fetcher())
  }

  /** Another list: from its start. */
  change(part: Partial<Choice>): void {
    this.choice = { ...this.choice, ...part }
    this.memory.reset()
    this.rows.query(this.#fetcher())
  }

  /** Fetches anew, in place, when `version` is another than the rows were fetched at; says whether it was. */
  follow(version: number): boolean {
    if (version === this.#seen) return false
    this.#seen = version
    this.rows.refresh()
    return true
  }

  #fetcher(): (offset: number, limit: number) => Promise<Outcome<P>> {
    const choice = this.choice
    return (offset, limit) => this.#fetch(choice, { offset, limit })
  }
}

interface Order {
  sort: string
  descending: boolean
}

/** What a click on a column's head makes of an order: a second one turns it. */
export function turned<O extends Order>(now: O, sort: O['sort'], startsDescending: boolean): Pick<O, 'sort' | 'descending'> {
  return { sort, descending: now.sort === sort ? !now.descending : startsDescending }
}
