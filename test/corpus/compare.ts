/** Holds what an analysis says about blocks against the truth, both ways, and says the difference in a few lines. */
import type { BlockRow } from '../../src-main/contract/rows.ts'
import { type Truth, hex } from './truth.ts'

export interface Difference {
  /** Live, but not reported as used at that address. */
  missing: string[]
  /** Reported as used with another usable size. */
  wrongSize: string[]
  /** Reported as used, but freed. */
  freedButUsed: string[]
  /** Reported as used, but never handed out. */
  unknown: string[]
  /** Reported twice, or out of address order, or overlapping the block before. */
  disorder: string[]
}

export function compare(truth: Truth, blocks: BlockRow[]): Difference {
  const difference: Difference = { missing: [], wrongSize: [], freedButUsed: [], unknown: [], disorder: [] }
  const rows = new Map<number, BlockRow>()
  let end = 0
  for (const row of blocks) {
    if (row.addr < end) difference.disorder.push(describe(row))
    end = row.addr + row.size
    rows.set(row.addr, row)
  }
  for (const [address, { usable, requested }] of truth.live) {
    if (isDamaged(truth, address, address + usable)) continue
    const row = rows.get(address)
    const expected = `${hex(address)} usable ${usable} (asked for ${requested})`
    if (row === undefined) difference.missing.push(`${expected}: no block there${around(blocks, address)}`)
    else if (row.state !== 'used') difference.missing.push(`${expected}: reported free, ${row.arena}`)
    else if (row.size !== usable) difference.wrongSize.push(`${expected}: reported ${row.size}, ${row.arena}`)
  }
  for (const row of blocks) {
    if (row.state !== 'used' || truth.live.has(row.addr) || truth.either.has(row.addr)) continue
    if (isDamaged(truth, row.addr, row.addr + row.size)) continue
    if (truth.freed.has(row.addr)) difference.freedButUsed.push(describe(row))
    else difference.unknown.push(describe(row))
  }
  return difference
}

function isDamaged(truth: Truth, first: number, end: number): boolean {
  return truth.damage.some((range) => first < range.end && end > range.first)
}

function describe(row: BlockRow): string {
  return `${hex(row.addr)} size ${row.size}, ${row.state}, ${row.allocator}, ${row.arena}`
}

/** The reported block that spans an address, for a message. */
function around(blocks: BlockRow[], address: number): string {
  let low = 0
  let high = blocks.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (blocks[middle].addr <= address) low = middle + 1
    else high = middle
  }
  if (low === 0) return ''
  const row = blocks[low - 1]
  return address < row.addr + row.size ? `, it lies in ${describe(row)}` : `, before it ${describe(row)}`
}

/** '' where there is no difference; else counts and the first five of each kind. */
export function explain(difference: Difference): string {
  const lines: string[] = []
  for (const [kind, found] of Object.entries(difference) as [keyof Difference, string[]][]) {
    if (found.length > 0) lines.push(`${kind}: ${found.length}`, ...found.slice(0, 5).map((line) => `    ${line}`))
  }
  return lines.join('\n')
}
