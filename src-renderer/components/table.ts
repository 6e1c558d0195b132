/** What a table's columns are and how wide they end up. */

export interface Column {
  id: string
  title: string
  /** Px; the one column without a width takes what is left. */
  width?: number
  align?: 'start' | 'end'
  sortable?: boolean
  /** What the numbers mean, as the header's tooltip. */
  hint?: string
}

export interface SortState {
  id: string
  descending: boolean
}

/** Px of every row of a table. */
export const ROW_HEIGHT = 24
export const MIN_COLUMN = 56
const MIN_FLEXIBLE = 180

/** A value for grid-template-columns. `widthOf`: what a person dragged, if anything. */
export function gridTemplate(columns: Column[], widthOf: (id: string) => number | undefined): string {
  return columns
    .map((column) => {
      const width = widthOf(column.id) ?? column.width
      return width === undefined ? `minmax(${MIN_FLEXIBLE}px, 1fr)` : `${width}px`
    })
    .join(' ')
}

/** Px below which the table scrolls sideways. */
export function minimumWidth(columns: Column[], widthOf: (id: string) => number | undefined): number {
  return columns.reduce((sum, column) => sum + (widthOf(column.id) ?? column.width ?? MIN_FLEXIBLE), 0)
}

export function ariaSort(column: Column, sort: SortState | null): 'ascending' | 'descending' | 'none' | undefined {
  if (!column.sortable) return undefined
  if (sort?.id !== column.id) return 'none'
  return sort.descending ? 'descending' : 'ascending'
}

/** Where a key leads from row `index` of `rows`; null for keys that don't move. */
export function moveBy(key: string, index: number, rows: number, page: number): number | null {
  const last = rows - 1
  switch (key) {
    case 'ArrowDown':
      return Math.min(last, index + 1)
    case 'ArrowUp':
      return Math.max(0, index - 1)
    case 'PageDown':
      return Math.min(last, index + page)
    case 'PageUp':
      return Math.max(0, index - page)
    case 'Home':
      return 0
    case 'End':
      return last
    default:
      return null
  }
}

/** One line of tab-separated values; tabs and line breaks inside a value become spaces. */
export function tsv(values: (string | number)[]): string {
  return values.map((value) => String(value).replace(/[\t\r\n]+/g, ' ')).join('\t')
}
