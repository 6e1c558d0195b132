import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type HttpHost, startHttpHost } from '../../../src-main/hosts/http/httpHost.ts'
import { rendererFolder } from '../../../src-main/hosts/rendererFiles.ts'
import { CoreService } from '../../../src-main/service/coreService.ts'

let folder: string
let service: CoreService
let host: HttpHost

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'corelens-http-'))
  mkdirSync(join(folder, 'renderer', 'assets'), { recursive: true })
  writeFileSync(join(folder, 'renderer', 'index.html'), '<!doctype html>')
  writeFileSync(join(folder, 'renderer', 'assets', 'index-1.js'), 'export {}')
  writeFileSync(join(folder, 'renderer', 'notes.txt'), 'not of the interface')
  writeFileSync(join(folder, 'secret.js'), 'secret')
  service = new CoreService({ info: { host: 'http', version: '1', canChoose: false, canDrop: false }, open: { debug: [] }, cacheFolder: folder })
  host = await startHttpHost({ service, port: 0, rendererFolder: join(folder, 'renderer') })
})
afterEach(async () => {
  await host.close()
  await service.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

/** Not fetch: it may set neither Host nor Origin, and it tidies paths. */
function ask(method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: host.port, method, path, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: text }))
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

const call = (method: string, change: Record<string, string> = {}, body = '{}'): Promise<Answer> =>
  ask('POST', `/api/${method}`, { authorization: `Bearer ${host.token}`, 'content-type': 'application/json', ...change }, body)

describe('the loopback host', () => {
  test('answers calls with the token', async () => {
    const { status, body, headers } = await call('host')
    expect([status, JSON.parse(body)]).toEqual([200, { ok: true, value: { host: 'http', version: '1', canChoose: false, canDrop: false } }])
    expect(headers['content-type']).toContain('application/json')
    expect((await call('host', { origin: `http://127.0.0.1:${host.port}`, 'sec-fetch-site': 'same-origin' })).status).toBe(200)
  })

  test.each([
    ['no token', { authorization: '' }, 401],
    ['a wrong token', { authorization: 'Bearer x' }, 401],
    ['another host’s name', { host: 'evil.example' }, 403],
    ['another port’s name', { host: '127.0.0.1:1' }, 403],
    ['another page', { origin: 'http://evil.example' }, 403],
    ['a page of another port', { origin: 'http://127.0.0.1:1' }, 403],
    ['a sandboxed page', { origin: 'null' }, 403],
    ['a cross-site fetch', { 'sec-fetch-site': 'cross-site' }, 403],
    ['another content type', { 'content-type': 'text/plain' }, 415],
  ])('refuses %s', async (_what, headers, status) => {
    const answer = await call('host', headers as unknown as Record<string, string>)
    expect([answer.status, (JSON.parse(answer.body) as { ok: boolean }).ok]).toEqual([status, false])
  })

  test('refuses bodies that are none, too long, or for no method', async () => {
    expect((await call('host', {}, '{')).status).toBe(400)
    expect((await call('host', {}, `"${'x'.repeat(300_000)}"`)).status).toBe(413)
    expect((await ask('GET', '/api/host', { authorization: `Bearer ${host.token}` })).status).toBe(405)
    for (const name of ['nothing', 'constructor', '__proto__', 'close', 'offer', 'subscribe', 'blockText', '']) {
      expect([name, JSON.parse((await call(name)).body)]).toEqual([name, { ok: false, error: expect.objectContaining({ kind: 'usage', what: 'there is no such method' }) as unknown }])
    }
  })

  test('serves the interface without a token, with strict headers', async () => {
    for (const path of ['/', '/index.html', '/?x=1']) {
      const { status, body, headers } = await ask('GET', path)
      expect([path, status, body]).toEqual([path, 200, '<!doctype html>'])
      expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cross-origin-opener-policy': 'same-origin', 'cross-origin-resource-policy': 'same-origin' })
    }
    expect((await ask('GET', '/assets/index-1.js')).headers['content-type']).toContain('text/javascript')
    expect((await ask('HEAD', '/')).body).toBe('')
    expect((await ask('POST', '/')).status).toBe(405)
    expect((await ask('GET', '/', { host: 'evil.example' })).status).toBe(403)
  })

  test.each([
    '/../secret.js', '/..%2fsecret.js', '/%2e%2e/secret.js', '/assets/../../secret.js', '/..\\secret.js', '/%5c..%5csecret.js', '//etc/passwd',
    '/notes.txt', '/assets', '/assets/', '/none.js', '/%00.js', '/%ff.js', '/C:/secret.js',
  ])('serves nothing else: %s', async (path) => {
    const { status, body } = await ask('GET', path)
    expect([status, body.includes('secret') && !body.includes('"ok":false')]).toEqual([404, false])
  })

  test('listens on this machine only, and a taken port is a usage error', async () => {
    expect(new URL(host.url).hostname).toBe('127.0.0.1')
    expect(host.url).toBe(`http://127.0.0.1:${host.port}/#token=${host.token}`)
    await expect(startHttpHost({ service, port: host.port, rendererFolder: folder })).rejects.toThrow('the port is taken')
  })

  test('events end with the host, and a client that leaves is forgotten', async () => {
    const leaving = new AbortController()
    const response = await fetch(`http://127.0.0.1:${host.port}/api/events`, { headers: { authorization: `Bearer ${host.token}` }, signal: leaving.signal })
    expect(response.headers.get('content-type')).toContain('application/x-ndjson')
    const reader = response.body!.getReader()
    writeFileSync(join(folder, 'core'), 'x')
    await service.offer(join(folder, 'core'), true)
    const { value } = await reader.read()
    expect(JSON.parse(new TextDecoder().decode(value))).toMatchObject({ kind: 'offered', file: { name: 'core', openNow: true } })
    leaving.abort()
    await expect(reader.read()).rejects.toThrow()
  })

  test('paths from the browser open nothing', async () => {
    expect(JSON.parse((await call('openCore', {}, JSON.stringify({ file: '/etc/passwd' }))).body)).toMatchObject({ ok: false, error: { kind: 'usage', what: 'no such file was offered' } })
  })
})

test.each([
  ['file:///x/src-main/hosts/rendererFiles.ts', '/x/out/renderer/'],
  ['file:///x/out/main/chunks/a.js', '/x/out/renderer/'],
  ['file:///x/app.asar/out/main/electron.js', '/x/app.asar/out/renderer/'],
])('the interface lies beside %s', (from, expected) => expect(rendererFolder(from)).toBe(expected))
