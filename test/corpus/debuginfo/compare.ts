/**
 * gdb's types and variables against ours. A difference is either one of EXPLAINED, whose reason is in the table and whose
 * number is counted, or it fails the test.
 */
import type { Composite, Facts, Member, Reference, TypeFact, VariableFact } from './forms.ts'
import { canonicalName } from './names.ts'

/** Every difference that is not a fault of ours. */
export const EXPLAINED = {
  'unqualified': 'gdb names a type without its class where it meets it while it still reads that class, and a type of a function without the function',
  'virtual base': "gdb's Python has no offset for a virtual base: it needs an object; threads.cpp tells it at its runtime",
  'inlined': 'gdb has no symbol for a type whose function has no code of its own (inlined everywhere), or that lies in a block without code',
  'static member': 'which static data members a class lists depends on the unit: compilers leave out those it does not use',
  'assembler name': "gdb names a variable of C by its name in assembly where the program gives it one (glibc's `__GI_…`)",
  'lambda': 'gdb reads no members of a lambda that stands in the declaration of its function',
  'no address': 'gdb can not tell the address without a process',
} as const
export type Explained = keyof typeof EXPLAINED

export interface Comparison {
  /** Types and variables of gdb that were held against ours. */
  types: number
  members: number
  variables: number
  explained: Map<Explained, number>
  unexplained: string[]
}

type Difference = { explained: Explained } | { unexplained: string }

/** @param local last parts of the names of types that are local to functions */
export function compareFacts(theirs: Facts, ours: Facts, local: ReadonlySet<string>): Comparison {
  const comparison: Comparison = { types: 0, members: 0, variables: 0, explained: new Map(), unexplained: [] }
  compareTypes(theirs.types, ours.types, local, comparison)
  compareVariables(theirs.variables, ours.variables, comparison)
  return comparison
}

function compareTypes(theirs: TypeFact[], ours: TypeFact[], local: ReadonlySet<string>, into: Comparison): void {
  const ourNames = byName(ours)
  const theirNames = byName(theirs)
  const ourTails = new Map<string, TypeFact[]>()
  for (const fact of ours) push(ourTails, tailOf(canonicalName(fact.name)), fact)
  const matched = new Set<TypeFact>()
  for (const [name, facts] of theirNames) {
    for (const fact of facts) {
      into.types++
      into.members += fact.form[2].length
      const candidates = [...(ourNames.get(name) ?? []), ...(ourTails.get(tailOf(name)) ?? []).filter((one) => endsWithName(canonicalName(one.name), name))]
      const best = closest(fact.form, candidates)
      if (best === null) into.unexplained.push(`${fact.name}: gdb has it, we don't${fact.local === '' ? '' : ` (in ${fact.local})`}`)
      else {
        matched.add(best.fact)
        record(best.differences, fact.name, into)
      }
    }
  }
  for (const fact of ours) {
    if (matched.has(fact)) continue
    const name = canonicalName(fact.name)
    const same = theirNames.get(name)
    // Equal but for what is explained to one that gdb has.
    if (same !== undefined && same.some((one) => differences(one.form, fact.form).every((d) => 'explained' in d))) continue
    if (local.has(tailOf(fact.name))) count(into, 'inlined')
    else into.unexplained.push(same === undefined ? `${fact.name}: we have it, gdb doesn't` : `${fact.name}: gdb has no such meaning of it: ${JSON.stringify(fact.form).slice(0, 300)}`)
  }
}

/** What a lambda captures is called `__name`. */
const isEmptyLambda = (their: Composite, our: Composite): boolean => their[1] === our[1] && their[2].length === 0 && our[2].length > 0 && our[2].every((member) => member[0].startsWith('__'))

/** Of several types of one name, the one that differs least. */
function closest(form: Composite, candidates: TypeFact[]): { fact: TypeFact; differences: Difference[] } | null {
  let best: { fact: TypeFact; differences: Difference[] } | null = null
  for (const fact of candidates) {
    const found = differences(form, fact.form)
    if (best === null || weight(found) < weight(best.differences)) best = { fact, differences: found }
  }
  return best
}

const weight = (found: Difference[]): number => found.reduce((sum, d) => sum + ('explained' in d ? 1 : 1000), 0)

function record(found: Difference[], name: string, into: Comparison): void {
  for (const difference of found) {
    if ('explained' in difference) count(into, difference.explained)
    else into.unexplained.push(`${name}: ${difference.unexplained}`)
  }
}

function differences(their: Composite, our: Composite): Difference[] {
  const found: Difference[] = []
  if (isEmptyLambda(their, our)) return [{ explained: 'lambda' }]
  if (their[0] !== our[0]) found.push({ unexplained: `gdb: ${their[0]}, ours: ${our[0]}` })
  if (their[1] !== our[1]) found.push({ unexplained: `size ${String(their[1])} in gdb, ours ${String(our[1])}` })
  if (their[0] === 'enum' || our[0] === 'enum') {
    const one = (their[2] as [string, string][]).map(([name, value]) => `${tailOf(name)}=${BigInt.asIntN(64, BigInt(value))}`)
    const other = (our[2] as [string, string][]).map(([name, value]) => `${tailOf(name)}=${BigInt.asIntN(64, BigInt(value))}`)
    if (one.join() !== other.join()) found.push({ unexplained: `enumerators ${one.join(' ').slice(0, 200)} in gdb, ours ${other.join(' ').slice(0, 200)}` })
    return found
  }
  const onlyIn = (members: Member[], others: Member[]): Member[] => members.filter((member) => isStatic(member) && !others.some((one) => one[0] === member[0]))
  const lonely = new Set([...onlyIn(their[2], our[2]), ...onlyIn(our[2], their[2])])
  if (lonely.size > 0) found.push({ explained: 'static member' })
  const theirMembers = inOrder(their[2]).filter((member) => !lonely.has(member))
  const ourMembers = inOrder(our[2]).filter((member) => !lonely.has(member))
  if (theirMembers.length !== ourMembers.length) {
    found.push({ unexplained: `members ${theirMembers.map((m) => m[0]).join(' ')} in gdb, ours ${ourMembers.map((m) => m[0]).join(' ')}` })
    return found
  }
  theirMembers.forEach((member, i) => found.push(...memberDifferences(member, ourMembers[i])))
  return found
}

const isStatic = (member: Member): boolean => member[1] === null && member[4] === undefined

/** Virtual bases have no place of their own in gdb. */
function inOrder(members: Member[]): Member[] {
  const rank = (m: Member): number => (m[4] !== undefined ? 0 : m[1] === null ? 2 : 1)
  return [...members].sort((a, b) => rank(a) - rank(b))
}

function memberDifferences(their: Member, our: Member): Difference[] {
  const found: Difference[] = []
  const [name, at, bits, form] = their
  const where = `.${name}`
  if (our[4] === 'virtual') found.push({ explained: 'virtual base' })
  else if (at !== our[1] || bits !== our[2]) found.push({ unexplained: `${where} at bit ${String(at)}:${bits} in gdb, ours ${String(our[1])}:${our[2]}` })
  if ((their[4] === undefined) !== (our[4] === undefined)) found.push({ unexplained: `${where} is a ${their[4] ?? 'member'} in gdb, ours a ${our[4] ?? 'member'}` })
  if (their[4] === undefined && name !== our[0]) found.push({ unexplained: `${where} in gdb, ours .${our[0]}` })
  return [...found, ...referenceDifferences(form, our[3], where)]
}

function referenceDifferences(their: Reference, our: Reference, where: string): Difference[] {
  const wrong = (): Difference[] => [{ unexplained: `${where} is ${spelled(their)} in gdb, ours ${spelled(our)}` }]
  if (their[0] !== our[0]) return wrong()
  switch (their[0]) {
    case 'named': {
      const one = canonicalName(their[1] ?? '')
      const other = canonicalName(our[1] as string)
      if (one === other) return []
      return endsWithName(other, one) ? [{ explained: 'unqualified' }] : wrong()
    }
    case 'struct':
    case 'union':
    case 'enum':
      return differences(their, our as Composite).map((d) => ('explained' in d ? d : { unexplained: `${where}: ${d.unexplained}` }))
    case 'array':
    case 'vector':
      return their[1] === our[1] ? referenceDifferences(their[2], our[2] as Reference, where) : wrong()
    case 'function': {
      const [, returned, parameters] = our as ['function', Reference, Reference[]]
      if (parameters.length !== their[2].length) return wrong()
      return [...referenceDifferences(their[1], returned, where), ...their[2].flatMap((p, i) => referenceDifferences(p, parameters[i], where))]
    }
    case 'methodPointer':
      return []
    default:
      return referenceDifferences(their[1], our[1] as Reference, where)
  }
}

function spelled(form: Reference): string {
  return JSON.stringify(form).slice(0, 200)
}

function compareVariables(theirs: VariableFact[], ours: VariableFact[], into: Comparison): void {
  const byAddress = new Map<string, VariableFact[]>()
  const byTail = new Map<string, VariableFact[]>()
  const ourAt = new Map<number, VariableFact[]>()
  for (const fact of ours) {
    push(byTail, variableTail(fact.name), fact)
    if (!fact.tls && fact.address !== null) push(ourAt, fact.address, fact)
    if (!fact.tls && fact.address !== null) push(byAddress, `${fact.address} ${variableTail(fact.name)}`, fact)
  }
  for (const fact of theirs) {
    into.variables++
    const tail = variableTail(fact.name)
    const named = byTail.get(tail) ?? []
    if (fact.address === null) {
      // Without a process gdb knows of a thread-local only that it is one.
      if (fact.tls && !named.some((one) => one.tls && isType(fact, one))) into.unexplained.push(`${fact.name}: thread-local in gdb, we have none`)
      else count(into, 'no address')
      continue
    }
    const at = byAddress.get(`${fact.address} ${tail}`) ?? []
    const other = at.length === 0 ? (ourAt.get(fact.address) ?? []).filter((one) => fact.name.endsWith(one.name) && isType(fact, one)) : []
    if (other.length > 0) count(into, 'assembler name')
    else if (at.length === 0) into.unexplained.push(`variable ${fact.name}${fact.local === '' ? '' : ` of ${fact.local}`} at 0x${fact.address.toString(16)}: ours ${named.map((one) => `0x${(one.address ?? 0).toString(16)}`).join(' ') || 'nowhere'}`)
    else if (!at.some((one) => isType(fact, one))) into.unexplained.push(`variable ${fact.name} is ${spelled(fact.form)} in gdb, ours ${at.map((one) => spelled(one.form)).join(' or ')}`)
  }
}

/** gdb puts the arguments of a variable template behind its name, and the ABI's tag. */
const variableTail = (name: string): string => tailOf(canonicalName(name.replace(/\[abi:\w+\]/, ''))).replace(/<.*$/, '')

function isType(their: VariableFact, our: VariableFact): boolean {
  return referenceDifferences(their.form, our.form, '').every((d) => 'explained' in d)
}

function byName(facts: TypeFact[]): Map<string, TypeFact[]> {
  const map = new Map<string, TypeFact[]>()
  for (const fact of facts) push(map, canonicalName(fact.name), fact)
  return map
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

function count(into: Comparison, what: Explained): void {
  into.explained.set(what, (into.explained.get(what) ?? 0) + 1)
}

/** What is behind the last `::` outside of brackets. */
export function tailOf(name: string): string {
  let depth = 0
  for (let i = name.length - 1; i > 0; i--) {
    const c = name[i]
    if (c === '>' || c === ')') depth++
    else if (c === '<' || c === '(') depth--
    else if (c === ':' && name[i - 1] === ':' && depth <= 0) return name.slice(i + 1)
  }
  return name
}

function endsWithName(full: string, end: string): boolean {
  return full.length > end.length && full.endsWith(`::${end}`)
}
