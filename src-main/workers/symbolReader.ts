/** The readers of debug information, over the files of this machine. */
import * as dwarf from '../engine/dwarf/read.ts'
import { Demangler } from '../engine/recognize/demangle.ts'
import type { SymbolReader } from '../engine/symbols/indexModule.ts'
import { openServing } from '../engine/symbols/debugFiles.ts'
import { prepareModule } from '../engine/symbols/prepareModule.ts'
import { hasVirtualBases, settleVirtualBases } from '../engine/symbols/settleVirtualBases.ts'
import { moduleFiles } from '../storage/moduleFiles.ts'
import { sectionDecompressor } from '../storage/sectionDecompressor.ts'
import { wasmModule } from '../storage/wasmModules.ts'

/** Compiled once for all units of a thread. */
let unitRows: WebAssembly.Module | null = null

export const symbolReader: SymbolReader = {
  prepare: (paths, diagnostics) => prepareModule(paths, moduleFiles, sectionDecompressor, diagnostics),
  openDwarf: dwarf.openDwarf,
  missingSplitUnits: dwarf.missingSplitUnits,
  readUnits: (units, next, diagnostics) => dwarf.readUnits(units, next, diagnostics, (unitRows ??= wasmModule('unitRows'))),
  mergeUnits: dwarf.mergeUnits,
  settle(tables, paths, diagnostics) {
    if (!hasVirtualBases(tables)) return tables
    const own = openServing(moduleFiles, paths.file)
    if (own === null) return tables
    try {
      return diagnostics.guard(tables, () => settleVirtualBases(tables, own.elf, new Demangler(wasmModule('demangle'))))
    } finally {
      own.close()
    }
  },
}
