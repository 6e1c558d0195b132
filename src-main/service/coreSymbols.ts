/**
 * The symbols of one open core's modules: what the database has is there at once, the rest is read into it by the pool and
 * attached as it becomes ready. Blocks never wait for it.
 */
import type { StackQuery } from '../contract/api.ts'
import type { Outcome } from '../contract/outcome.ts'
import type { ModuleSymbolsRow, TypeLayout } from '../contract/rows.ts'
import type { StackPage } from '../contract/stackRows.ts'
import type { SymbolSource } from '../engine/symbols/moduleSources.ts'
import type { EngineWorker } from '../workers/engineWorker.ts'
import type { AttachedSymbols } from '../workers/messages.ts'
import type { IndexCall, SymbolPool } from '../workers/symbolPool.ts'

export interface CoreSymbolsOptions {
  worker: EngineWorker
  pool: SymbolPool
  /** The symbol database. */
  folder: string
  /** A row changed; `done` of `total` modules are settled. */
  onChange(row: ModuleSymbolsRow, done: number, total: number): void
}

const NOTHING = { cached: false, types: 0, variables: 0, functions: 0, symbols: 0, debugBytes: 0, seconds: 0, message: '' }

export class CoreSymbols {
  private readonly options: CoreSymbolsOptions
  private readonly calls = new Map<number, IndexCall>()
  private rows: ModuleSymbolsRow[] = []
  private sources: SymbolSource[] = []
  private opened: Promise<Outcome<null>> | null = null
  private all: Promise<unknown> = Promise.resolve()
  private stopped = false

  constructor(options: CoreSymbolsOptions) {
    this.options = options
  }

  /** Begins unless it has begun. Settles when it is known what the database has. */
  async list(): Promise<Outcome<ModuleSymbolsRow[]>> {
    const opened = await (this.opened ??= this.open())
    return opened.ok ? { ok: true, value: this.rows.map((row) => ({ ...row })) } : opened
  }

  /** One type by name, before anything is read; null where all has to be. */
  findType(name: string): Promise<Outcome<TypeLayout | null>> {
    const { folder, worker } = this.options
    return worker.call('findType', { folder, name })
  }

  /** Named by what is known so far; nothing is read for it but symbol tables. */
  listStacks(query: StackQuery): Promise<Outcome<StackPage>> {
    const { folder, worker } = this.options
    return worker.call('listStacks', { folder, query })
  }

  /** Settles when no module waits or is being read. */
  async settled(): Promise<Outcome<ModuleSymbolsRow[]>> {
    const opened = await this.list()
    if (!opened.ok) return opened
    for (let waited: unknown = null; waited !== this.all; ) {
      waited = this.all
      await waited
    }
    return this.list()
  }

  /** Modules that wait or are being read fail; those that are ready stay. */
  cancel(): void {
    this.stopped = true
    for (const call of this.calls.values()) call.cancel()
  }

  /** Reads anew what failed or was stopped. */
  retry(): void {
    this.stopped = false
    for (const source of this.sources) if (this.rows[source.module].state === 'failed') this.read(source)
  }

  /** What the database had of an identity was damaged: it is read anew. Queries find it by themselves. */
  damaged(identity: string): void {
    for (const source of this.sources) {
      if (source.identity === identity && this.rows[source.module].state === 'ready') this.read(source)
    }
  }

  private async open(): Promise<Outcome<null>> {
    const { folder, worker } = this.options
    const outcome = await worker.call('openSymbols', { folder })
    if (!outcome.ok) return outcome
    this.sources = outcome.value.map(({ source }) => source)
    this.rows = outcome.value.map(({ source, attached }) => this.firstRow(source, attached))
    for (const row of this.rows) this.tell(row)
    for (const source of this.sources) if (this.rows[source.module].state === 'waiting') this.read(source)
    return { ok: true, value: null }
  }

  private firstRow({ module, identity, paths, missing }: SymbolSource, attached: AttachedSymbols | null): ModuleSymbolsRow {
    if (attached !== null) return readyRow(module, attached, true)
    const readable = identity !== '' && (paths.file !== '' || paths.debugFile !== '')
    return { module, ...NOTHING, state: readable ? 'waiting' : 'none', message: readable ? '' : missing }
  }

  private read(source: SymbolSource): void {
    const { module } = source
    if (this.stopped) return this.set({ module, ...NOTHING, state: 'failed', message: 'cancelled' })
    const reading = this.readAndAttach(source)
    this.all = Promise.all([this.all, reading])
  }

  private async readAndAttach({ module, identity, paths, fingerprint }: SymbolSource): Promise<void> {
    const { folder, pool, worker } = this.options
    if (this.rows[module].state !== 'waiting') this.set({ module, ...NOTHING, state: 'waiting' })
    // A file that is damaged between its writing and its opening is written once more, and no more.
    for (const isLast of [false, true]) {
      const call = pool.index({ identity, paths, fingerprint, folder }, ({ done, total }) => {
        const share = total === 0 ? 0 : done / total
        if (this.rows[module].share !== share) this.set({ module, ...NOTHING, state: 'reading', debugBytes: total, share })
      })
      this.calls.set(module, call)
      const read = await call.outcome
      this.calls.delete(module)
      if (!read.ok) return this.set({ module, ...NOTHING, state: 'failed', message: read.error.what })
      const attached = await worker.call('attachSymbols', { folder, module, identity })
      if (!attached.ok) return this.set({ module, ...NOTHING, state: 'failed', message: attached.error.what })
      if (attached.value !== null) return this.set(readyRow(module, attached.value, false))
      if (isLast) return this.set({ module, ...NOTHING, state: 'failed', message: 'what was written to the symbol database can’t be read back' })
    }
  }

  private set(row: ModuleSymbolsRow): void {
    this.rows[row.module] = row
    this.tell(row)
  }

  private tell(row: ModuleSymbolsRow): void {
    const done = this.rows.filter(({ state }) => state !== 'waiting' && state !== 'reading').length
    this.options.onChange(row, done, this.rows.length)
  }
}

/** A module whose files say nothing at all is none. */
function readyRow(module: number, { info, counts }: AttachedSymbols, cached: boolean): ModuleSymbolsRow {
  const empty = counts.types + counts.variables + counts.functions + counts.symbols === 0
  const problem = info.diagnostics[0]
  return { module, state: empty ? 'none' : 'ready', cached, ...counts, debugBytes: info.debugBytes, seconds: cached ? 0 : info.seconds, message: info.missing || (problem === undefined ? '' : `${problem.where}: ${problem.message}`) }
}
