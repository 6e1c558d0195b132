/**
 * One spelling for the names of types. Compilers write `long unsigned int` and `unsigned long`, `const char*` and
 * `char const*`, `3ul` and `3`, `(char)97` and `'a'`, `_Bool` and `bool`, `> >` and `>>`; gdb rewrites template names in its own way. Two names that are
 * the same here are one type; names that differ by more stay different.
 */

const INTEGER_WORDS = new Set(['unsigned', 'signed', 'long', 'short', 'int', 'char', 'double', '__int128'])
const CV = new Set(['const', 'volatile'])

/** Words, `::`, literals and single characters. */
const TOKEN = /'(?:\\.[^']*|[^'\\])'|"(?:\\.|[^"\\])*"|\(anonymous [a-z]+\)|[A-Za-z_$][\w$.]*|\d[\w.+]*|::|&&|\S/gu

const known = new Map<string, string>()

export function canonicalName(name: string): string {
  if (name === '_Bool') return 'bool'
  if (/^[\w:]*$/.test(name) && !INTEGER_WORDS.has(name)) return name.replace(/^::/, '')
  let canonical = known.get(name)
  if (canonical === undefined) known.set(name, (canonical = new Canonical(name.replace(/\(& ?([\w:]+)\)/g, '&$1').match(TOKEN) ?? []).all()))
  return canonical
}

class Canonical {
  private readonly tokens: string[]
  private at = 0

  constructor(tokens: string[]) {
    this.tokens = tokens
  }

  all(): string {
    let text = ''
    while (this.at < this.tokens.length) {
      const piece = this.piece()
      text += piece === '' ? (this.tokens[this.at++] ?? '') : piece
    }
    return text.replace(/^::/, '')
  }

  /** One type or value, up to what ends it: cv of its beginning goes behind its base, as gdb has it. */
  private piece(): string {
    const cv: string[] = []
    const words: string[] = []
    let text = ''
    let declarator = false
    for (; this.at < this.tokens.length; ) {
      const token = this.tokens[this.at]
      if (token === ',' || token === '>' || token === ')' || token === ']' || token === '}') break
      this.at++
      if (CV.has(token) && !declarator) cv.push(token)
      else if (token === 'restrict' || token === '__restrict' || token === 'struct' || token === 'class' || token === 'enum' || token === 'union') continue
      else if (INTEGER_WORDS.has(token) && !text.endsWith('::')) words.push(token)
      else if (token === '<' || token === '(' || token === '[' || token === '{') {
        if (token === '(' && text === '' && words.length + cv.length <= 4 && this.isCast()) continue
        if (token !== '<' && !declarator && (text !== '' || words.length > 0)) {
          text = base(text, words, cv)
          declarator = true
        }
        text += token + this.list()
      } else if (token === '*' || token === '&' || token === '&&') {
        if (!declarator) text = base(text, words, cv)
        declarator = true
        text += token
      } else if (CV.has(token)) text += token
      else text += /^\w/.test(token) && /\w$/.test(text) ? ` ${literal(token)}` : literal(token)
    }
    return declarator ? text : base(text, words, cv)
  }

  /** What lies between brackets, with the closing one. */
  private list(): string {
    let text = ''
    for (; this.at < this.tokens.length; ) {
      text += this.piece()
      const token = this.tokens[this.at++] ?? ''
      text += token
      if (token === '>' || token === ')' || token === ']' || token === '}') break
    }
    return text
  }

  /** `(type)value`, `(type)-1`: the type is of no interest. */
  private isCast(): boolean {
    let depth = 1
    let end = this.at
    for (; end < this.tokens.length && depth > 0; end++) {
      if (this.tokens[end] === '(') depth++
      else if (this.tokens[end] === ')') depth--
    }
    if (depth > 0 || !/^(?:\d|'|-$)/.test(this.tokens[end] ?? '')) return false
    this.at = end
    return true
  }
}

function base(text: string, words: string[], cv: string[]): string {
  return [...(words.length > 0 ? [integer(words)] : []), text, ...[...new Set(cv)].sort()].filter((part) => part !== '').join(' ')
}

function integer(words: string[]): string {
  if (words.includes('double')) return words.includes('long') ? 'long double' : 'double'
  const unsigned = words.includes('unsigned') ? 'unsigned ' : ''
  if (words.includes('char')) return (words.includes('signed') ? 'signed ' : unsigned) + 'char'
  if (words.includes('__int128')) return `${unsigned}__int128`
  if (words.includes('short')) return `${unsigned}short`
  const longs = words.filter((word) => word === 'long').length
  return unsigned + (longs === 2 ? 'long long' : longs === 1 ? 'long' : 'int')
}

const ESCAPES: Record<string, number> = { n: 10, t: 9, r: 13, v: 11, f: 12, a: 7, b: 8, e: 27, "'": 39, '"': 34, '\\': 92 }

function literal(token: string): string {
  if (token === 'true') return '1'
  if (token === 'false') return '0'
  if (/^\d+[uUlL]+$/.test(token)) return token.replace(/[uUlL]+$/, '')
  if (!token.startsWith("'")) return token
  const inner = token.slice(1, -1)
  if (!inner.startsWith('\\')) return String(inner.codePointAt(0) ?? 0)
  if (/^\\[0-7]+$/.test(inner)) return String(parseInt(inner.slice(1), 8))
  if (/^\\x/.test(inner)) return String(parseInt(inner.slice(2), 16))
  return String(ESCAPES[inner.slice(1)] ?? inner)
}
