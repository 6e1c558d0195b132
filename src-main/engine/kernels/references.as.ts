/**
 * Which words of a process point into which blocks: the map from addresses to blocks, the scan of memory window by window,
 * and the turning round of what it found. AssemblyScript over shared memory: each thread has an instance of its own, all see
 * the same areas. Its slow twin is test/engine/graph/referencesTwin.ts; graph/areas.ts lays the areas out.
 *
 * A reference goes from a source to a block. Sources 0 .. blockCount - 1 are blocks, those behind are root windows. The
 * references of source s are first[s] .. first[s + 1], in address order of the words that hold them.
 */

// areas, in the order of graph/areas.ts, AREAS
let windows: usize = 0, ranges: usize = 0, top: usize = 0, pages: usize = 0, vtables: usize = 0, shared: usize = 0
let start: usize = 0, words: usize = 0, state: usize = 0, regions: usize = 0
let first: usize = 0, layout: usize = 0, classKeys: usize = 0, classShapes: usize = 0, classNonzero: usize = 0, target: usize = 0
// of this thread
let buffer: usize = 0, foundTarget: usize = 0, foundAt: usize = 0

// numbers
let blockCount: u32 = 0, regionCount: u32 = 0, rangeCount: u32 = 0, vtableMask: u32 = 0, classMask: u32 = 0
let granuleShift: u32 = 4, pageBytes: u32 = 0
let heapLow: u64 = 0, heapSpan: u64 = 0, mappedLow: u64 = 0, mappedSpan: u64 = 0
/** What of a word is an address: all of it, or all but the upper 16 bits. */
let addressBits: u64 = ~<u64>0

// the area `shared`: what all threads count in
const NEXT_WINDOW: usize = 0, TURN: usize = 4, FAILED: usize = 8, EDGES: usize = 16, PAGES_USED: usize = 24

const PAGE_SHIFT: u64 = 16
const PAGE_MASK: u64 = 0xffff
const TOP_SHIFT: u64 = 26
const ADDRESS_LIMIT: u64 = 1 << 48
const NONE: u32 = 0xffff_ffff
const LARGE: u32 = 0xffff_ffff
const USED: u8 = 0
/** Of a window's record, see graph/windows.ts. */
const WINDOW_BYTES: usize = 72
/** Words of a block that its layout class looks at; 4 bits each. */
const LAYOUT_WORDS: u64 = 64
const CLASS_PROBES: u32 = 64

// kinds of words, see graph/wordKinds.ts
const NO_POINTER: u32 = 0, BLOCK_START: u32 = 1, BLOCK_INTERIOR: u32 = 2, VTABLE: u32 = 7
/** What ranges say of the words that lead there: code, read-only data, data, stack, other mapped memory. */
const RODATA: u32 = 4, DATA: u32 = 5

/** @param areas addresses (u32) and numbers (u64) as graph/areas.ts writes them */
export function bind(areas: usize, numbers: usize): void {
  windows = load<u32>(areas); ranges = load<u32>(areas, 4); top = load<u32>(areas, 8); pages = load<u32>(areas, 12); vtables = load<u32>(areas, 16); shared = load<u32>(areas, 20)
  start = load<u32>(areas, 24); words = load<u32>(areas, 28); state = load<u32>(areas, 32); regions = load<u32>(areas, 36)
  first = load<u32>(areas, 40); layout = load<u32>(areas, 44); classKeys = load<u32>(areas, 48); classShapes = load<u32>(areas, 52); classNonzero = load<u32>(areas, 56); target = load<u32>(areas, 60)
  buffer = load<u32>(areas, 64); foundTarget = load<u32>(areas, 68); foundAt = load<u32>(areas, 72)
  blockCount = <u32>load<u64>(numbers); regionCount = <u32>load<u64>(numbers, 8); rangeCount = <u32>load<u64>(numbers, 16); vtableMask = <u32>load<u64>(numbers, 24); classMask = <u32>load<u64>(numbers, 32)
  granuleShift = <u32>load<u64>(numbers, 40); heapLow = load<u64>(numbers, 48); heapSpan = load<u64>(numbers, 56); mappedLow = load<u64>(numbers, 64); mappedSpan = load<u64>(numbers, 72)
  addressBits = ~<u64>0 >> load<u64>(numbers, 80)
  pageBytes = granuleShift == 4 ? 1024 : 2048
}

// ---- the map: for each 64 granules {u64 bits of block starts, u32 id of the first block that starts here or behind}

/** Enters the blocks of one region; regions in address order. @returns bytes of `pages` in use; 0 where they don't suffice */
export function mapBlocks(firstBlock: u32, endBlock: u32, base: u64, end: u64, capacity: u32): u32 {
  const entryShift = <u64>granuleShift + 6
  for (let b = firstBlock; b < endBlock; b++) {
    const from = base + (<u64>load<u32>(start + (<usize>b << 2)) << 3)
    const size = load<u32>(words + (<usize>b << 2))
    const to = size == LARGE ? end : from + (<u64>size << 3)
    let entry = entryOf(from, capacity)
    if (entry == 0) return 0
    const bits = load<u64>(entry)
    if (bits == 0) store<u32>(entry, b, 8)
    store<u64>(entry, bits | (<u64>1 << ((from >> granuleShift) & 63)))
    for (let at = ((from >> entryShift) + 1) << entryShift; at < to; at += <u64>1 << entryShift) {
      entry = entryOf(at, capacity)
      if (entry == 0) return 0
      store<u32>(entry, b + 1, 8)
    }
  }
  return load<u32>(shared + PAGES_USED)
}

/** The entry of an address, made where there is none yet; 0 where `pages` is full. */
function entryOf(address: u64, capacity: u32): usize {
  const slot = top + (<usize>(address >> TOP_SHIFT) << 2)
  let middle = load<u32>(slot)
  let used = load<u32>(shared + PAGES_USED)
  if (middle == 0) {
    if (used + 4096 > capacity) return 0
    middle = <u32>pages + used
    used += 4096
    store<u32>(slot, middle)
  }
  const place = <usize>middle + ((<usize>(address >> PAGE_SHIFT) & 1023) << 2)
  let page = load<u32>(place)
  if (page == 0) {
    if (used + pageBytes > capacity) return 0
    page = <u32>pages + used
    used += pageBytes
    store<u32>(place, page)
  }
  store<u32>(shared + PAGES_USED, used)
  return <usize>page + ((<usize>(address & PAGE_MASK) >> (granuleShift + 6)) << 4)
}

/** Offset into the block that `blockOf` found last. */
let foundOffset: u64 = 0

/** The block whose usable bytes hold an address; NONE. */
// @ts-ignore: decorator
@inline
function blockOf(address: u64): u32 {
  if (address - heapLow >= heapSpan || address >= ADDRESS_LIMIT) return NONE
  const middle = load<u32>(top + (<usize>(address >> TOP_SHIFT) << 2))
  if (middle == 0) return NONE
  const page = load<u32>(<usize>middle + ((<usize>(address >> PAGE_SHIFT) & 1023) << 2))
  if (page == 0) return NONE
  const granule = <usize>(address & PAGE_MASK) >> granuleShift
  const entry = <usize>page + ((granule >> 6) << 4)
  const bits = load<u64>(entry)
  const bit = <u64>granule & 63
  const below = bits & (~<u64>0 >> (63 - bit))
  const id = load<u32>(entry, 8) + <u32>popcnt<u64>(below) - 1
  if (id >= blockCount) return NONE
  if (below != 0) foundOffset = ((bit - (63 - clz<u64>(below))) << granuleShift) + (address & ((<u64>1 << granuleShift) - 1))
  else foundOffset = address - addressOf(id)
  if (foundOffset == 0) return id
  const size = load<u32>(words + (<usize>id << 2))
  return size == LARGE ? (address < load<u64>(regionOf(id), 16) ? id : NONE) : foundOffset < <u64>size << 3 ? id : NONE
}

/** Regions: {u64 start, u64 first block, u64 end}. */
function regionOf(block: u32): usize {
  let low: u32 = 0
  let high = regionCount
  while (low < high) {
    const middle = (low + high) >> 1
    if (load<u32>(regions + <usize>middle * 24, 8) <= block) low = middle + 1
    else high = middle
  }
  return regions + <usize>(low - 1) * 24
}

function addressOf(block: u32): u64 {
  return load<u64>(regionOf(block)) + (<u64>load<u32>(start + (<usize>block << 2)) << 3)
}

// ---- what lies outside of blocks: {u64 start, u64 end, u64 kind}, sorted

let lastStart: u64 = 0, lastSize: u64 = 0, lastKind: u32 = 0

function kindOf(word: u64): u32 {
  if (word - mappedLow >= mappedSpan) return NO_POINTER
  if (word - lastStart >= lastSize) {
    let low: u32 = 0
    let high = rangeCount
    while (low < high) {
      const middle = (low + high) >> 1
      if (load<u64>(ranges + <usize>middle * 24, 8) > word) high = middle
      else low = middle + 1
    }
    if (low == rangeCount) return NO_POINTER
    const range = ranges + <usize>low * 24
    if (load<u64>(range) > word) return NO_POINTER
    lastStart = load<u64>(range)
    lastSize = load<u64>(range, 8) - lastStart
    lastKind = <u32>load<u64>(range, 16)
  }
  if ((lastKind == RODATA || lastKind == DATA) && isVtable(word)) return VTABLE
  return lastKind
}

function isVtable(word: u64): bool {
  let slot = hashOf(word) & vtableMask
  while (true) {
    const held = load<u64>(vtables + (<usize>slot << 3))
    if (held == word) return true
    if (held == 0) return false
    slot = (slot + 1) & vtableMask
  }
}

export function addVtable(word: u64): void {
  let slot = hashOf(word) & vtableMask
  while (load<u64>(vtables + (<usize>slot << 3)) != 0) slot = (slot + 1) & vtableMask
  store<u64>(vtables + (<usize>slot << 3), word)
}

// @ts-ignore: decorator
@inline
function hashOf(value: u64): u32 {
  return <u32>((value * 0x9e3779b97f4a7c15) >> 40)
}

/** The kind of one word. */
function wordKind(word: u64): u32 {
  if (blockOf(word) != NONE) return foundOffset == 0 ? BLOCK_START : BLOCK_INTERIOR
  return kindOf(word)
}

// ---- the scan

let found: u32 = 0

/** Scans one window, whose bytes lie in `buffer`; `available` of them are there. @returns references found */
export function scan(window: u32, available: u32): u32 {
  const record = windows + <usize>window * WINDOW_BYTES
  const address = <u64>load<f64>(record)
  const length = <u64>min(<u32>load<f64>(record, 16), available)
  found = 0
  if (load<f64>(record, 24) < 0) {
    scanWords(address, address, address + length, address)
    return found
  }
  const base = <u64>load<f64>(record, 48)
  const regionEnd = <u64>load<f64>(record, 40)
  const endBlock = <u32>load<f64>(record, 32)
  const windowEnd = address + length
  for (let b = <u32>load<f64>(record, 24); b < endBlock; b++) {
    const from = base + (<u64>load<u32>(start + (<usize>b << 2)) << 3)
    if (from >= windowEnd) break
    if (from >= address) store<u32>(first + (<usize>b << 2), found)
    if (load<u8>(state + <usize>b) != USED) continue
    const size = load<u32>(words + (<usize>b << 2))
    const to = size == LARGE ? regionEnd : from + (<u64>size << 3)
    if (from < address) {
      scanWords(address, address, min(to, windowEnd), address)
      continue
    }
    const shaped = min(from + (LAYOUT_WORDS << 3), to)
    const shapedHere = min(shaped, windowEnd)
    beginShape()
    scanShaped(from, shapedHere, address)
    // the rest of the shape lies in the bytes that the next window will scan
    if (shaped > shapedHere) peekShaped(max(shapedHere, from), min(shaped, address + <u64>available), address, (shapedHere - from) >> 3)
    store<u32>(layout + (<usize>b << 2), classOf(size))
    if (to > shapedHere && shapedHere == shaped) scanWords(shaped, address, min(to, windowEnd), address)
  }
  return found
}

/** Words [from, to); `buffer` holds what lies at `address` on. */
function scanWords(from: u64, address: u64, to: u64, windowStart: u64): void {
  if (to < from + 8) return
  let at = buffer + <usize>(from - address)
  const end = buffer + <usize>(to - address) - 7
  const origin = buffer + <usize>(windowStart - address)
  const low = heapLow
  const span = heapSpan
  const bits = addressBits
  for (; at < end; at += 8) {
    const word = load<u64>(at) & bits
    if (word - low >= span) continue
    const block = blockOf(word)
    if (block == NONE) continue
    store<u32>(foundTarget + (<usize>found << 2), block)
    store<u16>(foundAt + (<usize>found << 1), <u16>((at - origin) >> 3))
    found++
  }
}

let shape0: u64 = 0, shape1: u64 = 0, shape2: u64 = 0, shape3: u64 = 0, nonzero: u64 = 0

// @ts-ignore: decorator
@inline
function beginShape(): void {
  shape0 = 0; shape1 = 0; shape2 = 0; shape3 = 0; nonzero = 0
}

// @ts-ignore: decorator
@inline
function addShape(index: u64, kind: u32): void {
  const bits = <u64>kind << ((index & 15) << 2)
  if (index < 16) shape0 |= bits
  else if (index < 32) shape1 |= bits
  else if (index < 48) shape2 |= bits
  else shape3 |= bits
}

/** The first words of a block: references, and the shape. */
function scanShaped(from: u64, to: u64, address: u64): void {
  let at = buffer + <usize>(from - address)
  const end = buffer + <usize>(to - address)
  const mapped = mappedLow
  const mappedSize = mappedSpan
  const bits = addressBits
  for (let index: u64 = 0; at < end; at += 8, index++) {
    const word = load<u64>(at) & bits
    if (word - mapped >= mappedSize) {
      if (load<u64>(at) != 0) nonzero |= <u64>1 << index
      continue
    }
    const block = blockOf(word)
    if (block != NONE) {
      store<u32>(foundTarget + (<usize>found << 2), block)
      store<u16>(foundAt + (<usize>found << 1), <u16>((at - buffer) >> 3))
      found++
      addShape(index, foundOffset == 0 ? BLOCK_START : BLOCK_INTERIOR)
      continue
    }
    const kind = kindOf(word)
    if (kind != NO_POINTER) addShape(index, kind)
    else if (load<u64>(at) != 0) nonzero |= <u64>1 << index
  }
}

/** Words that count for the shape only. */
function peekShaped(from: u64, to: u64, address: u64, firstIndex: u64): void {
  let index = firstIndex
  for (let at = from; at + 8 <= to; at += 8, index++) {
    const word = load<u64>(buffer + <usize>(at - address))
    const kind = wordKind(word & addressBits)
    if (kind != NO_POINTER) addShape(index, kind)
    else if (word != 0) nonzero |= <u64>1 << index
  }
}

/** The slot of a layout class, 0 where the table is full; slot 0 is never given. */
function classOf(size: u32): u32 {
  let key = <u64>size * 0xd6e8feb86659fd93
  key = (key ^ (key >> 32) ^ shape0) * 0x9e3779b97f4a7c15
  key = (key ^ (key >> 29) ^ shape1) * 0xbf58476d1ce4e5b9
  key = (key ^ (key >> 32) ^ shape2) * 0x94d049bb133111eb
  key = (key ^ (key >> 29) ^ shape3) * 0x9e3779b97f4a7c15
  key = (key ^ (key >> 31)) | 1
  let slot = <u32>(key >> 32) & classMask
  for (let probes: u32 = 0; probes < CLASS_PROBES; probes++) {
    if (slot != 0) {
      const place = classKeys + (<usize>slot << 3)
      let held = atomic.load<u64>(place)
      if (held == 0) {
        held = atomic.cmpxchg<u64>(place, 0, key)
        if (held == 0) {
          const shape = classShapes + <usize>slot * 40
          store<u64>(shape, shape0); store<u64>(shape, shape1, 8); store<u64>(shape, shape2, 16); store<u64>(shape, shape3, 24)
          store<u64>(shape, <u64>size, 32)
          held = key
        }
      }
      if (held == key) {
        const seen = classNonzero + (<usize>slot << 3)
        if ((nonzero & ~load<u64>(seen)) != 0) atomic.or<u64>(seen, nonzero)
        return slot
      }
    }
    slot = (slot + 1) & classMask
  }
  return 0
}

/** Index of the first reference of the window committed last. */
export let committedAt: u32 = 0

/**
 * Puts what `scan` found behind what the windows before it found: waits for their turn.
 * @returns 0 done, 1 another thread failed, 2 there are too many references
 */
export function commit(window: u32, count: u32): u32 {
  const turn = shared + TURN
  while (true) {
    const now = atomic.load<i32>(turn)
    if (now == <i32>window) break
    if (atomic.load<i32>(shared + FAILED) != 0) return 1
    atomic.wait<i32>(turn, now, 20_000_000)
  }
  const at = load<u32>(shared + EDGES)
  committedAt = at
  const record = windows + <usize>window * WINDOW_BYTES
  const address = <u64>load<f64>(record)
  // the beginning of the block that reaches into the window may be in no window
  if (load<f64>(record, 24) >= 0 && load<f64>(record, 24) < load<f64>(record, 32)) {
    const b = <usize>load<f64>(record, 24) << 2
    const from = <u64>load<f64>(record, 48) + (<u64>load<u32>(start + b) << 3)
    if (from < address && load<u32>(first + b) == NONE) store<u32>(first + b, at)
  }
  const end = <u64>target + ((<u64>at + <u64>count) << 2)
  const have = <u64>memory.size() << 16
  if (end > have) {
    const more = max<u64>((end - have + 65535) >> 16, 256)
    if (memory.grow(<i32>more) < 0 && memory.grow(<i32>((end - have + 65535) >> 16)) < 0) return 2
  }
  memory.copy(target + (<usize>at << 2), foundTarget, <usize>count << 2)
  store<u32>(shared + EDGES, at + count)
  atomic.store<i32>(turn, <i32>window + 1)
  atomic.notify(turn)
  const length = <u64>load<f64>(record, 16)
  store<f64>(record, <f64>at, 64)
  if (load<f64>(record, 24) < 0) {
    store<u32>(first + (<usize>(blockCount + <u32>(-load<f64>(record, 24)) - 1) << 2), at)
    return 0
  }
  const base = <u64>load<f64>(record, 48)
  const endBlock = <u32>load<f64>(record, 32)
  for (let b = <u32>load<f64>(record, 24); b < endBlock; b++) {
    const from = base + (<u64>load<u32>(start + (<usize>b << 2)) << 3)
    if (from >= address + length) break
    if (from >= address) store<u32>(first + (<usize>b << 2), load<u32>(first + (<usize>b << 2)) + at)
  }
  return 0
}

/** Sources that no window began have no references. `first` held NONE there. */
export function closeGaps(sourceCount: u32): void {
  let next = load<u32>(shared + EDGES)
  store<u32>(first + (<usize>sourceCount << 2), next)
  for (let s = sourceCount; s > 0; s--) {
    const place = first + (<usize>(s - 1) << 2)
    const value = load<u32>(place)
    if (value == NONE) store<u32>(place, next)
    else next = value
  }
}
