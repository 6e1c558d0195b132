/** The built command line serving cores, as a person starts it. */

import { spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { buildElfCore } from '../builders/elfCore.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
export const DEMO_CORE = `${ROOT}test/fixtures/demo/demo.core.zst`

export function build(): void {
  const { status, stderr } = spawnSync('npm', ['run', 'build'], { cwd: ROOT, encoding: 'utf8' })
  if (status !== 0) throw new Error(`npm run build ended with ${status}: ${stderr}`)
}

export interface Served {
  url: string
  stop(): Promise<void>
}

export async function serve(cores: string[], cache: string): Promise<Served> {
  const child = spawn(process.execPath, [`${ROOT}out/main/cli.js`, 'serve', ...cores, '--json', '--cache', cache], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const lines = createInterface({ input: child.stdout })
  const first = await new Promise<string>((resolve, reject) => {
    lines.once('line', resolve)
    child.once('exit', (code) => reject(new Error(`serve ended with ${code}`)))
  })
  const { url } = JSON.parse(first) as { url: string }
  return {
    url,
    stop: async () => {
      child.kill('SIGINT')
      await ended
    },
  }
}

const ZEROS = 64 << 20

/** A core of one anonymous mapping of 1 MiB: no libc, no allocator. */
export function writeBareCore(path: string): void {
  writeFileSync(path, buildElfCore({ segments: [{ vaddr: 0x1000_0000, bytes: new Uint8Array(1 << 20) }] }).bytes)
}

/** A core of `gibibytes` of zeroes, as gzip members: small to write, long to unpack. */
export function writeLongCore(path: string, gibibytes: number): void {
  const bytes = gibibytes * 2 ** 30
  const core = buildElfCore({ segments: [{ vaddr: 0x1000_0000, bytes: new Uint8Array(4096), fileSize: bytes, memSize: bytes }] }).bytes
  const zeros = gzipSync(Buffer.alloc(ZEROS))
  writeFileSync(path, Buffer.concat([gzipSync(core), ...Array.from({ length: bytes / ZEROS }, () => zeros)]))
}
