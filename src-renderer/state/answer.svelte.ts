/** One question to the engine and what it answered; the last answer stays until the next is there. */

import type { Failure, Outcome } from '../../src-main/contract/outcome.ts'

export class Answer<T> {
  value = $state.raw<T | null>(null)
  failure = $state.raw<Failure | null>(null)
  loading = $state(true)
  readonly #ask: () => Promise<Outcome<T>>
  #seen: number
  #asked = 0

  /** `version`: what the engine knows at the start; see `follow`. */
  constructor(ask: () => Promise<Outcome<T>>, version: number) {
    this.#ask = ask
    this.#seen = version
    void this.retry()
  }

  /** Asks anew when `version` is another than it was asked at. */
  follow(version: number): void {
    if (version === this.#seen) return
    this.#seen = version
    void this.retry()
  }

  async retry(): Promise<void> {
    const mine = ++this.#asked
    this.loading = true
    const outcome = await this.#ask()
    if (mine !== this.#asked) return
    this.loading = false
    this.failure = outcome.ok ? null : outcome.error
    if (outcome.ok) this.value = outcome.value
  }
}
