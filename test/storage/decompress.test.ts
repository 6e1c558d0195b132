import { mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { UnreadableCore } from '../../src-main/engine/errors.ts'
import { Cancelled } from '../../src-main/engine/ports.ts'
import { decompressCore } from '../../src-main/storage/decompress.ts'
import { buildElfCore } from '../builders/elfCore.ts'
import { buildLz4Frame, buildLz4Legacy } from '../builders/lz4Frame.ts'
import { memoryByteSource } from '../builders/memoryByteSource.ts'
import { Random } from '../builders/random.ts'
import { rawZstdFrame, skippableFrame } from '../builders/zstdFrame.ts'
import { concat, filesIn, fixtureCore, openPacked, silent, smallCore, temporaryFolder } from './compressedCores.ts'

const folder = temporaryFolder()
const core = smallCore()
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(join(import.meta.dirname, 'fixtures', name)))
const checksummed = { params: { [constants.ZSTD_c_checksumFlag]: 1 } }

async function refused(packed: Uint8Array): Promise<UnreadableCore> {
  const error: unknown = await openPacked(packed, folder).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(UnreadableCore)
  return error as UnreadableCore
}

describe('what is not compressed', () => {
  test.each<[string, Uint8Array]>([
    ['a core', core],
    ['nothing', new Uint8Array()],
    ['three bytes', Uint8Array.of(0x1f, 0x8b, 8)],
    ['text', new TextEncoder().encode('This is a text.')],
  ])('%s', async (_, bytes) => {
    expect(await openPacked(bytes, folder)).toBeNull()
  })

  test('a format that corelens only knows by sight is refused with the command to use', async () => {
    const error = await refused(new TextEncoder().encode('BZh91AY&SY'))
    expect(`${error.message}: ${error.remedy}`).toBe('compressed with bzip2, which corelens does not read: decompress it first: bzip2 -dk')
  })
})

describe('every format gives the core back', () => {
  const half = 123_457
  const formats: [string, () => Uint8Array, Uint8Array?][] = [
    ['gzip', () => gzipSync(core)],
    ['gzip of three members', () => concat(gzipSync(core.subarray(0, 10)), gzipSync(core.subarray(10, half)), gzipSync(core.subarray(half)))],
    ['gzip with an empty member', () => concat(gzipSync(''), gzipSync(core), gzipSync(''))],
    ['gzip with padding', () => concat(gzipSync(core), new Uint8Array(1024))],
    ['gzip with name, comment, extra field and header checksum', () => gzipWithEverything(core)],
    ['zstd', () => zstdCompressSync(core)],
    ['zstd with a checksum', () => zstdCompressSync(core, checksummed)],
    ['zstd of three frames', () => concat(zstdCompressSync(core.subarray(0, 10)), zstdCompressSync(core.subarray(10, half), checksummed), zstdCompressSync(core.subarray(half)))],
    ['zstd with skippable frames', () => concat(skippableFrame(new Uint8Array(77), 3), zstdCompressSync(core), skippableFrame(new Uint8Array()), zstdCompressSync(''))],
    ['zstd of raw and run-length blocks', () => rawZstdFrame([core.subarray(0, 100_000), core.subarray(100_000, 200_000), core.subarray(200_000, 300_000), core.subarray(300_000)])],
    ['zstd with a window of 2 GiB', () => zstdCompressSync(core, { params: { [constants.ZSTD_c_windowLog]: 27, [constants.ZSTD_c_enableLongDistanceMatching]: 1 } })],
    ['lz4, linked blocks, all checksums', () => fixture('linked.lz4'), fixtureCore()],
    ['lz4, legacy', () => fixture('legacy.lz4'), fixtureCore()],
    ['xz', () => fixture('crc64.xz'), fixtureCore()],
    ['xz of two streams with padding', () => fixture('streams.xz'), fixtureCore()],
  ]
  test.each(formats)('%s', async (_, pack, content = core) => {
    const opened = await openPacked(pack(), folder)
    expect(opened?.diagnostics).toEqual([])
    expect(Buffer.compare(opened!.bytes, content)).toBe(0)
  })

  test('zstd frames of random raw and run-length blocks', async () => {
    const random = new Random(11)
    for (let round = 0; round < 20; round++) {
      const blocks: (Uint8Array | { byte: number; count: number })[] = [core.subarray(0, 4096)]
      const parts = [core.subarray(0, 4096)]
      for (let i = random.below(8); i >= 0; i--) {
        const count = 1 + random.below(100_000)
        const byte = random.below(3)
        blocks.push(random.below(2) ? { byte, count } : random.bytes(Math.min(count, 3000)))
        const block = blocks.at(-1)!
        parts.push(block instanceof Uint8Array ? block : new Uint8Array(count).fill(byte))
      }
      const opened = await openPacked(rawZstdFrame(blocks), folder)
      expect(Buffer.compare(opened!.bytes, concat(...parts))).toBe(0)
    }
  })

  test('lz4 frames of random sequences, with every option', async () => {
    const random = new Random(12)
    const head = core.subarray(0, 64)
    for (let round = 0; round < 64; round++) {
      const bit = (n: number): boolean => ((round >> n) & 1) === 1
      const spec = { blocks: 1 + random.below(6), blockLength: 60_000, independent: bit(0), blockChecksums: bit(1), contentChecksum: bit(2), contentSize: bit(3) }
      const first = buildLz4Frame(random, spec, head)
      const second = bit(4) ? buildLz4Legacy(random, 5000) : buildLz4Frame(random, spec)
      const opened = await openPacked(concat(first.packed, skippableFrame(head), second.packed), folder)
      expect(opened?.diagnostics).toEqual([])
      expect(Buffer.compare(opened!.bytes, concat(first.content, second.content))).toBe(0)
    }
  })
})

describe('the cache', () => {
  test('the second call uses what the first wrote, and a changed file is decompressed again', async () => {
    const own = temporaryFolder()
    const stages: string[] = []
    const progress = { ...silent, stage: (stage: string) => stages.push(stage) }
    const open = async (modified: number): Promise<void> => {
      const opened = await decompressCore(memoryByteSource(gzipSync(core), 'a/core.gz', modified), own, progress)
      expect(opened?.source).toMatchObject({ name: 'a/core.gz', size: core.length, modified })
      opened?.source.close()
    }
    await open(1)
    await open(1)
    expect(stages).toEqual(['decompress'])
    await open(2)
    expect(stages).toEqual(['decompress', 'decompress'])
    expect(filesIn(own).filter((name) => name.endsWith('.core'))).toHaveLength(2)
  })

  test('a decompressed core that was cut is not used', async () => {
    const own = temporaryFolder()
    const source = (): ReturnType<typeof memoryByteSource> => memoryByteSource(gzipSync(core), 'core.gz', 1)
    ;(await decompressCore(source(), own, silent))?.source.close()
    const path = join(own, 'decompressed', filesIn(own).find((name) => name.endsWith('.core'))!)
    writeFileSync(path, core.subarray(0, 5000))
    const again = await decompressCore(source(), own, silent)
    expect(again?.source.size).toBe(core.length)
    again?.source.close()
  })

  test('pages of zeroes take no space', async () => {
    const own = temporaryFolder()
    const sparse = buildElfCore({ segments: [{ vaddr: 0x1000, bytes: new Uint8Array(40 << 20) }, { vaddr: 0x4000000, bytes: new Uint8Array(5000).fill(1) }] }).bytes
    const opened = await openPacked(zstdCompressSync(sparse), own)
    expect(Buffer.compare(opened!.bytes, sparse)).toBe(0)
    const { size, blocks } = statSync(join(own, 'decompressed', filesIn(own).find((name) => name.endsWith('.core'))!))
    expect(size).toBe(sparse.length)
    if (process.platform === 'linux') expect(blocks * 512).toBeLessThan(1 << 20)
  })

  test('cancelling leaves no file behind, and names done bytes in between', async () => {
    const own = temporaryFolder()
    const packed = gzipSync(smallCore(400_000), { level: 1 })
    const seen: number[] = []
    const advance = (done: number): void => {
      seen.push(done)
      if (seen.length === 3) throw new Cancelled()
    }
    await expect(openPacked(packed, own, { ...silent, advance })).rejects.toBeInstanceOf(Cancelled)
    expect(filesIn(own)).toEqual([])
    expect(seen.every((done, i) => done > (seen[i - 1] ?? 0) && done < packed.length)).toBe(true)
  })

  test('progress ends at the size of the compressed file', async () => {
    for (const packed of [gzipSync(core), zstdCompressSync(core), fixture('linked.lz4'), fixture('crc64.xz')]) {
      let last = 0
      let total = 0
      await openPacked(packed, folder, { stage: (_, n) => (total = n), advance: (done) => (last = done) })
      expect([last, total]).toEqual([packed.length, packed.length])
    }
  })

  test('what a killed process left is removed, what a living one writes is not', async () => {
    const own = temporaryFolder()
    const at = (name: string): string => join(own, 'decompressed', name)
    mkdirSync(join(own, 'decompressed'))
    const names = ['a.core.4194999-1.000.tmp', `b.core.${process.pid}-2.000.tmp`]
    for (const name of names) {
      writeFileSync(at(name), 'half')
      utimesSync(at(name), 1, 1)
    }
    await openPacked(gzipSync(core), own)
    expect(filesIn(own)).not.toContain(names[0])
    expect(filesIn(own)).toContain(names[1])
  })

  test('a cache that cannot be written is one clear error', async () => {
    const own = temporaryFolder()
    writeFileSync(join(own, 'file'), '')
    const error: unknown = await openPacked(gzipSync(core), join(own, 'file')).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(UnreadableCore)
    expect((error as UnreadableCore).message).toMatch(/^the decompressed core cannot be stored \((ENOTDIR|EEXIST)\)$/)
  })
})

describe('content that is no core is refused', () => {
  const zeroes = new Uint8Array(64 << 20)
  const behind = (head: Uint8Array): Uint8Array => zstdCompressSync(concat(head, zeroes))
  test.each<[string, Uint8Array, RegExp]>([
    ['text', gzipSync('a log file '.repeat(20)), /gzip file holds something that is not an ELF core dump/],
    ['nothing', gzipSync(''), /gzip file holds nothing/],
    ['another compressed file', zstdCompressSync(gzipSync(core)), /zstd file holds another compressed file/],
    ['an executable', behind(buildElfCore({ type: 3 }).bytes), /no core dump \(an executable or a library\)/],
    ['a 32-bit core', behind(buildElfCore({ elfClass: 32 }).bytes), /32-bit/],
    ['a big-endian core', behind(buildElfCore({ bigEndian: true }).bytes), /big-endian/],
    ['the first 40 bytes of a core', gzipSync(core.subarray(0, 40)), /ELF header that is cut short/],
    ['an xz file with text', Uint8Array.from(Buffer.from('/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAEdGV4dAoAAAAAHSvSiq8ZTM0AAR0FuC2Arx+2830BAAAAAARZWg==', 'base64')), /xz file holds something that is not an ELF core dump/],
  ])('%s', async (_, packed, message) => {
    expect((await refused(packed)).message).toMatch(message)
  })

  test('before much of it is decompressed', async () => {
    let furthest = 0
    const packed = gzipSync(new Random(3).bytes(3 << 20), { level: 1 })
    await expect(openPacked(packed, folder, { ...silent, advance: (done) => (furthest = done) })).rejects.toBeInstanceOf(UnreadableCore)
    expect(furthest).toBeLessThan(100_000)
  })

  test('what follows the last segment is not kept', async () => {
    const opened = await openPacked(concat(gzipSync(core), gzipSync(new Uint8Array(200 << 20).fill(1), { level: 1 })), folder)
    expect(opened!.bytes.length).toBeLessThan(core.length + (20 << 20))
    expect(opened!.diagnostics).toMatchObject([{ kind: 'note', message: 'data after the end of the core was left out' }])
  })
})

function gzipWithEverything(bytes: Uint8Array): Uint8Array {
  const plain = gzipSync(bytes)
  const head = Uint8Array.from([...plain.subarray(0, 3), 0x1f, ...plain.subarray(4, 10), 3, 0, 1, 2, 3, ...Buffer.from('core.1\0a comment\0'), 0, 0])
  return concat(head, plain.subarray(10))
}
