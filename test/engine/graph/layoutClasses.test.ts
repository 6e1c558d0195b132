/** Layout classes of blocks that are written down: what tells two of them apart, and what makes them one family. */
import { describe, expect, test } from 'vitest'
import { LARGE, STATE } from '../../../src-main/engine/allocator/blocks.ts'
import { layoutText } from '../../../src-main/engine/graph/layoutClasses.ts'
import { WINDOW_BYTES } from '../../../src-main/engine/graph/windows.ts'
import { WORD_KIND } from '../../../src-main/engine/graph/wordKinds.ts'
import { expectAgreement, keepGraph } from './agreement.ts'
import { heapOf, memoryOf, type HeapBlock, type TestHeap } from './testHeap.ts'

const REGION = 0x5555_5000_0000
const CODE = 0x40_0000
const RODATA = 0x41_0000
const DATA = 0x42_0000
const STACK = 0x7ffc_0000_0000
const VTABLE = RODATA + 0x110
const RANGES = [
  { start: CODE, end: CODE + 0x1000, kind: WORD_KIND.code },
  { start: RODATA, end: RODATA + 0x1000, kind: WORD_KIND.rodata },
  { start: DATA, end: DATA + 0x1000, kind: WORD_KIND.data },
  { start: STACK, end: STACK + 0x1000, kind: WORD_KIND.stack },
]
/** Where the first block begins, which holds nothing. */
const TARGET = REGION + 16

/** Used blocks behind one that holds nothing, each of so many words of which the first are given. */
function heapWith(blocks: { words: number; first: number[] }[], ranges = RANGES): TestHeap {
  const all: HeapBlock[] = []
  const words: [number, number][] = []
  let at = TARGET
  for (const { words: count, first } of [{ words: 3, first: [] }, ...blocks]) {
    all.push({ start: at, size: count * 8, state: STATE.used })
    first.forEach((word, i) => words.push([at + i * 8, word]))
    at += Math.ceil((count * 8 + 8) / 16) * 16
  }
  const region = { start: REGION, end: at + 16, allocator: 'glibc' as const, blocks: all, memory: [memoryOf(REGION, at + 16 - REGION, words)] }
  return heapOf({ regions: [region], ranges, vtables: [VTABLE] })
}

/** Layouts and families of the blocks behind the first. */
async function layoutsOf(heap: TestHeap): Promise<{ texts: string[]; families: number[] }> {
  const kept = await keepGraph(heap)
  const ids = [...kept.layout].slice(1)
  const first = new Map<number, number>()
  const families = ids.map((id) => kept.meta.classes[id].family)
  for (const family of families) if (!first.has(family)) first.set(family, first.size)
  expectAgreement(heap, kept, 'the heap')
  return { texts: ids.map((id) => layoutText(kept.meta.classes[id])), families: families.map((family) => first.get(family)!) }
}

describe('layout classes', () => {
  test('have a letter for each kind of word', async () => {
    const first = [TARGET, TARGET + 8, CODE, RODATA, DATA, STACK, VTABLE, 7, 0, TARGET + 24, DATA + 1]
    expect((await layoutsOf(heapWith([{ words: 13, first }]))).texts).toEqual(['104/PICRDSV---D'])
  })

  test('are told apart by size, by kinds and by nothing else', async () => {
    const { texts } = await layoutsOf(heapWith([{ words: 5, first: [TARGET, 1] }, { words: 5, first: [TARGET, 2] }, { words: 7, first: [TARGET] }, { words: 5, first: [0, TARGET] }, { words: 5, first: [] }]))
    expect(texts).toEqual(['40/P', '40/P', '56/P', '40/-P', '40/-'])
  })

  test('look at 64 words', async () => {
    const at = (i: number): number[] => [...Array<number>(i).fill(0), TARGET]
    const { texts } = await layoutsOf(heapWith([{ words: 101, first: at(63) }, { words: 101, first: at(64) }]))
    expect(texts).toEqual([`808/${'-'.repeat(63)}P…`, '808/-…'])
  })

  test('look at words behind the window that a block begins in', async () => {
    const at = (i: number): number[] => [...Array<number>(i).fill(0), TARGET, TARGET + 8]
    // the window ends so many words into the second block, and 8 more
    const before = (WINDOW_BYTES - 48 - 16 - 64) / 8 - 1
    for (const shorter of [0, 20, 62, 70]) {
      const { texts } = await layoutsOf(heapWith([{ words: before - shorter, first: [] }, { words: 101, first: at(62) }, { words: 5, first: [TARGET] }]))
      expect(texts.slice(1)).toEqual([`808/${'-'.repeat(62)}PI…`, '40/P'])
    }
  })

  test('of different sizes never are one, whatever words they have', async () => {
    const at = (count: number, ...pointers: number[]): number[] => Array.from({ length: count }, (_, i) => (pointers.includes(i) ? TARGET : 0))
    const { texts } = await layoutsOf(heapWith([{ words: 9, first: [] }, { words: 25, first: at(25, 1, 9) }, { words: 11, first: [TARGET + 8, 0, 0, 0, 0, 0, 0, 0, TARGET + 8] }]))
    expect(texts).toEqual(['72/-', '200/-P-------P', '88/I-------I'])
  })

  test('of blocks beyond 32 GiB have no size', () => {
    expect(layoutText({ words: LARGE, shape: '01' })).toBe('huge/-P…')
    expect(layoutText({ words: 0, shape: '' })).toBe('')
  })
})

describe('families', () => {
  test('are classes that differ by nulls only', async () => {
    const { families } = await layoutsOf(heapWith([{ words: 5, first: [VTABLE, TARGET, TARGET] }, { words: 5, first: [VTABLE, 0, TARGET] }, { words: 5, first: [VTABLE, TARGET] }, { words: 5, first: [] }]))
    // a vtable pointer is never null
    expect(families).toEqual([0, 0, 0, 1])
  })

  test('are told apart by a number where another class has a pointer', async () => {
    const { families } = await layoutsOf(heapWith([{ words: 5, first: [VTABLE, TARGET] }, { words: 5, first: [VTABLE, 5] }]))
    expect(families).toEqual([0, 1])
  })

  test('are told apart by a number that only one block of a class has', async () => {
    const { families } = await layoutsOf(heapWith([{ words: 5, first: [VTABLE, TARGET] }, { words: 5, first: [VTABLE, 0] }, { words: 5, first: [VTABLE, 5] }, { words: 5, first: [VTABLE, 0] }]))
    expect(families).toEqual([0, 1, 1, 1])
  })

  test('are told apart by the kind of a pointer and by size', async () => {
    const { families } = await layoutsOf(heapWith([{ words: 5, first: [TARGET] }, { words: 5, first: [DATA] }, { words: 7, first: [TARGET] }]))
    expect(families).toEqual([0, 1, 2])
  })

  test('have in one place what any of their classes has there', async () => {
    // the commonest class comes first; the second goes with it, the third only would with the first alone
    const blocks = [[TARGET, 9], [TARGET, 9], [TARGET, 9], [0, 9, DATA], [0, 9, DATA], [TARGET, 9, 4, DATA]]
    const { families } = await layoutsOf(heapWith(blocks.map((first) => ({ words: 15, first }))))
    expect(families).toEqual([0, 0, 0, 0, 0, 1])
  })

  test('take zero for zero where no range of the process is known', async () => {
    const { families } = await layoutsOf(heapWith([{ words: 5, first: [TARGET, TARGET] }, { words: 5, first: [TARGET, 0] }], []))
    expect(families).toEqual([0, 0])
  })
})
