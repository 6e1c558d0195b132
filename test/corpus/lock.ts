/** One process at a time for one folder: test runs may share the corpus. A lock whose owner is gone is taken over. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { until } from './commands.ts'

export async function alone<T>(folder: string, step: () => Promise<T>): Promise<T> {
  const lock = `${folder}.lock`
  mkdirSync(dirname(lock), { recursive: true })
  await until(`${lock} is free`, () => take(lock), 300)
  try {
    return await step()
  } finally {
    rmSync(lock, { force: true })
  }
}

function take(lock: string): true | null {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    if (!isOwned(lock)) rmSync(lock, { force: true })
    return null
  }
}

function isOwned(lock: string): boolean {
  try {
    const owner = Number(readFileSync(lock, 'utf8'))
    // empty for the moment between its making and its writing
    if (owner === 0) return true
    process.kill(owner, 0)
    return true
  } catch {
    return false
  }
}
