/** What a table shows, wherever its rows come from. Reading any of it inside Svelte's effects tracks it. */
export interface RowSource<Row> {
  readonly total: number
  /** Undefined while the row is on its way. */
  rowAt(index: number): Row | undefined
  /** The table is about to draw rows first .. end, end excluded. */
  want(first: number, end: number): void
}
