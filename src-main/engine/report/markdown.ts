/** The findings as Markdown. Names from the core are text nodes, so that nothing in them can become markup. */
import type { PhrasingContent, RootContent, Table, TableRow } from 'mdast'
import { gfmTableToMarkdown } from 'mdast-util-gfm-table'
import { toMarkdown } from 'mdast-util-to-markdown'
import type { AccountingKind, CoreSummary, TopPage } from '../../contract/rows.ts'
import { hex } from '../bytes/units.ts'

const KINDS: Record<AccountingKind, string> = {
  'allocator-used': 'allocator, used',
  'allocator-free': 'allocator, free',
  'allocator-overhead': 'allocator, overhead',
  'thread-stack': 'thread stacks',
  anonymous: 'anonymous, unclaimed',
  'module-data': 'modules: data',
  'module-bss': 'modules: bss',
  'module-text': 'modules: code',
  'module-rodata': 'modules: read-only data',
  'mapped-file': 'mapped files',
  vdso: 'vdso and the like',
  reserved: 'reserved, no access',
}
const MAX_NAME = 300
const LISTED_MODULES = 60

export function markdownReport(summary: CoreSummary, top: TopPage): string {
  const { process } = summary
  const children: RootContent[] = [
    heading(1, `What the memory of ${process.command || 'the process'} is`),
    ...processSection(summary),
    heading(2, 'Where the memory is'),
    accountingTable(summary),
    heading(2, 'What uses the most memory'),
    paragraph(`${count(top.all.count)} blocks in use, ${size(top.all.bytes)}. The ${top.rows.length} largest of ${count(top.total)} kinds:`),
    table(
      ['Type', 'Size', 'Count', 'Bytes', 'Share'],
      [null, 'right', 'right', 'right', 'right'],
      top.rows.map((r) => [r.label, r.sizes > 1 ? `mostly ${count(r.size)}` : count(r.size), count(r.count), size(r.bytes), percent(r.share)]),
    ),
    paragraph('malloc(80) stands for blocks of a size that a program gets for malloc(80), whose type is not known.'),
  ]
  if (summary.diagnostics.length > 0) {
    children.push(heading(2, 'What is not known'), list(summary.diagnostics.map((d) => `${d.where}: ${d.message}`)))
  }
  children.push(heading(2, 'Modules'), modulesTable(summary))
  return toMarkdown({ type: 'root', children }, { extensions: [gfmTableToMarkdown({ tableCellPadding: true, tablePipeAlign: false })], bullet: '-' })
}

function processSection(summary: CoreSummary): RootContent[] {
  const { process } = summary
  const signal = process.signal === 0 ? 'none' : `${process.signalName}${process.faultAddress === null ? '' : ` at ${hex(process.faultAddress)}`}`
  const rows = [
    ['Core', summary.path],
    ['Process', `${process.command} (pid ${process.pid})`],
    ['Arguments', process.args],
    ['Signal', signal],
    ['Machine', `${process.machine}, core written by ${process.writer}`],
    ['Threads', count(summary.threads.length)],
    ['Mapped memory', size(summary.accounting.mapped)],
  ]
  return [table(['', ''], [null, null], rows)]
}

function accountingTable(summary: CoreSummary): Table {
  const { rows, mapped } = summary.accounting
  const shown = rows.filter((r) => r.bytes > 0).map((r) => [KINDS[r.kind], size(r.bytes), mapped === 0 ? '' : percent(r.bytes / mapped)])
  return table(['Kind', 'Bytes', 'Share'], [null, 'right', 'right'], [...shown, ['all', size(mapped), percent(1)]])
}

function modulesTable(summary: CoreSummary): Table {
  const debug = { full: 'debug information', symbols: 'symbols', none: 'none' } as const
  return table(
    ['Module', 'Build-id', 'At', 'Names'],
    [null, null, null, null],
    summary.modules.slice(0, LISTED_MODULES).map((m) => [m.path, m.buildId, hex(m.base), m.file === '' && m.path !== '[vdso]' ? 'file not found' : debug[m.debug]]),
  )
}

const text = (value: string): PhrasingContent => ({ type: 'text', value: clean(value) })
const heading = (depth: 1 | 2, value: string): RootContent => ({ type: 'heading', depth, children: [text(value)] })
const paragraph = (value: string): RootContent => ({ type: 'paragraph', children: [text(value)] })
const list = (items: string[]): RootContent => ({
  type: 'list',
  ordered: false,
  spread: false,
  children: items.map((item) => ({ type: 'listItem', spread: false, children: [{ type: 'paragraph', children: [text(item)] }] })),
})

function table(head: string[], align: Table['align'], rows: string[][]): Table {
  const row = (cells: string[]): TableRow => ({ type: 'tableRow', children: cells.map((cell) => ({ type: 'tableCell', children: [text(cell)] })) })
  return { type: 'table', align: align ?? null, children: [row(head), ...rows.map(row)] }
}

/** One line, no control or direction-changing characters, not endlessly long. */
function clean(value: string): string {
  const line = value.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, ' ')
  return line.length > MAX_NAME ? `${line.slice(0, MAX_NAME)}…` : line
}

const count = (n: number): string => n.toLocaleString('en-US')
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let unit = 0
  let value = bytes
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? String(value) : value.toFixed(1)} ${units[unit]}`
}
