/**
 * xxHash, 32 bits, seed 0, over data that comes in pieces. Source: the xxHash specification 0.1.1 §"XXH32".
 */
const PRIME1 = 0x9e3779b1 | 0
const PRIME2 = 0x85ebca77 | 0
const PRIME3 = 0xc2b2ae3d | 0
const PRIME4 = 0x27d4eb2f | 0
const PRIME5 = 0x165667b1 | 0
const STRIPE = 16

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by))

export class Xxh32 {
  private a = (PRIME1 + PRIME2) | 0
  private b = PRIME2
  private c = 0
  private d = -PRIME1 | 0
  private length = 0
  /** Bytes of the stripe under way. */
  private readonly rest = new Uint8Array(STRIPE)
  private restLength = 0

  update(bytes: Uint8Array): void {
    this.length += bytes.length
    let at = 0
    if (this.restLength > 0) {
      at = Math.min(bytes.length, STRIPE - this.restLength)
      this.rest.set(bytes.subarray(0, at), this.restLength)
      this.restLength += at
      if (this.restLength < STRIPE) return
      this.stripes(this.rest, 0, STRIPE)
      this.restLength = 0
    }
    const end = at + Math.floor((bytes.length - at) / STRIPE) * STRIPE
    if (end > at) this.stripes(bytes, at, end)
    this.rest.set(bytes.subarray(end))
    this.restLength = bytes.length - end
  }

  /** Unsigned. The object can be updated further. */
  digest(): number {
    let hash = this.length >= STRIPE ? rotate(this.a, 1) + rotate(this.b, 7) + rotate(this.c, 12) + rotate(this.d, 18) : PRIME5
    hash = (hash + this.length) | 0
    const view = new DataView(this.rest.buffer)
    let at = 0
    for (; at + 4 <= this.restLength; at += 4) {
      hash = Math.imul(rotate((hash + Math.imul(view.getUint32(at, true), PRIME3)) | 0, 17), PRIME4)
    }
    for (; at < this.restLength; at++) hash = Math.imul(rotate((hash + Math.imul(this.rest[at], PRIME5)) | 0, 11), PRIME1)
    hash = Math.imul(hash ^ (hash >>> 15), PRIME2)
    hash = Math.imul(hash ^ (hash >>> 13), PRIME3)
    return (hash ^ (hash >>> 16)) >>> 0
  }

  /** `end - at` is a multiple of STRIPE. */
  private stripes(bytes: Uint8Array, at: number, end: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let { a, b, c, d } = this
    for (; at < end; at += STRIPE) {
      a = Math.imul(rotate((a + Math.imul(view.getInt32(at, true), PRIME2)) | 0, 13), PRIME1)
      b = Math.imul(rotate((b + Math.imul(view.getInt32(at + 4, true), PRIME2)) | 0, 13), PRIME1)
      c = Math.imul(rotate((c + Math.imul(view.getInt32(at + 8, true), PRIME2)) | 0, 13), PRIME1)
      d = Math.imul(rotate((d + Math.imul(view.getInt32(at + 12, true), PRIME2)) | 0, 13), PRIME1)
    }
    this.a = a
    this.b = b
    this.c = c
    this.d = d
  }
}

export function xxh32(bytes: Uint8Array): number {
  const hash = new Xxh32()
  hash.update(bytes)
  return hash.digest()
}
