/**
 * The worker's side of reading symbols: owns a module, from its files to its index, or reads some units of one that another
 * worker owns. One module at a time; whatever is thrown becomes its failure. Nothing of a module stays behind when it fails.
 */
import type { MessagePort } from 'node:worker_threads'
import { newClaims } from '../engine/dwarf/claims.ts'
import type { DwarfUnits } from '../engine/dwarf/read.ts'
import { Diagnostics } from '../engine/errors.ts'
import { Cancelled } from '../engine/ports.ts'
import { joinTables, openUnits, type PreparedModule, type SymbolReader } from '../engine/symbols/indexModule.ts'
import { countsOf, loadSymbolTables, saveSymbolTables, type SymbolsInfo } from '../engine/symbols/storedTables.ts'
import { symbolStore } from '../storage/symbolStore.ts'
import { toFailure } from './failure.ts'
import { CONTROL, type FromSymbolWorker, type IndexedModule, type IndexRequest, type ToSymbolWorker, type UnitPart } from './symbolMessages.ts'

/** Modules with more debug information are shared between workers. */
export const SHARED_FROM_BYTES = 8 << 20
/** Reading is told to stop at units and chunks; a module of fewer units is not worth sharing. */
const SHARED_FROM_UNITS = 8

/** A module that this worker owns, after its own units were read. */
interface Owned {
  request: IndexRequest
  prepared: PreparedModule
  bytes: number
  own: UnitPart
  started: number
  control: Int32Array
}

export function serveSymbols(port: MessagePort, reader: SymbolReader): void {
  let waiting: { job: number; owned: Owned } | null = null
  const post = (message: FromSymbolWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer)

  const index = async (job: number, request: IndexRequest, control: Int32Array): Promise<void> => {
    const started = performance.now()
    throwIfStopped(control)
    const diagnostics = new Diagnostics()
    const prepared = await reader.prepare(request.paths, diagnostics)
    throwIfStopped(control)
    const dwarf = await openUnits(reader, prepared, diagnostics)
    const shared = dwarf.bytes > SHARED_FROM_BYTES && dwarf.unitCount >= SHARED_FROM_UNITS
    if (shared) dwarf.claims = newClaims(dwarf.bytes)
    post({ kind: 'opened', job, bytes: dwarf.bytes, unitCount: dwarf.unitCount, dwarf: shared ? dwarf : null })
    const tables = reader.readUnits(dwarf, unitsOf(dwarf, control), diagnostics)
    const owned: Owned = { request, prepared, bytes: dwarf.bytes, own: { tables, diagnostics: diagnostics.rows }, started, control }
    if (shared) {
      waiting = { job, owned }
      post({ kind: 'waiting', job })
    } else {
      post({ kind: 'indexed', job, module: finish(reader, owned, []) })
    }
  }

  const answer = async (message: ToSymbolWorker): Promise<void> => {
    const { job } = message
    switch (message.kind) {
      case 'index':
        return index(job, message.request, new Int32Array(message.control))
      case 'read': {
        const part = readPart(reader, message.dwarf, new Int32Array(message.control))
        return post({ kind: 'part', job, part }, transferable(part))
      }
      case 'merge': {
        const owned = waiting?.job === job ? waiting.owned : null
        waiting = null
        if (owned === null) throw new Error('there is nothing to merge with')
        return post({ kind: 'indexed', job, module: finish(reader, owned, message.parts) })
      }
      case 'abandon':
        waiting = null
        return
    }
  }

  port.on('message', (message: ToSymbolWorker) => {
    answer(message).catch((error: unknown) => {
      waiting = null
      const where = message.kind === 'index' ? message.request.paths.path : 'symbols'
      post({ kind: 'failed', job: message.job, error: toFailure(error, where) })
    })
  })
}

function readPart(reader: SymbolReader, dwarf: DwarfUnits, control: Int32Array): UnitPart {
  const diagnostics = new Diagnostics()
  return { tables: reader.readUnits(dwarf, unitsOf(dwarf, control), diagnostics), diagnostics: diagnostics.rows }
}

/** Every unit goes to exactly one of the threads that ask. */
function unitsOf(dwarf: DwarfUnits, control: Int32Array): () => number {
  return () => {
    throwIfStopped(control)
    const unit = Atomics.add(control, CONTROL.nextUnit, 1)
    return unit < dwarf.unitCount ? unit : -1
  }
}

function throwIfStopped(control: Int32Array): void {
  if (Atomics.load(control, CONTROL.stop) !== 0) throw new Cancelled()
}

function finish(reader: SymbolReader, { request, prepared, bytes, own, started, control }: Owned, others: UnitPart[]): IndexedModule {
  const parts = [own, ...others]
  const diagnostics = new Diagnostics()
  for (const part of others) own.diagnostics.push(...part.diagnostics)
  throwIfStopped(control)
  const joined = joinTables(reader.mergeUnits(parts.map((part) => part.tables), diagnostics), prepared.symbols, prepared.symbolStrings)
  const tables = reader.settle(joined, request.paths, diagnostics)
  const info: SymbolsInfo = {
    path: request.paths.path,
    buildId: request.paths.buildId,
    files: prepared.files,
    debugBytes: bytes,
    missing: prepared.missing,
    fingerprint: request.fingerprint,
    seconds: (performance.now() - started) / 1000,
    created: Date.now(),
    diagnostics: [...own.diagnostics, ...diagnostics.rows],
  }
  const store = symbolStore(request.folder)
  const before = loadSymbolTables(store, request.identity)
  before?.close()
  const counts = countsOf(tables)
  // A stripped file must not take the place of what its debug file told.
  if (before !== null && (before.info.debugBytes > bytes || (before.info.debugBytes === bytes && before.counts.symbols > counts.symbols))) {
    return { info: before.info, counts: before.counts, kept: true }
  }
  saveSymbolTables(store, request.identity, tables, info, () => throwIfStopped(control))
  return { info, counts, kept: false }
}

/** The memory of all columns in a tree of plain data, each once; shared memory needs no transfer. */
export function transferable(value: unknown, found = new Set<ArrayBuffer>()): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) found.add(value.buffer)
  } else if (value instanceof ArrayBuffer) {
    found.add(value)
  } else if (typeof value === 'object' && value !== null && !(value instanceof SharedArrayBuffer)) {
    for (const part of Object.values(value)) transferable(part, found)
  }
  return [...found]
}
