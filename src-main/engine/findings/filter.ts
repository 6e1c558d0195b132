/**
 * What a filter row accepts: plain text (case-insensitive), `/regex/` with flags, or comparisons such as `>1MB`,
 * `size>=64`, `count>1000`, several of them with spaces between. Throws UsageError on what can't be read.
 */
import type { TopRow } from '../../contract/rows.ts'
import { UsageError } from '../errors.ts'

export type RowTest = (row: TopRow) => boolean

const COMPARISON = /^(bytes|size|count|share)?\s*(>=|<=|>|<|=)\s*([\d.,_]+)\s*(%|[kmgt]?i?b?)$/i
const UNITS: Record<string, number> = { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 }

export function parseFilter(filter: string): RowTest {
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
    return (row) => compiled.test(row.label)
  }
  const parts = text.match(/(?:(?:bytes|size|count|share)\s*)?(?:>=|<=|>|<|=)\s*\S+|\S+/gi) ?? []
  if (parts.some((part) => /^(?:bytes|size|count|share)?\s*[<>=]/i.test(part))) {
    const tests = parts.map((part) => (/[<>=]/.test(part) && !/^[^<>=]*operator/.test(part) ? comparison(part) : containing(part)))
    return (row) => tests.every((test) => test(row))
  }
  return containing(text)
}

function containing(text: string): RowTest {
  const wanted = text.toLowerCase()
  return (row) => row.label.toLowerCase().includes(wanted)
}

function comparison(part: string): RowTest {
  const match = COMPARISON.exec(part)
  if (!match) throw new UsageError('the comparison can\'t be read', part, 'write for example >1MB, size>=64 or count>1000')
  const [, field = 'bytes', operator, digits, unit] = match
  const number = Number(digits.replaceAll(/[,_]/g, ''))
  const limit = unit === '%' ? number / 100 : number * (UNITS[unit.toLowerCase().replace(/i?b$/, '')] ?? NaN)
  if (Number.isNaN(limit)) throw new UsageError('the number can\'t be read', part, 'write for example >1MB, size>=64 or count>1000')
  const name = unit === '%' ? 'share' : field.toLowerCase()
  const value = (row: TopRow): number => (name === 'size' ? row.size : name === 'count' ? row.count : name === 'share' ? row.share : row.bytes)
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
