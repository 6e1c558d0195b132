/**
 * Walks glibc's chunks in a window of memory: one pass, one 16-byte header a chunk. AssemblyScript; its slow twin
 * is test/engine/kernels/chunkWalkTwin.ts. Source: glibc malloc/malloc.c, "struct malloc_chunk".
 *
 * Positions are bytes from the region's start, and mark a chunk's header. The invariant of the loop: every chunk
 * before `pos` is emitted; the state of the last one is known only once the header at `pos` is read, because the
 * PREV_INUSE bit there is what says it.
 */

// why the walk stopped
const NEED_WINDOW: i32 = 0 // the header at pos lies beyond the window
const AT_TOP: i32 = 1
const AT_END: i32 = 2 // pos is the region's end
const BAD_SIZE: i32 = 3
const FENCEPOST: i32 = 4 // a chunk of 16 bytes or of size 0: this run of chunks ends here
const OUT_FULL: i32 = 5
const MISMATCH: i32 = 6 // the chunk before pos is free, but its size is not repeated at pos

const PREV_INUSE: u64 = 1
const IS_MMAPPED: u64 = 2
const MIN_CHUNK: u64 = 32
/** new[] keeps the number of elements in front of the first one. */
const MAX_COOKIE: u64 = 1 << 32
const BEHIND_COOKIE: u32 = 0x8000_0000

export let position: u64 = 0
/** Size of the chunk before `position`. */
export let lastSize: u64 = 0
/** PREV_INUSE of the first header read in this call: the state of the last chunk of the call before. 2: none read. */
export let firstPrevInUse: u32 = 2

/**
 * @param window address of the window's bytes @param windowAt its position @param windowSize bytes
 * @param pos header to start at @param top position of the top chunk's header, or beyond `end`
 * @param end the region's size @param forbidden flags that no chunk of this arena has
 * @param before size of the chunk before `pos`; 0 where it is not to be checked against what stands at `pos`
 * @param startOut,wordsOut,stateOut,typeOut columns of `capacity` elements
 * @param firstWordLow,firstWordHigh the span of all ranges @param ranges pairs of u64, half-open, sorted
 * @param table address of `slotCount` (a power of two) u64 keys, zero where free; an id is a slot's number + 1
 * @returns how many chunks were emitted, with the reason for stopping in the upper 8 bits
 */
export function walk(
  window: usize, windowAt: u64, windowSize: u64, pos: u64, top: u64, end: u64, forbidden: u64, before: u64,
  startOut: usize, wordsOut: usize, stateOut: usize, typeOut: usize, capacity: u32,
  ranges: usize, rangeCount: u32, table: usize, slotCount: u32,
): u32 {
  const windowEnd = windowAt + windowSize
  const low: u64 = rangeCount > 0 ? load<u64>(ranges) : 0
  const high: u64 = rangeCount > 0 ? load<u64>(ranges + ((<usize>rangeCount) << 4) - 8) : 0
  let count: u32 = 0
  let reason = NEED_WINDOW
  let previousSize = before
  firstPrevInUse = 2
  while (true) {
    if (pos >= end) { reason = AT_END; break }
    if (pos + 32 > windowEnd) break
    const at = window + <usize>(pos - windowAt)
    const head = load<u64>(at, 8)
    const used = head & PREV_INUSE
    const size = head & ~(<u64>7)
    if (size < MIN_CHUNK || (size & 15) != 0 || size > end - pos || (pos < top && size > top - pos) || (head & forbidden) != 0) {
      // a fencepost's PREV_INUSE is right; a smashed header's is not known
      if (size <= 16 && (size == 16 || size == 0) && (head & IS_MMAPPED) == 0) { reason = FENCEPOST; settle(count, stateOut, used) }
      else if (pos == top) { reason = AT_TOP; settle(count, stateOut, used) }
      else reason = BAD_SIZE
      break
    }
    settle(count, stateOut, used)
    if (pos == top) { reason = AT_TOP; break }
    if (used == 0 && previousSize != 0 && load<u64>(at) != previousSize) { reason = MISMATCH; break }
    if (count == capacity) { reason = OUT_FULL; break }
    store<u32>(startOut + ((<usize>count) << 2), <u32>((pos + 16) >> 3))
    const words = (size - 8) >> 3
    store<u32>(wordsOut + ((<usize>count) << 2), words > 0xffff_ffff ? 0xffff_ffff : <u32>words)
    store<u8>(stateOut + <usize>count, 0)
    const first = load<u64>(at, 16)
    let id: u32 = 0
    if (first >= low && first < high) id = classify(first, ranges, rangeCount, table, slotCount)
    else if (first != 0 && first < MAX_COOKIE) {
      const second = load<u64>(at, 24)
      if (second >= low && second < high) {
        id = classify(second, ranges, rangeCount, table, slotCount)
        if (id != 0) id |= BEHIND_COOKIE
      }
    }
    store<u32>(typeOut + ((<usize>count) << 2), id)
    count++
    previousSize = size
    pos += size
  }
  position = pos
  lastSize = previousSize
  return count | (<u32>reason << 28)
}

// @ts-ignore: decorator
@inline
function settle(count: u32, stateOut: usize, used: u64): void {
  if (count > 0) store<u8>(stateOut + <usize>count - 1, used ? 0 : 1)
  else if (firstPrevInUse == 2) firstPrevInUse = <u32>used
}

/** The id of a distinct word that lies in one of the ranges; 0 where it doesn't or the table is full. */
export function classify(word: u64, ranges: usize, rangeCount: u32, table: usize, slotCount: u32): u32 {
  if ((word & 7) != 0) return 0
  let low: u32 = 0
  let high: u32 = rangeCount
  while (low < high) {
    const middle = (low + high) >> 1
    if (load<u64>(ranges + ((<usize>middle) << 4), 8) > word) high = middle
    else low = middle + 1
  }
  if (low == rangeCount || load<u64>(ranges + ((<usize>low) << 4)) > word) return 0
  const mask = slotCount - 1
  let slot = <u32>((word >> 3) * 0x9e3779b97f4a7c15 >> 40) & mask
  for (let probes: u32 = 0; probes < 64; probes++) {
    const key = table + ((<usize>slot) << 3)
    const held = load<u64>(key)
    if (held == word) return slot + 1
    if (held == 0) { store<u64>(key, word); return slot + 1 }
    slot = (slot + 1) & mask
  }
  return 0
}
