/**
 * Addresses are plain doubles. Above 2^53 they occur in cores only as page-aligned mappings (vsyscall at
 * 0xffffffffff600000), and those are exact in a double. Any other 64-bit word that a double can't hold is not an
 * address of the process: readers answer `NaN` for it.
 */

/** `0x…` in lower case, exact also for 0xffffffffff600000. */
export const hex = (n: number | bigint): string => (Number.isNaN(n) ? '0x?' : '0x' + n.toString(16))
