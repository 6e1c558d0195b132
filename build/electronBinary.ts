/** Where Electron's binary lies; it is downloaded apart from the package. */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Null where it was not downloaded or there is no display; asking the package itself would download it. */
export function electronBinary(): string | null {
  const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'))
  const name = join(folder, 'path.txt')
  if (!existsSync(name)) return null
  const binary = join(folder, 'dist', readFileSync(name, 'utf8'))
  const hasDisplay = process.platform !== 'linux' || process.env['DISPLAY'] !== undefined || process.env['WAYLAND_DISPLAY'] !== undefined
  return existsSync(binary) && hasDisplay ? binary : null
}
