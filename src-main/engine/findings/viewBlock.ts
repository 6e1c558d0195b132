/**
 * The bytes of a block, or of any other mapped place, with a type's members laid over: one row for each leaf of the type (for
 * each element, where the block holds several), padding, and plain words beyond the type. Rows are made for a page only.
 */
import type { BlockViewQuery } from '../../contract/api.ts'
import type { BlockRow, BlockView, BlockWordRow, LeafRow, TypeRef } from '../../contract/rows.ts'
import { word } from '../bytes/cursor.ts'
import { hex } from '../bytes/units.ts'
import { UsageError } from '../errors.ts'
import { leavesOf } from '../symbols/leaves.ts'
import type { TypeLists } from './listTypes.ts'
import { plus, rangeAt, rangeWords, type Pointers, type ProcessView } from './pointers.ts'
import { looksLikeText, quoted, VALUE_BYTES, type Values } from './values.ts'

const WORD = 8
/** Of a type laid over; the rest of a larger one is shown as words. */
const LIMITS = { leaves: 20_000, elements: 20_000 }
/** Hex digits of a row; a leaf of more bytes is cut. */
const SHOWN_BYTES = 64
const COOKIE = 8

/** A row's place and what is there, before its bytes are read. */
type Slot = Pick<BlockWordRow, 'offset' | 'size' | 'member' | 'type' | 'kind'> & { typeId: TypeRef; bits?: [number, number] }

/** What lies where: `element` repeated `count` times from `first` on, then words up to `end`. Offsets from the view's start. */
interface Plan {
  addr: number
  /** Before the elements: new[]'s count. */
  before: Slot[]
  first: number
  elementSize: number
  count: number
  element: Slot[]
  end: number
  typeId: TypeRef | null
  typeName: string | null
}

export class BlockViews {
  private readonly view: ProcessView
  private readonly pointers: Pointers
  private readonly values: Values
  private readonly types: TypeLists

  constructor(view: ProcessView, pointers: Pointers, values: Values, types: TypeLists) {
    this.view = view
    this.pointers = pointers
    this.values = values
    this.types = types
  }

  /** Throws UsageError for an address where nothing is mapped, and for a type that there isn't. */
  list(q: BlockViewQuery): BlockView {
    const { address } = q
    const found = this.pointers.blockAt(address)
    const plan = found ? this.planBlock(found.row, q.as, q.header ?? 0) : this.planElsewhere(address, q.as)
    const wordsFrom = plan.first + plan.count * plan.elementSize
    const leading = plan.before.length + plan.count * plan.element.length
    const total = leading + wordCount(plan.addr + wordsFrom, plan.addr + plan.end)
    const rows: BlockWordRow[] = []
    const slots: Slot[] = []
    for (let i = q.offset; i < total && slots.length < q.limit; i++) slots.push(i < leading ? slotAt(plan, i) : wordAt(plan, wordsFrom, i - leading))
    this.preparePointers(plan.addr, slots)
    for (const slot of slots) rows.push(this.row(plan.addr, slot))
    return { addr: plan.addr, block: found?.row ?? null, where: found ? '' : this.where(address), type: plan.typeName, typeId: plan.typeId, rows, total, offset: q.offset }
  }

  /** @param header bytes before the first element of `as` */
  private planBlock(block: BlockRow, as: string | undefined, header: number): Plan {
    const plan: Plan = { addr: block.addr, before: [], first: 0, elementSize: 0, count: 0, element: [], end: block.size, typeId: null, typeName: null }
    const name = as ?? block.type
    if (name === null) return plan
    const array = /^(.*?) ?\[(\d*)\]$/s.exec(name)
    const ids = this.view.symbols.find(array ? array[1] : name)
    if (ids.length === 0 && as === undefined) return plan
    const id = ids[0] ?? this.types.idOfName(array ? array[1] : name)
    const size = this.view.symbols.size(id)
    if (size <= 0) {
      if (as === undefined) return plan
      throw new UsageError(size < 0 ? 'this type is only declared, its size is not known' : 'this type has no bytes', name, 'name a type that is defined')
    }
    // new[] puts the number of elements in front of those that have a destructor
    const counted = as === undefined && array !== null && block.count > 1
    if (counted) {
      plan.before.push({ offset: 0, size: COOKIE, member: 'element count', type: 'unsigned long', kind: 'integer', typeId: 0 })
      plan.first = COOKIE
    }
    if (as !== undefined) plan.first = Math.min(header, block.size)
    const fits = Math.floor((block.size - plan.first) / size)
    plan.count = counted ? Math.min(block.count, fits) : array?.[2] ? Number(array[2]) : as !== undefined || array ? Math.max(1, fits) : 1
    return this.laidOver(plan, id, size)
  }

  /** Anywhere else: a variable where one lies there, else from the word that holds the address. */
  private planElsewhere(address: number, as: string | undefined): Plan {
    const { memory, symbols } = this.view
    const range = memory.find(address)
    if (!range) throw new UsageError('no memory is mapped there', hex(address), 'give an address of a block, a variable or another mapped place')
    const variable = symbols.variableAt(address)
    const plan: Plan = { addr: address, before: [], first: 0, elementSize: 0, count: 0, element: [], end: range.end - address, typeId: null, typeName: null }
    if (as !== undefined) {
      const array = /^(.*?) ?\[(\d+)\]$/s.exec(as)
      const id = this.types.idOfName(array ? array[1] : as)
      const size = symbols.size(id)
      if (size <= 0) throw new UsageError('this type has no size', as, 'name a type that is defined')
      plan.count = array ? Number(array[2]) : 1
      plan.end = Math.min(plan.end, plan.count * size)
      return this.laidOver(plan, id, size)
    }
    if (variable) {
      const { table, firstId } = variable.module
      const type = table.variables.type[variable.index]
      plan.addr = address - variable.offset
      const id = type === 0 || type >= table.count ? 0 : firstId + type
      const size = symbols.size(id)
      if (size > 0) {
        plan.count = 1
        plan.end = size
        return this.laidOver(plan, id, size)
      }
    }
    plan.addr = Math.max(range.start, Math.floor(plan.addr / WORD) * WORD)
    plan.end = range.end - plan.addr
    return plan
  }

  private laidOver(plan: Plan, id: TypeRef, size: number): Plan {
    plan.typeId = id
    plan.typeName = this.view.symbols.spell(id)
    plan.elementSize = size
    plan.element = this.slotsOf(id, size)
    plan.count = Math.min(plan.count, Math.floor((plan.end - plan.first) / size))
    if (plan.count > 0) return plan
    // a type larger than the block: what of it lies in the block
    plan.before = [...plan.before, ...plan.element.filter((slot) => slot.offset + slot.size <= plan.end - plan.first).map((slot) => ({ ...slot, offset: slot.offset + plan.first }))]
    plan.first = plan.before.reduce((end, slot) => Math.max(end, slot.offset + slot.size), plan.first)
    plan.elementSize = 0
    return plan
  }

  /** Leaves of one element with the padding between them. */
  private slotsOf(id: TypeRef, size: number): Slot[] {
    const { rows, more } = leavesOf(this.view.symbols, id, LIMITS)
    const slots: Slot[] = []
    let covered = 0
    const gap = (to: number, isPadding: boolean): void => {
      if (isPadding) return void slots.push({ offset: covered, size: to - covered, member: '', type: '', kind: 'padding', typeId: 0 })
      for (let at = covered; at < to; at += WORD) slots.push({ offset: at, size: Math.min(WORD, to - at), member: '', type: '', kind: 'word', typeId: 0 })
    }
    for (const leaf of rows) {
      if (leaf.offset + leaf.size > size) continue
      if (leaf.offset > covered) gap(leaf.offset, true)
      slots.push(slotOf(leaf))
      covered = Math.max(covered, leaf.offset + leaf.size)
    }
    if (covered < size) gap(Math.min(size, more ? covered + LIMITS.leaves * WORD : size), !more)
    return slots
  }

  private preparePointers(addr: number, slots: Slot[]): void {
    const { memory } = this.view
    const addresses: number[] = []
    const bytes = new Uint8Array(WORD)
    const view = new DataView(bytes.buffer)
    for (const { offset, size } of slots) {
      if (size !== WORD || memory.readInto(addr + offset, bytes) < WORD) continue
      const value = word(view, 0)
      if (value > 0 && memory.find(value)) addresses.push(value)
    }
    this.pointers.prepare(addresses)
  }

  private row(addr: number, { offset, size, member, type, kind, typeId, bits }: Slot): BlockWordRow {
    const bytes = new Uint8Array(Math.min(size, VALUE_BYTES))
    const got = this.view.memory.readInto(addr + offset, bytes)
    const shown = bytes.subarray(0, Math.min(got, SHOWN_BYTES))
    const row: BlockWordRow = { offset, size, bytes: Buffer.from(shown).toString('hex'), member, type, typeId: typeId === 0 ? null : typeId, value: '', kind }
    if (got < bytes.length) row.value = `absent (${this.view.memory.whyAbsent(addr + offset + got)})`
    else if (kind === 'padding') row.value = ''
    else if (bits) row.value = this.values.bits(typeId, bytes, bits)
    else row.value = typeId === 0 ? this.wordValue(bytes) : this.values.text(typeId, bytes)
    return row
  }

  /** A word of no known type: where it leads, else text, else a number. */
  private wordValue(bytes: Uint8Array): string {
    if (bytes.length < WORD) return bytes.length > 3 && isText(bytes) ? quoted(bytes) : ''
    const view = new DataView(bytes.buffer, bytes.byteOffset, WORD)
    const value = word(view, 0)
    if (value === 0) return '0'
    const leads = Number.isNaN(value) ? '' : this.pointers.leadsTo(value)
    if (leads !== '') return `→ ${leads}`
    if (isText(bytes)) return quoted(bytes)
    const signed = view.getBigInt64(0, true)
    return String(signed)
  }

  private where(address: number): string {
    const range = rangeAt(this.view.ranges, address)
    const variable = this.view.symbols.variableAt(address)
    if (variable) {
      const { table } = variable.module
      const whose = variable.tid === null ? '' : ` of thread ${variable.tid}`
      return `variable ${table.text(table.variables.name[variable.index])}${plus(variable.offset)}${whose} in ${variable.module.name}`
    }
    const name = this.pointers.nameAt(address, true)
    const words = range ? rangeWords(range) : 'mapped memory'
    return name === '' ? words : `${name}, ${words}`
  }
}

/** Text from the first byte to a zero byte or the end, four characters at least. */
function isText(bytes: Uint8Array): boolean {
  const end = bytes.indexOf(0)
  const length = end < 0 ? bytes.length : end
  return length >= 4 && bytes.subarray(length).every((byte) => byte === 0) && looksLikeText(bytes) && bytes.subarray(0, length).every((byte) => byte < 128)
}

function slotOf(leaf: LeafRow): Slot {
  const slot: Slot = { offset: leaf.offset, size: leaf.size, member: leaf.path, type: leaf.type, kind: leaf.kind, typeId: leaf.typeId }
  if (leaf.bits) slot.bits = leaf.bits
  return slot
}

function slotAt(plan: Plan, i: number): Slot {
  if (i < plan.before.length) return plan.before[i]
  const n = Math.floor((i - plan.before.length) / plan.element.length)
  const slot = plan.element[(i - plan.before.length) % plan.element.length]
  const isNamed = slot.kind !== 'padding' && slot.kind !== 'word'
  const dot = slot.member === '' || slot.member.startsWith('[') ? '' : '.'
  const member = plan.count === 1 && plan.first === 0 ? slot.member : isNamed ? `[${n}]${dot}${slot.member}` : ''
  return { ...slot, offset: plan.first + n * plan.elementSize + slot.offset, member }
}

/** Words of the process's memory: the first and the last may be cut by where the type and the block end. */
const wordCount = (from: number, to: number): number => (to <= from ? 0 : Math.ceil(to / WORD) - Math.floor(from / WORD))

function wordAt(plan: Plan, wordsFrom: number, i: number): Slot {
  const from = plan.addr + wordsFrom
  const start = Math.max(from, (Math.floor(from / WORD) + i) * WORD)
  const end = Math.min(plan.addr + plan.end, (Math.floor(from / WORD) + i + 1) * WORD)
  return { offset: start - plan.addr, size: end - start, member: '', type: '', kind: plan.typeId === null ? 'word' : 'beyond', typeId: 0 }
}
