/** A list that the engine filters, sorts and pages, with what the person chose about it and where they are in it. */

import type { Page } from '../../src-main/contract/rows.ts'
import type { Outcome } from '../../src-main/contract/outcome.ts'
import { ROW_HEIGHT } from '../components/table.ts'
import { hold, placeAgain } from './keepPlace.ts'
import { rowsAt } from './marks.ts'
import { PAGE_SIZE, RemoteRows } from './remoteRows.svelte.ts'
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
  /** Names a row from answer to answer; null where rows keep their order. */
  readonly #keyOf: ((row: Row) => string) | null
  #seen = 0

  /** `version`: what the engine knows at the start; see `follow`. */
  constructor(choice: Choice, fetch: FetchList<Choice, P>, version = 0, memory = new TableMemory(), keyOf: ((row: Row) => string) | null = null) {
    this.choice = choice
    this.memory = memory
    this.#fetch = fetch
    this.#keyOf = keyOf
    this.#seen = version
    this.rows = new RemoteRows(this.#fetcher())
  }

  /** Another list: from its start. */
  change(part: Partial<Choice>): void {
    this.choice = { ...this.choice, ...part }
    this.memory.reset()
    this.rows.query(this.#fetcher())
  }

  /** Fetches anew, in place, when `version` is another than the rows were fetched at; says whether it was. What was selected and in view stays so, wherever it is then. */
  follow(version: number): boolean {
    if (version === this.#seen) return false
    this.#seen = version
    this.rows.refresh(this.#placeKeeper())
    return true
  }

  /** Rows by their indexes, asked for where they aren't at hand. */
  rowsAt(indexes: number[]): Promise<Outcome<Row[]>> {
    const fetch = this.#fetcher()
    return rowsAt(indexes, PAGE_SIZE, (index) => this.rows.rowAt(index), (page) => fetch(page * PAGE_SIZE, PAGE_SIZE))
  }

  #placeKeeper(): (() => boolean) | null {
    const keyOf = this.#keyOf
    if (keyOf === null) return null
    const { top, selected } = this.memory
    const held = hold({ top, selected, view: this.rows.view }, (index) => {
      const row = this.rows.rowAt(index)
      return row === undefined ? null : keyOf(row)
    })
    if (held === null) return null
    return () => {
      // Who has moved meanwhile is where they want to be.
      if (this.memory.selected !== selected || this.memory.top !== top) return true
      const placed = placeAgain(held, (key) => this.rows.find((row) => keyOf(row) === key), ROW_HEIGHT)
      this.memory.top = placed.top
      this.memory.selected = placed.selected
      return true
    }
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
