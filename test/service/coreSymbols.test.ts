import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { CoreEvent } from '../../src-main/contract/api.ts'
import type { Outcome } from '../../src-main/contract/outcome.ts'
import { CoreService } from '../../src-main/service/coreService.ts'

let folder: string
let service: CoreService
let events: Extract<CoreEvent, { kind: 'symbols' }>[]

const LARGE = 100 << 20
const start = (options: { symbolsWhenAsked?: boolean } = {}): void => {
  service = new CoreService({
    info: { host: 'cli', version: '1', canChoose: false, canDrop: false },
    open: { debug: [] },
    cacheFolder: join(folder, 'cache'),
    workerUrl: new URL('../workers/standIn.worker.ts', import.meta.url),
    symbolWorkerUrl: new URL('../workers/standInSymbol.worker.ts', import.meta.url),
    ...options,
  })
  events = []
  service.subscribe((event) => void (event.kind === 'symbols' && events.push(event)))
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'corelens-service-'))
  start()
})
afterEach(async () => {
  await service.close()
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.error.kind}: ${outcome.error.what}`)
  return outcome.value
}

async function open(modules: Record<string, string>, noCache = false): Promise<string> {
  for (const [name, text] of Object.entries(modules)) if (text !== '') writeFileSync(join(folder, name), text)
  writeFileSync(join(folder, 'core'), `blocks 10 symbols ${Object.keys(modules).join(' ')}\n`)
  const { file } = await service.offer(join(folder, 'core'), true)
  return value(await service.openCore({ file, noCache })).core
}

const reported = async (core: string): Promise<string[]> => value(await service.report({ core })).markdown.trimEnd().split('\n').slice(1)
const symbolFiles = (): string[] => readdirSync(join(folder, 'cache', 'symbols')).filter((name) => name.endsWith('.mdb'))

describe('the symbols of an open core', () => {
  test('come after its blocks, module by module, and are told', async () => {
    const core = await open({ a: 'units 10 bytes 10', vdso: '', b: `units 30 bytes ${LARGE} slow` })
    expect(value(await service.listBlocks({ core, state: 'all', offset: 0, limit: 5 })).rows).toHaveLength(5)
    const rows = value(await service.awaitSymbols({ core }))
    expect(rows).toMatchObject([
      { module: 0, state: 'ready', cached: false, types: 3, functions: 10, debugBytes: 10 },
      { module: 1, state: 'none', message: 'it has no file' },
      { module: 2, state: 'ready', cached: false, functions: 30, debugBytes: LARGE },
    ])
    expect(await reported(core)).toEqual(['0: 10', '2: 30'])
    expect(events.filter(({ row }) => row.module === 2).map(({ row }) => row.state).filter((state, i, all) => state !== all[i - 1])).toEqual(['waiting', 'reading', 'ready'])
    expect(events.at(-1)).toMatchObject({ core, done: 3, total: 3 })
    expect(events.some(({ row }) => row.state === 'reading' && row.share! > 0 && row.share! < 1)).toBe(true)
  })

  test('are there at once the next time, from the database', async () => {
    await service.awaitSymbols({ core: await open({ a: 'units 10 bytes 10', b: 'units 20 bytes 20' }) })
    await service.close()
    start()
    const core = await open({ a: 'bug', b: 'bug' })
    expect(value(await service.listModuleSymbols({ core }))).toMatchObject([{ state: 'ready', cached: true, functions: 10 }, { state: 'ready', cached: true, functions: 20 }])
    expect(await reported(core)).toEqual(['0: 10', '1: 20'])
  })

  test('of one module that fails are missing, and no others', async () => {
    const core = await open({ a: 'exit', b: 'units 20 bytes 20', c: 'bug' })
    expect(value(await service.awaitSymbols({ core }))).toMatchObject([
      { state: 'failed', message: 'internal error: the reading of symbols ended unexpectedly' },
      { state: 'ready' },
      { state: 'failed', message: 'internal error: a bug in the reader' },
    ])
    expect(await reported(core)).toEqual(['1: 20'])
  })

  test('can be cancelled: what is ready stays', async () => {
    const core = await open({ a: 'units 10 bytes 10', b: `units 5000 bytes ${LARGE} slow` })
    await vi.waitFor(() => expect(events.some(({ row }) => row.module === 0 && row.state === 'ready')).toBe(true), 5000)
    expect(value(await service.cancelSymbols({ core }))).toBeNull()
    expect(value(await service.awaitSymbols({ core }))).toMatchObject([{ state: 'ready' }, { state: 'failed', message: 'cancelled' }])
    expect(await reported(core)).toEqual(['0: 10'])
  })

  test('that were stopped are read when they are asked for again', async () => {
    const core = await open({ a: 'units 10 bytes 10', b: `units 50 bytes ${LARGE} slow` })
    await vi.waitFor(() => expect(events.some(({ row }) => row.module === 1 && row.state === 'reading')).toBe(true), 5000)
    value(await service.cancelSymbols({ core }))
    expect(value(await service.awaitSymbols({ core }))).toMatchObject([{}, { state: 'failed', message: 'cancelled' }])
    value(await service.retrySymbols({ core }))
    expect(value(await service.awaitSymbols({ core }))).toMatchObject([{ state: 'ready' }, { state: 'ready' }])
    expect(await reported(core)).toEqual(['0: 10', '1: 50'])
  })

  test('end with the core', async () => {
    const core = await open({ b: `units 5000 bytes ${LARGE} slow` })
    await vi.waitFor(() => expect(events.some(({ row }) => row.state === 'reading')).toBe(true), 5000)
    const waiting = service.awaitSymbols({ core })
    const started = performance.now()
    await service.closeCore({ core })
    expect(value(await waiting)).toMatchObject([{ state: 'failed' }])
    expect(performance.now() - started).toBeLessThan(2000)
    expect(await service.listModuleSymbols({ core })).toMatchObject({ ok: false, error: { kind: 'usage' } })
  })

  test('without a cache are kept nowhere', async () => {
    vi.stubEnv('TMPDIR', join(folder, 'tmp'))
    mkdirSync(join(folder, 'tmp'))
    const core = await open({ a: 'units 10 bytes 10', b: `units 5000 bytes ${LARGE} slow` }, true)
    await vi.waitFor(() => expect(events.some(({ row }) => row.module === 0 && row.state === 'ready')).toBe(true), 5000)
    expect(await reported(core)).toEqual(['0: 10'])
    expect(readdirSync(join(folder, 'tmp'))).toHaveLength(1)
    await service.closeCore({ core })
    expect(readdirSync(folder)).not.toContain('cache')
    expect(readdirSync(join(folder, 'tmp'))).toEqual([])
  })

  test('wait until they are asked for where the host says so', async () => {
    await service.close()
    start({ symbolsWhenAsked: true })
    const core = await open({ a: 'units 10 bytes 10' })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect([events, readdirSync(folder).includes('cache') && readdirSync(join(folder, 'cache'))]).toEqual([[], ['cores']])
    expect(value(await service.awaitSymbols({ core }))).toMatchObject([{ state: 'ready' }])
  })

  test('whose file is damaged while the core is open are read anew', async () => {
    // Large enough not to be checked as a whole when it is opened.
    const core = await open({ a: 'units 500000 bytes 10' })
    value(await service.awaitSymbols({ core }))
    const path = join(folder, 'cache', 'symbols', symbolFiles()[0])
    const content = readFileSync(path)
    const at = content.indexOf(new Uint8Array(Float64Array.of(100_000, 100_001, 100_002).buffer))
    content[at] ^= 0xff
    writeFileSync(path, content)
    expect(await service.report({ core })).toMatchObject({ ok: false, error: { kind: 'failed', remedy: expect.stringContaining('ask again') as string } })
    value(await service.awaitSymbols({ core }))
    expect(await reported(core)).toEqual(['0: 500000'])
  })

  test('of a core that is not open are a usage failure', async () => {
    for (const call of [service.listModuleSymbols({ core: 'x' }), service.awaitSymbols({ core: 'x' }), service.cancelSymbols({ core: 'x' }), service.retrySymbols({ core: 'x' })]) {
      expect(await call).toMatchObject({ ok: false, error: { kind: 'usage' } })
    }
  })
})
