/** Reproducible random numbers for tests (mulberry32): the same seed gives the same tests on every machine. */
export class Random {
  private state: number

  constructor(seed: number) {
    this.state = seed >>> 0
  }

  /** 0 <= n < limit, whole. */
  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let t = this.state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit)
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256))
  }

  /** Bytes with runs, repetitions and pages of zeroes, as memory has them. */
  memory(length: number): Uint8Array {
    const out = new Uint8Array(length)
    for (let at = 0; at < length;) {
      const count = Math.min(length - at, 1 + this.below(6000))
      switch (this.below(4)) {
        case 0:
          break
        case 1:
          out.set(this.bytes(count), at)
          break
        case 2:
          out.fill(this.below(256), at, at + count)
          break
        case 3: {
          const distance = Math.min(at, 1 + this.below(70_000))
          for (let i = 0; i < count && distance > 0; i++) out[at + i] = out[at + i - distance]
        }
      }
      at += count
    }
    return out
  }
}
