/** What a table remembers while another view is shown. */

import { NO_MARKS, rangeOf, toggled, type Marks } from './marks.ts'

export class TableMemory {
  /** Virtual pixels above the first visible row. */
  top = $state(0)
  selected = $state(0)
  /** Rows that are chosen together, where a table lets several be; empty: the selected one alone. */
  marked = $state.raw<Marks>(NO_MARKS)
  /** Where a range of marked rows began. */
  #from: number | null = null

  reset(): void {
    this.top = 0
    this.selected = 0
    this.unmark()
  }

  /** The rows from where marking began to `index`; the last of them is selected. */
  markTo(index: number): void {
    this.#from ??= this.selected
    const { marks, last } = rangeOf(this.#from, index)
    this.marked = marks
    this.selected = last
  }

  /** Adds a row to those that are chosen, or takes it away. */
  toggle(index: number): void {
    this.marked = toggled(this.marked, this.selected, index)
    this.#from = index
    this.selected = index
  }

  unmark(): void {
    this.marked = NO_MARKS
    this.#from = null
  }
}
