/**
 * Blocks that look used to their neighbours but are free: in a thread's tcache or in a fastbin. Both are found by
 * shape, whatever the version; a list is followed only as long as it is sane.
 * Source: glibc malloc/malloc.c, "tcache_entry", "fastbin", PROTECT_PTR (2.32).
 */
import { hex } from '../../bytes/units.ts'
import type { Thread } from '../../corefile/notes.ts'
import type { Diagnostics } from '../../errors.ts'
import type { AddressSpace } from '../../memory/addressSpace.ts'
import { CHUNK_BITS, CHUNK_BLOCKS, STATE, type Blocks, type State } from '../blocks.ts'
import { fastbinsOf, type Arena } from './arenas.ts'
import { CHUNK_HEADER, MIN_CHUNK, TCACHE_LAYOUTS, type TcacheLayout } from './layout.ts'

/** TLS around the thread pointer that may hold libc's `tcache`. */
const TLS_REACH = 1 << 16
/** Threads whose TLS is searched for where `tcache` lies; the others have it at the same place. */
const VOTERS = 32

const xorHigh = (a: number, b: number): number => {
  // both below 2^53: xor in two halves
  const high = (Math.floor(a / 2 ** 32) ^ Math.floor(b / 2 ** 32)) >>> 0
  return high * 2 ** 32 + (((a % 2 ** 32) ^ (b % 2 ** 32)) >>> 0)
}

/** A stored `next`/`fd` at address `at`: from 2.32 on mangled with the address's page (safe-linking). */
const decoded = (memory: AddressSpace, at: number, safe: boolean): number => {
  const stored = memory.word(at)
  return safe ? xorHigh(stored, Math.floor(at / 4096)) : stored
}

/** Marks free what lies in fastbins. */
export function markFastbins(memory: AddressSpace, blocks: Blocks, arenas: Arena[], diagnostics: Diagnostics): void {
  for (const arena of arenas) {
    fastbinsOf(memory, arena).forEach((head, bin) => {
      if (head === 0) return
      const inBin = (chunk: number): number => {
        const block = blocks.at(chunk + CHUNK_HEADER)
        return block >= 0 && blocks.size(block) === MIN_CHUNK + bin * 16 - 8 ? block : -1
      }
      const followed = follow(memory, blocks, head, inBin, CHUNK_HEADER, STATE.freeInFastbin)
      if (followed.broken !== 0) diagnostics.add('damaged', `arena ${arena.label}`, followed.broken, `its fastbin of ${MIN_CHUNK + bin * 16} bytes is broken after ${followed.count} chunks, at ${hex(followed.broken)}`)
    })
  }
}

/**
 * Follows a list with and without safe-linking, marks the blocks of the longer one, and says where it broke (0:
 * it ended with a null).
 */
function follow(memory: AddressSpace, blocks: Blocks, head: number, blockOf: (at: number) => number, nextAt: number, state: State): { count: number; broken: number } {
  const second = decoded(memory, head + nextAt, true)
  const plain = decoded(memory, head + nextAt, false)
  // a null next is stored as the address's page number under safe-linking, as 0 without
  const safe = second === 0 || (plain !== 0 && blockOf(second) >= 0)
  let count = 0
  for (let at = head; at !== 0; at = decoded(memory, at + nextAt, safe)) {
    const block = blockOf(at)
    if (block < 0 || blocks.state(block) === state) return { count, broken: at }
    blocks.setState(block, state)
    count++
  }
  return { count, broken: 0 }
}

interface Tcache {
  block: number
  layout: TcacheLayout
  /** Head of each list, and the size of its chunks; 0 for lists of large ones of several sizes. */
  lists: { head: number; chunk: number }[]
  /** Lists whose head can't be right. */
  damaged: number
}

/** Marks free what lies in tcaches, and the tcaches themselves as the allocator's own. */
export function markTcaches(memory: AddressSpace, blocks: Blocks, threads: Thread[], diagnostics: Diagnostics): void {
  const seen = new Set<number>()
  const found: Tcache[] = []
  const keep = (tcache: Tcache | null): void => {
    if (!tcache || seen.has(tcache.block)) return
    seen.add(tcache.block)
    found.push(tcache)
  }
  for (const block of blocksOfTcacheSize(blocks)) {
    const tcache = readTcache(memory, blocks, block)
    if (tcache && tcache.lists.length > 0) keep(tcache)
  }
  for (const block of emptyTcaches(memory, blocks, threads, seen)) keep(readTcache(memory, blocks, block))
  for (const tcache of found) {
    blocks.setState(tcache.block, STATE.own)
    let whole = tcache.damaged === 0
    for (const list of tcache.lists) {
      const inBin = (at: number): number => blockInBin(blocks, at, list.chunk, tcache.layout)
      const followed = follow(memory, blocks, list.head, inBin, 0, STATE.freeInTcache)
      if (followed.broken === 0) continue
      whole = false
      diagnostics.add('damaged', 'tcache', blocks.address(tcache.block), `a list of ${list.chunk}-byte chunks is broken after ${followed.count}, at ${hex(followed.broken)}`)
    }
    if (!whole) markByKey(memory, blocks, tcache)
  }
}

/**
 * Behind a broken list: since 2.29 each block in a tcache has the same key in its second word (the tcache's address,
 * from 2.34 on a random number), which malloc takes out again. A block that went on to another list when its thread
 * ended may keep it while it is used, so its first word has to lead on as an entry's does.
 */
function markByKey(memory: AddressSpace, blocks: Blocks, tcache: Tcache): void {
  const keyOf = (address: number): bigint => {
    const read = memory.read(address + 8, 8)
    return read.ok ? new DataView(read.bytes.buffer).getBigUint64(0, true) : 0n
  }
  const keys = tcache.lists.map((list) => keyOf(list.head))
  const key = keys.find((k) => k !== 0n && keys.filter((other) => other === k).length * 2 > keys.length)
  if (key === undefined || keys.length < SANE_FOR_A_DAMAGED) return
  const largest = (MIN_CHUNK + 63 * 16 - 8) / 8
  for (let chunk = 0; chunk < blocks.chunkCount; chunk++) {
    const { words, state } = blocks.chunk(chunk)
    const length = Math.min(CHUNK_BLOCKS, blocks.count - (chunk << CHUNK_BITS))
    for (let i = 0; i < length; i++) {
      if (state[i] !== STATE.used || words[i] > largest) continue
      const address = blocks.address((chunk << CHUNK_BITS) + i)
      if (keyOf(address) !== key) continue
      const leadsOn = [true, false].some((safe) => {
        const next = decoded(memory, address, safe)
        return next === 0 || blockInBin(blocks, next, words[i] * 8 + 8, tcache.layout) >= 0
      })
      if (leadsOn) state[i] = STATE.freeInTcache
    }
  }
}

function* blocksOfTcacheSize(blocks: Blocks): Generator<number> {
  const smallest = Math.min(...TCACHE_LAYOUTS.map((layout) => (layout.chunk - 8) / 8))
  const largest = Math.max(...TCACHE_LAYOUTS.map((layout) => (layout.largestChunk - 8) / 8))
  for (let chunk = 0; chunk < blocks.chunkCount; chunk++) {
    const { words, state } = blocks.chunk(chunk)
    const length = Math.min(CHUNK_BLOCKS, blocks.count - (chunk << CHUNK_BITS))
    for (let i = 0; i < length; i++) {
      if (words[i] >= smallest && words[i] <= largest && state[i] === STATE.used) yield (chunk << CHUNK_BITS) + i
    }
  }
}

function blockInBin(blocks: Blocks, at: number, chunk: number, layout: TcacheLayout): number {
  const block = blocks.at(at)
  if (block < 0) return -1
  const size = blocks.size(block) + 8
  return size === chunk || (layout.slotsLeft && chunk === 0 && size > 64 * 16) ? block : -1
}

/** Sane lists that a would-be tcache must have for each damaged one to be believed. */
const SANE_FOR_A_DAMAGED = 4

/** Null unless the lists of the would-be tcache are sane. */
function readTcache(memory: AddressSpace, blocks: Blocks, block: number): Tcache | null {
  const chunk = blocks.size(block) + 8
  const layout = TCACHE_LAYOUTS.find((l) => chunk >= l.chunk && chunk <= l.largestChunk)
  if (!layout || blocks.state(block) !== STATE.used) return null
  const read = memory.read(blocks.address(block), layout.bins * (layout.countBytes + 8))
  if (!read.ok) return null
  const view = new DataView(read.bytes.buffer)
  const entriesAt = layout.bins * layout.countBytes
  const tcache: Tcache = { block, layout, lists: [], damaged: 0 }
  for (let bin = 0; bin < layout.bins; bin++) {
    const counted = layout.countBytes === 1 ? view.getUint8(bin) : view.getUint16(bin * 2, true)
    const head = view.getUint32(entriesAt + bin * 8, true) + view.getUint32(entriesAt + bin * 8 + 4, true) * 2 ** 32
    const listed = bin < 64 ? MIN_CHUNK + bin * 16 : 0
    const isSane = (layout.slotsLeft ? counted <= 4096 : (counted === 0) === (head === 0)) && (head === 0 || (head % 16 === 0 && blockInBin(blocks, head, listed, layout) >= 0))
    if (!isSane) tcache.damaged++
    else if (head !== 0) tcache.lists.push({ head, chunk: listed })
  }
  return tcache.damaged * SANE_FOR_A_DAMAGED > tcache.lists.length ? null : tcache
}

/**
 * A tcache that holds nothing is all zeroes, as a fresh block of the program's may be. libc's thread-local `tcache`
 * tells them apart: it lies at the same distance from every thread's thread pointer.
 */
function emptyTcaches(memory: AddressSpace, blocks: Blocks, threads: Thread[], full: ReadonlySet<number>): number[] {
  const votes = new Map<number, { full: number; first: number; count: number }>()
  const located = threads.map((thread) => Number(thread.tp)).filter((tp) => tp > 0)
  // no thread pointers in the core: a tcache is what its thread's first malloc makes
  if (located.length === 0) return blocks.regions.filter((region) => region.blockCount > 0).map((region) => region.firstBlock)
  for (const tp of located.slice(0, VOTERS)) {
    for (let distance = -TLS_REACH; distance < TLS_REACH; distance += 8) {
      const value = memory.word(tp + distance)
      if (!(value > 0) || value % 16 !== 0) continue
      const block = blocks.at(value)
      if (block < 0) continue
      const isFull = full.has(block)
      if (!isFull && readTcache(memory, blocks, block)?.lists.length !== 0) continue
      const vote = votes.get(distance) ?? { full: 0, first: 0, count: 0 }
      votes.set(distance, vote)
      if (isFull) vote.full++
      if (blocks.regionOf(block).firstBlock === block) vote.first++ // a tcache is made by its thread's first malloc
      vote.count++
    }
  }
  const [best] = [...votes].sort(([, a], [, b]) => b.full - a.full || b.first - a.first || b.count - a.count)
  if (!best) return []
  return located.map((tp) => blocks.at(memory.word(tp + best[0]))).filter((block) => block >= 0)
}
