/**
 * Makes `npx corelens` work in the checkout as it does where the package is installed: the built command is executable and
 * linked among the dependencies' commands, where npx looks first.
 */
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const command = join(root, 'out', 'main', 'cli.js')
const bin = join(root, 'node_modules', '.bin')

mkdirSync(bin, { recursive: true })
if (process.platform === 'win32') {
  writeFileSync(join(bin, 'corelens.cmd'), '@node "%~dp0\\..\\..\\out\\main\\cli.js" %*\r\n')
} else {
  chmodSync(command, 0o755)
  rmSync(join(bin, 'corelens'), { force: true })
  symlinkSync(join('..', '..', 'out', 'main', 'cli.js'), join(bin, 'corelens'))
}
