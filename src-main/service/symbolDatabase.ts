/** The offline symbol database as a person works with it: add files, list, remove, check. */
import type { Failure } from '../contract/outcome.ts'
import { UsageError } from '../engine/errors.ts'
import type { OpenOptions } from '../engine/session.ts'
import { isCurrent } from '../engine/symbols/moduleSources.ts'
import { loadSymbolTables, type SymbolCounts, type SymbolsInfo } from '../engine/symbols/storedTables.ts'
import { checkSymbols, discardSymbols, listSymbols, symbolStore, type CatalogueEntry, type CheckedSymbols } from '../storage/symbolStore.ts'
import type { IndexCall, SymbolPool } from '../workers/symbolPool.ts'
import { modulesAt, type NamedModule } from './elfFiles.ts'

export interface AddedModule {
  path: string
  buildId: string
  /** `there`: it was in the database already. */
  state: 'added' | 'there' | 'failed'
  info: SymbolsInfo | null
  counts: SymbolCounts
  failure: Failure | null
}

export interface AddProgress {
  done: number
  total: number
  /** Of all modules' debug information that is known of so far, 0..1. */
  share: number
}

const NOTHING: SymbolCounts = { types: 0, variables: 0, functions: 0, symbols: 0 }

export class SymbolDatabase {
  private readonly folder: string
  private readonly pool: SymbolPool

  constructor(folder: string, pool: SymbolPool) {
    this.folder = folder
    this.pool = pool
  }

  /**
   * Reads what the database lacks of the named files and folders. Answers each module as it is done.
   * Throws UnreadableCore for a path that is nothing to read, before anything is read.
   */
  async *add(paths: readonly string[], options: OpenOptions, onProgress: (progress: AddProgress) => void): AsyncGenerator<AddedModule> {
    const modules = modulesAt(paths, options)
    const shares = new Map<NamedModule, number>()
    let done = 0
    const tell = (): void => onProgress({ done, total: modules.length, share: [...shares.values()].reduce((sum, share) => sum + share, 0) / Math.max(1, modules.length) })
    const ready: AddedModule[] = []
    const calls: IndexCall[] = []
    let wake = (): void => undefined
    const settle = (module: NamedModule, added: AddedModule): void => {
      done++
      shares.set(module, 1)
      ready.push(added)
      tell()
      wake()
    }
    try {
      for (const module of modules) {
        const there = this.current(module)
        if (there !== null) {
          settle(module, there)
          continue
        }
        const call = this.pool.index({ ...module, folder: this.folder }, (progress) => {
          shares.set(module, progress.total === 0 ? 0 : progress.done / progress.total)
          tell()
        })
        calls.push(call)
        void call.outcome.then((outcome) => {
          const { path, buildId } = module.paths
          if (!outcome.ok) return settle(module, { path, buildId, state: 'failed', info: null, counts: NOTHING, failure: outcome.error })
          const { info, counts, kept } = outcome.value
          settle(module, { path, buildId, state: kept ? 'there' : 'added', info, counts, failure: null })
        })
      }
      for (let told = 0; told < modules.length; ) {
        const next = ready.shift()
        if (next === undefined) {
          await new Promise<void>((resolve) => (wake = resolve))
        } else {
          told++
          yield next
        }
      }
      listSymbols(this.folder)
    } finally {
      for (const call of calls) call.cancel()
    }
  }

  list(): CatalogueEntry[] {
    return listSymbols(this.folder)
  }

  /** Removes the one build whose build-id, or identity, starts with `prefix`. Throws UsageError where that is not one. */
  remove(prefix: string): CatalogueEntry {
    const found = this.list().filter(({ identity }) => identity.startsWith(prefix.toLowerCase()))
    if (found.length === 0) throw new UsageError('no such build-id in the symbol database', prefix, 'corelens symbols list shows what is there')
    if (found.length > 1) throw new UsageError(`${found.length} build-ids start like this`, prefix, 'give more of it')
    discardSymbols(this.folder, found[0].identity)
    this.list()
    return found[0]
  }

  /** Reads all there is, byte by byte; damaged files are removed. */
  check(): Generator<CheckedSymbols> {
    return checkSymbols(this.folder)
  }

  private current(module: NamedModule): AddedModule | null {
    const stored = loadSymbolTables(symbolStore(this.folder), module.identity)
    if (stored === null) return null
    stored.close()
    if (!isCurrent(stored.info, module.fingerprint)) return null
    return { path: module.paths.path, buildId: module.paths.buildId, state: 'there', info: stored.info, counts: stored.counts, failure: null }
  }
}
