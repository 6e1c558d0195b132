/**
 * `npm run demo`: analyses the bundled core, writes its report to out/demo-report.md, prints what uses the most memory, and
 * opens the interface: the window where Electron's binary is installed, else in a browser at the address it prints.
 * `-- --no-open` ends after the report.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureBuilt } from './ensureBuilt.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const core = join(root, 'test', 'fixtures', 'demo', 'demo.core.zst')
const report = join(root, 'out', 'demo-report.md')
const cli = join(root, 'out', 'main', 'cli.js')

ensureBuilt()
runCli('report', core, '-o', report)
runCli('top', core, '--limit', '12')
console.log(`\nthe report: ${relative(process.cwd(), report)}`)
if (!process.argv.includes('--no-open')) openInterface()

function runCli(...args: string[]): void {
  const { status } = spawnSync(process.execPath, [cli, ...args], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

function openInterface(): void {
  const electron = electronBinary()
  const child = electron === null ? spawn(process.execPath, [cli, 'serve', core], { stdio: 'inherit' }) : spawn(electron, [root, core], { stdio: 'inherit' })
  // Ctrl-C reaches both; the child ends first and decides.
  process.on('SIGINT', () => undefined)
  child.on('exit', (code) => process.exit(code ?? 1))
}

/** Null where it was not downloaded; asking the package itself would download it. */
function electronBinary(): string | null {
  const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'))
  const name = join(folder, 'path.txt')
  if (!existsSync(name)) return null
  const binary = join(folder, 'dist', readFileSync(name, 'utf8'))
  const hasDisplay = process.platform !== 'linux' || process.env['DISPLAY'] !== undefined || process.env['WAYLAND_DISPLAY'] !== undefined
  return existsSync(binary) && hasDisplay ? binary : null
}
