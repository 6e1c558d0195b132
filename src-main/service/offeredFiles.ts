/**
 * The files a host offers: from the command line, chosen, dropped, recent. Gives each an opaque id, so that no path ever
 * comes from a renderer.
 */
import { randomUUID } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { OfferedFile } from '../contract/api.ts'
import type { RecentFiles } from '../storage/recentFiles.ts'

interface Offer {
  id: string
  path: string
  openNow: boolean
  /** Counts up with each offer; 0 for files that are only recent. */
  offered: number
}

export class OfferedFiles {
  /** Null: nothing is remembered. */
  private readonly recent: RecentFiles | null
  private readonly byPath = new Map<string, Offer>()
  private readonly byId = new Map<string, Offer>()
  private offers = 0

  constructor(recent: RecentFiles | null) {
    this.recent = recent
  }

  /** The path made absolute; a file offered again keeps its id. */
  async offer(path: string, openNow: boolean): Promise<OfferedFile> {
    const offer = this.know(resolve(path))
    offer.openNow = openNow
    offer.offered = ++this.offers
    return this.describe(offer)
  }

  /** What was offered in this run first, then what earlier runs opened; latest first. */
  async list(): Promise<OfferedFile[]> {
    for (const { path } of this.recent?.list() ?? []) this.know(path)
    const opened = this.openedByPath()
    const shown = [...this.byId.values()].filter((offer) => offer.offered > 0 || opened.has(offer.path))
    shown.sort((a, b) => b.offered - a.offered || (opened.get(b.path) ?? 0) - (opened.get(a.path) ?? 0))
    return Promise.all(shown.map((offer) => this.describe(offer)))
  }

  /** Null where no file of that id was offered. */
  path(id: string): string | null {
    return this.byId.get(id)?.path ?? null
  }

  wasOpened(id: string): void {
    const offer = this.byId.get(id)
    if (offer === undefined) return
    offer.openNow = false
    this.recent?.add(offer.path, Date.now())
  }

  forget(id: string): void {
    const offer = this.byId.get(id)
    if (offer === undefined) return
    this.recent?.remove(offer.path)
    this.byId.delete(id)
    this.byPath.delete(offer.path)
  }

  private know(path: string): Offer {
    let offer = this.byPath.get(path)
    if (offer === undefined) {
      offer = { id: randomUUID(), path, openNow: false, offered: 0 }
      this.byPath.set(path, offer)
      this.byId.set(offer.id, offer)
    }
    return offer
  }

  private openedByPath(): Map<string, number> {
    return new Map((this.recent?.list() ?? []).map(({ path, opened }) => [path, opened]))
  }

  private async describe({ id, path, openNow }: Offer): Promise<OfferedFile> {
    const size = await stat(path).then((found) => (found.isFile() ? found.size : null), () => null)
    return { file: id, name: basename(path), path, size, opened: this.openedByPath().get(path) ?? null, openNow }
  }
}
