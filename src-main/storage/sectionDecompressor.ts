/**
 * Undoes the compression of sections of ELF files (zlib, zstd) and of .gnu_debugdata (xz) with the decoders that open
 * compressed cores. What comes out goes straight to where it belongs, never beyond it.
 */
import { createInflate } from 'node:zlib'
import { FormatError } from '../engine/errors.ts'
import type { ByteSource, Decompressor, Progress } from '../engine/ports.ts'
import { CompressedInput, StreamDamage, type Decoder, type Output } from './decompress/compressedInput.ts'
import { NativeDecoder, NativeDecoderError } from './decompress/nativeDecoder.ts'
import { decodeXz } from './decompress/xz.ts'
import { decodeZstd } from './decompress/zstdFrames.ts'

const OUTPUT_PIECE = 1 << 20
const silent: Progress = { stage() {}, advance() {} }

export const sectionDecompressor: Decompressor = {
  async into(target, format, source, offset, size) {
    let length = 0
    await decode(format === 'zlib' ? decodeZlib : decodeZstd, source, offset, size, {
      write(bytes) {
        if (length + bytes.length > target.length) throw new FormatError(source.name, offset, `it becomes more than the ${target.length} bytes that it says`)
        target.set(bytes, length)
        length += bytes.length
      },
    })
    return length
  },

  async xz(source, offset, size, limit) {
    const pieces: Uint8Array[] = []
    let length = 0
    await decode(decodeXz, source, offset, size, {
      write(bytes) {
        length += bytes.length
        if (length > limit) throw new FormatError(source.name, offset, `it becomes more than ${limit} bytes`)
        pieces.push(bytes.slice())
      },
    })
    const whole = new Uint8Array(length)
    let at = 0
    for (const piece of pieces) {
      whole.set(piece, at)
      at += piece.length
    }
    return whole
  },
}

async function decode(decoder: Decoder, source: Pick<ByteSource, 'name' | 'size' | 'read'>, offset: number, size: number, output: Output): Promise<void> {
  const part: ByteSource = {
    name: source.name,
    size: Math.max(0, Math.min(size, source.size - offset)),
    modified: 0,
    read: (at, target) => (at < part.size ? source.read(offset + at, target.subarray(0, Math.min(target.length, part.size - at))) : 0),
    close() {},
  }
  try {
    await decoder(new CompressedInput(part, silent), output)
  } catch (error) {
    if (error instanceof StreamDamage && error.kind === 'note') return
    throw error
  }
}

/** RFC 1950. Whether all came is for the caller to say, who knows how much it must become. */
async function decodeZlib(input: CompressedInput, output: Output): Promise<void> {
  const inflate = new NativeDecoder(createInflate({ chunkSize: OUTPUT_PIECE }), output)
  try {
    for (let at = 0; at < input.size;) {
      const piece = input.piece(at)
      const taken = await inflate.feed(piece)
      at += taken
      if (taken < piece.length || taken === 0) return
    }
  } catch (error) {
    if (error instanceof NativeDecoderError) throw new StreamDamage('damaged', input.name, 0, `the zlib data is damaged (${error.message})`)
    throw error
  } finally {
    inflate.close()
  }
}
