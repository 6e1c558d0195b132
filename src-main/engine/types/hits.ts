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

  /** Positions of all hits, those of one field after the other. */
  byField(): Uint32Array[] {
    const order = Uint32Array.from({ length: this.count }, (_, i) => i)
    const { field } = this
    order.sort((a, b) => field[a] - field[b] || a - b)
    const lists: Uint32Array[] = []
    for (let from = 0; from < order.length; ) {
      let to = from
      while (to < order.length && field[order[to]] === field[order[from]]) to++
      lists.push(order.subarray(from, to))
      from = to
    }
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
