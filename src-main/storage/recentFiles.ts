/**
 * The cores a person opened last, newest first, at most 20, as JSON in the cache folder. A missing or damaged list is an
 * empty one; a list that can't be written is lost without a word, for it must not stop an analysis.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { drop } from './cacheCleanup.ts'

export const RECENT_LIMIT = 20

export interface RecentFile {
  path: string
  /** Milliseconds since 1970. */
  opened: number
}

export class RecentFiles {
  private readonly file: string

  constructor(folder: string) {
    this.file = join(folder, 'recent.json')
  }

  list(): RecentFile[] {
    try {
      const parsed: unknown = JSON.parse(readFileSync(this.file, 'utf8'))
      return Array.isArray(parsed) ? parsed.filter(isRecentFile).slice(0, RECENT_LIMIT) : []
    } catch {
      return []
    }
  }

  add(path: string, opened: number): void {
    this.write([{ path, opened }, ...this.list().filter((recent) => recent.path !== path)].slice(0, RECENT_LIMIT))
  }

  remove(path: string): void {
    const list = this.list()
    const kept = list.filter((recent) => recent.path !== path)
    if (kept.length < list.length) this.write(kept)
  }

  private write(list: RecentFile[]): void {
    const aside = `${this.file}.${process.pid}.tmp`
    try {
      mkdirSync(dirname(this.file), { recursive: true })
      writeFileSync(aside, JSON.stringify(list, null, 1), { mode: 0o600 })
      renameSync(aside, this.file)
    } catch {
      drop(aside)
    }
  }
}

function isRecentFile(value: unknown): value is RecentFile {
  if (typeof value !== 'object' || value === null) return false
  const { path, opened } = value as Record<string, unknown>
  return typeof path === 'string' && path !== '' && typeof opened === 'number' && Number.isFinite(opened)
}
