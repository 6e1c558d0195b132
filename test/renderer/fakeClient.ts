/**
 * A CoreApi with plausible answers and no engine behind it: what the renderer is developed and looked at
 * against. Files: a big core (11 million blocks), one that fails to open, one that takes long.
 */

import { STAGES, type BlockQuery, type CoreApi, type CoreEvent, type GraphPart, type OfferedFile } from '../../src-main/contract/api.ts'
import type { Failure, Outcome } from '../../src-main/contract/outcome.ts'
import type { BlockPage, BlockRow, CoreSummary, RangeRow } from '../../src-main/contract/rows.ts'
import { buildSummary } from './fakeSummary.ts'
import { buildGlobals, globalsPage } from './fakeGlobals.ts'
import { byLayout, FakeGraph, layoutOf as layoutText } from './fakeGraph.ts'
import { evidenceOf, FakeInference, untyped } from './fakeInference.ts'
import { addressOf, FakeLabels } from './fakeLabels.ts'
import { memoryView } from './fakeMemory.ts'
import { FakeSymbols } from './fakeSymbols.ts'
import { buildTopRows, topPage } from './fakeTop.ts'
import { buildTypes, layoutOf, typesPage } from './fakeTypes.ts'

export interface FakeOptions {
  blocks: number
  types: number
  /** How long `slow.core` takes, and a tenth of it for the others. */
  openMs: number
  openNow: boolean
  /** How many types the debug information names, and how long reading it takes. */
  namedTypes: number
  symbolsMs: number
  /** How long building the graph takes. */
  graphMs: number
  /** How long finding the types of blocks takes. */
  typesMs: number
}

export interface FakeClient extends CoreApi {
  subscribe(listener: (event: CoreEvent) => void): () => void
}

export const FAKE_DEFAULTS: FakeOptions = { blocks: 11_000_000, types: 3000, openMs: 12_000, openNow: false, namedTypes: 120_000, symbolsMs: 0, graphMs: 0, typesMs: 0 }

export function fakeClient(options: FakeOptions = FAKE_DEFAULTS): FakeClient {
  const top = buildTopRows(options.types)
  const unnamed = { ...top, rows: top.rows.map((row, i) => (i === 0 ? { ...row, type: null, label: 'class at orders-backend+0x4a10' } : row)) }
  const listeners = new Set<(event: CoreEvent) => void>()
  const emit = (event: CoreEvent): void => listeners.forEach((listener) => listener(event))
  const cancels = new Map<string, () => void>()
  let files = offeredFiles(options.openNow)
  const summaries = new Map<string, CoreSummary>()
  const maps = new Map<string, RangeRow[]>()
  const types = buildTypes(options.namedTypes, top.rows)
  const globals = buildGlobals(types)
  const symbols = new FakeSymbols(options.symbolsMs, options.namedTypes, emit)
  const graph = new FakeGraph(options.graphMs, options.blocks, top, emit)
  const inference = new FakeInference(options.typesMs, emit)
  const labels = new FakeLabels(top, types)
  const needGraph = <T>(part: GraphPart, answer: () => T): Promise<Outcome<T>> =>
    graph.state[part] === 'ready' ? ok(answer()) : Promise.resolve(fail('usage', `${part} are not there yet`, 'graph', 'wait until the graph is built'))

  return {
    host: () => ok({ host: 'http', version: '0.1.0', canChoose: true, canDrop: true }),
    listFiles: () => ok(files),
    chooseFile: () => ok(files[0] ?? null),
    forgetFile: ({ file }) => {
      files = files.filter((other) => other.file !== file)
      return ok(null)
    },
    openCore: async ({ file }) => {
      const offered = files.find((other) => other.file === file)
      if (!offered) return fail('usage', 'no such file', file, 'choose one from the list')
      if (offered.name.startsWith('notes')) {
        return fail('unreadable', 'not an ELF file: it begins with "Dear all"', offered.path, 'choose the core dump itself; `file PATH` says what a file is')
      }
      const duration = offered.name.startsWith('slow') ? options.openMs : options.openMs / 10
      if (!(await progress(file, duration, emit, cancels))) return fail('cancelled', 'stopped', offered.path, 'open it again')
      const { summary, ranges } = buildSummary(file, offered.path, top)
      summaries.set(summary.core, summary)
      maps.set(summary.core, ranges)
      symbols.start(summary, file)
      graph.start(summary.core, file)
      inference.start(summary.core, file)
      return { ok: true, value: summary }
    },
    cancelOpen: ({ file }) => {
      cancels.get(file)?.()
      return ok(null)
    },
    closeCore: ({ core }) => {
      summaries.delete(core)
      return ok(null)
    },
    summary: ({ core }) => {
      const summary = summaries.get(core)
      return Promise.resolve(summary ? { ok: true, value: summary } : fail('usage', 'no such core', core, 'open it again'))
    },
    listTop: (q) => {
      const now = inference.state.state !== 'ready' ? untyped(top) : symbols.known(2) > 1 ? labels.applied(top) : unnamed
      return q.by === 'layout' && graph.state.references !== 'ready' ? Promise.resolve(fail('usage', 'layouts are not there yet', 'graph', 'wait until the graph is built')) : Promise.resolve(topPage(q.by === 'layout' ? { ...now, rows: byLayout(now.rows) } : now, q))
    },
    listBlocks: (q) => Promise.resolve({ ok: true, value: blockPage(options.blocks, top, q, graph.state.references === 'ready', labels) }),
    listStacks: ({ core, frames, offset, limit }) => {
      const all = (summaries.get(core)?.threads ?? []).map(({ tid, pc, module }) => ({ tid, frames: [{ pc: Number(pc), function: 'poll', offset: 77, module, cfa: null, signal: false, guessed: false }].slice(0, frames), count: 1, truncated: '' }))
      return ok({ rows: all.slice(offset, offset + limit), total: all.length, offset, diagnostics: [] })
    },
    listRanges: ({ core, kind, sort, descending, offset, limit }) => {
      const rows = (maps.get(core) ?? []).filter((row) => kind === undefined || row.kind === kind)
      if (sort === 'size') rows.sort((a, b) => a.end - a.start - (b.end - b.start))
      if (descending) rows.reverse()
      return ok({ rows: rows.slice(offset, offset + limit), total: rows.length, offset })
    },
    listModuleSymbols: () => ok(symbols.rows),
    awaitSymbols: () => ok(symbols.rows),
    cancelSymbols: () => {
      symbols.cancel()
      return ok(null)
    },
    retrySymbols: () => {
      symbols.retry()
      return ok(null)
    },
    listTypes: (q) => Promise.resolve(typesPage(types.slice(0, symbols.known(types.length)), q)),
    typeLayout: ({ id, name }) => {
      const type = types.find((other) => other.id === id || other.name === name)
      return Promise.resolve(type ? { ok: true, value: layoutOf(type, types) } : fail('usage', 'no debug information describes this type', name ?? `type ${id}`, 'see Modules for what is missing'))
    },
    listGlobals: (q) => Promise.resolve(globalsPage(globals.slice(0, symbols.known(globals.length)), q)),
    viewBlock: (q) => {
      const own = globals.find((row) => row.addr === q.address)?.type ?? labels.typeAt(q.address)
      const wanted = /^(.*?)(?:\[(\d*)\])?$/.exec(q.as ?? own ?? '')
      const type = types.find((other) => other.name === wanted?.[1]) ?? null
      if (type === null && wanted?.[1]) return Promise.resolve(fail('usage', 'no type has this name', q.as ?? '', 'search it on the Types page'))
      return ok(memoryView(type === null ? null : layoutOf(type, types), Number(wanted?.[2] || 1), q, globals, labels))
    },
    typesState: () => ok(inference.state),
    awaitTypes: async () => ({ ok: true, value: await inference.wait() }),
    cancelTypes: () => {
      inference.cancel()
      return ok(null)
    },
    evidence: ({ address }) => (inference.state.state === 'ready' ? ok(evidenceOf(address, labels)) : Promise.resolve(fail('usage', 'types are not there yet', 'types', 'wait until they are found'))),
    candidates: (q) => (q.layout ? needGraph('references', () => labels.candidates(q)) : ok(labels.candidates(q))),
    listLabels: () => ok(labels.rows),
    setLabel: async (q) => {
      await new Promise((resolve) => setTimeout(resolve, options.openMs / 10))
      return labels.set(q) ? ok(labels.rows) : fail('usage', 'no type has this name', q.type, 'search it on the Types page')
    },
    removeLabels: ({ ids }) => {
      labels.remove(ids)
      return ok(labels.rows)
    },
    graphState: () => ok(graph.state),
    awaitGraph: async ({ part }) => ({ ok: true, value: await graph.wait(part) }),
    cancelGraph: () => {
      graph.cancel()
      return ok(null)
    },
    listReferences: (q) => needGraph('references', () => graph.listReferences(q)),
    groupReferences: (q) => needGraph('references', () => graph.groupReferences(q)),
    neighbourhood: ({ address }) => needGraph('references', () => graph.neighbourhood(address)),
    why: (q) => needGraph('references', () => graph.why(q)),
    listLeaks: (q) => needGraph('references', () => graph.listLeaks(q)),
    groupLeaks: (q) => needGraph('references', () => graph.groupLeaks(q)),
    listRetained: (q) => needGraph('retained', () => graph.listRetained(q)),
    layoutDetails: ({ key }) => needGraph('references', () => graph.layoutDetails(key)),
    report: () => ok({ markdown: '# corelens report\n\n| type | bytes |\n|---|---|\n| A | 480,000 |\n', suggestedName: 'core.4711.md' }),
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function ok<T>(value: T): Promise<Outcome<T>> {
  return Promise.resolve({ ok: true, value })
}

function fail(kind: Failure['kind'], what: string, where: string, remedy: string): { ok: false; error: Failure } {
  return { ok: false, error: { kind, what, where, remedy } }
}

function offeredFiles(openNow: boolean): OfferedFile[] {
  const hour = 3_600_000
  const file = (name: string, folder: string, size: number | null, hoursAgo: number | null): OfferedFile => ({
    file: name,
    name,
    path: `${folder}/${name}`,
    size,
    opened: hoursAgo === null ? null : Date.now() - hoursAgo * hour,
    openNow: openNow && name.startsWith('core.4711'),
  })
  return [
    file('core.4711', '/var/crash/orders-backend/2026-11-22', 4_712_345_600, null),
    file('slow.core', '/var/crash', 18_253_611_008, 3),
    file('core.memcached.998.zst', '/var/lib/systemd/coredump', 412_345_118, 27),
    file('core.nginx.1203', '/home/pat/incidents/2026-11/a rather long folder name that does not want to fit anywhere/deep', 96_501_760, 24 * 6),
    file('notes.txt', '/home/pat', 2_113, 24 * 30),
    file('core.gone', '/tmp', null, 24 * 40),
  ]
}

/** True when it ran to its end, false when cancelled. */
async function progress(file: string, duration: number, emit: (event: CoreEvent) => void, cancels: Map<string, () => void>): Promise<boolean> {
  const stages = STAGES.filter((stage) => stage !== 'decompress' || file.endsWith('.zst'))
  let cancelled = false
  cancels.set(file, () => (cancelled = true))
  const steps = 60
  for (let i = 0; i <= steps && !cancelled; i++) {
    const at = Math.min(stages.length - 1, Math.floor((i / steps) * stages.length))
    const within = (i / steps) * stages.length - at
    const stage = stages[at]!
    const bytes = stage === 'decompress' || stage === 'blocks' || stage === 'open'
    const total = bytes ? 4_712_345_600 : 11_000_000
    const elapsedMs = (duration * i) / steps
    emit({ kind: 'progress', file, stage, done: Math.round(total * Math.min(1, within)), total, unit: bytes ? 'bytes' : 'items', elapsedMs, remainingMs: i < 3 ? null : duration - elapsedMs })
    await new Promise((resolve) => setTimeout(resolve, duration / steps))
  }
  cancels.delete(file)
  return !cancelled
}

function blockPage(all: number, top: ReturnType<typeof buildTopRows>, q: BlockQuery, graph: boolean, labels: FakeLabels): BlockPage {
  const selected = q.key !== undefined || q.type !== undefined
  const layouts = q.key?.startsWith('layout ') ? byLayout(top.rows).filter((row) => row.key === q.key) : null
  const counted = layouts ?? top.rows.filter((row) => (q.type !== undefined ? row.type === q.type : row.key === q.key || String(row.size) === q.key))
  const row = counted[0]
  const total = !selected ? all : q.state === 'free' ? 0 : counted.reduce((sum, { count }) => sum + count, 0)
  const rows: BlockRow[] = []
  for (let i = q.offset; i < Math.min(total, q.offset + q.limit); i++) {
    const source = selected && row ? row : top.rows[i % 11]!
    const index = labels.indexIn(selected && layouts === null ? top.rows.indexOf(source) : -1, i)
    const type = labels.typeOf(index, source)
    const state = q.state === 'all' ? (i % 5 === 4 ? 'free' : 'used') : q.state
    rows.push({
      addr: addressOf(index),
      size: source.size,
      state,
      allocator: 'glibc',
      arena: i % 7 === 0 ? `thread ${1 + (i % 12)}` : 'main',
      type: state === 'used' ? type : null,
      kind: layouts === null && source.type === null && source.requested === null ? source.label : '',
      count: 1,
      confidence: type === null ? 0 : labels.isLabelled(index) ? 1 : 0.97,
      evidence: state === 'used' ? (labels.isLabelled(index) ? 'a person’s label' : source.evidence) : '',
      ...(graph && state === 'used' ? { reachable: i % 13 !== 5, layout: layoutText(source.size) } : {}),
    })
  }
  return { rows, total, offset: q.offset, bytes: selected ? counted.reduce((sum, { bytes }) => sum + bytes, 0) : top.bytes }
}
