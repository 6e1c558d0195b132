/** References, chains, leaks and retained sizes as text, as JSON, and as Mermaid and DOT graphs. */
import type { BlockRef, Chain, GraphEdge, GraphNode, LayoutDetails, LeakGroupPage, LeakGroupRow, LeakRow, LeakTotals, Neighbourhood, ReferencePage, ReferenceRow, RetainedRow, RootRef, Why } from '../../contract/rows.ts'
import { hex } from '../../engine/bytes/units.ts'
import { rootText } from '../../engine/findings/rootNames.ts'
import { clipped, grouped, humanBytes, percent, printable, textTable } from './textTable.ts'

export const offsetText = (offset: number): string => (offset === 0 ? '' : offset < 10 ? `+${offset}` : `+${hex(offset)}`)
const blockText = (block: BlockRef, offset = 0): string => `${clipped(block.label)} ${hex(block.addr)}${offsetText(offset)}`
const placeText = (member: string, offset: number): string => (member === '' ? offsetText(offset) || '+0' : `.${member}`)

const tagText = ({ tag }: ReferenceRow): string => (tag === undefined ? '' : ` tag ${tag}`)

const blockJson = ({ addr, ...rest }: BlockRef): object => ({ addr: hex(addr), ...rest })
const rootJson = ({ addr, ...rest }: RootRef): object => ({ addr: hex(addr), ...rest })

export function referenceJson({ from, root, to, ...rest }: ReferenceRow): object {
  return { from: from && blockJson(from), root: root && rootJson(root), ...rest, to: blockJson(to) }
}

export function referencesJson(page: ReferencePage, rows: readonly ReferenceRow[], direction: 'in' | 'out'): object {
  return { block: blockJson(page.block), direction, rows: rows.map(referenceJson), total: page.total }
}

export function referencesText(page: ReferencePage, rows: readonly ReferenceRow[], direction: 'in' | 'out'): string {
  const head = `${blockText(page.block)}, ${grouped(page.block.size)} bytes: ${direction === 'in' ? 'pointers to it' : 'what it points to'}\n`
  if (page.total === 0) return `${head}none\n`
  const cells = rows.map((row) =>
    direction === 'in'
      ? [row.from ? blockText(row.from) : rootText(row.root!), row.from ? placeText(row.member, row.fromOffset) : row.root!.kind, `${row.toOffset === 0 ? '' : offsetText(row.toOffset)}${tagText(row)}`.trim()]
      : [placeText(row.member, row.fromOffset), `${blockText(row.to, row.toOffset)}${tagText(row)}`, row.to.state === 'free' ? 'free' : grouped(row.to.size)],
  )
  const titles = direction === 'in' ? ['FROM', 'MEMBER', 'TO'] : ['MEMBER', 'TO', 'SIZE']
  const more = page.total > rows.length ? `… ${grouped(page.total - rows.length)} more (--limit ${page.total})\n` : ''
  return head + textTable(titles.map((title) => ({ title, align: 'left' })), cells) + more
}

export function neighbourhoodJson({ nodes, edges }: Neighbourhood): object {
  return { nodes: nodes.map(({ block, root, ...rest }) => ({ ...rest, block: block && blockJson(block), root: root && rootJson(root) })), edges }
}

/** Layers, nearest first. */
export function neighbourhoodText({ nodes, edges }: Neighbourhood): string {
  const named = new Map(nodes.map((node) => [node.id, nodeText(node)]))
  const lines = [...edges].map((edge) => `${named.get(edge.from) ?? edge.from}  ${placeText(edge.member, edge.fromOffset)} → ${named.get(edge.to) ?? edge.to}${offsetText(edge.toOffset)}${edge.words > 1 ? `  (${edge.words} words)` : ''}\n`)
  const more = nodes.reduce((sum, node) => sum + node.more, 0)
  return lines.map((line) => `${printable(line.trimEnd())}\n`).join('') + (more > 0 ? `… ${grouped(more)} references not shown (--limit)\n` : '')
}

const nodeText = ({ block, root }: GraphNode): string => (block ? blockText(block) : root ? rootText(root) : '')
const edgeText = (edge: GraphEdge): string => `${placeText(edge.member, edge.fromOffset)}${edge.toOffset === 0 ? '' : ` → ${offsetText(edge.toOffset)}`}${edge.words > 1 ? ` ×${edge.words}` : ''}`

/** Names come from a core: nothing in them may end the label. */
const mermaidLabel = (text: string): string => printable(text).replace(/[#&<>"`\\[\]{}()|;]/g, (c) => `#${c.charCodeAt(0)};`)
const dotLabel = (text: string): string => printable(text).replace(/[\\"]/g, '\\$&')

export function mermaid({ nodes, edges }: Neighbourhood): string {
  const ids = new Map(nodes.map((node, i) => [node.id, `n${i}`]))
  const shape = (node: GraphNode): string => {
    const label = mermaidLabel(nodeText(node))
    return node.root ? `(["${label}"])` : node.depth === 0 ? `[["${label}"]]` : `["${label}"]`
  }
  return [
    'flowchart LR',
    ...nodes.map((node) => `  ${ids.get(node.id)}${shape(node)}`),
    ...edges.map((edge) => `  ${ids.get(edge.from)} -- "${mermaidLabel(edgeText(edge))}" --> ${ids.get(edge.to)}`),
    '',
  ].join('\n')
}

export function dot({ nodes, edges }: Neighbourhood): string {
  const ids = new Map(nodes.map((node, i) => [node.id, `n${i}`]))
  return [
    'digraph references {',
    '  rankdir=LR; node [shape=box, fontname="sans-serif"]; edge [fontname="sans-serif", fontsize=10];',
    ...nodes.map((node) => `  ${ids.get(node.id)} [label="${dotLabel(nodeText(node))}"${node.root ? ', shape=ellipse' : node.depth === 0 ? ', penwidth=2' : ''}];`),
    ...edges.map((edge) => `  ${ids.get(edge.from)} -> ${ids.get(edge.to)} [label="${dotLabel(edgeText(edge))}"];`),
    '}',
    '',
  ].join('\n')
}

export function whyJson({ block, reachable, chains, head }: Why): object {
  return {
    block: blockJson(block),
    reachable,
    head: head && blockJson(head),
    chains: chains.map(({ root, steps, skipped, cut }) => ({ root: rootJson(root), steps: steps.map((step) => ({ ...step, block: blockJson(step.block) })), skipped, cut })),
  }
}

export function whyText(why: Why): string {
  const { block, chains, head } = why
  const title = `${blockText(block)}, ${grouped(block.size)} bytes\n`
  if (block.state === 'free') return `${title}is free\n`
  if (chains.length > 0) return printableLines(title + chains.map(chainText).join('\n'))
  if (!head || head.addr === block.addr) return printableLines(`${title}leaked: nothing points to it${head ? ' but what hangs on it' : ''}\n`)
  return printableLines(`${title}leaked: it hangs on ${blockText(head)}, which leaked by itself\n`)
}

const printableLines = (text: string): string => text.split('\n').map(printable).join('\n')

function chainText({ root, steps, skipped, cut }: Chain): string {
  let text = `${root.kind} ${rootText(root)}\n`
  steps.forEach((step, i) => {
    if (skipped > 0 && i === cut) text += `  … ${grouped(skipped)} more steps …\n`
    const before = steps[i - 1]
    const by = before && !(skipped > 0 && i === cut) ? `${placeText(before.member, before.fromOffset)} ` : ''
    text += `  ${by}→ ${blockText(step.block, step.toOffset)}\n`
  })
  return text
}

/** As scripts rely on it. */
export function leakJson({ addr, size, type, head, holds, holdsCount, headAddr, label }: LeakRow): object {
  return { addr: hex(addr), size, type, head, holds, holdsCount, headAddr: hex(headAddr), label }
}

export const leaksJson = (rows: readonly LeakRow[], all: LeakTotals, total: number): object => ({ rows: rows.map(leakJson), total, all })

export function leakGroupsText(rows: readonly LeakGroupRow[], page: LeakGroupPage, heads: readonly LeakRow[]): string {
  const { unread } = page.all
  const doubt = unread === 0 ? '' : `${humanBytes(unread)} of the process's writable memory are not in the core: what only they point to is called leaked here\n`
  if (page.all.count === 0) return `nothing leaked: every used block is reached\n${doubt}`
  const types = textTable(
    [
      { title: 'BYTES', align: 'right' },
      { title: 'COUNT', align: 'right' },
      { title: 'BY ITSELF', align: 'right' },
      { title: 'HOLDS', align: 'right' },
      { title: 'TYPE', align: 'left' },
    ],
    rows.map((row) => [humanBytes(row.bytes), grouped(row.count), grouped(row.heads), humanBytes(row.holds), clipped(row.label)]),
  )
  const largest = textTable(
    [
      { title: 'LEAKED BY ITSELF', align: 'left' },
      { title: 'SIZE', align: 'right' },
      { title: 'HOLDS', align: 'right' },
      { title: 'BLOCKS', align: 'right' },
      { title: 'TYPE', align: 'left' },
    ],
    heads.map((row) => [hex(row.addr), grouped(row.size), humanBytes(row.holds), grouped(row.holdsCount), clipped(row.label)]),
  )
  const more = page.total > rows.length ? `… ${grouped(page.total - rows.length)} more types (--limit ${page.total})\n` : ''
  return `${types}${more}\n${largest}\n${grouped(page.all.count)} leaked blocks, ${humanBytes(page.all.bytes)}; ${grouped(page.all.heads)} of them leaked by themselves\n${doubt}`
}

export function retainedJson({ addr, dominator, ...rest }: RetainedRow): object {
  return { addr: hex(addr), ...rest, dominator: dominator === null ? null : hex(dominator) }
}

export function retainedText(rows: readonly RetainedRow[], total: number, path: readonly RetainedRow[]): string {
  const columns = [
    { title: 'RETAINED', align: 'right' },
    { title: 'SHARE', align: 'right' },
    { title: 'SIZE', align: 'right' },
    { title: 'DOMINATES', align: 'right' },
    { title: 'ADDRESS', align: 'left' },
    { title: 'TYPE', align: 'left' },
  ] as const
  const cells = (row: RetainedRow): string[] => [humanBytes(row.retained), percent(row.share), grouped(row.size), grouped(row.dominates), hex(row.addr), clipped(row.label)]
  const above = path.length === 0 ? '' : `dominated by, nearest first:\n${textTable(columns, path.map(cells))}\ndominates:\n`
  const more = total > rows.length ? `… ${grouped(total - rows.length)} more (--limit ${total})\n` : ''
  return `${above}${rows.length === 0 ? 'nothing\n' : textTable(columns, rows.map(cells))}${more}`
}

export function layoutText(details: LayoutDetails): string {
  const list = (items: { label: string; count: number }[], of: number): string => items.slice(0, 3).map(({ label, count }) => `${clipped(label, 50)} ${percent(of === 0 ? 0 : count / of)}`).join(', ')
  const words = textTable(
    [
      { title: 'OFFSET', align: 'right' },
      { title: 'POINTERS', align: 'right' },
      { title: 'NULL', align: 'right' },
      { title: 'LEADS TO', align: 'left' },
      { title: 'COMMON VALUES', align: 'left' },
    ],
    details.words.map((word) => [
      String(word.offset),
      percent(word.pointers),
      percent(word.nulls),
      list(word.leadsTo, details.sampled),
      list(word.values.map(({ text, count }) => ({ label: text, count })), details.sampled),
    ]),
  )
  const section = (title: string, lines: string[]): string => (lines.length === 0 ? '' : `\n${title}\n${lines.map((line) => `  ${printable(line)}\n`).join('')}`)
  return [
    `${details.layout}: ${grouped(details.count)} blocks of ${grouped(details.size)} bytes, ${humanBytes(details.bytes)}; ${grouped(details.sampled)} looked at\n`,
    section('types', details.types.map(({ label, count }) => `${clipped(label)}  ${grouped(count)}`)),
    section('layouts that differ only by nulls', details.classes.length < 2 ? [] : details.classes.slice(0, 12).map(({ layout, count }) => `${layout}  ${grouped(count)}`)),
    section('who points there', details.referrers.map((r) => `${clipped(r.label)}${r.member === '' ? offsetText(r.fromOffset) : `.${r.member}`}${r.toOffset === 0 ? '' : ` → ${offsetText(r.toOffset)}`}  ${grouped(r.count)}`)),
    section('texts', details.strings.map(({ text, offset, count }) => `${offsetText(offset) || '+0'}  "${clipped(text)}"  ${grouped(count)}`)),
    `\n${words}`,
  ].join('')
}
