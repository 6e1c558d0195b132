/** How counts and shares are written. One spelling everywhere (1,234,567), whatever the machine's language. */

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** `20,000` */
export function count(n: number): string {
  return whole.format(n)
}

/** `1 thread`, `12 threads` */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`
}

/** A share of 0..1 with one decimal; what is there but rounds to nothing is `<0.1 %`, never `0.0 %`. */
export function percent(share: number): string {
  if (!Number.isFinite(share) || share <= 0) return '0 %'
  if (share < 0.0005) return '<0.1 %'
  if (share < 1 && share >= 0.9995) return '>99.9 %'
  return `${(share * 100).toFixed(1)} %`
}

/** part / whole, 0 where there is no whole. */
export function shareOf(part: number, all: number): number {
  return all > 0 ? part / all : 0
}
