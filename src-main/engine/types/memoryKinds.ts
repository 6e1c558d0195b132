/** What kind of memory an address lies in, answered fast: the process's ranges in order, the last one looked at remembered. */
import type { RangeKind, RangeRow } from '../../contract/rows.ts'

export class MemoryKinds {
  private readonly ranges: readonly RangeRow[]
  private last = 0

  /** @param ranges in address order */
  constructor(ranges: readonly RangeRow[]) {
    this.ranges = ranges
  }

  /** Null where nothing is mapped, and for NaN. */
  at(address: number): RangeKind | null {
    if (Number.isNaN(address)) return null
    const { ranges } = this
    let range = ranges[this.last]
    if (range === undefined || address < range.start || address >= range.end) {
      let low = 0
      let high = ranges.length
      while (low < high) {
        const middle = (low + high) >>> 1
        if (ranges[middle].end > address) high = middle
        else low = middle + 1
      }
      range = ranges[low]
      if (range === undefined || address < range.start) return null
      this.last = low
    }
    return range.kind
  }
}
