/** Rows of a table that are chosen together, by their indexes. */

/** More rows than that are not chosen one by one. */
export const MOST_MARKED = 10_000

export type Marks = ReadonlySet<number>

export const NO_MARKS: Marks = new Set()

/** From `from` towards `to`, both included; `last` is `to`, or where there were enough. */
export function rangeOf(from: number, to: number): { marks: Marks; last: number } {
  const step = to < from ? -1 : 1
  const length = Math.min(Math.abs(to - from) + 1, MOST_MARKED)
  return { marks: new Set(Array.from({ length }, (_, i) => from + i * step)), last: from + (length - 1) * step }
}

/** One more, or one less; one is always left. Where none was marked, the selected row is the first. */
export function toggled(marks: Marks, selected: number, index: number): Marks {
  const now = new Set(marks.size === 0 ? [selected] : marks)
  if (!now.has(index)) return now.size < MOST_MARKED ? now.add(index) : marks
  if (now.size > 1) now.delete(index)
  return now
}

/** Rows by index: those at hand, and the others page by page from whoever has them. */
export async function rowsAt<Row, Failed extends { ok: false }>(
  indexes: number[],
  pageSize: number,
  atHand: (index: number) => Row | undefined,
  fetch: (page: number) => Promise<{ ok: true; value: { rows: Row[] } } | Failed>,
): Promise<{ ok: true; value: Row[] } | Failed> {
  const asked = new Map<number, Row[]>()
  const rows: Row[] = []
  for (const index of indexes) {
    const page = Math.floor(index / pageSize)
    let row = atHand(index)
    if (row === undefined && !asked.has(page)) {
      const outcome = await fetch(page)
      if (!outcome.ok) return outcome
      asked.set(page, outcome.value.rows)
    }
    row ??= asked.get(page)?.[index - page * pageSize]
    if (row !== undefined) rows.push(row)
  }
  return { ok: true, value: rows }
}
