/** The kinds of the memory map beside those of the accounting, which splits an allocator's ranges by use. */

import { RANGE_KINDS, type Accounting, type AccountingKind, type RangeKind } from '../../src-main/contract/rows.ts'

/** What the ranges are of that hold an accounting kind's bytes. */
export function rangeKindOf(kind: AccountingKind): RangeKind {
  switch (kind) {
    case 'allocator-used':
    case 'allocator-free':
    case 'allocator-overhead':
      return 'allocator'
    default:
      return kind
  }
}

export interface KindTotal {
  kind: RangeKind
  bytes: number
  ranges: number
}

/** Every kind that has ranges, in the order of RANGE_KINDS. */
export function totalsByKind(accounting: Accounting): KindTotal[] {
  return RANGE_KINDS.map((kind) => {
    const rows = accounting.rows.filter((row) => rangeKindOf(row.kind) === kind)
    // The rows of an allocator's uses all count the same ranges.
    return { kind, bytes: rows.reduce((sum, row) => sum + row.bytes, 0), ranges: Math.max(0, ...rows.map((row) => row.ranges)) }
  }).filter((total) => total.ranges > 0)
}
