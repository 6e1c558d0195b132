/**
 * `npm run demo`: analyses the bundled core, writes its report to out/demo-report.md, prints what uses the most memory, and
 * opens the interface: the window where Electron's binary is installed, else in a browser at the address it prints.
 * `-- --no-open` ends after the report.
 */
import { spawn, spawnSync } from 'node:child_process'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { electronBinary } from './electronBinary.ts'
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
