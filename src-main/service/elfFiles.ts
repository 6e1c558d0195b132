/**
 * Which programs, libraries and debug files lie at paths that a person names: folders are looked through, what is no ELF
 * file or has no symbols of its own is skipped there, and refused where it was named itself.
 */
import { readdirSync, realpathSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildIdOf } from '../engine/elf/buildId.ts'
import { ElfFile, ET_CORE, ET_DYN, ET_EXEC, SHT_NOBITS } from '../engine/elf/file.ts'
import { FormatError, UnreadableCore } from '../engine/errors.ts'
import { fingerprintOf, moduleIdentity, type ModulePaths } from '../engine/symbols/moduleSources.ts'
import type { OpenOptions } from '../engine/session.ts'
import { openFileByteSource } from '../storage/fileByteSource.ts'

/** A module to read: a file, its separate debug file, or both where both were named. */
export interface NamedModule {
  identity: string
  paths: ModulePaths
  fingerprint: string
}

interface FoundFile {
  path: string
  identity: string
  buildId: string
  /** Its code is elsewhere: what `objcopy --only-keep-debug` makes. */
  debugOnly: boolean
  size: number
  modified: number
}

/** Throws UnreadableCore for a named path that is nothing to read. */
export function modulesAt(paths: readonly string[], options: OpenOptions): NamedModule[] {
  const builds = new Map<string, { file?: FoundFile; debugFile?: FoundFile }>()
  for (const found of filesAt(paths)) {
    const build = builds.get(found.identity) ?? {}
    build[found.debugOnly ? 'debugFile' : 'file'] ??= found
    builds.set(found.identity, build)
  }
  return [...builds].map(([identity, { file, debugFile }]) => {
    const files = [file, debugFile].filter((one) => one !== undefined)
    return {
      identity,
      paths: { path: files[0].path, buildId: files[0].buildId, file: file?.path ?? '', debugFile: debugFile?.path ?? '', options },
      fingerprint: fingerprintOf(files.map(({ path, size, modified }) => ({ name: path, size, modified }))),
    }
  })
}

function* filesAt(paths: readonly string[]): Generator<FoundFile> {
  const seen = new Set<string>()
  for (const path of paths) {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat?.isDirectory() !== true) {
      if (stat?.size === 0) throw new UnreadableCore('the file is empty', path, 'name a program, a library or a debug file')
      yield elfFile(path)
      continue
    }
    for (const inside of regularFiles(path)) {
      const real = realpathSync(inside)
      if (seen.has(real)) continue
      seen.add(real)
      const found = elfFileOrNull(inside)
      if (found !== null) yield found
    }
  }
}

/** In name order; links to files are followed, those to folders are not. */
function* regularFiles(folder: string): Generator<string> {
  const entries = readFolder(folder)
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* regularFiles(path)
    else if (entry.isFile() || (entry.isSymbolicLink() && isRegular(path))) yield path
  }
}

function readFolder(folder: string): { name: string; isDirectory(): boolean; isFile(): boolean; isSymbolicLink(): boolean }[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch {
    // One that may not be read is skipped like a file that is none.
    return []
  }
}

function isRegular(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    // A link to nothing, or in a circle.
    return false
  }
}

function elfFileOrNull(path: string): FoundFile | null {
  try {
    return elfFile(path)
  } catch (error) {
    if (error instanceof UnreadableCore) return null
    throw error
  }
}

function elfFile(path: string): FoundFile {
  const source = openFileByteSource(path)
  try {
    const elf = new ElfFile(source, path)
    const { type } = elf.header
    if (type !== ET_EXEC && type !== ET_DYN) throw new UnreadableCore(type === ET_CORE ? 'is a core dump' : 'is an object file', path, 'name a program, a library or a debug file')
    const buildId = buildIdOf(elf, false)
    const text = elf.readSections().find(({ name }) => name === '.text')
    return { path: resolve(path), identity: moduleIdentity(buildId, source), buildId, debugOnly: text?.type === SHT_NOBITS, size: source.size, modified: source.modified }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw new UnreadableCore(error.message, path, 'name a program, a library or a debug file')
  } finally {
    source.close()
  }
}
