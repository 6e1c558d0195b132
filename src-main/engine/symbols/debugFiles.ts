/**
 * Which files of this machine tell of a module's symbols: its own, a separate debug file, dwz's common file, a package of
 * split units. Each must be of the module's build: by build-id, by the CRC of .gnu_debuglink where one has none. Only files
 * and folders are looked at, never a network.
 *
 * Source: gdb manual "Separate Debug Files" (where they lie); elfutils libdwfl/find-debuginfo.c (a build-id that is equal
 * makes the CRC needless); debuginfod_find_debuginfo(3) (the client's cache); dwz(1).
 */
import type { ModuleRow } from '../../contract/rows.ts'
import { buildIdOf } from '../elf/buildId.ts'
import { crc32Of, debugAltLinkOf, debugLinkOf, type DebugAltLink, type DebugLink } from '../elf/debugLinks.ts'
import { ElfFile, SHT_NOBITS, SHT_SYMTAB, type Section } from '../elf/file.ts'
import { Diagnostics, UnreadableCore } from '../errors.ts'
import type { ByteSource, ModuleFiles } from '../ports.ts'
import type { OpenOptions } from '../session.ts'
import { whatIsMissing } from './missing.ts'

/** The module that files are looked for. */
export interface DebugQuery {
  /** As messages name it. */
  name: string
  /** As the process saw it; '' where the core doesn't say. */
  path: string
  /** Hex; '' where it has none. */
  buildId: string
  /** Its own file of the same build, and where it was found. */
  elf: ElfFile | null
  file: string
  /** Folder of the core, ending with `/`; '' where there is none. */
  coreFolder: string
  /** Where its separate debug file was found before; ''. */
  debugFile: string
  /** The kernel's own, which is no file. */
  vdso: boolean
}

export interface ServingFile {
  elf: ElfFile
  path: string
  size: number
  /** Milliseconds since 1970. */
  modified: number
  close(): void
}

export interface DebugFiles {
  /** Null also where the module's own file tells all. */
  separate: ServingFile | null
  /** Which file has the debug information; null: none. */
  dwarfIn: 'own' | 'separate' | null
  /** What dwz moved out of the file that has the debug information. */
  dwz: ServingFile | null
  /** .dwp; its units are taken by their ids, which are hashes, so that one of another build can't be mixed in. */
  package: ServingFile | null
  state: ModuleRow['debug']
  missing: string
  getIt: ModuleRow['getIt']
}

/** What an ELF file can tell. */
interface Contents {
  dwarf: boolean
  symbols: boolean
  /** It was never stripped. */
  symtab: boolean
  link: DebugLink | null
  alt: DebugAltLink | null
}

const DEBUG_ROOT = '/usr/lib/debug'
const nothing: Contents = { dwarf: false, symbols: false, symtab: false, link: null, alt: null }

export const noDebugFiles = (): DebugFiles => ({ separate: null, dwarfIn: null, dwz: null, package: null, state: 'none', missing: '', getIt: [] })

/** Paths of the files that serve beside the module's own. */
export const debugPaths = (found: DebugFiles): string[] => [found.separate, found.dwz, found.package].flatMap((file) => (file ? [file.path] : []))

export function findDebugFiles(query: DebugQuery, files: ModuleFiles, options: OpenOptions, diagnostics: Diagnostics): DebugFiles {
  if (query.vdso) return noDebugFiles()
  const search = new Search(query, files, options, diagnostics)
  const own = query.elf ? contentsOf(query.elf, diagnostics) : nothing
  const separate = own.dwarf && own.symbols ? null : search.separate(own)
  const theirs = separate ? contentsOf(separate.elf, diagnostics) : nothing
  const dwarfIn = own.dwarf ? 'own' : theirs.dwarf ? 'separate' : null
  const alt = own.dwarf ? own.alt : theirs.alt
  const path = own.dwarf || !separate ? query.file : separate.path
  const dwz = dwarfIn && alt ? search.dwz(alt, path) : null
  const state = dwarfIn ? 'full' : own.symbols || theirs.symbols ? 'symbols' : 'none'
  const missing = whatIsMissing({ ...query, state, isStripped: !own.symtab, linked: own.link !== null, dwz: dwarfIn && !dwz ? alt : null })
  return { separate, dwarfIn, dwz, package: dwarfIn ? search.package(path) : null, state, ...missing }
}

function contentsOf(elf: ElfFile, diagnostics: Diagnostics): Contents {
  return diagnostics.guard(nothing, () => {
    const sections = elf.readSections()
    const has = (found: (s: Section) => boolean): boolean => sections.some((s) => s.type !== SHT_NOBITS && s.size > 0 && found(s))
    return {
      dwarf: has((s) => s.name === '.debug_info' || s.name === '.zdebug_info' || s.name === '.debug_types'),
      symbols: has((s) => s.type === SHT_SYMTAB || s.name === '.gnu_debugdata'),
      symtab: has((s) => s.type === SHT_SYMTAB),
      link: diagnostics.guard(null, () => debugLinkOf(elf, sections)),
      alt: diagnostics.guard(null, () => debugAltLinkOf(elf, sections)),
    }
  })
}

export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1)
export const fileNameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
const byBuildId = (root: string, id: string): string => `${root}/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`

/** Folders, without `/` at their end, in which a person or a distribution keeps debug files. */
export function debugRoots(options: OpenOptions): string[] {
  const given = options.debug.map(withoutSlash)
  return [...given, ...(options.sysroot ? [withoutSlash(options.sysroot) + DEBUG_ROOT] : []), DEBUG_ROOT]
}

export const withoutSlash = (path: string): string => path.replace(/(?<=.)\/+$/, '')

/** Null where there is no such file, or it is no ELF file corelens reads. */
export function openServing(files: ModuleFiles, path: string): ServingFile | null {
  const source = files.open(path)
  if (!source) return null
  const elf = elfOf(source, path)
  if (elf) return { elf, path, size: source.size, modified: source.modified, close: () => source.close() }
  source.close()
  return null
}

function elfOf(source: ByteSource, path: string): ElfFile | null {
  const scratch = new Diagnostics()
  try {
    return scratch.guard(null, () => new ElfFile(source, path))
  } catch (error) {
    if (error instanceof UnreadableCore) return null
    throw error
  }
}

/** One module's search: goes through candidates in order and keeps in mind what was of another build. */
class Search {
  private readonly query: DebugQuery
  private readonly files: ModuleFiles
  private readonly options: OpenOptions
  private readonly diagnostics: Diagnostics
  private readonly roots: string[]
  private readonly given: string[]
  private readonly caches: string[]

  constructor(query: DebugQuery, files: ModuleFiles, options: OpenOptions, diagnostics: Diagnostics) {
    this.query = query
    this.files = files
    this.options = options
    this.diagnostics = diagnostics
    this.roots = debugRoots(options)
    this.given = options.debug.map(withoutSlash)
    this.caches = files.debuginfodCaches?.() ?? []
  }

  /** One with debug information before one that only has symbols. */
  separate(own: Contents): ServingFile | null {
    const { query } = this
    return this.first('debug file', this.separateCandidates(own.link).filter((path) => path !== query.file), (file) => {
      const contents = contentsOf(file.elf, new Diagnostics())
      const tells = contents.dwarf && !own.dwarf
      const names = contents.symbols && !own.symbols
      if (!tells && !names) return 'pass'
      const wrong = this.whyNotOurs(file, own.link)
      if (wrong !== '') return { wrong }
      return tells || own.dwarf ? 'take' : 'second'
    })
  }

  dwz(link: DebugAltLink, from: string): ServingFile | null {
    const { options } = this
    const id = link.buildId
    const name = fileNameOf(link.name)
    const candidates: string[] = []
    if (link.name.startsWith('/')) {
      if (options.sysroot) candidates.push(withoutSlash(options.sysroot) + link.name)
      candidates.push(link.name)
    } else {
      for (const path of [from, this.files.realPath?.(from) ?? from]) candidates.push(folderOf(path) + link.name)
    }
    const inDwz = /\/\.dwz\/(?!.*\/\.dwz\/)(.+)$/.exec(link.name)?.[1]
    for (const root of this.roots) candidates.push(...(inDwz ? [`${root}/.dwz/${inDwz}`] : []), byBuildId(root, id))
    candidates.push(...this.byIdAlone(id), ...[folderOf(from), ...this.given.map((folder) => `${folder}/`), this.query.coreFolder].flatMap((folder) => (folder === '' ? [] : [folder + name])))
    return this.first('dwz\'s common file', candidates, ({ elf }) => {
      const theirs = buildIdOf(elf, false)
      return theirs === id ? 'take' : { wrong: `${idWords(theirs)}; the debug information refers to ${id}` }
    })
  }

  /** Beside the executable or its debug file, or in a folder of debug files. */
  package(dwarfPath: string): ServingFile | null {
    const { file, path, coreFolder } = this.query
    const names = [file, path, dwarfPath].filter((p) => p !== '').flatMap((p) => [`${p}.dwp`, ...(p.endsWith('.debug') ? [`${p.slice(0, -6)}.dwp`] : [])])
    const candidates = [...names, ...[coreFolder, ...this.given.map((folder) => `${folder}/`)].filter((f) => f !== '').flatMap((folder) => names.map((name) => folder + fileNameOf(name)))]
    return this.first('package of split units', candidates, ({ elf }) => {
      const sections = new Diagnostics().guard([], () => elf.readSections())
      return sections.some((s) => s.name === '.debug_cu_index' || s.name === '.debug_tu_index') ? 'take' : 'pass'
    })
  }

  private separateCandidates(link: DebugLink | null): string[] {
    const { path, file, buildId, coreFolder } = this.query
    const name = fileNameOf(path) || fileNameOf(file)
    const names = [...new Set([...(link ? [link.name] : []), ...(name === '' ? [] : [`${name}.debug`, name])])]
    const candidates = [this.query.debugFile].filter((p) => p !== '')
    if (buildId.length >= 4) {
      for (const root of this.roots) candidates.push(byBuildId(root, buildId))
      candidates.push(...this.byIdAlone(buildId))
    }
    for (const folder of this.given) candidates.push(...names.map((n) => `${folder}/${n}`))
    if (file !== '') candidates.push(...names.filter((n) => n !== name).flatMap((n) => [folderOf(file) + n, `${folderOf(file)}.debug/${n}`]))
    for (const of of new Set([path, file])) {
      if (!of.startsWith('/')) continue
      for (const root of this.roots) candidates.push(...(link ? [`${root}${folderOf(of)}${link.name}`] : []), `${root}${of}.debug`, root + of)
    }
    if (coreFolder !== '') candidates.push(...names.map((n) => coreFolder + n))
    return candidates
  }

  /** A `--debug` folder that is a build-id tree itself, or a debuginfod cache; the client's own cache. */
  private byIdAlone(id: string): string[] {
    const given = this.given.flatMap((folder) => [`${folder}/${id.slice(0, 2)}/${id.slice(2)}.debug`, `${folder}/${id}/debuginfo`, `${folder}/${id}.debug`])
    return [...given, ...this.caches.map((cache) => `${withoutSlash(cache)}/${id}/debuginfo`)]
  }

  /** '' where the file is of the module's build. */
  private whyNotOurs({ elf, path }: ServingFile, link: DebugLink | null): string {
    const { buildId } = this.query
    const theirs = buildIdOf(elf, false)
    if (!this.query.elf && buildId === '') return '' // there is nothing but this file
    if (buildId !== '' && theirs !== '') return theirs === buildId ? '' : `${idWords(theirs)}; the process ran ${buildId}`
    if (!link || fileNameOf(path) !== link.name) return 'there is neither a build-id nor a .gnu_debuglink to tell it by'
    const crc = this.diagnostics.guard(-1, () => crc32Of(elf.source))
    return crc === link.crc ? '' : `CRC-32 ${hex8(crc)}; .gnu_debuglink asks for ${hex8(link.crc)}`
  }

  /** The first candidate that is to be taken, else the first `second`; one of another build is told where there is neither. */
  private first(what: string, candidates: string[], judge: (file: ServingFile) => Verdict): ServingFile | null {
    let second: ServingFile | null = null
    let mismatch = ''
    for (const path of new Set(candidates)) {
      const file = openServing(this.files, path)
      if (!file) continue
      const verdict = this.readable(path, () => judge(file))
      if (verdict === 'take') return file
      if (verdict === 'second' && !second) {
        second = file
        continue
      }
      file.close()
      if (typeof verdict === 'object' && mismatch === '') mismatch = `${path} is another build's ${what} (${verdict.wrong}) and is not used`
    }
    if (mismatch !== '' && !second) this.diagnostics.add('mismatch', this.query.name, null, mismatch)
    return second
  }

  /** A disk that fails costs the file. */
  private readable(path: string, judge: () => Verdict): Verdict {
    try {
      return judge()
    } catch (error) {
      if (!(error instanceof UnreadableCore)) throw error
      this.diagnostics.add('missing', path, null, error.message)
      return 'pass'
    }
  }
}

/** What to do with a candidate; `wrong`: why it is not of the module's build. */
type Verdict = 'take' | 'second' | 'pass' | { wrong: string }

const idWords = (id: string): string => (id === '' ? 'no build-id' : `build-id ${id}`)
const hex8 = (value: number): string => value.toString(16).padStart(8, '0')
