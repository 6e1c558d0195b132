/** Compressed cores that end too early or have wrong bytes: a partial core with a diagnostic, or one clear error. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync, constants } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { UnreadableCore } from '../../src-main/engine/errors.ts'
import { buildLz4Frame } from '../builders/lz4Frame.ts'
import { Random } from '../builders/random.ts'
import { rawZstdFrame } from '../builders/zstdFrame.ts'
import type { Opened } from './compressedCores.ts'
import { concat, filesIn, fixtureCore, openPacked, smallCore, temporaryFolder } from './compressedCores.ts'

const folder = temporaryFolder()
const core = smallCore(60_000)
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(join(import.meta.dirname, 'fixtures', name)))
const lz4 = buildLz4Frame(new Random(5), { blocks: 12, blockLength: 9000, independent: false, blockChecksums: true, contentChecksum: true, contentSize: true }, core.subarray(0, 64))

/** Each with a checksum, so that no changed byte of the content goes unseen. */
const FORMATS: { name: string; packed: Uint8Array; content: Uint8Array }[] = [
  { name: 'gzip', packed: concat(gzipSync(core.subarray(0, 50_000)), gzipSync(core.subarray(50_000))), content: core },
  { name: 'zstd', packed: concat(...[0, 25_000, 50_000].map((at, i, all) => zstdCompressSync(core.subarray(at, all[i + 1]), { params: { [constants.ZSTD_c_checksumFlag]: 1 } }))), content: core },
  { name: 'lz4', packed: lz4.packed, content: lz4.content },
  { name: 'lz4 of the tool', packed: fixture('linked.lz4'), content: fixtureCore() },
  { name: 'xz', packed: fixture('streams.xz'), content: fixtureCore() },
]

/** Null for an UnreadableCore; anything else thrown fails the test. */
async function openOrRefuse(packed: Uint8Array): Promise<Opened | null> {
  try {
    return await openPacked(packed, folder)
  } catch (error) {
    if (!(error instanceof UnreadableCore)) throw error
    expect(error.message.length + error.remedy.length).toBeGreaterThan(20)
    return null
  }
}

function isStartOf(part: Uint8Array, whole: Uint8Array): boolean {
  return part.length <= whole.length && Buffer.compare(part, whole.subarray(0, part.length)) === 0
}

describe.each(FORMATS)('$name', ({ packed, content }) => {
  test('cut anywhere: the beginning of the core and one diagnostic', async () => {
    const random = new Random(21)
    let longest = 0
    for (let round = 0; round < 25; round++) {
      const length = 1 + random.below(packed.length - 1)
      const opened = await openOrRefuse(packed.subarray(0, length))
      if (!opened) continue
      expect(isStartOf(opened.bytes, content)).toBe(true)
      longest = Math.max(longest, opened.bytes.length)
      // A cut between two frames or members can't be told from a shorter core.
      if (opened.diagnostics.length === 0) continue
      expect(opened.diagnostics).toMatchObject([{ kind: expect.stringMatching(/truncated|note/) }])
    }
    expect(longest).toBeGreaterThan(content.length / 10)
  })

  test('wrong bytes: a diagnostic or an error, never wrong content without one', async () => {
    const random = new Random(22)
    for (let round = 0; round < 30; round++) {
      const bad = packed.slice()
      for (let flips = 1 + random.below(3); flips > 0; flips--) bad[8 + random.below(bad.length - 8)] ^= 1 << random.below(8)
      const opened = await openOrRefuse(bad)
      if (opened && opened.diagnostics.length === 0) expect(Buffer.compare(opened.bytes, content)).toBe(0)
    }
  })

  test('random bytes behind the magic', async () => {
    const random = new Random(23)
    for (let round = 0; round < 30; round++) {
      const bad = concat(packed.subarray(0, random.pick([4, 6, 8, 12, 30])), random.bytes(random.below(3000)))
      await openOrRefuse(bad)
    }
  })

  test('data after the end is left out, and said', async () => {
    const opened = await openPacked(concat(packed, new TextEncoder().encode('what a broken upload left behind')), folder)
    expect(opened?.diagnostics).toMatchObject([{ kind: 'note', message: expect.stringContaining('left out') }])
    expect(Buffer.compare(opened!.bytes, content)).toBe(0)
  })
})

test('a cut core keeps nearly all that its compressed bytes hold, and the next opening says so again', async () => {
  for (const pack of [gzipSync(core), zstdCompressSync(core)]) {
    const opened = await openPacked(pack.subarray(0, pack.length - 6), folder)
    expect(opened!.bytes.length).toBeGreaterThan(core.length / 2)
    const [row] = opened!.diagnostics
    expect(row).toMatchObject({ kind: 'truncated' })
    expect(row.message).toContain(`the first ${opened!.bytes.length} bytes of the core could be decompressed`)
  }
})

test('a wrong checksum is damage, named by its place', async () => {
  const gzip = gzipSync(core)
  gzip[gzip.length - 8] ^= 1
  expect((await openPacked(gzip, folder))?.diagnostics).toMatchObject([{ kind: 'damaged', where: 'gzip member 1', offset: gzip.length - 8 }])
  const frame = lz4.packed.slice()
  frame[frame.length - 1] ^= 1
  expect((await openPacked(frame, folder))?.diagnostics).toMatchObject([{ kind: 'damaged', where: 'lz4 frame 1', message: expect.stringContaining('checksum') }])
})

test.each<[string, Uint8Array, RegExp]>([
  ['a window of more than 2 GiB', rawZstdFrame([core.subarray(0, 64)], 32), /window of 4294967296 bytes/],
  ['a zstd dictionary', rawZstdFrame([core.subarray(0, 64)], 17, 9), /needs a dictionary/],
  ['an xz checksum of another kind', fixture('sha256.xz'), /a filter or a checksum that corelens does not read/],
])('%s is refused by name, with the tool to use instead', async (_, packed, message) => {
  const error: unknown = await openPacked(packed, folder).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(UnreadableCore)
  expect((error as UnreadableCore).message).toMatch(message)
  expect((error as UnreadableCore).remedy).toMatch(/decompress it first with the (zstd|xz) command/)
})

test('no temporary file is left by any of this', () => {
  expect(filesIn(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
})
