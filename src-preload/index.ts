/**
 * What the window's page gets of Electron: `window.corelens`, a CoreClient, and nothing else. Runs sandboxed; the paths of
 * dropped files are found here and never by the page.
 */
import { contextBridge, ipcRenderer, webUtils } from 'electron'
import type { CoreApiMethod, CoreClient, CoreEvent } from '../src-main/contract/api.ts'
import { CALL_CHANNEL, EVENT_CHANNEL, OFFER_DROPPED } from '../src-main/contract/channels.ts'
import type { Outcome } from '../src-main/contract/outcome.ts'

async function invoke(method: string, argument: unknown): Promise<Outcome<unknown>> {
  try {
    return (await ipcRenderer.invoke(CALL_CHANNEL, method, argument)) as Outcome<unknown>
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error)
    return { ok: false, error: { kind: 'failed', what, where: method, remedy: 'close the window and open the core again' } }
  }
}

/** The host answers each method with its own type. */
function call<M extends CoreApiMethod>(method: M): CoreClient[M] {
  return ((argument?: unknown) => invoke(method, argument ?? {})) as unknown as CoreClient[M]
}

const client: CoreClient = {
  host: call('host'),
  listFiles: call('listFiles'),
  chooseFile: call('chooseFile'),
  forgetFile: call('forgetFile'),
  openCore: call('openCore'),
  cancelOpen: call('cancelOpen'),
  closeCore: call('closeCore'),
  summary: call('summary'),
  listTop: call('listTop'),
  listBlocks: call('listBlocks'),
  listRanges: call('listRanges'),
  listStacks: call('listStacks'),
  listModuleSymbols: call('listModuleSymbols'),
  awaitSymbols: call('awaitSymbols'),
  cancelSymbols: call('cancelSymbols'),
  retrySymbols: call('retrySymbols'),
  listTypes: call('listTypes'),
  typeLayout: call('typeLayout'),
  listGlobals: call('listGlobals'),
  viewBlock: call('viewBlock'),
  graphState: call('graphState'),
  awaitGraph: call('awaitGraph'),
  cancelGraph: call('cancelGraph'),
  listReferences: call('listReferences'),
  groupReferences: call('groupReferences'),
  neighbourhood: call('neighbourhood'),
  typesState: call('typesState'),
  awaitTypes: call('awaitTypes'),
  cancelTypes: call('cancelTypes'),
  evidence: call('evidence'),
  candidates: call('candidates'),
  listLabels: call('listLabels'),
  setLabel: call('setLabel'),
  removeLabels: call('removeLabels'),
  why: call('why'),
  listLeaks: call('listLeaks'),
  groupLeaks: call('groupLeaks'),
  listRetained: call('listRetained'),
  layoutDetails: call('layoutDetails'),
  report: call('report'),
  subscribe(listener) {
    const forward = (_event: unknown, event: CoreEvent): void => listener(event)
    ipcRenderer.on(EVENT_CHANNEL, forward)
    return () => void ipcRenderer.removeListener(EVENT_CHANNEL, forward)
  },
  offerDropped(file) {
    const path = pathOf(file)
    if (path === '') return Promise.resolve({ ok: true, value: null })
    return invoke(OFFER_DROPPED, { path }) as ReturnType<CoreClient['offerDropped']>
  },
}

/** Empty for what was not dragged from a file manager. */
function pathOf(file: unknown): string {
  try {
    return webUtils.getPathForFile(file as File)
  } catch {
    return ''
  }
}

contextBridge.exposeInMainWorld('corelens', client)
