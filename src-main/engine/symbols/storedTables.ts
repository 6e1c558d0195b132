/**
 * A module's symbol tables in the index store, one index for each build. Columns are stored in chunks and read when they
 * are first asked for: to open a module costs as little as its counts, however much it holds.
 */
import type { DiagnosticRow } from '../../contract/rows.ts'
import type { IndexStore, StoredIndex } from '../ports.ts'
import type { SymbolTables } from './tables.ts'

/** Goes up whenever the columns, or what is read into them, change. */
export const SYMBOLS_VERSION = 1
const CHUNK_BYTES = 4 << 20

/** What is kept beside the columns; plain JSON. */
export interface SymbolsInfo {
  /** The module's file, or the debug file where only that was given. */
  path: string
  /** Hex; '' where the module has none. */
  buildId: string
  /** All files that were read. */
  files: string[]
  /** Bytes of debug information that were read. */
  debugBytes: number
  /** What would tell more, as one sentence; '' where nothing is missing. */
  missing: string
  /** Of the files as they were then: where something is missing and other files are there now, they are read again. */
  fingerprint: string
  seconds: number
  /** Milliseconds since 1970. */
  created: number
  diagnostics: DiagnosticRow[]
}

export interface SymbolCounts {
  /** Named types. */
  types: number
  variables: number
  functions: number
  symbols: number
}

/** What the store keeps of one build, without its columns. */
export interface StoredSymbolsMeta {
  info: SymbolsInfo
  counts: SymbolCounts
  /** Rows of each table, and bytes of `strings`. */
  lengths: Record<TableName | 'strings', number>
}

/** `tables` reads on demand, so it serves until `close`. */
export interface StoredSymbols extends StoredSymbolsMeta {
  tables: SymbolTables
  close(): void
}

/** A column of an index that was there when it was opened can't be read: the module's files have to be read anew. */
export class DamagedSymbols extends Error {
  readonly identity: string
  constructor(identity: string, column: string) {
    super(`the symbol database's ${column} of ${identity} can't be read`)
    this.name = 'DamagedSymbols'
    this.identity = identity
  }
}

type TableName = 'types' | 'parts' | 'variables' | 'functions' | 'symbols' | 'byName'
type Column = Uint8Array | Uint16Array | Uint32Array | Float64Array | BigInt64Array
type MakeColumn = { new (buffer: ArrayBuffer): Column; readonly BYTES_PER_ELEMENT: number }

/** Every column there is, with its element; a column more in SymbolTables does not compile until it is here. */
const COLUMNS = {
  types: {
    kind: Uint8Array,
    flags: Uint8Array,
    name: Uint32Array,
    size: Float64Array,
    align: Uint32Array,
    encoding: Uint8Array,
    target: Uint32Array,
    containing: Uint32Array,
    firstPart: Uint32Array,
    partCount: Uint32Array,
    file: Uint32Array,
    line: Uint32Array,
    hashLow: Uint32Array,
    hashHigh: Uint32Array,
  },
  parts: { kind: Uint8Array, name: Uint32Array, type: Uint32Array, offset: Float64Array, firstBit: Uint8Array, bitCount: Uint16Array, value: BigInt64Array },
  variables: { name: Uint32Array, type: Uint32Array, address: Float64Array, flags: Uint8Array, file: Uint32Array, line: Uint32Array },
  functions: { low: Float64Array, high: Float64Array, name: Uint32Array },
  symbols: { name: Uint32Array, address: Float64Array, size: Float64Array, kind: Uint8Array },
  byName: { type: Uint32Array, nameHash: Uint32Array },
} satisfies { [T in TableName]: { [C in Exclude<keyof SymbolTables[T], 'count'>]: ElementOf<SymbolTables[T][C]> } }

type ElementOf<C> = C extends Uint8Array
  ? Uint8ArrayConstructor
  : C extends Uint16Array
    ? Uint16ArrayConstructor
    : C extends Uint32Array
      ? Uint32ArrayConstructor
      : C extends Float64Array
        ? Float64ArrayConstructor
        : BigInt64ArrayConstructor

const TABLES = Object.keys(COLUMNS) as TableName[]

export function countsOf(tables: SymbolTables): SymbolCounts {
  return { types: tables.byName.count, variables: tables.variables.count, functions: tables.functions.count, symbols: tables.symbols.count }
}

/** Null where there is no whole index of that identity. Columns throw DamagedSymbols where they can't be read. */
export function loadSymbolTables(store: IndexStore, identity: string): StoredSymbols | null {
  const first = store.open(identity, SYMBOLS_VERSION)
  if (first === null) return null
  const { info, counts, lengths } = first.meta as StoredSymbolsMeta
  const columns = new ColumnReader(store, identity, first)
  const tables: Record<string, unknown> = {}
  lazily(tables, 'strings', () => new Uint8Array(columns.read('strings', lengths.strings)))
  for (const table of TABLES) {
    const rows: Record<string, unknown> = { count: lengths[table] }
    for (const [name, make] of Object.entries<MakeColumn>(COLUMNS[table])) {
      lazily(rows, name, () => new make(columns.read(`${table}.${name}`, lengths[table] * make.BYTES_PER_ELEMENT)))
    }
    tables[table] = rows
  }
  // COLUMNS names each column of each table.
  return { info, counts, lengths, tables: tables as unknown as SymbolTables, close: () => columns.close() }
}

/** Reads columns of one index and, where it is damaged, of the one that has taken its place meanwhile. */
class ColumnReader {
  private readonly store: IndexStore
  private readonly identity: string
  private readonly lengths: string
  private stored: StoredIndex

  constructor(store: IndexStore, identity: string, stored: StoredIndex) {
    this.store = store
    this.identity = identity
    this.stored = stored
    this.lengths = lengthsOf(stored)
  }

  /** @param size bytes */
  read(column: string, size: number): ArrayBuffer {
    const bytes = readColumn(this.stored, column, size)
    if (bytes !== null) return bytes
    const anew = this.store.open(this.identity, SYMBOLS_VERSION)
    const again = anew !== null && lengthsOf(anew) === this.lengths ? readColumn(anew, column, size) : null
    if (anew === null || again === null) {
      anew?.close()
      throw new DamagedSymbols(this.identity, column)
    }
    this.stored.close()
    this.stored = anew
    return again
  }

  close(): void {
    this.stored.close()
  }
}

const lengthsOf = (stored: StoredIndex): string => JSON.stringify((stored.meta as StoredSymbolsMeta).lengths)

/** Defines a property that is made when it is first asked for, and then stays. */
function lazily(object: object, name: string, make: () => unknown): void {
  Object.defineProperty(object, name, {
    configurable: true,
    enumerable: true,
    get() {
      const value = make()
      Object.defineProperty(object, name, { value, enumerable: true })
      return value
    },
  })
}

function readColumn(stored: StoredIndex, column: string, size: number): ArrayBuffer | null {
  const bytes = new Uint8Array(size)
  for (let at = 0, chunk = 0; at < size; at += CHUNK_BYTES, chunk++) {
    const part = stored.readChunk(column, chunk)
    if (part === null || part.length !== Math.min(CHUNK_BYTES, size - at)) return null
    bytes.set(part, at)
  }
  return bytes.buffer
}

/**
 * All or nothing: a failure in between leaves no index, and the one before stays.
 * @param advance called between chunks; whatever it throws ends the saving
 */
export function saveSymbolTables(store: IndexStore, identity: string, tables: SymbolTables, info: SymbolsInfo, advance: () => void = () => undefined): void {
  const writer = store.create(identity, SYMBOLS_VERSION)
  const write = (column: string, values: Column): void => {
    for (let at = 0, chunk = 0; at < values.byteLength; at += CHUNK_BYTES, chunk++) {
      advance()
      writer.writeChunk(column, chunk, new Uint8Array(values.buffer, values.byteOffset + at, Math.min(CHUNK_BYTES, values.byteLength - at)))
    }
  }
  try {
    const lengths: StoredSymbolsMeta['lengths'] = { strings: tables.strings.length, types: 0, parts: 0, variables: 0, functions: 0, symbols: 0, byName: 0 }
    write('strings', tables.strings)
    for (const table of TABLES) {
      const { count } = tables[table]
      lengths[table] = count
      const columns = tables[table] as unknown as Record<string, Column>
      for (const name of Object.keys(COLUMNS[table])) {
        if (columns[name].length < count) throw new Error(`${table}.${name} has ${columns[name].length} rows of ${count}`)
        write(`${table}.${name}`, columns[name].subarray(0, count))
      }
    }
    advance()
    writer.commit({ info, counts: countsOf(tables), lengths } satisfies StoredSymbolsMeta)
  } catch (error) {
    writer.abort()
    throw error
  }
}
