/**
 * Files with much debug information, made on demand in out/bench: one unit of the standard library's types, linked many
 * times over. Real programs repeat their headers in the same way; their own types are fewer here. They never go into git.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../out/bench/', import.meta.url))
const source = fileURLToPath(new URL('../corpus/debuginfo/programs/containers.cpp', import.meta.url))

/** Copies of a unit of half a MB, by label. */
export const COPIES: Record<string, number> = { '10m': 20, '50m': 100, '130m': 260 }

/** The file's path. Throws with what is missing. */
export function benchDebugInfo(label: string): string {
  const file = `${folder}debug-info.${label}`
  if (existsSync(file)) return file
  mkdirSync(folder, { recursive: true })
  const unit = `${folder}containers.o`
  run('g++', ['-g', '-O2', '-fPIC', '-std=c++17', '-c', source, '-o', unit])
  // What has a name of its own would clash.
  run('objcopy', ['--localize-symbol=main', '--localize-symbol=generator', unit])
  const copies = Array.from({ length: COPIES[label] ?? 1 }, (_, i) => `${folder}copy${i}.o`)
  for (const copy of copies) run('cp', [unit, copy])
  run('g++', ['-shared', '-Wl,--build-id', ...copies, '-o', `${file}.tmp`])
  for (const copy of copies) rmSync(copy)
  renameSync(`${file}.tmp`, file)
  return file
}

function run(command: string, args: string[]): void {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (error || status !== 0) throw new Error(`${command} is needed and failed: ${error?.message ?? stderr}`)
}
