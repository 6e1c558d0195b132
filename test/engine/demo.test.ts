import { beforeAll, describe, expect, test } from 'vitest'
import type { BlockQuery, TopQuery } from '../../src-main/contract/api.ts'
import { UsageError } from '../../src-main/engine/errors.ts'
import { Cancelled } from '../../src-main/engine/ports.ts'
import type { EngineSession } from '../../src-main/engine/session.ts'
import { memoryIndexStore } from '../../src-main/storage/memoryIndexStore.ts'
import { symbolTables } from '../builders/symbolTables.ts'
import { demoCore, openCore } from './openDemo.ts'

const everything: TopQuery = { core: 'core', by: 'type', sort: 'bytes', descending: true, filter: '', offset: 0, limit: 10_000 }
const blocks = (q: Partial<BlockQuery>): BlockQuery => ({ core: 'core', state: 'used', offset: 0, limit: 10_000, ...q })

let demo: EngineSession
beforeAll(async () => {
  demo = await openCore(demoCore())
})

describe('the worked example', () => {
  test('TopN shows malloc(80), malloc(48), A by its vtable, and the unknown class of 16 bytes', () => {
    const { rows } = demo.listTop(everything)
    expect(rows.slice(0, 4)).toMatchObject([
      { label: 'malloc(80)', type: null, size: 88, requested: 80 },
      { label: 'malloc(48)', type: null, size: 56, requested: 48 },
      { label: 'A', type: 'A', size: 24, count: 20_000, evidence: expect.stringContaining('vtable for A') },
      { label: 'malloc(16)', type: null, size: 24 },
    ])
  })

  test('without any file, A is told apart by its vtable without a name, and the blocks are the same', async () => {
    const bare = await openCore(demoCore(), { files: false })
    const bySize = (session: EngineSession): unknown => session.listTop({ ...everything, by: 'size' }).rows.map((r) => [r.size, r.count])
    expect(bySize(bare)).toEqual(bySize(demo))
    expect(bare.listTop({ ...everything, filter: 'class at' }).rows).toMatchObject([{ label: expect.stringMatching(/^class at demo\+0x/), type: null, count: 20_000 }])
    expect(bare.summary().accounting.mapped).toBe(demo.summary().accounting.mapped)
  })

  test('once symbols are there, types are called as the debug information calls them', async () => {
    const session = await openCore(demoCore())
    const module = session.summary().modules.findIndex(({ path }) => path.endsWith('/demo'))
    expect(session.listTop({ ...everything, filter: '/^A$/' }).rows).toMatchObject([{ label: 'A', count: 20_000 }])
    // the same name, in another spelling
    session.attachSymbols(module, symbolTables({ types: { 'class A': { kind: 'class', size: 24, members: [[8, 'b', 'void *']] } } }))
    const row = { label: 'class A', type: 'class A', count: 20_000, evidence: expect.stringContaining('vtable for A') }
    for (const by of ['type', 'type-size'] as const) expect(session.listTop({ ...everything, by, filter: '/^class A$/' }).rows).toMatchObject([row])
    expect(session.listBlocks(blocks({ type: 'class A', limit: 1 }))).toMatchObject({ total: 20_000, rows: [{ type: 'class A' }] })
    const [type] = session.listTypes({ core: 'core', filter: '', sort: 'bytes', descending: true, offset: 0, limit: 1 }).rows
    expect(type).toMatchObject({ name: 'class A', blocks: 20_000, bytes: 480_000 })
    const [block] = session.listBlocks(blocks({ type: 'class A', limit: 1 })).rows
    expect(session.viewBlock({ core: 'core', address: block.addr, offset: 0, limit: 10 })).toMatchObject({ type: 'class A', block: { addr: block.addr } })
  })

  test('every mapped byte is accounted for once', () => {
    const { accounting, allocators } = demo.summary()
    expect(accounting.rows.reduce((sum, r) => sum + r.bytes, 0)).toBe(accounting.mapped)
    const [glibc] = allocators
    const sum = (state: 'used' | 'free'): number => {
      let bytes = 0
      for (let offset = 0, page; (page = demo.listBlocks(blocks({ state, offset }))).rows.length > 0; offset += page.rows.length) bytes += page.rows.reduce((n, r) => n + r.size, 0)
      return bytes
    }
    expect(sum('used')).toBe(glibc.used)
    expect(sum('free')).toBeLessThanOrEqual(glibc.free) // top is free and no block
  })

  test('blocks come in address order, page by page the same as from the middle', () => {
    const all = [0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000, 70_000, 80_000].flatMap((offset) => demo.listBlocks(blocks({ offset })).rows)
    expect(all.length).toBe(demo.listBlocks(blocks({})).total)
    expect(all.every((b, i) => i === 0 || all[i - 1].addr + all[i - 1].size <= b.addr)).toBe(true)
    expect(demo.listBlocks(blocks({ offset: 12_345, limit: 7 })).rows).toEqual(all.slice(12_345, 12_352))
  })

  test('blocks are found by type and by size', () => {
    expect(demo.listBlocks(blocks({ type: 'A', limit: 1 }))).toMatchObject({ total: 20_000, rows: [{ type: 'A', state: 'used', arena: 'main' }] })
    expect(demo.listBlocks(blocks({ type: null, size: 88 })).rows.every((b) => b.type === null && b.size === 88)).toBe(true)
    for (const by of ['type', 'size', 'type-size'] as const) {
      for (const row of demo.listTop({ ...everything, by }).rows) expect(demo.listBlocks(blocks({ key: row.key, limit: 1 })).total).toBe(row.count)
    }
    expect(() => demo.listBlocks(blocks({ key: 'nonsense' }))).toThrow(UsageError)
    expect(demo.listBlocks(blocks({ type: 'no such type' }))).toMatchObject({ total: 0, rows: [] })
  })

  test('the report has the process, the accounting and TopN', () => {
    const markdown = demo.reportMarkdown()
    expect(markdown).toContain('# What the memory of demo is')
    expect(markdown).toMatch(/\| malloc\(80\) \| 88 \| /)
  })
})

describe('the cache', () => {
  test('a second open takes blocks and findings from it, and they are the same', async () => {
    const store = memoryIndexStore()
    const first = await openCore(demoCore(), { store })
    const second = await openCore(demoCore(), { store })
    expect([first.summary().cached, second.summary().cached]).toEqual([false, true])
    expect(second.listTop(everything)).toEqual(first.listTop(everything))
    expect(second.listBlocks(blocks({ state: 'all' }))).toEqual(first.listBlocks(blocks({ state: 'all' })))
    expect(second.summary().accounting).toEqual(demo.summary().accounting)
  })

  test('other files found for the modules mean a new analysis', async () => {
    const store = memoryIndexStore()
    await openCore(demoCore(), { store, files: false })
    expect((await openCore(demoCore(), { store })).summary().cached).toBe(false)
  })

  test('a cache that can\'t be written is told, and the analysis is there all the same', async () => {
    const store = { open: () => null, create: () => { throw new Error('the disk is full') } }
    const session = await openCore(demoCore(), { store })
    expect(session.summary().diagnostics).toMatchObject([{ kind: 'note', where: 'cache', message: expect.stringContaining('the disk is full') }])
    expect(session.listTop(everything).all).toEqual(demo.listTop(everything).all)
  })

  test('a cancelled analysis leaves nothing behind', async () => {
    const store = memoryIndexStore()
    let stage = ''
    const progress = {
      stage: (name: string) => void (stage = name),
      advance: () => {
        if (stage === 'store') throw new Cancelled()
      },
    }
    await expect(openCore(demoCore(), { store, progress })).rejects.toThrow(Cancelled)
    expect((await openCore(demoCore(), { store })).summary().cached).toBe(false)
  })
})
