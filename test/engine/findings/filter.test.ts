import { describe, expect, test } from 'vitest'
import type { TopRow } from '../../../src-main/contract/rows.ts'
import { UsageError } from '../../../src-main/engine/errors.ts'
import { parseFilter } from '../../../src-main/engine/findings/filter.ts'

const row = (label: string, size: number, count: number, share = 0.1): TopRow => ({ key: label, type: label, label, size, sizes: 1, requested: null, count, bytes: size * count, share, evidence: '' })
const rows = [row('std::vector<Player*>', 64, 1000, 0.4), row('Player', 216, 20_000, 0.5), row('operator<<', 16, 3, 0.1)]
const kept = (filter: string): string[] => rows.filter(parseFilter(filter)).map((r) => r.label)

describe('the filter', () => {
  test('nothing keeps everything', () => expect(kept('  ').length).toBe(3))
  test('plain text, whatever its case', () => expect(kept('player')).toEqual(['std::vector<Player*>', 'Player']))
  test('a regular expression', () => expect(kept('/^P/')).toEqual(['Player']))
  test('bytes with a unit', () => expect(kept('>1MB')).toEqual(['Player']))
  test('size, count and share', () => {
    expect(kept('size>=64')).toEqual(['std::vector<Player*>', 'Player'])
    expect(kept('count < 10')).toEqual(['operator<<'])
    expect(kept('>45%')).toEqual(['Player'])
  })
  test('several at once', () => expect(kept('vector size=64')).toEqual(['std::vector<Player*>']))
  test('angle brackets of a type are text', () => {
    expect(kept('vector<Player')).toEqual(['std::vector<Player*>'])
    expect(kept('operator<<')).toEqual(['operator<<'])
  })
  test('what can\'t be read is refused with a remedy', () => {
    expect(() => parseFilter('/(/')).toThrow(UsageError)
    expect(() => parseFilter('>1XB')).toThrow(UsageError)
  })
})
