/**
 * The worker's side: opens one core, then answers queries about it, one message at a time. Whatever is thrown becomes a
 * failure answer; after a failed `open` the main side ends the worker.
 */
import type { MessagePort } from 'node:worker_threads'
import type { DiagnosticRow } from '../contract/rows.ts'
import type { ByteSource, Progress } from '../engine/ports.ts'
import type { EngineSession, OpenSession } from '../engine/session.ts'
import { openFileByteSource } from '../storage/fileByteSource.ts'
import { lmdbIndexStore, lmdbLabelStore } from '../storage/lmdbIndexStore.ts'
import { moduleFiles } from '../storage/moduleFiles.ts'
import { sectionDecompressor } from '../storage/sectionDecompressor.ts'
import { wasmModule } from '../storage/wasmModules.ts'
import { blockText } from './blockText.ts'
import { AttachedModules } from './attachedModules.ts'
import { toFailure } from './failure.ts'
import { findType } from './findType.ts'
import type { EngineCall, FromWorker, OpenRequest, ToWorker } from './messages.ts'
import { ProgressMeter } from './progressMeter.ts'
import { symbolReader } from './symbolReader.ts'
import { typeText } from './typeText.ts'

/** Null where the file is not compressed; what is wrong with it becomes the summary's first diagnostics. */
export type Decompress = (source: ByteSource, folder: string, progress: Progress) => Promise<Decompressed | null>

interface Decompressed {
  source: ByteSource
  /** Of the file that `source` reads. */
  path: string
  diagnostics: DiagnosticRow[]
}

export function serveEngine(port: MessagePort, openSession: OpenSession, decompress: Decompress): void {
  let session: EngineSession | null = null
  let path = ''
  /** Of the core itself: not of the compressed file. */
  let corePath = ''
  const symbols = new AttachedModules((identity) => port.postMessage({ kind: 'symbolsDamaged', identity } satisfies FromWorker))

  const opened = (): EngineSession => {
    if (session === null) throw new Error('the core is not open')
    return session
  }

  const answer = async (call: EngineCall): Promise<unknown> => {
    switch (call.method) {
      case 'open':
        path = call.query.path
        session = await open(call.query)
        return session.summary()
      case 'summary':
        return opened().summary()
      case 'listTop':
        return opened().listTop(call.query)
      case 'listBlocks':
        return opened().listBlocks(call.query)
      case 'listRanges':
        return opened().listRanges(call.query)
      case 'listStacks':
        symbols.openOnce(opened(), call.query.folder)
        return opened().listStacks(call.query.query)
      case 'blockText':
        return blockText(opened(), call.query)
      case 'listTypes':
        return opened().listTypes(call.query)
      case 'typeLayout':
        return opened().typeLayout(call.query)
      case 'findType':
        return findType(opened(), symbols, symbolReader, call.query.folder, call.query.name)
      case 'listGlobals':
        return opened().listGlobals(call.query)
      case 'viewBlock':
        return opened().viewBlock(call.query)
      case 'typeText':
        return typeText(opened(), call.query)
      case 'report':
        return opened().reportMarkdown()
      case 'graphPlan':
        return { plan: opened().graphPlan(lmdbIndexStore(call.query.folder)), core: corePath }
      case 'openGraph':
        return opened().openGraph(lmdbIndexStore(call.query.folder))
      case 'keepBlocks':
        opened().keepBlocks(lmdbIndexStore(call.query.folder))
        return null
      case 'inferTypes':
        await opened().inferTypes(lmdbIndexStore(call.query.folder))
        return null
      case 'openTypes':
        return opened().openTypes(lmdbIndexStore(call.query.folder), lmdbLabelStore(call.query.folder))
      case 'candidates':
        return opened().candidates(call.query)
      case 'listLabels':
        return opened().listLabels()
      case 'setLabel':
        return opened().setLabel(call.query, lmdbLabelStore(call.query.folder))
      case 'removeLabels':
        return opened().removeLabels(call.query, lmdbLabelStore(call.query.folder))
      case 'evidence':
        return opened().evidence(call.query)
      case 'listReferences':
        return opened().listReferences(call.query)
      case 'groupReferences':
        return opened().groupReferences(call.query)
      case 'neighbourhood':
        return opened().neighbourhood(call.query)
      case 'why':
        return opened().why(call.query)
      case 'listLeaks':
        return opened().listLeaks(call.query)
      case 'groupLeaks':
        return opened().groupLeaks(call.query)
      case 'listRetained':
        return opened().listRetained(call.query)
      case 'layoutDetails':
        return opened().layoutDetails(call.query)
      case 'openSymbols':
        return symbols.open(opened(), call.query.folder)
      case 'attachSymbols':
        return symbols.attach(opened(), call.query)
      case 'close':
        session?.close()
        symbols.close()
        session = null
        return null
    }
  }

  const open = async (request: OpenRequest): Promise<EngineSession> => {
    const post = (message: FromWorker): void => port.postMessage(message)
    const progress = new ProgressMeter(request.stop, (report) => post({ kind: 'progress', report }), () => performance.now())
    const file = openFileByteSource(request.path)
    let core = file
    corePath = request.path
    let damage: DiagnosticRow[] = []
    try {
      const decompressed = await decompress(file, request.decompressFolder, progress)
      if (decompressed !== null) {
        core = decompressed.source
        corePath = decompressed.path
        file.close()
        damage = decompressed.diagnostics
      }
      return await openSession(request.handle, request.options, {
        core,
        damage,
        files: moduleFiles,
        decompressor: sectionDecompressor,
        store: request.indexFolder === null ? null : lmdbIndexStore(request.indexFolder),
        progress,
        wasm: wasmModule,
        now: () => performance.now() / 1000,
        peakMemory: () => process.resourceUsage().maxRSS * 1024,
      })
    } catch (error) {
      core.close()
      file.close()
      throw error
    }
  }

  port.on('message', (message: ToWorker) => {
    answer(message).then(
      (value) => {
        port.postMessage({ kind: 'answer', id: message.id, value } satisfies FromWorker, transfers(value))
        if (message.method === 'close') port.close()
      },
      (error: unknown) => {
        symbols.tellDamage(error)
        port.postMessage({ kind: 'failure', id: message.id, error: toFailure(error, path) } satisfies FromWorker)
      },
    )
  })
}

function transfers(value: unknown): ArrayBuffer[] {
  const text = (value as { text?: unknown } | null)?.text
  return text instanceof Uint8Array && text.buffer instanceof ArrayBuffer ? [text.buffer] : []
}
