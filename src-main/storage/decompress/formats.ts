/**
 * Which compression a file has, by its first bytes only; names and extensions say nothing here.
 *
 * Sources: RFC 1952 §2.3.1 (gzip), RFC 8878 §3.1 (zstd), the LZ4 frame format 1.6.4, the .xz file format 1.2.1 §2.1.
 */
export type Compression = 'gzip' | 'zstd' | 'lz4' | 'xz'

/** Formats corelens knows by sight but does not read, with the command that does. */
const UNREAD: { magic: number[]; name: string; command: string }[] = [
  { magic: [0x42, 0x5a, 0x68], name: 'bzip2', command: 'bzip2 -dk' },
  { magic: [0x4c, 0x5a, 0x49, 0x50], name: 'lzip', command: 'lzip -dk' },
  { magic: [0x89, 0x4c, 0x5a, 0x4f], name: 'lzop', command: 'lzop -dk' },
  { magic: [0x50, 0x4b, 3, 4], name: 'zip', command: 'unzip' },
  { magic: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], name: '7-Zip', command: '7z x' },
  { magic: [0x5d, 0, 0], name: 'lzma', command: 'lzma -dk' },
]

export const ZSTD_MAGIC = 0xfd2fb528
export const LZ4_MAGIC = 0x184d2204
export const LZ4_LEGACY_MAGIC = 0x184c2102
/** zstd's and lz4's skippable frames share their sixteen magic numbers: 0x184d2a50 to 0x184d2a5f. */
export const isSkippable = (magic: number): boolean => (magic & 0xfffffff0) >>> 0 === 0x184d2a50

/** Enough for `compressionOf`, except after skippable frames. */
export const MAGIC_BYTES = 8

export function compressionOf(head: Uint8Array): Compression | 'skippable' | null {
  if (head.length >= 4 && head[0] === 0x1f && head[1] === 0x8b && head[2] === 8) return 'gzip'
  if (startsWith(head, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0])) return 'xz'
  if (head.length < 4) return null
  const magic = u32(head, 0)
  if (magic === ZSTD_MAGIC) return 'zstd'
  if (magic === LZ4_MAGIC || magic === LZ4_LEGACY_MAGIC) return 'lz4'
  return isSkippable(magic) ? 'skippable' : null
}

export function unreadCompression(head: Uint8Array): { name: string; command: string } | null {
  return UNREAD.find((format) => startsWith(head, format.magic)) ?? null
}

function startsWith(bytes: Uint8Array, magic: number[]): boolean {
  return bytes.length >= magic.length && magic.every((byte, i) => bytes[i] === byte)
}

export const u32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0
