/** Wall seconds and peak memory of a process, medians, and the file's reading for the page cache. */
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readSync } from 'node:fs'

export const RUNS = 3

export interface Measured {
  seconds: number
  peakMB: number
}

export const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]

export function medianOf(runs: Measured[]): Measured {
  return { seconds: median(runs.map((r) => r.seconds)), peakMB: median(runs.map((r) => r.peakMB)) }
}

export function medians(measure: () => Measured): Measured {
  return medianOf(Array.from({ length: RUNS }, measure))
}

/** A whole process, by GNU time. Throws with its standard error where it fails. @param input its standard input */
export function timed(command: string, args: string[], env: NodeJS.ProcessEnv = process.env, input = 'count used\n'): Measured {
  const started = performance.now()
  const { status, stderr } = spawnSync('/usr/bin/time', ['-f', 'peak %M', command, ...args], { encoding: 'utf8', env, input, maxBuffer: 2 ** 30, stdio: ['pipe', 'ignore', 'pipe'] })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr.slice(-2000)}`)
  return { seconds: (performance.now() - started) / 1000, peakMB: Number(/peak (\d+)/.exec(stderr)?.[1] ?? NaN) / 1024 }
}

export function readOnce(path: string): Measured {
  const started = performance.now()
  const buffer = new Uint8Array(4 << 20)
  const file = openSync(path, 'r')
  while (readSync(file, buffer, 0, buffer.length, null) > 0);
  closeSync(file)
  return { seconds: (performance.now() - started) / 1000, peakMB: 4 }
}
