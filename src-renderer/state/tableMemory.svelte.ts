/** What a table remembers while another view is shown. */
export class TableMemory {
  /** Virtual pixels above the first visible row. */
  top = $state(0)
  selected = $state(0)

  reset(): void {
    this.top = 0
    this.selected = 0
  }
}
