/** One open core: answers queries from its columns, its symbols and its graph, as far as these are attached. */
import type { Findings } from './analysis.ts'
import type {
  BlockQuery, BlockViewQuery, GlobalQuery, GraphPart, LeakGroupQuery, LeakQuery, NeighbourhoodQuery, RangeQuery, ReferenceGroupQuery, ReferenceQuery, RetainedQuery, StackQuery, TopQuery, TypeLayoutQuery,
  TypeQuery, WhyQuery,
} from '../contract/api.ts'
import type {
  BlockPage, BlockRow, BlockView, CoreSummary, GlobalRow, LayoutDetails, LeakGroupPage, LeakPage, Neighbourhood, Page, RangeRow, ReferenceGroups, ReferencePage, RetainedPage, TopPage, TopRow, TypeEvidence, TypeLayout,
  TypeRow, Why,
} from '../contract/rows.ts'
import type { StackPage } from '../contract/stackRows.ts'
import type { Blocks } from './allocator/blocks.ts'
import { GraphQueries } from './findings/graphQueries.ts'
import { LayoutLists } from './findings/layoutLists.ts'
import { listBlocks } from './findings/listBlocks.ts'
import type { ProcessView } from './findings/pointers.ts'
import type { RootThread } from './findings/rootNames.ts'
import { SymbolQueries, type TypeWithMembers } from './findings/symbolQueries.ts'
import { ThreadStacks } from './findings/threadStacks.ts'
import { pageOf, topRows, type TopBy } from './findings/top.ts'
import { hex } from './bytes/units.ts'
import { UsageError } from './errors.ts'
import { saveBlocks } from './index/storedBlocks.ts'
import { stackVariables } from './stacks/stackVariables.ts'
import { unwindThreads, type UnwindQuery } from './stacks/unwindThreads.ts'
import { nameByDebugInfo } from './recognize/debugNames.ts'
import { markdownReport } from './report/markdown.ts'
import type { GraphPlan } from './graph/plan.ts'
import type { IndexStore } from './ports.ts'
import type { EngineSession, SessionPorts } from './session.ts'
import type { SymbolSource } from './symbols/moduleSources.ts'
import type { SymbolTables } from './symbols/tables.ts'
import { confidenceOf, shortEvidence, typeEvidence } from './types/evidence.ts'
import { inferTypes } from './types/inference.ts'
import { saveTypes, StoredTypes } from './types/storedTypes.ts'

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
  private types: StoredTypes | null = null
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

  async inferTypes(store: IndexStore): Promise<void> {
    const { progress, now } = this.parts.ports
    const { blocks, symbols } = this.view
    progress.stage('types', blocks.count, 'items')
    const locals = await stackVariables({ ...this.parts.stacks, symbols }, await unwindThreads(this.parts.stacks))
    const inference = inferTypes(this.view, locals, progress, now)
    progress.stage('store', blocks.chunkCount, 'items')
    saveTypes(store, this.typesIdentity(), blocks, inference, progress)
  }

  openTypes(store: IndexStore): { timings: { stage: string; seconds: number }[] } | null {
    const types = StoredTypes.open(store, this.typesIdentity())
    if (types === null) return null
    this.types = types
    this.findings = { ...this.parts.findings, types: types.meta.types, groups: types.meta.groups, inChunk: types.meta.inChunk }
    this.view.blocks = types.typed(this.parts.blocks)
    this.view.types = this.findings.types
    this.isNamed = true
    this.rows.clear()
    this.cursor.query = ''
    this.graph.renamed((ids) => types.typesOf(ids))
    this.queries.setBlocks(this.findings.groups, this.findings.types)
    return { timings: types.meta.timings }
  }

  evidence({ address }: { address: number }): TypeEvidence {
    const { types } = this
    const { blocks } = this.view
    if (!types) throw new UsageError('the types of blocks are not known yet', hex(address), 'ask again once they are')
    const block = blocks.containing(address)
    if (block < 0) throw new UsageError('no block holds this address', hex(address), 'give the address of a block: blocks lists them')
    return typeEvidence(types, blocks, this.view.types, block)
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
      if (type === 0) return row
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
    this.types?.rest()
    this.graph.rest()
    this.parts.ports.core.close()
  }
}
