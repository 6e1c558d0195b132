/** Which types refer to a type, while types are told apart. */
import type { PartColumns, TypeColumns } from '../symbols/tables.ts'

export class Referrers {
  /** from[first[type]..first[type + 1]): those that refer to it from the beginning, void left out. */
  private readonly first: Uint32Array
  private readonly from: Uint32Array
  private readonly later = new Map<number, number[]>()

  constructor(types: TypeColumns, parts: PartColumns) {
    const first = new Uint32Array(types.count + 2)
    for (let type = 1; type < types.count; type++) eachReference(types, parts, type, (ref) => void first[ref + 2]++)
    for (let type = 0; type < types.count; type++) first[type + 2] += first[type + 1]
    const from = new Uint32Array(first[types.count + 1])
    for (let type = 1; type < types.count; type++) eachReference(types, parts, type, (ref, referrer) => void (from[first[ref + 1]++] = referrer))
    this.first = first
    this.from = from
  }

  /** May name a type twice, and some that refer to it no longer. */
  forEach(type: number, visit: (referrer: number) => void): void {
    if (type + 1 < this.first.length) for (let i = this.first[type]; i < this.first[type + 1]; i++) visit(this.from[i])
    for (const referrer of this.later.get(type) ?? []) visit(referrer)
  }

  add(type: number, referrer: number): void {
    const known = this.later.get(type)
    if (known) known.push(referrer)
    else this.later.set(type, [referrer])
  }
}

/** What a type refers to, void left out. */
export function eachReference(types: TypeColumns, parts: PartColumns, type: number, visit: (ref: number, type: number) => void): void {
  if (types.target[type] !== 0) visit(types.target[type], type)
  if (types.containing[type] !== 0) visit(types.containing[type], type)
  const end = types.firstPart[type] + types.partCount[type]
  for (let part = types.firstPart[type]; part < end; part++) if (parts.type[part] !== 0) visit(parts.type[part], type)
}
