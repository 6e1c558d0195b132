/** Builds out/ where it is missing, so that `npm start` and `npm run demo` work right after `npm ci`. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const BUILT = ['out/main/electron.js', 'out/main/cli.js', 'out/main/engine.worker.js', 'out/preload/index.cjs', 'out/renderer/index.html']

/** Throws where the build fails; its output goes to this process's stderr. */
export function ensureBuilt(): void {
  if (BUILT.every((file) => existsSync(root + file))) return
  console.error('building corelens …')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const { status } = spawnSync(npm, ['run', 'build'], { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
  if (status !== 0) throw new Error(`npm run build ended with ${status}`)
}

if (import.meta.main) ensureBuilt()
