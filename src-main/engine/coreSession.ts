/** One open core: answers queries from its columns, its symbols and its graph, as far as these are attached. */
import type { Findings } from './analysis.ts'
import type {
  BlockQuery, BlockViewQuery, GlobalQuery, GraphPart, LeakGroupQuery, LeakQuery, NeighbourhoodQuery, RangeQuery, ReferenceGroupQuery, ReferenceQuery, RetainedQuery, TopQuery, TypeLayoutQuery,
  TypeQuery, WhyQuery,
} from '../contract/api.ts'
import type {
  BlockPage, BlockView, CoreSummary, GlobalRow, LayoutDetails, LeakGroupPage, LeakPage, Neighbourhood, Page, RangeRow, ReferenceGroups, ReferencePage, RetainedPage, TopPage, TopRow, TypeLayout,
  TypeRow, Why,
} from '../contract/rows.ts'
import { GraphQueries } from './findings/graphQueries.ts'
import { LayoutLists } from './findings/layoutLists.ts'
import { listBlocks } from './findings/listBlocks.ts'
import type { ProcessView } from './findings/pointers.ts'
import type { RootThread } from './findings/rootNames.ts'
import { SymbolQueries, type TypeWithMembers } from './findings/symbolQueries.ts'
import { pageOf, topRows, type TopBy } from './findings/top.ts'
import { saveBlocks } from './index/storedBlocks.ts'
import { nameByDebugInfo } from './recognize/debugNames.ts'
import { markdownReport } from './report/markdown.ts'
import type { GraphPlan } from './graph/plan.ts'
import type { IndexStore } from './ports.ts'
import type { EngineSession, SessionPorts } from './session.ts'
import type { SymbolSource } from './symbols/moduleSources.ts'
import type { SymbolTables } from './symbols/tables.ts'

export interface SessionParts {
  summary: CoreSummary
  ranges: RangeRow[]
  findings: Findings
  /** Of the graph's index. */
  graph: string
  sources: SymbolSource[]
  newView: () => ProcessView
  threads: RootThread[]
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
  private isNamed = true
  private readonly cursor = { query: '', offset: 0, block: 0 }

  constructor(parts: SessionParts) {
    const { findings, threads } = parts
    this.parts = parts
    this.view = parts.newView()
    this.queries = new SymbolQueries(this.view, findings.groups)
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
    if (!rows) this.rows.set(q.by, (rows = topRows(this.parts.findings.groups, this.parts.findings.types, this.requested, q.by)))
    return pageOf(rows, q)
  }

  listBlocks(q: BlockQuery): BlockPage {
    this.nameBlocks()
    const { key } = q
    if (key !== undefined && LayoutLists.isKey(key)) return this.graph.blocksOfLayout({ ...q, key })
    const { memory, blocks, types } = this.view
    return listBlocks(memory, blocks, types, this.parts.findings, q, this.cursor, this.graph.ofBlock)
  }

  listRanges(q: RangeQuery): Page<RangeRow> {
    const rows = this.parts.ranges.filter((r) => q.kind === undefined || r.kind === q.kind)
    if (q.sort === 'size') rows.sort((a, b) => a.end - a.start - (b.end - b.start))
    if (q.descending) rows.reverse()
    return { rows: rows.slice(q.offset, q.offset + q.limit), total: rows.length, offset: q.offset }
  }

  reportMarkdown(): string {
    const top = this.listTop({ core: this.parts.summary.core, by: 'type', sort: 'bytes', descending: true, filter: '', offset: 0, limit: 30 })
    return markdownReport(this.parts.summary, top)
  }

  graphPlan(store: IndexStore): GraphPlan {
    this.graph.rest()
    const plan = this.parts.planGraph()
    if (this.parts.ports.store === null) saveBlocks(store, plan.identity, this.view.blocks, this.parts.findings, this.parts.ports.progress)
    return plan
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
    this.isNamed = false
  }

  /** Types of blocks are called as the debug information calls them, as far as it is attached. */
  private nameBlocks(): void {
    if (this.isNamed) return
    this.isNamed = true
    const { types, groups } = this.parts.findings
    if (!nameByDebugInfo(types, this.queries.typeFinder, this.view.memory)) return
    this.rows.clear()
    this.graph.renamed()
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
    const { ofBlock } = this.graph
    if (ofBlock && view.block?.state === 'used') Object.assign(view.block, ofBlock(this.view.blocks.containing(view.addr)))
    return view
  }

  close(): void {
    this.parts.closeIndex()
    this.graph.rest()
    this.parts.ports.core.close()
  }
}
