/** Columns of the symbol tables while they grow: see symbols/tables.ts for what each holds. */
import type { FunctionColumns, PartColumns, TypeColumns, VariableColumns } from '../symbols/tables.ts'

type Column = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>
type Columns = { count: number } & Record<string, Column | number>

const FIRST = 1024

/** Room for one more row; answers its number. All columns have the same capacity. */
export function addRow<T extends { count: number }>(table: T): number {
  const columns = table as unknown as Columns
  const row = columns.count++
  for (const name in columns) {
    const column = columns[name]
    if (typeof column === 'number') continue
    if (row < column.length) return row
    const grown = new (column.constructor as new (length: number) => Column)(column.length * 2)
    grown.set(column as never)
    columns[name] = grown
  }
  return row
}

/** Columns cut to their rows. */
export function finished<T extends { count: number }>(table: T): T {
  const columns = table as unknown as Columns
  for (const name in columns) {
    const column = columns[name]
    if (typeof column !== 'number') columns[name] = column.slice(0, columns.count)
  }
  return table
}

export function typeColumns(first = FIRST): TypeColumns {
  return {
    count: 0, kind: new Uint8Array(first), flags: new Uint8Array(first), name: new Uint32Array(first), size: new Float64Array(first), align: new Uint32Array(first),
    encoding: new Uint8Array(first), target: new Uint32Array(first), containing: new Uint32Array(first), firstPart: new Uint32Array(first), partCount: new Uint32Array(first),
    file: new Uint32Array(first), line: new Uint32Array(first), hashLow: new Uint32Array(first), hashHigh: new Uint32Array(first),
  }
}

export function partColumns(first = FIRST): PartColumns {
  return {
    count: 0, kind: new Uint8Array(first), name: new Uint32Array(first), type: new Uint32Array(first), offset: new Float64Array(first), firstBit: new Uint8Array(first),
    bitCount: new Uint16Array(first), value: new BigInt64Array(first),
  }
}

export function variableColumns(first = FIRST): VariableColumns {
  return {
    count: 0, name: new Uint32Array(first), type: new Uint32Array(first), address: new Float64Array(first), flags: new Uint8Array(first), file: new Uint32Array(first), line: new Uint32Array(first),
  }
}

export function functionColumns(first = FIRST): FunctionColumns {
  return { count: 0, low: new Float64Array(first), high: new Float64Array(first), name: new Uint32Array(first) }
}

/** Grows by doubling. */
export class NumberList {
  values: Uint32Array<ArrayBuffer> = new Uint32Array(FIRST)
  length = 0

  push(value: number): void {
    if (this.length === this.values.length) {
      const grown = new Uint32Array(this.length * 2)
      grown.set(this.values)
      this.values = grown
    }
    this.values[this.length++] = value
  }

  pushAll(values: Uint32Array): void {
    while (this.values.length < this.length + values.length) {
      const grown = new Uint32Array(this.values.length * 2)
      grown.set(this.values)
      this.values = grown
    }
    this.values.set(values, this.length)
    this.length += values.length
  }
}
