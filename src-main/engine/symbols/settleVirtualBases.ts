/**
 * Fills in where virtual bases lie, which debug information leaves to the vtables of the module's own file: a class's vtable
 * is found by its `_ZTV` symbol. What has no such symbol keeps -1.
 */
import type { ElfFile } from '../elf/file.ts'
import type { Demangler } from '../recognize/demangle.ts'
import { normalizeTypeName } from '../recognize/typeNames.ts'
import { plainWords, virtualBaseOffset } from '../recognize/virtualBases.ts'
import { PART, type SymbolTables } from './tables.ts'

const decoder = new TextDecoder()
const VTABLE = new TextEncoder().encode('_ZTV')
const TYPEINFO = new TextEncoder().encode('_ZTI')

/** Whether any class has a virtual base whose offset is still to be told. */
export function hasOpenVirtualBases({ parts }: Pick<SymbolTables, 'parts'>): boolean {
  for (let part = 0; part < parts.count; part++) if (isOpen(parts, part)) return true
  return false
}

function isOpen(parts: SymbolTables['parts'], part: number): boolean {
  return parts.kind[part] === PART.virtualBase && parts.offset[part] < 0 && parts.value[part] !== 0n
}

/** Throws FormatError where the file can't be read. */
export function settleVirtualBases(tables: SymbolTables, elf: ElfFile, demangler: Demangler): void {
  const { types, parts, symbols } = tables
  const classes = classesWithOpenBases(tables)
  if (classes.size === 0) return
  const read = plainWords(elf)
  const withTypeinfo = new Set<string>()
  for (let symbol = 0; symbol < symbols.count; symbol++) if (startsWith(tables, symbol, TYPEINFO)) withTypeinfo.add(nameOf(tables, symbols.name[symbol]).slice(4))
  for (let symbol = 0; symbol < symbols.count; symbol++) {
    if (!startsWith(tables, symbol, VTABLE)) continue
    const mangled = nameOf(tables, symbols.name[symbol]).slice(4)
    const name = demangler.className(mangled)
    for (const type of (name === null ? undefined : classes.get(normalizeTypeName(name))) ?? []) {
      const end = types.firstPart[type] + types.partCount[type]
      for (let part = types.firstPart[type]; part < end; part++) {
        if (!isOpen(parts, part)) continue
        const offset = virtualBaseOffset(read, symbols.address[symbol], -Number(parts.value[part]), withTypeinfo.has(mangled), symbols.size[symbol] || Infinity)
        if (offset !== null) parts.offset[part] = offset
      }
    }
  }
}

/** By normalised name. */
function classesWithOpenBases(tables: SymbolTables): Map<string, number[]> {
  const { types, parts } = tables
  const classes = new Map<string, number[]>()
  for (let type = 1; type < types.count; type++) {
    const end = types.firstPart[type] + types.partCount[type]
    let open = false
    for (let part = types.firstPart[type]; part < end && !open; part++) open = isOpen(parts, part)
    if (!open) continue
    const name = normalizeTypeName(nameOf(tables, types.name[type]))
    const same = classes.get(name)
    if (same) same.push(type)
    else classes.set(name, [type])
  }
  return classes
}

function startsWith({ strings, symbols }: SymbolTables, symbol: number, prefix: Uint8Array): boolean {
  const name = symbols.name[symbol]
  return prefix.every((byte, i) => strings[name + i] === byte)
}

function nameOf({ strings }: SymbolTables, name: number): string {
  return decoder.decode(strings.slice(name, strings.indexOf(0, name)))
}
