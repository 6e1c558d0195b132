/** The pages of one list that were seen last. Rows live here and nowhere else; the oldest pages go first. */
export class PageCache<Row> {
  readonly pageSize: number
  readonly #capacity: number
  /** Page number → rows; Map order is age, oldest first. */
  readonly #pages = new Map<number, Row[]>()

  constructor(pageSize: number, capacity: number) {
    this.pageSize = pageSize
    this.#capacity = capacity
  }

  has(page: number): boolean {
    return this.#pages.has(page)
  }

  row(index: number): Row | undefined {
    const page = Math.floor(index / this.pageSize)
    return this.#pages.get(page)?.[index - page * this.pageSize]
  }

  /** Index of a row among the pages at hand; null where none is it. */
  find(is: (row: Row) => boolean): number | null {
    for (const [page, rows] of this.#pages) {
      const at = rows.findIndex(is)
      if (at >= 0) return page * this.pageSize + at
    }
    return null
  }

  put(page: number, rows: Row[]): void {
    this.#pages.delete(page)
    this.#pages.set(page, rows)
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= this.#capacity) break
      this.#pages.delete(oldest)
    }
  }

  /** Marks a page as seen now. */
  touch(page: number): void {
    const rows = this.#pages.get(page)
    if (rows) this.put(page, rows)
  }

  clear(): void {
    this.#pages.clear()
  }

  get size(): number {
    return this.#pages.size
  }
}
