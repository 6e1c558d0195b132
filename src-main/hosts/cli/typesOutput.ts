/** `types` as text for people: a table of types, or one type with its layout. */
import type { TypeLayout, TypeRow } from '../../contract/rows.ts'
import { grouped, humanBytes, printable, textTable } from './textTable.ts'

export function typesText(rows: readonly TypeRow[], total: number): string {
  const table = textTable(
    [
      { title: 'SIZE', align: 'right' },
      { title: 'MEMBERS', align: 'right' },
      { title: 'BLOCKS', align: 'right' },
      { title: 'KIND', align: 'left' },
      { title: 'NAME', align: 'left' },
    ],
    rows.map((row) => [row.size === null ? '-' : grouped(row.size), grouped(row.members), row.blocks === 0 ? '' : grouped(row.blocks), row.kind, row.name]),
  )
  return total > rows.length ? `${table}… ${grouped(total - rows.length)} more types (--limit ${total}, --filter TEXT)\n` : table
}

/** The declaration with its offsets, then what else is known of the type. */
export function layoutText(type: TypeLayout): string {
  const padding = type.holes.reduce((sum, hole) => sum + hole.size, 0)
  const facts: [string, string][] = [
    ['size', type.size === null ? 'only declared' : `${grouped(type.size)} bytes, aligned to ${type.alignment}${padding === 0 ? '' : `, ${grouped(padding)} of them padding`}`],
    ['declared', type.declared],
    ['modules', type.modules.join(', ')],
    ['blocks', type.blocks === 0 ? 'none known' : `${grouped(type.blocks)}, ${humanBytes(type.bytes)}`],
    ...type.templateArguments.map(({ name, text }): [string, string] => ['argument', name === '' ? text : `${name} = ${text}`]),
  ]
  const lines = type.source.split('\n').map(printable)
  return `${lines.join('\n')}\n\n${facts.filter(([, value]) => value !== '').map(([name, value]) => `${name.padEnd(9)} ${printable(value)}\n`).join('')}`
}

/** Of one type: all that `types --jsonl` has, and more. */
export function layoutJson(type: TypeLayout): object {
  const { alignment, holes, templateArguments, underlying, source } = type
  return { alignment, holes, templateArguments: templateArguments.map(({ name, text }) => ({ name, text })), ...(underlying === '' ? {} : { underlying }), source }
}
