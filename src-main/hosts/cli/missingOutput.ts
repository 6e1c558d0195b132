/**
 * What would tell more of the modules, and the commands that get it: a line for each situation and each command, however
 * many modules share them. The commands themselves are the engine's (engine/symbols/missing.ts); here they are only joined.
 */
import type { ModuleRow } from '../../contract/rows.ts'
import { printable } from './textTable.ts'

const NAMED = 6
const WHENCE = 'debuginfod-find is in the package debuginfod (Fedora: elfutils-debuginfod-client); corelens looks into the folder it fills'
/** Settings of a shell's environment, then the command. */
const SETTING = /^([A-Z_]+=[^\s'"$`\\;&|<>()]+) (.+)$/

export function missingText(modules: ModuleRow[]): string {
  const lines = byKey(modules.filter((m) => m.missing !== ''), (m) => m.missing).map(([missing, rows]) => `${missing}: ${names(rows)}`)
  const { settings, commands } = commandsOf(modules)
  const then = settings.length > 0 ? 'then    ' : ''
  const how = commands.length === 0 ? [] : [...settings, ...commands.map((command) => then + command), `(${WHENCE})`]
  return [...lines, ...how.map((line) => `  ${line}`)].map((line) => printable(line) + '\n').join('')
}

function names(rows: ModuleRow[]): string {
  const all = [...new Set(rows.map(({ path }) => path.slice(path.lastIndexOf('/') + 1)))]
  return all.slice(0, NAMED).join(', ') + (all.length > NAMED ? ` and ${all.length - NAMED} more` : '')
}

/** The distributions differ in a setting only; what comes behind it is said once. */
function commandsOf(modules: ModuleRow[]): { settings: string[]; commands: string[] } {
  const settings = new Set<string>()
  const commands = new Set<string>()
  for (const { on, command } of modules.flatMap((m) => m.getIt)) {
    const parts = SETTING.exec(command)
    if (parts) settings.add(`${on}  export ${parts[1]}`)
    commands.add(parts ? parts[2] : `${on}: ${command}`)
  }
  return { settings: [...settings], commands: joined([...commands]) }
}

/** Commands that differ in their last word become one loop, and loops over the same words one. */
function joined(commands: string[]): string[] {
  const splitAt = (command: string): number => command.lastIndexOf(' ')
  const loops = byKey(commands, (command) => command.slice(0, splitAt(command))).map(([start, all]) => ({ start, ids: all.map((command) => command.slice(splitAt(command) + 1)).join(' ') }))
  return byKey(loops, (loop) => loop.ids).flatMap(([ids, same]) => (ids.includes(' ') ? [`for id in ${ids}; do ${same.map(({ start }) => `${start} $id`).join('; ')}; done`] : same.map(({ start }) => `${start} ${ids}`)))
}

function byKey<T>(values: T[], key: (value: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>()
  for (const value of values) groups.set(key(value), [...(groups.get(key(value)) ?? []), value])
  return [...groups]
}
