/**
 * gzip files of any number of members, each with its checksum and length verified.
 *
 * Source: RFC 1952. Members are told apart here and only their deflate data goes to node:zlib, so that a damaged
 * member is named by its place in the file. Zeroes after the last member are padding, anything else is reported.
 */
import { crc32, createInflateRaw } from 'node:zlib'
import type { CompressedInput, Output } from './compressedInput.ts'
import { onlyZeroes, StreamDamage } from './compressedInput.ts'
import { u32 } from './formats.ts'
import { NativeDecoder, NativeDecoderError } from './nativeDecoder.ts'

const FHCRC = 2
const FEXTRA = 4
const FNAME = 8
const FCOMMENT = 16
/** Longest name or comment that is looked at. */
const LONGEST_TEXT = 1 << 16
const OUTPUT_PIECE = 1 << 20

export async function decodeGzip(input: CompressedInput, output: Output): Promise<void> {
  let at = 0
  for (let member = 0; at < input.size; member++) {
    const head = input.bytes(at, 10)
    if (member > 0 && (head[0] !== 0x1f || head[1] !== 0x8b || head[2] !== 8)) {
      if (onlyZeroes(input, at)) return
      throw new StreamDamage('note', `gzip member ${member + 1}`, at, 'data after the last gzip member was left out')
    }
    at = await decodeMember(input, output, at, `gzip member ${member + 1}`)
  }
}

/** Answers the offset after the member. */
async function decodeMember(input: CompressedInput, output: Output, start: number, where: string): Promise<number> {
  let at = start + headerLength(input, start, where)
  let sum = 0
  let length = 0
  const inflate = new NativeDecoder(createInflateRaw({ chunkSize: OUTPUT_PIECE }), {
    write(bytes) {
      sum = crc32(bytes, sum)
      length = (length + bytes.length) >>> 0
      output.write(bytes)
    },
  })
  try {
    for (;;) {
      const piece = input.piece(at)
      if (piece.length === 0) throw new StreamDamage('truncated', where, at, 'the compressed file ends inside a gzip member')
      const taken = await inflate.feed(piece)
      at += taken
      await input.done(at)
      if (taken < piece.length) break
    }
  } catch (error) {
    if (error instanceof NativeDecoderError) throw new StreamDamage('damaged', where, at, `the gzip data is damaged (${error.message})`)
    throw error
  } finally {
    inflate.close()
  }
  const trailer = input.bytes(at, 8)
  if (trailer.length < 8) throw new StreamDamage('truncated', where, at, 'the compressed file ends inside a gzip member')
  if (u32(trailer, 0) !== sum) throw new StreamDamage('damaged', where, at, 'the checksum of a gzip member is wrong')
  if (u32(trailer, 4) !== length) throw new StreamDamage('damaged', where, at + 4, 'the length of a gzip member is wrong')
  return at + 8
}

function headerLength(input: CompressedInput, start: number, where: string): number {
  const cut = (at: number): never => {
    throw new StreamDamage('truncated', where, at, 'the compressed file ends inside a gzip header')
  }
  const head = input.bytes(start, 12)
  if (head.length < 10) cut(start)
  const flags = head[3]
  let length = 10
  if (flags & FEXTRA) {
    if (head.length < 12) cut(start)
    length = 12 + head[10] + (head[11] << 8)
  }
  for (const flag of [FNAME, FCOMMENT]) {
    if (!(flags & flag)) continue
    const text = input.bytes(start + length, LONGEST_TEXT)
    const end = text.indexOf(0)
    if (end < 0 && text.length < LONGEST_TEXT) cut(start + length)
    if (end < 0) throw new StreamDamage('damaged', where, start + length, 'the gzip header is damaged')
    length += end + 1
  }
  if (flags & FHCRC) length += 2
  return length
}
