/**
 * Types that blocks have by their vtables, called as the debug information calls them. The class's name, in whatever
 * spelling, finds its type; where it doesn't (clang calls a lambda by its place in the source, the symbol by a number),
 * the destructor that stands in the class's vtable says whose it is.
 */
import type { AddressSpace } from '../memory/addressSpace.ts'
import { UNKNOWN_TYPE, type KnownType } from '../findings/top.ts'
import type { TypeRef } from '../../contract/rows.ts'
import type { TypeFinder } from './typeFinder.ts'

/** Virtual functions that are looked at for a destructor. */
const MAX_SLOTS = 64

/**
 * Renames in place; answers whether anything changed. Types that are one become one object at both indexes, so that
 * TopN has one row for them. May be called again whenever more modules' symbols are there.
 */
export function nameByDebugInfo(types: KnownType[], finder: TypeFinder, memory: AddressSpace): boolean {
  const byType = new Map<string, KnownType>()
  let changed = false
  for (let i = 1; i < types.length; i++) {
    const type = types[i]
    if (type === UNKNOWN_TYPE) continue
    const found = classOf(type, finder, memory)
    if (found === null) continue
    const suffix = type.counted ? '[]' : ''
    const key = `${found}${suffix}`
    const name = `${finder.spelling(found)}${suffix}`
    let named = byType.get(key)
    if (!named) {
      named = type.name === name ? type : { ...type, name, label: name }
      byType.set(key, named)
    }
    changed ||= named !== type
    types[i] = named
  }
  return changed
}

/** The class of a block's object, or of its elements; null where the debug information does not tell it. */
export function classOf(type: KnownType, finder: TypeFinder, memory: AddressSpace): TypeRef | null {
  const name = type.name === null || !type.counted ? type.name : type.name.slice(0, -'[]'.length)
  const found = name === null ? null : finder.find(name)
  if (found !== null || type.vtable === undefined) return found
  const owner = ownerOfDestructor(type.vtable, name, finder, memory)
  return owner === null ? null : finder.find(owner)
}

/**
 * The class whose destructor stands in a vtable; null where there is none, or functions of several classes are one. A
 * class has one of its own, but compilers may put its base's there where both do the same: then a second one, which
 * also frees, is its own.
 */
function ownerOfDestructor(vtable: number, name: string | null, finder: TypeFinder, memory: AddressSpace): string | null {
  for (let slot = 0; slot < MAX_SLOTS; slot++) {
    const target = memory.word(vtable + slot * 8)
    if (Number.isNaN(target)) return null
    // classes that are only bases have zeroes for their destructors
    const names = target === 0 ? [] : finder.functionsAt(target)
    // without a name to compare with, only what is known from the start on is trusted
    if (names.length === 0 && target !== 0 && name === null) return null
    const owners = new Set<string>()
    for (const each of names) {
      const at = each.lastIndexOf('::~')
      const owner = at > 0 ? each.slice(0, at) : ''
      if (owner !== '' && (name === null || sameHead(owner, name))) owners.add(owner)
    }
    if (owners.size > 0) return owners.size === 1 ? [...owners][0] : null
  }
  return null
}

/** Whether the last part of two names is the same but for template arguments; what has no name of its own may be anything. */
function sameHead(a: string, b: string): boolean {
  const [headA, headB] = [lastPart(a), lastPart(b)]
  return headA === headB || [headA, headB].some((head) => /^[({$]/.test(head))
}

/** `Deep` of `outer::O<long>::Deep<ns::K>`. */
function lastPart(spelled: string): string {
  const name = spelled.replaceAll(/\boperator[<>=!-]+/g, 'operator')
  let end = name.length
  let depth = 0
  for (let i = name.length - 1; i >= 0; i--) {
    const c = name[i]
    if (c === '>' || c === ')' || c === '}') depth++
    else if (c === '<' || c === '(' || c === '{') {
      depth--
      if (depth === 0 && c === '<') end = i
    } else if (depth === 0 && c === ':') return name.slice(i + 1, end)
  }
  return name.slice(0, end)
}
