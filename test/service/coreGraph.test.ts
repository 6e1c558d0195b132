import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CoreEvent } from '../../src-main/contract/api.ts'
import type { Outcome } from '../../src-main/contract/outcome.ts'
import type { GraphState } from '../../src-main/contract/rows.ts'
import { CoreService, type CoreServiceOptions } from '../../src-main/service/coreService.ts'
import { DEMO_FOLDER, demoCore } from '../engine/openDemo.ts'

let folder: string
let service: CoreService
let states: GraphState[]

const start = (options: Partial<CoreServiceOptions> = {}): void => {
  service = new CoreService({ info: { host: 'cli', version: '1', canChoose: false, canDrop: false }, open: { debug: [], exe: join(DEMO_FOLDER, 'demo') }, cacheFolder: join(folder, 'cache'), symbolsWhenAsked: true, graphWhenAsked: true, ...options })
  states = []
  service.subscribe((event: CoreEvent) => void (event.kind === 'graph' && states.push(event.state)))
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'corelens-graph-'))
  writeFileSync(join(folder, 'core'), demoCore())
  start()
})
afterEach(async () => {
  await service.close()
  rmSync(folder, { recursive: true, force: true })
})

function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.error.kind}: ${outcome.error.what}`)
  return outcome.value
}

const open = async (noCache = false): Promise<string> => value(await service.openCore({ file: (await service.offer(join(folder, 'core'), true)).file, noCache })).core
const indexes = (): string[] => readdirSync(join(folder, 'cache', 'cores')).filter((name) => !name.endsWith('-lock'))
const leaks = (core: string): ReturnType<CoreService['groupLeaks']> => service.groupLeaks({ core, sort: 'bytes', descending: true, filter: '', offset: 0, limit: 1 })

describe('the graph of an open core', () => {
  test('is built once it is asked for, part by part, and tells each step', async () => {
    const core = await open()
    expect(await leaks(core)).toMatchObject({ ok: false, error: { kind: 'usage', what: 'references are not there yet' } })
    expect(value(await service.graphState({ core }))).toMatchObject({ references: 'waiting', retained: 'waiting' })
    expect(value(await service.awaitGraph({ core, part: 'references' }))).toMatchObject({ references: 'ready', retained: 'waiting', message: '' })
    expect(value(await leaks(core)).all.count).toBe(0)
    expect(await service.listRetained({ core, offset: 0, limit: 1 })).toMatchObject({ ok: false, error: { what: 'retained sizes are not there yet' } })
    expect(value(await service.awaitGraph({ core, part: 'retained' }))).toMatchObject({ references: 'ready', retained: 'ready', stage: null })
    expect(value(await service.listRetained({ core, offset: 0, limit: 1 })).rows).toMatchObject([{ size: 163_824, dominates: 20_000 }])
    expect(new Set(states.map(({ stage }) => stage))).toEqual(new Set([null, 'references', 'reach', 'leaks', 'keep', 'dominators']))
    expect(states.at(-1)?.timings.length).toBeGreaterThan(0)
  })

  test('is taken from the index when the core is opened again', async () => {
    value(await service.awaitGraph({ core: await open(), part: 'retained' }))
    await service.close()
    const before = indexes()
    start()
    const core = await open()
    value(await service.awaitGraph({ core, part: 'retained' }))
    expect(states.every(({ stage }) => stage === null)).toBe(true)
    expect(indexes()).toEqual(before)
  })

  test('goes on from what an ended process kept', async () => {
    value(await service.awaitGraph({ core: await open(), part: 'references' }))
    await service.close()
    start()
    value(await service.awaitGraph({ core: await open(), part: 'retained' }))
    expect(new Set(states.map(({ stage }) => stage))).toEqual(new Set([null, 'dominators']))
  })

  test('is built anew where its index is damaged', async () => {
    value(await service.awaitGraph({ core: await open(), part: 'retained' }))
    await service.close()
    for (const name of indexes()) copyFileSync(join(DEMO_FOLDER, 'demo'), join(folder, 'cache', 'cores', name))
    start()
    const core = await open()
    expect(value(await service.awaitGraph({ core, part: 'retained' }))).toMatchObject({ references: 'ready', retained: 'ready' })
    expect(value(await leaks(core)).all.count).toBe(0)
  })

  test('stops when it is cancelled, leaves nothing behind, and is built when it is asked for again', async () => {
    const core = await open()
    const waiting = service.awaitGraph({ core, part: 'retained' })
    await service.cancelGraph({ core })
    expect(value(await waiting)).toMatchObject({ retained: 'failed' })
    expect(indexes().filter((name) => name.endsWith('.tmp'))).toEqual([])
    expect(value(await service.awaitGraph({ core, part: 'retained' }))).toMatchObject({ references: 'ready', retained: 'ready' })
  })

  test('ends with its core, also in the middle', async () => {
    const core = await open()
    const waiting = service.awaitGraph({ core, part: 'retained' })
    value(await service.closeCore({ core }))
    expect(value(await waiting).retained).toBe('failed')
    expect(indexes().filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  test('without a cache it is the same, and nothing is left', async () => {
    const core = await open(true)
    value(await service.awaitGraph({ core, part: 'retained' }))
    expect(value(await leaks(core)).all.count).toBe(0)
    value(await service.closeCore({ core }))
    expect(existsSync(join(folder, 'cache'))).toBe(false)
  })

  test('begins by itself once the core is open, where nobody says otherwise', async () => {
    await service.close()
    start({ graphWhenAsked: false })
    const core = await open()
    while (value(await service.graphState({ core })).retained !== 'ready') await new Promise((resolve) => setTimeout(resolve, 20))
    expect(value(await service.listReferences({ core, address: value(await service.listRetained({ core, offset: 0, limit: 1 })).rows[0].addr, direction: 'out', offset: 0, limit: 1 })).total).toBe(20_000)
  })
})
