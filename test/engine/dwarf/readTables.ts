/** Reads built debug sections with as many readers as are asked for, and checks what must hold of any answer. */
import { expect } from 'vitest'
import type { DiagnosticRow } from '../../../src-main/contract/rows.ts'
import type { DwarfFile } from '../../../src-main/engine/dwarf/file.ts'
import { newClaims } from '../../../src-main/engine/dwarf/claims.ts'
import { mergeUnits, openDwarf, readUnits, type DwarfTables } from '../../../src-main/engine/dwarf/read.ts'
import { Diagnostics } from '../../../src-main/engine/errors.ts'
import { wasmModule } from '../../../src-main/storage/wasmModules.ts'
import type { BuiltDwarf } from '../../builders/dwarf.ts'
import { contradictionIn } from './contradictions.ts'
import { TableText } from './tableText.ts'

export type Merged = DwarfTables

export interface ReadTables {
  tables: Merged
  diagnostics: DiagnosticRow[]
  text: TableText
}

const unitRows = wasmModule('unitRows')

/**
 * By the kernel, which has to say what its plain twin says.
 * @param readers units are dealt out to so many, as threads would take them
 */
export function readTables(files: DwarfFile[], readers = 1): ReadTables {
  const answer = readWith(unitRows, files, readers)
  const plain = readWith(null, files, readers)
  expect(answer.text.everything()).toEqual(plain.text.everything())
  expect(answer.diagnostics).toEqual(plain.diagnostics)
  return answer
}

function readWith(kernel: WebAssembly.Module | null, files: DwarfFile[], readers: number): ReadTables {
  const diagnostics = new Diagnostics()
  const dwarf = openDwarf(files, diagnostics)
  if (readers > 1) dwarf.claims = newClaims(dwarf.bytes)
  let taken = 0
  const share = Math.ceil(dwarf.unitCount / readers)
  const read = Array.from({ length: readers }, (_, reader) => {
    const end = Math.min(dwarf.unitCount, (reader + 1) * share)
    return readUnits(dwarf, () => (taken < end ? taken++ : -1), diagnostics, kernel)
  })
  const tables = mergeUnits(read, diagnostics)
  return { tables, diagnostics: diagnostics.rows, text: new TableText(tables) }
}

/** Of sections without damage. */
export function read(built: BuiltDwarf, readers = 1): TableText {
  const { tables, diagnostics, text } = readTables(built.files, readers)
  expect(diagnostics).toEqual([])
  expect(contradictionIn(tables)).toBeNull()
  return text
}
