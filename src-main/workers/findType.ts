/**
 * One type by name from a core whose symbols were never read: the largest modules are asked for it alone, which is a
 * fraction of the time that reading all of them takes.
 */
import { statSync } from 'node:fs'
import type { TypeLayout } from '../contract/rows.ts'
import { Diagnostics, UsageError } from '../engine/errors.ts'
import type { EngineSession } from '../engine/session.ts'
import type { SymbolReader } from '../engine/symbols/indexModule.ts'
import { readOneType } from '../engine/symbols/readOneType.ts'
import type { AttachedModules } from './attachedModules.ts'

/** Below, all is read in no time. */
const LARGE_BYTES = 32 << 20

/** Null where it is better to read everything: nothing large is unread, or no unit defines the type. */
export async function findType(session: EngineSession, symbols: AttachedModules, reader: SymbolReader, folder: string, name: string): Promise<TypeLayout | null> {
  const unread = symbols.open(session, folder).flatMap(({ source, attached }) => (attached === null && source.identity !== '' ? [source] : []))
  const weights = new Map(unread.map((source) => [source, sizeOf(source.paths.file) + sizeOf(source.paths.debugFile)]))
  const largest = unread.filter((source) => (weights.get(source) ?? 0) >= LARGE_BYTES).sort((a, b) => (weights.get(b) ?? 0) - (weights.get(a) ?? 0))
  if (largest.length === 0) return null
  try {
    return session.typeLayout({ core: '', name })
  } catch (error) {
    if (!(error instanceof UsageError)) throw error // no module that was read has it
  }
  for (const { module, paths } of largest) {
    const tables = await readOneType(reader, paths, name, new Diagnostics())
    if (tables !== null) return session.layoutIn(module, tables, name)
  }
  return null
}

function sizeOf(path: string): number {
  return path === '' ? 0 : (statSync(path, { throwIfNoEntry: false })?.size ?? 0)
}
