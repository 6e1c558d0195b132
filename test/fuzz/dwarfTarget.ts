/** Reads debug sections as the symbol database's workers do, in several parts, and checks what must hold of any answer. */
import type { DwarfFile } from '../../src-main/engine/dwarf/file.ts'
import { contradictionIn } from '../engine/dwarf/contradictions.ts'
import { mergeUnits, missingSplitUnits, openDwarf, readUnits } from '../../src-main/engine/dwarf/read.ts'
import { Diagnostics } from '../../src-main/engine/errors.ts'
import { wasmModule } from '../../src-main/storage/wasmModules.ts'
import { TableText } from '../engine/dwarf/tableText.ts'

export interface DwarfVerdict {
  /** What shows a bug: something was thrown, or the answer contradicts itself. Null where all is well. */
  bug: string | null
  types: number
  diagnostics: number
  ms: number
}

const unitRows = wasmModule('unitRows')

function firstDifference(a: string[], b: string[]): string | null {
  for (let i = 0; i < Math.max(a.length, b.length); i++) if (a[i] !== b[i]) return `${a[i] ?? 'nothing'} and ${b[i] ?? 'nothing'}`
  return null
}

export function judgeDwarf(files: DwarfFile[]): DwarfVerdict {
  const started = performance.now()
  const verdict = (bug: string | null, types = 0, diagnostics = 0): DwarfVerdict => ({ bug, types, diagnostics, ms: performance.now() - started })
  try {
    const diagnostics = new Diagnostics()
    const dwarf = openDwarf(files, diagnostics)
    missingSplitUnits(dwarf, diagnostics)
    const half = Math.floor(dwarf.unitCount / 2)
    const tablesBy = (kernel: WebAssembly.Module | null): ReturnType<typeof mergeUnits> => {
      let taken = 0
      return mergeUnits([half, dwarf.unitCount].map((end) => readUnits(dwarf, () => (taken < end ? taken++ : -1), kernel ? diagnostics : new Diagnostics(), kernel)), kernel ? diagnostics : new Diagnostics())
    }
    const tables = tablesBy(unitRows)
    // what damage ties into rings is hashed by where one enters it: names and places are the same all the same
    const [ours, plain] = [new TableText(tables), new TableText(tablesBy(null))]
    const difference = firstDifference([...new Set(ours.names())].sort(), [...new Set(plain.names())].sort()) ?? firstDifference(ours.functions(), plain.functions())
    if (difference !== null) return verdict(`the kernel and its twin differ: ${difference}`)
    const odd = diagnostics.rows.find(({ message, where, offset }) => message.length > 300 || /\n|NaN|undefined/.test(message + where) || (offset !== null && offset < 0))
    if (odd) return verdict(`a diagnostic says: ${odd.where} ${odd.offset} ${odd.message}`)
    return verdict(contradictionIn(tables), tables.types.count, diagnostics.rows.length)
  } catch (error) {
    return verdict(error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
}
