/**
 * Which folder holds caches and the list of recent files. `--cache` wins over CORELENS_CACHE, which wins over the
 * platform's own: XDG_CACHE_HOME or ~/.cache, ~/Library/Caches, %LOCALAPPDATA%.
 */
import { homedir } from 'node:os'
import { posix, resolve, win32 } from 'node:path'

export type Environment = Readonly<Record<string, string | undefined>>

export function cacheFolder(asked: string | undefined, env: Environment = process.env): string {
  if (asked !== undefined && asked !== '') return resolve(asked)
  if (env['CORELENS_CACHE'] !== undefined && env['CORELENS_CACHE'] !== '') return resolve(env['CORELENS_CACHE'])
  return platformCacheFolder(process.platform, homedir(), env)
}

export function platformCacheFolder(platform: NodeJS.Platform, home: string, env: Environment): string {
  switch (platform) {
    case 'win32':
      return win32.join(env['LOCALAPPDATA'] || win32.join(home, 'AppData', 'Local'), 'corelens', 'Cache')
    case 'darwin':
      return posix.join(home, 'Library', 'Caches', 'corelens')
    default: {
      // The XDG specification: a relative path is to be ignored.
      const xdg = env['XDG_CACHE_HOME']
      return posix.join(xdg !== undefined && posix.isAbsolute(xdg) ? xdg : posix.join(home, '.cache'), 'corelens')
    }
  }
}
