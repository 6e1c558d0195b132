/** The characters of a type's name: what typeNames.ts reads them with. Nothing here calls itself. */

export const isDigit = (c: string): boolean => c >= '0' && c <= '9'
/** Of an identifier; `~` begins a destructor's. */
export const isWord = (c: string): boolean => (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || isDigit(c) || c === '_' || c === '$' || c === '~' || c > '\x7f'

const OPERATORS = ['<=>', '<<=', '>>=', '->*', '()', '[]', '->', '++', '--', '<<', '>>', '<=', '>=', '==', '!=', '&&', '||', '+=', '-=', '*=', '/=', '%=', '^=', '&=', '|=', '+', '-', '*', '/', '%', '^', '&', '|', '~', '!', '=', '<', '>', ',']
/** What begins in parentheses and is still a name. */
const PARENTHESIZED = ['(anonymous', '(unnamed', '(lambda at']
const ESCAPES: Record<string, number> = { n: 10, t: 9, r: 13, a: 7, b: 8, f: 12, v: 11, '\\': 92, "'": 39, '"': 34 }

export class NameText {
  protected readonly text: string
  at = 0

  constructor(text: string) {
    this.text = text
  }

  ended(): boolean {
    this.skipSpaces()
    return this.at === this.text.length
  }

  /** '' at the end. */
  protected peek(): string {
    return this.text.charAt(this.at)
  }

  protected skipSpaces(): void {
    while (this.text.charCodeAt(this.at) === 32) this.at++
  }

  protected take(wanted: string): boolean {
    if (!this.text.startsWith(wanted, this.at)) return false
    this.at += wanted.length
    return true
  }

  protected word(): string {
    const from = this.at
    while (this.at < this.text.length && isWord(this.text[this.at])) this.at++
    return this.text.slice(from, this.at)
  }

  /** The text before the next `close`, which is left behind. */
  protected until(close: string): string {
    const end = this.text.indexOf(close, this.at)
    const from = this.at
    this.at = end < 0 ? this.text.length : end + 1
    return this.text.slice(from, end < 0 ? this.text.length : end)
  }

  protected skipPast(close: string): void {
    this.until(close)
  }

  /** `(…)` as it is. */
  protected balanced(): string {
    const from = this.at
    let open = 0
    for (; this.at < this.text.length; this.at++) {
      const c = this.text[this.at]
      if (c === '(') open++
      else if (c === ')') open--
      if (open === 0) break
    }
    this.at = Math.min(this.text.length, this.at + 1)
    return this.text.slice(from, this.at)
  }

  protected isUnnamed(): boolean {
    return this.text.startsWith('<lambda', this.at) || this.text.startsWith('<unnamed', this.at) || this.text.startsWith('<anonymous', this.at)
  }

  protected isParenthesizedName(): boolean {
    return PARENTHESIZED.some((start) => this.text.startsWith(start, this.at))
  }

  protected parenthesizedName(): string {
    return this.balanced()
  }

  /** The symbol of an operator function; '' for a conversion. */
  protected operatorSymbol(): string {
    for (const symbol of OPERATORS) if (this.take(symbol)) return symbol
    return ''
  }

  /** `[3]`, without the suffix that some write behind the number. */
  protected dimension(): string {
    this.at++
    return `[${this.until(']').replace(/[uUlL]+$/, '')}]`
  }

  protected isCharacter(): boolean {
    return /['uUL]/.test(this.peek()) && /^(?:u8?|U|L)?'/.test(this.text.slice(this.at, this.at + 3))
  }

  /** A number without its suffix, or a character as its number: signed, unless it was cast to an unsigned type. */
  protected literal(unsigned: boolean): string {
    if (!this.isCharacter()) {
      const from = this.at
      if (this.peek() === '-') this.at++
      while (isDigit(this.peek())) this.at++
      const number = this.text.slice(from, this.at)
      this.word()
      return number
    }
    const wide = this.until("'") !== ''
    let value: number
    if (this.take('\\')) value = this.escape()
    else {
      value = this.text.codePointAt(this.at) ?? 0
      this.at += value > 0xffff ? 2 : 1
    }
    this.take("'")
    return String(wide || unsigned || value < 128 ? value : value > 255 ? value | 0 : value - 256)
  }

  private escape(): number {
    const from = this.at
    const hex = this.take('x') || this.take('u') || this.take('U')
    while (/[0-9a-fA-F]/.test(this.peek()) && (hex || /[0-7]/.test(this.peek()))) this.at++
    if (this.at > from) return parseInt(this.text.slice(hex ? from + 1 : from, this.at), hex ? 16 : 8)
    const c = this.peek()
    this.at++
    return ESCAPES[c] ?? c.charCodeAt(0)
  }
}
