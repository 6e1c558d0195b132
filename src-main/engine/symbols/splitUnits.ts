/**
 * The .dwo files that skeleton units name: at the place the compiler wrote them, beside the executable, in folders of debug
 * files. A file whose unit has another id is of another build and never used.
 * Source: DWARF 5 §3.1.2, §7.5.1.2 (the id in a unit's header); gdb dwarf2/read.c open_and_init_dwo_file (where it looks).
 */
import type { DwarfFile } from '../dwarf/file.ts'
import type { SplitUnitName } from '../dwarf/read.ts'
import { loadDwarfFile } from '../elf/debugSections.ts'
import { Diagnostics } from '../errors.ts'
import type { Decompressor, ModuleFiles } from '../ports.ts'
import type { OpenOptions } from '../session.ts'
import { fileNameOf, folderOf, openServing, withoutSlash } from './debugFiles.ts'

const DW_UT_split_compile = 5
/** In a message. */
const LONGEST_NAME = 200

interface SplitQuery {
  /** The module, as messages name it. */
  name: string
  /** Its own file; ''. */
  file: string
  options: OpenOptions
}

/** @param onMissing called with a sentence where some are not there */
export function splitUnitLoader(query: SplitQuery, files: ModuleFiles, decompressor: Decompressor, diagnostics: Diagnostics, onMissing: (missing: string) => void): (names: SplitUnitName[]) => Promise<DwarfFile[]> {
  return async (names) => {
    const loaded = new Map<string, DwarfFile>()
    let lost = 0
    let example = ''
    for (const unit of names) {
      const found = await openSplit(unit, query, files, decompressor, diagnostics, loaded)
      if (found) continue
      lost++
      if (example === '') example = unit.name
    }
    if (lost > 0) {
      const missing = `${lost} of its ${names.length} split units were not found, such as ${example.slice(0, LONGEST_NAME)}`
      diagnostics.add('missing', query.name, null, `${missing}; --debug can name the folder of its .dwo files, or a .dwp can lie beside it`)
      onMissing(missing)
    }
    return [...loaded.values()]
  }
}

/** @param loaded by path; a file may hold several units */
async function openSplit(unit: SplitUnitName, query: SplitQuery, files: ModuleFiles, decompressor: Decompressor, diagnostics: Diagnostics, loaded: Map<string, DwarfFile>): Promise<boolean> {
  let mismatch = ''
  for (const path of splitCandidates(unit, query)) {
    if (loaded.has(path)) return true
    const opened = openServing(files, path)
    if (!opened) continue
    try {
      const told = new Diagnostics()
      const file = await loadDwarfFile(opened.elf, 'split', decompressor, told)
      const ids = splitIds(file.info)
      if (ids && !ids.includes(unit.id)) {
        if (mismatch === '') mismatch = `${path} is of another build (unit ${hex16(ids[0])}; the executable refers to ${hex16(unit.id)}) and is not used`
        continue
      }
      for (const row of told.rows) diagnostics.add(row.kind, row.where, row.offset, row.message)
      if (file.info.length === 0 && file.types.length === 0) continue
      loaded.set(path, file)
      return true
    } finally {
      opened.close()
    }
  }
  if (mismatch !== '') diagnostics.add('mismatch', query.name, null, mismatch)
  return false
}

/** Paths in the order of trust. */
export function splitCandidates({ name, folder }: Pick<SplitUnitName, 'name' | 'folder'>, { file, options }: SplitQuery): Set<string> {
  const candidates: string[] = []
  if (name === '') return new Set()
  const written = name.startsWith('/') || folder === '' ? name : `${withoutSlash(folder)}/${name}`
  if (written.startsWith('/')) {
    if (options.sysroot) candidates.push(withoutSlash(options.sysroot) + written)
    candidates.push(written)
  }
  for (const place of [...(file === '' ? [] : [folderOf(file)]), ...options.debug.map((f) => `${withoutSlash(f)}/`)]) {
    if (!name.startsWith('/')) candidates.push(place + name)
    candidates.push(place + fileNameOf(name))
  }
  return new Set(candidates)
}

/** Ids in the headers of split units; null where there are none to compare: before DWARF 5 they are attributes. */
export function splitIds(info: Uint8Array): bigint[] | null {
  const view = new DataView(info.buffer, info.byteOffset, info.byteLength)
  const ids: bigint[] = []
  for (let at = 0; at + 16 <= info.length;) {
    const first = view.getUint32(at, true)
    const isLong = first === 0xffffffff
    const length = isLong ? Number(view.getBigUint64(at + 4, true)) : first
    const head = at + (isLong ? 12 : 4)
    if (view.getUint16(head, true) >= 5 && view.getUint8(head + 2) === DW_UT_split_compile) {
      const idAt = head + 4 + (isLong ? 8 : 4)
      if (idAt + 8 <= info.length) ids.push(view.getBigUint64(idAt, true))
    }
    at = head + length
  }
  return ids.length === 0 ? null : ids
}

const hex16 = (id: bigint): string => id.toString(16).padStart(16, '0')
