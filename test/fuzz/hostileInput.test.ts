/**
 * What is no core, or a damaged one: one clear line and the right exit code, or a partial result with diagnostics.
 * Never a crash, a hang, or more memory than the file justifies. The thousands of cases are in the slow tests.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { runCli } from '../../src-main/hosts/cli/runCli.ts'
import { buildElfCore } from '../builders/elfCore.ts'
import { buildElfModule } from '../builders/elfModule.ts'
import { sparseByteSource } from '../builders/memoryByteSource.ts'
import { Random } from '../builders/random.ts'
import { runCampaign } from './campaign.ts'
import { builtImage, demoImage } from './images.ts'
import { judge, judgeSource } from './target.ts'

const folder = mkdtempSync(join(tmpdir(), 'corelens-hostile-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function summary(path: string): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  const code = await runCli({
    args: ['summary', path, '--cache', join(folder, 'cache')],
    env: {},
    stdout: new Writable({
      write(chunk: Buffer, _encoding, done) {
        out += chunk.toString()
        done()
      },
    }),
    stderr: { write: (text) => void (err += text) },
    onInterrupt: () => undefined,
  })
  return { code, out, err }
}

describe('the command line refuses with one line and exit code 3', () => {
  const core = buildElfCore({ segments: [{ vaddr: 0x1000, bytes: new Uint8Array(4096).fill(1) }], threads: [{ tid: 1 }] }).bytes
  const inputs: [string, Uint8Array, RegExp][] = [
    ['a text file', new TextEncoder().encode('Dear diary,\n'.repeat(100)), /not an ELF/],
    ['random bytes', new Random(1).bytes(5000), /not an ELF/],
    ['zeroes', new Uint8Array(1 << 20), /not an ELF/],
    ['an executable', buildElfModule({ executable: true }).bytes, /executable or library/],
    ['a library', buildElfModule({}).bytes, /executable or library/],
    ['a relocatable object', buildElfCore({ type: 1 }).bytes, /not a core/],
    ['a 32-bit core', buildElfCore({ elfClass: 32 }).bytes, /32-bit/],
    ['a big-endian core', buildElfCore({ bigEndian: true }).bytes, /big-endian/],
    ['a core of another machine', withMachine(core, 243), /machine/],
    ['an empty file', new Uint8Array(), /empty/],
    ['one byte', Uint8Array.of(0x7f), /early|ELF/],
    ['half a header', core.subarray(0, 40), /early/],
    ['a header and nothing else', core.subarray(0, 64), /memory|early/],
    ['a compressed text', gzipSync('Dear diary,\n'.repeat(100)), /not an ELF core dump/],
    ['a cut gzip header', gzipSync(core).subarray(0, 9), /gzip/],
  ]
  test.each(inputs)('%s', async (name, bytes, message) => {
    const path = join(folder, `input of ${name}`)
    writeFileSync(path, bytes)
    const { code, out, err } = await summary(path)
    expect([code, out]).toEqual([3, ''])
    expect(err).toMatch(message)
    expect(err).toMatch(/^corelens: [^\n]+: [^\n]+: [^\n]+\n$/)
    expect(err).toContain(path)
  })

  test.each([
    ['a directory', (path: string) => mkdirSync(path)],
    ['a file that is not there', () => undefined],
  ])('%s', async (name, make) => {
    const path = join(folder, `place of ${name}`)
    make(path)
    const { code, err } = await summary(path)
    expect(code).toBe(3)
    expect(err).toMatch(/^corelens: [^\n]+\n$/)
  })

  test.skipIf(process.getuid?.() === 0)('a file without read permission', async () => {
    const path = join(folder, 'secret')
    writeFileSync(path, core)
    chmodSync(path, 0)
    const { code, err } = await summary(path)
    expect([code, err]).toMatchObject([3, expect.stringMatching(/^corelens: no permission to read it: [^\n]+\n$/)])
  })
})

describe('sizes that only a header claims', () => {
  test.each<[string, Parameters<typeof buildElfCore>[0]]>([
    ['half the address space, writable, not dumped', { segments: [{ vaddr: 0x10000, bytes: new Uint8Array(8192).fill(1) }, { vaddr: 2 ** 32, memSize: 2 ** 46 }] }],
    ['a segment of 2^62 dumped bytes', { segments: [{ vaddr: 0x10000, bytes: new Uint8Array(8192).fill(1), fileSize: 2 ** 62, memSize: 2 ** 62 }] }],
    ['a segment that wraps around', { segments: [{ vaddr: 0x10000, bytes: new Uint8Array(8192).fill(1) }, { vaddr: 2 ** 64 - 4096 - 2048, memSize: 2 ** 40 }] }],
    ['a note of 4 GiB', { segments: [{ vaddr: 0x10000, bytes: new Uint8Array(8192).fill(1) }], notes: [{ name: 'CORE', type: 0x46494c45, bytes: Uint8Array.from(new Uint32Array([0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff])) }] }],
    ['a thousand segments over each other', { segments: Array.from({ length: 1000 }, (_, i) => ({ vaddr: 0x10000 + i * 16, bytes: new Uint8Array(4096).fill(i) })) }],
  ])('%s', async (_, spec) => {
    const verdict = await judge(buildElfCore({ threads: [{ tid: 1, pc: 0x10000, sp: 0x10800 }], ...spec }).bytes)
    expect(verdict).toMatchObject({ kind: expect.stringMatching(/opened|refused/) })
    expect(verdict.ms).toBeLessThan(5000)
  })

  test('of a sparse core of 100 GB little is read', async () => {
    const { bytes } = buildElfCore({ threads: [{ tid: 1 }], segments: [{ vaddr: 0x10000, bytes: new Uint8Array(8192).fill(1) }, { vaddr: 2 ** 40, fileOffset: 2 ** 33, fileSize: 4096, memSize: 4096, flags: 4 }, { vaddr: 2 ** 41, fileOffset: 2 ** 34, fileSize: 80e9, memSize: 80e9, flags: 4 }] })
    const source = sparseByteSource(100e9, [{ at: 0, bytes }])
    expect(await judgeSource(source)).toMatchObject({ kind: 'opened' })
    expect(source.bytesRead).toBeLessThan(50 << 20)
  })
})

describe('damaged cores give a partial result or one clear error', () => {
  test.each(['2.17', '2.36'] as const)('a small core of glibc %s', { timeout: 120_000 }, async (version) => {
    const { bugs, opened, refused } = await runCampaign(builtImage(version), [
      { mutation: 'cut', seeds: 100 },
      { mutation: 'header', seeds: 120 },
      { mutation: 'memory', seeds: 80 },
    ])
    expect(bugs).toEqual([])
    expect([opened > 150, refused > 20]).toEqual([true, true])
  })

  test('the demo core', { timeout: 120_000 }, async () => {
    const { bugs, opened } = await runCampaign(demoImage(), [
      { mutation: 'cut', seeds: 25 },
      { mutation: 'header', seeds: 30 },
      { mutation: 'memory', seeds: 20 },
    ])
    expect(bugs).toEqual([])
    expect(opened).toBeGreaterThan(40)
  })
})

function withMachine(core: Uint8Array, machine: number): Uint8Array {
  const copy = core.slice()
  new DataView(copy.buffer).setUint16(18, machine, true)
  return copy
}
