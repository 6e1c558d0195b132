/**
 * A reader of symbols made of rules instead of DWARF, for tests of what lies around it. The module's file drives it:
 * `units N`, `bytes N` say what there is; `slow` takes 10 ms a unit; `bug`, `exit`, `deaf` misbehave while it is prepared,
 * `bug in units`, `exit in units`, `deaf in units` in the unit 20.
 * Each unit becomes a function whose `low` is the unit and whose `high` the thread that read it.
 */
import { readFileSync } from 'node:fs'
import { threadId } from 'node:worker_threads'
import type { DwarfFile } from '../../src-main/engine/dwarf/file.ts'
import type { UnitTables } from '../../src-main/engine/dwarf/read.ts'
import type { SymbolReader } from '../../src-main/engine/symbols/indexModule.ts'
import { randomTables } from '../storage/randomTables.ts'

interface Part {
  units: Uint32Array
  threads: Uint32Array
}

const sleep = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
const misbehave = (text: string): void => {
  if (text.includes('bug')) throw new TypeError('a bug in the reader')
  if (text.includes('exit')) process.exit(1)
  while (text.includes('deaf')) sleep(50)
}
const textOf = (files: DwarfFile[]): string => new TextDecoder().decode(files[0]?.info.slice() ?? new Uint8Array(0))
const number = (text: string, name: string): number => Number(new RegExp(`${name} (\\d+)`).exec(text)?.[1] ?? 0)

export const standInReader: SymbolReader = {
  prepare(paths, diagnostics) {
    const text = readFileSync(paths.file, 'latin1')
    if (!text.includes('in units')) misbehave(text)
    diagnostics.add('note', paths.path, null, 'a stand-in')
    const info = new Uint8Array(new SharedArrayBuffer(text.length))
    info.set(Buffer.from(text, 'latin1'))
    const { symbols } = randomTables(0, 1)
    return Promise.resolve({ dwarf: [{ info } as DwarfFile], symbols, symbolStrings: new Uint8Array(1), files: [paths.file], missing: '', splitUnits: () => Promise.resolve([]) })
  },
  openDwarf(files) {
    return { files, units: [], unitCount: number(textOf(files), 'units'), bytes: number(textOf(files), 'bytes') }
  },
  missingSplitUnits: () => [],
  settle: (tables) => tables,
  readUnits(dwarf, next, diagnostics) {
    const text = textOf(dwarf.files)
    const units: number[] = []
    for (let unit = next(); unit >= 0; unit = next()) {
      units.push(unit)
      if (text.includes('slow')) sleep(10)
      if (text.includes('in units') && unit === 20) misbehave(text)
    }
    diagnostics.add('note', `thread ${threadId}`, null, `${units.length} units`)
    const part: Part = { units: Uint32Array.from(units), threads: new Uint32Array(units.length).fill(threadId) }
    return part as unknown as UnitTables
  },
  mergeUnits(tables) {
    const parts = tables as unknown as Part[]
    const low = Float64Array.from(parts.flatMap(({ units }) => [...units]))
    const high = Float64Array.from(parts.flatMap(({ threads }) => [...threads]))
    return { ...randomTables(3, 1), functions: { count: low.length, low, high, name: new Uint32Array(low.length) } }
  },
}
