/** Runs corelens over a core, in this process, and answers what it says about every block. */
import { openSession } from '../../src-main/engine/analysis.ts'
import type { BlockRow, CoreSummary } from '../../src-main/contract/rows.ts'
import type { ByteSource, ModuleFiles, Progress } from '../../src-main/engine/ports.ts'
import { openFileByteSource } from '../../src-main/storage/fileByteSource.ts'
import { moduleFiles } from '../../src-main/storage/moduleFiles.ts'
import { wasmModule } from '../../src-main/storage/wasmModules.ts'

export interface Analysis {
  summary: CoreSummary
  blocks: BlockRow[]
}

export interface AnalyseOptions {
  /** `none`: as on another machine, where neither the executable nor any library is found. */
  files: 'this machine' | 'none'
  /** Folders of separate debug files. */
  debug: string[]
  /** Read instead of the file. */
  core?: ByteSource
}

const noFiles: ModuleFiles = { open: () => null }
const silent: Progress = { stage: () => undefined, advance: () => undefined }
const PAGE = 10_000

export async function analyse(core: string, options: AnalyseOptions): Promise<Analysis> {
  const source = options.core ?? openFileByteSource(core)
  const session = await openSession('corpus', { debug: options.debug }, {
    core: source,
    files: options.files === 'none' ? noFiles : moduleFiles,
    store: null,
    progress: silent,
    wasm: wasmModule,
    now: () => performance.now() / 1000,
    peakMemory: () => process.resourceUsage().maxRSS * 1024,
  })
  try {
    const blocks: BlockRow[] = []
    for (;;) {
      const page = session.listBlocks({ core: 'corpus', state: 'all', offset: blocks.length, limit: PAGE })
      for (const row of page.rows) blocks.push(row)
      if (page.rows.length === 0 || blocks.length >= page.total) break
    }
    return { summary: session.summary(), blocks }
  } finally {
    session.close()
    source.close()
  }
}
