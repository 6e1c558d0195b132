/** Where a person is in a list whose rows change under them: at the same rows, as far as these are still there. */

/** What of the list is looked at: `top` in pixels above the first visible row, `view` as rows, end excluded. */
export interface Seen {
  top: number
  selected: number
  view: { first: number; end: number }
}

export interface Held {
  seen: Seen
  selectedKey: string | null
  /** The row that stays where it is on the screen: the selected one where it is in view, else the first one that is. */
  anchor: { key: string; index: number } | null
}

/** Null where nobody has gone anywhere: then the start of the list is what is looked at, whatever its rows. */
export function hold(seen: Seen, keyAt: (index: number) => string | null): Held | null {
  const { top, selected, view } = seen
  if (top === 0 && selected === 0) return null
  const at = selected >= view.first && selected < view.end ? selected : view.first
  const key = keyAt(at)
  return { seen, selectedKey: keyAt(selected), anchor: key === null ? null : { key, index: at } }
}

/** @param find where a row is now; null while it isn't found. Rows that are gone leave the place as it was. */
export function placeAgain({ seen, selectedKey, anchor }: Held, find: (key: string) => number | null, rowHeight: number): Pick<Seen, 'top' | 'selected'> {
  const anchorNow = anchor === null ? null : find(anchor.key)
  const selectedNow = selectedKey === null ? null : find(selectedKey)
  return {
    top: anchor === null || anchorNow === null ? seen.top : Math.max(0, seen.top + (anchorNow - anchor.index) * rowHeight),
    selected: selectedNow ?? seen.selected,
  }
}
