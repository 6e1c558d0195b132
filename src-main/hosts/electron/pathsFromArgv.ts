/**
 * The files a person asked for: of this process's arguments, or of a second instance's, where Chromium has added switches of
 * its own and moved them to the front. Pure.
 */
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** `packaged`: the first argument is corelens itself; otherwise Electron, followed by the app's folder. */
export function pathsFromArgv(argv: readonly string[], workingDirectory: string, packaged: boolean): string[] {
  const end = argv.indexOf('--')
  const before = (end < 0 ? argv : argv.slice(0, end)).filter((argument) => argument !== '' && !argument.startsWith('-'))
  const after = end < 0 ? [] : argv.slice(end + 1)
  return [...before.slice(packaged ? 1 : 2), ...after].map((argument) => absolute(argument, workingDirectory))
}

function absolute(argument: string, workingDirectory: string): string {
  if (argument.startsWith('file://')) {
    try {
      return fileURLToPath(argument)
    } catch {
      // A file of that very name, then.
    }
  }
  return resolve(workingDirectory, argument)
}
