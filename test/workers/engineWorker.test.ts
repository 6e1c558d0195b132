import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Outcome } from '../../src-main/contract/outcome.ts'
import type { CoreSummary } from '../../src-main/contract/rows.ts'
import { EngineWorker } from '../../src-main/workers/engineWorker.ts'
import type { ProgressReport } from '../../src-main/workers/messages.ts'
import { workerUrl } from '../../src-main/workers/workerUrl.ts'
import { standInBlock, standInBlockJson } from './standInSession.ts'

const url = new URL('./standIn.worker.ts', import.meta.url)
let folder: string
let worker: EngineWorker
let reports: ProgressReport[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'corelens-worker-'))
  reports = []
})
afterEach(async () => {
  await worker.close()
  rmSync(folder, { recursive: true, force: true })
})

function open(text: string): Promise<Outcome<CoreSummary>> {
  const path = join(folder, 'core')
  writeFileSync(path, text)
  worker = new EngineWorker({ url, where: path, onProgress: (report) => reports.push(report) })
  return worker.open({ path, handle: 'h', options: { debug: [], exe: '/exe' }, indexFolder: folder, decompressFolder: folder })
}

const failure = (outcome: Outcome<unknown>): string => (outcome.ok ? 'ok' : `${outcome.error.kind}: ${outcome.error.what}`)

describe('an engine worker', () => {
  test('opens a core and answers queries about it', async () => {
    const outcome = await open('blocks 10')
    if (!outcome.ok) throw new Error(failure(outcome))
    expect(outcome.value).toMatchObject({ core: 'h', path: join(folder, 'core'), threads: [{ module: '/exe' }] })
    expect(outcome.value.peakMemoryBytes).toBeGreaterThan(1e7)
    expect(await worker.call('listBlocks', { core: 'h', state: 'all', offset: 9, limit: 10 })).toEqual({ ok: true, value: { rows: [standInBlock(9)], total: 10, offset: 9, bytes: 240 } })
    expect(await worker.call('report', null)).toEqual({ ok: true, value: `# ${join(folder, 'core')}\n` })
    expect(readdirSync(join(folder, 'cores')).filter((name) => name.endsWith('.mdb'))).toHaveLength(1)
  })

  test('reports progress by stage', async () => {
    await open('blocks 1')
    expect(reports.map(({ stage }) => stage)).toEqual(['open', 'blocks'])
  })

  test('answers many rows as text, in order and complete', async () => {
    await open('blocks 25000')
    let text = ''
    let rows = 0
    while (rows < 25000) {
      const outcome = await worker.call('blockText', { query: { core: 'h', state: 'all', offset: rows }, limit: 25000 - rows, format: 'jsonl' })
      if (!outcome.ok) throw new Error(failure(outcome))
      expect(outcome.value.total).toBe(25000)
      text += new TextDecoder().decode(outcome.value.text)
      rows += outcome.value.rows
    }
    const lines = text.trimEnd().split('\n').map((line) => JSON.parse(line) as unknown)
    expect(lines).toEqual(Array.from({ length: 25000 }, (_, i) => standInBlockJson(i)))
  })

  test.each([
    ['unreadable', 'unreadable: not an ELF file'],
    ['bug', 'failed: internal error: a bug in the engine'],
    ['no memory', 'failed: not enough memory for this core'],
    ['exit', 'failed: internal error: the analysis ended unexpectedly'],
  ])('a core that is %s settles as a failure', async (text, expected) => {
    const outcome = await open(text)
    expect(failure(outcome)).toBe(expected)
    expect(outcome.ok ? '' : outcome.error.where).toBe(join(folder, 'core'))
  })

  test('a query that makes no sense is a usage failure and harms nothing', async () => {
    await open('blocks 1')
    const query = { core: 'h', by: 'type', sort: 'bytes', descending: true, filter: '/(/', offset: 0, limit: 10 } as const
    expect(failure(await worker.call('listTop', query))).toContain('usage: the filter')
    expect(failure(await worker.call('listTop', { ...query, filter: '' }))).toBe('ok')
  })

  test('cancel settles the open as cancelled, soon', async () => {
    const outcome = open('slow')
    setTimeout(() => worker.cancel(), 150)
    const started = performance.now()
    expect(failure(await outcome)).toBe('cancelled: cancelled')
    expect(performance.now() - started).toBeLessThan(2000)
    expect(reports.length).toBeLessThan(12)
  })

  test('closing settles what is under way, and later calls too', async () => {
    const outcome = open('slow')
    await worker.close()
    expect(failure(await outcome)).toBe('cancelled: cancelled')
    expect(failure(await worker.call('summary', null))).toContain('cancelled')
    expect(worker.isDead).toBe(true)
  })

  test('an engine that listens to nothing is ended all the same, and leaves no half index', async () => {
    const outcome = open('deaf, writing')
    const started = performance.now()
    await vi.waitFor(() => expect(readdirSync(join(folder, 'cores')).filter((name) => name.endsWith('.tmp'))).toHaveLength(1))
    await worker.close()
    expect(failure(await outcome)).toBe('cancelled: cancelled')
    expect(performance.now() - started).toBeLessThan(6000)
    await vi.waitFor(() => expect(readdirSync(join(folder, 'cores'))).toEqual([]))
  })

  test('a file that is none is unreadable', async () => {
    worker = new EngineWorker({ url, where: folder, onProgress: () => undefined })
    const outcome = await worker.open({ path: folder, handle: 'h', options: { debug: [] }, indexFolder: null, decompressFolder: folder })
    expect(failure(outcome)).toBe('unreadable: is a directory, not a core')
  })
})

describe('the worker’s script', () => {
  test.each([
    ['file:///x/src-main/workers/workerUrl.ts', 'file:///x/src-main/workers/engine.worker.ts'],
    ['file:///x/out/main/cli.js', 'file:///x/out/main/engine.worker.js'],
    ['file:///x/out/main/chunks/engineWorker-1.js', 'file:///x/out/main/engine.worker.js'],
    ['file:///x/app.asar/out/main/electron.js', 'file:///x/app.asar/out/main/engine.worker.js'],
    ['file:///x/src-main/corelens/out/main/cli.js', 'file:///x/src-main/corelens/out/main/engine.worker.js'],
  ])('from %s', (from, expected) => expect(workerUrl('engine.worker', from).href).toBe(expected))
})
