/** The commands that open a core, ask, print and end. Each throws CommandFailed with the Failure that it met. */
import { renameSync, statSync, writeFileSync } from 'node:fs'
import type { GraphPart } from '../../contract/api.ts'
import type { CoreSummary, DiagnosticRow, TopPage, TopRow } from '../../contract/rows.ts'
import type { CoreService } from '../../service/coreService.ts'
import { toFailure } from '../../workers/failure.ts'
import { BLOCK_TEXT_HEADER } from '../../workers/blockText.ts'
import { CommandFailed, json, PAGE_ROWS, pages, value, writeRows } from './answers.ts'
import type { Command } from './commandLine.ts'
import { layout, leaks, needGraph, refs, retained, why } from './graphCommands.ts'
import type { Output } from './output.ts'
import { SHOWN_FRAMES } from './stacksOutput.ts'
import { summaryJson, summaryText } from './summaryOutput.ts'
import { block, globals, typeAtOnce, types } from './symbolCommands.ts'
import { candidates, label } from './typeCommands.ts'
import { topJson, topRowJson, topText } from './topOutput.ts'

type Of<K extends Command['kind']> = Extract<Command, { kind: K }>
export { CommandFailed } from './answers.ts'
export type CoreCommand = Of<'summary' | 'top' | 'blocks' | 'report' | 'types' | 'globals' | 'block' | 'refs' | 'why' | 'leaks' | 'retained' | 'layout' | 'candidates' | 'label'>

/** Rows of `top` as text, unless --limit says otherwise. JSON has all. */
const TEXT_ROWS = 30

/** `afterOpening` is called between progress and output. */
export async function runCoreCommand(command: CoreCommand, service: CoreService, output: Output, afterOpening: () => void): Promise<void> {
  const offered = await service.offer(command.core, true, false)
  const summary = value(await service.openCore({ file: offered.file }))
  if (command.kind === 'types' && command.name !== null && (await typeAtOnce(command.name, command, service, summary.core, output))) return
  const part = graphPartOf(command)
  // Types of blocks are spelled, and more of them found, by what the symbols say; the graph needs none.
  const graph = part === null ? null : needGraph(service, summary.core, part)
  graph?.catch(() => undefined)
  if (command.kind !== 'summary') value(await service.awaitSymbols({ core: summary.core }))
  await graph
  if (isAboutTypes(command)) await needTypes(service, summary.core)
  else if (command.kind !== 'summary' && !('untyped' in command)) value(await service.keptTypes({ core: summary.core }))
  afterOpening()
  switch (command.kind) {
    case 'summary':
      return summarize(command, service, summary, output)
    case 'top':
      return top(command, service, summary.core, output)
    case 'blocks':
      return blocks(command, service, summary.core, output)
    case 'report':
      return report(command, service, summary.core, output)
    case 'types':
      return types(command, service, summary, output)
    case 'globals':
      return globals(command, service, summary, output)
    case 'block':
      return block(command, service, summary, output)
    case 'refs':
      return refs(command, service, summary.core, output)
    case 'why':
      return why(command, service, summary.core, output)
    case 'leaks':
      return leaks(command, service, summary.core, output)
    case 'retained':
      return retained(command, service, summary.core, output)
    case 'candidates':
      return candidates(command, service, summary.core, output)
    case 'label':
      return label(command, service, summary.core, output)
    case 'layout':
      return layout(command, service, summary.core, output)
  }
}

/** Functions are named by what is there without waiting for symbols. */
async function summarize({ common: { format } }: Of<'summary'>, service: CoreService, summary: CoreSummary, output: Output): Promise<void> {
  const wrong: DiagnosticRow[] = []
  const { rows } = await pages(Infinity, async (offset, limit) => {
    const page = await service.listStacks({ core: summary.core, frames: SHOWN_FRAMES, offset, limit })
    if (page.ok) wrong.push(...page.value.diagnostics)
    return page
  })
  const all = { ...summary, diagnostics: [...summary.diagnostics, ...wrong] }
  return output.write(format === 'text' ? summaryText(all, rows) : json(summaryJson(all, rows), format))
}

/** Whether a command waits for the types of blocks; others show those that were found before. */
function isAboutTypes(command: CoreCommand): boolean {
  switch (command.kind) {
    case 'top':
    case 'blocks':
      return !command.untyped
    case 'block':
    case 'report':
    case 'candidates':
    case 'label':
      return true
    default:
      return false
  }
}

/** Throws CommandFailed where they can't be found. */
async function needTypes(service: CoreService, core: string): Promise<void> {
  const { state, message } = value(await service.awaitTypes({ core }))
  if (state === 'ready') return
  throw new CommandFailed({ kind: message === 'cancelled' ? 'cancelled' : 'failed', what: message || 'types could not be found', where: 'types', remedy: '--untyped leaves them out' })
}

/** What a command asks the graph for. */
function graphPartOf(command: CoreCommand): GraphPart | null {
  switch (command.kind) {
    case 'top':
      return command.by === 'layout' ? 'references' : null
    case 'blocks':
      // its text shows nothing of the graph
      return command.common.format === 'text' ? null : 'references'
    case 'label':
      return command.layout ? 'references' : null
    case 'refs':
    case 'why':
    case 'leaks':
    case 'candidates':
    case 'layout':
      return 'references'
    case 'retained':
      return 'retained'
    default:
      return null
  }
}

async function top(command: Of<'top'>, service: CoreService, core: string, output: Output): Promise<void> {
  const { by, sort, filter } = command
  const { format } = command.common
  const limit = command.limit ?? (format === 'text' ? TEXT_ROWS : Infinity)
  const rows: TopRow[] = []
  let page: TopPage
  do {
    const query = { core, by, sort, filter, descending: true, offset: rows.length, limit: Math.min(PAGE_ROWS, limit - rows.length) }
    page = value(await service.listTop(query))
    rows.push(...page.rows)
  } while (page.rows.length > 0 && rows.length < Math.min(limit, page.total))
  switch (format) {
    case 'text':
      return output.write(topText(rows, page))
    case 'json':
      return output.write(json(topJson(rows, page), format))
    case 'jsonl':
      return output.write(rows.map((row) => json(topRowJson(row), format)).join(''))
  }
}

async function blocks(command: Of<'blocks'>, service: CoreService, core: string, output: Output): Promise<void> {
  const { state, type, size } = command
  const { format } = command.common
  const limit = command.limit ?? Infinity
  const filter = { core, state, ...(type === undefined ? {} : { type }), ...(size === undefined ? {} : { size }) }
  if (format === 'text') await output.write(BLOCK_TEXT_HEADER)
  return writeRows(limit, format, output, (offset) => service.blockText({ query: { ...filter, offset }, limit: limit - offset, format }))
}

async function report(command: Of<'report'>, service: CoreService, core: string, output: Output): Promise<void> {
  const { markdown } = value(await service.report({ core }))
  const { format } = command.common
  const file = command.output === '-' ? null : command.output
  if (file !== null) writeWhole(file, markdown)
  if (format !== 'text') await output.write(json(file === null ? { markdown } : { file }, format))
  else if (file === null) await output.write(markdown)
}

/** Never half a report in place of a whole one. */
function writeWhole(file: string, text: string): void {
  const aside = `${file}.${process.pid}.tmp`
  try {
    // A device or a pipe is written to; a rename would put a file in its place.
    if (statSync(file, { throwIfNoEntry: false })?.isFile() === false) return writeFileSync(file, text)
    writeFileSync(aside, text)
    renameSync(aside, file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const failure = toFailure(error, file)
    throw new CommandFailed(code === undefined ? failure : { ...failure, kind: 'failed', what: `the report cannot be written (${code})`, remedy: 'name a file in a folder you may write to' })
  }
}
