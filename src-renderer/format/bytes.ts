/** Bytes of the process as the window writes them. */

/** Hex digits in pairs: `48 65 6c`. */
export function spaced(digits: string): string {
  return digits.replace(/..(?=.)/g, '$& ')
}

/** The address that eight bytes in memory order hold, lowest first; null where it is none, or 0. */
export function pointerIn(digits: string): number | null {
  if (!/^[0-9a-f]{16}$/i.test(digits)) return null
  const value = BigInt(`0x${digits.match(/../g)!.reverse().join('')}`)
  return value > 0n && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null
}
