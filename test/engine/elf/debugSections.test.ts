import { deflateSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { loadDwarfFile } from '../../../src-main/engine/elf/debugSections.ts'
import { ElfFile } from '../../../src-main/engine/elf/file.ts'
import { Diagnostics } from '../../../src-main/engine/errors.ts'
import type { DwarfFile } from '../../../src-main/engine/dwarf/file.ts'
import { sectionDecompressor } from '../../../src-main/storage/sectionDecompressor.ts'
import { ByteWriter } from '../../builders/byteWriter.ts'
import { buildElfModule, type ModuleSection } from '../../builders/elfModule.ts'
import { memoryByteSource } from '../../builders/memoryByteSource.ts'
import { Random } from '../../builders/random.ts'

const SHF_COMPRESSED = 0x800
const ZLIB = 1
const ZSTD = 2
const INFO = new Random(1).memory(300_000)

const compressed = (name: string, type: number, size: number, data: Uint8Array): ModuleSection => ({ name, sectionFlags: SHF_COMPRESSED, bytes: new ByteWriter().u32(type, 0).u64(size, 1).bytes(data).done() })
const zdebug = (name: string, size: number, data: Uint8Array): ModuleSection => ({ name, bytes: new ByteWriter().bytes(new TextEncoder().encode('ZLIB')).bytes(new ByteWriter(false).u64(size).done()).bytes(data).done() })

async function load(sections: ModuleSection[], kind: DwarfFile['kind'] = 'main', length?: number): Promise<{ file: DwarfFile; diagnostics: Diagnostics }> {
  const diagnostics = new Diagnostics(1000)
  const { bytes } = buildElfModule({ sections })
  const file = await loadDwarfFile(new ElfFile(memoryByteSource(bytes.subarray(0, length ?? bytes.length), 'made.so')), kind, sectionDecompressor, diagnostics)
  return { file, diagnostics }
}

const lengths = (file: DwarfFile): number[] => [file.info, file.abbrev, file.str, file.line].map((bytes) => bytes.length)

describe('debug sections', () => {
  test('arrive byte for byte, in memory that threads can share; absent ones are empty', async () => {
    const { file, diagnostics } = await load([{ name: '.debug_info', bytes: INFO }, { name: '.debug_str', bytes: INFO.subarray(5, 9) }])
    expect(Buffer.compare(file.info, INFO)).toBe(0)
    expect([...file.str]).toEqual([...INFO.subarray(5, 9)])
    expect(file).toMatchObject({ name: 'made.so', kind: 'main' })
    expect(file.info.buffer).toBeInstanceOf(SharedArrayBuffer)
    expect(file.line.length).toBe(0)
    expect(diagnostics.rows).toEqual([])
  })

  test.each([
    ['zlib', compressed('.debug_info', ZLIB, INFO.length, deflateSync(INFO))],
    ['zstd', compressed('.debug_info', ZSTD, INFO.length, zstdCompressSync(INFO))],
    ['zstd in two frames', compressed('.debug_info', ZSTD, INFO.length, Buffer.concat([zstdCompressSync(INFO.subarray(0, 1000)), zstdCompressSync(INFO.subarray(1000))]))],
    ['.zdebug_info', zdebug('.zdebug_info', INFO.length, deflateSync(INFO))],
  ])('compressed as %s become what they were', async (_, section) => {
    const { file, diagnostics } = await load([section])
    expect(Buffer.compare(file.info, INFO)).toBe(0)
    expect(file.info.buffer).toBeInstanceOf(SharedArrayBuffer)
    expect(diagnostics.rows).toEqual([])
  })

  test('of split units have names of their own; several of one name are joined', async () => {
    const sections = [
      { name: '.debug_info', bytes: INFO.subarray(0, 7) },
      { name: '.debug_info.dwo', bytes: INFO.subarray(0, 10) },
      compressed('.debug_info.dwo', ZLIB, 20, deflateSync(INFO.subarray(10, 30))),
      { name: '.debug_cu_index', bytes: INFO.subarray(0, 3) },
      { name: '.zdebug_str.dwo', bytes: zdebug('', 4, deflateSync(INFO.subarray(0, 4))).bytes },
    ]
    const { file, diagnostics } = await load(sections, 'split')
    expect([...file.info]).toEqual([...INFO.subarray(0, 30)])
    expect([file.cuIndex.length, file.str.length]).toEqual([3, 4])
    expect((await load(sections)).file.info.length).toBe(7)
    expect(diagnostics.rows).toEqual([])
  })

  const packed = deflateSync(INFO)
  test.each([
    ['says more than it becomes', compressed('.debug_info', ZLIB, INFO.length + 1, packed), 'not the 300001 that it says'],
    ['says less than it becomes', compressed('.debug_info', ZLIB, INFO.length - 1, packed), 'more than the 299999 bytes'],
    ['says what no data of that length becomes', compressed('.debug_info', ZSTD, 2 ** 40, zstdCompressSync(INFO)), 'can\'t become'],
    ['is larger than sections can be', compressed('.debug_info', ZSTD, 2 ** 32, new Uint8Array(5_000_000)), 'more than corelens reads'],
    ['is cut', compressed('.debug_info', ZLIB, INFO.length, packed.subarray(0, -100)), 'not the 300000'],
    ['is cut (zstd)', compressed('.debug_info', ZSTD, INFO.length, zstdCompressSync(INFO).subarray(0, -100)), 'ends inside a zstd frame'],
    ['is no zlib data', compressed('.debug_info', ZLIB, 400, INFO.subarray(1000, 1400)), 'zlib data is damaged'],
    ['is compressed in an unknown way', compressed('.debug_info', 3, 400, packed), 'unknown way 3'],
    ['has no room for its header', { name: '.debug_info', bytes: new Uint8Array(23), sectionFlags: SHF_COMPRESSED }, 'too short'],
    ['says nothing of ZLIB', { name: '.zdebug_info', bytes: packed }, 'does not start with ZLIB'],
  ])('one that %s is empty, which is told, and costs no other', async (_, section, message) => {
    const { file, diagnostics } = await load([section, { name: '.debug_str', bytes: INFO.subarray(0, 4) }])
    expect([file.info.length, file.str.length]).toEqual([0, 4])
    expect(diagnostics.rows).toMatchObject([{ where: expect.stringContaining('made.so'), message: expect.stringContaining(message) }])
  })

  test('beyond the end of the file are told', async () => {
    const { bytes } = buildElfModule({ sections: [{ name: '.debug_info', bytes: INFO }] })
    const shoff = new DataView(bytes.buffer).getBigUint64(40, true)
    const view = new DataView(bytes.buffer, Number(shoff))
    for (let i = 0; i < bytes.length - Number(shoff); i += 64) if (view.getBigUint64(i + 32, true) === BigInt(INFO.length)) view.setBigUint64(i + 32, 2n ** 40n, true)
    const diagnostics = new Diagnostics()
    const file = await loadDwarfFile(new ElfFile(memoryByteSource(bytes)), 'main', sectionDecompressor, diagnostics)
    expect(file.info.length).toBe(0)
    expect(diagnostics.rows).toMatchObject([{ kind: 'damaged', message: expect.stringContaining('beyond the end') }])
  })

  test('with damaged headers and data end in diagnostics', async () => {
    const random = new Random(3)
    for (let i = 0; i < 400; i++) {
      const data = Uint8Array.from(i % 2 ? packed.subarray(0, 2000) : zstdCompressSync(INFO.subarray(0, 3000)))
      const section = i % 3 ? compressed('.debug_info', i % 2 ? ZLIB : ZSTD, 3000, data) : zdebug('.zdebug_info', 3000, data)
      for (let k = 0; k < 1 + random.below(3); k++) section.bytes[random.below(i % 4 ? 40 : section.bytes.length)] = random.below(256)
      const { file } = await load([{ ...section, bytes: section.bytes.subarray(0, random.below(5) ? section.bytes.length : random.below(60)) }, { name: '.debug_abbrev', bytes: INFO.subarray(0, 9) }])
      expect(lengths(file)[1]).toBe(9)
    }
  })
})
