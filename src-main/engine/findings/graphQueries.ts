/** All queries over the graph of an open core; each fails until its part of the graph is attached. */
import type { BlockQuery, GraphPart, LeakGroupQuery, LeakQuery, NeighbourhoodQuery, ReferenceGroupQuery, ReferenceQuery, RetainedQuery, WhyQuery } from '../../contract/api.ts'
import type { BlockPage, BlockRow, LayoutDetails, LeakGroupPage, LeakPage, Neighbourhood, ReferenceGroups, ReferencePage, RetainedPage, TopRow, Why } from '../../contract/rows.ts'
import { UsageError } from '../errors.ts'
import { StoredGraph, StoredRetained } from '../graph/storedGraph.ts'
import type { IndexStore } from '../ports.ts'
import { GraphView } from './graphView.ts'
import { LayoutLists } from './layoutLists.ts'
import { LeakLists } from './listLeaks.ts'
import { groupReferences, listReferences, references } from './listReferences.ts'
import { RetainedLists } from './listRetained.ts'
import { neighbourhood } from './neighbourhood.ts'
import type { ProcessView } from './pointers.ts'
import type { RootThread } from './rootNames.ts'
import type { RequestedSizes } from './top.ts'
import { why } from './why.ts'

export interface GraphContext {
  process: ProcessView
  requested: RequestedSizes
  threads: readonly RootThread[]
  usedBytes: number
}

export class GraphQueries {
  private readonly context: GraphContext
  private graph: StoredGraph | null = null
  private retained: StoredRetained | null = null
  private view: GraphView | null = null
  private layouts: LayoutLists | null = null
  private leaks: LeakLists | null = null
  private typesOf: ((ids: Uint32Array) => Uint32Array) | null = null
  private retainedLists: RetainedLists | null = null

  constructor(context: GraphContext) {
    this.context = context
  }

  /** Attaches what the index has of the graph of that identity. */
  open(store: IndexStore, identity: string): Record<GraphPart, boolean> {
    this.graph ??= StoredGraph.open(store, identity)
    if (this.graph && !this.view) {
      const { process, requested, threads } = this.context
      this.view = new GraphView(this.graph, process, requested, threads)
      this.layouts = new LayoutLists(this.view)
    }
    this.retained ??= this.graph ? StoredRetained.open(store, identity) : null
    return { references: this.graph !== null, retained: this.retained !== null }
  }

  /** Blocks are called otherwise from now on. @param typesOf types of ascending blocks; null: those the graph was built with */
  renamed(typesOf: ((ids: Uint32Array) => Uint32Array) | null): void {
    this.leaks = null
    this.typesOf = typesOf
  }

  listReferences(q: ReferenceQuery): ReferencePage {
    return listReferences(this.opened(), q)
  }

  groupReferences(q: ReferenceGroupQuery): ReferenceGroups {
    return groupReferences(this.opened(), q)
  }

  neighbourhood(q: NeighbourhoodQuery): Neighbourhood {
    return neighbourhood(this.opened(), q)
  }

  why(q: WhyQuery): Why {
    return why(this.opened(), q)
  }

  listLeaks(q: LeakQuery): LeakPage {
    return this.leakLists().list(q)
  }

  groupLeaks(q: LeakGroupQuery): LeakGroupPage {
    return this.leakLists().group(q)
  }

  listRetained(q: RetainedQuery): RetainedPage {
    const view = this.opened()
    if (!this.retained) throw missing('retained sizes are')
    return (this.retainedLists ??= new RetainedLists(view, this.retained, this.context.usedBytes)).list(q)
  }

  layoutDetails(key: string): LayoutDetails {
    return this.layoutLists().details(key)
  }

  topByLayout(): TopRow[] {
    return this.layoutLists().top()
  }

  blocksOfLayout(q: BlockQuery & { key: string }): BlockPage {
    return this.layoutLists().blocks(q)
  }

  blocksLike(address: number, all: boolean): ReturnType<LayoutLists['blocksLike']> {
    return this.layoutLists().blocksLike(address, all)
  }

  /** Types that pointers to the block are declared with, as far as a few of them tell; none until the graph is there. */
  pointeesOf(block: number): Set<string> {
    const { view } = this
    const names = new Set<string>()
    if (!view) return names
    const { count, rows } = references(view, block, 'in')
    for (const row of rows(0, Math.min(count, REFERRERS))) {
      const pointee = view.pointeeOf(row)
      if (pointee !== null) names.add(pointee)
    }
    return names
  }

  /** What the graph says of a used block; null until it is there. */
  get ofBlock(): ((block: number) => Pick<BlockRow, 'reachable' | 'layout'>) | null {
    const { layouts } = this
    return layouts && ((block) => layouts.ofGraph(block))
  }

  /** Closes the index until something is asked again. */
  rest(): void {
    this.graph?.rest()
    this.retained?.rest()
  }

  private leakLists(): LeakLists {
    const view = this.opened()
    return (this.leaks ??= new LeakLists(view, this.typesOf))
  }

  private layoutLists(): LayoutLists {
    if (!this.layouts) throw missing('layouts are')
    return this.layouts
  }

  private opened(): GraphView {
    if (!this.view) throw missing('references are')
    return this.view
  }
}

/** Pointers to a block that are looked at. */
const REFERRERS = 32

const missing = (what: string): UsageError => new UsageError(`${what} not there yet`, 'graph', 'wait until the graph is built')
