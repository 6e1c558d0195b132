/** The page of a layout class: what its blocks have in common, and the types that they may have. */

import type { CoreClient } from '../../src-main/contract/api.ts'
import type { Outcome } from '../../src-main/contract/outcome.ts'
import type { LayoutDetails } from '../../src-main/contract/rows.ts'
import { Answer } from './answer.svelte.ts'
import { CandidatesState, type Rejections } from './candidatesState.svelte.ts'

export type LayoutTab = 'common' | 'candidates'

export class LayoutPage {
  tab = $state<LayoutTab>('common')
  readonly details: Answer<LayoutDetails>
  readonly #client: CoreClient
  readonly #core: string
  readonly #key: string
  readonly #rejections: Rejections
  #example: Answer<CandidatesState> | null = null

  constructor(client: CoreClient, core: string, key: string, rejections: Rejections, version: number) {
    this.#client = client
    this.#core = core
    this.#key = key
    this.#rejections = rejections
    this.details = new Answer(() => client.layoutDetails({ core, key }), version)
  }

  /** Candidates are asked for by a block of the class: the one that led here, or the first. */
  candidates(version: number): Answer<CandidatesState> {
    return (this.#example ??= new Answer(() => this.#find(version), version))
  }

  async #find(version: number): Promise<Outcome<CandidatesState>> {
    const address = await this.#address()
    return address.ok ? { ok: true, value: new CandidatesState(this.#client, this.#core, address.value, 'layout', this.#rejections, version) } : address
  }

  async #address(): Promise<Outcome<number>> {
    const given = /^at (0x[0-9a-f]+)$/.exec(this.#key)
    if (given) return { ok: true, value: Number(given[1]) }
    const blocks = await this.#client.listBlocks({ core: this.#core, key: this.#key, state: 'used', offset: 0, limit: 1 })
    if (!blocks.ok) return blocks
    const [first] = blocks.value.rows
    return first ? { ok: true, value: first.addr } : { ok: false, error: { kind: 'usage', what: 'no block has this layout any more', where: this.#key, remedy: 'look at TopN by layout again' } }
  }
}
