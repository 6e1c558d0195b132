/** How labels are written: what a person says that blocks are. */

import type { LabelRow } from '../../src-main/contract/typeRows.ts'
import { counted } from './numbers.ts'

/** `62 blocks as Item`; `3 blocks as Item and 1 more type` */
export function labelledText(rows: Pick<LabelRow, 'type' | 'blocks'>[]): string {
  const blocks = rows.reduce((sum, row) => sum + row.blocks, 0)
  const types = [...new Set(rows.map((row) => row.type))]
  const others = types.length > 1 ? ` and ${counted(types.length - 1, 'more type')}` : ''
  return `${counted(blocks, 'block')} as ${types[0] ?? '?'}${others}`
}

/** Which of `now` came by a call: those that weren't there before, or where the call changed none, those of its blocks. */
export function cameBy(before: LabelRow[], now: LabelRow[], addresses: number[], type: string): LabelRow[] {
  const known = new Set(before.map((row) => row.id))
  const fresh = now.filter((row) => !known.has(row.id))
  if (fresh.length > 0) return fresh
  const wanted = new Set(addresses)
  return now.filter((row) => row.type === type && wanted.has(row.addr))
}

/** Labels that another one took the place of. */
export function goneFrom(before: LabelRow[], now: LabelRow[]): LabelRow[] {
  const known = new Set(now.map((row) => row.id))
  return before.filter((row) => !known.has(row.id))
}

/** The calls that set labels anew: one for each type and scope; those of a layout one by one. */
export function callsFor(rows: LabelRow[]): { addresses: number[]; type: string; scope: LabelRow['scope'] }[] {
  const calls = new Map<string, { addresses: number[]; type: string; scope: LabelRow['scope'] }>()
  for (const { id, addr, scope, type } of rows) {
    const key = scope === 'layout' ? id : `block ${type}`
    const known = calls.get(key)
    if (known) known.addresses.push(addr)
    else calls.set(key, { addresses: [addr], type, scope })
  }
  return [...calls.values()]
}
