/** The window's one state: which phase it is in, the files on offer, and every way between phases. */

import type { CoreClient, CoreEvent, HostInfo, OfferedFile, Stage } from '../../src-main/contract/api.ts'
import type { Failure, Outcome } from '../../src-main/contract/outcome.ts'
import type { CoreSummary } from '../../src-main/contract/rows.ts'
import { iec } from '../format/sizes.ts'
import { CoreState } from './coreState.svelte.ts'
import { overallFraction, type ProgressEvent } from './progress.ts'

export class Opening {
  readonly file: OfferedFile
  readonly startedAt = Date.now()
  event = $state.raw<ProgressEvent | null>(null)
  firstStage: Stage = 'open'
  /** 0..1, never falls. */
  fraction = $state(0)
  cancelling = $state(false)

  constructor(file: OfferedFile) {
    this.file = file
  }

  take(event: ProgressEvent): void {
    if (!this.event) this.firstStage = event.stage
    this.event = event
    this.fraction = Math.max(this.fraction, overallFraction(this.firstStage, event))
  }
}

export type Phase =
  | { kind: 'starting' }
  | { kind: 'start' }
  | { kind: 'opening'; opening: Opening }
  | { kind: 'open'; core: CoreState }

/** What the start page says about the last opening. */
export type Notice = { kind: 'cancelled'; file: OfferedFile } | { kind: 'failed'; file: OfferedFile | null; failure: Failure }

const SESSION_KEY = 'corelens.core'

export class AppState {
  readonly client: CoreClient
  phase = $state.raw<Phase>({ kind: 'starting' })
  host = $state.raw<HostInfo | null>(null)
  files = $state.raw<OfferedFile[]>([])
  notice = $state.raw<Notice | null>(null)
  /** A passing word to the person: copied, saved. */
  said = $state('')
  /** False while the host doesn't answer. */
  connected = $state(true)
  #silence: ReturnType<typeof setTimeout> | undefined

  constructor(client: CoreClient) {
    this.client = client
  }

  async start(): Promise<void> {
    this.client.subscribe((event) => this.#take(event))
    const host = await this.client.host()
    if (!host.ok) {
      this.notice = { kind: 'failed', file: null, failure: host.error }
      this.phase = { kind: 'start' }
      return
    }
    this.host = host.value
    await this.refreshFiles()
    if (await this.#resume()) return
    const wanted = this.files.find((file) => file.openNow)
    if (wanted) await this.open(wanted)
    else this.phase = { kind: 'start' }
  }

  async refreshFiles(): Promise<void> {
    const files = await this.client.listFiles()
    if (files.ok) this.files = files.value
  }

  async choose(): Promise<void> {
    const chosen = await this.client.chooseFile()
    await this.#openOffered(chosen)
  }

  async drop(dropped: unknown): Promise<void> {
    const offered = await this.client.offerDropped(dropped)
    if (offered.ok && offered.value === null) this.say('Only a file of this machine can be opened')
    await this.#openOffered(offered)
  }

  async forget(file: OfferedFile): Promise<void> {
    const outcome = await this.client.forgetFile({ file: file.file })
    if (outcome.ok) this.files = this.files.filter((other) => other.file !== file.file)
    else this.notice = { kind: 'failed', file: null, failure: outcome.error }
  }

  async open(file: OfferedFile): Promise<void> {
    if (this.phase.kind === 'opening') return
    await this.#closeOpenCore()
    const opening = new Opening(file)
    this.notice = null
    this.phase = { kind: 'opening', opening }
    const outcome = await this.client.openCore({ file: file.file })
    if (outcome.ok) {
      this.#show(outcome.value)
      return
    }
    this.notice = outcome.error.kind === 'cancelled' ? { kind: 'cancelled', file } : { kind: 'failed', file, failure: outcome.error }
    this.phase = { kind: 'start' }
    await this.refreshFiles()
  }

  async cancel(): Promise<void> {
    if (this.phase.kind !== 'opening' || this.phase.opening.cancelling) return
    const { opening } = this.phase
    opening.cancelling = true
    const outcome = await this.client.cancelOpen({ file: opening.file.file })
    if (!outcome.ok) {
      opening.cancelling = false
      this.say(`${outcome.error.what}: ${outcome.error.remedy}`)
    }
  }

  async close(): Promise<void> {
    await this.#closeOpenCore()
    this.notice = null
    this.phase = { kind: 'start' }
    await this.refreshFiles()
  }

  async saveReport(): Promise<void> {
    if (this.phase.kind !== 'open') return
    const outcome = await this.client.report({ core: this.phase.core.summary.core })
    if (!outcome.ok) {
      this.say(`No report: ${outcome.error.what}. ${outcome.error.remedy}`)
      return
    }
    const { markdown, suggestedName } = outcome.value
    const blob = new Blob([markdown], { type: 'text/markdown' })
    const link = document.createElement('a')
    link.href = URL.createObjectURL(blob)
    link.download = suggestedName
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 30_000)
    this.say(`Report saved as ${suggestedName} (${iec(blob.size)})`)
  }

  say(text: string): void {
    clearTimeout(this.#silence)
    this.said = text
    this.#silence = setTimeout(() => (this.said = ''), 4000)
  }

  #take(event: CoreEvent): void {
    switch (event.kind) {
      case 'progress':
        if (this.phase.kind === 'opening' && this.phase.opening.file.file === event.file) this.phase.opening.take(event)
        return
      case 'symbols':
        if (this.phase.kind === 'open' && this.phase.core.summary.core === event.core) this.phase.core.symbols.take(event)
        return
      case 'graph':
        if (this.phase.kind === 'open' && this.phase.core.summary.core === event.core) this.phase.core.graph.take(event)
        return
      case 'types':
        if (this.phase.kind === 'open' && this.phase.core.summary.core === event.core) this.phase.core.inference.take(event)
        return
      case 'offered':
        this.files = [event.file, ...this.files.filter((file) => file.file !== event.file.file)]
        if (!event.file.openNow) return
        if (this.phase.kind === 'opening') this.say(`${event.file.name} waits on the start page until this is done`)
        else void this.open(event.file)
        return
    }
  }

  async #openOffered(outcome: Outcome<OfferedFile | null>): Promise<void> {
    if (!outcome.ok) {
      this.notice = { kind: 'failed', file: null, failure: outcome.error }
      if (this.phase.kind === 'open') this.say(`${outcome.error.what}: ${outcome.error.remedy}`)
    } else if (outcome.value) await this.open(outcome.value)
  }

  #show(summary: CoreSummary): void {
    sessionStorage.setItem(SESSION_KEY, summary.core)
    this.phase = { kind: 'open', core: new CoreState(this.client, summary) }
  }

  /** After a reload of the page the host still has the core. */
  async #resume(): Promise<boolean> {
    const core = sessionStorage.getItem(SESSION_KEY)
    if (core === null) return false
    const outcome = await this.client.summary({ core })
    if (outcome.ok) this.#show(outcome.value)
    else sessionStorage.removeItem(SESSION_KEY)
    return outcome.ok
  }

  async #closeOpenCore(): Promise<void> {
    if (this.phase.kind !== 'open') return
    sessionStorage.removeItem(SESSION_KEY)
    this.phase.core.end()
    await this.client.closeCore({ core: this.phase.core.summary.core })
  }
}
