/** The commands over types and variables: `types`, `globals`, `block`. The symbols are there when they are called. */
import type { CoreService } from '../../service/coreService.ts'
import type { BlockView, BlockWordRow, CoreSummary, GlobalRow, TypeLayout } from '../../contract/rows.ts'
import { typeJson } from '../../workers/typeText.ts'
import { json, PAGE_ROWS, pages, value, writeRows } from './answers.ts'
import { blockJson, blockRowJson, blockText } from './blockOutput.ts'
import type { Command } from './commandLine.ts'
import { globalJson, globalsText } from './globalsOutput.ts'
import type { Output } from './output.ts'
import { evidenceText } from './typeCommands.ts'
import { layoutJson, layoutText, typesText } from './typesOutput.ts'

type Of<K extends Command['kind']> = Extract<Command, { kind: K }>

/** Rows as text, unless --limit says otherwise; JSON of types and globals has all. */
const TEXT_ROWS = 50
const TEXT_WORDS = 256
const JSON_WORDS = 100_000
/** Types of one name and unequal content that are shown. */
const SAME_NAME = 100

export async function types(command: Of<'types'>, service: CoreService, { core, modules }: CoreSummary, output: Output): Promise<void> {
  if (command.name !== null) return oneType(command.name, command, service, core, output)
  const { filter, typeKind } = command
  const { format } = command.common
  // people want what is large first, scripts a list
  const sort = command.sort ?? (format === 'text' ? 'bytes' : 'name')
  const query = { core, filter, sort, descending: sort !== 'name', ...(typeKind === undefined ? {} : { kind: typeKind }) }
  if (format === 'text') {
    const { rows, total } = await pages(command.limit ?? TEXT_ROWS, (offset, limit) => service.listTypes({ ...query, offset, limit }))
    return output.write(total === 0 && filter === '' && typeKind === undefined ? noSymbols(modules) : typesText(rows, total))
  }
  const limit = command.limit ?? Infinity
  return writeRows(limit, format, output, (offset) => service.typeText({ query: { ...query, offset }, limit: limit - offset, format }))
}

/**
 * A type of which nothing was read yet, out of much that would have to be: from the first unit that defines it. False where
 * that is not so.
 */
export async function typeAtOnce(name: string, command: Of<'types'>, service: CoreService, core: string, output: Output): Promise<boolean> {
  const layout = value(await service.findType({ core, name }))
  if (layout === null) return false
  await writeLayouts([layout], command, output)
  if (command.common.format === 'text') await output.write(FROM_ONE_UNIT)
  return true
}

const FROM_ONE_UNIT = '\nfrom the first unit that defines it; the symbol database has nothing of this program yet: symbols add, or any other command, reads all of it once\n'

/** All types of the name: those of equal content are one. */
async function oneType(name: string, command: Of<'types'>, service: CoreService, core: string, output: Output): Promise<void> {
  const first = value(await service.typeLayout({ core, name }))
  const layouts: TypeLayout[] = [first]
  const filter = `/^${first.name.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}$/`
  // a name longer than a filter may be has no namesakes that could be asked for
  const same = await service.listTypes({ core, filter, sort: 'name', descending: false, offset: 0, limit: SAME_NAME })
  for (const { id } of same.ok ? same.value.rows : []) if (id !== first.id) layouts.push(value(await service.typeLayout({ core, id })))
  return writeLayouts(layouts, command, output)
}

function writeLayouts(layouts: TypeLayout[], command: Of<'types'>, output: Output): Promise<void> {
  switch (command.common.format) {
    case 'text':
      return output.write(layouts.map(layoutText).join('\n'))
    case 'json':
      return output.write(json({ rows: layouts.map((type) => ({ ...typeJson(type), ...layoutJson(type) })), total: layouts.length }, 'json'))
    case 'jsonl':
      return output.write(layouts.map((type) => json(typeJson(type), 'jsonl')).join(''))
  }
}

export async function globals(command: Of<'globals'>, service: CoreService, { core, modules }: CoreSummary, output: Output): Promise<void> {
  const { filter, sort } = command
  const { format } = command.common
  const ask = (offset: number, limit: number): ReturnType<CoreService['listGlobals']> => service.listGlobals({ core, filter, sort, descending: sort === 'size', offset, limit, ...(command.tls ? { tls: true } : {}) })
  if (format === 'text') {
    const { rows, total } = await pages<GlobalRow>(command.limit ?? TEXT_ROWS, ask)
    return output.write(total === 0 && filter === '' && !command.tls ? noSymbols(modules) : globalsText(rows, total))
  }
  const limit = command.limit ?? Infinity
  await output.write(format === 'json' ? '{"rows":[' : '')
  let printed = 0
  let total: number
  do {
    const page = value(await ask(printed, Math.min(PAGE_ROWS, limit - printed)))
    total = page.total
    if (page.rows.length === 0) break
    await output.write(page.rows.map((row, i) => (format === 'jsonl' ? json(globalJson(row), format) : `${printed + i === 0 ? '\n' : ',\n'}${JSON.stringify(globalJson(row))}`)).join(''))
    printed += page.rows.length
  } while (printed < Math.min(limit, total))
  if (format === 'json') await output.write(`\n],"total":${total}}\n`)
}

export async function block(command: Of<'block'>, service: CoreService, { core }: CoreSummary, output: Output): Promise<void> {
  const { address, as } = command
  const { format } = command.common
  let view: BlockView | null = null
  const { rows } = await pages<BlockWordRow>(command.limit ?? (format === 'text' ? TEXT_WORDS : JSON_WORDS), async (offset, limit) => {
    const answer = await service.viewBlock({ core, address, offset, limit, ...(as === undefined ? {} : { as }) })
    if (answer.ok) view ??= answer.value
    return answer
  })
  const head = view as BlockView | null
  if (head === null) return
  switch (format) {
    case 'text':
      return output.write(blockText(head, rows, await whyTyped(head, service, core)))
    case 'json':
      return output.write(json(blockJson(head, rows), format))
    case 'jsonl':
      return output.write(rows.map((row) => json(blockRowJson(row), format)).join(''))
  }
}

async function whyTyped({ block }: BlockView, service: CoreService, core: string): Promise<string> {
  if (block === null || block.type === null) return ''
  const evidence = await service.evidence({ core, address: block.addr })
  return evidence.ok ? evidenceText(evidence.value) : ''
}

function noSymbols(modules: CoreSummary['modules']): string {
  return `none: of ${modules.length} modules none has debug information that was found; corelens summary CORE says what is missing and how to get it\n`
}
