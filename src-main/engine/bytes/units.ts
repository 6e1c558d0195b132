/**
 * Kinds of numbers that must not be mixed up. Each is a plain double at run time.
 *
 * Addresses above 2^53 occur in cores only as page-aligned mappings (vsyscall at 0xffffffffff600000),
 * and those are exact in a double. Any other 64-bit word that a double can't hold is not an address
 * of the process: readers answer `NaN` for it.
 */
declare const unit: unique symbol
export type Unit<Name extends string> = number & { readonly [unit]: Name }

/** In the dumped process. */
export type Address = Unit<'Address'>
/** Bytes into a file. */
export type Offset = Unit<'FileOffset'>
/** 0..blockCount-1, in address order. */
export type BlockId = Unit<'BlockId'>

export const address = (n: number): Address => n as Address
export const offset = (n: number): Offset => n as Offset
export const blockId = (n: number): BlockId => n as BlockId

/** `0x…` in lower case, exact also for 0xffffffffff600000. */
export const hex = (n: number | bigint): string => (Number.isNaN(n) ? '0x?' : '0x' + n.toString(16))
