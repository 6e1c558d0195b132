/** The layout of the type that is looked at. The last one asked for wins; those seen lately are at hand. */

import type { CoreClient } from '../../src-main/contract/api.ts'
import type { Failure } from '../../src-main/contract/outcome.ts'
import type { TypeLayout, TypeRef } from '../../src-main/contract/rows.ts'
import { Recent } from './recent.ts'

/** A type by its id, or by the name some other list has for it. */
export type TypeWish = { id: TypeRef } | { name: string }

const KEPT = 40

export class LayoutState {
  /** Of the latest wish that was answered. */
  layout = $state.raw<TypeLayout | null>(null)
  failure = $state.raw<Failure | null>(null)
  loading = $state(false)
  readonly #client: CoreClient
  readonly #core: string
  /** By question. */
  readonly #known = new Recent<TypeLayout>(KEPT)
  #wish: TypeWish | null = null
  /** The wish and what the engine knew when it was made. */
  #question = ''
  #underWay = false

  constructor(client: CoreClient, core: string) {
    this.#client = client
    this.#core = core
  }

  /** `version`: what the engine knows now; another one asks anew. Null: nothing is looked at. */
  show(wish: TypeWish | null, version: number): void {
    const question = wish === null ? '' : `${version} ${JSON.stringify(wish)}`
    if (wish !== null && question === this.#question) return
    this.#wish = wish
    this.#question = question
    const known = this.#known.get(question)
    if (wish === null || known) this.#settle(known ?? null, null)
    else {
      this.loading = true
      void this.#pump()
    }
  }

  /** One question at a time: whoever moves fast through a list asks for the last one only. */
  async #pump(): Promise<void> {
    if (this.#underWay || this.#wish === null) return
    this.#underWay = true
    const question = this.#question
    const outcome = await this.#client.typeLayout({ core: this.#core, ...this.#wish })
    this.#underWay = false
    if (outcome.ok) this.#known.put(question, outcome.value)
    if (question === this.#question) this.#settle(outcome.ok ? outcome.value : null, outcome.ok ? null : outcome.error)
    else if (this.#known.get(this.#question) === undefined) void this.#pump()
  }

  #settle(layout: TypeLayout | null, failure: Failure | null): void {
    this.layout = layout
    this.failure = failure
    this.loading = false
  }
}
