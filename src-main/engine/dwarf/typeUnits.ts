/** Which units have which types, while types are told apart unit by unit. */

/** The types of some units, and where in `types` each unit's begin. Units of all lists are numbered in their order. */
export interface TypesOfUnits {
  types: Uint32Array
  unitStart: Uint32Array
}

export class TypeUnits {
  /** units[first[type]..first[type + 1]): each unit once, ascending. */
  private readonly first: Uint32Array
  private readonly units: Uint32Array
  /** The same for types that came later. */
  private readonly later = new Map<number, number[]>()
  /** By unit: type → what it is there instead. */
  private readonly replaced = new Map<number, Map<number, number>>()

  constructor(lists: TypesOfUnits[], typeCount: number) {
    const first = new Uint32Array(typeCount + 2)
    const seen = new Uint32Array(typeCount)
    // twice: to count, and to place; unit numbers in `seen` are one higher, and above those of the first time
    const units = lists.reduce((sum, { unitStart }) => sum + unitStart.length - 1, 0)
    eachOnce(lists, seen, 1, (type) => void first[type + 2]++)
    for (let type = 0; type < typeCount; type++) first[type + 2] += first[type + 1]
    const placed = new Uint32Array(first[typeCount + 1])
    eachOnce(lists, seen, 1 + units, (type, unit) => void (placed[first[type + 1]++] = unit))
    this.first = first
    this.units = placed
  }

  /** The units that have a type, each once. */
  forEach(type: number, visit: (unit: number) => void): void {
    const later = this.later.get(type)
    if (later) {
      for (const unit of later) if (!this.replaced.get(unit)?.has(type)) visit(unit)
      return
    }
    if (type + 1 >= this.first.length) return
    for (let i = this.first[type]; i < this.first[type + 1]; i++) if (!this.replaced.get(this.units[i])?.has(type)) visit(this.units[i])
  }

  /** From now on a unit has one type instead of another. */
  replace(unit: number, from: number, to: number): void {
    let map = this.replaced.get(unit)
    if (!map) this.replaced.set(unit, (map = new Map()))
    map.set(from, to)
    const units = this.later.get(to)
    if (units) units.push(unit)
    else this.later.set(to, [unit])
  }

  /** What a unit has for a type that it once had. */
  now(unit: number, type: number): number {
    const map = this.replaced.get(unit)
    if (!map) return type
    for (let to = map.get(type); to !== undefined; to = map.get(type)) type = to
    return type
  }
}

function eachOnce(lists: TypesOfUnits[], seen: Uint32Array, stamp: number, visit: (type: number, unit: number) => void): void {
  let unit = 0
  for (const { types, unitStart } of lists) {
    for (let u = 0; u + 1 < unitStart.length; u++, unit++) {
      const end = unitStart[u + 1]
      for (let i = unitStart[u]; i < end; i++) {
        const type = types[i]
        if (seen[type] === stamp + unit) continue
        seen[type] = stamp + unit
        visit(type, unit)
      }
    }
  }
}
