import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { BlockRow } from '../../../src-main/contract/rows.ts'
import { UsageError } from '../../../src-main/engine/errors.ts'
import { buildGraph } from '../../../src-main/engine/graph/build.ts'
import { buildRetained } from '../../../src-main/engine/graph/retained.ts'
import { loadBlocks } from '../../../src-main/engine/index/storedBlocks.ts'
import type { EngineSession } from '../../../src-main/engine/session.ts'
import { memoryIndexStore } from '../../../src-main/storage/memoryIndexStore.ts'
import { wasmModule } from '../../../src-main/storage/wasmModules.ts'
import { memoryByteSource } from '../../builders/memoryByteSource.ts'
import { symbolTables } from '../../builders/symbolTables.ts'
import { DEMO_FOLDER, demoCore, noProgress, openCore } from '../openDemo.ts'

const page = { core: 'core', offset: 0, limit: 10 }
let session: EngineSession
let a: BlockRow
let storage: number

beforeAll(async () => {
  const store = memoryIndexStore()
  session = await openCore(demoCore(), { store, options: { exe: join(DEMO_FOLDER, 'demo') } })
  const module = session.summary().modules.findIndex(({ path }) => path.endsWith('/demo'))
  session.attachSymbols(module, symbolTables({ types: { A: { kind: 'class', size: 16, members: [[0, '_vptr', 'void *'], [8, 'b', 'void *']] } } }))
  const plan = session.graphPlan(store)
  const ports = { core: memoryByteSource(demoCore(), 'demo'), store, progress: noProgress, wasm: wasmModule, crew: { size: 0, scan: async () => {}, turnRound: async () => {} }, now: () => performance.now() / 1000 }
  expect(session.openGraph(store)).toEqual({ references: false, retained: false })
  buildRetained(plan.identity, await buildGraph(plan, loadBlocks(store, plan.identity)!, ports), ports)
  expect(session.openGraph(store)).toEqual({ references: true, retained: true })
  a = session.listBlocks({ ...page, state: 'used', type: 'A', limit: 1 }).rows[0]
  storage = session.listReferences({ ...page, address: a.addr, direction: 'in' }).rows[0].from!.addr
})

describe('the graph of the worked example', () => {
  test('A is held by the vector\'s storage and points to its B', () => {
    const held = session.listReferences({ ...page, address: a.addr, direction: 'in' })
    expect(held).toMatchObject({ block: { type: 'A', addr: a.addr }, total: 1, rows: [{ root: null, from: { size: 163_824 }, toOffset: 0, member: '' }] })
    const points = session.listReferences({ ...page, address: a.addr + 8, direction: 'out' })
    expect(points).toMatchObject({ total: 1, rows: [{ from: { type: 'A' }, fromOffset: 8, member: 'b', to: { size: 24, type: null, label: 'malloc(16)' } }] })
  })

  test('many references are counted by type and member, in part where there are very many', () => {
    expect(session.groupReferences({ core: 'core', address: storage, direction: 'out' })).toMatchObject({ total: 20_000, counted: 2048, rows: [{ label: 'A', count: 2048, member: '' }] })
    const { rows } = session.groupReferences({ core: 'core', address: storage, direction: 'in' })
    expect(rows.map(({ root }) => root)).toContain('global')
    expect(session.listReferences({ ...page, address: storage, direction: 'out', offset: 19_995 }).rows).toHaveLength(5)
  })

  test('a chain leads from a global to B', () => {
    const b = session.listReferences({ ...page, address: a.addr, direction: 'out' }).rows[0].to
    const why = session.why({ core: 'core', address: b.addr, limit: 3 })
    expect(why).toMatchObject({ reachable: true, head: null, block: { addr: b.addr } })
    expect(why.chains[0].root).toMatchObject({ kind: 'global', where: 'demo' })
    expect(why.chains[0].steps.map(({ block, member }) => [block.addr, member])).toEqual([[storage, ''], [a.addr, 'b'], [b.addr, '']])
    expect(why.chains.every(({ steps, skipped }) => steps.length >= 3 && skipped === 0)).toBe(true)
  })

  test('A dominates its B, the storage its As', () => {
    const kept = session.listRetained({ ...page, address: a.addr })
    expect(kept).toMatchObject({ total: 1, rows: [{ size: 24, retained: 24, dominates: 0, dominator: a.addr }] })
    expect(kept.path.map(({ addr, retained }) => [addr, retained])).toEqual([[a.addr, 48], [storage, 163_824 + 19_999 * 48]]) // the stack still holds one, too
    const largest = session.listRetained({ ...page, limit: 3 })
    expect(largest.rows[0]).toMatchObject({ size: 163_824, dominates: 20_000, retained: 163_824 + 20_000 * 56, dominator: null })
    expect(largest.rows[1]).toMatchObject({ addr: storage, dominates: 19_999 })
    expect(largest.rows.map(({ retained }) => retained)).toEqual(largest.rows.map(({ retained }) => retained).toSorted((x, y) => y - x))
  })

  test('around a block are its layers, either way', () => {
    const { nodes, edges } = session.neighbourhood({ core: 'core', address: a.addr, direction: 'both', depth: 2, limit: 40 })
    expect(nodes.find(({ depth }) => depth === 0)?.block?.addr).toBe(a.addr)
    expect(new Set(nodes.map(({ depth }) => depth))).toEqual(new Set([0, -1, -2, 1]))
    expect(edges).toContainEqual(expect.objectContaining({ member: 'b', fromOffset: 8, words: 1 }))
    expect(nodes.length).toBeLessThanOrEqual(40)
    const few = session.neighbourhood({ core: 'core', address: storage, direction: 'out', depth: 1, limit: 5 })
    expect([few.nodes.length, few.nodes[0].more]).toEqual([5, 20_000 - 4])
  })

  test('nothing leaked, and every used block says so', () => {
    expect(session.groupLeaks({ core: 'core', sort: 'bytes', descending: true, filter: '', offset: 0, limit: 10 })).toMatchObject({ total: 0, all: { count: 0, bytes: 0, heads: 0 } })
    expect(a).toMatchObject({ reachable: true, layout: '24/VP' })
    const { rows } = session.listBlocks({ ...page, state: 'all', limit: 1000 })
    expect(rows.every((row) => (row.reachable === true) === (row.state === 'used'))).toBe(true)
  })

  test('layout classes are rows of TopN that lead to their blocks and to what these have in common', () => {
    const top = session.listTop({ core: 'core', by: 'layout', sort: 'bytes', descending: true, filter: '', offset: 0, limit: 100 })
    expect(top.all.count).toBe(80_003)
    const row = top.rows.find(({ label }) => label === '24/VP')!
    expect(row).toMatchObject({ count: 20_000, size: 24, bytes: 480_000 })
    const blocks = session.listBlocks({ ...page, state: 'used', key: row.key, offset: 19_990, limit: 100 })
    expect(blocks).toMatchObject({ total: 20_000, bytes: 480_000 })
    expect(blocks.rows.map(({ type, layout }) => [type, layout])).toEqual(Array.from({ length: 10 }, () => ['A', '24/VP']))
    expect(session.listBlocks({ ...page, state: 'free', key: row.key })).toMatchObject({ total: 0, rows: [] })
    const details = session.layoutDetails({ key: row.key })
    expect(details).toMatchObject({ layout: '24/VP', count: 20_000, types: [{ label: 'A' }], classes: [{ layout: '24/VP', count: 20_000 }] })
    expect(details.words.slice(0, 2)).toMatchObject([{ offset: 0, pointers: 1, leadsTo: [{ label: 'demo (read-only data)' }] }, { offset: 8, pointers: 1, leadsTo: [{ label: 'block of 24 bytes' }] }])
    expect(details.referrers[0]).toMatchObject({ label: 'malloc(160000)', toOffset: 0 })
    expect(session.layoutDetails({ key: `at 0x${a.addr.toString(16)}` }).key).toBe(row.key)
    const texts = session.layoutDetails({ key: top.rows[0].key })
    expect(texts.strings[0].text).toMatch(/^GET \/item/)
  })

  test('what is no block and no layout is refused', () => {
    expect(() => session.why({ core: 'core', address: 16, limit: 1 })).toThrow(UsageError)
    expect(() => session.layoutDetails({ key: 'layout 0' })).toThrow(UsageError)
    expect(() => session.layoutDetails({ key: 'layout 99999' })).toThrow(UsageError)
    expect(() => session.layoutDetails({ key: 'x' })).toThrow(UsageError)
    expect(() => session.listBlocks({ ...page, state: 'used', key: 'class 99999' })).toThrow(UsageError)
  })
})
