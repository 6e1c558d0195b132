/** How addresses are written: lower-case hex with 0x, as gdb, /proc/PID/maps and the CLI do. */

export function hex(address: number): string {
  return `0x${address.toString(16)}`
}

/** The first 12 digits of a build-id: enough to tell two apart in a column. */
export function shortBuildId(buildId: string): string {
  return buildId.length > 12 ? `${buildId.slice(0, 12)}…` : buildId
}
