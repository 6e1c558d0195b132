/** How pointers, roots and chains are written. */

import type { BlockRef, ReferenceRow, RootRef } from '../../src-main/contract/rows.ts'
import { hex } from './addresses.ts'
import { ROOT_WORDS } from './words.ts'

/** `+8`, `+0x48`; '' at the start. */
export function plus(offset: number): string {
  return offset === 0 ? '' : offset < 10 ? `+${offset}` : `+0x${offset.toString(16)}`
}

/** Where in a block a pointer is: its member, or its offset. */
export function place(member: string, offset: number): string {
  return member === '' ? plus(offset) || '+0' : member
}

/** The variable, the register, the place on a stack. */
export function rootName({ kind, name, addr }: RootRef): string {
  if (name !== '') return name
  return addr === 0 ? ROOT_WORDS[kind].name.toLowerCase() : hex(addr)
}

/** What a row's other end is called. */
export function otherEnd(row: ReferenceRow, direction: 'in' | 'out'): { block: BlockRef } | { root: RootRef } | null {
  if (direction === 'out') return { block: row.to }
  return row.from ? { block: row.from } : row.root ? { root: row.root } : null
}
