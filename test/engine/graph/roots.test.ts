import { describe, expect, test } from 'vitest'
import type { RangeRow } from '../../../src-main/contract/rows.ts'
import type { Module } from '../../../src-main/engine/corefile/modules.ts'
import { rootPieces, type RootQuery } from '../../../src-main/engine/graph/roots.ts'
import { AddressSpace } from '../../../src-main/engine/memory/addressSpace.ts'
import { memoryByteSource } from '../../builders/memoryByteSource.ts'

const STACK = { start: 0x7ff000, end: 0x7ff000 + 0x4000 }

interface Made {
  ranges: (Pick<RangeRow, 'start' | 'end' | 'kind'> & Partial<Pick<RangeRow, 'access'>>)[]
  threads?: { tid: number; sp: number; tp?: number }[]
  excluded?: [number, number][]
  /** The main module's TLS block by thread. */
  tls?: (number | null)[]
  machine?: RootQuery['machine']
}

/** What of the process is a root: kind, address and size; all of its memory is in the core. */
function rootsOf({ ranges, threads = [], excluded = [], tls = [], machine = 'x86-64' }: Made): [string, number, number][] {
  let offset = 0
  const memory = new AddressSpace(
    memoryByteSource(new Uint8Array(8), 'core'),
    ranges.map(({ start, end }) => {
      const range = { start, end, flags: 6, coreOffset: offset, dumpedEnd: end, promisedEnd: end, path: '', fileOffset: 0, listedOnly: false, file: null }
      offset += end - start + 0x1000
      return range
    }),
  )
  const rows = ranges.map((r): RangeRow => ({ ...r, access: r.access ?? (r.kind === 'reserved' ? '---' : r.kind === 'module-rodata' ? 'r--' : 'rw-'), present: r.end - r.start, name: '' }))
  const pieces = rootPieces({
    memory,
    ranges: rows,
    modules: [{} as Module],
    threads: threads.map((t) => ({ tid: t.tid, sp: BigInt(t.sp), tp: BigInt(t.tp ?? 0), pc: 0n, crashed: false, signal: 0, registers: [], fpregs: null })),
    locals: { block: (thread: number) => tls[thread] ?? null } as unknown as RootQuery['locals'],
    machine,
    pid: 1,
    excluded,
  })
  return pieces.map(({ kind, address, size }) => [kind, address, size])
}

describe('roots', () => {
  test('are data, bss, what was read-only only after relocation, and memory that nobody claims; code and the allocator\'s memory are not', () => {
    const kinds: RangeRow['kind'][] = ['module-text', 'module-rodata', 'module-data', 'module-bss', 'allocator', 'anonymous', 'vdso', 'reserved']
    const roots = rootsOf({ ranges: kinds.map((kind, i) => ({ start: 0x10000 * (i + 1), end: 0x10000 * (i + 1) + 0x1000, kind })) })
    expect(roots).toEqual([
      ['global', 0x20000, 0x1000],
      ['global', 0x30000, 0x1000],
      ['global', 0x40000, 0x1000],
      ['anonymous', 0x60000, 0x1000],
    ])
  })

  test('memory that was made read-only is one, mapped files only where they can be written', () => {
    expect(rootsOf({ ranges: [{ start: 0x10000, end: 0x11000, kind: 'reserved', access: 'r--' }, { start: 0x20000, end: 0x21000, kind: 'mapped-file', access: 'r--' }, { start: 0x30000, end: 0x31000, kind: 'mapped-file' }] })).toEqual([
      ['anonymous', 0x10000, 0x1000],
      ['mapped', 0x30000, 0x1000],
    ])
  })

  test('a stack counts from the stack pointer up, with the red zone below it', () => {
    const ranges = [{ ...STACK, kind: 'thread-stack' as const }]
    expect(rootsOf({ ranges, threads: [{ tid: 1, sp: STACK.start + 0x2008 }] })).toEqual([['stack', STACK.start + 0x2008 - 128, 0x2000 - 8 + 128]])
    expect(rootsOf({ ranges, threads: [{ tid: 1, sp: STACK.start + 0x2008 }], machine: 'AArch64' })).toEqual([['stack', STACK.start + 0x2008, 0x2000 - 8]])
  })

  test('memory with other things in it, where a coroutine\'s stack lies, counts below the stack pointer too', () => {
    const ranges = [{ ...STACK, kind: 'thread-stack' as const }]
    expect(rootsOf({ ranges, threads: [{ tid: 7, sp: STACK.start + 0x2000 }] })).toEqual([
      ['anonymous', STACK.start, 0x2000 - 128],
      ['stack', STACK.start + 0x2000 - 128, 0x2000 + 128],
    ])
    // so does one that other memory lies against
    const against = [{ start: STACK.start - 0x1000, end: STACK.start, kind: 'anonymous' as const }, ...ranges]
    expect(rootsOf({ ranges: against, threads: [{ tid: 1, sp: STACK.start + 0x2000 }] }).map(([kind]) => kind)).toEqual(['anonymous', 'anonymous', 'stack'])
    const guarded = [{ start: STACK.start - 0x1000, end: STACK.start, kind: 'reserved' as const }, ...ranges]
    expect(rootsOf({ ranges: guarded, threads: [{ tid: 1, sp: STACK.start + 0x2000 }] }).map(([kind]) => kind)).toEqual(['stack'])
  })

  test('a thread\'s static TLS block and descriptor are thread-local, the rest of its mapping is its stack', () => {
    const tp = STACK.end - 0x1000
    expect(rootsOf({ ranges: [{ ...STACK, kind: 'thread-stack' }], threads: [{ tid: 2, sp: STACK.start + 0x1000, tp }], tls: [tp - 0x40] })).toEqual([
      ['stack', STACK.start + 0x1000 - 128, 0x2000 - 0x40 + 128],
      ['tls', tp - 0x40, 0x40 + 0xa00],
      ['stack', tp + 0xa00, 0x600],
    ])
  })

  test('the main thread\'s thread-local memory lies anywhere', () => {
    const anonymous = { start: 0x100000, end: 0x104000, kind: 'anonymous' as const }
    expect(rootsOf({ ranges: [anonymous, { ...STACK, kind: 'thread-stack' }], threads: [{ tid: 1, sp: STACK.start, tp: 0x102000 }], tls: [0x101f00] })).toEqual([
      ['anonymous', 0x100000, 0x1f00],
      ['tls', 0x101f00, 0xb00],
      ['anonymous', 0x102a00, 0x1600],
      ['stack', STACK.start, 0x4000],
    ])
  })

  test('the allocator\'s own variables are cut out', () => {
    expect(rootsOf({ ranges: [{ start: 0x10000, end: 0x12000, kind: 'module-data' }], excluded: [[0x10800, 0x11098]] })).toEqual([
      ['global', 0x10000, 0x800],
      ['global', 0x11098, 0xf68],
    ])
  })
})
