/** Builds out/ where it is missing or older than a source, so that `npm start` and `npm run demo` work right after `npm ci`. */
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const SOURCES = ['src-main', 'src-preload', 'src-renderer', 'electron.vite.config.ts', 'package.json']
const BUILT = ['out/main/electron.js', 'out/main/cli.js', 'out/main/engine.worker.js', 'out/main/symbol.worker.js', 'out/preload/index.cjs', 'out/renderer/index.html']

/** Throws where the build fails; its output goes to this process's stderr. */
export function ensureBuilt(): void {
  const built = Math.min(...BUILT.map((file) => modified(join(root, file))))
  const changed = Math.max(...SOURCES.map((source) => newest(join(root, source))))
  if (built >= changed) return
  console.error('building corelens …')
  const windows = process.platform === 'win32'
  const { status } = spawnSync(windows ? 'npm.cmd' : 'npm', ['run', 'build'], { cwd: root, stdio: ['ignore', 2, 2], shell: windows })
  if (status !== 0) throw new Error(`npm run build ended with ${status}`)
}

/** Of a file, or of all files below a folder. Milliseconds; 0 where there is none. */
function newest(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined || !stat.isDirectory()) return stat?.mtimeMs ?? 0
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), 0)
}

function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

if (import.meta.main) ensureBuilt()
