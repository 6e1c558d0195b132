/** The stand-in's labels, and what a person may label: what the window's tests rest on. */

import { expect, test } from 'vitest'
import type { TopQuery } from '../../src-main/contract/api.ts'
import type { TopRow } from '../../src-main/contract/rows.ts'
import { wishForBlock, wishForBlocks, wishForTopRow } from '../../src-renderer/state/labelWishes.ts'
import { FAKE_DEFAULTS, fakeClient, type FakeClient } from './fakeClient.ts'

const OPTIONS = { ...FAKE_DEFAULTS, blocks: 1000, types: 100, namedTypes: 1000, openMs: 0 }
const BLOCK = 0x7f3c_0400_0080

async function opened(): Promise<{ client: FakeClient; core: string }> {
  const client = fakeClient(OPTIONS)
  const outcome = await client.openCore({ file: 'core.4711' })
  if (!outcome.ok) throw new Error(outcome.error.what)
  return { client, core: outcome.value.core }
}

async function rowsOf(client: FakeClient, core: string, by: TopQuery['by'] = 'type'): Promise<TopRow[]> {
  const outcome = await client.listTop({ core, by, sort: 'bytes', descending: true, filter: '', offset: 0, limit: 1000 })
  return outcome.ok ? outcome.value.rows : []
}

test('a label changes what lists say of its blocks, and taking it back changes them back', async () => {
  const { client, core } = await opened()
  const before = await rowsOf(client, core)
  const set = await client.setLabel({ core, addresses: [BLOCK], type: 'app::Order', scope: 'block' })
  expect(set).toMatchObject({ ok: true, value: [{ addr: BLOCK, scope: 'block', type: 'app::Order', blocks: 1 }] })
  expect((await rowsOf(client, core)).find((row) => row.type === 'app::Order')).toMatchObject({ count: 1, bytes: 88 })
  expect(await client.listBlocks({ core, state: 'used', offset: 1, limit: 1 })).toMatchObject({ ok: true, value: { rows: [{ addr: BLOCK, type: 'app::Order', confidence: 1 }] } })
  if (set.ok) await client.removeLabels({ core, ids: set.value.map((row) => row.id) })
  expect(await rowsOf(client, core)).toEqual(before)
})

test('types that are still being found are told by events, one after the other', async () => {
  const client = fakeClient({ ...OPTIONS, typesMs: 50 })
  const shares: number[] = []
  client.subscribe((event) => event.kind === 'types' && shares.push(event.state.share))
  const outcome = await client.openCore({ file: 'core.4711' })
  const core = outcome.ok ? outcome.value.core : ''
  expect((await rowsOf(client, core)).filter((row) => row.type !== null).length).toBeLessThan(80)
  expect(await client.awaitTypes({ core })).toMatchObject({ ok: true, value: { state: 'ready' } })
  expect(shares).toEqual(shares.toSorted((a, b) => a - b))
  expect((await rowsOf(client, core)).filter((row) => row.type !== null).length).toBeGreaterThan(80)
})

test('a block may be labelled alone or with its layout, where the graph knows layouts', async () => {
  expect(wishForBlock({ addr: BLOCK }, true)).toMatchObject({ what: 'the block at 0x7f3c04000080', layoutOf: BLOCK, only: null })
  expect(wishForBlock({ addr: BLOCK }, false).layoutOf).toBeNull()
  expect(await wishForBlock({ addr: BLOCK }, false).addresses()).toEqual({ ok: true, value: [BLOCK] })
  expect(await wishForBlocks(2, () => Promise.resolve({ ok: true, value: [] })).addresses()).toMatchObject({ ok: false, error: { kind: 'usage' } })
})

test('of TopN unknown rows may be labelled: each block of a small one, a layout as a whole', async () => {
  const { client, core } = await opened()
  const rows = await rowsOf(client, core)
  const wish = (row: TopRow, by: TopQuery['by']): ReturnType<typeof wishForTopRow> => wishForTopRow(client, core, row, by)
  const large = rows.find((row) => row.type === null && row.count > 10_000)!
  const named = rows.find((row) => row.type !== null)!
  expect(wish(large, 'type')).toBeNull()
  expect(wish(named, 'type')).toBeNull()
  expect(wish({ ...large, count: 500 }, 'size')).toBeNull()
  expect(wish({ ...large, count: 500 }, 'type')).toMatchObject({ what: `500 blocks of ${large.label}`, only: 'block' })
  const layout = (await rowsOf(client, core, 'layout'))[0]!
  expect(wish(layout, 'layout')).toMatchObject({ only: 'layout' })
  expect(await wish(layout, 'layout')?.addresses()).toMatchObject({ ok: true, value: { length: 1 } })
})
