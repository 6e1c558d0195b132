/** How the types that a block may have are written. */

import type { CandidateRow } from '../../src-main/contract/typeRows.ts'
import { count, counted } from './numbers.ts'
import { place } from './references.ts'

/** `12 × 48`: how many elements fill the block, and the bytes of one. */
export function elementsText({ count: elements, size }: Pick<CandidateRow, 'count' | 'size'>): string {
  return `${count(elements)} × ${count(size)}`
}

export function fitsText({ fits, sampled }: Pick<CandidateRow, 'fits' | 'sampled'>): string {
  return `${count(fits)} of ${count(sampled)}`
}

export type Misfit = CandidateRow['misfits'][number]

/** `weight: no number, in 3 blocks` */
export function misfitText({ member, offset, what, count: blocks }: Misfit, sampled: number): string {
  return `${place(member, offset)}: ${what}${sampled > 1 ? `, in ${counted(blocks, 'block')}` : ''}`
}

/** All of a candidate's, as one line; '' where all fits. */
export function misfitsText({ misfits, sampled }: Pick<CandidateRow, 'misfits' | 'sampled'>): string {
  return misfits.map((misfit) => misfitText(misfit, sampled)).join('; ')
}

/** What is laid over the block for a candidate: its elements, no more of them than it says. */
export function laidOver({ type, count: elements }: Pick<CandidateRow, 'type' | 'count'>): string {
  return `${type.replace(/ ?\[\]$/, '')}[${elements}]`
}
