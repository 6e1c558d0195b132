/** A layout class as the engine writes it (`48/VP-P`), taken apart. */

export interface LayoutParts {
  /** Bytes, or `huge`. */
  size: string
  /** One a word. */
  letters: string[]
  /** There are more words, in the layout or beyond what is shown. */
  cut: boolean
}

export function splitLayout(layout: string, most: number): LayoutParts {
  const slash = layout.indexOf('/')
  if (slash < 0) return { size: layout, letters: [], cut: false }
  const all = [...layout.slice(slash + 1)]
  const letters = all.filter((letter) => letter !== '…').slice(0, most)
  return { size: layout.slice(0, slash), letters, cut: letters.length < all.length }
}
