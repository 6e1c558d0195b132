/**
 * Which files a module's symbols come from, and under which identity the symbol database keeps them: its build-id, or,
 * where there is none, a hash of the file itself. Files that may have changed since show in the fingerprint.
 */
import { createHash } from 'node:crypto'
import type { Readable } from '../elf/file.ts'
import type { OpenOptions } from '../session.ts'
import type { DebugFiles } from './debugFiles.ts'
import type { SymbolsInfo } from './storedTables.ts'

/** Where to look for what a module's symbols are read from; plain data. */
export interface ModulePaths {
  /** As messages name the module. */
  path: string
  /** Hex; '' where the module has none. */
  buildId: string
  /** The module's own file; '' where only its debug file is there. */
  file: string
  /** Its separate debug file, where it was found already; ''. */
  debugFile: string
  /** Folders and roots where more may lie. */
  options: OpenOptions
}

/** One module of an open core, as the symbol database sees it. */
export interface SymbolSource {
  /** Position in `CoreSummary.modules`. */
  module: number
  /** '' where the module can't have symbols: it has neither file nor build-id. */
  identity: string
  paths: ModulePaths
  fingerprint: string
  /** Why there may be nothing, or not everything; ''. */
  missing: string
}

const HASHED_BYTES = 1 << 20

/** A short prefix keeps it apart from build-ids. */
export function moduleIdentity(buildId: string, file: (Readable & { modified?: number }) | null): string {
  if (buildId !== '') return buildId
  if (file === null) return ''
  const hash = createHash('sha256')
  const bytes = new Uint8Array(Math.min(HASHED_BYTES, file.size))
  for (const at of [0, Math.max(0, file.size - bytes.length)]) hash.update(bytes.subarray(0, file.read(at, bytes)))
  hash.update(`${file.size} ${file.modified ?? 0}`)
  return `file-${hash.digest('hex').slice(0, 40)}`
}

/** The same for the same files, unchanged. */
export function fingerprintOf(files: readonly { name: string; size: number; modified?: number }[]): string {
  return files.map(({ name, size, modified }) => `${name} ${size} ${modified ?? 0}`).join('\n')
}

/** What is stored serves, unless something was missing then and there are other files now. */
export function isCurrent(info: SymbolsInfo, fingerprint: string): boolean {
  const complete = info.debugBytes > 0 && info.missing === ''
  return complete || fingerprint === '' || info.fingerprint === fingerprint
}

/** What a module of a core must tell; see corefile/modules.ts. */
interface FoundModule {
  path: string
  buildId: string
  vdso: boolean
  elf: { source: Readable & { modified?: number } } | null
  file: string
  debugFiles: Pick<DebugFiles, 'separate' | 'dwz' | 'package' | 'missing'>
}

/** One for each module, in their order. */
export function symbolSources(modules: readonly FoundModule[], options: OpenOptions): SymbolSource[] {
  return modules.map(({ path, buildId, vdso, elf, file, debugFiles }, module) => {
    const { separate, dwz, package: split, missing } = debugFiles
    const beside = [separate, dwz, split].flatMap((one) => (one === null ? [] : [{ name: one.path, size: one.size, modified: one.modified }]))
    return {
      module,
      identity: vdso ? '' : moduleIdentity(buildId, elf?.source ?? separate?.elf.source ?? null),
      paths: { path, buildId, file, debugFile: separate?.path ?? '', options },
      fingerprint: fingerprintOf([...(elf === null ? [] : [elf.source]), ...beside]),
      missing: vdso ? 'the kernel gives it, no file has it' : missing,
    }
  })
}
