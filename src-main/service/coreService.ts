/**
 * The one implementation of CoreApi: offered files, one engine worker for each open core, events, checked arguments.
 * Hosts adapt it and nothing else. No method throws; all settle, also when a worker dies.
 */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { CoreApi, CoreEvent, HostInfo, OfferedFile } from '../contract/api.ts'
import type { Outcome } from '../contract/outcome.ts'
import type {
  BlockPage, BlockView, CoreSummary, GlobalRow, GraphState, LayoutDetails, LeakGroupPage, LeakPage, ModuleSymbolsRow, Neighbourhood, Page, RangeRow,
  ReferenceGroups, ReferencePage, RetainedPage, TopPage, TypeLayout, TypeRow, Why,
} from '../contract/rows.ts'
import type { CandidatePage, LabelRow, TypeEvidence, TypesState } from '../contract/typeRows.ts'
import type { StackPage } from '../contract/stackRows.ts'
import { UsageError } from '../engine/errors.ts'
import { Cancelled } from '../engine/ports.ts'
import type { OpenOptions } from '../engine/session.ts'
import { symbolsFolder } from '../storage/cacheCleanup.ts'
import { RecentFiles } from '../storage/recentFiles.ts'
import { EngineWorker } from '../workers/engineWorker.ts'
import { toFailure } from '../workers/failure.ts'
import type { BlockText, BlockTextQuery, EngineCalls, EngineMethod, TypeText, TypeTextQuery } from '../workers/messages.ts'
import { SymbolPool } from '../workers/symbolPool.ts'
import {
  addressQuery, blockQuery, blockViewQuery, candidateQuery, coreQuery, fileQuery, globalQuery, graphPartQuery, labelQuery, layoutQuery, leakGroupQuery, leakQuery, neighbourhoodQuery, openQuery, rangeQuery, referenceGroupQuery, referenceQuery, removeLabelsQuery, retainedQuery,
  stackQuery, topQuery, typeLayoutQuery, typeQuery, whyQuery,
} from './arguments.ts'
import { CoreGraph } from './coreGraph.ts'
import { CoreSymbols } from './coreSymbols.ts'
import { CoreTypes } from './coreTypes.ts'
import { OfferedFiles } from './offeredFiles.ts'

export interface CoreServiceOptions {
  info: HostInfo
  /** Where executables, debug files and the sysroot are. */
  open: OpenOptions
  cacheFolder: string
  /** Neither read nor write indexes and decompressed cores. */
  noCache?: boolean
  /** Opened cores go into the list of recent files. */
  remember?: boolean
  /** Asks the person for a path; absent where the host has no dialog. */
  choose?: () => Promise<string | null>
  onOpened?: (path: string) => void
  /** Symbols are read only once someone asks for them, not as soon as a core is open. */
  symbolsWhenAsked?: boolean
  /** The graph is built only once someone waits for it, not as soon as symbols are read. */
  graphWhenAsked?: boolean
  /** Types are looked for only once someone waits for them. */
  typesWhenAsked?: boolean
  workerUrl?: URL | undefined
  symbolWorkerUrl?: URL | undefined
  graphWorkerUrl?: URL | undefined
}

interface OpenCore {
  handle: string
  file: string
  worker: EngineWorker
  symbols: CoreSymbols
  graph: CoreGraph
  types: CoreTypes
  /** Where indexes and labels are kept. */
  folder: string
  /** Of the file when it was opened: a core written anew is analysed anew. */
  stamp: string
  outcome: Promise<Outcome<CoreSummary>>
  /** Removed when the core is closed; null where the cache served. */
  scratch: string | null
}

export class CoreService implements CoreApi {
  private readonly options: CoreServiceOptions
  private readonly files: OfferedFiles
  private readonly pool: SymbolPool
  private readonly cores = new Map<string, OpenCore>()
  private readonly listeners = new Set<(event: CoreEvent) => void>()
  private closed = false

  constructor(options: CoreServiceOptions) {
    this.options = options
    this.pool = new SymbolPool({ url: options.symbolWorkerUrl })
    this.files = new OfferedFiles(options.remember === true ? new RecentFiles(options.cacheFolder) : null)
  }

  subscribe(listener: (event: CoreEvent) => void): () => void {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  /** For hosts only: a path from the command line, a dialog, a drop. Tells the listeners when `announce`. */
  async offer(path: string, openNow: boolean, announce = true): Promise<OfferedFile> {
    const file = await this.files.offer(path, openNow)
    if (announce) this.emit({ kind: 'offered', file })
    return file
  }

  /** Ends all workers; calls under way settle as cancelled, and so do all that come. */
  async close(): Promise<void> {
    this.closed = true
    await Promise.all([...this.cores.values()].map((core) => this.drop(core)))
    await this.pool.close()
  }

  host(): Promise<Outcome<HostInfo>> {
    return this.answer('host', () => this.options.info)
  }

  listFiles(): Promise<Outcome<OfferedFile[]>> {
    return this.answer('listFiles', () => this.files.list())
  }

  chooseFile(): Promise<Outcome<OfferedFile | null>> {
    return this.answer('chooseFile', async () => {
      const path = (await this.options.choose?.()) ?? null
      return path === null ? null : await this.offer(path, false, false)
    })
  }

  forgetFile(query: { file: string }): Promise<Outcome<null>> {
    return this.answer('forgetFile', () => {
      this.files.forget(fileQuery(query).file)
      return null
    })
  }

  async openCore(query: { file: string; noCache?: boolean }): Promise<Outcome<CoreSummary>> {
    const started = await this.answer('openCore', async () => {
      const { file, noCache } = openQuery(query)
      const path = this.files.path(file)
      if (path === null) throw new UsageError('no such file was offered', file, 'list the files again')
      const stamp = stampOf(path)
      const open = this.findFile(file)
      if (open !== undefined && open.stamp === stamp && noCache !== true && !open.worker.isDead) return open
      if (open !== undefined) await this.drop(open)
      if (this.closed) throw new Cancelled()
      return this.start(file, path, stamp, noCache === true || this.options.noCache === true)
    })
    return started.ok ? await started.value.outcome : started
  }

  cancelOpen(query: { file: string }): Promise<Outcome<null>> {
    return this.answer('cancelOpen', () => {
      this.findFile(fileQuery(query).file)?.worker.cancel()
      return null
    })
  }

  closeCore(query: { core: string }): Promise<Outcome<null>> {
    return this.answer('closeCore', async () => {
      const core = this.cores.get(coreQuery(query).core)
      if (core !== undefined) await this.drop(core)
      return null
    })
  }

  summary(query: { core: string }): Promise<Outcome<CoreSummary>> {
    return this.ask('summary', query, (q) => coreQuery(q).core, () => null)
  }

  listTop(query: Parameters<CoreApi['listTop']>[0]): Promise<Outcome<TopPage>> {
    return this.ask('listTop', query, (q) => topQuery(q).core, topQuery)
  }

  listBlocks(query: Parameters<CoreApi['listBlocks']>[0]): Promise<Outcome<BlockPage>> {
    return this.ask('listBlocks', query, (q) => blockQuery(q).core, blockQuery)
  }

  listRanges(query: Parameters<CoreApi['listRanges']>[0]): Promise<Outcome<Page<RangeRow>>> {
    return this.ask('listRanges', query, (q) => rangeQuery(q).core, rangeQuery)
  }

  listStacks(query: Parameters<CoreApi['listStacks']>[0]): Promise<Outcome<StackPage>> {
    return this.askPart('listStacks', query, ({ symbols }, checked) => symbols.listStacks(checked), stackQuery)
  }

  listTypes(query: Parameters<CoreApi['listTypes']>[0]): Promise<Outcome<Page<TypeRow>>> {
    return this.ask('listTypes', query, (q) => typeQuery(q).core, typeQuery)
  }

  typeLayout(query: Parameters<CoreApi['typeLayout']>[0]): Promise<Outcome<TypeLayout>> {
    return this.ask('typeLayout', query, (q) => typeLayoutQuery(q).core, typeLayoutQuery)
  }

  listGlobals(query: Parameters<CoreApi['listGlobals']>[0]): Promise<Outcome<Page<GlobalRow>>> {
    return this.ask('listGlobals', query, (q) => globalQuery(q).core, globalQuery)
  }

  viewBlock(query: Parameters<CoreApi['viewBlock']>[0]): Promise<Outcome<BlockView>> {
    return this.ask('viewBlock', query, (q) => blockViewQuery(q).core, blockViewQuery)
  }

  listReferences(query: Parameters<CoreApi['listReferences']>[0]): Promise<Outcome<ReferencePage>> {
    return this.ask('listReferences', query, (q) => referenceQuery(q).core, referenceQuery)
  }

  groupReferences(query: Parameters<CoreApi['groupReferences']>[0]): Promise<Outcome<ReferenceGroups>> {
    return this.ask('groupReferences', query, (q) => referenceGroupQuery(q).core, referenceGroupQuery)
  }

  neighbourhood(query: Parameters<CoreApi['neighbourhood']>[0]): Promise<Outcome<Neighbourhood>> {
    return this.ask('neighbourhood', query, (q) => neighbourhoodQuery(q).core, neighbourhoodQuery)
  }

  why(query: Parameters<CoreApi['why']>[0]): Promise<Outcome<Why>> {
    return this.ask('why', query, (q) => whyQuery(q).core, whyQuery)
  }

  listLeaks(query: Parameters<CoreApi['listLeaks']>[0]): Promise<Outcome<LeakPage>> {
    return this.ask('listLeaks', query, (q) => leakQuery(q).core, leakQuery)
  }

  groupLeaks(query: Parameters<CoreApi['groupLeaks']>[0]): Promise<Outcome<LeakGroupPage>> {
    return this.ask('groupLeaks', query, (q) => leakGroupQuery(q).core, leakGroupQuery)
  }

  listRetained(query: Parameters<CoreApi['listRetained']>[0]): Promise<Outcome<RetainedPage>> {
    return this.ask('listRetained', query, (q) => retainedQuery(q).core, retainedQuery)
  }

  layoutDetails(query: Parameters<CoreApi['layoutDetails']>[0]): Promise<Outcome<LayoutDetails>> {
    return this.ask('layoutDetails', query, (q) => layoutQuery(q).core, layoutQuery)
  }

  typesState(query: { core: string }): Promise<Outcome<TypesState>> {
    return this.askPart('typesState', query, ({ types }) => Promise.resolve({ ok: true, value: types.current() }))
  }

  awaitTypes(query: { core: string }): Promise<Outcome<TypesState>> {
    return this.askPart('awaitTypes', query, ({ types }) => types.wait())
  }

  cancelTypes(query: { core: string }): Promise<Outcome<null>> {
    return this.askPart('cancelTypes', query, async ({ types }) => {
      await types.cancel()
      return { ok: true, value: null }
    })
  }

  evidence(query: Parameters<CoreApi['evidence']>[0]): Promise<Outcome<TypeEvidence>> {
    return this.ask('evidence', query, (q) => addressQuery(q).core, addressQuery)
  }

  candidates(query: Parameters<CoreApi['candidates']>[0]): Promise<Outcome<CandidatePage>> {
    return this.ask('candidates', query, (q) => candidateQuery(q).core, candidateQuery)
  }

  listLabels(query: { core: string }): Promise<Outcome<LabelRow[]>> {
    return this.ask('listLabels', query, (q) => coreQuery(q).core, () => null)
  }

  setLabel(query: Parameters<CoreApi['setLabel']>[0]): Promise<Outcome<LabelRow[]>> {
    return this.askPart('setLabel', query, ({ worker, folder, types }, q) => worker.call('setLabel', { ...q, folder }).then((labels) => told(labels, types)), labelQuery)
  }

  removeLabels(query: Parameters<CoreApi['removeLabels']>[0]): Promise<Outcome<LabelRow[]>> {
    return this.askPart('removeLabels', query, ({ worker, folder, types }, { ids }) => worker.call('removeLabels', { ids, folder }).then((labels) => told(labels, types)), removeLabelsQuery)
  }

  graphState(query: { core: string }): Promise<Outcome<GraphState>> {
    return this.askPart('graphState', query, ({ graph }) => Promise.resolve({ ok: true, value: graph.current() }))
  }

  awaitGraph(query: Parameters<CoreApi['awaitGraph']>[0]): Promise<Outcome<GraphState>> {
    return this.askPart('awaitGraph', query, ({ graph }, { part }) => graph.wait(part), graphPartQuery)
  }

  cancelGraph(query: { core: string }): Promise<Outcome<null>> {
    return this.askPart('cancelGraph', query, async ({ graph }) => {
      await graph.cancel()
      return { ok: true, value: null }
    })
  }

  listModuleSymbols(query: { core: string }): Promise<Outcome<ModuleSymbolsRow[]>> {
    return this.askSymbols('listModuleSymbols', query, (symbols) => symbols.list())
  }

  awaitSymbols(query: { core: string }): Promise<Outcome<ModuleSymbolsRow[]>> {
    return this.askSymbols('awaitSymbols', query, (symbols) => symbols.settled())
  }

  cancelSymbols(query: { core: string }): Promise<Outcome<null>> {
    return this.askSymbols('cancelSymbols', query, (symbols) => {
      symbols.cancel()
      return Promise.resolve({ ok: true, value: null })
    })
  }

  retrySymbols(query: { core: string }): Promise<Outcome<null>> {
    return this.askSymbols('retrySymbols', query, (symbols) => {
      symbols.retry()
      return Promise.resolve({ ok: true, value: null })
    })
  }

  async report(query: { core: string }): Promise<Outcome<{ markdown: string; suggestedName: string }>> {
    const markdown = await this.ask('report', query, (q) => coreQuery(q).core, () => null)
    if (!markdown.ok) return markdown
    const file = this.cores.get(query.core)?.file
    const name = basename((file === undefined ? null : this.files.path(file)) ?? 'core')
    return { ok: true, value: { markdown: markdown.value, suggestedName: `${name}-report.md` } }
  }

  /** Not of CoreApi: for the command line, which prints millions of blocks. */
  blockText(query: BlockTextQuery): Promise<Outcome<BlockText>> {
    return this.ask('blockText', query, (q) => q.query.core, (q) => q)
  }

  /** Not of CoreApi: for the command line, which prints all types there are. */
  typeText(query: TypeTextQuery): Promise<Outcome<TypeText>> {
    return this.ask('typeText', query, (q) => q.query.core, (q) => q)
  }

  /** Not of CoreApi: for the command line, whose commands over the graph wait for no types. */
  keptTypes(query: { core: string }): Promise<Outcome<TypesState>> {
    return this.askPart('keptTypes', query, ({ types }) => types.kept())
  }

  /** Not of CoreApi: for the command line, which asks before symbols are read. Null where they have to be. */
  findType(query: { core: string; name: string }): Promise<Outcome<TypeLayout | null>> {
    return this.askSymbols('findType', query, (symbols) => symbols.findType(query.name))
  }

  private start(file: string, path: string, stamp: string, noCache: boolean): OpenCore {
    const handle = randomUUID()
    const scratch = noCache ? mkdtempSync(join(tmpdir(), 'corelens-')) : null
    const worker = new EngineWorker({
      where: path,
      url: this.options.workerUrl,
      onProgress: (report) => this.emit({ kind: 'progress', file, ...report }),
      onSymbolsDamaged: (identity) => symbols.damaged(identity),
    })
    const symbols = new CoreSymbols({
      worker,
      pool: this.pool,
      folder: symbolsFolder(scratch ?? this.options.cacheFolder),
      onChange: (row, done, total) => this.emit({ kind: 'symbols', core: handle, file, row, done, total }),
    })
    const graph = new CoreGraph({
      worker,
      folder: scratch ?? this.options.cacheFolder,
      url: this.options.graphWorkerUrl,
      onChange: (state) => this.emit({ kind: 'graph', core: handle, file, state }),
    })
    const types = new CoreTypes({
      worker,
      path,
      open: this.options.open,
      folder: scratch ?? this.options.cacheFolder,
      url: this.options.workerUrl,
      symbols: () => symbols.settled(),
      onChange: (state) => this.emit({ kind: 'types', core: handle, file, state }),
    })
    const outcome = worker.open({
      path,
      handle,
      options: this.options.open,
      indexFolder: noCache ? null : this.options.cacheFolder,
      decompressFolder: scratch ?? this.options.cacheFolder,
    })
    const core: OpenCore = { handle, file, worker, symbols, graph, types, folder: scratch ?? this.options.cacheFolder, stamp, scratch, outcome: outcome.then((settled) => this.opened(core, path, settled)) }
    this.cores.set(handle, core)
    return core
  }

  private async opened(core: OpenCore, path: string, outcome: Outcome<CoreSummary>): Promise<Outcome<CoreSummary>> {
    if (outcome.ok) {
      this.files.wasOpened(core.file)
      this.options.onOpened?.(path)
      const settled = this.options.symbolsWhenAsked === true ? null : core.symbols.settled()
      // one after the other, in the order in which the person sees them
      const typed = Promise.resolve(settled).then(() => (this.options.typesWhenAsked === true || settled === null ? null : core.types.wait()))
      if (this.options.graphWhenAsked !== true) void typed.then(() => core.graph.wait('retained'))
    } else {
      await this.drop(core)
    }
    return outcome
  }

  private async drop(core: OpenCore): Promise<void> {
    this.cores.delete(core.handle)
    core.symbols.cancel()
    // the worker's end settles what the graph waits for
    await Promise.all([core.graph.close(), core.types.cancel(), core.worker.close()])
    if (core.scratch === null) return
    await this.pool.quiet(symbolsFolder(core.scratch))
    rmSync(core.scratch, { recursive: true, force: true })
  }

  private findFile(file: string): OpenCore | undefined {
    return [...this.cores.values()].find((core) => core.file === file)
  }

  private async ask<M extends EngineMethod, Q>(
    method: M,
    query: Q,
    coreOf: (query: Q) => string,
    check: (query: Q) => EngineCalls[M]['query'],
  ): Promise<Outcome<EngineCalls[M]['answer']>> {
    const asked = await this.answer(method, () => {
      const core = this.cores.get(coreOf(query))
      if (core === undefined) throw new UsageError('this core is not open', method, 'open it again')
      return { worker: core.worker, query: check(query) }
    })
    return asked.ok ? await asked.value.worker.call(method, asked.value.query) : asked
  }

  private askSymbols<T>(method: string, query: { core: string }, work: (symbols: CoreSymbols) => Promise<Outcome<T>>): Promise<Outcome<T>> {
    return this.askPart(method, query, ({ symbols }) => work(symbols))
  }

  private askPart<T>(method: string, query: { core: string }, work: (core: OpenCore) => Promise<Outcome<T>>): Promise<Outcome<T>>
  private askPart<T, Q extends { core: string }>(method: string, query: Q, work: (core: OpenCore, query: Q) => Promise<Outcome<T>>, check: (query: unknown) => Q): Promise<Outcome<T>>
  private async askPart<T, Q extends { core: string }>(method: string, query: Q, work: (core: OpenCore, query: Q) => Promise<Outcome<T>>, check: (query: unknown) => Q = coreQuery as (query: unknown) => Q): Promise<Outcome<T>> {
    const asked = await this.answer(method, () => {
      const checked = check(query)
      const core = this.cores.get(checked.core)
      if (core === undefined) throw new UsageError('this core is not open', method, 'open it again')
      return { core, checked }
    })
    return asked.ok ? await work(asked.value.core, asked.value.checked) : asked
  }

  private async answer<T>(where: string, work: () => T | Promise<T>): Promise<Outcome<T>> {
    try {
      if (this.closed) throw new Cancelled()
      return { ok: true, value: await work() }
    } catch (error) {
      return { ok: false, error: toFailure(error, where) }
    }
  }

  private emit(event: CoreEvent): void {
    for (const listener of [...this.listeners]) listener(event)
  }
}

function told(labels: Outcome<LabelRow[]>, types: CoreTypes): Outcome<LabelRow[]> {
  if (labels.ok) types.changed()
  return labels
}

function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.size} ${stat.mtimeMs}`
}
