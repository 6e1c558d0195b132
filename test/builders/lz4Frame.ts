/**
 * Builds lz4 frames whose content is known: random sequences of literals and matches, not a search for good ones.
 * Source: the LZ4 frame format 1.6.4 and the LZ4 block format.
 */
import { xxh32 } from '../../src-main/storage/decompress/xxh32.ts'
import { ByteWriter } from './byteWriter.ts'
import type { Random } from './random.ts'

export interface Lz4Spec {
  blocks: number
  /** Content bytes of each block, at most; 65,536 at most. */
  blockLength: number
  independent: boolean
  blockChecksums: boolean
  contentChecksum: boolean
  contentSize: boolean
}

export interface Packed {
  packed: Uint8Array
  content: Uint8Array
}

/** `start`: what the content begins with. */
export function buildLz4Frame(random: Random, spec: Lz4Spec, start: Uint8Array = new Uint8Array()): Packed {
  const content: number[] = []
  const body = new ByteWriter()
  for (let i = 0; i < spec.blocks; i++) {
    const from = content.length
    const stored = random.below(5) === 0
    const length = 64 + random.below(spec.blockLength - 63)
    const packed = block(random, content, spec.independent ? from : 0, length, i === 0 ? start : new Uint8Array())
    const bytes = stored ? Uint8Array.from(content.slice(from)) : packed
    body.u32((bytes.length | (stored ? 0x80000000 : 0)) >>> 0).bytes(bytes)
    if (spec.blockChecksums) body.u32(xxh32(bytes))
  }
  const all = Uint8Array.from(content)
  const flags = 0x40 | (spec.independent ? 0x20 : 0) | (spec.blockChecksums ? 0x10 : 0) | (spec.contentSize ? 8 : 0) | (spec.contentChecksum ? 4 : 0)
  const descriptor = new ByteWriter().u8(flags, 4 << 4)
  if (spec.contentSize) descriptor.u64(all.length)
  const described = descriptor.done()
  const out = new ByteWriter().u32(0x184d2204).bytes(described).u8((xxh32(described) >>> 8) & 0xff).bytes(body.done()).u32(0)
  if (spec.contentChecksum) out.u32(xxh32(all))
  return { packed: out.done(), content: all }
}

/** A legacy frame of one block. */
export function buildLz4Legacy(random: Random, length: number, start: Uint8Array = new Uint8Array()): Packed {
  const content: number[] = []
  const packed = block(random, content, 0, length, start)
  return { packed: new ByteWriter().u32(0x184c2102, packed.length).bytes(packed).done(), content: Uint8Array.from(content) }
}

/** Appends about `length` bytes to `content` and answers the block that decodes to them. */
function block(random: Random, content: number[], historyStart: number, length: number, start: Uint8Array): Uint8Array {
  const out = new ByteWriter()
  const end = content.length + length
  let literals = start.length > 0 ? start : random.bytes(1 + random.below(20))
  while (content.length + literals.length + 40 < end) {
    for (const byte of literals) content.push(byte)
    const distance = 1 + random.below(Math.min(random.pick([1, 8, 300, 65_535]), content.length - historyStart, 65_535))
    const match = 4 + random.below(Math.min(random.pick([12, 60, 2_000]), end - content.length - 16))
    sequence(out, literals, match, distance)
    for (let i = 0; i < match; i++) content.push(content[content.length - distance])
    literals = random.bytes(random.below(random.pick([3, 20, 600])))
  }
  literals = random.bytes(Math.max(12, end - content.length))
  for (const byte of literals) content.push(byte)
  sequence(out, literals, 0, 0)
  return out.done()
}

function sequence(out: ByteWriter, literals: Uint8Array, match: number, distance: number): void {
  const matchCode = match === 0 ? 0 : match - 4
  out.u8((Math.min(15, literals.length) << 4) | Math.min(15, matchCode))
  more(out, literals.length)
  out.bytes(literals)
  if (match === 0) return
  out.u16(distance)
  more(out, matchCode)
}

function more(out: ByteWriter, length: number): void {
  if (length < 15) return
  let rest = length - 15
  for (; rest >= 255; rest -= 255) out.u8(255)
  out.u8(rest)
}
