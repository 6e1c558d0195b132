/** Numbers of any width in tables of bytes. The caller has checked that they are there. */

/** Exact up to 2^53. */
export function unsigned(bytes: Uint8Array, at: number, size: number): number {
  let value = 0
  for (let i = size - 1; i >= 0; i--) value = value * 256 + bytes[at + i]
  return value
}
