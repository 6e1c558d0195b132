/**
 * Serves the built renderer and the fake CoreApi over HTTP exactly as the loopback host does: same paths,
 * same token, same Content-Security-Policy. `node test/renderer/standIn.ts [--port N] [--open]` prints the address.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'
import type { AddressInfo } from 'node:net'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import type { CoreEvent } from '../../src-main/contract/api.ts'
import { FAKE_DEFAULTS, fakeClient, type FakeClient, type FakeOptions } from './fakeClient.ts'

export const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
const TOKEN = 'stand-in'

export interface StandIn {
  url: string
  close(): void
}

/** `root`: the folder of the built renderer. */
export async function startStandIn(root: string, options: Partial<FakeOptions> = {}, port = 0): Promise<StandIn> {
  const client = fakeClient({ ...FAKE_DEFAULTS, ...options })
  const server = createServer((request, response) => void answer(root, client, request, response))
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const { port: bound } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${bound}/#token=${TOKEN}`, close: () => stop(server) }
}

function stop(server: Server): void {
  server.closeAllConnections()
  server.close()
}

async function answer(root: string, client: FakeClient, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://stand.in').pathname
  if (path.startsWith('/api/')) await answerApi(client, path.slice(5), request, response)
  else await answerFile(root, path === '/' ? '/index.html' : path, response)
}

async function answerFile(root: string, path: string, response: ServerResponse): Promise<void> {
  try {
    const body = await readFile(join(root, normalize(path)))
    response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream', 'content-security-policy': CSP })
    response.end(body)
  } catch {
    response.writeHead(404).end()
  }
}

async function answerApi(client: FakeClient, method: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.headers.authorization !== `Bearer ${TOKEN}`) {
    response.writeHead(401).end()
    return
  }
  if (method === 'events') {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    response.write('\n')
    const end = client.subscribe((event: CoreEvent) => response.write(`${JSON.stringify(event)}\n`))
    response.on('close', end)
    return
  }
  let body = ''
  for await (const piece of request) body += String(piece)
  const call = new Map<string, unknown>(Object.entries(client)).get(method) as ((q: unknown) => Promise<unknown>) | undefined
  if (!call) {
    response.writeHead(404).end()
    return
  }
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(await call(JSON.parse(body))))
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '5199' }, root: { type: 'string', default: 'out/renderer' }, open: { type: 'boolean', default: false } } })
  const standIn = await startStandIn(values.root, { openNow: values.open }, Number(values.port))
  console.log(standIn.url)
}
