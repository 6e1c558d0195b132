/**
 * Who makes a type's rows, among threads that read the units of one module: the first to claim its hash. That saves most of
 * them from being made several times. A table that is crowded grants claims twice, which costs time and nothing else.
 */

/** Hashes of claimed types in shared memory, zero where free; a power of two of them. */
export type Claims = BigUint64Array<SharedArrayBuffer>

/** Bytes of debug information for each slot: types come far less often. */
const BYTES_A_SLOT = 128
const MAX_PROBES = 64

export function newClaims(debugBytes: number): Claims {
  return new BigUint64Array(new SharedArrayBuffer(8 * 2 ** Math.max(12, Math.ceil(Math.log2(debugBytes / BYTES_A_SLOT)))))
}

/** Whether the caller is the first. */
export function claim(claims: Claims, low: number, high: number): boolean {
  const key = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
  const mask = claims.length - 1
  let slot = (low ^ (high >>> 7)) & mask
  for (let probes = 0; probes < MAX_PROBES; probes++) {
    const held = Atomics.compareExchange(claims, slot, 0n, key)
    if (held === 0n) return true
    if (held === key) return false
    slot = (slot + 1) & mask
  }
  return true
}
