import { describe, expect, test } from 'vitest'
import { Diagnostics } from '../../../src-main/engine/errors.ts'
import { FrameTable } from '../../../src-main/engine/stacks/frameTable.ts'
import { ElfFile } from '../../../src-main/engine/elf/file.ts'
import type { Module } from '../../../src-main/engine/corefile/modules.ts'
import { buildDebugFrame, buildEhFrame, buildEhFrameHeader, memoryOf, moduleOf, type FdeSpec } from '../../builders/callFrames.ts'
import { buildElfModule } from '../../builders/elfModule.ts'
import { memoryByteSource } from '../../builders/memoryByteSource.ts'

const FRAME = 0x40_2000
const HEADER = 0x40_1000
const CODE = 0x40_0000

const fdes: FdeSpec[] = Array.from({ length: 5 }, (_, i) => ({ low: CODE + i * 0x100, size: 0x80, instructions: [0x0e, i + 1] }))

interface Found {
  low: number
  high: number
  instructions: number[]
}

function found(table: FrameTable, address: number): Found | null {
  const entry = table.at(address)
  return entry && { low: entry.low, high: entry.high, instructions: [...entry.instructions].slice(0, 2) }
}

const expected = (i: number): Found => ({ low: CODE + i * 0x100, high: CODE + i * 0x100 + 0x80, instructions: [0x0e, i + 1] })

function tableOf(bytes: Uint8Array, header: Uint8Array | null, module: Partial<Module> = {}, diagnostics = new Diagnostics()): FrameTable {
  const memory = memoryOf([{ start: FRAME, bytes }, ...(header ? [{ start: HEADER, bytes: header }] : [])])
  return new FrameTable(moduleOf(module, header ? { address: HEADER, size: header.length } : undefined), memory, diagnostics)
}

/** A file whose section headers say where `.eh_frame` is. */
function withSection(bytes: Uint8Array): Partial<Module> {
  return { elf: new ElfFile(memoryByteSource(buildElfModule({ executable: true, sections: [{ name: '.eh_frame', vaddr: FRAME, bytes }] }).bytes)) }
}

describe('.eh_frame', () => {
  const built = buildEhFrame(FRAME, fdes)
  const entries = fdes.map(({ low }, i) => ({ low, position: built.positions[i] }))

  test.each<[string, FrameTable]>([
    ['by the table of its header', tableOf(built.bytes, buildEhFrameHeader(HEADER, FRAME, entries))],
    ['by its header without a table', tableOf(built.bytes, buildEhFrameHeader(HEADER, FRAME, []))],
    ['by the section headers', tableOf(built.bytes, null, withSection(built.bytes))],
  ])('%s', (_name, table) => {
    fdes.forEach(({ low }, i) => {
      expect(found(table, low)).toEqual(expected(i))
      expect(found(table, low + 0x7f)).toEqual(expected(i))
      expect(found(table, low + 0x80)).toBeNull()
    })
    expect(found(table, CODE - 1)).toBeNull()
  })

  test('in the 64-bit format', () => {
    const wide = buildEhFrame(FRAME, fdes, true)
    expect(found(tableOf(wide.bytes, buildEhFrameHeader(HEADER, FRAME, [])), CODE + 0x110)).toEqual(expected(1))
  })

  test('with augmentations, each in its place', () => {
    // personality with 4 bytes, language-specific data, encoding, signal frame, key B, and a letter of nobody
    const { bytes } = buildEhFrame(FRAME, [{ ...fdes[0], cie: { augmentation: 'zPLSBRx', augmentationData: [0x9b, 1, 2, 3, 4, 0x1b, 0x1b] } }])
    const entry = tableOf(bytes, buildEhFrameHeader(HEADER, FRAME, [])).at(CODE)
    expect(entry?.common).toMatchObject({ isSignal: true, encoding: 0x1b, hasAugmentation: true, returnAddress: 16, dataAlign: -8n })
    expect(found(tableOf(bytes, buildEhFrameHeader(HEADER, FRAME, [])), CODE)).toEqual(expected(0))
  })

  test('with plain addresses, which the bias moves where nobody relocated them', () => {
    const bias = 0x1000_0000
    const { bytes } = buildEhFrame(FRAME, [{ low: 0x500, size: 0x80, instructions: [0x0e, 1], cie: { augmentationData: [0x00] } }])
    const table = tableOf(bytes, buildEhFrameHeader(HEADER, FRAME, []), { bias })
    expect(found(table, bias + 0x500)).toMatchObject({ low: bias + 0x500 })
  })

  test('a CIE that several FDEs refer to, and one of their own', () => {
    const { bytes } = buildEhFrame(FRAME, [fdes[0], { ...fdes[1], cie: { dataAlign: -4 } }, fdes[2]])
    const table = tableOf(bytes, buildEhFrameHeader(HEADER, FRAME, []))
    expect([0, 1, 2].map((i) => table.at(fdes[i].low)?.common.dataAlign)).toEqual([-8n, -4n, -4n])
  })
})

describe('.debug_frame', () => {
  const bias = 0x1000_0000
  test.each<[string, 1 | 3 | 4, boolean]>([['version 1', 1, false], ['version 3', 3, false], ['version 4', 4, false], ['64-bit', 4, true]])('%s', (_name, version, wide) => {
    const { bytes } = buildDebugFrame({ version, instructions: [0x0c, 7, 8] }, fdes, wide)
    const table = new FrameTable(moduleOf({ bias }), memoryOf([]), new Diagnostics())
    expect([table.at(bias + CODE), table.wantsDebugFrame]).toEqual([null, true])
    table.setDebugFrame(bytes)
    expect([found(table, bias + CODE + 0x210), table.wantsDebugFrame]).toEqual([{ ...expected(2), low: bias + CODE + 0x200, high: bias + CODE + 0x280 }, false])
    expect([...(table.at(bias + CODE)?.common.instructions ?? [])].slice(0, 3)).toEqual([0x0c, 7, 8])
  })

  test('there is none', () => {
    const table = new FrameTable(moduleOf({}), memoryOf([]), new Diagnostics())
    table.setDebugFrame(null)
    expect([table.at(CODE), table.wantsDebugFrame]).toEqual([null, false])
  })
})

describe('damage', () => {
  const said = (diagnostics: Diagnostics): string => diagnostics.rows.map(({ message }) => message).join()

  test.each<[string, Parameters<typeof buildEhFrame>[1], string]>([
    ['a CIE of an unknown version', [{ ...fdes[0], cie: { version: 9 as 1 } }], 'CIE of version 9'],
    ['an unknown augmentation without a length', [{ ...fdes[0], cie: { augmentation: 'q' } }], 'does not know'],
    ['a pointer that is relative to text', [{ ...fdes[0], cie: { augmentationData: [0x2b] } }], 'pointer of the encoding 0x2b'],
    ['an indirect pointer', [{ ...fdes[0], cie: { augmentationData: [0x9b] } }], 'does not say where its code begins'],
    ['a pointer of an unknown format', [{ ...fdes[0], cie: { augmentationData: [0x17] } }], 'pointer of the format 7'],
  ])('%s costs the entry, and is told', (_name, spec, message) => {
    const diagnostics = new Diagnostics()
    const { bytes } = buildEhFrame(FRAME, spec)
    tableOf(bytes, buildEhFrameHeader(HEADER, FRAME, []), {}, diagnostics).at(CODE)
    expect(said(diagnostics)).toContain(message)
  })

  test('entries in front of damage serve', () => {
    const diagnostics = new Diagnostics()
    const { bytes, positions } = buildEhFrame(FRAME, fdes)
    bytes.set([0xff, 0xff, 0xff, 0x7f], positions[3])
    const table = tableOf(bytes, buildEhFrameHeader(HEADER, FRAME, []), {}, diagnostics)
    expect(fdes.map(({ low }) => table.at(low) !== null)).toEqual([true, true, true, false, false])
  })

  test('a table that is cut off, or leads out of memory', () => {
    const { bytes, positions } = buildEhFrame(FRAME, fdes)
    const header = buildEhFrameHeader(HEADER, FRAME, fdes.map(({ low }, i) => ({ low, position: i === 2 ? -0x100000 : positions[i] })))
    expect(tableOf(bytes, header).at(fdes[2].low)).toBeNull()
    expect(tableOf(bytes, header.subarray(0, 30)).at(fdes[1].low)).not.toBeUndefined()
  })
})
