/**
 * The unitRows kernel (kernels/unitRows.as.ts) with its memory: reads a unit into rows and numbers its types' classes, as
 * readRows.ts, typeHash.ts and classes.ts would, several times faster. What it can't do it asks the thread for (texts,
 * indexed addresses, other units), or leaves: then the unit is read by its twin.
 */
import type { AbbreviationTable } from './abbreviations.ts'
import { C_LANGUAGES, DW_UT_split_type, DW_UT_type } from './constants.ts'
import type { DieReader } from './dieReader.ts'
import { memberOffset, placeOf, readExpression, virtualBaseSlot } from './expressions.ts'
import type { DwarfFile } from './file.ts'
import type { Names } from './names.ts'
import { ACTION, MAX_DEPTH } from './readRows.ts'
import { ROW_COLUMNS, type RowColumns, type UnitRows } from './rows.ts'
import type { TypeHash } from './typeHash.ts'
import type { UnitLoader } from './unitLoader.ts'
import type { UnitRoot } from './unitRoot.ts'
import { refOf, type Unit } from './units.ts'

interface Exports {
  bind(areas: number): void
  walk(): number
  classify(): number
  find(a: number, b: number, family1: number, family2: number, row: number): number
  count: { value: number }
  ordered: { value: number }
  classCount: { value: number }
  newCount: { value: number }
  seenCount: { value: number }
  oddCount: { value: number }
}

const OK = 0
const FULL = 1
const PAGE = 65_536
/** Bytes at the beginning that stay free: address 0 is none. */
const RESERVED = 1024
const CACHED_NAMES = 1 << 17
/** Names of areas in the order in which the kernel takes them; between them the columns. */
const BEFORE = ['bytes', 'steps', 'dense', 'tags', 'hasChildren', 'declares', 'read', 'skip', 'actions', 'kinds', 'stack', 'values', 'lows', 'highs', 'found'] as const
const BEHIND = ['rowAt', 'cache', 'slots', 'classes', 'newRows', 'seen', 'oddRows'] as const
type Area = (typeof BEFORE)[number] | keyof typeof ROW_COLUMNS | (typeof BEHIND)[number]
const AREAS: Area[] = [...BEFORE, ...(Object.keys(ROW_COLUMNS) as Area[]), ...BEHIND]
/** Rows beyond those of the walk, for DIEs that are read when they are asked for. */
const SPARE_ROWS = 4096

export class UnitKernel {
  private readonly memory: WebAssembly.Memory
  private readonly exports: Exports
  private readonly files: DwarfFile[]
  private readonly names: Names
  private readonly loader: UnitLoader
  private readonly hash: TypeHash
  private readonly areas = new Map<Area, { at: number; size: number }>()
  private used = RESERVED
  private readonly table: number
  private capacity = 0
  private classCapacity = 0
  private columns!: RowColumns
  private lastTable: AbbreviationTable | null = null
  /** The unit that the kernel works on. */
  private rows!: UnitRows
  private reader!: DieReader
  private threadLocal = false
  /** Where the kernel takes answers from. */
  private readonly found: Int32Array

  /** @param kinds by tag: 0 for what is no type */
  constructor(module: WebAssembly.Module, loader: UnitLoader, names: Names, hash: TypeHash, kinds: Uint8Array) {
    this.loader = loader
    this.names = names
    this.hash = hash
    this.files = loader.dwarf.files
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true })
    this.exports = new WebAssembly.Instance(module, { env: { memory: this.memory, abort: () => {}, ...this.imports() } }).exports as unknown as Exports
    this.table = this.take(512)
    this.area('actions', ACTION.length)
    this.bytes('actions', ACTION.length).set(ACTION)
    this.area('kinds', kinds.length)
    this.bytes('kinds', kinds.length).set(kinds)
    this.area('stack', (MAX_DEPTH + 1) * 4)
    this.area('values', 256)
    this.area('lows', 128)
    this.area('highs', 128)
    this.area('found', 8)
    this.area('cache', CACHED_NAMES * 16)
    new Float64Array(this.memory.buffer, this.at('cache'), CACHED_NAMES * 2).fill(NaN)
    this.found = new Int32Array(this.memory.buffer, this.at('found'), 2)
    this.makeRoomForClasses(4096)
    this.makeRoomForRows(4096)
    // classes may be asked for before it has read any unit
    this.bindAreas()
  }

  /** Fills `rows`; false: its twin has to. */
  read(rows: UnitRows, unit: Unit, root: UnitRoot, table: AbbreviationTable, reader: DieReader): boolean {
    if (table.sparse.size > 0) return false
    const size = unit.end - unit.start
    this.area('bytes', size)
    this.bytes('bytes', size).set(reader.bytes.subarray(unit.start, unit.end))
    if (this.area('rowAt', size * 4)) this.columns = this.views()
    this.copyTable(table)
    this.rows = rows
    this.reader = reader
    for (;;) {
      rows.adopt(unit, root, this.columns, this.capacity, 0)
      this.bind(unit, root, table, size)
      const result = this.exports.walk()
      if (result === FULL) {
        this.makeRoomForRows(this.capacity * 2)
        continue
      }
      if (result !== OK) return false
      rows.adopt(unit, root, this.columns, this.capacity, this.exports.count.value)
      return true
    }
  }

  /** Numbers the classes of all types of the unit that was read last. */
  classify(): { newRows: Uint32Array; seen: Uint32Array; oddRows: Uint32Array } {
    this.makeRoomForClasses(this.exports.classCount.value + this.exports.ordered.value + 1)
    this.bindAreas()
    this.exports.classify()
    this.rows.count = this.exports.count.value
    const list = (area: Area, length: number): Uint32Array => new Uint32Array(this.memory.buffer, this.at(area), length)
    return { newRows: list('newRows', this.exports.newCount.value), seen: list('seen', this.exports.seenCount.value), oddRows: list('oddRows', this.exports.oddCount.value) }
  }

  /** The class of a hash; a new one where its number is what `classCount` was. */
  find(a: number, b: number, family1: number, family2: number): number {
    if (this.exports.classCount.value + 1 >= this.classCapacity) {
      this.makeRoomForClasses(this.exports.classCount.value * 2)
      this.bindAreas()
    }
    this.exports.newCount.value = 0
    return this.exports.find(a, b, family1, family2, 0)
  }

  /** Four numbers a class: halves of its hash and of its family's. Valid until there are more classes. */
  get classes(): Int32Array {
    return new Int32Array(this.memory.buffer, this.at('classes'), this.exports.classCount.value * 4)
  }

  private imports(): Record<string, (...values: never[]) => number | undefined> {
    const foreign = (ref: number): boolean => this.loader.locate(this.rows, ref)
    const answer = (h1: number, h2: number): void => {
      this.found[0] = h1
      this.found[1] = h2
    }
    return {
      hashText: (text: number) => {
        this.names.hash(text)
        answer(this.names.hash1, this.names.hash2)
        return undefined
      },
      indexedText: (index: number) => this.reader.indexedText(index),
      indexedAddress: (index: number) => this.reader.indexedAddress(index),
      signature: (low: number, high: number) => this.loader.finder.bySignature((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)),
      placeOf: (at: number, size: number) => {
        const steps = readExpression(this.reader.bytes, at >>> 0, (at >>> 0) + size, this.rows.unit.addressSize)
        const place = steps && placeOf(steps, (index) => this.reader.indexedAddress(index))
        this.threadLocal = place?.isThreadLocal ?? false
        return place?.value ?? NaN
      },
      placeIsThreadLocal: () => (this.threadLocal ? 1 : 0),
      memberPlace: (at: number, size: number, isVirtual: number) => {
        const steps = readExpression(this.reader.bytes, at >>> 0, (at >>> 0) + size, this.rows.unit.addressSize)
        return isVirtual ? virtualBaseSlot(steps) : memberOffset(steps)
      },
      foreignType: (ref: number) => {
        this.hash.reference(this.rows, ref)
        answer(this.hash.h1, this.hash.h2)
        return undefined
      },
      foreignName: (ref: number) => {
        if (foreign(ref)) this.hash.name(this.loader.rows, this.loader.row)
        answer(this.hash.h1, this.hash.h2)
        return undefined
      },
      foreignHasName: (ref: number) => (foreign(ref) ? 2 + (this.names.isEmpty(this.loader.rows.name[this.loader.row]) ? 0 : 1) : 0),
      foreignSize: (ref: number) => this.hash.sizeOf(this.rows, ref),
      locateSkipped: (position: number) => {
        const { rows, exports } = this
        rows.count = exports.count.value
        if (rows.isFull || !this.loader.locate(rows, refOf(rows.unit.space, position >>> 0))) return -1
        exports.count.value = rows.count
        return this.loader.row
      },
    } as Record<string, (...values: never[]) => number | undefined>
  }

  private bind(unit: Unit, root: UnitRoot, table: AbbreviationTable, size: number): void {
    const view = new DataView(this.memory.buffer)
    this.bindAreas()
    const { file, space } = unit
    const dwz = this.files.findIndex((candidate) => candidate.kind === 'dwz')
    const isTypeUnit = unit.kind === DW_UT_type || unit.kind === DW_UT_split_type
    const numbers = this.table + AREAS.length * 4
    ;[size, unit.start, unit.dies - unit.start, table.dense.length, this.capacity - SPARE_ROWS, unit.offsetSize, unit.addressSize, isTypeUnit ? 1 : 0, C_LANGUAGES.has(root.language) ? 1 : 0].forEach((number, i) => view.setUint32(numbers + i * 4, number, true))
    const wide = Math.ceil((numbers + 44) / 8) * 8
    const text = (section: number): number => (file * 4 + section) * 2 ** 36
    ;[refOf(space, unit.start), refOf(file * 2, 0), dwz < 0 ? -1 : refOf(dwz * 2, 0), text(0), text(1), text(2 + (space % 2)) + unit.start, dwz < 0 ? -1 : dwz * 4 * 2 ** 36].forEach((number, i) => view.setFloat64(wide + i * 8, number, true))
    this.exports.bind(this.table)
  }

  /** Areas may have moved; the unit's numbers stay. */
  private bindAreas(): void {
    const view = new DataView(this.memory.buffer)
    AREAS.forEach((area, i) => view.setUint32(this.table + i * 4, this.at(area), true))
    const numbers = this.table + AREAS.length * 4
    view.setUint32(numbers + 36, this.slotCount, true)
    view.setUint32(numbers + 40, this.classCapacity, true)
    this.exports.bind(this.table)
  }

  private copyTable(table: AbbreviationTable): void {
    if (this.lastTable === table) return
    this.lastTable = table
    const copy = (area: Area, values: Uint8Array | Uint16Array | Uint32Array | Int32Array): void => {
      this.area(area, values.byteLength)
      this.bytes(area, values.byteLength).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    }
    copy('steps', table.steps)
    copy('dense', table.dense)
    copy('tags', table.tag)
    copy('hasChildren', table.hasChildren)
    copy('declares', table.declares)
    copy('read', table.read)
    copy('skip', table.skip)
  }

  private get slotCount(): number {
    return this.classCapacity * 2
  }

  private makeRoomForClasses(count: number): void {
    if (count < this.classCapacity) return
    const before = this.classCapacity
    this.classCapacity = 2 ** Math.ceil(Math.log2(count + 1))
    const kept = new Uint8Array(this.memory.buffer, this.at('classes'), before * 16)
    this.area('classes', this.classCapacity * 16)
    this.bytes('classes', kept.length).set(kept)
    this.area('slots', this.slotCount * 4)
    const { buffer } = this.memory
    const slots = new Uint32Array(buffer, this.at('slots'), this.slotCount).fill(0)
    const { classes } = this
    const mask = this.slotCount - 1
    for (let id = 1; id < this.exports.classCount.value; id++) {
      let slot = (classes[id * 4] ^ (classes[id * 4 + 1] >>> 7)) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = id
    }
  }

  private makeRoomForRows(capacity: number): void {
    this.capacity = capacity + SPARE_ROWS
    for (const [name, Column] of Object.entries(ROW_COLUMNS)) this.area(name as Area, this.capacity * Column.BYTES_PER_ELEMENT)
    for (const area of ['newRows', 'seen', 'oddRows'] as const) this.area(area, this.capacity * 4)
    if (!this.areas.has('rowAt')) this.area('rowAt', PAGE)
    this.columns = this.views()
  }

  private views(): RowColumns {
    const { buffer } = this.memory
    const columns = Object.entries(ROW_COLUMNS).map(([name, Column]) => [name, new Column(buffer, this.at(name as Area), this.capacity)] as const)
    const rowAt = this.areas.get('rowAt') ?? { at: 0, size: 0 }
    return { ...Object.fromEntries(columns), rowAt: new Uint32Array(buffer, rowAt.at, rowAt.size >>> 2) } as RowColumns
  }

  private at(area: Area): number {
    return this.areas.get(area)?.at ?? 0
  }

  private bytes(area: Area, size: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, this.at(area), size)
  }

  /** Makes an area at least that large; answers whether it is another one now, with nothing in it. */
  private area(area: Area, size: number): boolean {
    const known = this.areas.get(area)
    if (known && known.size >= size) return false
    const room = known ? Math.max(size, known.size * 2) : size
    this.areas.set(area, { at: this.take(room), size: room })
    return true
  }

  private take(size: number): number {
    const at = this.used
    this.used = at + Math.ceil(size / 16) * 16
    const missing = Math.ceil((this.used - this.memory.buffer.byteLength) / PAGE)
    if (missing > 0) this.memory.grow(missing)
    return at
  }
}
