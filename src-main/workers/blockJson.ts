/**
 * Blocks as JSON, written as UTF-8 bytes: measured five times as fast as strings that are encoded afterwards. What recurs in
 * many rows (everything after address and size) is encoded once.
 */
import type { BlockRow } from '../contract/rows.ts'

interface Tail {
  state: BlockRow['state']
  allocator: BlockRow['allocator']
  arena: string
  kind: string
  count: number
  confidence: number
  evidence: string
  /** From the comma after the size up to what the graph says. */
  bytes: Uint8Array
}

const encoder = new TextEncoder()
const HEAD = encoder.encode('{"addr":"0x')
const SIZE = encoder.encode('","size":')
const END = encoder.encode('}')
const HEX = encoder.encode('0123456789abcdef')
const ZERO = 0x30
/** Of address and size, the longest: 16 hex and 16 decimal digits. */
const DIGITS = 32
/** More kinds of rows than this of one type are encoded each time. */
const TAILS_PER_TYPE = 64
const TYPES = 10_000
const LAYOUTS = 100_000

export class BlockJsonWriter {
  private bytes: Uint8Array<ArrayBuffer>
  private length = 0
  private readonly tails = new Map<string | null, Tail[]>()
  /** What the graph says, up to the closing brace. */
  private readonly layouts = { reached: new Map<string, Uint8Array>(), leaked: new Map<string, Uint8Array>() }
  private readonly digits = new Uint8Array(DIGITS)

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity)
  }

  get written(): number {
    return this.length
  }

  /** `before` and `after` are ASCII. */
  write(row: BlockRow, before: string, after: string): void {
    const tail = this.tail(row)
    const end = this.end(row)
    this.reserve(HEAD.length + SIZE.length + DIGITS + tail.length + end.length + before.length + after.length)
    this.ascii(before)
    this.append(HEAD)
    this.hex(row.addr)
    this.append(SIZE)
    this.decimal(row.size)
    this.append(tail)
    this.append(end)
    this.ascii(after)
  }

  /** What was written, in memory of its own; the next write starts anew. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.bytes.slice(0, this.length)
    this.length = 0
    return taken
  }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return
    const grown = new Uint8Array((this.length + more) * 2)
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
  }

  private append(part: Uint8Array): void {
    // A loop beats set() at these lengths.
    const { bytes } = this
    let at = this.length
    for (let i = 0; i < part.length; i++) bytes[at++] = part[i]!
    this.length = at
  }

  private ascii(text: string): void {
    for (let i = 0; i < text.length; i++) this.bytes[this.length++] = text.charCodeAt(i)
  }

  /** Two 32-bit halves: a double's own toString(16) is slow above 2^31. */
  private hex(value: number): void {
    const high = Math.floor(value / 2 ** 32)
    let low = value - high * 2 ** 32
    let rest = high
    let from = DIGITS
    for (let i = 0; i < 8 && (low !== 0 || rest !== 0 || i === 0); i++) {
      this.digits[--from] = HEX[low & 15]!
      low = low >>> 4
    }
    for (; rest !== 0; rest = rest >>> 4) this.digits[--from] = HEX[rest & 15]!
    this.append(this.digits.subarray(from))
  }

  private decimal(value: number): void {
    let from = DIGITS
    let rest = value
    do {
      const next = Math.floor(rest / 10)
      this.digits[--from] = ZERO + (rest - next * 10)
      rest = next
    } while (rest > 0)
    this.append(this.digits.subarray(from))
  }

  private end({ reachable, layout }: BlockRow): Uint8Array {
    if (reachable === undefined || layout === undefined) return END
    const known = reachable ? this.layouts.reached : this.layouts.leaked
    let bytes = known.get(layout)
    if (bytes === undefined) {
      if (known.size >= LAYOUTS) known.clear()
      known.set(layout, (bytes = encoder.encode(`,${JSON.stringify({ reachable, layout }).slice(1)}`)))
    }
    return bytes
  }

  private tail(row: BlockRow): Uint8Array {
    let tails = this.tails.get(row.type)
    if (tails === undefined) {
      if (this.tails.size >= TYPES) this.tails.clear()
      tails = []
      this.tails.set(row.type, tails)
    }
    const { state, allocator, arena, kind, count, confidence, evidence } = row
    for (const tail of tails) {
      if (tail.state === state && tail.arena === arena && tail.kind === kind && tail.count === count && tail.allocator === allocator && tail.confidence === confidence && tail.evidence === evidence) return tail.bytes
    }
    const text = JSON.stringify({ state, allocator, arena, type: row.type, ...(kind === '' ? {} : { kind }), count, confidence, evidence })
    const bytes = encoder.encode(`,${text.slice(1, -1)}`)
    if (tails.length < TAILS_PER_TYPE) tails.push({ state, allocator, arena, kind, count, confidence, evidence, bytes })
    return bytes
  }
}
