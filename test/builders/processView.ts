/** A process made by hand for the queries over symbols: pieces of memory, blocks, tables; without an ELF file around it. */
import { Blocks, STATE, type State } from '../../src-main/engine/allocator/blocks.ts'
import type { ProcessView } from '../../src-main/engine/findings/pointers.ts'
import { UNKNOWN_TYPE, type KnownType } from '../../src-main/engine/findings/top.ts'
import { AddressSpace, type Range } from '../../src-main/engine/memory/addressSpace.ts'
import { ProcessSymbols, type SymbolModule, type ThreadLocal } from '../../src-main/engine/symbols/processSymbols.ts'
import type { SymbolTables } from '../../src-main/engine/symbols/tables.ts'
import type { RangeRow } from '../../src-main/contract/rows.ts'
import { sparseByteSource } from './memoryByteSource.ts'

export interface ProcessSpec {
  /** `bytes` are dumped, what `size` says beyond them is mapped but absent. In address order. */
  memory: { start: number; bytes: Uint8Array; size?: number; kind?: RangeRow['kind']; name?: string; code?: boolean }[]
  modules?: SymbolModule[]
  threads?: ThreadLocal[]
  /** By module. */
  tables?: SymbolTables[]
  /** Of the one region, in address order; `type` names one of `types`. */
  heap?: { start: number; end: number; blocks: [address: number, size: number, state?: State, type?: string][] }
  types?: Partial<KnownType>[]
}

export function processView({ memory, modules = [], threads = [], tables = [], heap, types = [] }: ProcessSpec): ProcessView {
  const size = memory.reduce((sum, { bytes }) => sum + bytes.length, 0)
  let offset = 0
  const pieces: { at: number; bytes: Uint8Array }[] = []
  const ranges = memory.map(({ start, bytes, size, code }): Range => {
    const dumpedEnd = start + bytes.length
    const range = { start, end: start + (size ?? bytes.length), flags: code ? 5 : 6, coreOffset: offset, dumpedEnd, promisedEnd: dumpedEnd, path: '', fileOffset: 0, listedOnly: false, file: null }
    pieces.push({ at: offset, bytes })
    offset += bytes.length
    return range
  })
  const known = [UNKNOWN_TYPE, ...types.map((type) => ({ ...UNKNOWN_TYPE, label: type.name ?? '', ...type }))]
  const blocks = new Blocks()
  if (heap) {
    blocks.beginRegion({ start: heap.start, end: heap.end, allocator: 'glibc', arena: 'main' })
    for (const [address, length, state = STATE.used, type] of heap.blocks) blocks.append(address, length, state, type === undefined ? 0 : known.findIndex(({ name }) => name === type))
  }
  const symbols = new ProcessSymbols(modules, threads)
  tables.forEach((table, i) => symbols.attach(i, table))
  return {
    memory: new AddressSpace(sparseByteSource(size, pieces), ranges),
    blocks,
    types: known,
    symbols,
    ranges: memory.map(({ start, bytes, size, kind = 'anonymous', name = '' }) => ({ start, end: start + (size ?? bytes.length), kind, access: 'rw-', present: bytes.length, name })),
    machine: 'x86-64',
  }
}
