/**
 * Global, static and thread-local variables of all attached modules: a thread-local one has a row for each thread that has it.
 * Names and sort orders are kept; what a variable holds is read for the rows of a page only.
 */
import type { GlobalQuery } from '../../contract/api.ts'
import type { GlobalRow, Page } from '../../contract/rows.ts'
import { word } from '../bytes/cursor.ts'
import { idOf, type AttachedModule } from '../symbols/processSymbols.ts'
import { TYPE } from '../symbols/tables.ts'
import { place } from '../symbols/typeTable.ts'
import { filterFor } from './filter.ts'
import type { Pointers, ProcessView } from './pointers.ts'
import { VALUE_BYTES, type Values } from './values.ts'

/** More rows than this are of no use to anyone: threads times variables. */
const MOST_ROWS = 2_000_000

/** Columns, one entry a row. */
interface Rows {
  version: number
  module: AttachedModule[]
  /** Index into the module's variables. */
  variable: number[]
  addr: number[]
  /** null: not thread-local. */
  tid: (number | null)[]
  orders: Map<GlobalQuery['sort'], Uint32Array>
  /** What is searched, in lower case; made when it is first asked for. */
  lower: string[]
}

export class GlobalLists {
  private readonly view: ProcessView
  private readonly pointers: Pointers
  private readonly values: Values
  private known: Rows | null = null
  private matched: { query: string; rows: Uint32Array } = { query: '', rows: new Uint32Array(0) }

  constructor(view: ProcessView, pointers: Pointers, values: Values) {
    this.view = view
    this.pointers = pointers
    this.values = values
  }

  /** Throws UsageError on a filter that can't be read. */
  list(q: GlobalQuery): Page<GlobalRow> {
    const all = this.rows()
    const matching = this.matching(all, q)
    const from = q.descending ? matching.length - Math.min(matching.length, q.offset + q.limit) : q.offset
    const page = [...matching.slice(from, q.descending ? matching.length - q.offset : q.offset + q.limit)]
    if (q.descending) page.reverse()
    this.preparePointers(all, page)
    return { rows: page.map((row) => this.row(all, row)), total: matching.length, offset: q.offset }
  }

  private rows(): Rows {
    const { symbols } = this.view
    if (this.known?.version === symbols.version) return this.known
    const rows: Rows = { version: symbols.version, module: [], variable: [], addr: [], tid: [], orders: new Map(), lower: [] }
    const add = (module: AttachedModule, from: number, to: number, bias: number, tid: number | null): void => {
      const { address } = module.table.variables
      for (let i = from; i < to && rows.addr.length < MOST_ROWS; i++) {
        rows.module.push(module)
        rows.variable.push(i)
        rows.addr.push(address[i] + bias)
        rows.tid.push(tid)
      }
    }
    for (const module of symbols.attached) add(module, 0, module.addresses.staticCount, module.bias, null)
    for (const { module, block, tid } of symbols.threadBlocks()) add(module, module.addresses.staticCount, module.table.variables.count, block, tid)
    this.matched = { query: '', rows: new Uint32Array(0) }
    return (this.known = rows)
  }

  private matching(all: Rows, q: GlobalQuery): Uint32Array {
    const query = JSON.stringify([all.version, q.filter, q.tls, q.sort])
    if (this.matched.query === query) return this.matched.rows
    const test = filterFor<number>(q.filter, {
      text: (row) => `${this.searchText(all, row)}\n${all.module[row].name}`,
      lower: (row) => (all.lower[row] ??= this.searchText(all, row).toLowerCase()),
      // else a word of the program's name would find all that is in it
      beginning: (row) => all.module[row].name.toLowerCase(),
      numbers: { size: (row) => Math.max(0, this.sizeOf(all, row)), addr: (row) => all.addr[row] },
    })
    const rows = this.order(all, q.sort).filter((row) => (q.tls === undefined || q.tls === (all.tid[row] !== null)) && test(row))
    this.matched = { query, rows }
    return rows
  }

  private searchText(all: Rows, row: number): string {
    return `${nameOf(all, row)}\n${this.typeOf(all, row)}`
  }

  private order(all: Rows, sort: GlobalQuery['sort']): Uint32Array {
    let order = all.orders.get(sort)
    if (order) return order
    order = Uint32Array.from({ length: all.addr.length }, (_, i) => i)
    const { addr } = all
    if (sort === 'addr') order.sort((a, b) => addr[a] - addr[b] || a - b)
    else if (sort === 'size') order.sort((a, b) => this.sizeOf(all, a) - this.sizeOf(all, b) || addr[a] - addr[b])
    else {
      const texts = all.addr.map((_, row) => (sort === 'name' ? nameOf(all, row) : sort === 'type' ? this.typeOf(all, row) : all.module[row].name))
      order.sort((a, b) => (texts[a] < texts[b] ? -1 : texts[a] > texts[b] ? 1 : addr[a] - addr[b]))
    }
    all.orders.set(sort, order)
    return order
  }

  private typeId(all: Rows, row: number): number {
    const module = all.module[row]
    const type = module.table.variables.type[all.variable[row]]
    return type < module.table.count ? idOf(module, type) : 0
  }

  private typeOf(all: Rows, row: number): string {
    return this.view.symbols.spell(this.typeId(all, row))
  }

  private sizeOf(all: Rows, row: number): number {
    return this.view.symbols.size(this.typeId(all, row))
  }

  /** Where the page's pointers lead, in one go. */
  private preparePointers(all: Rows, page: number[]): void {
    const { symbols, memory } = this.view
    const addresses: number[] = []
    const bytes = new Uint8Array(8)
    const view = new DataView(bytes.buffer)
    for (const row of page) {
      if (symbols.kind(symbols.bare(this.typeId(all, row))) !== TYPE.pointer || memory.readInto(all.addr[row], bytes) < 8) continue
      const address = word(view, 0)
      if (address > 0) addresses.push(address)
    }
    this.pointers.prepare(addresses)
  }

  private row(all: Rows, row: number): GlobalRow {
    const module = all.module[row]
    const { file, line } = module.table.variables
    const i = all.variable[row]
    const typeId = this.typeId(all, row)
    const size = this.sizeOf(all, row)
    return {
      addr: all.addr[row],
      name: nameOf(all, row),
      type: this.typeOf(all, row),
      typeId,
      size: size < 0 ? null : size,
      module: module.name,
      tls: all.tid[row] !== null,
      thread: all.tid[row],
      declared: place(module.table.text(file[i]), line[i]),
      value: this.value(typeId, all.addr[row], size),
    }
  }

  private value(typeId: number, addr: number, size: number): string {
    const bytes = new Uint8Array(Math.max(0, Math.min(size, VALUE_BYTES)))
    const got = this.view.memory.readInto(addr, bytes)
    return got === 0 ? '' : this.values.text(typeId, bytes.subarray(0, got))
  }
}

function nameOf(all: Rows, row: number): string {
  const { table } = all.module[row]
  return table.text(table.variables.name[all.variable[row]])
}
