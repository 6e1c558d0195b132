/** Types of a core's blocks, found in this process: no threads, no files but those of the core. Small cores take a moment. */
import { openSession } from '../../../src-main/engine/analysis.ts'
import type { BlockRow } from '../../../src-main/contract/rows.ts'
import { Diagnostics } from '../../../src-main/engine/errors.ts'
import type { Progress } from '../../../src-main/engine/ports.ts'
import type { InferencePart } from '../../../src-main/engine/types/inference.ts'
import { joinTables, openUnits } from '../../../src-main/engine/symbols/indexModule.ts'
import type { SymbolSource } from '../../../src-main/engine/symbols/moduleSources.ts'
import type { SymbolTables } from '../../../src-main/engine/symbols/tables.ts'
import { openFileByteSource } from '../../../src-main/storage/fileByteSource.ts'
import { memoryIndexStore } from '../../../src-main/storage/memoryIndexStore.ts'
import { moduleFiles } from '../../../src-main/storage/moduleFiles.ts'
import { sectionDecompressor } from '../../../src-main/storage/sectionDecompressor.ts'
import { wasmModule } from '../../../src-main/storage/wasmModules.ts'
import { symbolReader } from '../../../src-main/workers/symbolReader.ts'

const silent: Progress = { stage: () => undefined, advance: () => undefined }
const PAGE = 10_000
/** Of libraries, which many cores share. */
const shared = new Map<string, Promise<SymbolTables>>()

/**
 * All blocks, used and free, with the types that were found.
 * @param exe whose symbols are not kept for another core
 * @param stripped the same without symbols: then there are none and no debug information, of libraries neither
 */
export async function typedBlocks(core: string, exe: string, stripped: string | null = null, without: ReadonlySet<InferencePart> = new Set()): Promise<BlockRow[]> {
  const source = openFileByteSource(core)
  const session = await openSession('case', { debug: [], ...(stripped === null ? {} : { exe: stripped }) }, {
    core: source,
    files: moduleFiles,
    decompressor: sectionDecompressor,
    store: null,
    progress: silent,
    wasm: wasmModule,
    now: () => performance.now() / 1000,
    peakMemory: () => 0,
  })
  try {
    for (const module of stripped === null ? session.symbolSources() : []) if (module.identity !== '' && module.paths.file !== '') session.attachSymbols(module.module, await tablesOf(module, exe))
    const store = memoryIndexStore()
    await session.inferTypes(store, without)
    session.openTypes(store, store)
    const blocks: BlockRow[] = []
    for (;;) {
      const page = session.listBlocks({ core: 'case', state: 'all', offset: blocks.length, limit: PAGE })
      blocks.push(...page.rows)
      if (page.rows.length === 0 || blocks.length >= page.total) return blocks
    }
  } finally {
    session.close()
    source.close()
  }
}

function tablesOf(source: SymbolSource, exe: string): Promise<SymbolTables> {
  if (source.paths.file === exe) return readTables(source)
  let tables = shared.get(source.identity)
  if (tables === undefined) shared.set(source.identity, (tables = readTables(source)))
  return tables
}

async function readTables({ paths }: SymbolSource): Promise<SymbolTables> {
  const diagnostics = new Diagnostics()
  const prepared = await symbolReader.prepare(paths, diagnostics)
  const units = await openUnits(symbolReader, prepared, diagnostics)
  let next = 0
  const read = symbolReader.readUnits(units, () => (next < units.unitCount ? next++ : -1), diagnostics)
  return symbolReader.settle(joinTables(symbolReader.mergeUnits([read], diagnostics), prepared.symbols, prepared.symbolStrings), paths, diagnostics)
}
