/**
 * lz4 files: frames with independent or linked blocks, uncompressed blocks, content size, block and content
 * checksums (verified), legacy frames, skippable frames, several frames in a row.
 *
 * Refused: frames that need a dictionary. Source: the LZ4 frame format 1.6.4.
 */
import type { CompressedInput, Output } from './compressedInput.ts'
import { StreamDamage } from './compressedInput.ts'
import { isSkippable, LZ4_LEGACY_MAGIC, LZ4_MAGIC, u32 } from './formats.ts'
import { decodeLz4Block } from './lz4Block.ts'
import { Xxh32, xxh32 } from './xxh32.ts'

/** A linked block's matches reach this far back. */
const HISTORY = 1 << 16
const LEGACY_BLOCK = 8 << 20
const UNCOMPRESSED = 0x80000000

interface Frame {
  where: string
  largestBlock: number
  independent: boolean
  blockChecksums: boolean
  contentChecksum: boolean
  /** Bytes; null where the frame doesn't say. */
  contentSize: number | null
}

export async function decodeLz4(input: CompressedInput, output: Output): Promise<void> {
  let at = 0
  for (let number = 1; at < input.size; number++) {
    const where = `lz4 frame ${number}`
    const head = input.bytes(at, 19)
    if (head.length < 4) throw cutShort(where, at)
    const magic = u32(head, 0)
    if (isSkippable(magic)) {
      if (head.length < 8) throw cutShort(where, at)
      at += 8 + u32(head, 4)
      if (at > input.size) throw cutShort(where, input.size)
    } else if (magic === LZ4_MAGIC) {
      const { frame, length } = frameHeader(head, where, at)
      at = await decodeFrame(input, output, frame, at + length)
    } else if (magic === LZ4_LEGACY_MAGIC) {
      at = await decodeLegacyFrame(input, output, where, at + 4)
    } else {
      throw new StreamDamage('note', where, at, 'data after the last lz4 frame was left out')
    }
    await input.done(at)
  }
}

const cutShort = (where: string, at: number): StreamDamage =>
  new StreamDamage('truncated', where, at, 'the compressed file ends inside an lz4 frame')

function frameHeader(head: Uint8Array, where: string, at: number): { frame: Frame; length: number } {
  const flags = head[4]
  const descriptor = head[5]
  const hasContentSize = (flags & 8) !== 0
  const hasDictionary = (flags & 1) !== 0
  const length = 7 + (hasContentSize ? 8 : 0) + (hasDictionary ? 4 : 0)
  if (head.length < length) throw cutShort(where, at)
  const sizeCode = (descriptor >> 4) & 7
  const checksum = (xxh32(head.subarray(4, length - 1)) >>> 8) & 0xff
  if (checksum !== head[length - 1]) throw new StreamDamage('damaged', where, at, 'the header of an lz4 frame is damaged')
  if (flags >> 6 !== 1 || flags & 2 || descriptor & 0x8f || sizeCode < 4) {
    throw new StreamDamage('unsupported', where, at, 'the lz4 frame is of a version that corelens does not read')
  }
  if (hasDictionary) throw new StreamDamage('unsupported', where, at, 'the lz4 frame needs a dictionary')
  return {
    frame: {
      where,
      largestBlock: 1 << (8 + 2 * sizeCode),
      independent: (flags & 0x20) !== 0,
      blockChecksums: (flags & 0x10) !== 0,
      contentChecksum: (flags & 4) !== 0,
      contentSize: hasContentSize ? u32(head, 6) + u32(head, 10) * 2 ** 32 : null,
    },
    length,
  }
}

/** `at`: after the header. Answers the offset after the frame. */
async function decodeFrame(input: CompressedInput, output: Output, frame: Frame, at: number): Promise<number> {
  const { where } = frame
  const blocks = new BlockBuffers(frame.largestBlock, frame.largestBlock)
  const content = frame.contentChecksum ? new Xxh32() : null
  let contentSize = 0
  for (;;) {
    const head = input.bytes(at, 4)
    if (head.length < 4) throw cutShort(where, at)
    const word = u32(head, 0)
    if (word === 0) break
    const length = word & ~UNCOMPRESSED
    if (length > frame.largestBlock) throw new StreamDamage('damaged', where, at, 'an lz4 block is longer than its frame allows')
    const packed = blocks.packed.subarray(0, length)
    if (input.fill(at + 4, packed) < length) throw cutShort(where, at)
    const end = at + 4 + length
    if (frame.blockChecksums) {
      const sum = input.bytes(end, 4)
      if (sum.length < 4) throw cutShort(where, end)
      if (u32(sum, 0) !== xxh32(packed)) throw new StreamDamage('damaged', where, at, 'the checksum of an lz4 block is wrong')
    }
    const bytes = (word & UNCOMPRESSED) !== 0 ? blocks.store(packed) : blocks.decode(packed, frame.independent)
    if (bytes === null) throw new StreamDamage('damaged', where, at, 'an lz4 block is damaged')
    output.write(bytes)
    content?.update(bytes)
    contentSize += bytes.length
    at = end + (frame.blockChecksums ? 4 : 0)
    await input.done(at)
  }
  at += 4
  if (content) {
    const sum = input.bytes(at, 4)
    if (sum.length < 4) throw cutShort(where, at)
    if (u32(sum, 0) !== content.digest()) throw new StreamDamage('damaged', where, at, 'the checksum of an lz4 frame is wrong')
    at += 4
  }
  if (frame.contentSize !== null && frame.contentSize !== contentSize) {
    throw new StreamDamage('damaged', where, at, `an lz4 frame holds ${contentSize} bytes where it says ${frame.contentSize}`)
  }
  return at
}

/** Independent blocks of 8 MiB (the last may be shorter), until the file ends or another frame begins. */
async function decodeLegacyFrame(input: CompressedInput, output: Output, where: string, at: number): Promise<number> {
  const blocks = new BlockBuffers(LEGACY_BLOCK, LEGACY_BLOCK + (LEGACY_BLOCK >> 7) + 64)
  while (at < input.size) {
    const head = input.bytes(at, 4)
    if (head.length < 4) throw cutShort(where, at)
    const length = u32(head, 0)
    if (length === LZ4_MAGIC || length === LZ4_LEGACY_MAGIC || isSkippable(length)) return at
    if (length === 0 || length > blocks.packed.length) throw new StreamDamage('damaged', where, at, 'an lz4 block is longer than its frame allows')
    const packed = blocks.packed.subarray(0, length)
    if (input.fill(at + 4, packed) < length) throw cutShort(where, at)
    const bytes = blocks.decode(packed, true)
    if (bytes === null) throw new StreamDamage('damaged', where, at, 'an lz4 block is damaged')
    output.write(bytes)
    at += 4 + length
    await input.done(at)
  }
  return at
}

/** One block, packed and unpacked, with the last HISTORY bytes of the blocks before it in front. */
class BlockBuffers {
  readonly packed: Uint8Array
  private readonly unpacked: Uint8Array
  /** Bytes of history, right before index HISTORY. */
  private history = 0
  /** Where the latest block ends. */
  private end = HISTORY

  constructor(largestBlock: number, largestPacked: number) {
    this.packed = new Uint8Array(largestPacked)
    this.unpacked = new Uint8Array(HISTORY + largestBlock)
  }

  /** Null for a malformed block. The answer is valid until the next call. */
  decode(packed: Uint8Array, independent: boolean): Uint8Array | null {
    this.makeHistory()
    const { unpacked } = this
    const first = independent ? HISTORY : HISTORY - this.history
    const end = decodeLz4Block(packed, 0, packed.length, unpacked, HISTORY, unpacked.length, first)
    if (end < 0) return null
    this.end = end
    return unpacked.subarray(HISTORY, end)
  }

  /** An uncompressed block, which is history too. */
  store(packed: Uint8Array): Uint8Array {
    this.makeHistory()
    this.unpacked.set(packed, HISTORY)
    this.end = HISTORY + packed.length
    return packed
  }

  private makeHistory(): void {
    this.unpacked.copyWithin(0, this.end - HISTORY, this.end)
    this.history = Math.min(HISTORY, this.history + this.end - HISTORY)
    this.end = HISTORY
  }
}
