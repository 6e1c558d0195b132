/**
 * Whether two spellings are the name of one type. Compilers, their debug information and demanglers differ in where `const`
 * stands, in spaces, in inline namespaces, in what integers and default template arguments look like; those differences are
 * taken away here, and no others.
 */

/** A qualified name is a list of parts, each maybe with template arguments; all else is text behind or around it. */
export function normalName(name: string): string {
  const known = cache.get(name)
  if (known !== undefined) return known
  const normal = new Reader(tokens(prepared(name))).all()
  if (cache.size > 100_000) cache.clear()
  cache.set(name, normal)
  return normal
}

const cache = new Map<string, string>()

function prepared(name: string): string {
  return name
    .replace(/\b(?:struct|class|union|enum|typename)\s+/g, '')
    .replace(/\(anonymous(?: namespace)?\)|\{anonymous\}|<unnamed>/g, '$anonymous')
    .replace(/\{lambda\([^{}]*\)#\d+\}|<lambda\([^<>]*(?:<[^<>]*>)*[^<>]*\)>|\(lambda[^()]*\)/g, '$lambda')
    .replace(/\bstd::(?:__cxx11|__1|__ndk1|__detail::__variant::__1)::/g, 'std::')
}

const tokens = (text: string): string[] => text.match(/::|&&|[\w$~]+|[^\s\w]/g) ?? []

const INTEGER = new Set(['unsigned', 'signed', 'long', 'short', 'int', 'char'])
const SPELLED: Record<string, string> = {
  size_t: 'unsigned long', 'std::size_t': 'unsigned long', ssize_t: 'long', ptrdiff_t: 'long', 'std::ptrdiff_t': 'long', uintptr_t: 'unsigned long', intptr_t: 'long',
  uint8_t: 'unsigned char', int8_t: 'signed char', uint16_t: 'unsigned short', int16_t: 'short', uint32_t: 'unsigned int', int32_t: 'int', uint64_t: 'unsigned long', int64_t: 'long',
  _Bool: 'bool', 'std::byte': 'std::byte', 'std::string': 'std::basic_string<char>', 'std::nullptr_t': 'decltype(nullptr)', uint: 'unsigned int', uchar: 'unsigned char',
  '__gnu_cxx::_S_single': '0', '__gnu_cxx::_S_mutex': '1', '__gnu_cxx::_S_atomic': '2', 'boost::container::red_black_tree': '0', true: '1', false: '0',
}
for (const bits of ['8', '16', '32', '64']) for (const u of ['', 'u']) SPELLED[`std::${u}int${bits}_t`] = SPELLED[`${u}int${bits}_t`] ?? ''

/** Of these, trailing template arguments that are the defaults count as left out. */
const DEFAULTED = /^std::(?:vector|deque|list|forward_list|map|multimap|set|multiset|unordered_\w+|basic_string|unique_ptr|stack|queue|priority_queue|basic_string_view|__1::\w+)$/
const DEFAULTS = /^std::(?:allocator|char_traits|less|hash|equal_to|default_delete)(?:<|$)/
const DEFAULT_CONTAINER: Record<string, string> = { 'std::stack': 'std::deque', 'std::queue': 'std::deque', 'std::priority_queue': 'std::vector' }

class Reader {
  private at = 0
  private readonly tokens: string[]
  constructor(all: string[]) {
    this.tokens = all
  }

  all(): string {
    let text = this.type()
    while (this.at < this.tokens.length) text += this.tokens[this.at++] + this.type()
    return text
  }

  /** Until `,`, `>`, `)` or the end: a base with its `const` behind it, then whatever declarators there are. */
  private type(): string {
    let base = ''
    let qualifiers = ''
    const integer: string[] = []
    let text = ''
    for (; this.at < this.tokens.length; ) {
      const token = this.tokens[this.at] ?? ''
      if (token === ',' || token === '>' || token === ')') break
      if (token === 'const' || token === 'volatile') {
        this.at++
        if (text === '') qualifiers += ` ${token}`
        else text += token
      } else if (INTEGER.has(token) && base === '') {
        this.at++
        integer.push(token)
      } else if (/^[\w$~]|^::$/.test(token) && base === '' && integer.length === 0) base = this.qualified()
      else if (token === '(') {
        this.at++
        const inside = this.list(')')
        // a cast in front of a number
        if (base === '' && integer.length === 0 && /^[\w$-]/.test(this.tokens[this.at] ?? '')) continue
        text += `(${inside.join(',')})`
      } else {
        this.at++
        text += token
      }
    }
    if (integer.length > 0) base = integerName(integer)
    return base + [...new Set(qualifiers.trim().split(' '))].sort().map((word) => (word === '' ? '' : ` ${word}`)).join('') + text
  }

  private qualified(): string {
    let name = ''
    while (this.at < this.tokens.length) {
      const token = this.tokens[this.at] ?? ''
      if (token === '::') {
        this.at++
        if (name !== '') name += '::'
      } else if (/^[\w$~]/.test(token) && (name === '' || name.endsWith('::'))) {
        this.at++
        name += /^\d/.test(token) ? token.replace(/[uUlL]+$/, '') : token
      } else if (token === '<' && name !== '') {
        this.at++
        name += this.arguments(name)
      } else if (token === '(' && this.isScope()) {
        // a function whose local type it is
        this.at++
        this.list(')')
        while (this.tokens[this.at] === 'const') this.at++
      } else break
    }
    return SPELLED[name] ?? name
  }

  /** `(…)::`, as in `run(int)::Local` */
  private isScope(): boolean {
    let depth = 0
    for (let i = this.at; i < this.tokens.length; i++) {
      if (this.tokens[i] === '(') depth++
      else if (this.tokens[i] === ')' && --depth === 0) return this.tokens[i + 1] === '::' || (this.tokens[i + 1] === 'const' && this.tokens[i + 2] === '::')
    }
    return false
  }

  private arguments(name: string): string {
    const list = this.list('>')
    if (DEFAULTED.test(name)) {
      while (list.length > 1 && (DEFAULTS.test(list.at(-1) ?? '') || (list.length === 2 && list[1] === `${DEFAULT_CONTAINER[name]}<${list[0]}>`))) list.pop()
    }
    return `<${list.join(',')}>`
  }

  private list(end: string): string[] {
    const list: string[] = []
    while (this.at < this.tokens.length) {
      if (this.tokens[this.at] === end) {
        this.at++
        break
      }
      const before = this.at
      list.push(this.type())
      if (this.tokens[this.at] === ',' || this.at === before) this.at++
    }
    return list.filter((argument, i) => argument !== '' || i > 0 || list.length > 1).filter((argument) => argument !== 'void' || end !== ')')
  }
}

/** `long unsigned int` is `unsigned long`. */
function integerName(words: string[]): string {
  const unsigned = words.includes('unsigned')
  const longs = words.filter((word) => word === 'long').length
  // both are of eight bytes
  const base = words.includes('char') ? (words.includes('signed') ? 'signed char' : 'char') : words.includes('short') ? 'short' : longs > 0 ? 'long' : 'int'
  return unsigned ? `unsigned ${base}` : base
}

/**
 * Whether what shape alone tells is as right as it can be: a container's node without its element (`std::_Rb_tree_node<?>`), pointers to
 * anything (`void *[]`) for pointers to something.
 */
export function isRightByShape(said: string, truth: string): boolean {
  const [a, b] = [normalName(said), normalName(truth)]
  if (a === b || (a.includes('<?>') && headOf(a) === headOf(b))) return true
  return a === 'void*[]' && (b.endsWith('*[]') || b.startsWith('std::unique_ptr<'))
}

/** Without template arguments. */
function headOf(name: string): string {
  let depth = 0
  let head = ''
  for (const character of name) {
    if (character === '<') depth++
    else if (character === '>') depth--
    else if (depth === 0) head += character
  }
  return head
}
