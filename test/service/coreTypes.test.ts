import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CoreEvent } from '../../src-main/contract/api.ts'
import type { Outcome } from '../../src-main/contract/outcome.ts'
import type { TypesState } from '../../src-main/contract/typeRows.ts'
import { CoreService, type CoreServiceOptions } from '../../src-main/service/coreService.ts'
import { DEMO_FOLDER, demoCore } from '../engine/openDemo.ts'

let folder: string
let service: CoreService
let states: TypesState[]

const start = (options: Partial<CoreServiceOptions> = {}): void => {
  service = new CoreService({ info: { host: 'cli', version: '1', canChoose: false, canDrop: false }, open: { debug: [], exe: join(DEMO_FOLDER, 'demo') }, cacheFolder: join(folder, 'cache'), symbolsWhenAsked: true, graphWhenAsked: true, typesWhenAsked: true, ...options })
  states = []
  service.subscribe((event: CoreEvent) => void (event.kind === 'types' && states.push(event.state)))
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'corelens-types-'))
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
const top = async (core: string): Promise<Map<string, number>> => new Map(value(await service.listTop({ core, by: 'type', sort: 'bytes', descending: true, filter: '', offset: 0, limit: 100 })).rows.map((row) => [row.label, row.count]))
const first = async (core: string, type: string | null, size?: number): Promise<number> => value(await service.listBlocks({ core, type, state: 'used', offset: 0, limit: 1, ...(size === undefined ? {} : { size }) })).rows[0].addr

describe('the types of an open core’s blocks', { timeout: 30_000 }, () => {
  test('the worked example: blocks that a member of a known class points to have its type', async () => {
    const core = await open()
    expect((await top(core)).has('B')).toBe(false)
    expect(value(await service.awaitTypes({ core }))).toMatchObject({ state: 'ready', message: '' })
    const found = await top(core)
    expect([found.get('A'), found.get('B')]).toEqual([20_000, 20_000])
    const addr = await first(core, 'B')
    expect(value(await service.listBlocks({ core, type: 'B', state: 'used', offset: 0, limit: 1 })).rows[0]).toMatchObject({ type: 'B', evidence: 'A.b', confidence: 0.98 })
    const { how, steps } = value(await service.evidence({ core, address: addr }))
    expect(how).toBe('a pointer to that type, and the right size')
    expect(steps.at(-1)).toEqual({ addr, type: 'B', member: 'A.b', root: '' })
    expect(steps.at(-2)).toMatchObject({ type: 'A' })
    expect(states.at(-1)).toMatchObject({ state: 'ready' })
    expect(states[0]).toMatchObject({ state: 'building' })
  })

  test('are there at once when the core is opened again', async () => {
    value(await service.awaitTypes({ core: await open() }))
    await service.close()
    start()
    const core = await open()
    expect(value(await service.awaitTypes({ core }))).toMatchObject({ state: 'ready', timings: [] })
    expect((await top(core)).get('B')).toBe(20_000)
  })

  test('without a cache too, and nothing is left of it', async () => {
    start({ noCache: true })
    const core = await open(true)
    expect(value(await service.awaitTypes({ core }))).toMatchObject({ state: 'ready' })
    expect((await top(core)).get('B')).toBe(20_000)
  })

  test('a cancel ends it, and it can be asked for again', async () => {
    const core = await open()
    const asked = service.awaitTypes({ core })
    await service.cancelTypes({ core })
    expect(value(await asked)).toMatchObject({ state: 'failed', message: 'cancelled' })
    expect(value(await service.awaitTypes({ core }))).toMatchObject({ state: 'ready' })
  })

  test('what asks for them says so before they are there', async () => {
    const core = await open()
    for (const asked of [service.evidence({ core, address: 0x10 }), service.candidates({ core, address: 0x10, layout: false, offset: 0, limit: 1 }), service.setLabel({ core, addresses: [0x10], type: 'A', scope: 'block' })]) {
      expect(await asked).toMatchObject({ ok: false, error: { kind: 'usage', what: 'the types of blocks are not known yet' } })
    }
  })

  test('candidates are ranked, the block’s own type among the first', async () => {
    const core = await open()
    value(await service.awaitTypes({ core }))
    const address = await first(core, 'A')
    const { rows, block, blocks } = value(await service.candidates({ core, address, layout: false, offset: 0, limit: 10 }))
    expect(blocks).toBe(1)
    expect(block).toMatchObject({ addr: address, type: 'A' })
    expect(rows[0]).toMatchObject({ type: 'A', count: 1, size: 16, sampled: 1, fits: 1, current: true })
    value(await service.awaitGraph({ core, part: 'references' }))
    expect(value(await service.candidates({ core, address, layout: true, offset: 0, limit: 1 }))).toMatchObject({ blocks: 20_000, rows: [{ type: 'A' }] })
  })

  test('a label is a root: what it says and what follows is there, is kept, and goes with it', async () => {
    const core = await open()
    value(await service.awaitTypes({ core }))
    const address = await first(core, null, 56)
    const [label] = value(await service.setLabel({ core, addresses: [address], type: 'A', scope: 'block' }))
    expect(label).toMatchObject({ addr: address, scope: 'block', type: 'A', blocks: 1 })
    expect((await top(core)).get('A')).toBe(20_001)
    expect(value(await service.evidence({ core, address }))).toMatchObject({ how: 'a person’s label', confidence: 1 })
    await service.close()
    start()
    const again = await open()
    value(await service.awaitTypes({ core: again }))
    expect((await top(again)).get('A')).toBe(20_001)
    expect(value(await service.listLabels({ core: again }))).toEqual([label])
    expect(value(await service.removeLabels({ core: again, ids: [label.id] }))).toEqual([])
    expect((await top(again)).get('A')).toBe(20_000)
  })

  test('a label of a layout class is of all its blocks', async () => {
    const core = await open()
    value(await service.awaitTypes({ core }))
    value(await service.awaitGraph({ core, part: 'references' }))
    const address = await first(core, 'B')
    const [label] = value(await service.setLabel({ core, addresses: [address], type: 'char []', scope: 'layout' }))
    expect(label).toMatchObject({ scope: 'layout', blocks: 20_000 })
    const found = await top(core)
    expect([found.get('B'), found.get('char[]')]).toEqual([undefined, 40_000])
  })

  test('labels of what there isn’t are refused', async () => {
    const core = await open()
    value(await service.awaitTypes({ core }))
    const address = await first(core, 'B')
    expect(await service.setLabel({ core, addresses: [address], type: 'NoSuchType', scope: 'block' })).toMatchObject({ ok: false, error: { kind: 'usage', what: 'no type of that name has a size' } })
    expect(await service.setLabel({ core, addresses: [16], type: 'A', scope: 'block' })).toMatchObject({ ok: false, error: { kind: 'usage', what: 'no block in use holds this address' } })
    expect(await service.setLabel({ core, addresses: [], type: 'A', scope: 'block' })).toMatchObject({ ok: false, error: { kind: 'usage' } })
    expect(value(await service.listLabels({ core }))).toEqual([])
  })
})
