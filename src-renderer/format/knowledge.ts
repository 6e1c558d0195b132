/** How much is known of what a block is. */

import type { BlockRef, BlockRow, TopRow } from '../../src-main/contract/rows.ts'

/**
 * - `named`: its type has a name
 * - `unnamed`: told apart from all others by evidence such as its vtable, but nothing names it
 * - `unknown`: only its size is known
 */
export type Knowledge = 'named' | 'unnamed' | 'unknown'

/** Only rows of unknown blocks say what was asked of malloc. */
export function knowledgeOf(row: Pick<TopRow, 'type' | 'requested'>): Knowledge {
  if (row.type !== null) return 'named'
  return row.requested === null ? 'unnamed' : 'unknown'
}

export function knowledgeOfBlock(row: Pick<BlockRow, 'type' | 'kind'>): Knowledge {
  if (row.type !== null) return 'named'
  return row.kind === '' ? 'unknown' : 'unnamed'
}

/** Of a row that has only its label: an unknown block's is the call that most likely asked for it. */
export function knowledgeOfLabel({ type, label }: Pick<BlockRef, 'type' | 'label'>): Knowledge {
  return type === null ? knowledgeOfText(label) : 'named'
}

/** Of a label alone, which may also be a type or a kind of root. */
export function knowledgeOfText(label: string): Knowledge {
  return /^malloc\(\d+\)$|^free$/.test(label) ? 'unknown' : 'unnamed'
}
