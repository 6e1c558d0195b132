/**
 * Fills in where virtual bases lie, which debug information leaves to the vtables of the module's own file: a class's vtable
 * is found by its `_ZTV` symbol. Bases that a class has only through its bases get rows of their own
 * (PART.inheritedVirtualBase). What has no such symbol keeps -1. Source: Itanium C++ ABI §2.5.2.
 */
import type { ElfFile } from '../elf/file.ts'
import type { Demangler } from '../recognize/demangle.ts'
import { normalizeTypeName } from '../recognize/typeNames.ts'
import { plainWords, virtualBaseOffset, type PlainWords } from '../recognize/virtualBases.ts'
import { PART, TYPE, type PartColumns, type SymbolTables } from './tables.ts'

const decoder = new TextDecoder()
const encoder = new TextEncoder()
const VTABLE = encoder.encode('_ZTV')
const TYPEINFO = encoder.encode('_ZTI')
const MAX_BASES = 1000
const MAX_LINKS = 16

export function hasVirtualBases({ parts }: Pick<SymbolTables, 'parts'>): boolean {
  return parts.kind.subarray(0, parts.count).includes(PART.virtualBase)
}

/** A class's vtables: one symbol for all of them. */
interface Vtable {
  start: number
  /** Bytes; Infinity where the symbol has none. */
  size: number
  rtti: boolean
}

/** Answers the tables with more rows of `parts`. Throws FormatError where the file can't be read. */
export function settleVirtualBases(tables: SymbolTables, elf: ElfFile, demangler: Demangler): SymbolTables {
  const classes = classesByName(tables, withVirtualBases(tables))
  const read = plainWords(elf)
  const inherited = new Map<number, { base: number; offset: number }[]>()
  for (const { name, vtable } of vtables(tables, demangler)) {
    for (const type of classes.get(normalizeTypeName(name)) ?? []) {
      if (inherited.has(type)) continue
      inherited.set(type, locateBases(tables, type, vtable, read))
    }
  }
  return { ...tables, ...insertParts(tables, inherited) }
}

/** By type: 1 where it has virtual bases, its own or through bases. */
function withVirtualBases({ types, parts }: SymbolTables): Uint8Array {
  const UNKNOWN = 2
  const found = new Uint8Array(types.count).fill(UNKNOWN)
  const has = (type: number, depth: number): boolean => {
    if (found[type] !== UNKNOWN) return found[type] === 1
    found[type] = 0
    for (const part of partsOf(types, type)) {
      if (parts.kind[part] === PART.virtualBase || (parts.kind[part] === PART.base && depth < MAX_BASES && has(bare(types, parts.type[part]), depth + 1))) found[type] = 1
    }
    return found[type] === 1
  }
  for (let type = 1; type < types.count; type++) has(type, 0)
  return found
}

function* partsOf(types: SymbolTables['types'], type: number): Generator<number> {
  for (let part = types.firstPart[type]; part < types.firstPart[type] + types.partCount[type]; part++) yield part
}

/** A base may be named by a typedef. */
function bare(types: SymbolTables['types'], type: number): number {
  for (let links = 0; links < MAX_LINKS && types.kind[type] === TYPE.typedef; links++) type = types.target[type]
  return type
}

function classesByName(tables: SymbolTables, wanted: Uint8Array): Map<string, number[]> {
  const classes = new Map<string, number[]>()
  for (let type = 1; type < tables.types.count; type++) {
    if (wanted[type] !== 1) continue
    const name = normalizeTypeName(nameOf(tables, tables.types.name[type]))
    const same = classes.get(name)
    if (same) same.push(type)
    else classes.set(name, [type])
  }
  return classes
}

function* vtables(tables: SymbolTables, demangler: Demangler): Generator<{ name: string; vtable: Vtable }> {
  const { symbols } = tables
  const typeinfos = new Set<string>()
  for (let symbol = 0; symbol < symbols.count; symbol++) if (startsWith(tables, symbol, TYPEINFO)) typeinfos.add(nameOf(tables, symbols.name[symbol]).slice(TYPEINFO.length))
  for (let symbol = 0; symbol < symbols.count; symbol++) {
    if (!startsWith(tables, symbol, VTABLE)) continue
    const mangled = nameOf(tables, symbols.name[symbol]).slice(VTABLE.length)
    const name = demangler.className(mangled)
    if (name !== null) yield { name, vtable: { start: symbols.address[symbol], size: symbols.size[symbol] || Infinity, rtti: typeinfos.has(mangled) } }
  }
}

function startsWith({ strings, symbols }: SymbolTables, symbol: number, prefix: Uint8Array): boolean {
  const name = symbols.name[symbol]
  return prefix.every((byte, i) => strings[name + i] === byte)
}

function nameOf({ strings }: SymbolTables, name: number): string {
  return decoder.decode(strings.slice(name, strings.indexOf(0, name)))
}

/**
 * Goes over the subobjects of a complete object of a class, whose vtables say where the virtual bases are, which are
 * subobjects in turn. Sets the offsets of its own virtual bases and answers those that it has through bases.
 */
function locateBases({ types, parts }: SymbolTables, complete: number, vtable: Vtable, read: PlainWords): { base: number; offset: number }[] {
  const located = new Map<number, number>()
  const inherited: { base: number; offset: number }[] = []
  const subobjects = [{ type: complete, at: 0 }]
  for (let next = 0; next < subobjects.length && subobjects.length < MAX_BASES; next++) {
    const { type, at } = subobjects[next]
    for (const part of partsOf(types, type)) {
      const base = bare(types, parts.type[part])
      if (parts.kind[part] === PART.base) subobjects.push({ type: base, at: at + parts.offset[part] })
      if (parts.kind[part] !== PART.virtualBase) continue
      const known = located.get(base)
      const offset = known ?? offsetIn(read, vtable, at, Number(parts.value[part]))
      if (offset === null) continue
      if (type === complete) parts.offset[part] = offset
      if (known !== undefined) continue
      located.set(base, offset)
      subobjects.push({ type: base, at: offset })
      if (type !== complete) inherited.push({ base: parts.type[part], offset })
    }
  }
  // a class may have as its own what it also has through a base that came first
  const own = new Set([...partsOf(types, complete)].filter((part) => parts.kind[part] === PART.virtualBase).map((part) => bare(types, parts.type[part])))
  return inherited.filter(({ base }) => !own.has(bare(types, base)))
}

/** @param at where the subobject lies whose vtable is asked @param slot bytes below its address point */
function offsetIn(read: PlainWords, vtable: Vtable, at: number, slot: number): number | null {
  if (at === 0) return virtualBaseOffset(read, vtable.start, -slot, vtable.rtti, vtable.size)
  const end = Math.min(vtable.start + vtable.size, vtable.start + (1 << 20))
  for (let word = vtable.start + 16; word + 8 < end; word += 8) {
    const offsetToTop = read(word)
    const typeinfo = read(word + 8)
    if (offsetToTop !== -at || !(Number.isNaN(typeinfo) || (!vtable.rtti && typeinfo === 0))) continue
    const offset = at + read(word + 16 - slot)
    return Number.isSafeInteger(offset) && offset >= 0 && word + 16 - slot >= vtable.start ? offset : null
  }
  return null
}

/** Parts of a type stand together, so the table is laid anew. */
function insertParts({ types, parts }: SymbolTables, added: Map<number, { base: number; offset: number }[]>): Pick<SymbolTables, 'types' | 'parts'> {
  const more = [...added.values()].reduce((sum, rows) => sum + rows.length, 0)
  if (more === 0) return { types, parts }
  const count = parts.count + more
  const laid: PartColumns = {
    count, kind: new Uint8Array(count), name: new Uint32Array(count), type: new Uint32Array(count), offset: new Float64Array(count), firstBit: new Uint8Array(count),
    bitCount: new Uint16Array(count), value: new BigInt64Array(count),
  }
  const firstPart = new Uint32Array(types.count)
  const partCount = types.partCount.slice(0, types.count)
  let to = 0
  for (let type = 0; type < types.count; type++) {
    firstPart[type] = to
    for (const part of partsOf(types, type)) {
      laid.kind[to] = parts.kind[part]
      laid.name[to] = parts.name[part]
      laid.type[to] = parts.type[part]
      laid.offset[to] = parts.offset[part]
      laid.firstBit[to] = parts.firstBit[part]
      laid.bitCount[to] = parts.bitCount[part]
      laid.value[to] = parts.value[part]
      to++
    }
    for (const { base, offset } of added.get(type) ?? []) {
      laid.kind[to] = PART.inheritedVirtualBase
      laid.type[to] = base
      laid.offset[to] = offset
      partCount[type]++
      to++
    }
  }
  return { types: { ...types, firstPart, partCount }, parts: laid }
}
