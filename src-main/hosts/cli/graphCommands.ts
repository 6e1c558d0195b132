/** The commands over the graph: `refs`, `why`, `leaks`, `retained`, `layout`. What they ask is built when they are called. */
import type { GraphPart } from '../../contract/api.ts'
import { hex } from '../../engine/bytes/units.ts'
import type { CoreService } from '../../service/coreService.ts'
import { CommandFailed, json, PAGE_ROWS, pages, value } from './answers.ts'
import type { Command } from './commandLine.ts'
import { dot, layoutText, leakGroupsText, leakJson, leaksJson, mermaid, neighbourhoodJson, neighbourhoodText, referenceJson, referencesJson, referencesText, retainedJson, retainedText, whyJson, whyText } from './graphOutput.ts'
import type { Output } from './output.ts'

type Of<K extends Command['kind']> = Extract<Command, { kind: K }>

const TEXT_ROWS = 30
/** JSON of everything but leaks, which has all, unless --limit says otherwise. */
const JSON_ROWS = 10_000
const GRAPH_NODES = 60

/** Settles when that part of the graph is there. Throws CommandFailed where it can't be built. */
export async function needGraph(service: CoreService, core: string, part: GraphPart): Promise<void> {
  const state = value(await service.awaitGraph({ core, part }))
  if (state[part] === 'ready') return
  throw new CommandFailed({ kind: state.message === 'cancelled' || state.message === 'closed' ? 'cancelled' : 'failed', what: state.message || 'the graph could not be built', where: 'graph', remedy: 'summary still says what the memory is' })
}

export async function refs(command: Of<'refs'>, service: CoreService, core: string, output: Output): Promise<void> {
  const { address, direction, depth, form } = command
  if (depth > 1 || form === 'mermaid' || form === 'dot') {
    const around = value(await service.neighbourhood({ core, address, direction, depth, limit: Math.min(2000, command.limit ?? GRAPH_NODES) }))
    const text = form === 'mermaid' ? mermaid(around) : form === 'dot' ? dot(around) : form === 'text' ? neighbourhoodText(around) : json(neighbourhoodJson(around), form)
    return output.write(text)
  }
  const limit = command.limit ?? (form === 'text' ? TEXT_ROWS : JSON_ROWS)
  const first = value(await service.listReferences({ core, address, direction, offset: 0, limit: 1 }))
  const { rows } = await pages(limit, (offset, most) => service.listReferences({ core, address, direction, offset, limit: most }))
  switch (form) {
    case 'text':
      return output.write(referencesText(first, rows, direction))
    case 'json':
      return output.write(json(referencesJson(first, rows, direction), form))
    case 'jsonl':
      return output.write(rows.map((row) => json(referenceJson(row), 'jsonl')).join(''))
  }
}

export async function why(command: Of<'why'>, service: CoreService, core: string, output: Output): Promise<void> {
  const { format } = command.common
  const answer = value(await service.why({ core, address: command.address, limit: Math.min(20, command.limit ?? 3) }))
  return output.write(format === 'text' ? whyText(answer) : json(whyJson(answer), format))
}

export async function leaks(command: Of<'leaks'>, service: CoreService, core: string, output: Output): Promise<void> {
  const { format } = command.common
  if (format === 'text') {
    const limit = command.limit ?? TEXT_ROWS
    const page = value(await service.groupLeaks({ core, sort: 'bytes', descending: true, filter: '', offset: 0, limit: Math.min(PAGE_ROWS, limit) }))
    const heads = value(await service.listLeaks({ core, heads: true, sort: 'holds', descending: true, offset: 0, limit: 10 }))
    return output.write(leakGroupsText(page.rows, page, heads.rows))
  }
  const limit = command.limit ?? Infinity
  const ask = (offset: number, most: number): ReturnType<CoreService['listLeaks']> => service.listLeaks({ core, heads: command.heads, sort: 'addr', descending: false, offset, limit: most })
  if (format === 'json') {
    const { all } = value(await ask(0, 1))
    const { rows, total } = await pages(limit, ask)
    return output.write(json(leaksJson(rows, all, total), format))
  }
  for (let printed = 0; printed < limit; ) {
    const page = value(await ask(printed, Math.min(PAGE_ROWS, limit - printed)))
    if (page.rows.length === 0) return
    await output.write(page.rows.map((row) => json(leakJson(row), 'jsonl')).join(''))
    printed += page.rows.length
  }
}

export async function retained(command: Of<'retained'>, service: CoreService, core: string, output: Output): Promise<void> {
  const { address } = command
  const { format } = command.common
  const limit = command.limit ?? (format === 'text' ? TEXT_ROWS : JSON_ROWS)
  const query = { core, ...(address === null ? {} : { address }) }
  const first = value(await service.listRetained({ ...query, offset: 0, limit: 1 }))
  const { rows, total } = await pages(limit, (offset, most) => service.listRetained({ ...query, offset, limit: most }))
  switch (format) {
    case 'text':
      return output.write(retainedText(rows, total, first.path))
    case 'json':
      return output.write(json({ rows: rows.map(retainedJson), total, path: first.path.map(retainedJson) }, format))
    case 'jsonl':
      return output.write(rows.map((row) => json(retainedJson(row), format)).join(''))
  }
}

export async function layout(command: Of<'layout'>, service: CoreService, core: string, output: Output): Promise<void> {
  const { format } = command.common
  const details = value(await service.layoutDetails({ core, key: `at ${hex(command.address)}` }))
  return output.write(format === 'text' ? layoutText(details) : json(details, format))
}

