/**
 * Where in an open core the person is, and the way back. Places ride on the browser's own history, so
 * Alt+arrows, mouse buttons and the Back button all do the same; each place keeps its scroll position.
 */

import type { RangeKind } from '../../src-main/contract/rows.ts'
import type { BlockSelection, LeakSelection } from './blockSelection.ts'
import type { TypeWish } from './layoutState.svelte.ts'
import { TableMemory } from './tableMemory.svelte.ts'

/** What of a block is looked at. */
export const BLOCK_TABS = ['type', 'candidates', 'contents', 'in', 'out', 'chains', 'retained'] as const
export type BlockTab = (typeof BLOCK_TABS)[number]

export type Place =
  | { view: 'overview' }
  | { view: 'top' }
  | { view: 'blocks'; blocks: BlockSelection }
  /** Null: the type that is selected in the list. */
  | { view: 'types'; type: TypeWish | null }
  | { view: 'globals' }
  /** The block at or around an address, or what else is there. Without a tab its contents. */
  | { view: 'memory'; address: number; tab?: BlockTab }
  /** Null: the leaked types; else the leaked blocks. */
  | { view: 'leaks'; of: LeakSelection | null }
  /** What a block dominates; null: the largest of all. */
  | { view: 'retained'; address: number | null }
  /** A row of TopN by layout, or `at 0x…`. */
  | { view: 'layout'; key: string }
  | { view: 'labels' }
  | { view: 'map'; kind: RangeKind | null }
  | { view: 'threads' }
  | { view: 'modules' }
  | { view: 'diagnostics' }

export interface Entry {
  place: Place
  memory: TableMemory
}

interface Mark {
  corelens: string
  index: number
}

export class Places {
  current = $state.raw<Entry>(entry({ view: 'overview' }))
  /** Where Back leads; null at the start. */
  previous = $state.raw<Entry | null>(null)
  #entries: Entry[] = [this.current]
  #index = 0
  /** Marks history entries as this core's: those of a core closed since mean nothing. */
  readonly #epoch = crypto.randomUUID()

  constructor() {
    history.replaceState(this.#mark(), '')
  }

  go(place: Place): void {
    if (samePlace(place, this.current.place)) return
    this.#entries.length = this.#index + 1
    this.#entries.push(entry(place))
    this.#index++
    history.pushState(this.#mark(), '')
    this.#show()
  }

  /** The person moved on within the place: Back finds it as it is now. */
  amend(place: Place): void {
    if (samePlace(place, this.current.place)) return
    this.#entries[this.#index] = { place, memory: this.current.memory }
    this.#show()
  }

  /** For window's popstate. */
  restore(state: unknown): void {
    if (!isMark(state) || state.corelens !== this.#epoch) return
    const wanted = this.#entries[state.index]
    if (!wanted) return
    this.#index = state.index
    this.#show()
  }

  back(): void {
    if (this.#index > 0) history.back()
  }

  forward(): void {
    if (this.#index < this.#entries.length - 1) history.forward()
  }

  #show(): void {
    this.current = this.#entries[this.#index]!
    this.previous = this.#entries[this.#index - 1] ?? null
  }

  #mark(): Mark {
    return { corelens: this.#epoch, index: this.#index }
  }
}

function entry(place: Place): Entry {
  return { place, memory: new TableMemory() }
}

function samePlace(a: Place, b: Place): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function isMark(state: unknown): state is Mark {
  return typeof state === 'object' && state !== null && 'corelens' in state && 'index' in state && typeof state.index === 'number'
}
