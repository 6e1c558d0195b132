/**
 * One text for a C++ type, however it is spelled: by the demangler (`Holder<char const*, 3ul>`), by gcc's debug
 * information (`Holder<const char*, 3>`) or by clang's (`Holder<const char *, 3UL>`). Names that it can't read (Rust's
 * pointers, expressions, gcc's `[with T = int]`) only lose their spaces, so equal texts stay equal and others apart.
 * One pass, bounded in depth and length. Sources: C++17 grammar [dcl.name], [temp.names]; Itanium C++ ABI §5.1.
 *
 * What is the same afterwards: spaces; `const T` and `T const`; orders of `long unsigned int`; `struct T` and `T`;
 * `3ul`, `3`, `(unsigned char)3`, `'\3'` and `(Color)3`; `{anonymous}` and `(anonymous namespace)`; `main()::Local` and
 * `main::Local`; `&(f(int))`, `&f` and `f` as an argument; lambdas but for their number; names with and without ABI tags.
 */
import { NameText, isDigit, isWord } from './nameText.ts'

/** The value of an enumerator by its qualified name, as clang writes it where others have `(Color)3`; null where it is none. */
export type EnumeratorValues = (name: string) => string | null

const MAX_LENGTH = 65_536
const MAX_DEPTH = 100
const KEYWORDS = new Set(['struct', 'class', 'union', 'enum', 'typename'])
const BUILTIN_WORDS = new Set(['unsigned', 'signed', 'long', 'short', 'int', 'char', 'double', '__int128'])

export function normalizeTypeName(text: string, enumerators?: EnumeratorValues): string {
  if (text.length > MAX_LENGTH) return text
  const reader = new TypeNameReader(text, enumerators)
  const type = reader.type(0)
  return reader.failed || !reader.ended() ? squeeze(text) : type
}

/** Without the spaces that say nothing. */
function squeeze(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/ ?([^\w$\s]) ?/g, '$1').trim()
}

class TypeNameReader extends NameText {
  failed = false
  /** The type just read began with `A::*`: it is what stands in the parentheses of a pointer to member function. */
  private memberPointer = false
  private readonly enumerators: EnumeratorValues | undefined

  constructor(text: string, enumerators: EnumeratorValues | undefined) {
    super(text)
    this.enumerators = enumerators
  }

  private fail(): string {
    this.failed = true
    this.at = this.text.length
    return ''
  }

  /** A type up to `,`, `>`, `)` or the end. */
  type(depth: number): string {
    if (depth > MAX_DEPTH) return this.fail()
    let base = ''
    let words: string[] | null = null
    let cv = ''
    /** Pointers, arrays and parameters, behind the base. */
    let tail = ''
    /** `tail` is parameters of a function and what qualifies it. */
    let isFunction = false
    /** There was something before `base`: what a function template returns, whose local type it is. */
    let returned = false
    let memberPointer = false
    for (;;) {
      this.skipSpaces()
      const c = this.peek()
      if (c === '' || c === ',' || c === '>' || c === ')') break
      if (isWord(c) || c === '{' || (c === '<' && this.isUnnamed()) || (c === '(' && this.isParenthesizedName())) {
        const from = this.at
        const word = this.word()
        if (word === 'const' || word === 'volatile' || word === 'noexcept') {
          if (tail !== '') tail += isWord(tail[tail.length - 1]) ? ` ${word}` : word
          else cv += ` ${word}`
          continue
        }
        if (KEYWORDS.has(word)) continue
        if (BUILTIN_WORDS.has(word) && base === '') {
          ;(words ??= []).push(word)
          continue
        }
        this.at = from
        const name = this.name(depth)
        if (name.endsWith('::*')) {
          if (base === '' && words === null) memberPointer = true
          tail += tail === '' && !memberPointer ? ` ${name}` : name
          isFunction = false
          continue
        }
        if (base !== '' || words !== null) {
          returned = true
          words = null
          cv = ''
          tail = ''
          isFunction = false
        }
        base = name
        continue
      }
      if (c === ':' && isFunction && this.take('::')) {
        // the type is local to a function
        base += `::${this.name(depth)}`
        tail = ''
        isFunction = false
        returned = false
        continue
      }
      if (base === '' && words === null && tail === '' && c !== '*' && c !== '&') return this.fail()
      if (c === '*' || c === '&') {
        tail += c
        this.at++
        continue
      }
      if (c === '[') {
        tail += this.dimension()
        continue
      }
      if (c === '(') {
        this.at++
        this.skipSpaces()
        const inner = this.list(')', depth)
        if (!this.take(')')) return this.fail()
        isFunction = !this.memberPointer && !/^[*&]/.test(inner)
        tail += `(${inner === 'void' ? '' : inner})`
        continue
      }
      return this.fail()
    }
    if (returned) return this.fail()
    if (words !== null) base = builtin(words)
    this.memberPointer = memberPointer
    if (cv !== '') cv = (cv.includes('const') ? ' const' : '') + (cv.includes('volatile') ? ' volatile' : '')
    return base + cv + tail
  }

  /** Types and values, separated by commas, up to `close`. */
  private list(close: string, depth: number): string {
    const items: string[] = []
    let first = true
    let memberPointer = false
    for (;;) {
      this.skipSpaces()
      const c = this.peek()
      if (c === '' || c === close) break
      if (c === ',') {
        this.at++
        continue
      }
      const from = this.at
      this.memberPointer = false
      items.push(this.take('...') ? '...' : close === '>' ? this.argument(depth + 1) : this.type(depth + 1))
      if (first) memberPointer = this.memberPointer
      first = false
      if (this.at === from) this.fail()
    }
    this.memberPointer = memberPointer
    return items.join(',')
  }

  /** A template's argument: a type or a value. */
  private argument(depth: number): string {
    if (depth > MAX_DEPTH) return this.fail()
    const c = this.peek()
    if (isDigit(c) || c === '-' || this.isCharacter()) return this.literal(false)
    if (c === '&') {
      this.at++
      return this.addressed(depth)
    }
    if (c === '(' && !this.isParenthesizedName()) {
      this.at++
      this.skipSpaces()
      if (this.peek() === '&') {
        this.at++
        const name = this.addressed(depth)
        return this.take(')') ? name : this.fail()
      }
      const cast = this.type(depth + 1)
      if (!this.take(')')) return this.fail()
      this.skipSpaces()
      const next = this.peek()
      if (isDigit(next) || next === '-' || this.isCharacter()) {
        const value = this.literal(cast.startsWith('unsigned'))
        return cast === 'bool' ? (value === '0' ? 'false' : 'true') : value
      }
      return next === ',' || next === '>' ? cast : this.fail()
    }
    const type = this.type(depth)
    if (type === 'nullptr') return '0'
    return this.enumerators?.(type) ?? type
  }

  /** What `&` was before: a name, perhaps in parentheses, perhaps with parameters. */
  private addressed(depth: number): string {
    this.skipSpaces()
    const inside = this.peek() === '(' && !this.isParenthesizedName()
    if (inside) this.at++
    const name = this.type(depth + 1)
    if (inside && !this.take(')')) return this.fail()
    return name.endsWith(')') && !name.endsWith('(anonymous namespace)') ? name.slice(0, matchingParenthesis(name)) : name
  }

  /** Qualified, with template arguments; `A::*` where that stands there. */
  private name(depth: number): string {
    if (depth > MAX_DEPTH) return this.fail()
    let name = ''
    for (;;) {
      if (this.peek() === '*' && name !== '') {
        this.at++
        return `${name}*`
      }
      name += this.component(depth)
      if (this.failed) return ''
      const here = this.at
      this.skipSpaces()
      if (!this.take('::')) {
        // a space may separate what follows from it
        this.at = here
        break
      }
      name += '::'
      this.skipSpaces()
    }
    return name === 'decltype(nullptr)' ? 'std::nullptr_t' : name
  }

  private component(depth: number): string {
    const c = this.peek()
    if (c === '(') return this.parenthesizedName()
    if (c === '<') return this.unnamed(depth)
    if (c === '{') return this.braced(depth)
    let name = this.word()
    if (name === '') return this.fail()
    if (name === 'operator') name += this.operator(depth)
    if (name === 'decltype') return name + this.balanced()
    // a generic lambda's parameter
    if (name === 'auto' && this.take(':')) this.word()
    while (this.peek() === '[' && this.text.startsWith('[abi:', this.at)) this.skipPast(']')
    if (this.peek() === '<' && !this.isUnnamed()) {
      this.at++
      name += `<${this.list('>', depth)}>`
      if (!this.take('>')) return this.fail()
      while (this.text.startsWith('[abi:', this.at)) this.skipPast(']')
    }
    return name
  }

  /** Behind `operator`: a symbol, or the type it converts to. */
  private operator(depth: number): string {
    const symbol = this.operatorSymbol()
    if (symbol !== '') return symbol
    this.skipSpaces()
    return ` ${this.name(depth + 1)}`
  }

  /** gcc's `<lambda(int)>` and `<unnamed struct>`. */
  private unnamed(depth: number): string {
    this.at++
    if (!this.text.startsWith('lambda', this.at)) {
      const name = this.until('>')
      return name === 'anonymous' ? '(anonymous namespace)' : `{${name}}`
    }
    const name = this.lambda(depth)
    return this.take('>') ? name : this.fail()
  }

  /** The demangler's `{lambda(int)#1}`, `{anonymous}`, Rust's `{closure#0}`. */
  private braced(depth: number): string {
    this.at++
    if (!this.text.startsWith('lambda', this.at)) {
      const name = this.until('}')
      return name === 'anonymous' ? '(anonymous namespace)' : `{${name}}`
    }
    const name = this.lambda(depth)
    if (this.take('#')) this.word()
    return this.take('}') ? name : this.fail()
  }

  private lambda(depth: number): string {
    this.at += 'lambda'.length
    if (!this.take('(')) return '{lambda}'
    const parameters = this.list(')', depth)
    if (!this.take(')')) return this.fail()
    return `{lambda(${parameters})}`
  }
}

function builtin(words: string[]): string {
  const has = (word: string): boolean => words.includes(word)
  const sign = has('unsigned') ? 'unsigned ' : ''
  if (has('char')) return has('signed') ? 'signed char' : `${sign}char`
  if (has('double')) return has('long') ? 'long double' : 'double'
  if (has('short')) return `${sign}short`
  if (has('__int128')) return `${sign}__int128`
  const longs = words.filter((word) => word === 'long').length
  return sign + (longs === 0 ? 'int' : longs === 1 ? 'long' : 'long long')
}

/** Where the last parenthesis of a text was opened. */
function matchingParenthesis(text: string): number {
  let open = 0
  for (let i = text.length - 1; i >= 0; i--) {
    if (text[i] === ')') open++
    else if (text[i] === '(' && --open === 0) return i
  }
  return 0
}
