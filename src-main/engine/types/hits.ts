/** Pointers that say too little of what they lead to, in columns that grow. What can't be kept is not learned from. */

/** 24 bytes each. */
const MOST = 12_000_000

export class Hits {
  count = 0
  /** As Shapes numbers them. */
  field = new Uint32Array(1024)
  /** What it leads to, and how far into it. */
  block = new Uint32Array(1024)
  offset = new Uint32Array(1024)
  /** The object that holds the pointer, as Claims.parent has it. */
  parent = new Uint32Array(1024)
  /** Address of the pointer. */
  word = new Float64Array(1024)
  private ordered: { count: number; lists: Uint32Array[] } = { count: -1, lists: [] }

  clear(): void {
    this.count = 0
    this.ordered = { count: -1, lists: [] }
  }

  add(field: number, block: number, offset: number, word: number, parent: number): void {
    const at = this.count
    if (at >= MOST) return
    if (at === this.field.length) this.grow()
    this.field[at] = field
    this.block[at] = block
    this.offset[at] = Math.min(offset, 0xffff_ffff)
    this.parent[at] = parent
    this.word[at] = word
    this.count++
  }

  /** Positions of all hits, those of one field after the other; kept until there are more. */
  byField(): Uint32Array[] {
    if (this.ordered.count === this.count) return this.ordered.lists
    const { field, count } = this
    let fields = 0
    for (let hit = 0; hit < count; hit++) fields = Math.max(fields, field[hit] + 1)
    const end = new Uint32Array(fields + 1)
    for (let hit = 0; hit < count; hit++) end[field[hit] + 1]++
    for (let f = 0; f < fields; f++) end[f + 1] += end[f]
    const order = new Uint32Array(count)
    const at = end.slice()
    for (let hit = 0; hit < count; hit++) order[at[field[hit]]++] = hit
    const lists: Uint32Array[] = []
    for (let f = 0; f < fields; f++) if (end[f + 1] > end[f]) lists.push(order.subarray(end[f], end[f + 1]))
    this.ordered = { count, lists }
    return lists
  }

  private grow(): void {
    const more = (column: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> => {
      const larger = new Uint32Array(column.length * 2)
      larger.set(column)
      return larger
    }
    this.field = more(this.field)
    this.block = more(this.block)
    this.offset = more(this.offset)
    this.parent = more(this.parent)
    const words = new Float64Array(this.word.length * 2)
    words.set(this.word)
    this.word = words
  }
}
