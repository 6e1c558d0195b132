/** How sizes are written: IEC units with one decimal, or the exact bytes. */

import { count } from './numbers.ts'

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** `48 B`, `1.5 KiB`, `4.0 GiB`; never `1024.0 KiB`. */
export function iec(bytes: number): string {
  if (bytes < 1024) return `${count(bytes)} B`
  let value = bytes / 1024
  let unit = 0
  while (value >= 1023.95 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return `${value.toFixed(1)} ${UNITS[unit]}`
}

/** `1 byte`, `468,750 bytes` */
export function exact(bytes: number): string {
  return `${count(bytes)} ${bytes === 1 ? 'byte' : 'bytes'}`
}
