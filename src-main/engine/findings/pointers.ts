/**
 * Where an address leads, as a few words: a function, a variable, a block, a stack, else the range it lies in. Answers are kept
 * while the symbols stay the same, and asked for in address order where many are (`prepare`): blocks lie in chunks that are read
 * from a file.
 */
import type { BlockRow, ProcessInfo, RangeRow } from '../../contract/rows.ts'
import { isFree, STATE, type Blocks } from '../allocator/blocks.ts'
import { hex } from '../bytes/units.ts'
import { PF_X } from '../elf/file.ts'
import type { AddressSpace } from '../memory/addressSpace.ts'
import { itemAt } from '../search.ts'
import type { ProcessSymbols } from '../symbols/processSymbols.ts'
import type { KnownType } from './top.ts'
import { rowOfBlock } from './listBlocks.ts'

/** What the process is, for those who explain addresses and values. */
export interface ProcessView {
  memory: AddressSpace
  blocks: Blocks
  /** By the index that blocks have. */
  types: KnownType[]
  symbols: ProcessSymbols
  /** In address order. */
  ranges: RangeRow[]
  machine: ProcessInfo['machine']
}

/** Answers that are kept at a time. */
const KEPT = 100_000
const RANGE_WORDS: Record<RangeRow['kind'], string> = {
  allocator: 'allocator\'s own memory',
  'thread-stack': 'stack',
  anonymous: 'anonymous memory',
  'module-data': 'data',
  'module-bss': 'bss',
  'module-text': 'code',
  'module-rodata': 'read-only data',
  'mapped-file': 'mapped file',
  vdso: 'vdso',
  reserved: 'reserved address space',
}

export class Pointers {
  private readonly view: ProcessView
  private known = new Map<number, string>()
  private version = -1

  constructor(view: ProcessView) {
    this.view = view
  }

  /** '' where nothing is mapped there. */
  leadsTo(address: number): string {
    if (this.version !== this.view.symbols.version || this.known.size > KEPT) this.known = new Map()
    this.version = this.view.symbols.version
    let words = this.known.get(address)
    if (words === undefined) this.known.set(address, (words = this.describe(address)))
    return words
  }

  /** Before many are asked for one by one. */
  prepare(addresses: number[]): void {
    for (const address of addresses.sort((a, b) => a - b)) this.leadsTo(address)
  }

  /** `0x…`, and what it leads to. */
  text(address: number): string {
    const words = address === 0 || Number.isNaN(address) ? '' : this.leadsTo(address)
    return words === '' ? hex(address) : `${hex(address)} → ${words}`
  }

  private describe(address: number): string {
    const { memory, symbols, blocks } = this.view
    const range = memory.find(address)
    if (!range) return ''
    const name = this.nameAt(address, (range.flags & PF_X) !== 0)
    if (name !== '') return name
    const block = blocks.containing(address)
    if (block >= 0 && blocks.state(block) !== STATE.own) return this.blockWords(block, address - blocks.address(block))
    const row = rangeAt(this.view.ranges, address)
    if (!row) return ''
    const module = symbols.modules.find((m) => address >= m.base && address < m.end)
    if (module) return `${module.name}${plus(address - module.base)} (${RANGE_WORDS[row.kind]})`
    if (row.kind === 'thread-stack' || row.name === '') return RANGE_WORDS[row.kind]
    return row.kind === 'mapped-file' ? `${row.name}${plus(address - row.start)}` : `${RANGE_WORDS[row.kind]} of ${row.name}`
  }

  /** The function, variable or symbol that holds an address, and how far into it; ''. */
  nameAt(address: number, isCode: boolean): string {
    const { symbols } = this.view
    const code = isCode ? symbols.functionAt(address) : null
    if (code) return `${code.name}${plus(code.offset)}`
    const variable = symbols.variableAt(address)
    if (variable) {
      const { table } = variable.module
      return `${table.text(table.variables.name[variable.index])}${plus(variable.offset)}${variable.tid === null ? '' : ` of thread ${variable.tid}`}`
    }
    const symbol = symbols.symbolAt(address)
    return symbol ? `${symbol.name}${plus(symbol.offset)}` : ''
  }

  private blockWords(block: number, offset: number): string {
    const { blocks, types } = this.view
    const free = isFree(blocks.state(block))
    const { label } = types[free ? 0 : blocks.type(block)]
    return `${free ? 'free ' : ''}block of ${blocks.size(block)} bytes${plus(offset)}${label === '' ? '' : ` (${label})`}`
  }

  /** The block that holds an address; null where none does, or one of the allocator's own. */
  blockAt(address: number): { block: number; row: BlockRow } | null {
    const { blocks, memory, types } = this.view
    const block = blocks.containing(address)
    return block < 0 || blocks.state(block) === STATE.own ? null : { block, row: rowOfBlock(memory, blocks, types, block) }
  }
}

/** `+8`, `+0x10`; nothing for 0. */
export const plus = (offset: number): string => (offset === 0 ? '' : offset < 10 ? `+${offset}` : `+${hex(offset)}`)

export const rangeAt = (ranges: RangeRow[], address: number): RangeRow | null => itemAt(ranges, ({ start }) => start, address)

export function rangeWords(range: RangeRow): string {
  return range.name === '' ? RANGE_WORDS[range.kind] : `${RANGE_WORDS[range.kind]} of ${range.name}`
}
