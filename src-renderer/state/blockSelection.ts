/** Which blocks a list shows, and which ones a row of TopN stands for. */

import type { BlockQuery, TopQuery } from '../../src-main/contract/api.ts'
import type { TopRow } from '../../src-main/contract/rows.ts'

export type BlockSelection = Pick<BlockQuery, 'type' | 'size'> & {
  state: BlockQuery['state']
  /** What the person chose, as they saw it; empty for all blocks. */
  label: string
}

export function blocksOfRow(row: TopRow, by: TopQuery['by']): BlockSelection {
  const selection: BlockSelection = { state: 'used', label: row.label }
  if (by !== 'size') selection.type = row.type
  // A typed row of `by: type` spans sizes, even when all its blocks happen to have one.
  if (by !== 'type' || row.type === null) selection.size = row.size
  return selection
}
