/**
 * CoreApi and the interface over HTTP, for this machine's browser only: 127.0.0.1, a random token, Host and Origin checked,
 * no paths from the browser.
 *
 *   POST /api/METHOD   the argument as JSON; answers an Outcome as JSON, whatever the status
 *   GET  /api/events   a line of JSON for each CoreEvent, for as long as the browser reads; empty lines keep it alive
 *   GET  /…            the built interface
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CoreEvent } from '../../contract/api.ts'
import type { Failure } from '../../contract/outcome.ts'
import { UsageError } from '../../engine/errors.ts'
import { callMethod } from '../../service/callMethod.ts'
import type { CoreService } from '../../service/coreService.ts'
import { rendererFile, SECURITY_HEADERS } from '../rendererFiles.ts'
import { hasToken, newToken, refuseOrigin } from './access.ts'

const BODY_LIMIT = 256 << 10
const KEEP_ALIVE_MS = 15_000

export interface HttpHostOptions {
  service: CoreService
  /** 0: any free one. */
  port: number
  rendererFolder: string
}

export interface HttpHost {
  port: number
  token: string
  /** With the token in its fragment, which browsers send to nobody. */
  url: string
  close(): Promise<void>
}

export async function startHttpHost(options: HttpHostOptions): Promise<HttpHost> {
  const token = newToken()
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo
    new Exchange(request, response, options, token, port).run().catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined))
  })
  const port = await listen(server, options.port)
  return {
    port,
    token,
    url: `http://127.0.0.1:${port}/#token=${token}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const known = error.code === 'EADDRINUSE' || error.code === 'EACCES'
      reject(known ? new UsageError(error.code === 'EACCES' ? 'no permission for this port' : 'the port is taken', `--port ${port}`, 'give another one, or 0 for any') : error)
    })
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

class Exchange {
  private readonly request: IncomingMessage
  private readonly response: ServerResponse
  private readonly options: HttpHostOptions
  private readonly token: string
  private readonly port: number

  constructor(request: IncomingMessage, response: ServerResponse, options: HttpHostOptions, token: string, port: number) {
    this.request = request
    this.response = response
    this.options = options
    this.token = token
    this.port = port
  }

  async run(): Promise<void> {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) this.response.setHeader(name, value)
    const refusal = refuseOrigin(this.request.headers, this.port)
    if (refusal !== null) return this.refuse(403, refusal)
    const path = (this.request.url ?? '/').split('?', 1)[0] ?? '/'
    if (!path.startsWith('/api/')) return this.sendFile(path)
    if (!hasToken(this.request.headers, this.token)) return this.refuse(401, 'the token is missing or wrong')
    const name = path.slice('/api/'.length)
    if (name === 'events') return this.sendEvents()
    return this.sendAnswer(name)
  }

  private async sendFile(path: string): Promise<void> {
    const { method } = this.request
    if (method !== 'GET' && method !== 'HEAD') return this.refuse(405, 'only GET is possible here')
    const file = await rendererFile(this.options.rendererFolder, path)
    if (file === null) return this.refuse(404, 'there is no such file')
    this.response.writeHead(200, { 'content-type': file.type, 'content-length': file.bytes.length })
    this.response.end(method === 'HEAD' ? undefined : file.bytes)
  }

  private async sendAnswer(name: string): Promise<void> {
    if (this.request.method !== 'POST') return this.refuse(405, 'only POST is possible here')
    if (!/^application\/json\b/.test(this.request.headers['content-type'] ?? '')) return this.refuse(415, 'the body is not JSON')
    const body = await readBody(this.request)
    if (body === null) return this.refuse(413, `the body is longer than ${BODY_LIMIT} bytes`)
    let argument: unknown
    try {
      argument = JSON.parse(body === '' ? '{}' : body)
    } catch {
      return this.refuse(400, 'the body is not JSON')
    }
    this.send(200, await callMethod(this.options.service, name, argument))
  }

  private sendEvents(): void {
    if (this.request.method !== 'GET') return this.refuse(405, 'only GET is possible here')
    const { response } = this
    response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8' })
    response.flushHeaders()
    const unsubscribe = this.options.service.subscribe((event: CoreEvent) => {
      // A browser that reads too slowly misses progress, nothing else.
      if (event.kind === 'progress' && response.writableNeedDrain) return
      response.write(`${JSON.stringify(event)}\n`)
    })
    const alive = setInterval(() => response.write('\n'), KEEP_ALIVE_MS)
    response.on('close', () => {
      clearInterval(alive)
      unsubscribe()
    })
  }

  private refuse(status: number, what: string): void {
    // Unread bytes of a refused body would be taken for the next request.
    this.response.setHeader('connection', 'close')
    const error: Failure = { kind: 'usage', what, where: (this.request.url ?? '').slice(0, 200), remedy: 'open the address that corelens printed' }
    this.send(status, { ok: false, error })
  }

  private send(status: number, body: unknown): void {
    const bytes = Buffer.from(JSON.stringify(body))
    this.response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length })
    this.response.end(bytes)
  }
}

/** Null where it is too long. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > BODY_LIMIT) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
