/**
 * The types of one open core's blocks: what the index has for its symbols is there at once, else a thread of its own opens the
 * core a second time, looks for them and keeps them in the index. Nothing else waits for it.
 */
import type { Outcome } from '../contract/outcome.ts'
import type { TypesState } from '../contract/typeRows.ts'
import type { OpenOptions } from '../engine/session.ts'
import { symbolsFolder } from '../storage/cacheCleanup.ts'
import { EngineWorker } from '../workers/engineWorker.ts'

export interface CoreTypesOptions {
  /** That of the open core. */
  worker: EngineWorker
  path: string
  open: OpenOptions
  /** Where indexes are; what is found goes there. */
  folder: string
  url?: URL | undefined
  /** Settles when no module's symbols are being read any more. */
  symbols(): Promise<unknown>
  onChange(state: TypesState): void
}

const NOTHING: TypesState = { state: 'waiting', share: 0, message: '', timings: [] }

export class CoreTypes {
  private readonly options: CoreTypesOptions
  private state: TypesState = NOTHING
  private finder: EngineWorker | null = null
  private work: Promise<void> = Promise.resolve()
  /** Goes up with each cancel: what was begun before ends. */
  private run = 0

  constructor(options: CoreTypesOptions) {
    this.options = options
  }

  current(): TypesState {
    return this.state
  }

  /** Settles when the types are there or have failed. Begins unless it has begun; begins anew after a failure. */
  async wait(): Promise<Outcome<TypesState>> {
    if (this.state.state === 'waiting' || this.state.state === 'failed') {
      this.set({ ...NOTHING, state: 'building' })
      const { run } = this
      this.work = this.work.then(() => this.find(run))
    }
    await this.work
    return { ok: true, value: this.state }
  }

  /** Attaches what the index has, and looks for nothing. */
  async kept(): Promise<Outcome<TypesState>> {
    await this.options.symbols()
    if (this.state.state === 'waiting') await this.attach(true)
    return { ok: true, value: this.state }
  }

  /** Lists of blocks have other types than before: a person's labels changed. */
  changed(): void {
    this.set(this.state)
  }

  async cancel(): Promise<void> {
    this.run++
    await this.finder?.close()
    await this.work
  }

  private async find(run: number): Promise<void> {
    const failure = await this.findAndAttach(run)
    if (failure !== null) this.set({ ...NOTHING, state: 'failed', message: failure })
  }

  /** Null where the types are attached, else why not. */
  private async findAndAttach(run: number): Promise<string | null> {
    const { worker, path, open, folder, url, symbols } = this.options
    await symbols()
    if (run !== this.run) return 'cancelled'
    if (await this.attach(true)) return null
    const kept = await worker.call('keepBlocks', { folder })
    if (!kept.ok) return kept.error.what
    if (run !== this.run) return 'cancelled'
    const finder = (this.finder = new EngineWorker({
      where: path,
      url,
      onProgress: ({ stage, done, total }) => {
        if (stage === 'types' && total > 0) this.set({ ...this.state, share: Math.min(1, done / total) })
      },
    }))
    try {
      const opened = await finder.open({ path, handle: '', options: open, indexFolder: folder, decompressFolder: folder })
      if (!opened.ok) return opened.error.what
      const attached = await finder.call('openSymbols', { folder: symbolsFolder(folder) })
      if (!attached.ok) return attached.error.what
      const found = await finder.call('inferTypes', { folder })
      if (!found.ok) return found.error.what
    } finally {
      await finder.close()
      this.finder = null
    }
    return (await this.attach(false)) ? null : 'what was written to the index can’t be read back'
  }

  /** Attaches what the index has. */
  private async attach(cached: boolean): Promise<boolean> {
    const { worker, folder } = this.options
    const opened = await worker.call('openTypes', { folder })
    if (!opened.ok || opened.value === null) return false
    this.set({ state: 'ready', share: 1, message: '', timings: cached ? [] : opened.value.timings })
    return true
  }

  private set(state: TypesState): void {
    this.state = state
    this.options.onChange(state)
  }
}
