/**
 * The page of a block: why it has its type and which it may have, its bytes, who points to it and what it points to, the chains to it, what it retains. Each tab asks
 * the engine when it is first looked at.
 */

import type { CoreClient } from '../../src-main/contract/api.ts'
import type { ReferenceGroupRow, ReferenceGroups, ReferencePage, ReferenceRow, RetainedPage, Why } from '../../src-main/contract/rows.ts'
import type { TypeEvidence } from '../../src-main/contract/typeRows.ts'
import { place } from '../format/references.ts'
import { Answer } from './answer.svelte.ts'
import { CandidatesState, type Rejections } from './candidatesState.svelte.ts'
import { ListState } from './listState.svelte.ts'
import { memoryState, retainedState, type MemoryState, type RetainedState } from './lists.ts'
import { LocalRows, type LocalColumn } from './localRows.svelte.ts'
import type { BlockTab } from './places.svelte.ts'
import { TableMemory } from './tableMemory.svelte.ts'

export type Direction = 'in' | 'out'
export type ReferencesState = ListState<ReferenceRow, ReferencePage, object>

const GROUP_COLUMNS: LocalColumn<ReferenceGroupRow>[] = [
  { id: 'label', key: (r) => r.label },
  { id: 'member', key: (r) => place(r.member, r.fromOffset) },
  { id: 'count', key: (r) => r.count },
  { id: 'bytes', key: (r) => r.bytes },
]

/** Chains asked for at first, and when the person wants more. */
const FEW_CHAINS = 4
const MANY_CHAINS = 20

export class BlockPage {
  tab = $state<BlockTab>('contents')
  /** Both directions: by group, or one by one. */
  grouped = $state(true)
  readonly words: MemoryState
  readonly of: Record<Direction, References>
  readonly #client: CoreClient
  readonly #core: string
  readonly #address: number
  readonly #rejections: Rejections
  #evidence: Answer<TypeEvidence> | null = null
  #candidates: CandidatesState | null = null
  #chains: Answer<Why> | null = null
  #chainLimit = FEW_CHAINS
  #size: Answer<RetainedPage> | null = null
  #retained: RetainedState | null = null

  constructor(client: CoreClient, core: string, address: number, tab: BlockTab, rejections: Rejections, version: number) {
    this.#client = client
    this.#core = core
    this.#address = address
    this.#rejections = rejections
    this.tab = tab
    this.words = memoryState(client, core, address, version)
    this.of = { in: new References(client, core, address, 'in'), out: new References(client, core, address, 'out') }
  }

  evidence(version: number): Answer<TypeEvidence> {
    return (this.#evidence ??= new Answer(() => this.#client.evidence({ core: this.#core, address: this.#address }), version))
  }

  candidates(version: number): CandidatesState {
    return (this.#candidates ??= new CandidatesState(this.#client, this.#core, this.#address, 'block', this.#rejections, version))
  }

  chains(version: number): Answer<Why> {
    return (this.#chains ??= new Answer(() => this.#client.why({ core: this.#core, address: this.#address, limit: this.#chainLimit }), version))
  }

  get canHaveMoreChains(): boolean {
    return this.#chainLimit === FEW_CHAINS && (this.#chains?.value?.chains.length ?? 0) >= FEW_CHAINS
  }

  moreChains(): void {
    this.#chainLimit = MANY_CHAINS
    void this.#chains?.retry()
  }

  /** The block's own retained size, for its head. */
  size(version: number): Answer<RetainedPage> {
    return (this.#size ??= new Answer(() => this.#client.listRetained({ core: this.#core, address: this.#address, offset: 0, limit: 1 }), version))
  }

  retained(version: number): RetainedState {
    return (this.#retained ??= retainedState(this.#client, this.#core, this.#address, version))
  }
}

/** One direction of a block's references. */
export class References {
  readonly groupMemory = new TableMemory()
  readonly direction: Direction
  readonly #client: CoreClient
  readonly #query: { core: string; address: number; direction: Direction }
  #groups: Answer<ReferenceGroups> | null = null
  #groupRows: { of: ReferenceGroups | null; rows: LocalRows<ReferenceGroupRow> } | null = null
  #rows: ReferencesState | null = null

  constructor(client: CoreClient, core: string, address: number, direction: Direction) {
    this.#client = client
    this.direction = direction
    this.#query = { core, address, direction }
  }

  /** The groups of an answer; sorted as the person left them while it is the same answer. */
  groupRows(answer: ReferenceGroups | null): LocalRows<ReferenceGroupRow> {
    if (this.#groupRows?.of === answer) return this.#groupRows.rows
    const rows = new LocalRows(answer?.rows ?? [], GROUP_COLUMNS, (r) => r.label)
    this.#groupRows = { of: answer, rows }
    return rows
  }

  groups(version: number): Answer<ReferenceGroups> {
    return (this.#groups ??= new Answer(() => this.#client.groupReferences(this.#query), version))
  }

  rows(version: number): ReferencesState {
    return (this.#rows ??= new ListState({}, (_, paging) => this.#client.listReferences({ ...this.#query, ...paging }), version))
  }
}
