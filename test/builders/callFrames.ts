/** Builds `.eh_frame`, `.eh_frame_hdr` and `.debug_frame` by hand, and a module and its memory around them. Writes what it is told to. */
import type { Module } from '../../src-main/engine/corefile/modules.ts'
import { AddressSpace, type Range } from '../../src-main/engine/memory/addressSpace.ts'
import { noDebugFiles } from '../../src-main/engine/symbols/debugFiles.ts'
import { ByteWriter } from './byteWriter.ts'
import { sparseByteSource } from './memoryByteSource.ts'

export interface CieSpec {
  version?: 1 | 3 | 4
  augmentation?: string
  /** Behind the augmentation's length. */
  augmentationData?: number[]
  codeAlign?: number
  dataAlign?: number
  returnAddress?: number
  instructions?: number[]
}

export interface FdeSpec {
  low: number
  size: number
  instructions: number[]
  /** A CIE of its own in front of it; else that of the FDE before. */
  cie?: CieSpec
}

interface Built {
  bytes: Uint8Array
  /** By FDE. */
  positions: number[]
}

const PCREL_SDATA4 = 0x1b

/** @param address of the section; entries are pc-relative with 4 bytes unless the CIE's augmentation says otherwise */
export function buildEhFrame(address: number, fdes: FdeSpec[], wide = false): Built {
  const out = new ByteWriter()
  const positions: number[] = []
  let cieAt = 0
  let encoding = PCREL_SDATA4
  for (const { low, size, instructions, cie } of fdes) {
    if (cie || positions.length === 0) {
      const spec = { augmentation: 'zR', augmentationData: [PCREL_SDATA4], ...cie }
      encoding = spec.augmentation.includes('R') ? (spec.augmentationData.at(-1) ?? 0) : 0
      cieAt = out.length
      entry(out, wide, () => out.u32(0).bytes(cieBody(spec, true)))
    }
    positions.push(out.length)
    entry(out, wide, () => {
      out.u32(out.length - cieAt)
      const from = (encoding & 0x70) === 0x10 ? address + out.length : 0
      if ((encoding & 0x0f) === 0) out.u64(low - from, size)
      else out.u32(low - from, size)
      out.u8(0).bytes(instructions)
    })
  }
  return { bytes: out.u32(0).done(), positions }
}

export function buildDebugFrame(cie: CieSpec, fdes: FdeSpec[], wide = false): Built {
  const out = new ByteWriter()
  entry(out, wide, () => (wide ? out.u64(-1) : out.u32(-1)).bytes(cieBody(cie, false)))
  const positions = fdes.map(({ low, size, instructions }) => {
    const at = out.length
    entry(out, wide, () => (wide ? out.u64(0) : out.u32(0)).u64(low, size).bytes(instructions))
    return at
  })
  return { bytes: out.done(), positions }
}

function entry(out: ByteWriter, wide: boolean, body: () => void): void {
  const at = out.length
  if (wide) out.u32(-1).u64(0)
  else out.u32(0)
  const start = out.length
  body()
  out.align(4)
  const size = out.length - start
  const length = wide ? new ByteWriter().u64(size).done() : new ByteWriter().u32(size).done()
  out.patch(wide ? at + 4 : at, length)
}

function cieBody({ version = 1, augmentation = '', augmentationData = [], codeAlign = 1, dataAlign = -8, returnAddress = 16, instructions = [] }: CieSpec, isEh: boolean): Uint8Array {
  const out = new ByteWriter().u8(version).text(augmentation)
  if (version >= 4) out.u8(8, 0)
  out.uleb128(codeAlign).sleb128(dataAlign)
  if (version === 1) out.u8(returnAddress)
  else out.uleb128(returnAddress)
  if (isEh && augmentation.startsWith('z')) out.uleb128(augmentationData.length).bytes(augmentationData)
  return out.bytes(instructions).done()
}

/** @param header its address @param frame address of `.eh_frame` */
export function buildEhFrameHeader(header: number, frame: number, table: { low: number; position: number }[]): Uint8Array {
  const out = new ByteWriter().u8(1, PCREL_SDATA4, 0x03, 0x3b).u32(frame - (header + 4), table.length)
  for (const { low, position } of table) out.u32(low - header, frame + position - header)
  return out.done()
}

export interface MemoryPiece {
  start: number
  bytes: Uint8Array
  code?: boolean
}

export function memoryOf(pieces: MemoryPiece[]): AddressSpace {
  let offset = 0
  const placed: { at: number; bytes: Uint8Array }[] = []
  const ranges = [...pieces].sort((a, b) => a.start - b.start).map(({ start, bytes, code }): Range => {
    const end = start + bytes.length
    const range = { start, end, flags: code ? 5 : 6, coreOffset: offset, dumpedEnd: end, promisedEnd: end, path: '', fileOffset: 0, listedOnly: false, file: null }
    placed.push({ at: offset, bytes })
    offset += bytes.length
    return range
  })
  return new AddressSpace(sparseByteSource(offset, placed), ranges)
}

const PT_GNU_EH_FRAME = 0x6474e550

/** @param header address and size of `.eh_frame_hdr`, where it has one */
export function moduleOf(spec: Partial<Module>, header?: { address: number; size: number }): Module {
  const bias = spec.bias ?? 0
  const segments = header ? [{ index: 0, type: PT_GNU_EH_FRAME, flags: 4, offset: 0, vaddr: header.address - bias, filesz: header.size, memsz: header.size, align: 4 }] : []
  return { path: '/opt/demo', deleted: false, base: 0, end: 0, bias, buildId: '', segments, linkMap: 0, main: true, vdso: false, elf: null, file: '', debugElf: null, debug: 'none', debugFiles: noDebugFiles(), ...spec }
}
