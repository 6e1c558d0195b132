/** Modules whose symbols are read one after the other, in a given time; in none, they are there at once. */

import type { CoreEvent } from '../../src-main/contract/api.ts'
import type { CoreSummary, ModuleSymbolsRow } from '../../src-main/contract/rows.ts'
import { DWARF_MODULES } from './fakeSummary.ts'

/** One of them has debug information that can't be read. */
const BROKEN = 5

export class FakeSymbols {
  rows: ModuleSymbolsRow[] = []
  readonly #allMs: number
  readonly #types: number
  readonly #emit: (event: CoreEvent) => void
  /** Rises when reading begins and when it is stopped. */
  #run = 0
  #again: (() => void) | undefined

  constructor(allMs: number, types: number, emit: (event: CoreEvent) => void) {
    this.#allMs = allMs
    this.#types = types
    this.#emit = emit
  }

  start(summary: CoreSummary, file: string): void {
    this.rows = summary.modules.map((row, module) => ({ module, state: row.debug === 'none' ? 'none' : 'waiting', cached: false, types: 0, variables: 0, functions: 0, symbols: 0, debugBytes: row.debug === 'full' ? 48_000_000 : 0, seconds: 0, message: '' }))
    this.#again = () => void this.#read(summary.core, file)
    if (this.#allMs > 0) this.#again()
    else this.rows = this.rows.map((row) => this.#settled(row))
  }

  cancel(): void {
    this.#run++
    this.rows = this.rows.map((row) => (row.state === 'waiting' || row.state === 'reading' ? { ...row, state: 'failed', message: 'stopped' } : row))
  }

  retry(): void {
    this.rows = this.rows.map((row) => (row.state === 'failed' ? { ...row, state: 'waiting', message: '' } : row))
    this.#again?.()
  }

  /** How many of `all` are there, in proportion to the modules that are ready; none until the first one is. */
  known(all: number): number {
    const concerned = this.rows.filter((row) => row.state !== 'none')
    const ready = concerned.filter((row) => row.state === 'ready').length
    return concerned.length === 0 ? 0 : Math.ceil((all * ready) / (concerned.length - 1))
  }

  async #read(core: string, file: string): Promise<void> {
    const run = ++this.#run
    const concerned = this.rows.filter((row) => row.state === 'waiting')
    for (const [i, waiting] of concerned.entries()) {
      for (const row of [{ ...waiting, state: 'reading' } as const, this.#settled(waiting)]) {
        if (run !== this.#run) return
        this.rows[row.module] = row
        this.#emit({ kind: 'symbols', core, file, row, done: row.state === 'reading' ? i : i + 1, total: concerned.length })
        if (row.state === 'reading') await new Promise((resolve) => setTimeout(resolve, this.#allMs / concerned.length))
      }
    }
  }

  #settled(row: ModuleSymbolsRow): ModuleSymbolsRow {
    if (row.state === 'none') return row
    if (row.module === BROKEN) return { ...row, state: 'failed', message: 'the abbreviation table at 0x1f3a0 of `.debug_abbrev` ends inside an entry; 812 of 3,190 units were read' }
    const full = row.module < DWARF_MODULES
    return { ...row, state: 'ready', cached: row.module % 3 === 1, types: full ? Math.round(this.#types / DWARF_MODULES) + row.module * 37 : 0, variables: full ? 812 : 0, functions: 9_120 + row.module, symbols: 14_502 + row.module, seconds: full ? 0.42 : 0.01 }
  }
}
