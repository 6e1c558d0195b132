/** Which blocks a list shows, and which ones a row of TopN or a type stands for. */

import type { BlockQuery, TopQuery } from '../../src-main/contract/api.ts'
import type { TopRow, TypeRow } from '../../src-main/contract/rows.ts'
import { knowledgeOf, type Knowledge } from '../format/knowledge.ts'

export interface BlockSelection {
  /** Where the list starts; the person may choose another one. */
  state: BlockQuery['state']
  /** The row of TopN or the type whose blocks these are; null for all blocks. */
  row: SelectedRow | null
}

export interface SelectedRow {
  /** What the engine is asked for: a row of TopN by its key, or a type by its name. */
  of: { key: string } | { type: string }
  label: string
  knowledge: Knowledge
  /** Usable bytes; null where the row's blocks differ in size. */
  size: number | null
  /** The row is of a size, whatever the type: free blocks have one too. */
  anyType: boolean
}

export const USED_BLOCKS: BlockSelection = { state: 'used', row: null }
export const FREE_BLOCKS: BlockSelection = { state: 'free', row: null }

export function blocksOfRow(row: TopRow, by: TopQuery['by']): BlockSelection {
  return {
    state: 'used',
    row: { of: { key: row.key }, label: row.label, knowledge: knowledgeOf(row), size: row.sizes === 1 ? row.size : null, anyType: by === 'size' },
  }
}

export function blocksOfType(type: Pick<TypeRow, 'name'>): BlockSelection {
  return { state: 'used', row: { of: { type: type.name }, label: type.name, knowledge: 'named', size: null, anyType: false } }
}
