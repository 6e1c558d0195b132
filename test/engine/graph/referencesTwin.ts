/**
 * The references kernel as plain, obvious TypeScript: which words lead into which blocks, and what the first words of each
 * block are. What the WASM must agree with.
 */
import type { RootKind } from '../../../src-main/contract/rows.ts'
import { LARGE, STATE } from '../../../src-main/engine/allocator/blocks.ts'
import type { LayoutClass } from '../../../src-main/engine/graph/layoutClasses.ts'
import type { Piece } from '../../../src-main/engine/graph/plan.ts'
import { WORD_KIND } from '../../../src-main/engine/graph/wordKinds.ts'
import type { TestHeap } from './testHeap.ts'

export interface TwinReference {
  from: { block: number } | { kind: RootKind; thread: number }
  /** Address of the word; position of a register. */
  at: number
  to: number
}

export const describeSource = (from: TwinReference['from']): string => ('block' in from ? `block ${from.block}` : `${from.kind} of thread ${from.thread}`)
export const describeReference = ({ from, at, to }: TwinReference): string => `${describeSource(from)}, ${at.toString(16)} -> ${to}`

export const isUsed = (heap: TestHeap, block: number): boolean => heap.blocks[block].state === STATE.used

/** The block whose usable bytes hold an address; -1. */
function blockOf(heap: TestHeap, address: number): number {
  return heap.blocks.findIndex(({ start, size }) => address >= start && address < start + size)
}

/** The aligned words of a piece. Exact below 2 ** 53, and no address from there on. What the file doesn't have is zero. */
function* wordsOf(heap: TestHeap, { address, offset, size }: Piece): Iterable<[address: number, word: number]> {
  const bytes = new Uint8Array(size)
  bytes.set(heap.core.subarray(offset, offset + size))
  const view = new DataView(bytes.buffer)
  for (let at = (8 - (address % 8)) % 8; at + 8 <= size; at += 8) {
    yield [address + at, view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true)]
  }
}

/** All words of the regions that are in the core, by address, ascending. */
export function regionWords(heap: TestHeap): Map<number, number> {
  const words = new Map<number, number>()
  for (const piece of heap.plan.regionPieces.flat()) for (const [at, word] of wordsOf(heap, piece)) words.set(at, word)
  return words
}

/** By source, blocks first, and by address. */
export function referencesTwin(heap: TestHeap, words: Map<number, number>): TwinReference[] {
  const references: TwinReference[] = []
  const look = (from: TwinReference['from'], at: number, word: number): void => {
    if (word === 0) return
    const to = blockOf(heap, word)
    if (to >= 0) references.push({ from, at, to })
  }
  for (const [at, word] of words) {
    if (word === 0) continue
    const block = blockOf(heap, at)
    if (block >= 0 && isUsed(heap, block)) look({ block }, at, word)
  }
  for (const piece of heap.plan.roots) for (const [at, word] of wordsOf(heap, piece)) look({ kind: piece.kind, thread: piece.thread }, at, word)
  heap.plan.registers.forEach((registers, thread) => registers.forEach((value, i) => look({ kind: 'registers', thread }, i, Number(value))))
  return references
}

/** Of the first 64 words of a block, up to the first that is not in the core; null where there is none, or the block is not used. */
function firstWords(heap: TestHeap, words: Map<number, number>, block: number): number[] | null {
  const { start, size } = heap.blocks[block]
  const first: number[] = []
  for (let at = start; at < start + Math.min(size, 512) && words.has(at); at += 8) first.push(words.get(at)!)
  return first.length > 0 && isUsed(heap, block) ? first : null
}

function kindOf(heap: TestHeap, word: number): number {
  const block = blockOf(heap, word)
  if (block >= 0) return heap.blocks[block].start === word ? WORD_KIND.blockStart : WORD_KIND.blockInterior
  const kind = heap.plan.ranges.find(({ start, end }) => word >= start && word < end)?.kind ?? WORD_KIND.none
  const isData = kind === WORD_KIND.rodata || kind === WORD_KIND.data
  return isData && heap.plan.vtables.includes(word) ? WORD_KIND.vtable : kind
}

export const describeClass = ({ words, shape }: Pick<LayoutClass, 'words' | 'shape'>): string => `${words}/${shape}`

/** The layout class of each block: its words and what its first words are; null where it has none. */
export function layoutsTwin(heap: TestHeap, words: Map<number, number>): (string | null)[] {
  return heap.blocks.map(({ size }, block) => {
    const kinds = firstWords(heap, words, block)?.map((word) => kindOf(heap, word).toString(16))
    return kinds ? describeClass({ words: Math.min(size / 8, LARGE), shape: kinds.join('').replace(/0+$/, '') }) : null
  })
}

/**
 * By class, in the order given: the class its family is called by. A class joins the first family that differs from it by
 * nulls only: where one has a pointer, the other has one of the same kind, or zero in all its blocks. A vtable pointer is
 * never zero.
 */
export function familiesTwin(heap: TestHeap, words: Map<number, number>, layouts: (string | null)[], classes: LayoutClass[]): number[] {
  interface Family {
    id: number
    words: number
    /** By word: everything that is there in some block, by kind; 'zero' and 'number' are no pointers. */
    seen: Set<string>[]
  }
  const families: Family[] = []
  return classes.map((layoutClass, id) => {
    if (id === 0) return 0
    const seen = Array.from({ length: 64 }, () => new Set<string>())
    heap.blocks.forEach((_, block) => {
      if (layouts[block] !== describeClass(layoutClass)) return
      const first = firstWords(heap, words, block)
      // what is absent is as good as zero
      for (let i = first?.length ?? 64; i < Math.min(64, layoutClass.words); i++) seen[i].add('zero')
      first?.forEach((word, i) => seen[i].add(word === 0 ? 'zero' : kindOf(heap, word) === WORD_KIND.none ? 'number' : `kind ${kindOf(heap, word)}`))
    })
    // nothing but one kind of pointer and zero, or no pointer at all
    const isPossible = (all: Set<string>): boolean => [...all].every((what) => !what.startsWith('kind')) || (all.has(`kind ${WORD_KIND.vtable}`) ? all.size === 1 : new Set([...all, 'zero']).size <= 2)
    const family = families.find((f) => f.words === layoutClass.words && f.seen.every((s, i) => isPossible(new Set([...s, ...seen[i]]))))
    if (!family) {
      families.push({ id, words: layoutClass.words, seen })
      return id
    }
    family.seen = family.seen.map((s, i) => new Set([...s, ...seen[i]]))
    return family.id
  })
}
