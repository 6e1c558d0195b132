/** CoreApi over IPC: one channel for calls, one for events. Answers only the main frame of the window's own page. */
import { isAbsolute } from 'node:path'
import type { IpcMain, IpcMainInvokeEvent, WebContents } from 'electron'
import { CALL_CHANNEL, EVENT_CHANNEL, OFFER_DROPPED } from '../../contract/channels.ts'
import type { CoreEvent } from '../../contract/api.ts'
import type { Failure, Outcome } from '../../contract/outcome.ts'
import { callMethod } from '../../service/callMethod.ts'
import type { CoreService } from '../../service/coreService.ts'

const PATH_MAX = 32_767

export interface IpcOptions {
  service: CoreService
  isOwnUrl(url: string): boolean
  /** Null while there is no window. */
  contents(): WebContents | null
}

export function serveIpc(ipcMain: IpcMain, options: IpcOptions): void {
  ipcMain.handle(CALL_CHANNEL, (event, method: unknown, argument: unknown): Promise<Outcome<unknown>> => {
    if (!isOwnPage(event, options)) return Promise.resolve(refused('only the window of corelens may call', CALL_CHANNEL))
    return method === OFFER_DROPPED ? offerDropped(options.service, argument) : callMethod(options.service, method, argument)
  })
  options.service.subscribe((event: CoreEvent) => {
    const contents = options.contents()
    if (contents !== null && !contents.isDestroyed()) contents.send(EVENT_CHANNEL, event)
  })
}

function isOwnPage(event: IpcMainInvokeEvent, options: IpcOptions): boolean {
  const frame = event.senderFrame
  return event.sender === options.contents() && frame !== null && frame === event.sender.mainFrame && options.isOwnUrl(frame.url)
}

async function offerDropped(service: CoreService, argument: unknown): Promise<Outcome<unknown>> {
  const path: unknown = typeof argument === 'object' && argument !== null ? (argument as { path?: unknown }).path : undefined
  if (typeof path !== 'string' || path.length > PATH_MAX || path.includes('\0') || !isAbsolute(path)) return refused('what was dropped is not a file', OFFER_DROPPED)
  return { ok: true, value: await service.offer(path, false, false) }
}

function refused(what: string, where: string): { ok: false; error: Failure } {
  return { ok: false, error: { kind: 'usage', what, where, remedy: 'use File, Open' } }
}
