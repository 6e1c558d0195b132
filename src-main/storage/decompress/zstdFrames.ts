/**
 * zstd files: any number of frames and skippable frames, windows up to 2 GiB (`zstd --long=31`).
 *
 * node:zlib decodes the first frame of its input only, so frames are walked here by their block headers and each
 * gets a decoder of its own. Refused: frames that need a dictionary, windows above 2^31. Source: RFC 8878 §3.1.
 */
import { constants, createZstdDecompress } from 'node:zlib'
import type { CompressedInput, Output } from './compressedInput.ts'
import { StreamDamage } from './compressedInput.ts'
import { isSkippable, u32, ZSTD_MAGIC } from './formats.ts'
import { NativeDecoder, NativeDecoderError } from './nativeDecoder.ts'

const LARGEST_WINDOW = 2 ** 31
const RLE_BLOCK = 1
const RESERVED_BLOCK = 3
const OUTPUT_PIECE = 1 << 20

export async function decodeZstd(input: CompressedInput, output: Output): Promise<void> {
  let at = 0
  for (let frame = 1; at < input.size; frame++) {
    const where = `zstd frame ${frame}`
    const head = input.bytes(at, 18)
    if (head.length < 8) throw cutShort(where, at)
    const magic = u32(head, 0)
    if (isSkippable(magic)) {
      at += 8 + u32(head, 4)
      if (at > input.size) throw cutShort(where, input.size)
    } else if (magic === ZSTD_MAGIC) {
      at = await decodeFrame(input, output, new FrameWalk(input, at, where), where)
    } else {
      throw new StreamDamage('note', where, at, 'data after the last zstd frame was left out')
    }
    await input.done(at)
  }
}

const cutShort = (where: string, at: number): StreamDamage =>
  new StreamDamage('truncated', where, at, 'the compressed file ends inside a zstd frame')

/** Answers the offset after the frame. */
async function decodeFrame(input: CompressedInput, output: Output, walk: FrameWalk, where: string): Promise<number> {
  let at = walk.start
  const stream = createZstdDecompress({ chunkSize: OUTPUT_PIECE, params: { [constants.ZSTD_d_windowLogMax]: 31 } })
  const decoder = new NativeDecoder(stream, output)
  try {
    for (;;) {
      const piece = input.piece(at)
      if (piece.length === 0) throw cutShort(where, at)
      walk.upTo(at + piece.length, piece, at)
      const end = walk.end
      const wanted = end === null ? piece.length : Math.min(piece.length, end - at)
      const taken = await decoder.feed(piece.subarray(0, wanted))
      if (taken < wanted) throw new StreamDamage('damaged', where, at + taken, 'a zstd frame ends before its last block')
      at += taken
      await input.done(at)
      if (at === end) return at
    }
  } catch (error) {
    if (!(error instanceof NativeDecoderError)) throw error
    if (/memory/i.test(error.code + error.message)) throw new StreamDamage('unsupported', where, at, 'not enough memory for the window of a zstd frame')
    throw new StreamDamage('damaged', where, at, `the zstd data is damaged (${error.message})`)
  } finally {
    decoder.close()
  }
}

/** Follows one frame's block headers as its bytes come by. */
class FrameWalk {
  readonly start: number
  /** Offset after the frame; null until its last block has been seen. */
  end: number | null = null
  private readonly input: CompressedInput
  private readonly where: string
  private nextBlock: number
  private readonly checksum: boolean

  constructor(input: CompressedInput, start: number, where: string) {
    this.input = input
    this.start = start
    this.where = where
    const head = input.bytes(start, 18)
    const descriptor = head[4]
    const singleSegment = (descriptor & 0x20) !== 0
    this.checksum = (descriptor & 4) !== 0
    const idLength = [0, 1, 2, 4][descriptor & 3]
    const sizeLength = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]
    const idAt = 5 + (singleSegment ? 0 : 1)
    if (head.length < idAt + idLength + sizeLength) throw cutShort(where, start)
    if (descriptor & 8) throw new StreamDamage('damaged', where, start + 4, 'the header of a zstd frame is damaged')
    for (let i = 0; i < idLength; i++) {
      if (head[idAt + i] !== 0) throw new StreamDamage('unsupported', where, start, 'the zstd frame needs a dictionary')
    }
    const window = singleSegment ? sizeIn(head, idAt + idLength, sizeLength) : windowOf(head[5])
    if (window > LARGEST_WINDOW) {
      throw new StreamDamage('unsupported', where, start, `the zstd frame needs a window of ${window} bytes, more than 2 GiB`)
    }
    this.nextBlock = start + idAt + idLength + sizeLength
  }

  /** Walks on until a block header lies at or beyond `limit`. `piece` holds the file's bytes from `pieceAt` on. */
  upTo(limit: number, piece: Uint8Array, pieceAt: number): void {
    while (this.end === null && this.nextBlock < limit) {
      const inPiece = this.nextBlock - pieceAt
      const head = inPiece >= 0 && inPiece + 3 <= piece.length ? piece.subarray(inPiece, inPiece + 3) : this.input.bytes(this.nextBlock, 3)
      if (head.length < 3) return
      const word = head[0] | (head[1] << 8) | (head[2] << 16)
      const type = (word >> 1) & 3
      if (type === RESERVED_BLOCK) throw new StreamDamage('damaged', this.where, this.nextBlock, 'a block header of a zstd frame is damaged')
      this.nextBlock += 3 + (type === RLE_BLOCK ? 1 : word >> 3)
      if (word & 1) this.end = this.nextBlock + (this.checksum ? 4 : 0)
    }
  }
}

/** RFC 8878 §3.1.1.1.2. */
function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

/** RFC 8878 §3.1.1.1.4; a two-byte size has 256 added. */
function sizeIn(head: Uint8Array, at: number, length: number): number {
  let size = 0
  for (let i = length - 1; i >= 0; i--) size = size * 256 + head[at + i]
  return length === 2 ? size + 256 : size
}
