/** Aligned columns, human sizes, and names from a core made safe for a terminal. */

export interface Column {
  title: string
  align: 'left' | 'right'
}

/** Columns two spaces apart; no blanks at the ends of lines. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const clean = rows.map((row) => row.map(printable))
  const widths = columns.map((column, i) => clean.reduce((width, row) => Math.max(width, row[i]?.length ?? 0), column.title.length))
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => (columns[i]?.align === 'right' ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join('  ').trimEnd() + '\n'
  return line(columns.map(({ title }) => title)) + clean.map(line).join('')
}

/** C++ types take hundreds of characters: what is cut is in JSON. */
export function clipped(text: string, most = 60): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}

/** Control characters would move the cursor or worse: names come from whoever wrote the core. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`)
}

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** `24 B`, `1.5 KiB`, `312 MiB`: three digits at least where there are more. */
export function humanBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  let value = bytes
  let unit = -1
  do {
    value /= 1024
    unit++
  } while (value >= 1023.5 && unit < UNITS.length - 1)
  return `${value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0)} ${UNITS[unit]}`
}

/** `20,000` */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
