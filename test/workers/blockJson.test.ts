import { expect, test } from 'vitest'
import type { BlockRow } from '../../src-main/contract/rows.ts'
import { BlockJsonWriter } from '../../src-main/workers/blockJson.ts'
import { standInBlock } from './standInSession.ts'

const slow = (row: BlockRow): string => JSON.stringify({ addr: `0x${row.addr.toString(16)}`, size: row.size, state: row.state, allocator: row.allocator, arena: row.arena, type: row.type, ...(row.kind === '' ? {} : { kind: row.kind }), count: row.count, confidence: row.confidence, evidence: row.evidence, ...(row.layout === undefined ? {} : { reachable: row.reachable, layout: row.layout }) })

test('writes what JSON.stringify writes, for every address, size and name', () => {
  const writer = new BlockJsonWriter(10)
  const addresses = [0, 1, 15, 16, 0x1000, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x1_0000_0001, 0x55cc_ba2e_ac10, 0x7fff_ffff_f000, 0x1ff_ffff_ffff_f000, 0xffff_ffff_ff60_0000]
  const sizes = [0, 9, 10, 24, 4294967295, 4294967296, Number.MAX_SAFE_INTEGER]
  const names = [null, 'A', 'std::vector<ä, "q\\">', '\n\x1b\u2028😀', 'x'.repeat(5000)]
  const rows: BlockRow[] = []
  for (const addr of addresses) for (const size of sizes) for (const type of names) rows.push({ ...standInBlock(addr % 7), addr, size, type, count: size % 5, confidence: 0.97, arena: `thread ${addr % 3}`, kind: type === null && addr % 2 === 1 ? 'class at ä+0x10' : '', ...(size % 2 === 0 ? {} : { reachable: addr % 5 !== 0, layout: `${size}/VP-P` }) })
  for (const row of rows) writer.write(row, ',', '\n')
  const lines = new TextDecoder().decode(writer.take()).split('\n').slice(0, -1)
  expect(lines).toEqual(rows.map((row) => `,${slow(row)}`))
  expect(writer.take()).toHaveLength(0)
})

test('rows that recur by the thousand types and counts stay right', () => {
  const writer = new BlockJsonWriter(1 << 20)
  for (let i = 0; i < 30_000; i++) {
    const row = { ...standInBlock(i), type: `T${i % 11_000}`, count: i }
    writer.write(row, '', '')
    expect(new TextDecoder().decode(writer.take())).toBe(slow(row))
  }
})
