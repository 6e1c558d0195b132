/** Symbol tables of any size and no sense, for tests of what only keeps them. */
import type { SymbolsInfo } from '../../src-main/engine/symbols/storedTables.ts'
import type { SymbolTables } from '../../src-main/engine/symbols/tables.ts'

/** Every table has `count` rows; equal seeds give equal tables. */
export function randomTables(count: number, seed: number): SymbolTables {
  let state = seed
  const fill = <C extends { length: number; [i: number]: number }>(column: C): C => {
    for (let i = 0; i < column.length; i++) column[i] = state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return column
  }
  const bytes = (): Uint8Array => fill(new Uint8Array(count))
  const words = (): Uint32Array => fill(new Uint32Array(count))
  const doubles = (): Float64Array => fill(new Float64Array(count))
  return {
    strings: fill(new Uint8Array(count * 10 + 1)),
    types: {
      count, kind: bytes(), flags: bytes(), name: words(), size: doubles(), align: words(), encoding: bytes(), target: words(), containing: words(),
      firstPart: words(), partCount: words(), file: words(), line: words(), hashLow: words(), hashHigh: words(),
    },
    parts: { count, kind: bytes(), name: words(), type: words(), offset: doubles(), firstBit: bytes(), bitCount: fill(new Uint16Array(count)), value: new BigInt64Array(count).map((_, i) => BigInt(i) * -(2n ** 40n)) },
    variables: { count, name: words(), type: words(), address: doubles(), flags: bytes(), file: words(), line: words() },
    functions: { count, low: doubles(), high: doubles(), name: words() },
    symbols: { count, name: words(), address: doubles(), size: doubles(), kind: bytes() },
    byName: { count, type: words(), nameHash: words() },
  }
}

export function infoOf(path: string, change: Partial<SymbolsInfo> = {}): SymbolsInfo {
  return { path, buildId: 'ab12', files: [path], debugBytes: 100, missing: '', fingerprint: '', seconds: 1.5, created: 1_700_000_000_000, diagnostics: [], ...change }
}
