/** Which blocks a row of TopN stands for. */

import type { TopQuery } from '../../src-main/contract/api.ts'
import type { TopRow } from '../../src-main/contract/rows.ts'
import type { BlockSelection } from './places.svelte.ts'

export function blocksOfRow(row: TopRow, by: TopQuery['by']): BlockSelection {
  const selection: BlockSelection = { state: 'used', label: row.label }
  if (by !== 'size') selection.type = row.type
  // A typed row of `by: type` spans sizes, even when all its blocks happen to have one.
  if (row.size !== null && (by !== 'type' || row.type === null)) selection.size = row.size
  return selection
}
