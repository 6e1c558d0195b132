import { describe, expect, test } from 'vitest'
import type { ProcessInfo } from '../../../src-main/contract/rows.ts'
import type { Module } from '../../../src-main/engine/corefile/modules.ts'
import { ThreadLocals } from '../../../src-main/engine/corefile/tls.ts'
import { ElfFile, type Segment } from '../../../src-main/engine/elf/file.ts'
import { Diagnostics } from '../../../src-main/engine/errors.ts'
import { AddressSpace, rangesOfCore } from '../../../src-main/engine/memory/addressSpace.ts'
import { noDebugFiles } from '../../../src-main/engine/symbols/debugFiles.ts'
import { buildElfCore } from '../../builders/elfCore.ts'
import { memoryByteSource } from '../../builders/memoryByteSource.ts'

const STACK = 0x10_0000
const TP = STACK + 0x800
const DTV = STACK + 0xc00
const LD = 0x20_0000
const MAIN_MAP = LD + 0x100
const LIBRARY_MAP = LD + 0x800
const SLOTS = LD + 0x1800
const HEAP = 0x30_0000
const MODID = 0x440
/** TLS_DTV_UNALLOCATED. */
const UNALLOCATED = 2n ** 64n - 1n

const tlsSegment = (vaddr: number, filesz: number, memsz: number, align: number): Segment => ({ index: 0, type: 7, flags: 4, offset: 0, vaddr, filesz, memsz, align })
const MAIN_TLS = tlsSegment(0x3000, 0x10, 0x28, 16)
const LIBRARY_TLS = tlsSegment(0x2000, 0x20, 0x40, 8)

function module(path: string, base: number, segments: Segment[], more: Partial<Module>): Module {
  return { path, deleted: false, base, end: base + 0x1_0000, bias: base, buildId: '', segments, linkMap: 0, main: false, vdso: false, elf: null, file: '', debugElf: null, debug: 'none', debugFiles: noDebugFiles(), ...more }
}

interface Process {
  words?: [at: number, value: number | bigint][]
  machine?: ProcessInfo['machine']
  tp?: bigint
  withoutLinkMap?: boolean
}

/** One thread, an executable and a library that has no place in the static layout; `words` come last. */
function locals({ words = [], machine = 'x86-64', tp = BigInt(TP), withoutLinkMap = false }: Process = {}): { main: number | null; library: number | null } {
  const main = module('/bin/game', 0x40_0000, [MAIN_TLS], { main: true, linkMap: withoutLinkMap ? 0 : MAIN_MAP })
  const library = module('/lib/libgame.so', 0x50_0000, [LIBRARY_TLS], { linkMap: withoutLinkMap ? 0 : LIBRARY_MAP })
  const ld = module('/lib/ld-linux-x86-64.so.2', LD, [{ ...tlsSegment(0x1000, 0, 0x200, 8), type: 1, flags: 6 }], {})
  const memory = new Map<number, Uint8Array>([STACK, LD, HEAP].map((at) => [at, new Uint8Array(0x4000)]))
  const put = (at: number, value: number | bigint): void => {
    const base = [...memory.keys()].find((start) => at >= start && at < start + 0x4000) ?? 0
    new DataView((memory.get(base) ?? new Uint8Array(0)).buffer).setBigUint64(at - base, BigInt.asUintN(64, BigInt(value)), true)
  }
  const x86 = machine === 'x86-64'
  const mainBlock = x86 ? TP - 0x30 : TP + 0x10
  const all: [number, number | bigint][] = [
    ...(x86 ? ([[TP, TP], [TP + 8, DTV], [TP + 16, TP]] as [number, number][]) : ([[TP, DTV]] as [number, number][])),
    [DTV - 16, 10],
    [DTV, 3],
    [DTV + 16, mainBlock],
    [DTV + 32, HEAP + 0x100],
    ...linkMap(MAIN_MAP, main, MAIN_TLS, x86 ? 0x30 : 0x10, 1),
    ...linkMap(LIBRARY_MAP, library, LIBRARY_TLS, x86 ? 0 : -1, 2),
    [LD + 0x1010, SLOTS],
    [SLOTS, 64],
    [SLOTS + 32, 0],
    [SLOTS + 40, MAIN_MAP],
    [SLOTS + 48, 3],
    [SLOTS + 56, LIBRARY_MAP],
    ...words,
  ]
  for (const [at, value] of all) put(at, value)
  const source = memoryByteSource(buildElfCore({ segments: [...memory].map(([vaddr, bytes]) => ({ vaddr, bytes })) }).bytes)
  const space = new AddressSpace(source, rangesOfCore(new ElfFile(source).segments, source.size, new Diagnostics()))
  const found = new ThreadLocals(space, [main, library, ld], [{ tp }], machine, new Diagnostics())
  return { main: found.block(0, main), library: found.block(0, library) }
}

const linkMap = (at: number, { bias }: Module, tls: Segment, offset: number, id: number): [number, number][] =>
  [tls.vaddr + bias, tls.filesz, tls.memsz, tls.align, 0, offset, id].map((value, i) => [at + MODID - 48 + i * 8, value])

describe('thread-local blocks', () => {
  test('x86-64: the executable lies before the thread pointer, a late library where the dtv says', () => {
    expect(locals()).toEqual({ main: TP - 0x30, library: HEAP + 0x100 })
  })

  test('AArch64: the executable lies behind the thread pointer', () => {
    expect(locals({ machine: 'AArch64' })).toEqual({ main: TP + 0x10, library: HEAP + 0x100 })
  })

  test('a library with a place in the static layout has it in every thread, whatever the dtv says', () => {
    expect(locals({ words: [[LIBRARY_MAP + MODID - 8, 0x80], [DTV + 32, UNALLOCATED]] })).toMatchObject({ library: TP - 0x80 })
  })

  test.each([
    ['the thread has not touched it', { words: [[DTV + 32, UNALLOCATED]] }],
    ['the dtv is too short', { words: [[DTV - 16, 1]] }],
    ["the dtv is older than the library: the entry is another one's", { words: [[DTV, 2]] }],
    ['its link_map is not known', { withoutLinkMap: true }],
    ['the dtv contradicts the ABI', { words: [[DTV + 16, HEAP]] }],
    ['the dtv has no end', { words: [[DTV - 16, 2n ** 62n]] }],
    ['the dtv is nowhere', { words: [[TP + 8, 0x99_0000]] }],
    ['the dtv is not aligned', { words: [[TP + 8, DTV + 4]] }],
    ['the block is nowhere', { words: [[DTV + 32, 0x99_0000]] }],
    ['its number makes no sense', { words: [[LIBRARY_MAP + MODID, 2n ** 40n], [SLOTS + 56, 0]] }],
  ] as [string, Process][])('no block of the library where %s', (_, process) => {
    expect(locals(process)).toEqual({ main: TP - 0x30, library: null })
  })

  test.each([
    ['no thread pointer', { tp: 0n }],
    ['one that is nowhere', { tp: 0x9999_0000n }],
    ['one that is no address', { tp: 2n ** 63n + 1n }],
    ['one that leads to no thread', { words: [[TP + 16, 0]] }],
  ] as [string, Process][])('nothing with %s', (_, process) => {
    expect(locals(process)).toEqual({ main: null, library: null })
  })

  test('lists of slots that lead round in a circle end', () => {
    expect(locals({ words: [[SLOTS + 8, SLOTS]] })).toMatchObject({ main: TP - 0x30 })
  })
})
