/** Big cores for measuring, made on demand in out/bench by heap.cpp and gcore; they never go into git. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../out/bench/', import.meta.url))
const source = fileURLToPath(new URL('heap.cpp', import.meta.url))

/** Millions of blocks by label; about 100 bytes of core a block. */
export const SIZES: Record<string, number> = { '100m': 1, '1g': 11, '4g': 44 }

/** The core's path. Throws with what is missing. */
export async function benchCore(label: string): Promise<string> {
  const core = `${folder}core.${label}`
  if (existsSync(core)) return core
  mkdirSync(folder, { recursive: true })
  const program = `${folder}heap`
  run('g++', ['-g', '-O1', '-std=c++17', '-pthread', source, '-o', program])
  const child = spawn(program, [String(SIZES[label])], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', () => resolve())
      child.on('exit', (code) => reject(new Error(`heap ended with ${code}`)))
    })
    run('gcore', ['-o', `${core}.tmp`, String(child.pid)])
    renameSync(`${core}.tmp.${child.pid}`, core)
  } finally {
    child.kill()
  }
  return core
}

function run(command: string, args: string[]): void {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (error || status !== 0) throw new Error(`${command} is needed and failed: ${error?.message ?? stderr}`)
}
