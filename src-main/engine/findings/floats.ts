/**
 * Floating-point numbers as the shortest decimal that reads back as the same. `long double` is what the machine makes of it:
 * x87's 80 bits on x86-64 (Intel SDM vol. 1 §4.2.2), IEEE binary128 on AArch64.
 */
import type { ProcessInfo } from '../../contract/rows.ts'

/** '' for sizes that no float has. @param name of the type: `_Float128` is binary128 on every machine */
export function floatText(view: DataView, size: number, machine: ProcessInfo['machine'], name: string): string {
  if (view.byteLength < size) return ''
  switch (size) {
    case 2:
      return numberText(half(view.getUint16(0, true)))
    case 4:
      return numberText(shortest(view.getFloat32(0, true)))
    case 8:
      return numberText(view.getFloat64(0, true))
    case 10:
    case 12:
      return numberText(extended(view))
    case 16:
      return numberText(machine === 'x86-64' && !name.includes('128') ? extended(view) : quadruple(view))
    default:
      return ''
  }
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  return Object.is(value, -0) ? '-0' : String(value)
}

/** A float as the double whose decimal is the shortest for the float. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits))
    if (Math.fround(rounded) === value) return rounded
  }
  return value
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15))
}

/** As near as a double comes. */
function extended(view: DataView): number {
  const head = view.getUint16(8, true)
  const sign = head & 0x8000 ? -1 : 1
  const exponent = head & 0x7fff
  const mantissa = view.getBigUint64(0, true)
  if (exponent === 0x7fff) return mantissa << 1n === 1n << 64n ? sign * Infinity : NaN
  return scaled(sign * Number(mantissa), exponent - 16383 - 63)
}

function quadruple(view: DataView): number {
  const high = view.getBigUint64(8, true)
  const sign = high >> 63n ? -1 : 1
  const exponent = Number((high >> 48n) & 0x7fffn)
  const fraction = ((high & 0xffff_ffff_ffffn) << 64n) | view.getBigUint64(0, true)
  if (exponent === 0x7fff) return fraction === 0n ? sign * Infinity : NaN
  return scaled(sign * Number(exponent === 0 ? fraction : fraction | (1n << 112n)), (exponent || 1) - 16383 - 112)
}

/** value × 2^exponent; the power alone may be out of a double's range. */
function scaled(value: number, exponent: number): number {
  const halfway = Math.trunc(exponent / 2)
  return value * 2 ** halfway * 2 ** (exponent - halfway)
}
