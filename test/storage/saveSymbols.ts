/** A process of its own that saves symbol tables again and again: `FOLDER IDENTITY ROWS TIMES`. Says `saving` before each. */
import { saveSymbolTables } from '../../src-main/engine/symbols/storedTables.ts'
import { symbolStore } from '../../src-main/storage/symbolStore.ts'
import { infoOf, randomTables } from './randomTables.ts'

const [folder, identity, rows, times] = process.argv.slice(2)
const tables = randomTables(Number(rows), 1)
for (let i = 0; i < Number(times); i++) {
  process.stdout.write('saving\n')
  saveSymbolTables(symbolStore(folder), identity, tables, infoOf('/bin/x'))
}
