/** What a person chose about the window itself, kept in localStorage; without it, defaults hold. */

export type Theme = 'system' | 'light' | 'dark'
export type SizeFormat = 'iec' | 'exact'

const THEMES: readonly Theme[] = ['system', 'light', 'dark']

class Preferences {
  theme = $state<Theme>('system')
  sizes = $state<SizeFormat>('iec')
  /** Column widths in px a person dragged, by table and column id. */
  #widths = $state.raw<Record<string, number>>({})

  constructor() {
    const theme = read('theme')
    this.theme = THEMES.find((t) => t === theme) ?? 'system'
    this.sizes = read('sizes') === 'exact' ? 'exact' : 'iec'
    this.#widths = readWidths()
  }

  /** Puts the theme on the page. */
  apply(): void {
    if (this.theme === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = this.theme
  }

  nextTheme(): void {
    this.theme = THEMES[(THEMES.indexOf(this.theme) + 1) % THEMES.length]!
    write('theme', this.theme)
    this.apply()
  }

  setSizes(sizes: SizeFormat): void {
    this.sizes = sizes
    write('sizes', sizes)
  }

  width(table: string, column: string): number | undefined {
    return this.#widths[`${table}/${column}`]
  }

  /** Null: back to the column's own width. */
  setWidth(table: string, column: string, px: number | null): void {
    const widths = { ...this.#widths }
    if (px === null) delete widths[`${table}/${column}`]
    else widths[`${table}/${column}`] = px
    this.#widths = widths
    write('widths', JSON.stringify(widths))
  }
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(`corelens.${key}`)
  } catch {
    return null
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(`corelens.${key}`, value)
  } catch {
    // Storage may be full or forbidden; the choice then lasts as long as the window.
  }
}

function readWidths(): Record<string, number> {
  try {
    const parsed: unknown = JSON.parse(read('widths') ?? '{}')
    if (typeof parsed !== 'object' || parsed === null) return {}
    return Object.fromEntries(Object.entries(parsed).filter((entry) => typeof entry[1] === 'number'))
  } catch {
    return {}
  }
}

export const preferences = new Preferences()
