/**
 * The command line host: arguments and streams in, an exit code out. 0 done, 1 failed, 2 usage, 3 unreadable, 130
 * interrupted. An error is one line on stderr.
 */
import type { Writable } from 'node:stream'
import type { Failure, FailureKind } from '../../contract/outcome.ts'
import { CoreService } from '../../service/coreService.ts'
import { cacheFolder, type Environment } from '../../storage/cacheFolder.ts'
import { toFailure } from '../../workers/failure.ts'
import { version } from '../version.ts'
import { type Command, readCommandLine } from './commandLine.ts'
import { CommandFailed, runCoreCommand } from './commands.ts'
import { Output, ReaderGone } from './output.ts'
import { ProgressLine, type Terminal } from './progressLine.ts'
import { serve } from './serve.ts'
import { runSymbols } from './symbols.ts'
import { printable } from './textTable.ts'
import { USAGE } from './usage.ts'

export interface CliWorld {
  /** Without node and script. */
  args: readonly string[]
  env: Environment
  stdout: Writable
  stderr: Terminal
  /** Calls back on each interrupt (Ctrl-C, SIGTERM). */
  onInterrupt(callback: () => void): void
  workerUrl?: URL
  symbolWorkerUrl?: URL
  graphWorkerUrl?: URL
}

const EXIT: Record<FailureKind, number> = { failed: 1, usage: 2, unreadable: 3, cancelled: 130 }

export async function runCli(world: CliWorld): Promise<number> {
  const showTrace = world.args.includes('--debug-errors')
  try {
    await run(readCommandLine(world.args), world)
    return 0
  } catch (error) {
    if (error instanceof ReaderGone) return 0
    const failure = error instanceof CommandFailed ? error.failure : toFailure(error, 'corelens')
    world.stderr.write(errorLine(failure))
    if (showTrace && failure.trace !== undefined) world.stderr.write(`${failure.trace}\n`)
    return EXIT[failure.kind]
  }
}

async function run(command: Command, world: CliWorld): Promise<void> {
  const output = new Output(world.stdout)
  switch (command.kind) {
    case 'help':
      return output.write(USAGE)
    case 'version':
      return output.write(`corelens ${version}\n`)
    case 'serve':
      return serve(command, world, output)
    case 'symbols':
      return runSymbols(command, world, output)
    case 'summary':
    case 'top':
    case 'blocks':
    case 'report':
    case 'types':
    case 'globals':
    case 'block':
    case 'refs':
    case 'why':
    case 'leaks':
    case 'retained':
    case 'layout':
    case 'candidates':
    case 'label':
      break
  }
  const service = new CoreService({
    info: { host: 'cli', version, canChoose: false, canDrop: false },
    open: command.common.open,
    cacheFolder: cacheFolder(command.common.cache, world.env),
    noCache: command.common.noCache,
    symbolsWhenAsked: true,
    graphWhenAsked: true,
    typesWhenAsked: true,
    workerUrl: world.workerUrl,
    symbolWorkerUrl: world.symbolWorkerUrl,
    graphWorkerUrl: world.graphWorkerUrl,
  })
  const progress = new ProgressLine(world.stderr, command.common.quiet)
  service.subscribe((event) => progress.show(event))
  world.onInterrupt(() => void service.close())
  try {
    await runCoreCommand(command, service, output, () => progress.clear())
  } finally {
    progress.clear()
    await service.close()
  }
}

function errorLine({ what, where, remedy }: Failure): string {
  return `${printable(`corelens: ${what}: ${where}: ${remedy}`)}\n`
}
