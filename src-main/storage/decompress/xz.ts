/**
 * xz files of one or several streams, with stream padding. The decoder is xz-decompress (xz-embedded in WASM):
 * LZMA2, CRC32 or CRC64 checks, dictionaries up to 64 MiB (`xz -9`); anything else is refused.
 *
 * That decoder takes what follows the last stream for damage and drops what it decoded last, so the streams' end is
 * looked for first. Source: the .xz file format 1.2.1 §2.
 */
import xz from 'xz-decompress'
import { crc32 } from 'node:zlib'
import type { CompressedInput, Output } from './compressedInput.ts'
import { StreamDamage } from './compressedInput.ts'
import { u32 } from './formats.ts'

const PIECE = 1 << 15
const FOOTER = 12
const BLOCK_ALIGNMENT = 4
/** Left-over data of at most this many bytes is told from a stream that is cut. */
const LONGEST_REST = 1 << 18

export async function decodeXz(input: CompressedInput, output: Output): Promise<void> {
  const end = streamsEnd(input)
  let at = 0
  const compressed = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const bytes = input.bytes(at, Math.min(PIECE, end - at))
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
    throw damageOf(error, at, at >= input.size)
  } finally {
    // The package decodes one file at a time in the whole process and waits for this to begin the next.
    await reader.cancel().catch(() => {})
  }
  if (end < input.size) throw new StreamDamage('note', 'xz streams', end, 'data after the last xz stream was left out')
}

/** Offset after the last stream footer and its padding; the file's size where no footer is near its end. */
function streamsEnd(input: CompressedInput): number {
  const from = Math.max(0, input.size - LONGEST_REST)
  const bytes = input.bytes(from, input.size - from)
  const firstAligned = (BLOCK_ALIGNMENT - (from % BLOCK_ALIGNMENT)) % BLOCK_ALIGNMENT
  let at = firstAligned + Math.floor((bytes.length - FOOTER - firstAligned) / BLOCK_ALIGNMENT) * BLOCK_ALIGNMENT
  while (at >= 0 && !isFooter(bytes, at)) at -= BLOCK_ALIGNMENT
  if (at < 0) return input.size
  at += FOOTER
  while (at + 4 <= bytes.length && u32(bytes, at) === 0) at += 4
  return from + at
}

const isFooter = (bytes: Uint8Array, at: number): boolean =>
  bytes[at + 10] === 0x59 && bytes[at + 11] === 0x5a && u32(bytes, at) === crc32(bytes.subarray(at + 4, at + 10))

/** xz-embedded's `enum xz_ret`, as the package words it; anything else is passed on. */
function damageOf(error: unknown, at: number, atEnd: boolean): unknown {
  const code = error instanceof Error ? /failed with error code (\d+)/.exec(error.message)?.[1] : undefined
  switch (code) {
    case undefined:
      return error
    case '3':
    case '4':
      return new StreamDamage('unsupported', 'xz stream', at, 'the dictionary of the xz stream is larger than 64 MiB')
    case '2':
    case '6':
      return new StreamDamage('unsupported', 'xz stream', at, 'the xz stream uses a filter or a checksum that corelens does not read')
    case '8':
      if (atEnd) return new StreamDamage('truncated', 'xz stream', at, 'the compressed file ends inside an xz stream')
  }
  return new StreamDamage('damaged', 'xz stream', at, 'the xz data is damaged')
}
