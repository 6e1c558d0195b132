/** What may go from the cache: what killed processes left, and the least recently used beyond a limit. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

export const indexesFolder = (cacheFolder: string): string => join(cacheFolder, 'cores')

/** What people said of blocks: never removed by itself. */
export const labelsFolder = (cacheFolder: string): string => join(cacheFolder, 'labels')

export const symbolsFolder = (cacheFolder: string): string => join(cacheFolder, 'symbols')

/** Removes what a thread of this process was writing into a folder when it was ended. */
export function removeLeftoversOfThread(folder: string, thread: number): void {
  const left = existsSync(folder) ? readdirSync(folder).filter((name) => name.includes(`.${process.pid}-${thread}.`)) : []
  for (const name of left) drop(join(folder, name))
}

/** Removes `*.tmp` of processes that are gone, and lock files without their index. */
export function removeLeftovers(folder: string): void {
  const names = new Set(readdirSync(folder))
  for (const name of names) {
    const owner = /\.(\d+)-\d+\.[0-9a-f]+\.tmp(-lock)?$/.exec(name)
    if (owner !== null && !isRunning(Number(owner[1]))) drop(join(folder, name))
    else if (name.endsWith('.mdb-lock') && !names.has(name.slice(0, -'-lock'.length))) drop(join(folder, name))
  }
}

/**
 * Removes files that end in `suffix`, least recently used (by their time) first, until the rest takes at most `limit`
 * bytes of disk; never `keep`. What lies beside one goes with it.
 * @param beside its name, by the file's
 */
export function removeLeastRecentlyUsed(folder: string, suffix: string, beside: (name: string) => string, limit: number, keep: string): void {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(suffix))
    .map((name) => {
      const stat = statSync(join(folder, name), { throwIfNoEntry: false })
      return { name, size: (stat?.blocks ?? 0) * 512, used: stat?.mtimeMs ?? 0 }
    })
    .sort((a, b) => a.used - b.used)
  let total = files.reduce((sum, file) => sum + file.size, 0)
  for (const { name, size } of files) {
    if (total <= limit) return
    if (name === keep) continue
    drop(join(folder, name))
    drop(join(folder, beside(name)))
    total -= size
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Removes a file, or leaves it where that is refused. */
export function drop(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // In use on Windows, or someone else's: the next time will do.
  }
}
