/** How far the pointer graph is, and since when lists may say more than they did. */

import type { CoreClient, CoreEvent, GraphPart } from '../../src-main/contract/api.ts'
import type { GraphState as GraphProgress } from '../../src-main/contract/rows.ts'

export type GraphEvent = Extract<CoreEvent, { kind: 'graph' }>

/** A graph that comes from the cache is there before a strip could be read. */
const PATIENCE_MS = 300
/** Events may be lost with the connection: then the state is asked for. */
const SILENCE_MS = 4000

const UNKNOWN: GraphProgress = { references: 'waiting', retained: 'waiting', stage: null, share: 0, remainingMs: null, message: '', timings: [] }
/** What the engine calls a graph that a person stopped. */
const STOPPED = 'cancelled'

export class GraphState {
  progress = $state.raw(UNKNOWN)
  /** Rises when lists may say more. */
  version = $state(0)
  /** It is being built, and has been for a while. */
  shown = $state(false)
  cancelling = $state(false)
  /** The person has read why it failed. */
  dismissed = $state(false)
  readonly #client: CoreClient
  readonly #core: string
  /** An event told of it since the last asking: then it is newer than the answer. */
  #told = false
  #patience: ReturnType<typeof setTimeout> | undefined
  #silence: ReturnType<typeof setTimeout> | undefined
  #ended = false

  constructor(client: CoreClient, core: string) {
    this.#client = client
    this.#core = core
    void this.#ask()
  }

  readonly building = $derived(this.progress.references === 'building' || this.progress.retained === 'building')
  readonly failed = $derived(!this.building && (this.progress.references === 'failed' || this.progress.retained === 'failed'))
  readonly stopped = $derived(this.failed && this.progress.message === STOPPED)

  ready(part: GraphPart): boolean {
    return this.progress[part] === 'ready'
  }

  take(event: GraphEvent): void {
    this.#told = true
    this.#set(event.state)
  }

  async cancel(): Promise<void> {
    if (this.cancelling) return
    this.cancelling = true
    await this.#client.cancelGraph({ core: this.#core })
    await this.#ask()
    this.cancelling = false
  }

  /** Starts what has not begun, and what failed or was stopped. */
  async build(): Promise<void> {
    this.dismissed = false
    const settled = this.#client.awaitGraph({ core: this.#core, part: 'retained' })
    await this.#ask()
    await settled
    await this.#ask()
  }

  /** The core is closed: no timer outlives it. */
  end(): void {
    this.#ended = true
    clearTimeout(this.#patience)
    clearTimeout(this.#silence)
  }

  async #ask(): Promise<void> {
    this.#told = false
    const outcome = await this.#client.graphState({ core: this.#core })
    if (this.#ended) return
    if (outcome.ok && !this.#told) this.#set(outcome.value)
    else this.#watch()
  }

  #set(progress: GraphProgress): void {
    const before = this.progress
    this.progress = progress
    const came = (part: GraphPart): boolean => progress[part] === 'ready' && before[part] !== 'ready'
    if (came('references') || came('retained')) this.version++
    this.#watch()
  }

  #watch(): void {
    clearTimeout(this.#silence)
    const settled = (['references', 'retained'] as const).every((part) => this.progress[part] === 'ready' || this.progress[part] === 'failed')
    if (!settled) this.#silence = setTimeout(() => void this.#ask(), SILENCE_MS)
    if (this.building) this.#patience ??= setTimeout(() => (this.shown = this.building), PATIENCE_MS)
    else {
      clearTimeout(this.#patience)
      this.#patience = undefined
      this.shown = false
    }
  }
}
