/**
 * Reads all of a module's files into memory: debug sections, split units and symbols. Files are closed again before it
 * answers. What is damaged or of another build is left out and told.
 */
import { buildIdOf } from '../elf/buildId.ts'
import { openDebugData } from '../elf/debugData.ts'
import { loadDwarfFile } from '../elf/debugSections.ts'
import { SHT_SYMTAB, type ElfFile } from '../elf/file.ts'
import { readSymbolColumns } from '../elf/symbolColumns.ts'
import type { DwarfFile } from '../dwarf/file.ts'
import { UnreadableCore, type Diagnostics } from '../errors.ts'
import type { Decompressor, ModuleFiles } from '../ports.ts'
import { debugPaths, fileNameOf, findDebugFiles, folderOf, openServing, type DebugFiles, type ServingFile } from './debugFiles.ts'
import type { PreparedModule } from './indexModule.ts'
import type { ModulePaths } from './moduleSources.ts'
import { splitUnitLoader } from './splitUnits.ts'
import { StringTable } from './stringTable.ts'

export async function prepareModule(paths: ModulePaths, files: ModuleFiles, decompressor: Decompressor, diagnostics: Diagnostics): Promise<PreparedModule> {
  const own = openOwn(paths, files, diagnostics)
  const name = fileNameOf(paths.path) || paths.path
  const { buildId, debugFile, options } = paths
  const found = findDebugFiles({ name, path: paths.path, buildId, elf: own?.elf ?? null, file: own ? paths.file : '', coreFolder: folderOf(debugFile), debugFile, vdso: false }, files, options, diagnostics)
  try {
    const dwarf = await loadDwarf(own, found, decompressor, diagnostics)
    const strings = new StringTable()
    const symbols = readSymbolColumns(await symbolElves(own, found, decompressor, diagnostics), strings, diagnostics)
    if (strings.full) diagnostics.add('unsupported', name, null, 'its symbols\' names are more than corelens reads: some are left out')
    const prepared: PreparedModule = {
      dwarf,
      symbols,
      symbolStrings: strings.finish(),
      files: [...(own ? [own.path] : []), ...debugPaths(found)],
      missing: found.missing,
      splitUnits: splitUnitLoader({ name, file: paths.file, options }, files, decompressor, diagnostics, (missing) => (prepared.missing = missing)),
    }
    return prepared
  } catch (error) {
    if (!(error instanceof UnreadableCore)) throw error
    // a disk that fails while symbols are read
    diagnostics.add('missing', error.where, null, error.message)
    const none = readSymbolColumns([], new StringTable(), diagnostics)
    return { dwarf: [], symbols: none, symbolStrings: new Uint8Array(1), files: [], missing: `a file of it ${error.message}`, splitUnits: () => Promise.resolve([]) }
  } finally {
    for (const file of [own, found.separate, found.dwz, found.package]) file?.close()
  }
}

/** Another build may have taken its place since the core was opened. */
function openOwn({ file, buildId, path }: ModulePaths, files: ModuleFiles, diagnostics: Diagnostics): ServingFile | null {
  const opened = file === '' ? null : openServing(files, file)
  if (!opened) return null
  const theirs = buildIdOf(opened.elf, false)
  if (buildId === '' || theirs === buildId) return opened
  opened.close()
  diagnostics.add('mismatch', fileNameOf(path) || path, null, `${file} is another build (build-id ${theirs || 'none'}; the process ran ${buildId}) and is not used`)
  return null
}

/** The file with the debug information first, then what it refers to. */
async function loadDwarf(own: ServingFile | null, found: DebugFiles, decompressor: Decompressor, diagnostics: Diagnostics): Promise<DwarfFile[]> {
  const main = found.dwarfIn === 'own' ? own : found.dwarfIn === 'separate' ? found.separate : null
  const dwarf: DwarfFile[] = []
  for (const [file, kind] of [[main, 'main'], [found.dwz, 'dwz'], [found.package, 'split']] as const) {
    if (file) dwarf.push(await loadDwarfFile(file.elf, kind, decompressor, diagnostics))
  }
  return dwarf
}

/** .gnu_debugdata only where there is no .symtab, of which it is a part. */
async function symbolElves(own: ServingFile | null, found: DebugFiles, decompressor: Decompressor, diagnostics: Diagnostics): Promise<ElfFile[]> {
  const elves = [found.separate, own].flatMap((file) => (file ? [file.elf] : []))
  if (elves.some((elf) => diagnostics.guard([], () => elf.readSections()).some((s) => s.type === SHT_SYMTAB))) return elves
  for (const elf of [...elves]) {
    const inner = await openDebugData(elf, decompressor, diagnostics)
    if (inner) elves.push(inner)
  }
  return elves
}
