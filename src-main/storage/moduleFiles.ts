/**
 * Executables, libraries and debug files of this machine. Answers null for whatever is no regular, readable file: a
 * missing module never stops an analysis.
 */
import { realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { UnreadableCore } from '../engine/errors.ts'
import type { ModuleFiles } from '../engine/ports.ts'
import { openFileByteSource } from './fileByteSource.ts'

export const moduleFiles: ModuleFiles = {
  open(path) {
    try {
      return openFileByteSource(path)
    } catch (error) {
      if (error instanceof UnreadableCore) return null
      throw error
    }
  },

  realPath(path) {
    try {
      return realpathSync(path)
    } catch {
      return path
    }
  },

  debuginfodCaches: () => debuginfodCaches(process.env, homedir()),
}

/** Where debuginfod's client keeps files, in its own order. Source: debuginfod_find_debuginfo(3), "CACHE". */
export function debuginfodCaches(environment: NodeJS.ProcessEnv, home: string): string[] {
  const named = environment.DEBUGINFOD_CACHE_PATH
  if (named) return [named]
  const folders = [join(home, '.debuginfod_client_cache')]
  folders.push(environment.XDG_CACHE_HOME ? join(environment.XDG_CACHE_HOME, 'debuginfod_client') : join(home, '.cache', 'debuginfod_client'))
  return folders
}
