import { expect, test } from 'vitest'
import { buildElfCore, NT_ARM_TLS, NT_FILE } from './elfCore.ts'
import { memoryByteSource, sparseByteSource } from './memoryByteSource.ts'
import { Random } from './random.ts'

test('a core has its header, segments where they were asked for, and its bytes', () => {
  const { bytes, segmentOffsets } = buildElfCore({
    segments: [{ vaddr: 0x5000, bytes: Uint8Array.of(1, 2, 3), memSize: 4096 }, { vaddr: 0x1000, memSize: 4096, flags: 5 }, { vaddr: 0x9000, bytes: Uint8Array.of(4), fileOffset: 0x8000 }],
  })
  const view = new DataView(bytes.buffer)
  expect([view.getUint16(16, true), view.getUint16(18, true), view.getUint16(56, true)]).toEqual([4, 62, 4])
  expect(segmentOffsets[2]).toBe(0x8000)
  expect([...bytes.subarray(segmentOffsets[0], segmentOffsets[0] + 3)]).toEqual([1, 2, 3])
  // p_type, p_flags, p_offset, p_vaddr, p_filesz, p_memsz of the second PT_LOAD
  const at = 64 + 2 * 56
  expect([view.getUint32(at, true), view.getUint32(at + 4, true), view.getBigUint64(at + 16, true), view.getBigUint64(at + 32, true), view.getBigUint64(at + 40, true)]).toEqual([1, 5, 0x1000n, 0n, 4096n])
})

test('with PN_XNUM the count is in section header 0', () => {
  const { bytes } = buildElfCore({ segments: [{ vaddr: 0x1000, memSize: 4096 }], xnum: true })
  const view = new DataView(bytes.buffer)
  const sections = Number(view.getBigUint64(40, true))
  expect([view.getUint16(56, true), view.getUint32(sections + 44, true)]).toEqual([0xffff, 2])
})

test('notes have the sizes that the kernel writes', () => {
  const sizes = (machine: 'x86-64' | 'AArch64'): string[] => {
    const { bytes, notes } = buildElfCore({ machine, threads: [{ tid: 1 }], process: {}, siginfo: { signo: 11, code: 1 }, auxv: [[6, 4096]], files: [{ start: 0, end: 4096, offset: 0, path: 'a' }] })
    const view = new DataView(bytes.buffer)
    const found: string[] = []
    for (let at = notes[0]; at < notes[1];) {
      const size = view.getUint32(at + 4, true)
      found.push(`${view.getUint32(at + 8, true).toString(16)}:${size}`)
      at += 12 + Math.ceil(view.getUint32(at, true) / 4) * 4 + Math.ceil(size / 4) * 4
    }
    return found
  }
  expect(sizes('x86-64')).toEqual(['1:336', '3:136', '53494749:128', '6:32', `${NT_FILE.toString(16)}:42`, '2:512'])
  expect(sizes('AArch64')).toEqual(['1:392', '3:136', '53494749:128', '6:32', `${NT_FILE.toString(16)}:42`, '2:528', `${NT_ARM_TLS.toString(16)}:8`])
})

test('a byte source answers fewer bytes at its end only, and zeroes in its gaps', () => {
  const source = sparseByteSource(100e9, [{ at: 50e9, bytes: Uint8Array.of(1, 2, 3) }])
  const target = new Uint8Array(4).fill(9)
  expect([source.read(50e9 - 1, target), ...target]).toEqual([4, 0, 1, 2, 3])
  expect([source.read(100e9 - 2, target), ...target.subarray(0, 2)]).toEqual([2, 0, 0])
  expect(source.bytesRead).toBe(6)
  expect(memoryByteSource(Uint8Array.of(7)).read(1, target)).toBe(0)
})

test('random numbers are the same on every machine', () => {
  const random = new Random(1)
  expect(Array.from({ length: 5 }, () => random.below(1000))).toEqual([627, 2, 527, 981, 968])
})
