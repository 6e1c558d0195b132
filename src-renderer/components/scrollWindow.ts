/**
 * Where rows of one height stand in a scrolled list of any length. Browsers cap the height of an element
 * (Chromium at 33.5 M px), so a long list scrolls a shorter element in proportion. *Virtual* pixels
 * count in rows' heights; *physical* ones are the element's.
 */
export interface ScrollWindow {
  rowHeight: number
  rows: number
  /** Visible height in px. */
  viewport: number
  /** Height of the scrolled element. */
  physicalHeight: number
  scaled: boolean
}

/** Below the cap of every engine (Firefox: 17.8 M px). */
export const MAX_PHYSICAL_HEIGHT = 15_000_000

export function scrollWindow(rows: number, rowHeight: number, viewport: number): ScrollWindow {
  const full = rows * rowHeight
  const scaled = full > MAX_PHYSICAL_HEIGHT
  return { rowHeight, rows, viewport, physicalHeight: scaled ? MAX_PHYSICAL_HEIGHT : full, scaled }
}

/** The largest virtual top: the last row stands at the bottom. */
export function maxTop(w: ScrollWindow): number {
  return Math.max(0, w.rows * w.rowHeight - w.viewport)
}

export function clampTop(w: ScrollWindow, top: number): number {
  return Math.min(Math.max(0, top), maxTop(w))
}

export function toPhysical(w: ScrollWindow, top: number): number {
  if (!w.scaled) return top
  const range = maxTop(w)
  return range === 0 ? 0 : (top / range) * (w.physicalHeight - w.viewport)
}

export function toVirtual(w: ScrollWindow, scrollTop: number): number {
  if (!w.scaled) return clampTop(w, scrollTop)
  const range = w.physicalHeight - w.viewport
  return range <= 0 ? 0 : clampTop(w, (scrollTop / range) * maxTop(w))
}

/** Rows to draw: first .. end, end excluded, partly visible ones included. */
export function visibleRows(w: ScrollWindow, top: number): { first: number; end: number } {
  const first = Math.max(0, Math.floor(top / w.rowHeight))
  const end = Math.min(w.rows, Math.ceil((top + w.viewport) / w.rowHeight))
  return { first, end: Math.max(first, end) }
}

/** Rows that fit as a whole, at least one: the step of PgUp and PgDn. */
export function rowsPerPage(w: ScrollWindow): number {
  return Math.max(1, Math.floor(w.viewport / w.rowHeight))
}

/** The virtual top nearest to `top` at which row `index` is wholly visible. */
export function topToShow(w: ScrollWindow, top: number, index: number): number {
  const start = index * w.rowHeight
  if (start < top) return clampTop(w, start)
  if (start + w.rowHeight > top + w.viewport) return clampTop(w, start + w.rowHeight - w.viewport)
  return clampTop(w, top)
}
