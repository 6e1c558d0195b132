/** One open core: answers queries from its columns, its symbols and its graph, as far as these are attached. */
import type { Findings } from './analysis.ts'
import type {
  BlockQuery, BlockViewQuery, CandidateQuery, GlobalQuery, GraphPart, LabelQuery, LeakGroupQuery, LeakQuery, NeighbourhoodQuery, RangeQuery, ReferenceGroupQuery, ReferenceQuery, RetainedQuery, StackQuery, TopQuery, TypeLayoutQuery,
  TypeQuery, WhyQuery,
} from '../contract/api.ts'
import type {
  BlockPage, BlockRow, BlockView, CoreSummary, GlobalRow, LayoutDetails, LeakGroupPage, LeakPage, Neighbourhood, Page, RangeRow, ReferenceGroups,
  ReferencePage, RetainedPage, TopPage, TopRow, TypeLayout, TypeRow, Why,
} from '../contract/rows.ts'
import type { CandidatePage, LabelRow, TypeEvidence } from '../contract/typeRows.ts'
import type { StackPage } from '../contract/stackRows.ts'
import { STATE, type Blocks } from './allocator/blocks.ts'
import { randomUUID } from 'node:crypto'
import { GraphQueries } from './findings/graphQueries.ts'
import { LayoutLists } from './findings/layoutLists.ts'
import { listBlocks } from './findings/listBlocks.ts'
import type { ProcessView } from './findings/pointers.ts'
import type { RootThread } from './findings/rootNames.ts'
import { SymbolQueries, type TypeWithMembers } from './findings/symbolQueries.ts'
import { ThreadStacks } from './findings/threadStacks.ts'
import { pageOf, topRows, type TopBy } from './findings/top.ts'
import { hex } from './bytes/units.ts'
import { FormatError, UsageError } from './errors.ts'
import { saveBlocks } from './index/storedBlocks.ts'
import { stackVariables, type StackVariable } from './stacks/stackVariables.ts'
import { unwindThreads, type UnwindQuery } from './stacks/unwindThreads.ts'
import { nameByDebugInfo } from './recognize/debugNames.ts'
import { markdownReport } from './report/markdown.ts'
import type { GraphPlan } from './graph/plan.ts'
import type { IndexStore } from './ports.ts'
import type { EngineSession, SessionPorts } from './session.ts'
import type { SymbolSource } from './symbols/moduleSources.ts'
import type { SymbolTables } from './symbols/tables.ts'
import { confidenceOf, shortEvidence, typeEvidence } from './types/evidence.ts'
import { STRENGTH } from './types/claims.ts'
import { inferTypes, type InferencePart } from './types/inference.ts'
import { loadLabels, saveLabels } from './types/storedLabels.ts'
import { saveTypes, StoredTypes, type BlockTypes } from './types/storedTypes.ts'
import { TypeBench, type Label } from './types/typeBench.ts'
import { kindWords } from './types/unknownBlocks.ts'

export interface SessionParts {
  summary: CoreSummary
  ranges: RangeRow[]
  findings: Findings
  /** Of the blocks' index. */
  identity: string
  /** Of the graph's index. */
  graph: string
  sources: SymbolSource[]
  newView: () => ProcessView
  blocks: Blocks
  threads: RootThread[]
  stacks: UnwindQuery
  planGraph: () => GraphPlan
  ports: SessionPorts
  closeIndex: () => void
}

export class CoreSession implements EngineSession {
  private readonly parts: SessionParts
  private readonly view: ProcessView
  private readonly queries: SymbolQueries
  private readonly graph: GraphQueries
  private readonly rows = new Map<TopBy, TopRow[]>()
  private readonly requested: Map<number, number>
  private readonly stacks: ThreadStacks
  private isNamed = true
  /** With the types that were found, once they are. */
  private findings: Findings
  private types: BlockTypes | null = null
  /** Without labels. */
  private stored: StoredTypes | null = null
  private labels: Label[] = []
  private bench: TypeBench | null = null
  private isKept = false
  /** Modules whose symbols are attached. */
  private readonly attached = new Set<number>()
  private readonly cursor = { query: '', offset: 0, block: 0 }

  constructor(parts: SessionParts) {
    const { findings, threads } = parts
    this.parts = parts
    this.findings = findings
    this.view = parts.newView()
    this.queries = new SymbolQueries(this.view, findings.groups)
    this.stacks = new ThreadStacks(parts.stacks, this.view.symbols)
    this.requested = new Map(findings.requested)
    const usedBytes = findings.allocators.reduce((sum, a) => sum + a.used, 0)
    this.graph = new GraphQueries({ process: this.view, requested: this.requested, threads, usedBytes })
  }

  summary(): CoreSummary {
    return this.parts.summary
  }

  listTop(q: TopQuery): TopPage {
    this.nameBlocks()
    if (q.by === 'layout') return pageOf(this.graph.topByLayout(), q)
    let rows = this.rows.get(q.by)
    if (!rows) this.rows.set(q.by, (rows = topRows(this.findings.groups, this.findings.types, this.requested, q.by)))
    return pageOf(rows, q)
  }

  listBlocks(q: BlockQuery): BlockPage {
    this.nameBlocks()
    const { key } = q
    if (key !== undefined && LayoutLists.isKey(key)) return this.graph.blocksOfLayout({ ...q, key })
    const { memory, blocks, types } = this.view
    return listBlocks(memory, blocks, types, this.findings, q, this.cursor, this.ofBlock)
  }

  listRanges(q: RangeQuery): Page<RangeRow> {
    const rows = this.parts.ranges.filter((r) => q.kind === undefined || r.kind === q.kind)
    if (q.sort === 'size') rows.sort((a, b) => a.end - a.start - (b.end - b.start))
    if (q.descending) rows.reverse()
    return { rows: rows.slice(q.offset, q.offset + q.limit), total: rows.length, offset: q.offset }
  }

  listStacks(q: StackQuery): Promise<StackPage> {
    return this.stacks.list(q)
  }

  reportMarkdown(): string {
    const top = this.listTop({ core: this.parts.summary.core, by: 'type', sort: 'bytes', descending: true, filter: '', offset: 0, limit: 30 })
    return markdownReport(this.parts.summary, top)
  }

  graphPlan(store: IndexStore): GraphPlan {
    this.graph.rest()
    this.keepBlocks(store)
    return this.parts.planGraph()
  }

  keepBlocks(store: IndexStore): void {
    const { ports, identity, blocks, findings } = this.parts
    if (ports.store !== null || this.isKept) return
    saveBlocks(store, identity, blocks, findings, ports.progress)
    this.isKept = true
  }

  async inferTypes(store: IndexStore, without: ReadonlySet<InferencePart> = new Set()): Promise<void> {
    const { progress, now } = this.parts.ports
    const { blocks } = this.view
    progress.stage('types', blocks.count, 'items')
    const inference = inferTypes({ view: this.view, locals: await this.localVariables(), progress, now, rest: this.parts.closeIndex, without })
    progress.stage('store', blocks.chunkCount, 'items')
    saveTypes(store, this.typesIdentity(), blocks, inference, progress)
  }

  /** Of all frames; none where the debug information about them is damaged. */
  private async localVariables(): Promise<StackVariable[]> {
    const { stacks } = this.parts
    try {
      return await stackVariables({ ...stacks, symbols: this.view.symbols }, await unwindThreads(stacks))
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      return []
    }
  }

  openTypes(store: IndexStore, labels: IndexStore): { timings: { stage: string; seconds: number }[] } | null {
    const stored = StoredTypes.open(store, this.typesIdentity())
    if (stored === null) return null
    this.stored = stored
    this.bench = null
    this.labels = loadLabels(labels, this.parts.identity)
    this.useTypes(this.labels.length === 0 ? stored : this.openBench().labelled(this.labels, this.parts.ports.progress))
    return { timings: stored.meta.timings }
  }

  private useTypes(types: BlockTypes): void {
    this.types = types
    this.findings = { ...this.parts.findings, types: types.meta.types, groups: types.meta.groups, inChunk: types.meta.inChunk }
    this.view.blocks = types.typed(this.parts.blocks)
    this.view.types = this.findings.types
    this.isNamed = true
    this.rows.clear()
    this.cursor.query = ''
    this.graph.renamed((ids) => types.typesOf(ids))
    this.queries.setBlocks(this.findings.groups, this.findings.types)
  }

  evidence({ address }: { address: number }): TypeEvidence {
    const { types } = this
    if (!types) throw noTypes(address)
    return typeEvidence(types, this.view.blocks, this.view.types, this.usedBlockAt(address))
  }

  candidates({ address, layout, offset, limit }: CandidateQuery): CandidatePage {
    const bench = this.openBench()
    const block = this.usedBlockAt(address)
    const like = layout ? this.graph.blocksLike(address, false) : { total: 1, blocks: [block] }
    const rows = bench.candidates(like.blocks, this.graph.pointeesOf(block))
    const size = this.view.blocks.size(block)
    const known = this.view.types[this.view.blocks.type(block)]
    return { block: { addr: this.view.blocks.address(block), size, state: 'used', type: known.name, label: known.label || `malloc(${this.requested.get(size) ?? size})` }, blocks: like.total, rows: rows.slice(offset, offset + limit), total: rows.length, offset }
  }

  listLabels(): LabelRow[] {
    return this.labels.map(({ row }) => row)
  }

  setLabel({ addresses, type, scope }: LabelQuery, labels: IndexStore): LabelRow[] {
    const bench = this.openBench()
    bench.checkType(type)
    const label = (addr: number, layout: string, blocks: number[]): Label => ({
      row: { id: randomUUID(), addr, scope, layout, type, blocks: blocks.length, made: Date.now() },
      blocks: Uint32Array.from(blocks).sort(),
    })
    const made = scope === 'layout' ? [this.graph.blocksLike(addresses[0], true)].map(({ layout, blocks }) => label(addresses[0], layout, blocks)) : addresses.map((address) => label(address, '', [this.usedBlockAt(address)]))
    return this.changeLabels([...made, ...this.labels], labels)
  }

  removeLabels({ ids }: { ids: string[] }, labels: IndexStore): LabelRow[] {
    return this.changeLabels(this.labels.filter(({ row }) => !ids.includes(row.id)), labels)
  }

  private changeLabels(labels: Label[], store: IndexStore): LabelRow[] {
    const { stored } = this
    if (!stored) throw noTypes(0)
    // the latest label of a block counts
    this.useTypes(labels.length === 0 ? stored : this.openBench().labelled([...labels].reverse(), this.parts.ports.progress))
    this.labels = labels
    saveLabels(store, this.parts.identity, labels)
    return this.listLabels()
  }

  private openBench(): TypeBench {
    if (!this.stored) throw noTypes(0)
    return (this.bench ??= new TypeBench({ ...this.view, blocks: this.parts.blocks }, this.parts.blocks, this.stored))
  }

  private usedBlockAt(address: number): number {
    const { blocks } = this.view
    const block = blocks.containing(address)
    if (block < 0 || blocks.state(block) !== STATE.used) throw new UsageError('no block in use holds this address', hex(address), 'give the address of a block: blocks lists them')
    return block
  }

  /** What is known of a used block beyond the columns; null where nothing is. */
  private get ofBlock(): ((block: number) => Partial<BlockRow>) | null {
    const { types } = this
    const graph = this.graph.ofBlock
    if (!types) return graph
    const { blocks, types: known } = this.view
    return (block) => {
      const row: Partial<BlockRow> = graph === null ? {} : graph(block)
      const type = blocks.type(block)
      const isUnknown = type === 0 || known[type].owner !== undefined
      // bytes behind a pointer to characters look like something, too
      const kind = isUnknown || (known[type].name !== null && types.strength(block) <= STRENGTH.buffer) ? (this.stored?.kind(block) ?? null) : null
      if (kind) row.kind = kindWords(kind, blocks.size(block), (usable) => this.requested.get(usable) ?? usable)
      if (isUnknown) return row
      return Object.assign(row, { confidence: confidenceOf(types.strength(block)), evidence: shortEvidence(types, block, blocks.count, known[type]) })
    }
  }

  /** Other symbols make other types. */
  private typesIdentity(): string {
    const known = this.parts.sources.filter(({ module }) => this.attached.has(module)).map(({ module, identity }) => `${module} ${identity}`)
    return `${this.parts.identity} types ${known.join(' ')}`
  }

  openGraph(store: IndexStore): Record<GraphPart, boolean> {
    return this.graph.open(store, this.parts.graph)
  }

  listReferences(q: ReferenceQuery): ReferencePage {
    this.nameBlocks()
    return this.graph.listReferences(q)
  }

  groupReferences(q: ReferenceGroupQuery): ReferenceGroups {
    this.nameBlocks()
    return this.graph.groupReferences(q)
  }

  neighbourhood(q: NeighbourhoodQuery): Neighbourhood {
    this.nameBlocks()
    return this.graph.neighbourhood(q)
  }

  why(q: WhyQuery): Why {
    this.nameBlocks()
    return this.graph.why(q)
  }

  listLeaks(q: LeakQuery): LeakPage {
    this.nameBlocks()
    return this.graph.listLeaks(q)
  }

  groupLeaks(q: LeakGroupQuery): LeakGroupPage {
    this.nameBlocks()
    return this.graph.groupLeaks(q)
  }

  listRetained(q: RetainedQuery): RetainedPage {
    this.nameBlocks()
    return this.graph.listRetained(q)
  }

  layoutDetails({ key }: { key: string }): LayoutDetails {
    this.nameBlocks()
    return this.graph.layoutDetails(key)
  }

  symbolSources(): SymbolSource[] {
    return this.parts.sources
  }

  attachSymbols(module: number, tables: SymbolTables): void {
    this.queries.attach(module, tables)
    this.attached.add(module)
    this.isNamed = this.types !== null
  }

  /** Types of blocks are called as the debug information calls them, as far as it is attached. */
  private nameBlocks(): void {
    if (this.isNamed) return
    this.isNamed = true
    const { types, groups } = this.findings
    if (!nameByDebugInfo(types, this.queries.typeFinder, this.view.memory)) return
    this.rows.clear()
    this.graph.renamed(null)
    this.queries.setBlocks(groups, types)
  }

  listTypes(q: TypeQuery): Page<TypeRow> {
    this.nameBlocks()
    return this.queries.listTypes(q)
  }

  listTypesWithMembers(q: TypeQuery): Page<TypeWithMembers> {
    this.nameBlocks()
    return this.queries.listTypesWithMembers(q)
  }

  typeLayout(q: TypeLayoutQuery): TypeLayout {
    this.nameBlocks()
    return this.queries.typeLayout(q)
  }

  layoutIn(module: number, tables: SymbolTables, name: string): TypeLayout {
    const alone = new SymbolQueries(this.parts.newView(), this.parts.findings.groups)
    alone.attach(module, tables)
    return alone.typeLayout({ core: this.parts.summary.core, name })
  }

  listGlobals(q: GlobalQuery): Page<GlobalRow> {
    return this.queries.listGlobals(q)
  }

  viewBlock(q: BlockViewQuery): BlockView {
    this.nameBlocks()
    const view = this.queries.viewBlock(q)
    const { ofBlock } = this
    if (ofBlock && view.block?.state === 'used') Object.assign(view.block, ofBlock(this.view.blocks.containing(view.addr)))
    return view
  }

  close(): void {
    this.parts.closeIndex()
    this.stored?.rest()
    this.graph.rest()
    this.parts.ports.core.close()
  }
}

const noTypes = (address: number): UsageError => new UsageError('the types of blocks are not known yet', hex(address), 'ask again once they are')
