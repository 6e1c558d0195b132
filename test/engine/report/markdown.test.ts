import { expect, test } from 'vitest'
import type { CoreSummary, TopPage } from '../../../src-main/contract/rows.ts'
import { markdownReport } from '../../../src-main/engine/report/markdown.ts'

const HOSTILE = '<img src=x onerror=alert(1)> | [click](javascript:1) `code` **b** \n# heading\u202e'

const summary: CoreSummary = {
  core: 'c',
  path: `/cores/${HOSTILE}`,
  fileSize: 1,
  process: { pid: 1, command: HOSTILE, args: HOSTILE, signal: 11, signalName: 'SIGSEGV', faultAddress: 16, machine: 'x86-64', writer: 'kernel' },
  threads: [],
  modules: [{ path: HOSTILE, buildId: 'ab', base: 4096, end: 8192, debug: 'none', file: '', debugFiles: [], missing: '', getIt: [] }],
  accounting: { mapped: 4096, rows: [{ kind: 'allocator-used', bytes: 4096, ranges: 1 }] },
  allocators: [],
  diagnostics: [{ kind: 'note', where: HOSTILE, offset: null, message: HOSTILE }],
  timings: [],
  peakMemoryBytes: 0,
  cached: false,
}
const top: TopPage = { rows: [{ key: 'k', type: HOSTILE, label: HOSTILE, size: 8, sizes: 1, requested: null, count: 1, bytes: 8, share: 1, evidence: '' }], total: 1, offset: 0, all: { count: 1, bytes: 8 }, filtered: { count: 1, bytes: 8 } }

test('names from the core stay text: no markup, no links, no lines or cells of their own', () => {
  const markdown = markdownReport(summary, top)
  expect(markdown).not.toMatch(/(^|[^\\])<img/)
  expect(markdown).not.toMatch(/[^\\]\]\(javascript/)
  expect(markdown).not.toMatch(/^# heading/m)
  expect(markdown).not.toContain('\u202e')
  const row = markdown.split('\n').find((line) => line.includes('| 8 |')) ?? ''
  expect(row.match(/(?<!\\)\|/g)?.length).toBe(6)
})
