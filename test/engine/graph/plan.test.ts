import { describe, expect, test } from 'vitest'
import { piecesOf, unreadBytes, wordKindRanges } from '../../../src-main/engine/graph/plan.ts'
import { WORD_KIND } from '../../../src-main/engine/graph/wordKinds.ts'
import { AddressSpace, type Range } from '../../../src-main/engine/memory/addressSpace.ts'
import { memoryByteSource } from '../../builders/memoryByteSource.ts'

const range = (start: number, end: number, dumped: number, more: Partial<Range> = {}): Range => ({ start, end, flags: 6, coreOffset: start - 0x1000, dumpedEnd: start + dumped, promisedEnd: start + dumped, path: '', fileOffset: 0, listedOnly: false, file: null, ...more })
const memoryOf = (...ranges: Range[]): AddressSpace => new AddressSpace(memoryByteSource(new Uint8Array(8), 'core'), ranges)

describe('memory in the core', () => {
  test('is one piece where it goes on in address and file, several where it doesn\'t', () => {
    const memory = memoryOf(range(0x1000, 0x2000, 0x1000), range(0x2000, 0x3000, 0x800), range(0x3000, 0x4000, 0x1000, { coreOffset: 0x9000 }))
    expect(piecesOf(memory, 0x1800, 0x3800)).toEqual([
      { address: 0x1800, offset: 0x800, size: 0x1000 },
      { address: 0x3000, offset: 0x9000, size: 0x800 },
    ])
    expect(piecesOf(memory, 0x2800, 0x3000)).toEqual([])
    expect(piecesOf(memory, 0x5000, 0x6000)).toEqual([])
  })

  test('lacks what could be written to and is not there, but not clean pages of a file', () => {
    expect(unreadBytes(memoryOf(range(0x1000, 0x2000, 0x1000)))).toBe(0)
    expect(unreadBytes(memoryOf(range(0x1000, 0x2000, 0x400)))).toBe(0xc00)
    expect(unreadBytes(memoryOf(range(0x1000, 0x2000, 0x400, { path: '/bin/x' })))).toBe(0)
    // the file was cut
    expect(unreadBytes(memoryOf(range(0x1000, 0x2000, 0x400, { path: '/bin/x', promisedEnd: 0x1c00 })))).toBe(0x800)
    expect(unreadBytes(memoryOf(range(0x1000, 0x2000, 0, { flags: 4 })))).toBe(0)
  })
})

test('words mean what the range they lead into is; reserved address space means nothing', () => {
  const row = (start: number, kind: 'module-text' | 'reserved' | 'thread-stack'): Parameters<typeof wordKindRanges>[0][number] => ({ start, end: start + 0x1000, kind, access: 'rw-', present: 0, name: '' })
  expect(wordKindRanges([row(0x1000, 'module-text'), row(0x2000, 'reserved'), row(0x3000, 'thread-stack'), row(2 ** 63, 'module-text')])).toEqual([
    { start: 0x1000, end: 0x2000, kind: WORD_KIND.code },
    { start: 0x3000, end: 0x4000, kind: WORD_KIND.stack },
  ])
})
