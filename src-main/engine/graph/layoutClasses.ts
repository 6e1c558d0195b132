/**
 * Layout classes: all used blocks of one size and pointer layout. The scan gives each block the slot of its class; here slots
 * become ids in order of their bytes, and classes that differ only by nulls become families: a word that is a pointer in one
 * class and always zero in another is the same pointer, unset. A vtable pointer is never unset.
 */
import { CHUNK_BITS, LARGE, STATE } from '../allocator/blocks.ts'
import type { Areas } from './areas.ts'
import { WORD_KIND, WORD_LETTERS } from './wordKinds.ts'
import { LAYOUT_WORDS } from './windows.ts'

/** Slots of the table that the threads fill; more classes than fit are class 0. */
export const CLASS_SLOTS = 1 << 18
const SHAPE_BYTES = 40
/** Families of one size that a class is held against, the most common first. */
const FAMILIES_TRIED = 64

/** Plain data. Class 0 is all that has none: free blocks, and classes beyond the table. */
export interface LayoutClass {
  /** Usable size in 8-byte words, as in the blocks' columns. */
  words: number
  /** Kinds of the first 64 words, 4 bits each, as 16 hex digits a 16 words, first word first; trailing zeroes left out. */
  shape: string
  count: number
  /** Id of the class that its family is called by. */
  family: number
}

interface Slot {
  slot: number
  words: number
  /** A byte a word: WORD_KIND. */
  kinds: Uint8Array
  /** Of words without pointers: which are not zero in some block. */
  nonzero: [low: number, high: number]
  pointers: [low: number, high: number]
  vtables: [low: number, high: number]
  count: number
}

/**
 * Changes the column `layout` from slots to ids, class id = position in the answer. `inChunk` has, for each chunk of blocks and
 * each class that is in it, a triple of chunk, class and count.
 */
export function compactClasses(areas: Areas, table: { keys: number; shapes: number; nonzero: number }, layout: number, state: number, blockCount: number): { classes: LayoutClass[]; inChunk: Uint32Array<ArrayBuffer> } {
  const column = areas.words(layout, blockCount)
  const used = areas.bytes(state, blockCount)
  const counts = new Uint32Array(CLASS_SLOTS)
  for (let b = 0; b < blockCount; b++) if (used[b] === STATE.used) counts[column[b]]++
  const shapes = new Uint32Array(areas.memory.buffer, table.shapes, (CLASS_SLOTS * SHAPE_BYTES) / 4)
  const nonzero = new Uint32Array(areas.memory.buffer, table.nonzero, CLASS_SLOTS * 2)
  const slots: Slot[] = []
  for (let slot = 1; slot < CLASS_SLOTS; slot++) {
    if (counts[slot] === 0) continue
    const at = (slot * SHAPE_BYTES) / 4
    const kinds = new Uint8Array(LAYOUT_WORDS)
    const pointers: [number, number] = [0, 0]
    const vtables: [number, number] = [0, 0]
    for (let i = 0; i < LAYOUT_WORDS; i++) {
      kinds[i] = (shapes[at + (i >> 3)] >>> ((i & 7) * 4)) & 15
      if (kinds[i] !== WORD_KIND.none) pointers[i >> 5] |= 1 << (i & 31)
      if (kinds[i] === WORD_KIND.vtable) vtables[i >> 5] |= 1 << (i & 31)
    }
    slots.push({ slot, words: shapes[at + 8], kinds, nonzero: [nonzero[slot * 2], nonzero[slot * 2 + 1]], pointers, vtables, count: counts[slot] })
  }
  slots.sort((a, b) => b.count * b.words - a.count * a.words || a.slot - b.slot)
  const families = familiesOf(slots)
  const idOfSlot = new Uint32Array(CLASS_SLOTS)
  slots.forEach(({ slot }, i) => (idOfSlot[slot] = i + 1))
  const inChunk: number[] = []
  const here = new Uint32Array(slots.length + 1)
  for (let c = 0; c << CHUNK_BITS < blockCount; c++) {
    const seen: number[] = []
    for (let b = c << CHUNK_BITS; b < Math.min(blockCount, (c + 1) << CHUNK_BITS); b++) {
      const id = used[b] === STATE.used ? idOfSlot[column[b]] : 0
      column[b] = id
      if (here[id]++ === 0) seen.push(id)
    }
    for (const id of seen) {
      if (id !== 0) inChunk.push(c, id, here[id])
      here[id] = 0
    }
  }
  const none: LayoutClass = { words: 0, shape: '', count: counts[0], family: 0 }
  const classes = [none, ...slots.map((s, i) => ({ words: s.words, shape: shapeText(s.kinds), count: s.count, family: families[i] + 1 }))]
  return { classes, inChunk: Uint32Array.from(inChunk) }
}

/** By slot: the position of the slot that its family is called by, which is its largest. */
function familiesOf(slots: Slot[]): number[] {
  interface Family {
    name: number
    kinds: Uint8Array
    nonzero: [number, number]
    pointers: [number, number]
    vtables: [number, number]
  }
  const bySize = new Map<number, Family[]>()
  return slots.map((slot, name) => {
    let families = bySize.get(slot.words)
    if (!families) bySize.set(slot.words, (families = []))
    for (const family of families) {
      if (!differOnlyByNulls(slot, family)) continue
      for (let i = 0; i < LAYOUT_WORDS; i++) if (slot.kinds[i] !== 0) family.kinds[i] = slot.kinds[i]
      for (const half of [0, 1]) {
        family.pointers[half] |= slot.pointers[half]
        family.nonzero[half] |= slot.nonzero[half]
      }
      return family.name
    }
    if (families.length < FAMILIES_TRIED) families.push({ name, kinds: slot.kinds.slice(), nonzero: [...slot.nonzero], pointers: [...slot.pointers], vtables: slot.vtables })
    return name
  })
}

type Shape = Pick<Slot, 'kinds' | 'nonzero' | 'pointers' | 'vtables'>

function differOnlyByNulls(a: Shape, b: Shape): boolean {
  for (const half of [0, 1]) {
    if (a.vtables[half] !== b.vtables[half]) return false
    if ((a.pointers[half] & b.nonzero[half]) !== 0 || (b.pointers[half] & a.nonzero[half]) !== 0) return false
    let both = a.pointers[half] & b.pointers[half]
    for (let i = half * 32; both !== 0; i++, both >>>= 1) if ((both & 1) !== 0 && a.kinds[i] !== b.kinds[i]) return false
  }
  return true
}

/** A hex digit a word. */
function shapeText(kinds: Uint8Array): string {
  return Array.from(kinds, (kind) => kind.toString(16)).join('').replace(/0+$/, '')
}

/** `24/-`, `48/VP-P`: bytes and a letter a word up to the last pointer; `…` where the size is beyond what is looked at. */
export function layoutText({ words, shape }: Pick<LayoutClass, 'words' | 'shape'>): string {
  if (words === 0) return ''
  const letters = [...shape].map((digit) => WORD_LETTERS[parseInt(digit, 16)]).join('')
  return `${words === LARGE ? 'huge' : words * 8}/${letters === '' ? '-' : letters}${words > LAYOUT_WORDS ? '…' : ''}`
}
