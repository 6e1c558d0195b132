/** How addresses are written: lower-case hex with 0x, as gdb, /proc/PID/maps and the CLI do. */

export function hex(address: number): string {
  return `0x${address.toString(16)}`
}
