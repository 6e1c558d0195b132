/** In the engine worker: the modules of the open core whose symbols are taken from the symbol database. */
import type { EngineSession } from '../engine/session.ts'
import { isCurrent } from '../engine/symbols/moduleSources.ts'
import { DamagedSymbols, loadSymbolTables, type StoredSymbols } from '../engine/symbols/storedTables.ts'
import { discardSymbols, symbolStore } from '../storage/symbolStore.ts'
import type { AttachedSymbols, EngineCalls } from './messages.ts'

export class AttachedModules {
  /** By position in the list of modules. */
  private readonly stored = new Map<number, StoredSymbols>()
  private readonly onDamage: (identity: string) => void
  /** Identities whose damage was told; once each, lest two builds of one identity replace one another for ever. */
  private readonly told = new Set<string>()
  private folder = ''

  /** @param onDamage a column that was asked for can't be read: what the database had of that identity is gone */
  constructor(onDamage: (identity: string) => void) {
    this.onDamage = onDamage
  }

  open(session: EngineSession, folder: string): EngineCalls['openSymbols']['answer'] {
    return session.symbolSources().map((source) => {
      const { module, identity, fingerprint } = source
      const attached = identity === '' ? null : this.attachIf(session, folder, module, identity, fingerprint)
      return { source, attached }
    })
  }

  /** Unless it was opened before. */
  openOnce(session: EngineSession, folder: string): void {
    if (this.folder === '') this.open(session, folder)
  }

  attach(session: EngineSession, { folder, module, identity }: EngineCalls['attachSymbols']['query']): AttachedSymbols | null {
    return this.attachIf(session, folder, module, identity, '')
  }

  /** Null also where the files have changed since and may tell more. */
  private attachIf(session: EngineSession, folder: string, module: number, identity: string, fingerprint: string): AttachedSymbols | null {
    this.folder = folder
    const stored = loadSymbolTables(symbolStore(folder), identity)
    if (stored === null) return null
    if (!isCurrent(stored.info, fingerprint)) {
      stored.close()
      return null
    }
    if (this.stored.has(module)) {
      // Its tables find what was written anew by themselves.
      stored.close()
      return { info: stored.info, counts: stored.counts }
    }
    try {
      session.attachSymbols(module, stored.tables)
    } catch (error) {
      stored.close()
      if (!(error instanceof DamagedSymbols)) throw error
      discardSymbols(folder, identity)
      return null
    }
    this.stored.set(module, stored)
    return { info: stored.info, counts: stored.counts }
  }

  /** To be told of whatever a query threw. */
  tellDamage(error: unknown): void {
    if (!(error instanceof DamagedSymbols) || this.told.has(error.identity)) return
    this.told.add(error.identity)
    discardSymbols(this.folder, error.identity)
    this.onDamage(error.identity)
  }

  close(): void {
    for (const stored of this.stored.values()) stored.close()
    this.stored.clear()
  }
}
