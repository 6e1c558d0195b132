/**
 * What follows from the references between blocks: referrers, what roots reach, what leaked by itself, dominators and what
 * each block retains. AssemblyScript over the memory of graph/areas.ts. Its slow twin is test/engine/graph/graphTwin.ts.
 *
 * Every function takes the addresses of its columns. Sources 0 .. blockCount - 1 are blocks, those behind are root windows;
 * the references of source s are target[first[s]] .. target[first[s + 1]].
 */

const NONE: u32 = 0xffff_ffff
const USED: u8 = 0

// @ts-ignore: decorator
@inline
function get(column: usize, i: u32): u32 {
  return load<u32>(column + (<usize>i << 2))
}

// @ts-ignore: decorator
@inline
function set(column: usize, i: u32, value: u32): void {
  store<u32>(column + (<usize>i << 2), value)
}

/**
 * Turns the references to blocks [from, to) round: the sources that point to block t become source[firstSource[t]] ..
 * source[firstSource[t + 1]], ascending; one that does so with several words is there several times. Threads may turn
 * disjoint parts at once.
 * @param firstSource blockCount + 1 elements, zero
 */
export function turnRound(first: usize, target: usize, sourceCount: u32, from: u32, to: u32, firstSource: usize, source: usize): void {
  if (from >= to) return
  const end = get(first, sourceCount)
  const span = to - from
  // firstSource[t + 2] counts those of t, but for the last, which is the next part's place
  let below: u32 = 0
  for (let e: u32 = 0; e < end; e++) {
    const t = get(target, e)
    if (t < from) below++
    else if (t - from < span - 1) {
      const place = firstSource + (<usize>t + 2 << 2)
      store<u32>(place, load<u32>(place) + 1)
    }
  }
  set(firstSource, from + 1, below)
  for (let i = from + 2; i <= to; i++) set(firstSource, i, get(firstSource, i) + get(firstSource, i - 1))
  // firstSource[t + 1] is now where t's sources begin; it moves on to where they end
  let e: u32 = 0
  for (let s: u32 = 0; s < sourceCount; s++) {
    const stop = get(first, s + 1)
    for (; e < stop; e++) {
      const t = get(target, e)
      if (t - from >= span) continue
      const place = firstSource + (<usize>t + 1 << 2)
      const at = load<u32>(place)
      store<u32>(place, at + 1)
      set(source, at, s)
    }
  }
}

/** How many blocks are in `queue`, in the order in which they were reached. */
export let reached: u32 = 0

let kindNow: u8 = 0

export function beginReach(): void {
  reached = 0
}

/**
 * Reaches what one root window's references lead to.
 * @param kind what `reach` gets for all that is reached from now on
 * @param via by block: the source + 1 by which it was reached first; 0 where it wasn't
 */
export function seed(root: u32, kind: u8, first: usize, target: usize, via: usize, reach: usize, queue: usize): void {
  kindNow = kind
  const end = get(first, root + 1)
  for (let e = get(first, root); e < end; e++) visit(get(target, e), root, via, reach, queue)
}

// @ts-ignore: decorator
@inline
function visit(block: u32, by: u32, via: usize, reach: usize, queue: usize): void {
  const place = via + (<usize>block << 2)
  if (load<u32>(place) != 0) return
  store<u32>(place, by + 1)
  store<u8>(reach + <usize>block, kindNow)
  set(queue, reached++, block)
}

/** Reaches on, breadth first. @param done how many of the queue's blocks are followed @returns how many are then, at most `budget` more */
export function spread(done: u32, budget: u32, first: usize, target: usize, via: usize, reach: usize, queue: usize): u32 {
  const limit = done + budget
  for (; done < reached && done < limit; done++) {
    const block = get(queue, done)
    const end = get(first, block + 1)
    for (let e = get(first, block); e < end; e++) visit(get(target, e), block, via, reach, queue)
  }
  return done
}

/**
 * Heads of what leaked: unreached used blocks that no other unreached one leads to, and of what is left (cycles, and what
 * hangs on them) one block of each cycle that nothing else leads to.
 * @param head by block, may be `via` itself: 0 where it is reached or free; else on return the id + 1 of the head it hangs on, its own for a head
 * @param stack scratch of blockCount + 1 elements @param cursor scratch of blockCount elements
 * @returns how many used blocks are not reached
 */
export function findLeaks(first: usize, target: usize, via: usize, state: usize, blockCount: u32, head: usize, stack: usize, cursor: usize): u32 {
  const LEAKED: u32 = 0xffff_ffff // not assigned yet
  const POINTED: u32 = 0xffff_fffe // and another leaked block leads there
  let count: u32 = 0
  for (let b: u32 = 0; b < blockCount; b++) {
    const leaked = get(via, b) == 0 && load<u8>(state + <usize>b) == USED
    set(head, b, leaked ? LEAKED : 0)
    if (leaked) count++
  }
  if (count == 0) return 0
  for (let b: u32 = 0; b < blockCount; b++) {
    if (get(head, b) == 0) continue
    const end = get(first, b + 1)
    for (let e = get(first, b); e < end; e++) {
      const t = get(target, e)
      if (t != b && get(head, t) == LEAKED) set(head, t, POINTED)
    }
  }
  for (let b: u32 = 0; b < blockCount; b++) if (get(head, b) == LEAKED) hang(b, first, target, head, stack, POINTED)
  // what is left lies in cycles or behind them: of all left, the one finished last by a depth-first walk is in a cycle that
  // nothing else leads to. The path grows from the beginning of `stack`, finished blocks are put down from its end.
  let finished = blockCount
  for (let b: u32 = 0; b < blockCount; b++) {
    if (get(head, b) != POINTED) continue
    let depth: u32 = 1
    set(stack, 0, b); set(head, b, LEAKED); set(cursor, b, get(first, b))
    while (depth > 0) {
      const v = get(stack, depth - 1)
      const end = get(first, v + 1)
      let e = get(cursor, v)
      let next: u32 = NONE
      while (e < end) {
        const t = get(target, e++)
        if (get(head, t) == POINTED) { next = t; break }
      }
      set(cursor, v, e)
      if (next != NONE) {
        set(head, next, LEAKED); set(cursor, next, get(first, next))
        set(stack, depth++, next)
        continue
      }
      depth--
      set(stack, --finished, v)
    }
  }
  for (let i = finished; i < blockCount; i++) {
    const b = get(stack, i)
    if (get(head, b) == LEAKED) hang(b, first, target, head, cursor, LEAKED)
  }
  return count
}

/** Gives head `b` all that hangs on it and has none yet; `unassigned` is what such blocks have. */
function hang(b: u32, first: usize, target: usize, head: usize, stack: usize, unassigned: u32): void {
  let depth: u32 = 1
  set(stack, 0, b)
  set(head, b, b + 1)
  while (depth > 0) {
    const v = get(stack, --depth)
    const end = get(first, v + 1)
    for (let e = get(first, v); e < end; e++) {
      const t = get(target, e)
      if (get(head, t) != unassigned) continue
      set(head, t, b + 1)
      set(stack, depth++, t)
    }
  }
}

// ---- dominators: Georgiadis, "Linear-Time Algorithms for Dominators and Related Problems" (2005), semi-NCA

/** Numbers given so far; number 0 is the virtual root. */
export let numbered: u32 = 1

export function beginNumbers(): void {
  numbered = 1
}

/**
 * Numbers blocks depth first from one block on, unless it has a number.
 * @param number by block @param vertex, parent by number @param cursor scratch by block
 */
export function numberFrom(block: u32, first: usize, target: usize, number: usize, vertex: usize, parent: usize, cursor: usize): void {
  if (get(number, block) != 0) return
  let v = block
  let n = numbered++
  set(number, v, n); set(vertex, n, v); set(parent, n, 0); set(cursor, v, get(first, v))
  while (true) {
    const end = get(first, v + 1)
    let e = get(cursor, v)
    let next: u32 = NONE
    while (e < end) {
      const t = get(target, e++)
      if (get(number, t) == 0) { next = t; break }
    }
    set(cursor, v, e)
    if (next != NONE) {
      n = numbered++
      set(number, next, n); set(vertex, n, next); set(parent, n, get(number, v)); set(cursor, next, get(first, next))
      v = next
      continue
    }
    const up = get(parent, get(number, v))
    if (up == 0) return
    v = get(vertex, up)
  }
}

/** Numbers from all blocks that a source's references lead to. */
export function numberFromSource(source: u32, first: usize, target: usize, number: usize, vertex: usize, parent: usize, cursor: usize): void {
  const end = get(first, source + 1)
  for (let e = get(first, source); e < end; e++) numberFrom(get(target, e), first, target, number, vertex, parent, cursor)
}

/**
 * Semi-dominators of numbers count - 1 .. from. A source that is no block is the virtual root. References from blocks with
 * numbers of `leakedFrom` on, which no root reaches, to blocks before them don't count.
 * @param ancestor starts as a copy of `parent` @param label, semi by number; label[i] = i
 * @param stack scratch by number
 */
export function semiDominators(from: u32, to: u32, leakedFrom: u32, blockCount: u32, firstSource: usize, source: usize, number: usize, vertex: usize, parent: usize, ancestor: usize, label: usize, semi: usize, stack: usize): void {
  for (let i = to; i > from; ) {
    i--
    const w = get(vertex, i)
    let best = get(parent, i)
    const end = get(firstSource, w + 1)
    for (let e = get(firstSource, w); e < end; e++) {
      const s = get(source, e)
      if (s >= blockCount) { best = 0; break }
      const v = get(number, s)
      // not reached at all, or leaked and so no way to a reached one
      if (v == 0 || (v >= leakedFrom && i < leakedFrom)) continue
      const u = v <= i ? v : evaluate(v, i, ancestor, label, semi, stack)
      const candidate = v <= i ? v : get(semi, u)
      if (candidate < best) best = candidate
    }
    set(semi, i, best)
  }
}

/** The number with the least semi-dominator on the path from v up to the numbers that are not done yet (<= last). */
// @ts-ignore: decorator
@inline
function evaluate(v: u32, last: u32, ancestor: usize, label: usize, semi: usize, stack: usize): u32 {
  let depth: u32 = 0
  let u = v
  while (get(ancestor, u) > last) {
    set(stack, depth++, u)
    u = get(ancestor, u)
  }
  let above = u
  while (depth > 0) {
    const below = get(stack, --depth)
    if (get(semi, get(label, above)) < get(semi, get(label, below))) set(label, below, get(label, above))
    set(ancestor, below, get(ancestor, above))
    above = below
  }
  return get(label, v)
}

/** Turns `parent` into the immediate dominators, both by number. */
export function settleDominators(count: u32, parent: usize, semi: usize): void {
  for (let i: u32 = 1; i < count; i++) {
    let d = get(parent, i)
    const s = get(semi, i)
    while (d > s) d = get(parent, d)
    set(parent, i, d)
  }
}

/**
 * Adds up what each retains, by number, in bytes.
 * @param words usable size by block; where it is NONE the size is in `large`, which has (block, bytes) as f64
 */
export function addRetained(count: u32, parent: usize, vertex: usize, words: usize, state: usize, large: usize, largeCount: u32, retained: usize): void {
  for (let i: u32 = 1; i < count; i++) {
    const block = get(vertex, i)
    let size: f64 = 0
    if (load<u8>(state + <usize>block) == USED) {
      const w = get(words, block)
      if (w != NONE) size = <f64>w * 8
      else for (let l: u32 = 0; l < largeCount; l++) if (<u32>load<f64>(large + (<usize>l << 4)) == block) size = load<f64>(large + (<usize>l << 4), 8)
    }
    store<f64>(retained + (<usize>i << 3), size)
  }
  store<f64>(retained, 0)
  for (let i = count - 1; i > 0; i--) {
    const place = retained + (<usize>get(parent, i) << 3)
    store<f64>(place, load<f64>(place) + load<f64>(retained + (<usize>i << 3)))
  }
}

/** From numbers to blocks: the dominator + 1 by block, 0 for the virtual root; NONE where it has no number. */
export function byBlock(count: u32, parent: usize, vertex: usize, dominator: usize): void {
  for (let i: u32 = 1; i < count; i++) {
    const d = get(parent, i)
    set(dominator, get(vertex, i), d == 0 ? 0 : get(vertex, d) + 1)
  }
}

/**
 * Blocks by what dominates them: those of block d are child[childFirst[d + 1]] .. child[childFirst[d + 2]], those of the
 * virtual root child[childFirst[0]] .. child[childFirst[1]]; ascending.
 * @param childFirst blockCount + 2 elements, zero
 */
export function listChildren(blockCount: u32, dominator: usize, childFirst: usize, child: usize): void {
  for (let b: u32 = 0; b < blockCount; b++) {
    const d = get(dominator, b)
    // the last one's count is nobody's beginning
    if (d < blockCount) set(childFirst, d + 1, get(childFirst, d + 1) + 1)
  }
  for (let i: u32 = 1; i < blockCount + 2; i++) set(childFirst, i, get(childFirst, i) + get(childFirst, i - 1))
  // childFirst[d] is where d's children begin; it moves on to where they end, which is where the next one's began
  for (let b: u32 = 0; b < blockCount; b++) {
    const d = get(dominator, b)
    if (d == NONE) continue
    const at = get(childFirst, d)
    set(childFirst, d, at + 1)
    set(child, at, b)
  }
  for (let i = blockCount + 1; i > 0; i--) set(childFirst, i, get(childFirst, i - 1))
  set(childFirst, 0, 0)
}
