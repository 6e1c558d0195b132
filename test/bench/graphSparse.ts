/**
 * A core of 16 GB of which the disk holds little, as of a process that mapped much and touched little: eight huge blocks, whose
 * pages are holes of the file, and four million small ones, a tree that the stack holds. Built by test/builders: one used block of
 * the main arena is cut into small ones, and segments of huge ones are put behind the rest.
 */
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { buildGlibcCore } from '../builders/glibcCore.ts'

const SMALL_BLOCKS = 4_000_000
const HUGE_BLOCKS = 8
const HUGE_BYTES = 2 * 2 ** 30
const HUGE_AT = 0x7ff0_0000_0000
const HEADER = 56
const PAGE = 4096
const IS_MMAPPED = 2
const PREV_INUSE = 1

/** Bytes of small chunks, over and over. */
const CHUNKS = [32, 48, 32, 64, 96, 48, 32, 144]
const ROUND = CHUNKS.reduce((sum, size) => sum + size, 0)
/** Small blocks for each pointer to a huge one. */
const HUGE_EVERY = 100_000
/** Where glibcCore.ts lets the first thread's stack pointer be. */
const STACK_POINTER = 0x7fff_3000_1800

/** @returns the core, written into the folder */
export function sparseCore(folder: string): string {
  const { core, truth } = buildGlibcCore({ version: '2.36', main: [[{ request: (SMALL_BLOCKS / CHUNKS.length) * ROUND - 8, fate: 'used' }, { request: 24, fate: 'used' }]] })
  const image = core.bytes
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength)
  const headersAt = Number(view.getBigUint64(32, true))
  const headerCount = view.getUint16(56, true)
  const { addr } = truth[0]
  cutBlock(image, offsetOf(view, headersAt, headerCount, addr), addr, SMALL_BLOCKS)
  view.setBigUint64(offsetOf(view, headersAt, headerCount, STACK_POINTER), BigInt(addr), true)

  const align = (at: number): number => Math.ceil(at / PAGE) * PAGE
  const tableAt = align(image.length)
  const table = new Uint8Array((headerCount + HUGE_BLOCKS) * HEADER)
  table.set(image.subarray(headersAt, headersAt + headerCount * HEADER))
  const headers = new DataView(table.buffer)
  const hugeAt = align(tableAt + table.length)
  for (let i = 0; i < HUGE_BLOCKS; i++) {
    const at = (headerCount + i) * HEADER
    // PT_LOAD, readable and writable
    headers.setUint32(at, 1, true)
    headers.setUint32(at + 4, 6, true)
    const fields = [hugeAt + i * HUGE_BYTES, HUGE_AT + i * 2 * HUGE_BYTES, 0, HUGE_BYTES, HUGE_BYTES, PAGE]
    fields.forEach((value, field) => headers.setBigUint64(at + 8 + field * 8, BigInt(value), true))
  }
  view.setBigUint64(32, BigInt(tableAt), true)
  view.setUint16(56, headerCount + HUGE_BLOCKS, true)

  const path = join(folder, 'core.sparse')
  const file = openSync(path, 'w')
  for (let at = 0; at < image.length; ) at += writeSync(file, image, at, Math.min(image.length - at, 1 << 28), at)
  writeSync(file, table, 0, table.length, tableAt)
  for (let i = 0; i < HUGE_BLOCKS; i++) writeSync(file, BigUint64Array.of(0n, BigInt(HUGE_BYTES + IS_MMAPPED)), 0, 16, hugeAt + i * HUGE_BYTES)
  ftruncateSync(file, hugeAt + HUGE_BLOCKS * HUGE_BYTES)
  closeSync(file)
  return path
}

/** Where in the file an address's byte is. */
function offsetOf(view: DataView, headersAt: number, count: number, address: number): number {
  const field = (header: number, at: number): number => Number(view.getBigUint64(headersAt + header * HEADER + at, true))
  for (let i = 0; i < count; i++) {
    const start = field(i, 16)
    if (address >= start && address < start + field(i, 32)) return field(i, 8) + address - start
  }
  throw new Error('the built core does not hold its own block')
}

/** Into chunks: a binary tree whose root is the first block, with a pointer to a huge block now and then. */
function cutBlock(image: Uint8Array, offset: number, address: number, count: number): void {
  const begins = CHUNKS.map((_, i) => CHUNKS.slice(0, i).reduce((sum, size) => sum + size, 0))
  const placeOf = (block: number): number => Math.floor(block / CHUNKS.length) * ROUND + begins[block % CHUNKS.length]
  const pointer = (block: number): bigint => (block < count ? BigInt(address + placeOf(block)) : 0n)
  const words = new BigUint64Array((count / CHUNKS.length) * (ROUND / 8))
  for (let block = 0; block < count; block++) {
    // words are from the first block's header on
    const at = placeOf(block) / 8
    words[at] = BigInt(CHUNKS[block % CHUNKS.length] + PREV_INUSE)
    words[at + 1] = pointer(block * 2 + 1)
    words[at + 2] = pointer(block * 2 + 2)
    if (block % HUGE_EVERY === 0) words[at + 3] = BigInt(HUGE_AT + (Math.floor(block / HUGE_EVERY) % HUGE_BLOCKS) * 2 * HUGE_BYTES + 16)
  }
  image.set(new Uint8Array(words.buffer), offset - 8)
}
