/** Builds zstd frames by hand where node:zlib makes none: skippable frames, frame headers. Source: RFC 8878 §3.1. */
import { ByteWriter } from './byteWriter.ts'

export function skippableFrame(payload: Uint8Array, nibble = 0): Uint8Array {
  return new ByteWriter().u32(0x184d2a50 + nibble, payload.length).bytes(payload).done()
}

/** One frame of raw and run-length blocks, without a checksum. `windowLog` 10..41. */
export function rawZstdFrame(blocks: (Uint8Array | { byte: number; count: number })[], windowLog = 17, dictionary = 0): Uint8Array {
  const out = new ByteWriter().u32(0xfd2fb528).u8(dictionary > 0 ? 1 : 0, (windowLog - 10) << 3)
  if (dictionary > 0) out.u8(dictionary)
  blocks.forEach((block, i) => {
    const last = i === blocks.length - 1 ? 1 : 0
    const [type, size] = block instanceof Uint8Array ? [0, block.length] : [1, block.count]
    const word = last | (type << 1) | (size << 3)
    out.u8(word & 255, (word >> 8) & 255, word >> 16)
    if (block instanceof Uint8Array) out.bytes(block)
    else out.u8(block.byte)
  })
  return out.done()
}
