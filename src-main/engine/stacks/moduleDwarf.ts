/**
 * The debug information of one module in memory, with the sections that only stacks need. Read whole, for as long as someone
 * holds it: it takes as much memory as the sections have bytes.
 */
import type { Module } from '../corefile/modules.ts'
import { openDwarf, type DwarfUnits } from '../dwarf/units.ts'
import { loadDwarfFile, loadSections } from '../elf/debugSections.ts'
import { FormatError, type Diagnostics } from '../errors.ts'
import type { Decompressor } from '../ports.ts'
import type { LocationSections } from './locationLists.ts'

export interface ModuleDwarf {
  units: DwarfUnits
  locations: LocationSections
  /** `.debug_aranges`; empty where there is none. */
  aranges: Uint8Array
}

/** How often all location lists may be gone through: each frame asks for a few. */
const MAX_PASSES = 16

/** Where there is no decoder: sections that are compressed are told, and left out. */
export const PLAIN_ONLY: Decompressor = {
  into: (_target, _format, { name }, offset) => Promise.reject(new FormatError(name, offset, 'its compressed sections are not read here')),
  xz: ({ name }, offset) => Promise.reject(new FormatError(name, offset, 'its compressed sections are not read here')),
}

type Files = Pick<Module, 'elf' | 'debugElf' | 'debugFiles'>

/** Null where the module has no debug information. Split units are not read. */
export async function openModuleDwarf({ elf, debugFiles }: Files, decompressor: Decompressor, diagnostics: Diagnostics): Promise<ModuleDwarf | null> {
  const main = debugFiles.dwarfIn === 'own' ? elf : debugFiles.dwarfIn === 'separate' ? (debugFiles.separate?.elf ?? null) : null
  if (!main) return null
  const files = [await loadDwarfFile(main, 'main', decompressor, diagnostics)]
  if (debugFiles.dwz) files.push(await loadDwarfFile(debugFiles.dwz.elf, 'dwz', decompressor, diagnostics))
  const others = await loadSections(main, ['.debug_loc', '.debug_loclists', '.debug_aranges'], decompressor, diagnostics)
  const bytes = (name: string): Uint8Array => others.get(name) ?? new Uint8Array(0)
  const [loc, loclists] = [bytes('.debug_loc'), bytes('.debug_loclists')]
  return { units: openDwarf(files, diagnostics), locations: { loc, loclists, budget: { entries: MAX_PASSES * (loc.length + loclists.length) } }, aranges: bytes('.debug_aranges') }
}

/** Decompressed; null where neither the module's file nor its debug file has one. */
export async function readDebugFrame({ elf, debugElf }: Files, decompressor: Decompressor, diagnostics: Diagnostics): Promise<Uint8Array | null> {
  for (const file of [elf, debugElf]) {
    const found = file && (await loadSections(file, ['.debug_frame'], decompressor, diagnostics)).get('.debug_frame')
    if (found) return found
  }
  return null
}
