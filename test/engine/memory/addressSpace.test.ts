import { describe, expect, test } from 'vitest'
import { ElfFile } from '../../../src-main/engine/elf/file.ts'
import { Diagnostics } from '../../../src-main/engine/errors.ts'
import { AddressSpace, rangesOfCore } from '../../../src-main/engine/memory/addressSpace.ts'
import { buildElfCore, type CoreSpec } from '../../builders/elfCore.ts'
import { memoryByteSource, sparseByteSource } from '../../builders/memoryByteSource.ts'

function addressSpace(spec: CoreSpec, cutAt?: number): { memory: AddressSpace; diagnostics: Diagnostics } {
  const { bytes } = buildElfCore(spec)
  const source = memoryByteSource(bytes.subarray(0, cutAt ?? bytes.length))
  const diagnostics = new Diagnostics()
  return { memory: new AddressSpace(source, rangesOfCore(new ElfFile(source).segments, source.size, diagnostics)), diagnostics }
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

describe('the address space', () => {
  test('bytes that the kernel did not dump are reported, not zeroed', () => {
    const { memory } = addressSpace({ segments: [{ vaddr: 0x1000, memSize: 8, bytes: bytes(1, 2, 3, 4) }] })
    expect(memory.read(0x1002, 2)).toEqual({ ok: true, bytes: bytes(3, 4) })
    expect(memory.read(0x1004, 4)).toEqual({ ok: false, reason: 'not-dumped', at: 0x1004 })
    expect(memory.read(0x0fff, 1)).toEqual({ ok: false, reason: 'unmapped', at: 0x0fff })
  })

  test('bytes behind the end of a cut file are truncated, and that is told', () => {
    const spec: CoreSpec = { segments: [{ vaddr: 0x1000, bytes: new Uint8Array(4096).fill(7) }] }
    const [offset] = buildElfCore(spec).segmentOffsets
    const { memory, diagnostics } = addressSpace(spec, offset + 100)
    expect(memory.read(0x1000 + 99, 1)).toEqual({ ok: true, bytes: bytes(7) })
    expect(memory.read(0x1000, 200)).toEqual({ ok: false, reason: 'truncated', at: 0x1000 + 100 })
    expect(diagnostics.rows).toMatchObject([{ kind: 'truncated', message: expect.stringContaining('3996 bytes of 1 segments') }])
  })

  test('reads run across neighbouring segments, whatever their order in the file', () => {
    const { memory } = addressSpace({ segments: [{ vaddr: 0x2000, bytes: bytes(5, 6) }, { vaddr: 0x1ffe, bytes: bytes(3, 4) }] })
    expect(memory.read(0x1ffe, 4)).toEqual({ ok: true, bytes: bytes(3, 4, 5, 6) })
  })

  test('of overlapping segments the lower one has the bytes, and the damage is told', () => {
    const { memory, diagnostics } = addressSpace({ segments: [{ vaddr: 0x1000, bytes: bytes(1, 1, 1, 1) }, { vaddr: 0x1002, bytes: bytes(2, 2, 2, 2) }] })
    expect(memory.read(0x1000, 6)).toEqual({ ok: true, bytes: bytes(1, 1, 1, 1, 2, 2) })
    expect(diagnostics.rows).toMatchObject([{ kind: 'damaged', where: 'PT_LOAD 2' }])
  })

  test('more than 65,535 segments are read (PN_XNUM)', () => {
    const segments = Array.from({ length: 70_000 }, (_, i) => ({ vaddr: 0x10000 + i * 0x2000, bytes: bytes(i & 255) }))
    const { memory } = addressSpace({ segments })
    expect(memory.ranges.length).toBe(70_000)
    expect(memory.read(0x10000 + 69_999 * 0x2000, 1)).toEqual({ ok: true, bytes: bytes(69_999 & 255) })
  })

  test('words come from a page cache, and are NaN where they are absent or no address', () => {
    const page = new Uint8Array(4096)
    const view = new DataView(page.buffer)
    view.setBigUint64(0, 0x7fff_1234_5678n, true)
    view.setBigUint64(8, 0xffff_ffff_ffff_fff1n, true)
    const { memory } = addressSpace({ segments: [{ vaddr: 0x1000, bytes: page }] })
    expect(memory.word(0x1000)).toBe(0x7fff_1234_5678)
    expect(memory.word(0x1008)).toBeNaN()
    expect(memory.word(0x2000)).toBeNaN()
  })

  test('addresses of vsyscall are exact', () => {
    const { memory } = addressSpace({ segments: [{ vaddr: 0xffff_ffff_ff60_0000, bytes: new Uint8Array(4096).fill(9) }] })
    expect(memory.ranges[0]).toMatchObject({ start: 0xffff_ffff_ff60_0000, end: 0xffff_ffff_ff60_1000 })
    expect(memory.read(0xffff_ffff_ff60_0000, 4096).ok).toBe(true)
  })

  test('a file of 100 GB costs only what is read of it', () => {
    const head = buildElfCore({ segments: [{ vaddr: 0x10_0000_0000, memSize: 90e9, fileSize: 90e9, fileOffset: 4096 }] }).bytes
    const source = sparseByteSource(100e9, [{ at: 0, bytes: head.subarray(0, 4096) }, { at: 4096 + 80e9, bytes: bytes(42) }])
    const memory = new AddressSpace(source, rangesOfCore(new ElfFile(source).segments, source.size, new Diagnostics()))
    expect(memory.read(0x10_0000_0000 + 80e9, 1)).toEqual({ ok: true, bytes: bytes(42) })
    expect(source.bytesRead).toBeLessThan(10_000)
  })
})
