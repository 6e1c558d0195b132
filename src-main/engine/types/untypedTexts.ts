/**
 * Texts of C programs without debug information: a block that is one text, and just as large as that text needs, is `char[]`. Claims
 * only blocks of which nothing is known. Of large blocks only both ends are looked at.
 */
import { STRENGTH } from './claims.ts'
import { isSlack } from './containers.ts'
import { HeapWords } from './heapWords.ts'
import { endOfText } from './looksLike.ts'
import type { ContainerMemory } from './untypedContainers.ts'

/** Characters that make a text. */
const LEAST_TEXT = 4
/** What malloc rounds up. */
const SLACK = 16

/** Answers how many blocks. */
export function claimUntypedTexts({ view, heap, memory, claims }: ContainerMemory): number {
  const item = claims.intern(0, true, 0, 1, 'char[]')
  let made = 0

  /** Where the zero behind the text lies; -1 where there is none. */
  const zeroOf = (at: number, usable: number, bytes: Uint8Array, from: number, length: number): number => {
    const stop = endOfText(bytes, from, from + length)
    if (stop - from < LEAST_TEXT) return -1
    if (stop < from + length) return bytes[stop] === 0 ? stop - from : -1
    for (let end = usable - SLACK; end < usable; end++) if (memory.unsigned(at + end, 1) === 0) return end
    return -1
  }
  new HeapWords(view.memory, heap, view.ranges, () => false).eachBlock((block, bytes, from, length) => {
    if (claims.item[block] !== 0) return
    const usable = heap.size(block)
    const zero = zeroOf(heap.address(block), usable, bytes, from, length)
    if (zero < 0 || !isSlack(usable - zero - 1, usable)) return
    claims.set(block, item, STRENGTH.layout, 0, 0)
    made++
  })
  return made
}
