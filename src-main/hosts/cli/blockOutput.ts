/** `block` as text, like a hex dump with the members beside it, and as JSON. */
import type { BlockView, BlockWordRow } from '../../contract/rows.ts'
import { hex } from '../../engine/bytes/units.ts'
import { clipped, grouped, percent, printable, textTable } from './textTable.ts'

/** Bytes of a row that are shown; JSON has more. */
const SHOWN_DIGITS = 32

/** @param why the block has its type; '' where it has none */
export function blockText(view: BlockView, rows: readonly BlockWordRow[], why = ''): string {
  const table = textTable(
    [
      { title: 'ADDRESS', align: 'right' },
      { title: 'OFFSET', align: 'right' },
      { title: 'BYTES', align: 'left' },
      { title: 'MEMBER', align: 'left' },
      { title: 'TYPE', align: 'left' },
      { title: 'VALUE', align: 'left' },
    ],
    rows.map((row) => [hex(view.addr + row.offset), String(row.offset), bytesText(row), clipped(memberText(row)), clipped(row.type), row.value]),
  )
  const more = view.total > rows.length ? `… ${grouped(view.total - rows.length)} more rows (--limit ${view.total})\n` : ''
  return `${headText(view, why)}\n\n${table}${more}`
}

function headText({ addr, block, where, type }: BlockView, why: string): string {
  const over = type === null ? '' : `\nlaid over: ${printable(type)}`
  if (block === null) return `${hex(addr)}: ${printable(where)}${over}`
  const { size, state, allocator, arena, evidence, confidence } = block
  const what = block.type ?? block.kind
  return `block ${hex(addr)}: ${grouped(size)} bytes, ${state}, ${allocator} ${arena}${what === '' ? '' : `\ntype: ${printable(what)}${confidence === 0 ? '' : `, ${percent(confidence)}`}${why === '' && evidence === '' ? '' : `\nbecause: ${printable(why === '' ? evidence : why)}`}`}${over}`
}

function bytesText({ bytes, size }: BlockWordRow): string {
  const pairs = bytes.slice(0, SHOWN_DIGITS).match(/../g) ?? []
  return `${pairs.join(' ')}${pairs.length > 0 && size * 2 > SHOWN_DIGITS ? ' …' : ''}`
}

function memberText({ member, kind }: BlockWordRow): string {
  return kind === 'padding' ? '(padding)' : kind === 'beyond' ? '(beyond the type)' : member
}

export function blockRowJson({ offset, size, bytes, member, type, kind, value }: BlockWordRow): object {
  return { offset, size, bytes, member, type, kind, value }
}

export function blockJson(view: BlockView, rows: readonly BlockWordRow[]): object {
  const { block } = view
  return { addr: hex(view.addr), block: block === null ? null : { ...block, addr: hex(block.addr) }, where: view.where, type: view.type, rows: rows.map(blockRowJson), total: view.total }
}
