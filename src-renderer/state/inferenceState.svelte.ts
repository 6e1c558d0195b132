/** How far finding the blocks' types is, and since when lists may say more than they did. */

import type { CoreClient, CoreEvent } from '../../src-main/contract/api.ts'
import type { TypesState } from '../../src-main/contract/typeRows.ts'

export type TypesEvent = Extract<CoreEvent, { kind: 'types' }>

/** Types that come from the cache are there before a strip could be read. */
const PATIENCE_MS = 300
/** Events may be lost with the connection: then the state is asked for. */
const SILENCE_MS = 4000

const UNKNOWN: TypesState = { state: 'waiting', share: 0, message: '', timings: [] }
/** What the engine calls it when a person stopped it. */
const STOPPED = 'cancelled'

export class InferenceState {
  progress = $state.raw(UNKNOWN)
  /** Rises when lists may say more. */
  version = $state(0)
  /** Types are being found, and have been for a while. */
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

  readonly building = $derived(this.progress.state === 'building')
  readonly ready = $derived(this.progress.state === 'ready')
  readonly failed = $derived(this.progress.state === 'failed')
  readonly stopped = $derived(this.failed && this.progress.message === STOPPED)

  take(event: TypesEvent): void {
    this.#told = true
    this.#set(event.state)
  }

  async cancel(): Promise<void> {
    if (this.cancelling) return
    this.cancelling = true
    await this.#client.cancelTypes({ core: this.#core })
    await this.#ask()
    this.cancelling = false
  }

  /** Starts what has not begun, and what failed or was stopped. */
  async look(): Promise<void> {
    this.dismissed = false
    const settled = this.#client.awaitTypes({ core: this.#core })
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
    const outcome = await this.#client.typesState({ core: this.#core })
    if (this.#ended) return
    if (outcome.ok && !this.#told) this.#set(outcome.value)
    else this.#watch()
  }

  #set(progress: TypesState): void {
    const before = this.progress.state
    this.progress = progress
    if (progress.state === 'ready' && before !== 'ready') this.version++
    if (progress.state === 'failed' && before !== 'failed') this.dismissed = false
    this.#watch()
  }

  #watch(): void {
    clearTimeout(this.#silence)
    if (!this.ready && !this.failed) this.#silence = setTimeout(() => void this.#ask(), SILENCE_MS)
    if (this.building) this.#patience ??= setTimeout(() => (this.shown = this.building), PATIENCE_MS)
    else {
      clearTimeout(this.#patience)
      this.#patience = undefined
      this.shown = false
    }
  }
}
