import { expect, test } from 'vitest'
import type { CoreEvent } from '../../src-main/contract/api.ts'
import type { GraphState } from '../../src-main/contract/rows.ts'
import { httpClient, readLines, type HttpAccess } from '../../src-renderer/httpClient.ts'

const EVENT: CoreEvent = { kind: 'progress', file: 'f', stage: 'blocks', done: 1, total: 2, unit: 'bytes', elapsedMs: 5, remainingMs: null }

function access(answer: (url: string, init: RequestInit) => Response | Promise<Response>, onConnection: (up: boolean) => void = () => {}): HttpAccess {
  const fake = (url: string | URL | Request, init?: RequestInit): Promise<Response> => Promise.resolve().then(() => answer(String(url), init ?? {}))
  return { base: 'http://127.0.0.1:1', token: 'secret', fetch: fake, onConnection }
}

function stream(...chunks: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk))
      controller.close()
    },
  })
}

test('a call is a POST with the token and answers the host’s outcome', async () => {
  let seen: RequestInit = {}
  const client = httpClient(
    access((url, init) => {
      expect(url).toBe('http://127.0.0.1:1/api/forgetFile')
      seen = init
      return new Response('{"ok":true,"value":null}')
    }),
  )
  expect(await client.forgetFile({ file: 'x' })).toEqual({ ok: true, value: null })
  expect(seen.method).toBe('POST')
  expect(seen.headers).toMatchObject({ authorization: 'Bearer secret' })
  expect(seen.body).toBe('{"file":"x"}')
})

test('a host that is gone, refuses or stammers settles as a failure that says what to do', async () => {
  const gone = httpClient(
    access(() => {
      throw new TypeError('fetch failed')
    }),
  )
  const refused = httpClient(access(() => new Response('', { status: 401 })))
  const stammering = httpClient(access(() => new Response('<html>', { status: 500 })))
  for (const client of [gone, refused, stammering]) {
    const outcome = await client.host()
    expect(outcome.ok ? '' : outcome.error.remedy).not.toBe('')
  }
})

test('a failure the host words itself is passed on as it is', async () => {
  const error = { kind: 'usage', what: 'w', where: 'x', remedy: 'y' }
  const client = httpClient(access(() => new Response(JSON.stringify({ ok: false, error }), { status: 400 })))
  expect(await client.listFiles()).toEqual({ ok: false, error })
})

test('lines are whole however the network cuts them, also inside a character', async () => {
  const bytes = new TextEncoder().encode('{"a":"é"}\n\n{"b":1}\n{"c"')
  const lines: string[] = []
  const cut = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
      controller.close()
    },
  })
  await readLines(cut, (line) => lines.push(line))
  expect(lines).toEqual(['{"a":"é"}', '{"b":1}', '{"c"'])
})

test('events of every kind the contract knows arrive, others don’t', async () => {
  const row = { module: 0, state: 'ready', cached: false, types: 1, variables: 0, functions: 0, symbols: 0, debugBytes: 9, seconds: 0, message: '' } as const
  const state: GraphState = { references: 'building', retained: 'waiting', stage: 'reach', share: 0.5, remainingMs: 900, message: '', timings: [] }
  const sent: CoreEvent[] = [EVENT, { kind: 'symbols', core: 'c', file: 'f', row, done: 1, total: 1 }, { kind: 'graph', core: 'c', file: 'f', state }, { kind: 'offered', file: { file: 'f', name: 'n', path: 'p', size: 1, opened: null, openNow: false } }]
  const client = httpClient(access(() => new Response(stream(`{"kind":"other"}\n${sent.map((event) => JSON.stringify(event)).join('\n')}\n`))))
  const events: CoreEvent[] = []
  await new Promise<void>((resolve) => {
    const end = client.subscribe((event) => {
      if (events.push(event) < sent.length) return
      end()
      resolve()
    })
  })
  expect(events).toEqual(sent)
})

test('events go on after the stream broke, and the connection is told', async () => {
  const told: boolean[] = []
  let connections = 0
  const client = httpClient(
    access(
      () => {
        connections++
        return new Response(stream(`${JSON.stringify(EVENT)}\nnot json\n{"kind":"other"}\n`))
      },
      (up) => told.push(up),
    ),
  )
  const events: CoreEvent[] = []
  await new Promise<void>((resolve) => {
    const end = client.subscribe((event) => {
      events.push(event)
      if (events.length < 2) return
      end()
      resolve()
    })
  })
  expect(events).toEqual([EVENT, EVENT])
  expect(connections).toBe(2)
  expect(told.slice(0, 3)).toEqual([true, false, true])
})
