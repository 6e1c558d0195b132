/** `serve`: the HTTP host with the named cores offered, until it is interrupted. */
import { CoreService } from '../../service/coreService.ts'
import { cacheFolder } from '../../storage/cacheFolder.ts'
import { openFileByteSource } from '../../storage/fileByteSource.ts'
import { startHttpHost } from '../http/httpHost.ts'
import { rendererFolder } from '../rendererFiles.ts'
import { version } from '../version.ts'
import type { Command } from './commandLine.ts'
import type { Output } from './output.ts'
import type { CliWorld } from './runCli.ts'

export async function serve(command: Extract<Command, { kind: 'serve' }>, world: CliWorld, output: Output): Promise<void> {
  for (const core of command.cores) openFileByteSource(core).close()
  const { common, port } = command
  const service = new CoreService({
    info: { host: 'http', version, canChoose: false, canDrop: false },
    open: common.open,
    cacheFolder: cacheFolder(common.cache, world.env),
    noCache: common.noCache,
    remember: !common.noCache,
    workerUrl: world.workerUrl,
    symbolWorkerUrl: world.symbolWorkerUrl,
  })
  // The first one named is the first of the list, and opened at once.
  for (const [i, core] of [...command.cores.entries()].reverse()) await service.offer(core, i === 0, false)
  const interrupted = new Promise<void>((resolve) => world.onInterrupt(resolve))
  const host = await startHttpHost({ service, port, rendererFolder: rendererFolder() })
  try {
    await output.write(common.format === 'text' ? `corelens is at ${host.url}\nfor this machine only; Ctrl-C ends it\n` : `${JSON.stringify({ url: host.url, port: host.port })}\n`)
    await interrupted
  } finally {
    await host.close()
    await service.close()
  }
}
