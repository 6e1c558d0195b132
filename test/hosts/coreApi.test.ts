/** What CoreApi promises, over every way to it: in process, through the loopback host, through Electron's IPC. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { BlockQuery, CoreClient, CoreEvent, OfferedFile, TopQuery } from '../../src-main/contract/api.ts'
import type { Outcome } from '../../src-main/contract/outcome.ts'
import { startHttpHost } from '../../src-main/hosts/http/httpHost.ts'
import { CoreService } from '../../src-main/service/coreService.ts'
import { httpClient } from '../../src-renderer/httpClient.ts'
import { standInBlock } from '../workers/standInSession.ts'
import { electronStandIn } from './electron/electronStandIn.ts'

const workerUrl = new URL('../workers/standIn.worker.ts', import.meta.url)
let folder: string

interface Access {
  client: CoreClient
  offer(path: string): Promise<OfferedFile>
  close(): Promise<void>
}

function service(host: 'cli' | 'http'): CoreService {
  return new CoreService({ info: { host, version: '1.2.3', canChoose: false, canDrop: false }, open: { debug: [] }, cacheFolder: join(folder, 'cache'), remember: true, workerUrl })
}

function inProcess(): Promise<Access> {
  const own = service('cli')
  const client = Object.assign(own, { offerDropped: () => Promise.resolve({ ok: true as const, value: null }) })
  return Promise.resolve({ client, offer: (path) => own.offer(path, true), close: () => own.close() })
}

async function overHttp(): Promise<Access> {
  const own = service('http')
  const host = await startHttpHost({ service: own, port: 0, rendererFolder: folder })
  const client = httpClient({ base: `http://127.0.0.1:${host.port}`, token: host.token, fetch, onConnection: () => undefined })
  return {
    client,
    offer: (path) => own.offer(path, true),
    async close() {
      await host.close()
      await own.close()
    },
  }
}

async function overElectron(): Promise<Access> {
  const standIn = electronStandIn(folder)
  vi.resetModules()
  vi.doMock('electron', () => standIn.module)
  const { startDesktop } = await import('../../src-main/hosts/electron/desktop.ts')
  startDesktop({ argv: ['corelens'], workingDirectory: folder, env: { CORELENS_CACHE: join(folder, 'cache') }, platform: 'linux', workerUrl })
  await vi.waitFor(() => expect(standIn.window()).not.toBeNull())
  await import('../../src-preload/index.ts')
  const client = standIn.exposed['corelens'] as CoreClient
  return {
    client,
    offer: async (path) => value(await client.offerDropped({ path }))!,
    async close() {
      ;(standIn.module['app'] as { quit(): void }).quit()
      await vi.waitFor(() => expect(standIn.app.quits).toBe(1), 5000)
    },
  }
}

function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.error.kind}: ${outcome.error.what}`)
  return outcome.value
}

const failure = (outcome: Outcome<unknown>): string => (outcome.ok ? 'ok' : outcome.error.kind)

describe.each([
  ['in process', inProcess],
  ['over HTTP', overHttp],
  ['over Electron', overElectron],
])('CoreApi %s', (_name, connect) => {
  let access: Access
  let client: CoreClient

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'corelens-api-'))
    access = await connect()
    client = access.client
  })
  afterEach(async () => {
    await access.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const offerText = (text: string): Promise<OfferedFile> => {
    const path = join(folder, 'core')
    writeFileSync(path, text)
    return access.offer(path)
  }
  const open = async (text: string): Promise<string> => value(await client.openCore({ file: (await offerText(text)).file })).core
  const topOf = (core: string, change: object = {}): TopQuery => ({ core, by: 'type', sort: 'bytes', descending: true, filter: '', offset: 0, limit: 100, ...change })
  const blocksOf = (core: string, change: object = {}): BlockQuery => ({ core, state: 'all', offset: 0, limit: 100, ...change })

  test('says what it is', async () => {
    expect(value(await client.host())).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string })
    expect(value(await client.chooseFile())).toBeNull()
  })

  test('opens what was offered and answers pages', async () => {
    const core = await open('blocks 1000')
    expect(value(await client.summary({ core }))).toMatchObject({ core, process: { pid: 42 } })
    expect(value(await client.listTop(topOf(core))).rows.map(({ label }) => label)).toEqual(['A', 'malloc(80)'])
    const page = value(await client.listBlocks(blocksOf(core, { offset: 990 })))
    expect([page.total, page.offset, page.rows]).toEqual([1000, 990, Array.from({ length: 10 }, (_, i) => standInBlock(990 + i))])
    expect(value(await client.report({ core }))).toEqual({ markdown: `# ${join(folder, 'core')}\n`, suggestedName: 'core-report.md' })
    expect(value(await client.closeCore({ core }))).toBeNull()
    expect(failure(await client.summary({ core }))).toBe('usage')
  })

  test('answers about types, variables and the bytes of blocks', async () => {
    const core = await open('blocks 10')
    const types = value(await client.listTypes({ core, filter: 'play', sort: 'name', descending: false, offset: 0, limit: 10 }))
    expect(types).toMatchObject({ total: 1, rows: [{ name: 'Player', kind: 'class', size: 24, members: 4, modules: ['demo'] }] })
    const [{ id }] = types.rows
    expect(value(await client.typeLayout({ core, id }))).toEqual(value(await client.typeLayout({ core, name: 'Player' })))
    expect(value(await client.listGlobals({ core, filter: '', tls: true, sort: 'addr', descending: false, offset: 0, limit: 10 })).rows).toMatchObject([{ name: 'perThread', thread: 42, value: '5' }])
    expect(value(await client.viewBlock({ core, address: 0x600018, as: 'Player', offset: 0, limit: 2 }))).toMatchObject({ addr: 0x600010, typeId: id, rows: [{ member: 'name' }, { member: 'score' }], total: 7 })
    expect(failure(await client.typeLayout({ core, name: 'Nothing' }))).toBe('usage')
    expect(failure(await client.viewBlock({ core, address: 16, offset: 0, limit: 2 }))).toBe('usage')
  })

  test('answers about references, chains, leaks, retained sizes and layouts once the graph is there', async () => {
    const core = await open('blocks 10')
    expect(value(await client.awaitGraph({ core, part: 'retained' }))).toMatchObject({ references: 'ready', retained: 'ready', message: '' })
    expect(value(await client.graphState({ core }))).toMatchObject({ references: 'ready', retained: 'ready' })
    const address = 0x600010
    const page = { offset: 0, limit: 10 }
    expect(value(await client.listReferences({ core, address, direction: 'in', ...page }))).toMatchObject({ block: { addr: address }, rows: [{ from: null, root: { kind: 'global' } }], total: 1 })
    expect(value(await client.groupReferences({ core, address, direction: 'out' }))).toMatchObject({ rows: [], total: 0 })
    expect(value(await client.neighbourhood({ core, address, direction: 'in', depth: 2, limit: 20 })).edges).toMatchObject([{ from: 'root', to: 'held' }])
    expect(value(await client.why({ core, address, limit: 3 })).chains).toMatchObject([{ steps: [{ block: { addr: address } }] }])
    expect(value(await client.listLeaks({ core, heads: true, sort: 'holds', descending: true, ...page }))).toMatchObject({ rows: [{ addr: 0x600030, head: true }], all: { count: 1 } })
    expect(value(await client.groupLeaks({ core, sort: 'bytes', descending: true, filter: '', ...page })).rows).toMatchObject([{ label: 'malloc(24)', heads: 1 }])
    expect(value(await client.listRetained({ core, ...page })).path).toEqual([])
    expect(value(await client.listRetained({ core, address, ...page })).path).toMatchObject([{ addr: address }])
    expect(value(await client.layoutDetails({ core, key: 'layout 1' }))).toMatchObject({ layout: '24/P' })
    expect(failure(await client.why({ core, address: 16, limit: 1 }))).toBe('usage')
    expect(value(await client.cancelGraph({ core }))).toBeNull()
  })

  test('a core opened twice is one core, until its file changes', async () => {
    const file = (await offerText('blocks 10')).file
    const [one, two] = await Promise.all([client.openCore({ file }), client.openCore({ file })])
    expect(value(two).core).toBe(value(one).core)
    writeFileSync(join(folder, 'core'), 'blocks 2000')
    const three = value(await client.openCore({ file }))
    expect(three.allocators[0]?.usedCount).toBe(2000)
    expect(failure(await client.summary({ core: value(one).core }))).toBe('usage')
  })

  test('remembers what was opened, and forgets it', async () => {
    expect(value(await client.listFiles())).toEqual([])
    const offered = await offerText('blocks 10')
    expect(offered).toMatchObject({ name: 'core', path: join(folder, 'core'), size: 9, opened: null })
    value(await client.openCore({ file: offered.file }))
    const [listed] = value(await client.listFiles())
    expect(listed).toMatchObject({ file: offered.file, openNow: false })
    expect(Date.now() - listed!.opened!).toBeLessThan(60_000)
    rmSync(join(folder, 'core'))
    expect(value(await client.listFiles())[0]?.size).toBeNull()
    value(await client.forgetFile({ file: offered.file }))
    expect(value(await client.listFiles())).toEqual([])
  })

  test('tells progress and offers, until the subscription ends', async () => {
    const events: CoreEvent[] = []
    const end = client.subscribe((event) => events.push(event))
    await new Promise((resolve) => setTimeout(resolve, 100))
    const { file } = await offerText('blocks 10')
    value(await client.openCore({ file }))
    await vi.waitFor(() => expect(events.filter((event) => event.kind === 'progress').map(({ stage }) => stage)).toEqual(['open', 'blocks']))
    for (const event of events) expect(event.kind === 'offered' ? event.file.file : event.file).toBe(file)
    end()
    await new Promise((resolve) => setTimeout(resolve, 100))
    const before = events.length
    value(await client.openCore({ file, noCache: true }))
    expect(events).toHaveLength(before)
  })

  test('cancels', async () => {
    const { file } = await offerText('slow')
    const opening = client.openCore({ file })
    setTimeout(() => void client.cancelOpen({ file }), 200)
    expect(failure(await opening)).toBe('cancelled')
    expect(value(await client.cancelOpen({ file }))).toBeNull()
  })

  test.each([['unreadable', 'unreadable'], ['bug', 'failed'], ['exit', 'failed'], ['', 'unreadable']])('a core that is “%s” fails as %s, and others open all the same', async (text, kind) => {
    expect(failure(await client.openCore({ file: (await offerText(text)).file }))).toBe(kind)
    expect(value(await client.listTop(topOf(await open('blocks 10')))).total).toBe(2)
  })

  test('arguments that make no sense are usage failures', async () => {
    const core = await open('blocks 10')
    const asked: [keyof CoreClient, unknown][] = [
      ['openCore', { file: join(folder, 'core') }],
      ['openCore', { file: 5 }],
      ['openCore', 'file'],
      ['openCore', null],
      ['openCore', []],
      ['openCore', { file: 'x', noCache: 'yes' }],
      ['summary', {}],
      ['summary', { core: 'x'.repeat(1000) }],
      ['listTop', topOf(core, { by: 'color' })],
      ['listTop', topOf(core, { sort: undefined })],
      ['listTop', topOf(core, { filter: 'x'.repeat(10_000) })],
      ['listTop', topOf(core, { limit: 0 })],
      ['listTop', topOf(core, { limit: 10_001 })],
      ['listTop', topOf(core, { offset: -1 })],
      ['listTop', topOf(core, { offset: 0.5 })],
      ['listTop', topOf(core, { filter: '/(/' })],
      ['listBlocks', blocksOf(core, { state: 'gone' })],
      ['listBlocks', blocksOf(core, { size: '24' })],
      ['listBlocks', blocksOf(core, { type: 5 })],
      ['listBlocks', blocksOf('other')],
      ['listTypes', { core, filter: '', sort: 'color', descending: false, offset: 0, limit: 10 }],
      ['listTypes', { core, filter: '', kind: 'klass', sort: 'name', descending: false, offset: 0, limit: 10 }],
      ['listTypes', { core, filter: '/(/', sort: 'name', descending: false, offset: 0, limit: 10 }],
      ['listStacks', { core, frames: 0, offset: 0, limit: 10 }],
      ['listStacks', { core, offset: 0, limit: 10 }],
      ['typeLayout', { core }],
      ['typeLayout', { core, id: 1.5 }],
      ['typeLayout', { core, id: 1e9 }],
      ['listGlobals', { core, filter: '', tls: 'yes', sort: 'addr', descending: false, offset: 0, limit: 10 }],
      ['viewBlock', { core, address: -1, offset: 0, limit: 10 }],
      ['viewBlock', { core, address: '0x10', offset: 0, limit: 10 }],
      ['viewBlock', { core, address: 2 ** 64, offset: 0, limit: 10 }],
      ['awaitGraph', { core, part: 'all' }],
      ['graphState', {}],
      ['listReferences', { core, address: 16, direction: 'up', offset: 0, limit: 10 }],
      ['listReferences', { core, address: 0x600010, direction: 'in', offset: 0, limit: 10_001 }],
      ['groupReferences', { core, address: '0x10', direction: 'in' }],
      ['neighbourhood', { core, address: 0x600010, direction: 'in', depth: 11, limit: 20 }],
      ['neighbourhood', { core, address: 0x600010, direction: 'in', depth: 1, limit: 2001 }],
      ['why', { core, address: 0x600010, limit: 21 }],
      ['listLeaks', { core, heads: 'yes', sort: 'addr', descending: false, offset: 0, limit: 10 }],
      ['groupLeaks', { core, sort: 'addr', descending: false, filter: '', offset: 0, limit: 10 }],
      ['listRetained', { core, address: -1, offset: 0, limit: 10 }],
      ['layoutDetails', { core }],
    ]
    for (const [method, argument] of asked) {
      const call = client[method] as unknown as (argument: unknown) => Promise<Outcome<unknown>>
      expect([method, argument, failure(await call.call(client, argument))]).toEqual([method, argument, 'usage'])
    }
    expect(failure(await client.listBlocks(blocksOf(core, { type: null, size: 24 })))).toBe('ok')
  })
})
