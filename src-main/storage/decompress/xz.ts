/**
 * xz files of one or several streams, with stream padding. The decoder is xz-decompress (xz-embedded in WASM):
 * LZMA2 with CRC32 or CRC64 checks; other filters and SHA-256 checks are refused.
 *
 * That decoder reads one stream and does not say where it ended; the end lies in the last piece it was given, and
 * is found there by the stream footer's own checksum. Source: the .xz file format 1.2.1 §2.
 */
import xz from 'xz-decompress'
import { crc32 } from 'node:zlib'
import type { CompressedInput, Output } from './compressedInput.ts'
import { StreamDamage } from './compressedInput.ts'
import { u32 } from './formats.ts'

const PIECE = 1 << 15
const FOOTER = 12

export async function decodeXz(input: CompressedInput, output: Output): Promise<void> {
  let at = 0
  for (let stream = 1; at < input.size; stream++) {
    const where = `xz stream ${stream}`
    at = await decodeStream(input, output, at, where)
    at = skipPadding(input, at)
    if (at < input.size && !isStreamStart(input.bytes(at, 6))) {
      throw new StreamDamage('note', where, at, 'data after the last xz stream was left out')
    }
  }
}

/** Answers the offset after the stream. */
async function decodeStream(input: CompressedInput, output: Output, start: number, where: string): Promise<number> {
  let at = start
  let lastPiece = start
  const compressed = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const bytes = input.bytes(at, PIECE)
        lastPiece = at
        at += bytes.length
        if (bytes.length === 0) controller.close()
        else controller.enqueue(bytes)
      },
    },
    { highWaterMark: 0 },
  )
  const reader = new xz.XzReadableStream(compressed).getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      output.write(value)
      await input.done(at)
    }
  } catch (error) {
    throw damageOf(error, where, at, at >= input.size)
  } finally {
    // The package decodes one stream at a time in the whole process and waits for this to begin the next.
    await reader.cancel().catch(() => {})
  }
  return endOfStream(input, start, lastPiece, where)
}

/** xz-embedded's `enum xz_ret`, as the package words it; anything else is passed on. */
function damageOf(error: unknown, where: string, at: number, atEnd: boolean): unknown {
  const code = error instanceof Error ? /failed with error code (\d+)/.exec(error.message)?.[1] : undefined
  switch (code) {
    case undefined:
      return error
    case '2':
      return new StreamDamage('unsupported', where, at, 'the xz stream has a kind of checksum that corelens does not read')
    case '3':
    case '4':
      return new StreamDamage('unsupported', where, at, 'the dictionary of the xz stream needs more memory than there is')
    case '6':
      return new StreamDamage('unsupported', where, at, 'the xz stream uses a filter that corelens does not read')
    case '8':
      if (atEnd) return new StreamDamage('truncated', where, at, 'the compressed file ends inside an xz stream')
  }
  return new StreamDamage('damaged', where, at, 'the xz data is damaged')
}

const isStreamStart = (bytes: Uint8Array): boolean =>
  bytes.length === 6 && bytes[0] === 0xfd && bytes[1] === 0x37 && bytes[2] === 0x7a && bytes[3] === 0x58 && bytes[4] === 0x5a && bytes[5] === 0

/** Looks for a footer that ends in the piece at `pieceAt` and is followed by the file's end, padding or a stream. */
function endOfStream(input: CompressedInput, start: number, pieceAt: number, where: string): number {
  const from = Math.max(start, pieceAt - FOOTER)
  const bytes = input.bytes(from, PIECE + FOOTER + 6)
  const first = (4 - ((from - start) % 4)) % 4
  for (let i = first; i + FOOTER <= bytes.length; i += 4) {
    if (bytes[i + 10] !== 0x59 || bytes[i + 11] !== 0x5a) continue
    if (u32(bytes, i) !== crc32(bytes.subarray(i + 4, i + 10))) continue
    const next = bytes.subarray(i + FOOTER, i + FOOTER + 6)
    if (next.length < 6 || u32(next, 0) === 0 || isStreamStart(next)) return from + i + FOOTER
  }
  if (pieceAt + PIECE >= input.size) return input.size
  throw new StreamDamage('note', where, pieceAt, 'data after the last xz stream was left out')
}

function skipPadding(input: CompressedInput, start: number): number {
  for (let at = start; at < input.size;) {
    const piece = input.piece(at)
    if (piece.length === 0) break
    const used = piece.findIndex((byte) => byte !== 0)
    if (used >= 0) return at + used
    at += piece.length
  }
  return input.size
}
