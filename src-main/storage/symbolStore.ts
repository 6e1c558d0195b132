/**
 * The offline symbol database: a folder of LMDB files, one for each module build, and a catalogue of them. The catalogue
 * is an index like the others, written aside and renamed. It only repeats what the files say, by their names, which are
 * never used twice; so it is brought up to date whenever it is read, and nothing is lost with it or between two writers.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { SYMBOLS_VERSION, type StoredSymbolsMeta } from '../engine/symbols/storedTables.ts'
import type { IndexStore } from '../engine/ports.ts'
import { indexesOf, indexFiles, isSealed, lmdbFolderStore, openFile, remove } from './lmdbIndexStore.ts'

/** Bytes that the symbols of all builds may take together; the least recently used go first. */
export const DEFAULT_SYMBOLS_LIMIT = 20 * 2 ** 30

const CATALOGUE = 'catalogue'
const CATALOGUE_VERSION = 1
const CATALOGUE_LIMIT = 64 << 20

export interface CatalogueEntry extends Pick<StoredSymbolsMeta, 'info' | 'counts'> {
  /** Name within the folder. */
  file: string
  identity: string
  /** Bytes on the disk. */
  size: number
}

export function symbolStore(folder: string, limit: number = DEFAULT_SYMBOLS_LIMIT): IndexStore {
  return lmdbFolderStore(folder, limit, true)
}

/** All builds whose symbols are there, by path. Damaged files and those of other versions are left out. */
export function listSymbols(folder: string): CatalogueEntry[] {
  const store = lmdbFolderStore(join(folder, CATALOGUE), CATALOGUE_LIMIT, true)
  const known = new Map(storedEntries(store).map((entry) => [entry.file, entry]))
  const names = indexFiles(folder)
  const entries: CatalogueEntry[] = []
  for (const name of names) {
    const entry = known.get(name) ?? entryOf(folder, name)
    if (entry !== null) entries.push(entry)
  }
  if (entries.length !== known.size || entries.some(({ file }) => !known.has(file))) keep(store, entries)
  // Two processes that save the same build at once may leave two files of it.
  const builds = new Map(entries.sort((a, b) => a.info.created - b.info.created).map((entry) => [entry.identity, entry]))
  return [...builds.values()].sort((a, b) => (a.info.path < b.info.path ? -1 : a.info.path > b.info.path ? 1 : 0))
}

function storedEntries(store: IndexStore): CatalogueEntry[] {
  const stored = store.open(CATALOGUE, CATALOGUE_VERSION)
  if (stored === null) return []
  stored.close()
  return stored.meta as CatalogueEntry[]
}

function entryOf(folder: string, name: string): CatalogueEntry | null {
  const index = openFile(join(folder, name))
  if (index === null) return null
  index.close()
  if (index.version !== SYMBOLS_VERSION) return null
  const { info, counts } = index.meta as StoredSymbolsMeta
  return { file: name, identity: index.identity, size: statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0, info, counts }
}

/** A folder that can't be written is read again the next time. */
function keep(store: IndexStore, entries: CatalogueEntry[]): void {
  try {
    store.create(CATALOGUE, CATALOGUE_VERSION).commit(entries)
  } catch {
    // The files themselves say all that is in it.
  }
}

/** Removes what is there of an identity. */
export function discardSymbols(folder: string, identity: string): void {
  for (const name of indexesOf(folder, identity)) remove(join(folder, name))
}

export interface CheckedSymbols {
  file: string
  /** Null where neither the file nor the catalogue tells. */
  entry: CatalogueEntry | null
  whole: boolean
}

/** Reads every byte of every file; one that is not what was written is removed. */
export function* checkSymbols(folder: string): Generator<CheckedSymbols> {
  const known = new Map(storedEntries(lmdbFolderStore(join(folder, CATALOGUE), CATALOGUE_LIMIT, true)).map((entry) => [entry.file, entry]))
  for (const file of indexFiles(folder).sort()) {
    const path = join(folder, file)
    const index = isSealed(path) ? openFile(path) : null
    const whole = index?.isWhole() ?? false
    index?.close()
    const entry = (whole ? entryOf(folder, file) : known.get(file)) ?? null
    if (!whole) remove(path)
    yield { file, entry, whole }
  }
}
