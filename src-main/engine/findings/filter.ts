/**
 * What a filter row accepts: plain text (case-insensitive), `/regex/` with flags, or comparisons such as `>1MB`,
 * `size>=64`, `count>1000`, several of them with spaces between. Throws UsageError on what can't be read.
 */
import type { TopRow } from '../../contract/rows.ts'
import { UsageError } from '../errors.ts'

/** What a filter may ask of a row. */
export interface Filterable<Row> {
  text(row: Row): string
  /** `text` in lower case, for those that keep it. */
  lower?(row: Row): string
  /** In lower case: what plain text also finds, but by its beginning only. */
  beginning?(row: Row): string
  /** By name, in lower case; a comparison without a name is about the first. */
  numbers: Record<string, (row: Row) => number>
}

export type RowTest<Row = TopRow> = (row: Row) => boolean

const TOP: Filterable<TopRow> = {
  text: (row) => (row.kind === undefined ? row.label : `${row.label} ${row.kind}`),
  numbers: { bytes: (row) => row.bytes, size: (row) => row.size, count: (row) => row.count, share: (row) => row.share },
}
const UNITS: Record<string, number> = { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 }

/** For rows of TopN. */
export const parseFilter = (filter: string): RowTest => filterFor(filter, TOP)

export function filterFor<Row>(filter: string, rows: Filterable<Row>): RowTest<Row> {
  const text = filter.trim()
  if (text === '') return () => true
  const regex = /^\/(.+)\/([iu]*)$/s.exec(text)
  if (regex) {
    let compiled: RegExp
    try {
      compiled = new RegExp(regex[1], regex[2])
    } catch (error) {
      throw new UsageError('the regular expression can\'t be read', text, error instanceof Error ? error.message.replace(/^Invalid regular expression: /, '') : 'mend it')
    }
    return (row) => compiled.test(rows.text(row))
  }
  const names = Object.keys(rows.numbers).join('|')
  const parts = text.match(new RegExp(`(?:(?:${names})\\s*)?(?:>=|<=|>|<|=)\\s*\\S+|\\S+`, 'gi')) ?? []
  const begins = new RegExp(`^(?:${names})?\\s*[<>=]`, 'i')
  if (parts.some((part) => begins.test(part))) {
    const tests = parts.map((part) => (/[<>=]/.test(part) && !/^[^<>=]*operator/.test(part) ? comparison(part, names, rows) : containing(part, rows)))
    return (row) => tests.every((test) => test(row))
  }
  return containing(text, rows)
}

function containing<Row>(text: string, rows: Filterable<Row>): RowTest<Row> {
  const wanted = text.toLowerCase()
  const lower = rows.lower ?? ((row: Row): string => rows.text(row).toLowerCase())
  return (row) => lower(row).includes(wanted) || rows.beginning?.(row).startsWith(wanted) === true
}

function comparison<Row>(part: string, names: string, rows: Filterable<Row>): RowTest<Row> {
  const [first] = Object.keys(rows.numbers)
  const others = Object.keys(rows.numbers).filter((name) => name !== first && name !== 'share')
  const remedy = `write for example >1MB${others.map((name, i) => `${i === others.length - 1 ? ' or' : ','} ${name}>=64`).join('')}`
  const match = new RegExp(`^(${names})?\\s*(>=|<=|>|<|=)\\s*([\\d.,_]+)\\s*(%|[kmgt]?i?b?)$`, 'i').exec(part)
  if (!match) throw new UsageError('the comparison can\'t be read', part, remedy)
  const [, field = first, operator, digits, unit] = match
  const number = Number(digits.replaceAll(/[,_]/g, ''))
  const limit = unit === '%' ? number / 100 : number * (UNITS[unit.toLowerCase().replace(/i?b$/, '')] ?? NaN)
  if (Number.isNaN(limit)) throw new UsageError('the number can\'t be read', part, remedy)
  const value = rows.numbers[unit === '%' ? 'share' : field.toLowerCase()]
  if (!value) throw new UsageError('nothing here is a share', part, remedy)
  switch (operator) {
    case '>':
      return (row) => value(row) > limit
    case '<':
      return (row) => value(row) < limit
    case '>=':
      return (row) => value(row) >= limit
    case '<=':
      return (row) => value(row) <= limit
    default:
      return (row) => value(row) === limit
  }
}
