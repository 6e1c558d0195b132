/**
 * A list that lives in the engine: pages are fetched as they come into view, at most two at a time, the
 * latest wish first. The rows of the previous query stay until the first page of the new one is there,
 * so typing into a filter doesn't flash.
 */

import type { Failure, Outcome } from '../../src-main/contract/outcome.ts'
import type { Page } from '../../src-main/contract/rows.ts'
import { PageCache } from './pageCache.ts'
import type { RowSource } from './rowSource.ts'

export const PAGE_SIZE = 400
const PAGES_KEPT = 60
const MAX_IN_FLIGHT = 2

export type FetchPage<P> = (offset: number, limit: number) => Promise<Outcome<P>>

export class RemoteRows<Row, P extends Page<Row>> implements RowSource<Row> {
  total = $state(0)
  /** The latest page's own fields: totals of the query. Null before the first answer. */
  head = $state.raw<P | null>(null)
  /** Why the current query has no rows; the rows shown are the previous query's. */
  failure = $state.raw<Failure | null>(null)
  loading = $state(false)

  #revision = $state(0)
  readonly #pages = new PageCache<Row>(PAGE_SIZE, PAGES_KEPT)
  #fetchPage: FetchPage<P>
  #generation = 0
  /** The query whose rows are in the cache. */
  #shown = 0
  #wanted: number[] = [0]
  /** Rows that the table draws. */
  #view = { first: 0, end: 0 }
  /** Told of each page of a refresh until it says that it needs no more. */
  #refreshed: (() => boolean) | null = null
  #inFlight: number[] = []

  constructor(fetchPage: FetchPage<P>) {
    this.#fetchPage = fetchPage
    this.#begin()
  }

  /** Another query: starts from its first page. */
  query(fetchPage: FetchPage<P>): void {
    this.#fetchPage = fetchPage
    this.#begin()
  }

  retry(): void {
    this.#begin()
  }

  /** Asks the same again, for the pages in view: the engine knows more now. `refreshed` is called with each page that came, until it says true. */
  refresh(refreshed: (() => boolean) | null = null): void {
    this.#begin(this.#wanted)
    this.#refreshed = refreshed
  }

  get view(): { first: number; end: number } {
    return this.#view
  }

  /** Where a row is among those at hand; null where none is it. */
  find(is: (row: Row) => boolean): number | null {
    return this.#pages.find(is)
  }

  rowAt(index: number): Row | undefined {
    void this.#revision
    return this.#pages.row(index)
  }

  want(first: number, end: number): void {
    this.#view = { first, end }
    if (this.#shown !== this.#generation) return
    const firstPage = Math.floor(first / PAGE_SIZE)
    const lastPage = Math.max(firstPage, Math.floor((end - 1) / PAGE_SIZE))
    this.#wanted = []
    for (let page = firstPage; page <= lastPage; page++) this.#wanted.push(page)
    for (const page of this.#wanted) this.#pages.touch(page)
    this.#pump()
  }

  #begin(pages = [0]): void {
    this.#generation++
    this.#refreshed = null
    this.#inFlight = []
    this.#wanted = pages.length === 0 ? [0] : pages
    this.loading = true
    this.#pump()
  }

  #pump(): void {
    for (const page of this.#wanted) {
      if (this.#inFlight.length >= MAX_IN_FLIGHT) return
      const cached = this.#shown === this.#generation && this.#pages.has(page)
      if (!cached && !this.#inFlight.includes(page)) void this.#fetch(page)
    }
  }

  async #fetch(page: number): Promise<void> {
    const generation = this.#generation
    this.#inFlight.push(page)
    const outcome = await this.#fetchPage(page * PAGE_SIZE, PAGE_SIZE)
    if (generation !== this.#generation) return
    this.#inFlight = this.#inFlight.filter((other) => other !== page)
    this.loading = false
    if (!outcome.ok) {
      this.failure = outcome.error
      this.#wanted = []
      return
    }
    if (this.#shown !== generation) this.#pages.clear()
    this.#shown = generation
    this.failure = null
    this.#pages.put(page, outcome.value.rows)
    this.total = outcome.value.total
    this.head = outcome.value
    this.#revision++
    if (this.#refreshed?.()) this.#refreshed = null
    this.#pump()
  }
}
