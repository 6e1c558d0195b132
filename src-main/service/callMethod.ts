/** CoreApi by name, for hosts whose callers send messages. Answers a usage failure for a name that is none. */
import type { CoreApi, CoreApiMethod } from '../contract/api.ts'
import type { Outcome } from '../contract/outcome.ts'

/** Names every method, so that one more in CoreApi does not compile until it is here. */
const METHODS: Record<CoreApiMethod, true> = {
  host: true,
  listFiles: true,
  chooseFile: true,
  forgetFile: true,
  openCore: true,
  cancelOpen: true,
  closeCore: true,
  summary: true,
  listTop: true,
  listBlocks: true,
  listRanges: true,
  listStacks: true,
  listModuleSymbols: true,
  awaitSymbols: true,
  cancelSymbols: true,
  retrySymbols: true,
  listTypes: true,
  typeLayout: true,
  listGlobals: true,
  viewBlock: true,
  typesState: true,
  awaitTypes: true,
  cancelTypes: true,
  evidence: true,
  candidates: true,
  listLabels: true,
  setLabel: true,
  removeLabels: true,
  graphState: true,
  awaitGraph: true,
  cancelGraph: true,
  listReferences: true,
  groupReferences: true,
  neighbourhood: true,
  why: true,
  listLeaks: true,
  groupLeaks: true,
  listRetained: true,
  layoutDetails: true,
  report: true,
}

export function isCoreApiMethod(name: unknown): name is CoreApiMethod {
  return typeof name === 'string' && Object.hasOwn(METHODS, name)
}

/** The method checks its own argument, which therefore may be anything. */
export function callMethod(api: CoreApi, name: unknown, argument: unknown): Promise<Outcome<unknown>> {
  if (!isCoreApiMethod(name)) {
    return Promise.resolve({ ok: false, error: { kind: 'usage', what: 'there is no such method', where: typeof name === 'string' ? name.slice(0, 100) : typeof name, remedy: 'reload the page' } })
  }
  const method: (argument: never) => Promise<Outcome<unknown>> = api[name].bind(api)
  return method(argument as never)
}
