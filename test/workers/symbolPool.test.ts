import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Outcome } from '../../src-main/contract/outcome.ts'
import { loadSymbolTables } from '../../src-main/engine/symbols/storedTables.ts'
import { symbolStore } from '../../src-main/storage/symbolStore.ts'
import type { IndexRequest } from '../../src-main/workers/symbolMessages.ts'
import { SymbolPool, type IndexProgress } from '../../src-main/workers/symbolPool.ts'

const url = new URL('./standInSymbol.worker.ts', import.meta.url)
const LARGE = 100 << 20
let folder: string
let pool: SymbolPool

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'corelens-pool-'))
  pool = new SymbolPool({ url, size: 3, cancelWithinMs: 500 })
})
afterEach(async () => {
  await pool.close()
  rmSync(folder, { recursive: true, force: true })
})

const store = (): string => join(folder, 'symbols')
const leftovers = (): string[] => (readdirSync(folder).includes('symbols') ? readdirSync(store()).filter((name) => name.includes('.tmp')) : [])

function module(identity: string, text: string): IndexRequest {
  const file = join(folder, identity)
  writeFileSync(file, text)
  return { identity, paths: { path: `/lib/${identity}`, buildId: identity, file, debugFile: '', options: { debug: [] } }, fingerprint: 'f', folder: store() }
}

/** Which thread read each unit. */
function threadsOf(identity: string): number[] {
  const stored = loadSymbolTables(symbolStore(store()), identity)
  if (stored === null) throw new Error(`${identity} is not there`)
  const { low, high } = stored.tables.functions
  const threads: number[] = []
  low.forEach((unit, i) => {
    expect(threads[unit]).toBeUndefined()
    threads[unit] = high[i]
  })
  stored.close()
  return threads
}

const failure = (outcome: Outcome<unknown>): string => (outcome.ok ? 'ok' : `${outcome.error.kind}: ${outcome.error.what}`)

describe('a pool that reads symbols', () => {
  test('reads a small module in one thread and keeps its tables', async () => {
    const outcome = await pool.index(module('small', 'units 30 bytes 3000 slow')).outcome
    expect(outcome).toMatchObject({ ok: true, value: { kept: false, info: { path: '/lib/small', buildId: 'small', debugBytes: 3000, fingerprint: 'f' }, counts: { types: 3, functions: 30 } } })
    const threads = threadsOf('small')
    expect(threads).toHaveLength(30)
    expect(new Set(threads).size).toBe(1)
  })

  test('shares the units of a large one between all threads, each unit once', async () => {
    const outcome = await pool.index(module('large', `units 200 bytes ${LARGE} slow`)).outcome
    if (!outcome.ok) throw new Error(failure(outcome))
    const threads = threadsOf('large')
    expect(threads).toHaveLength(200)
    expect(new Set(threads).size).toBe(3)
    expect(outcome.value.info.diagnostics.filter(({ where }) => where.startsWith('thread'))).toHaveLength(3)
  })

  test('reads many modules at once, large and small', async () => {
    const requests = Array.from({ length: 12 }, (_, i) => module(`m${i}`, i === 5 ? `units 60 bytes ${LARGE} slow` : 'units 10 bytes 10 slow'))
    const outcomes = await Promise.all(requests.map((request) => pool.index(request).outcome))
    expect(outcomes.map(failure)).toEqual(requests.map(() => 'ok'))
    for (const { identity } of requests) expect(threadsOf(identity)).toHaveLength(identity === 'm5' ? 60 : 10)
    expect(new Set(requests.flatMap(({ identity }) => threadsOf(identity))).size).toBe(3)
  })

  test('tells how far it is, by bytes', async () => {
    const told: IndexProgress[] = []
    await pool.index(module('large', `units 200 bytes ${LARGE} slow`), (progress) => told.push(progress)).outcome
    expect(told[0]).toEqual({ done: 0, total: 0 })
    const within = told.filter(({ total }) => total === LARGE).map(({ done }) => done)
    expect(within.length).toBeGreaterThan(2)
    expect(within).toEqual([...within].sort((a, b) => a - b))
    expect(within.at(-1)).toBeLessThanOrEqual(LARGE)
  })

  test('reads an identity once, however many ask', async () => {
    const request = module('large', `units 100 bytes ${LARGE} slow`)
    const calls = [pool.index(request), pool.index(request), pool.index(request)]
    calls[1].cancel()
    expect((await Promise.all(calls.map(({ outcome }) => outcome))).map(failure)).toEqual(['ok', 'cancelled: cancelled', 'ok'])
    expect(readdirSync(store()).filter((name) => name.endsWith('.mdb'))).toHaveLength(1)
  })

  test('a stripped file does not take the place of what its debug file told', async () => {
    await pool.index(module('x', 'units 30 bytes 3000')).outcome
    expect(await pool.index(module('x', 'units 0 bytes 0')).outcome).toMatchObject({ ok: true, value: { kept: true, info: { debugBytes: 3000 } } })
    expect(threadsOf('x')).toHaveLength(30)
  })

  test.each(['units 100 bytes 100 slow', `units 500 bytes ${LARGE} slow`, 'deaf', `units 500 bytes ${LARGE} deaf in units`])('cancel of “%s” settles soon, leaves no half file, and the next one is read', async (text) => {
    const call = pool.index(module('x', text))
    await new Promise((resolve) => setTimeout(resolve, 300))
    const started = performance.now()
    call.cancel()
    expect(failure(await call.outcome)).toBe('cancelled: cancelled')
    expect(performance.now() - started).toBeLessThan(1000)
    expect(failure(await pool.index(module('y', `units 50 bytes ${LARGE}`)).outcome)).toBe('ok')
    await pool.quiet(store())
    expect(performance.now() - started).toBeLessThan(6000)
    expect(loadSymbolTables(symbolStore(store()), 'x')).toBeNull()
    expect(leftovers()).toEqual([])
  })

  test.each([
    ['bug', 'failed: internal error: a bug in the reader'],
    ['exit', 'failed: internal error: the reading of symbols ended unexpectedly'],
    [`units 100 bytes ${LARGE} slow bug in units`, 'failed: internal error: a bug in the reader'],
    [`units 100 bytes ${LARGE} slow exit in units`, 'failed: internal error: the reading of symbols ended unexpectedly'],
    ['units 100 bytes 100 exit in units', 'failed: internal error: the reading of symbols ended unexpectedly'],
  ])('a module that is “%s” fails, and no other', async (text, expected) => {
    const good = ['a', 'b', 'c', 'd'].map((identity) => pool.index(module(identity, 'units 20 bytes 20 slow')).outcome)
    const bad = await pool.index(module('bad', text)).outcome
    expect(failure(bad)).toBe(expected)
    expect(bad.ok ? '' : bad.error.where).toMatch(/bad$|symbols$/)
    expect((await Promise.all(good)).map(failure)).toEqual(['ok', 'ok', 'ok', 'ok'])
    expect(loadSymbolTables(symbolStore(store()), 'bad')).toBeNull()
    expect(failure(await pool.index(module('bad', 'units 10 bytes 10')).outcome)).toBe('ok')
  })

  test('closing settles what is under way and what comes', async () => {
    const calls = [pool.index(module('x', `units 500 bytes ${LARGE} slow`)), pool.index(module('y', 'deaf'))]
    await new Promise((resolve) => setTimeout(resolve, 200))
    await pool.close()
    calls.push(pool.index(module('z', 'units 1 bytes 1')))
    for (const { outcome } of calls) expect(failure(await outcome)).toBe('cancelled: cancelled')
    await vi.waitFor(() => expect(leftovers()).toEqual([]))
  })

  test('threads end when there is nothing to do, and come back', async () => {
    await pool.close()
    pool = new SymbolPool({ url, size: 1, idleMs: 30 })
    await pool.index(module('x', 'units 1 bytes 1')).outcome
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(failure(await pool.index(module('y', 'units 1 bytes 1')).outcome)).toBe('ok')
    expect(threadsOf('y')).not.toEqual(threadsOf('x'))
  })
})
