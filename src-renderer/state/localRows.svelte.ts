/** A list that came whole: filtered and sorted here. */

import type { RowSource } from './rowSource.ts'

export interface LocalColumn<Row> {
  id: string
  /** What the column sorts by. */
  key: (row: Row) => string | number
}

export class LocalRows<Row> implements RowSource<Row> {
  filter = $state('')
  sort = $state<{ id: string; descending: boolean } | null>(null)
  #all = $state.raw() as Row[]
  readonly #columns: LocalColumn<Row>[]
  readonly #text: (row: Row) => string

  /** `text`: what the filter searches, case-insensitively. */
  constructor(all: Row[], columns: LocalColumn<Row>[], text: (row: Row) => string) {
    this.#all = all
    this.#columns = columns
    this.#text = text
  }

  readonly rows: Row[] = $derived.by(() => {
    const needle = this.filter.trim().toLowerCase()
    const kept = needle === '' ? this.#all : this.#all.filter((row) => this.#text(row).toLowerCase().includes(needle))
    const sort = this.sort
    const column = this.#columns.find((c) => c.id === sort?.id)
    if (!sort || !column) return kept
    const sign = sort.descending ? -1 : 1
    return [...kept].sort((a, b) => sign * compare(column.key(a), column.key(b)))
  })

  /** Other rows; filter and order stay. */
  replace(all: Row[]): void {
    this.#all = all
  }

  get total(): number {
    return this.rows.length
  }

  get allCount(): number {
    return this.#all.length
  }

  rowAt(index: number): Row | undefined {
    return this.rows[index]
  }

  want(): void {}

  sortBy(id: string): void {
    this.sort = this.sort?.id === id ? { id, descending: !this.sort.descending } : { id, descending: false }
  }
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0
}
