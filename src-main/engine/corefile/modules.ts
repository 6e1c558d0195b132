/**
 * The executable and libraries of the process: where each lies in memory, its build-id as the core itself has it,
 * and the file on this machine that is the same build. A file of another build is never read from.
 */
import type { ModuleRow } from '../../contract/rows.ts'
import { hex } from '../bytes/units.ts'
import { buildIdOf, imageBase } from '../elf/buildId.ts'
import { ElfFile, ET_DYN, ET_EXEC, PF_W, PF_X, PT_LOAD, type Readable, type Segment } from '../elf/file.ts'
import { FormatError, type Diagnostics } from '../errors.ts'
import type { AddressSpace, Range } from '../memory/addressSpace.ts'
import type { ModuleFiles } from '../ports.ts'
import type { OpenOptions } from '../session.ts'
import { debugPaths, findDebugFiles, noDebugFiles, openServing, withoutSlash, type DebugFiles } from '../symbols/debugFiles.ts'
import { findLinkMaps, namesFromLinkMap } from './linkMap.ts'
import { AT_ENTRY, AT_PHDR, AT_SYSINFO_EHDR, type CoreNotes } from './notes.ts'

export interface Module {
  /** As the process saw it, without ` (deleted)`; '' where the core doesn't say. */
  path: string
  deleted: boolean
  /** Half-open: first page to the end of the last segment's memory, bss included, to the byte. */
  base: number
  end: number
  /** Address in memory = address in the file + bias. */
  bias: number
  buildId: string
  segments: Segment[]
  /** Address of the dynamic linker's `struct link_map`; 0 where it is not known. */
  linkMap: number
  /** The executable, not a library. */
  main: boolean
  vdso: boolean
  /** The file of the same build, and where it was found. */
  elf: ElfFile | null
  file: string
  /** Its separate debug file. */
  debugElf: ElfFile | null
  debug: ModuleRow['debug']
  /** All files that tell of its symbols, and what is missing. */
  debugFiles: DebugFiles
}

const DELETED = ' (deleted)'
const HEADER_BYTES = 4096

export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
export const moduleName = (module: Module): string => (module.vdso ? '[vdso]' : baseName(module.path) || `module at ${hex(module.base)}`)

/** The module whose memory holds an address. */
export const moduleAt = (modules: Module[], address: number): Module | undefined => modules.find((m) => address >= m.base && address < m.end)

export function findModules(memory: AddressSpace, notes: CoreNotes): Module[] {
  const modules: Module[] = []
  const { ranges } = memory
  const vdso = notes.auxv.get(AT_SYSINFO_EHDR)
  for (let i = 0; i < ranges.length; i++) {
    const range = ranges[i]
    const named = range.path !== ''
    if (named ? range.fileOffset !== 0 : range.start !== vdso && notes.hasFileNote) continue
    const image = imageAt(memory, range.start)
    if (!image) {
      if (named && imageIsAbsent(memory, range) && executableMappingFollows(ranges, i)) {
        const end = endOfSamePath(ranges, i)
        modules.push(newModule(range, { end, bias: range.start, buildId: '', segments: [] }, vdso))
      }
      continue
    }
    const type = image.header.type
    if (type !== ET_EXEC && type !== ET_DYN) continue
    const loads = image.segments.filter((s) => s.type === PT_LOAD)
    const top = loads.reduce((high, s) => Math.max(high, s.vaddr + s.memsz), 0)
    const bias = type === ET_EXEC ? 0 : range.start - imageBase(image)
    const end = top + bias
    if (loads.length === 0 || !(end > range.start) || end - range.start > 2 ** 40) continue
    if (named && loads.some((s) => s.flags & PF_X) && !executableMappingFollows(ranges, i)) continue // an ELF file mapped as data
    modules.push(newModule(range, { end, bias, buildId: buildIdOf(image, true), segments: image.segments }, vdso))
  }
  markMain(modules, notes)
  if (!notes.hasFileNote) {
    findLinkMaps(memory, modules)
    namesFromLinkMap(memory, modules, notes)
    for (const module of modules) nameRanges(module, memory)
  }
  for (const module of modules) {
    for (const range of rangesOf(module, memory)) {
      const segment = range.listedOnly && module.segments.find((s) => s.type === PT_LOAD && s.vaddr + module.bias < range.end && s.vaddr + module.bias + s.memsz > range.start)
      if (segment) range.flags = segment.flags & 7
    }
  }
  return modules
}

/** Without NT_FILE: the module's read-only ranges are its file's, by its program headers. */
function nameRanges(module: Module, memory: AddressSpace): void {
  for (let i = memory.firstEndingAfter(module.base); i < memory.ranges.length && memory.ranges[i].start < module.end; i++) {
    const range = memory.ranges[i]
    const segment = module.segments.find((s) => s.type === PT_LOAD && range.start >= Math.floor((s.vaddr + module.bias) / 4096) * 4096 && range.start < s.vaddr + module.bias + s.filesz)
    if (!segment || range.flags & PF_W) continue
    range.path = module.path
    range.fileOffset = segment.offset + (range.start - segment.vaddr - module.bias)
  }
}

function newModule(range: Range, image: Pick<Module, 'end' | 'bias' | 'buildId' | 'segments'>, vdso: number | undefined): Module {
  const deleted = range.path.endsWith(DELETED)
  const path = deleted ? range.path.slice(0, -DELETED.length) : range.path
  return { path, deleted, base: range.start, ...image, linkMap: 0, main: false, vdso: range.start === vdso, elf: null, file: '', debugElf: null, debug: 'none', debugFiles: noDebugFiles() }
}

/** The ELF image whose first page lies at an address; null where there is none. */
function imageAt(memory: AddressSpace, start: number): ElfFile | null {
  const size = memory.presentFrom(start, HEADER_BYTES)
  if (size < 64) return null
  const readable: Readable = { name: `image at ${hex(start)}`, size, read: (at, target) => (at < size ? memory.readInto(start + at, target.subarray(0, Math.min(target.length, size - at))) : 0) }
  try {
    return new ElfFile(readable)
  } catch (error) {
    if (error instanceof FormatError) return null
    throw error
  }
}

const imageIsAbsent = (memory: AddressSpace, range: Range): boolean => memory.presentFrom(range.start, 4) < 4

function executableMappingFollows(ranges: Range[], first: number): boolean {
  const { path } = ranges[first]
  for (let i = first; i < ranges.length && (ranges[i].path === path || ranges[i].path === ''); i++) {
    if (i > first && ranges[i].path === path && ranges[i].fileOffset === 0) return false
    if (ranges[i].path === path && (ranges[i].flags & PF_X || (i > first && ranges[i].listedOnly))) return true
  }
  return false
}

function endOfSamePath(ranges: Range[], first: number): number {
  let end = ranges[first].end
  for (let i = first + 1; i < ranges.length && ranges[i].path === ranges[first].path && ranges[i].fileOffset > 0; i++) end = ranges[i].end
  return end
}

function markMain(modules: Module[], notes: CoreNotes): void {
  const inMain = notes.auxv.get(AT_PHDR) ?? notes.auxv.get(AT_ENTRY)
  if (inMain === undefined) return
  for (const m of modules) m.main = inMain >= m.base && inMain < m.end
}

/** Finds each module's file and separate debug file, and lets the memory read the pages the core left out. */
export function attachFiles(modules: Module[], memory: AddressSpace, files: ModuleFiles, corePath: string, options: OpenOptions, diagnostics: Diagnostics): void {
  const folder = corePath.slice(0, corePath.lastIndexOf('/') + 1)
  for (const module of modules) {
    if (module.vdso) continue
    attachFile(module, memory, files, folder, options, diagnostics)
    module.debugFiles = findDebugFiles({ ...module, name: moduleName(module), coreFolder: folder, debugFile: '' }, files, options, diagnostics)
    module.debugElf = module.debugFiles.separate?.elf ?? null
    module.debug = module.debugFiles.state
    if (!module.elf) continue
    for (const range of rangesOf(module, memory)) range.file = module.elf.source
  }
  findLinkMaps(memory, modules)
}

/** The ranges that the module's own file is mapped to. */
function* rangesOf(module: Module, memory: AddressSpace): Generator<Range> {
  for (let i = memory.firstEndingAfter(module.base); i < memory.ranges.length && memory.ranges[i].start < module.end; i++) {
    const range = memory.ranges[i]
    if (range.path !== '' && stripDeleted(range.path) === module.path) yield range
  }
}

const stripDeleted = (path: string): string => (path.endsWith(DELETED) ? path.slice(0, -DELETED.length) : path)

function attachFile(module: Module, memory: AddressSpace, files: ModuleFiles, folder: string, options: OpenOptions, diagnostics: Diagnostics): void {
  const candidates: string[] = []
  if (module.main && options.exe) candidates.push(options.exe)
  if (module.path.startsWith('/')) {
    if (options.sysroot) candidates.push(options.sysroot.replace(/\/$/, '') + module.path)
    candidates.push(module.path)
  }
  if (module.path !== '') candidates.push(folder + baseName(module.path))
  if (module.buildId !== '') candidates.push(...[...options.debug, ...(files.debuginfodCaches?.() ?? [])].map((cache) => `${withoutSlash(cache)}/${module.buildId}/executable`))
  let mismatch: { path: string; buildId: string } | null = null
  for (const path of new Set(candidates)) {
    const opened = openServing(files, path)
    if (!opened) continue
    const { elf } = opened
    const buildId = buildIdOf(elf, false)
    if (module.buildId !== '' ? buildId === module.buildId : sameFirstPage(module, memory, elf)) {
      module.elf = elf
      module.file = path
      if (module.segments.length === 0) module.segments = elf.segments
      if (mismatch && path === options.exe) mismatch = null
      break
    }
    opened.close()
    mismatch ??= { path, buildId }
  }
  const name = moduleName(module)
  if (module.elf === null && mismatch) {
    const theirs = mismatch.buildId === '' ? 'no build-id' : `build-id ${mismatch.buildId}`
    const ours = module.buildId === '' ? 'a different first page' : `build-id ${module.buildId}`
    diagnostics.add('mismatch', name, module.base, `${mismatch.path} is another build (${theirs}; the process ran ${ours}) and is not used: names and read-only data of this module may be missing; --sysroot or --exe can name the right one`)
  } else if (module.elf === null && module.path !== '') {
    diagnostics.add('missing', name, module.base, `no file of this build was found${module.deleted ? ' (it was deleted or replaced while the process ran)' : ''}: its read-only pages are absent and only names in the core's own memory are known; --sysroot${module.main ? ' or --exe' : ''} can name it`)
  }
}

/** Without a build-id on either side: the first page as the process had it must be the file's first page. */
function sameFirstPage(module: Module, memory: AddressSpace, elf: ElfFile): boolean {
  const ours = memory.read(module.base, HEADER_BYTES)
  if (!ours.ok) return false
  const theirs = new Uint8Array(HEADER_BYTES)
  return elf.source.read(0, theirs) === HEADER_BYTES && Buffer.compare(ours.bytes, theirs) === 0
}

export const moduleRow = (m: Module): ModuleRow => ({
  path: m.vdso ? '[vdso]' : m.path,
  buildId: m.buildId,
  base: m.base,
  end: m.end,
  debug: m.debug,
  file: m.file,
  debugFiles: debugPaths(m.debugFiles),
  missing: m.debugFiles.missing,
  getIt: m.debugFiles.getIt,
})
