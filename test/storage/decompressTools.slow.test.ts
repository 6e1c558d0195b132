/** What the command-line tools write, at the size of a small real core: every option that changes the format. */
import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { decompressCore } from '../../src-main/storage/decompress.ts'
import { openFileByteSource } from '../../src-main/storage/fileByteSource.ts'
import { buildElfCore } from '../builders/elfCore.ts'
import { Random } from '../builders/random.ts'
import { filesIn, silent, temporaryFolder } from './compressedCores.ts'

const folder = temporaryFolder()
const corePath = join(folder, 'core')
const MEGABYTE = 1 << 20

/** 150 MB: varied data, a third zeroes, and a far repetition for `--long`. */
function writeCore(): void {
  const random = new Random(51)
  const varied = random.memory(24 * MEGABYTE)
  const fd = openSync(corePath, 'w')
  const segment = new Uint8Array(142 * MEGABYTE)
  for (const at of [0, 30, 60, 110]) segment.set(varied, at * MEGABYTE)
  segment.set(random.bytes(4 * MEGABYTE), 55 * MEGABYTE)
  writeSync(fd, buildElfCore({ threads: [{ tid: 1 }], segments: [{ vaddr: 0x10000, bytes: segment }] }).bytes)
  closeSync(fd)
}
writeCore()

const has = (tool: string): boolean => spawnSync(tool, ['--version']).error === undefined
const shell = (script: string): void => void execFileSync('sh', ['-c', `set -e; ${script}`], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })

const PACKERS: [string, string, string][] = [
  ['zstd', 'zstd -1', 'zstd -q -1 -c core > packed'],
  ['zstd', 'zstd --long=31', 'zstd -q -3 --long=31 -c core > packed'],
  ['zstd', 'zstd --long=31 from a pipe (no content size)', 'cat core | zstd -q -3 --long=31 -c > packed'],
  ['zstd', 'zstd -19 -T2, two frames', '(head -c 10M core | zstd -q -19 -T2 -c; tail -c +10485761 core | zstd -q -1 -c --no-check) > packed'],
  ['zstd', 'zstd, 300 frames', 'split -b 500K core part. && zstd -q -1 --rm part.* && cat part.*.zst > packed && rm part.*'],
  ['pzstd', 'pzstd', 'pzstd -q -1 -p 2 -c core > packed'],
  ['lz4', 'lz4 -1', 'lz4 -q -1 -c core > packed'],
  ['lz4', 'lz4 -9 -BD -B4', 'lz4 -q -9 -BD -B4 -c core > packed'],
  ['lz4', 'lz4 -BD -B7 -BX --content-size', 'rm -f packed; lz4 -q -1 -BD -B7 -BX --content-size core packed'],
  ['lz4', 'lz4 --no-frame-crc', 'lz4 -q -1 --no-frame-crc -c core > packed'],
  ['lz4', 'lz4 -l', 'lz4 -q -l -c core > packed'],
  ['lz4', 'lz4, legacy and two frames', '(head -c 20M core | lz4 -q -l -c; tail -c +20971521 core | head -c 7M | lz4 -q -c; tail -c +28311553 core | lz4 -q -BD -c) > packed'],
  ['gzip', 'gzip -1', 'gzip -1 -c core > packed'],
  ['gzip', 'gzip, with a name, three members', '(head -c 5M core | gzip -1; tail -c +5242881 core | head -c 1 | gzip; tail -c +5242882 core > rest; gzip -1 -N -c rest) > packed'],
  ['xz', 'xz -0 -T2', 'xz -0 -T2 -c core > packed'],
  ['xz', 'xz -9, two streams, CRC32', '(head -c 3M core | xz -9 -c; tail -c +3145729 core | xz -0 -C crc32 -c) > packed'],
]

test.each(PACKERS.filter(([tool]) => has(tool)))('%s: %s', async (_tool, _name, script) => {
  shell(script)
  const source = openFileByteSource(join(folder, 'packed'))
  const opened = await decompressCore(source, folder, silent)
  source.close()
  expect(opened?.diagnostics).toEqual([])
  opened?.source.close()
  const [name] = filesIn(folder).filter((file) => file.endsWith('.core'))
  const path = join(folder, 'decompressed', name)
  shell(`cmp core decompressed/${basename(name)}`)
  if (process.platform === 'linux') expect(statSync(path).blocks * 512).toBeLessThan(statSync(corePath).size * 0.9)
  rmSync(path)
})

test('decompressing a large core takes little memory', () => {
  shell('zstd -q -1 -c core > packed')
  const script = join(folder, 'open.mjs')
  const module = (name: string): string => JSON.stringify(join(import.meta.dirname, '../../src-main/storage', name))
  writeFileSync(
    script,
    `import { decompressCore } from ${module('decompress.ts')}
     import { openFileByteSource } from ${module('fileByteSource.ts')}
     const before = process.resourceUsage().maxRSS
     const opened = await decompressCore(openFileByteSource('packed'), 'other', { stage() {}, advance() {} })
     console.log(JSON.stringify({ size: opened.source.size, used: process.resourceUsage().maxRSS - before }))`,
  )
  const { size, used } = JSON.parse(execFileSync(process.execPath, [script], { cwd: folder, encoding: 'utf8' })) as { size: number; used: number }
  expect(size).toBe(statSync(corePath).size)
  expect(used).toBeLessThan(150 * 1024)
})

test('a process killed in the middle leaves nothing that looks whole', async () => {
  shell('xz -0 -c core > packed')
  const script = join(folder, 'killed.mjs')
  const module = (name: string): string => JSON.stringify(join(import.meta.dirname, '../../src-main/storage', name))
  writeFileSync(
    script,
    `import { decompressCore } from ${module('decompress.ts')}
     import { openFileByteSource } from ${module('fileByteSource.ts')}
     const source = openFileByteSource('packed')
     await decompressCore(source, 'killed', { stage() {}, advance(done) { if (done > source.size / 2) process.kill(process.pid, 'SIGKILL') } })`,
  )
  expect(spawnSync(process.execPath, [script], { cwd: folder }).signal).toBe('SIGKILL')
  expect(filesIn(join(folder, 'killed')).every((name) => name.endsWith('.tmp'))).toBe(true)
  const source = openFileByteSource(join(folder, 'packed'))
  const opened = await decompressCore(source, join(folder, 'killed'), silent)
  source.close()
  const bytes = new Uint8Array(opened!.source.size)
  opened!.source.read(0, bytes)
  opened!.source.close()
  expect(Buffer.compare(bytes, readFileSync(corePath))).toBe(0)
})
