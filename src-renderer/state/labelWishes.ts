/** What a person may label: a block, several rows of a list of blocks, a row of TopN. */

import type { CoreApi, TopQuery } from '../../src-main/contract/api.ts'
import type { Outcome } from '../../src-main/contract/outcome.ts'
import type { BlockRow, TopRow } from '../../src-main/contract/rows.ts'
import { hex } from '../format/addresses.ts'
import { counted } from '../format/numbers.ts'
import { MOST_LABELLED, type LabelWish } from './labelsState.svelte.ts'

/** @param layouts the graph knows layouts */
export function wishForBlock({ addr }: Pick<BlockRow, 'addr'>, layouts: boolean): LabelWish {
  return { what: `the block at ${hex(addr)}`, addresses: () => Promise.resolve({ ok: true, value: [addr] }), layoutOf: layouts ? addr : null, only: null }
}

export function wishForBlocks(count: number, rows: () => Promise<Outcome<BlockRow[]>>): LabelWish {
  return { what: counted(count, 'block'), addresses: async () => addressesOf(await rows()), layoutOf: null, only: 'block' }
}

/** Null for a row whose blocks can't be labelled together: they are known, or too many to be named one by one. */
export function wishForTopRow(client: Pick<CoreApi, 'listBlocks'>, core: string, row: TopRow, by: TopQuery['by']): LabelWish | null {
  const isLayout = by === 'layout'
  if (row.type !== null || by === 'size' || (!isLayout && row.count > MOST_LABELLED)) return null
  const addresses = async (): Promise<Outcome<number[]>> => addressesOf(await client.listBlocks({ core, key: row.key, state: 'used', offset: 0, limit: isLayout ? 1 : MOST_LABELLED }))
  return { what: `${counted(row.count, 'block')} of ${row.label}`, addresses, layoutOf: null, only: isLayout ? 'layout' : 'block' }
}

function addressesOf(outcome: Outcome<BlockRow[] | { rows: BlockRow[] }>): Outcome<number[]> {
  if (!outcome.ok) return outcome
  const rows = Array.isArray(outcome.value) ? outcome.value : outcome.value.rows
  if (rows.length === 0) return { ok: false, error: { kind: 'usage', what: 'there are no such blocks any more', where: '', remedy: 'look at the list again' } }
  return { ok: true, value: rows.map((row) => row.addr) }
}
