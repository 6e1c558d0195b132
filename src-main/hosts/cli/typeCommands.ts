/** `candidates` and `label`: which types a block may have, and a person's word on it. */
import type { CandidatePage, CandidateRow, LabelRow, TypeEvidence } from '../../contract/typeRows.ts'
import { hex } from '../../engine/bytes/units.ts'
import type { CoreService } from '../../service/coreService.ts'
import { json, value } from './answers.ts'
import type { Command } from './commandLine.ts'
import type { Output } from './output.ts'
import { clipped, grouped, percent, printable, textTable } from './textTable.ts'

type Of<K extends Command['kind']> = Extract<Command, { kind: K }>

const TEXT_ROWS = 20
const MOST_ROWS = 1000

export async function candidates(command: Of<'candidates'>, service: CoreService, core: string, output: Output): Promise<void> {
  const { address, layout } = command
  const { format } = command.common
  const limit = Math.min(MOST_ROWS, command.limit ?? (format === 'text' ? TEXT_ROWS : MOST_ROWS))
  const page = value(await service.candidates({ core, address, layout, offset: 0, limit }))
  switch (format) {
    case 'text':
      return output.write(candidatesText(page))
    case 'json':
      return output.write(json({ block: { ...page.block, addr: hex(page.block.addr) }, blocks: page.blocks, rows: page.rows, total: page.total }, format))
    case 'jsonl':
      return output.write(page.rows.map((row) => json(row, format)).join(''))
  }
}

export function candidatesText({ block, blocks, rows, total }: CandidatePage): string {
  const of = blocks === 1 ? `block ${hex(block.addr)}` : `${grouped(blocks)} blocks laid out like ${hex(block.addr)}`
  const head = `${of}, ${grouped(block.size)} bytes: ${printable(block.label)}\n\n`
  if (rows.length === 0) return `${head}no type of the program fits\n`
  const table = textTable(
    [
      { title: 'SCORE', align: 'right' },
      { title: 'FITS', align: 'right' },
      { title: 'N × SIZE', align: 'right' },
      { title: 'TYPE', align: 'left' },
      { title: 'WHAT FITS BADLY', align: 'left' },
    ],
    rows.map((row) => [percent(row.score), `${row.fits} of ${row.sampled}`, countText(row), `${clipped(row.type, 80)}${row.current ? '  (now)' : ''}`, misfitText(row)]),
  )
  return `${head}${table}${total > rows.length ? `… ${grouped(total - rows.length)} more (--limit ${total})\n` : ''}`
}

const countText = ({ count, size, header }: CandidateRow): string => `${header > 0 ? `${header} + ` : ''}${grouped(count)} × ${grouped(size)}`

function misfitText({ misfits }: CandidateRow): string {
  const [first] = misfits
  return first === undefined ? '' : `${first.member === '' ? `+${first.offset}` : first.member}: ${first.what}${first.count > 1 ? ` (${first.count} ×)` : ''}`
}

export async function label(command: Of<'label'>, service: CoreService, core: string, output: Output): Promise<void> {
  const { address, type, layout, remove } = command
  const { format } = command.common
  const before = value(await service.listLabels({ core }))
  if (remove) {
    const ids = before.filter(({ addr }) => addr === address).map(({ id }) => id)
    const left = value(await service.removeLabels({ core, ids }))
    return output.write(format === 'text' ? `${ids.length === 0 ? 'no label there' : `${ids.length} removed`}; ${labelsText(left)}` : labelsJson(left, format))
  }
  const labels = type === null ? before : value(await service.setLabel({ core, addresses: [address], type, scope: layout ? 'layout' : 'block' }))
  return output.write(format === 'text' ? labelsText(labels) : labelsJson(labels, format))
}

function labelsText(labels: readonly LabelRow[]): string {
  if (labels.length === 0) return 'no labels\n'
  return textTable(
    [
      { title: 'ADDRESS', align: 'right' },
      { title: 'BLOCKS', align: 'right' },
      { title: 'TYPE', align: 'left' },
      { title: 'LAYOUT', align: 'left' },
    ],
    labels.map((row) => [hex(row.addr), grouped(row.blocks), row.type, row.layout]),
  )
}

function labelsJson(labels: readonly LabelRow[], format: 'json' | 'jsonl'): string {
  const rows = labels.map((row) => ({ ...row, addr: hex(row.addr) }))
  return format === 'json' ? json({ rows }, format) : rows.map((row) => json(row, format)).join('')
}

/** `g_world → World.entities → Entity * [] → Npc.inventory`. */
export function evidenceText({ steps, how }: TypeEvidence): string {
  const ways = steps.map(({ member, root, type }, i) => root || member || (i === 0 ? (type ?? '') : '')).filter((way) => way !== '')
  const shown = ways.length > MOST_STEPS ? [...ways.slice(0, 3), `… ${ways.length - MOST_STEPS + 1} more …`, ...ways.slice(-(MOST_STEPS - 4))] : ways
  return `${shown.join(' → ')}${how === '' ? '' : `${shown.length > 0 ? '; ' : ''}${how}`}`
}

const MOST_STEPS = 8

