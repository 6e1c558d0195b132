/**
 * The memory that the graph's kernels share between threads: areas, found and given back, in one WebAssembly memory of up to
 * 4 GiB. An area that is given back is used again, so that columns of one stage lie where those of the stage before lay.
 */

const PAGE = 65_536
const ALIGN = 16
const MAX_PAGES = 65_536

/** The graph does not fit into the 4 GiB that a kernel reaches. */
export class GraphTooLarge extends Error {
  constructor() {
    super('the graph of this core needs more than 4 GiB of memory, which is more than corelens can use')
    this.name = 'GraphTooLarge'
  }
}

const rounded = (size: number): number => Math.max(ALIGN, Math.ceil(size / ALIGN) * ALIGN)

export class Areas {
  readonly memory: WebAssembly.Memory
  private end = ALIGN
  /** From here on memory was never used, and is zero. */
  private untouched = ALIGN
  private readonly sizes = new Map<number, number>()
  /** Given back, by address. */
  private holes: { at: number; size: number }[] = []

  constructor() {
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES, shared: true })
  }

  /** Address of that many bytes; their content is undefined unless `zero`. Throws GraphTooLarge. */
  take(bytes: number, zero = false): number {
    const size = rounded(bytes)
    const best = this.holes.filter((hole) => hole.size >= size).sort((a, b) => a.size - b.size)[0]
    if (best) {
      const { at } = best
      best.at += size
      best.size -= size
      this.holes = this.holes.filter((hole) => hole.size > 0)
      this.sizes.set(at, size)
      if (zero) this.bytes(at, size).fill(0)
      return at
    }
    const at = this.end
    this.reach(at + size)
    this.end = at + size
    this.sizes.set(at, size)
    if (zero && at < this.untouched) this.bytes(at, Math.min(size, this.untouched - at)).fill(0)
    this.untouched = Math.max(this.untouched, this.end)
    return at
  }

  /** An area at the end of all that grows: kernels may put as much there as they make the memory grow, until `endGrowing`. */
  takeGrowing(): number {
    this.reach(this.end)
    return this.end
  }

  /** The growing area is that many bytes from now on. */
  endGrowing(at: number, bytes: number): void {
    if (at !== this.end) throw new Error('an area was taken while another one grew')
    const size = rounded(bytes)
    this.reach(at + size)
    this.end = at + size
    this.untouched = this.memory.buffer.byteLength
    this.sizes.set(at, size)
  }

  give(at: number): void {
    const size = this.sizes.get(at)
    if (size === undefined) throw new Error('no area begins there')
    this.sizes.delete(at)
    this.holes.push({ at, size })
    this.holes.sort((a, b) => a.at - b.at)
    this.holes = this.holes.reduce<typeof this.holes>((merged, hole) => {
      const last = merged.at(-1)
      if (last && last.at + last.size === hole.at) last.size += hole.size
      else merged.push(hole)
      return merged
    }, [])
    const last = this.holes.at(-1)
    if (last && last.at + last.size === this.end) {
      this.end = last.at
      this.holes.pop()
    }
  }

  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, at, length)
  }

  words(at: number, length: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, at, length)
  }

  doubles(at: number, length: number): Float64Array {
    return new Float64Array(this.memory.buffer, at, length)
  }

  private reach(end: number): void {
    const missing = Math.ceil(end / PAGE) - this.memory.buffer.byteLength / PAGE
    if (missing <= 0) return
    try {
      this.memory.grow(missing)
    } catch {
      throw new GraphTooLarge()
    }
  }
}
