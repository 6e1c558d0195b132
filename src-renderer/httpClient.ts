/**
 * CoreClient over the loopback host: POST /api/METHOD with the token, events as NDJSON from GET /api/events.
 * Knows no page: base, token and fetch are given. Every call settles with an Outcome; a host that is gone
 * is a `failed` one that says so.
 */

import type { CoreApiMethod, CoreClient, CoreEvent, OpenQuery } from '../src-main/contract/api.ts'
import type { Failure, Outcome } from '../src-main/contract/outcome.ts'
import type { CoreSummary } from '../src-main/contract/rows.ts'

export interface HttpAccess {
  /** `http://127.0.0.1:4711`, no slash at the end. */
  base: string
  token: string
  fetch: typeof fetch
  /** Called when the event stream breaks and when it is back. */
  onConnection: (connected: boolean) => void
}

const NO_ANSWER = 'corelens does not answer'
const RETRY_MS = [250, 500, 1000, 2000, 4000]

export function httpClient(access: HttpAccess): CoreClient {
  const call =
    <M extends CoreApiMethod>(method: M) =>
    (query?: unknown): ReturnType<CoreClient[M]> =>
      post(access, method, query) as ReturnType<CoreClient[M]>
  return {
    host: call('host'),
    listFiles: call('listFiles'),
    chooseFile: call('chooseFile'),
    forgetFile: call('forgetFile'),
    openCore: (query) => openCore(access, query),
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
    subscribe: (listener) => subscribe(access, listener),
    // A browser doesn't tell the path of a dropped file.
    offerDropped: () => Promise.resolve({ ok: true, value: null }),
  }
}

/**
 * An analysis may outlast a browser's patience with one request (Firefox: five minutes). Where the host is
 * still there, asking again joins the analysis under way.
 */
async function openCore(access: HttpAccess, query: OpenQuery): Promise<Outcome<CoreSummary>> {
  for (;;) {
    const outcome = (await post(access, 'openCore', query)) as Outcome<CoreSummary>
    if (outcome.ok || outcome.error.what !== NO_ANSWER) return outcome
    const alive = await post(access, 'host', {})
    if (!alive.ok) return outcome
  }
}

async function post(access: HttpAccess, method: CoreApiMethod, query: unknown): Promise<Outcome<unknown>> {
  try {
    const response = await access.fetch(`${access.base}/api/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${access.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(query ?? {}),
    })
    const answer = asOutcome(await response.text())
    return answer ?? { ok: false, error: refused(access, response.status) }
  } catch {
    return { ok: false, error: gone(access) }
  }
}

function asOutcome(body: string): Outcome<unknown> | null {
  try {
    const parsed: unknown = JSON.parse(body)
    const isOutcome = typeof parsed === 'object' && parsed !== null && 'ok' in parsed
    return isOutcome ? (parsed as Outcome<unknown>) : null
  } catch {
    return null
  }
}

function gone(access: HttpAccess): Failure {
  return {
    kind: 'failed',
    what: NO_ANSWER,
    where: access.base,
    remedy: 'see whether `corelens serve` still runs in its terminal, and open the address it prints',
  }
}

function refused(access: HttpAccess, status: number): Failure {
  if (status === 401 || status === 403) {
    return {
      kind: 'usage',
      what: 'this page may not talk to corelens',
      where: access.base,
      remedy: 'open the whole address that `corelens serve` printed, its part after # included',
    }
  }
  return { kind: 'failed', what: `corelens answered with HTTP ${status}`, where: access.base, remedy: 'reload the page' }
}

/** Reads events for as long as the subscription lasts, and connects again whenever the stream ends. */
function subscribe(access: HttpAccess, listener: (event: CoreEvent) => void): () => void {
  const ending = new AbortController()
  void keepReading(access, listener, ending.signal)
  return () => ending.abort()
}

async function keepReading(access: HttpAccess, listener: (event: CoreEvent) => void, signal: AbortSignal): Promise<void> {
  let failures = 0
  while (!signal.aborted) {
    try {
      const response = await access.fetch(`${access.base}/api/events`, {
        headers: { authorization: `Bearer ${access.token}` },
        signal,
      })
      if (response.status === 401 || response.status === 403) return
      if (response.ok && response.body) {
        failures = 0
        access.onConnection(true)
        await readLines(response.body, (line) => {
          const event = parseEvent(line)
          if (event) listener(event)
        })
      }
    } catch {
      // Broken or refused: told below, tried again.
    }
    if (signal.aborted) return
    access.onConnection(false)
    await pause(RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]!)
  }
}

const EVENT_KINDS = { progress: true, symbols: true, graph: true, types: true, offered: true } satisfies Record<CoreEvent['kind'], true>

/** Calls `take` for each line that has something on it; empty lines keep the connection alive. */
export async function readLines(body: ReadableStream<Uint8Array>, take: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    rest += done ? decoder.decode() : decoder.decode(value, { stream: true })
    const lines = rest.split('\n')
    rest = done ? '' : (lines.pop() ?? '')
    for (const line of lines) if (line.trim() !== '') take(line)
    if (done) return
  }
}

function parseEvent(line: string): CoreEvent | null {
  try {
    const parsed: unknown = JSON.parse(line)
    const known = typeof parsed === 'object' && parsed !== null && 'kind' in parsed && typeof parsed.kind === 'string' && Object.hasOwn(EVENT_KINDS, parsed.kind)
    return known ? (parsed as CoreEvent) : null
  } catch {
    return null
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
