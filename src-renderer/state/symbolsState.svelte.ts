/** How far reading the modules' symbols is, and since when lists may say more than they did. */

import type { CoreClient, CoreEvent } from '../../src-main/contract/api.ts'
import type { ModuleRow, ModuleSymbolsRow } from '../../src-main/contract/rows.ts'

export type SymbolsEvent = Extract<CoreEvent, { kind: 'symbols' }>

/** Symbols that come from the database are there before a strip could be read. */
const PATIENCE_MS = 300
/** Lists are asked again at most this often while modules arrive. */
const REFRESH_MS = 1500
/** Events may be lost with the connection: then the state is asked for. */
const SILENCE_MS = 4000

export class SymbolsState {
  /** By position of the module in the summary. */
  rows = $state.raw<(ModuleSymbolsRow | undefined)[]>([])
  /** Rises when lists may say more. */
  version = $state(0)
  /** Symbols are being read, and have been for a while. */
  shown = $state(false)
  cancelling = $state(false)
  readonly #client: CoreClient
  readonly #core: string
  readonly #modules: ModuleRow[]
  /** By module, whether an event told of it since the last asking: then its row is newer than the answer. */
  #told: boolean[] = []
  #patience: ReturnType<typeof setTimeout> | undefined
  #silence: ReturnType<typeof setTimeout> | undefined
  #refresh: ReturnType<typeof setTimeout> | undefined
  #ended = false

  constructor(client: CoreClient, core: string, modules: ModuleRow[]) {
    this.#client = client
    this.#core = core
    this.#modules = modules
    void this.#ask()
  }

  /** Modules that have or may have symbols. */
  readonly concerned = $derived(this.rows.flatMap((row) => (row === undefined || row.state === 'none' ? [] : [row])))
  readonly settled = $derived(this.concerned.filter((row) => row.state === 'ready' || row.state === 'failed').length)
  readonly reading = $derived(this.concerned.filter((row) => row.state === 'reading'))
  /** Failed or stopped. */
  readonly unread = $derived(this.concerned.filter((row) => row.state === 'failed').length)
  readonly busy = $derived(this.settled < this.concerned.length)

  of(module: ModuleRow): ModuleSymbolsRow | undefined {
    return this.rows[this.#modules.indexOf(module)]
  }

  take(event: SymbolsEvent): void {
    this.#told[event.row.module] = true
    const before = this.rows[event.row.module]?.state
    this.rows = Object.assign(this.rows.slice(), { [event.row.module]: event.row })
    if (event.row.state === 'ready' && before !== 'ready') this.#refreshSoon()
    this.#watch()
  }

  async cancel(): Promise<void> {
    if (this.cancelling) return
    this.cancelling = true
    await this.#client.cancelSymbols({ core: this.#core })
    await this.#ask()
    this.cancelling = false
  }

  /** Reads what failed or was stopped. */
  async retry(): Promise<void> {
    await this.#client.retrySymbols({ core: this.#core })
    await this.#ask()
  }

  /** The core is closed: no timer outlives it. */
  end(): void {
    this.#ended = true
    clearTimeout(this.#patience)
    clearTimeout(this.#silence)
    clearTimeout(this.#refresh)
  }

  async #ask(): Promise<void> {
    this.#told = []
    const outcome = await this.#client.listModuleSymbols({ core: this.#core })
    if (this.#ended) return
    if (outcome.ok) {
      const readyBefore = this.rows.filter((row) => row?.state === 'ready').length
      const rows: (ModuleSymbolsRow | undefined)[] = []
      for (const row of outcome.value) rows[row.module] = this.#told[row.module] ? this.rows[row.module] : row
      const first = this.rows.length === 0
      this.rows = Array.from(rows)
      // What was ready at the first asking may have come after the lists that were asked before it.
      if (rows.filter((row) => row?.state === 'ready').length > (first ? 0 : readyBefore)) this.#refreshSoon()
    }
    this.#watch()
  }

  #refreshSoon(): void {
    if (!this.busy) {
      clearTimeout(this.#refresh)
      this.#refresh = undefined
      this.version++
    } else this.#refresh ??= setTimeout(() => {
      this.#refresh = undefined
      this.version++
    }, this.version === 0 ? 0 : REFRESH_MS)
  }

  #watch(): void {
    clearTimeout(this.#silence)
    if (this.busy) {
      this.#silence = setTimeout(() => void this.#ask(), SILENCE_MS)
      this.#patience ??= setTimeout(() => (this.shown = this.busy), PATIENCE_MS)
    } else {
      clearTimeout(this.#patience)
      this.#patience = undefined
      this.shown = false
    }
  }
}
