/** `symbols`: the offline symbol database. Rows are printed as they come. */
import { Cancelled } from '../../engine/ports.ts'
import type { SymbolCounts } from '../../engine/symbols/storedTables.ts'
import { SymbolDatabase, type AddedModule } from '../../service/symbolDatabase.ts'
import { symbolsFolder } from '../../storage/cacheCleanup.ts'
import { cacheFolder } from '../../storage/cacheFolder.ts'
import type { CatalogueEntry } from '../../storage/symbolStore.ts'
import { SymbolPool } from '../../workers/symbolPool.ts'
import { CommandFailed } from './commands.ts'
import type { Command, OutputFormat } from './commandLine.ts'
import type { Output } from './output.ts'
import { ProgressLine } from './progressLine.ts'
import type { CliWorld } from './runCli.ts'
import { grouped, humanBytes, printable, textTable } from './textTable.ts'

type SymbolsCommand = Extract<Command, { kind: 'symbols' }>

export async function runSymbols(command: SymbolsCommand, world: CliWorld, output: Output): Promise<void> {
  const { common } = command
  const pool = new SymbolPool({ url: world.symbolWorkerUrl })
  const database = new SymbolDatabase(symbolsFolder(cacheFolder(common.cache, world.env)), pool)
  let interrupted = false
  world.onInterrupt(() => {
    interrupted = true
    void pool.close()
  })
  try {
    switch (command.action) {
      case 'add':
        await add(command.paths, command, database, new ProgressLine(world.stderr, common.quiet), output)
        break
      case 'list':
        await rows(output, common.format, database.list().map(entryJson), () => listText(database.list()))
        break
      case 'remove': {
        const removed = command.buildIds.map((buildId) => database.remove(buildId))
        await rows(output, common.format, removed.map(entryJson), () => removed.map((entry) => `removed ${entry.identity}  ${printable(entry.info.path)}\n`).join(''))
        break
      }
      case 'check':
        await check(database, common.format, output)
        break
    }
    if (interrupted) throw new Cancelled()
  } finally {
    await pool.close()
  }
}

const COLUMNS = ['TYPES', 'VARIABLES', 'FUNCTIONS', 'SECONDS'] as const

async function add(paths: string[], { common }: SymbolsCommand, database: SymbolDatabase, progress: ProgressLine, output: Output): Promise<void> {
  const { format } = common
  const all: object[] = []
  let failed = 0
  const writeText = async (text: string): Promise<void> => {
    progress.clear()
    await output.write(text)
  }
  try {
    for await (const added of database.add(paths, common.open, ({ done, total, share }) => progress.draw(`reading symbols  ${done} of ${total} files  ${Math.floor(share * 100)} %`))) {
      if (added.failure?.kind === 'cancelled') throw new CommandFailed(added.failure)
      if (added.state === 'failed') failed++
      if (format === 'json') all.push(addedJson(added))
      else if (format === 'jsonl') await writeText(`${JSON.stringify(addedJson(added))}\n`)
      else await writeText((all.push(added) === 1 ? headLine() : '') + addedLine(added))
    }
  } finally {
    progress.clear()
  }
  if (format === 'json') await output.write(`${JSON.stringify({ rows: all }, null, 2)}\n`)
  if (format === 'text' && all.length === 0) await output.write('no programs, libraries or debug files there\n')
  if (failed > 0) throw new CommandFailed({ kind: 'failed', what: `the symbols of ${failed} of ${all.length} files could not be read`, where: 'symbols add', remedy: 'see what is said of each' })
}

function addedJson({ path, buildId, state, info, counts, failure }: AddedModule): object {
  return { path, buildId, state, ...counts, debugBytes: info?.debugBytes ?? 0, seconds: state === 'added' ? (info?.seconds ?? 0) : 0, missing: info?.missing ?? '', message: failure?.what ?? '', diagnostics: info?.diagnostics ?? [] }
}

function headLine(): string {
  return `${COLUMNS.map((title) => title.padStart(9)).join('  ')}  FILE\n`
}

/** Widths are fixed: a line is printed before the next one is known. */
function addedLine({ path, state, info, counts, failure }: AddedModule): string {
  const cells = state === 'failed' ? COLUMNS.map(() => '-') : [grouped(counts.types), grouped(counts.variables), grouped(counts.functions), state === 'there' ? '-' : (info?.seconds ?? 0).toFixed(2)]
  const remark = failure !== null ? `: ${failure.what}` : state === 'there' ? '  (was there)' : info?.debugBytes === 0 ? `  (${info.missing === '' ? 'no debug information' : info.missing})` : ''
  return `${cells.map((cell) => cell.padStart(9)).join('  ')}  ${printable(path + remark)}\n`
}

function entryJson({ identity, info, counts, size }: CatalogueEntry): object {
  return { buildId: info.buildId, identity, path: info.path, size, date: new Date(info.created).toISOString(), ...counts, debugBytes: info.debugBytes, files: info.files, missing: info.missing }
}

function listText(entries: CatalogueEntry[]): string {
  if (entries.length === 0) return 'the symbol database is empty; corelens symbols add PATH… fills it\n'
  const cells = ({ types, variables, functions }: SymbolCounts): string[] => [types, variables, functions].map(grouped)
  const table = textTable(
    [
      { title: 'BUILD-ID', align: 'left' },
      { title: 'DATE', align: 'left' },
      { title: 'SIZE', align: 'right' },
      ...COLUMNS.slice(0, 3).map((title) => ({ title, align: 'right' as const })),
      { title: 'PATH', align: 'left' },
    ],
    entries.map(({ identity, info, counts, size }) => [identity, new Date(info.created).toISOString().slice(0, 10), humanBytes(size), ...cells(counts), info.path]),
  )
  return `${table}\n${grouped(entries.length)} builds, ${humanBytes(entries.reduce((sum, { size }) => sum + size, 0))}\n`
}

async function check(database: SymbolDatabase, format: OutputFormat, output: Output): Promise<void> {
  const all: object[] = []
  let damaged = 0
  for (const { file, entry, whole } of database.check()) {
    if (!whole) damaged++
    const row = { file, buildId: entry?.info.buildId ?? '', path: entry?.info.path ?? '', state: whole ? 'whole' : 'damaged' }
    all.push(row)
    if (format === 'jsonl') await output.write(`${JSON.stringify(row)}\n`)
    else if (format === 'text' && !whole) await output.write(`damaged, removed: ${printable(row.path || file)}\n`)
  }
  if (format === 'json') await output.write(`${JSON.stringify({ rows: all, damaged }, null, 2)}\n`)
  if (format === 'text') await output.write(`${grouped(all.length - damaged)} of ${grouped(all.length)} files are whole\n`)
}

async function rows(output: Output, format: OutputFormat, all: object[], text: () => string): Promise<void> {
  switch (format) {
    case 'text':
      return output.write(text())
    case 'json':
      return output.write(`${JSON.stringify({ rows: all }, null, 2)}\n`)
    case 'jsonl':
      return output.write(all.map((row) => `${JSON.stringify(row)}\n`).join(''))
  }
}
