/** Which blocks a list shows, and which ones a row of TopN or a type stands for. */

import type { BlockQuery, TopQuery } from '../../src-main/contract/api.ts'
import type { LayoutDetails, LeakGroupRow, TopRow, TypeRow } from '../../src-main/contract/rows.ts'
import { knowledgeOf, knowledgeOfLabel, type Knowledge } from '../format/knowledge.ts'

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
  /** The row is a layout class: types may differ, and free blocks have none. */
  isLayout: boolean
}

/** Leaked blocks: of one type or size, or all that hang on a head. */
export interface LeakSelection {
  label: string | null
  knowledge: Knowledge
  /** Address of the head. */
  head: number | null
}

export const USED_BLOCKS: BlockSelection = { state: 'used', row: null }
export const FREE_BLOCKS: BlockSelection = { state: 'free', row: null }

export function blocksOfRow(row: TopRow, by: TopQuery['by']): BlockSelection {
  return {
    state: 'used',
    row: { of: { key: row.key }, label: row.label, knowledge: knowledgeOf(row), size: row.sizes === 1 ? row.size : null, anyType: by === 'size' || by === 'layout', isLayout: by === 'layout' },
  }
}

export function blocksOfType(type: Pick<TypeRow, 'name'>): BlockSelection {
  return { state: 'used', row: { of: { type: type.name }, label: type.name, knowledge: 'named', size: null, anyType: false, isLayout: false } }
}

/** `key`: of a family of layouts, or of one of them. */
export function blocksOfLayout({ key, layout, size }: Pick<LayoutDetails, 'key' | 'layout' | 'size'>): BlockSelection {
  return { state: 'used', row: { of: { key }, label: layout, knowledge: 'unnamed', size, anyType: true, isLayout: true } }
}

export const ALL_LEAKS: LeakSelection = { label: null, knowledge: 'unknown', head: null }

export function leaksOfGroup({ label, type }: LeakGroupRow): LeakSelection {
  return { label, knowledge: knowledgeOfLabel({ label, type }), head: null }
}

export function leaksOnHead(head: number): LeakSelection {
  return { ...ALL_LEAKS, head }
}
