/**
 * Which part of a C++ type name a person reads first. `std::map<K, V>::node<int>` is
 * scope `std::map<…>::`, name `node`, args `<int>`; anything that doesn't parse is all name.
 */

export interface TypeNameParts {
  /** With template arguments elided, trailing `::` included; may be empty. */
  scope: string
  name: string
  /** Template arguments and what follows, cut to `MAX_ARGS`. */
  args: string
}

/** More than any column shows; keeps rows of 5,000-character names light. */
export const MAX_ARGS = 240

const OPENERS = '<([{'
const CLOSERS = '>)]}'

export function splitTypeName(full: string): TypeNameParts {
  let depth = 0
  let nameStart = 0
  let argsStart = -1
  for (let i = 0; i < full.length; i++) {
    const c = full[i]!
    if (OPENERS.includes(c)) {
      if (depth === 0 && c === '<' && argsStart < 0 && i > nameStart) argsStart = i
      depth++
    } else if (CLOSERS.includes(c)) {
      depth--
      if (depth < 0) return whole(full)
    } else if (depth === 0 && c === ':' && full[i + 1] === ':') {
      nameStart = i + 2
      argsStart = -1
      i++
    }
  }
  if (depth !== 0 || nameStart >= full.length) return whole(full)
  const nameEnd = argsStart < 0 ? full.length : argsStart
  return {
    scope: elide(full.slice(0, nameStart)),
    name: cut(full.slice(nameStart, nameEnd)),
    args: cut(full.slice(nameEnd)),
  }
}

/** Template arguments at depth 0 become `<…>`. */
function elide(scope: string): string {
  let out = ''
  let depth = 0
  for (const c of scope) {
    if (c === '<' && depth++ === 0) out += '<…>'
    else if (c === '>' && depth > 0) depth--
    else if (depth === 0 && c !== '<') out += c
  }
  return cut(out)
}

function whole(full: string): TypeNameParts {
  return { scope: '', name: cut(full), args: '' }
}

function cut(text: string): string {
  return text.length > MAX_ARGS ? `${text.slice(0, MAX_ARGS)}…` : text
}
