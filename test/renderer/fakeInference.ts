/** Types of blocks that are found in a given time, in none at once; and why the stand-in's blocks have theirs. */

import type { CoreEvent } from '../../src-main/contract/api.ts'
import type { TopRow } from '../../src-main/contract/rows.ts'
import type { EvidenceStep, TypeEvidence, TypesState } from '../../src-main/contract/typeRows.ts'
import { addressOf, indexOf, type FakeLabels } from './fakeLabels.ts'
import type { buildTopRows } from './fakeTop.ts'

type Top = ReturnType<typeof buildTopRows>

const STEPS = 25
/** Rows of TopN by position that have no type until types are found. */
const isFound = (i: number): boolean => i % 3 === 0 && i > 0
const LONG = 3

export class FakeInference {
  state: TypesState = { state: 'waiting', share: 0, message: '', timings: [] }
  readonly #findMs: number
  readonly #emit: (event: CoreEvent) => void
  #core = ''
  #file = ''
  /** Rises when finding begins and when it is stopped. */
  #run = 0
  #ended: Promise<void> = Promise.resolve()

  constructor(findMs: number, emit: (event: CoreEvent) => void) {
    this.#findMs = findMs
    this.#emit = emit
  }

  start(core: string, file: string): void {
    this.#core = core
    this.#file = file
    if (this.#findMs > 0) this.#ended = this.#find()
    else this.#set({ state: 'ready', share: 1 })
  }

  async wait(): Promise<TypesState> {
    if (this.state.state === 'failed') this.#ended = this.#find()
    await this.#ended
    return this.state
  }

  cancel(): void {
    this.#run++
    this.#set({ state: 'failed', share: 0, message: 'cancelled' })
  }

  async #find(): Promise<void> {
    const run = ++this.#run
    for (let step = 0; step <= STEPS; step++) {
      await new Promise((resolve) => setTimeout(resolve, this.#findMs / STEPS))
      if (run !== this.#run) return
      this.#set(step === STEPS ? { state: 'ready', share: 1 } : { state: 'building', share: step / STEPS, message: '' })
    }
  }

  #set(part: Partial<TypesState>): void {
    this.state = { ...this.state, ...part }
    this.#emit({ kind: 'types', core: this.#core, file: this.#file, state: this.state })
  }
}

/** TopN before types are found: those that are not objects with a vtable by their size. */
export function untyped(top: Top): Top {
  const rows = new Map<string, TopRow>()
  top.rows.forEach((row, i) => {
    const now: TopRow = isFound(i) && row.type !== null ? { ...row, key: `malloc(${row.size - 8})/${row.size}`, type: null, label: `malloc(${row.size - 8})`, sizes: 1, requested: row.size - 8, evidence: '' } : row
    const known = rows.get(now.key)
    rows.set(now.key, known ? { ...known, count: known.count + now.count, bytes: known.bytes + now.bytes, share: known.share + now.share } : now)
  })
  return { ...top, rows: [...rows.values()] }
}

export function evidenceOf(address: number, labels: FakeLabels): TypeEvidence {
  const step = (addr: number, type: string | null, member: string, root = ''): EvidenceStep => ({ addr, type, member, root })
  const i = indexOf(address)
  const type = labels.typeAt(address)
  if (type === null) return { how: '', confidence: 0, steps: [] }
  if (labels.isLabelled(i)) return { how: 'a person’s label', confidence: 1, steps: [step(address, type, '')] }
  const start = [step(addressOf(i + 37), 'app::Server', '', 'g_server (orders-backend)'), step(addressOf(i + 5), 'app::Session *[]', 'app::Server.sessions')]
  const between = i % 11 === LONG ? Array.from({ length: 20 }, (_, n) => step(addressOf(i + 11 * (n + 1) - LONG), 'app::Session', 'app::Session.next')) : []
  return { how: 'a pointer to that type, and the right size', confidence: 0.98, steps: [...start, ...between, step(address, type, between.length > 0 ? 'app::Session.accounts' : 'app::Session * []')] }
}
