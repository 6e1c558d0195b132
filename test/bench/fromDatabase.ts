/**
 * `node fromDatabase.ts FOLDER IDENTITY`: one process asks the symbol database, as a core that is opened does: milliseconds
 * to open it, to the first type by name, to any type by name, and layouts a second. One JSON line.
 */
import { ProcessSymbols } from '../../src-main/engine/symbols/processSymbols.ts'
import { membersOf } from '../../src-main/engine/symbols/layout.ts'
import { loadSymbolTables } from '../../src-main/engine/symbols/storedTables.ts'
import { isRecord } from '../../src-main/engine/symbols/typeTable.ts'
import { symbolStore } from '../../src-main/storage/symbolStore.ts'

const LAYOUTS = 10_000
const NAMES = 1000

export interface FromDatabase {
  openMs: number
  firstByNameMs: number
  byNameMs: number
  slowestByNameMs: number
  layoutsPerSecond: number
  types: number
  /** A struct of a plain name with many members: what gdb is asked for. */
  name: string
}

const [folder = '', identity = '', wanted = ''] = process.argv.slice(2)
const started = performance.now()
const stored = loadSymbolTables(symbolStore(folder), identity)
if (stored === null) throw new Error(`the database has no ${identity}`)
const symbols = new ProcessSymbols([{ name: identity, base: 0, end: 1, bias: 0 } as never])
symbols.attach(0, stored.tables)
const openMs = performance.now() - started
const { table, firstId } = symbols.attached[0]

const firstStarted = performance.now()
table.find(wanted === '' ? 'no such type' : wanted)
const firstByNameMs = performance.now() - firstStarted

const records: number[] = []
for (let type = 1; type < table.count; type++) if (isRecord(table.kind(type)) && table.name(type) !== '' && !table.isDeclaration(type)) records.push(type)
let slowestByNameMs = 0
const namesStarted = performance.now()
for (let i = 0; i < NAMES; i++) {
  const name = table.name(records[(i * 7919) % records.length])
  const before = performance.now()
  if (table.find(name).length === 0) throw new Error(`${name} is not found by its name`)
  slowestByNameMs = Math.max(slowestByNameMs, performance.now() - before)
}
const byNameMs = (performance.now() - namesStarted) / NAMES

const layoutsStarted = performance.now()
for (let i = 0; i < LAYOUTS; i++) membersOf(symbols, firstId + records[(i * 7919) % records.length])
const layoutsPerSecond = LAYOUTS / ((performance.now() - layoutsStarted) / 1000)

const plain = records.filter((type) => /^\w{3,}$/.test(table.name(type))).sort((a, b) => table.endPart(b) - table.firstPart(b) - (table.endPart(a) - table.firstPart(a)))
const answer: FromDatabase = { openMs, firstByNameMs, byNameMs, slowestByNameMs, layoutsPerSecond, types: table.byName.count, name: plain.length > 0 ? table.name(plain[0]) : '' }
console.log(JSON.stringify(answer))
