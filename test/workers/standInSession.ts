/**
 * A session made of rules instead of a core, for tests of what lies around the engine. The file's text drives it:
 * `blocks N` lines say how many blocks there are; `slow`, `deaf`, `writing`, `bug`, `exit`, `unreadable`, `no memory` misbehave while opening;
 * `symbols A B` are modules whose files, beside it, standInReader reads; the report has a line for each that is attached.
 */
import type { OpenSession } from '../../src-main/engine/session.ts'
import type { SymbolSource } from '../../src-main/engine/symbols/moduleSources.ts'
import type { SymbolTables } from '../../src-main/engine/symbols/tables.ts'
import type { BlockPage, BlockRow, CoreSummary, TopPage } from '../../src-main/contract/rows.ts'
import { UnreadableCore, UsageError } from '../../src-main/engine/errors.ts'
import { standInGraph } from './standInGraph.ts'
import { standInQueries } from './standInQueries.ts'

export function standInBlock(i: number): BlockRow {
  return {
    addr: 0x55cc_ba2e_0010 + i * 32,
    size: 24,
    state: i % 2 === 0 ? 'used' : 'free',
    allocator: 'glibc',
    arena: 'main',
    type: i % 4 === 0 ? 'A<"ä">' : null,
    kind: '',
    count: 1,
    confidence: i % 4 === 0 ? 1 : 0,
    evidence: i % 4 === 0 ? 'vtable of A' : '',
  }
}

/** As the command line prints it. */
export function standInBlockJson(i: number): object {
  const { addr, kind: _, ...rest } = standInBlock(i)
  return { addr: `0x${addr.toString(16)}`, ...rest }
}

export const standInSession: OpenSession = async (handle, options, ports) => {
  const bytes = new Uint8Array(Math.min(ports.core.size, 4096))
  ports.core.read(0, bytes)
  const text = new TextDecoder().decode(bytes)
  const blocks = Number(/blocks (\d+)/.exec(text)?.[1] ?? 0)
  ports.progress.stage('open', 0, 'bytes')
  ports.progress.stage('blocks', 1000, 'items')
  if (text.includes('unreadable')) throw new UnreadableCore('not an ELF file', ports.core.name, 'name a core dump')
  if (text.includes('bug')) throw new TypeError('a bug in the engine')
  if (text.includes('no memory')) throw new RangeError('Array buffer allocation failed')
  if (text.includes('exit')) process.exit(1)
  if (text.includes('writing')) ports.store?.create(ports.core.name, 1).writeChunk('addr', 0, bytes)
  if (text.includes('deaf')) for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
  if (text.includes('slow')) {
    for (let i = 0; i < 1000; i++) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
      ports.progress.advance(i)
    }
  }
  if (ports.store !== null) {
    const writer = ports.store.create(ports.core.name, 1)
    writer.writeChunk('addr', 0, bytes)
    writer.commit({ blocks })
  }
  const sources = (/symbols ([\w ]+)/.exec(text)?.[1] ?? '').split(' ').filter((name) => name !== '').map((name, module): SymbolSource => {
    const file = ports.core.name.replace(/[^/\\]*$/, name)
    return { module, identity: name === 'vdso' ? '' : name, paths: { path: `/lib/${name}`, buildId: name, file, debugFile: '', options }, fingerprint: 'f', missing: name === 'vdso' ? 'it has no file' : '' }
  })
  const attached = new Map<number, SymbolTables>()
  const summary: CoreSummary = {
    core: handle,
    path: ports.core.name,
    fileSize: ports.core.size,
    process: { pid: 42, command: 'demo', args: './demo', signal: 11, signalName: 'SIGSEGV', faultAddress: 0, machine: 'x86-64', writer: 'kernel' },
    threads: [{ tid: 42, crashed: true, signal: 11, pc: '0x401000', sp: '0x7ffd0000', tp: '0x7f00', module: options.exe ?? 'demo' }],
    modules: [{ path: '/opt/demo', buildId: 'abcd', base: 0x400000, end: 0x500000, debug: 'full', file: '/opt/demo', debugFiles: [], missing: '', getIt: [] }],
    accounting: { rows: [{ kind: 'allocator-used', bytes: 4096, ranges: 1 }, { kind: 'anonymous', bytes: 8192, ranges: 2 }], mapped: 12288 },
    allocators: [{ allocator: 'glibc', arenas: 1, usedCount: blocks, used: 24 * blocks, freeCount: 0, free: 0, overhead: 8 }],
    diagnostics: [{ kind: 'note', where: 'test', offset: 16, message: 'a stand-in' }],
    timings: [{ stage: 'open', seconds: 0.25 }],
    peakMemoryBytes: ports.peakMemory(),
    cached: false,
  }
  const listBlocks = (q: { offset: number; limit: number; state: string }): BlockPage => {
    const all = q.state === 'all'
    const total = all ? blocks : Math.ceil(blocks / 2)
    const rows: BlockRow[] = []
    const end = Math.min(total, q.offset + q.limit)
    for (let i = q.offset; i < end; i++) rows.push(standInBlock(all ? i : i * 2))
    return { rows, total, offset: q.offset, bytes: 24 * total }
  }
  return {
    summary: () => summary,
    listTop(q): TopPage {
      if (q.filter === '/(/') throw new UsageError('the filter is not a regular expression', q.filter, 'close the bracket')
      const rows = [
        { key: 't:A', type: 'A', label: 'A', size: 24, sizes: 1, requested: null, count: 20000, bytes: 480000, share: 0.12, evidence: 'vtable' },
        { key: 's:88', type: null, label: 'malloc(80)', size: 88, sizes: 1, requested: 80, count: 20000, bytes: 1760000, share: 0.44, evidence: '' },
      ]
      const sum = { count: 40000, bytes: 2240000 }
      return { rows: rows.slice(q.offset, q.offset + q.limit), total: 2, offset: q.offset, all: sum, filtered: sum }
    },
    listBlocks,
    listStacks: (q) => Promise.resolve({ rows: [{ tid: 42, frames: [{ pc: 0x401012, function: 'boom\u001b[2J', offset: 18, module: 'demo', cfa: 0x7ffd0010, signal: false, guessed: false }].slice(0, q.frames), count: 3, truncated: 'no call frame information for 0x401000' }].slice(q.offset, q.offset + q.limit), total: 1, offset: q.offset, diagnostics: [{ kind: 'damaged', where: 'demo .eh_frame', offset: 32, message: 'a stand-in’s frame' }] }),
    listRanges: (q) => ({ rows: [], total: 0, offset: q.offset }),
    reportMarkdown: () => `# ${ports.core.name}\n${[...attached].map(([module, { functions }]) => `${module}: ${functions.low.length}\n`).sort().join('')}`,
    keepBlocks: () => undefined,
    inferTypes: () => Promise.resolve(),
    openTypes: () => ({ timings: [] }),
    candidates: (q) => ({ block: { addr: q.address, size: 24, state: 'used', type: null, label: 'malloc(24)' }, blocks: 1, rows: [{ type: 'A<"ä">', typeId: 1, count: 1, header: 0, size: 24, score: 0.9, sampled: 1, fits: 1, good: 2, bad: 0, misfits: [], current: false, referred: true }], total: 1, offset: q.offset }),
    listLabels: () => [],
    setLabel: (q) => [{ id: 'l1', addr: q.addresses[0], scope: q.scope, layout: '', type: q.type, blocks: 1, made: 0 }],
    removeLabels: () => [],
    evidence: () => ({ how: 'its vtable', confidence: 1, steps: [{ addr: 0x600010, type: 'A<"ä">', member: '', root: '' }] }),
    symbolSources: () => sources,
    attachSymbols: (module, tables) => void attached.set(module, tables),
    ...standInQueries(),
    ...standInGraph(),
    close: () => ports.core.close(),
  }
}
