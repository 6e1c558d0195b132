/**
 * Builds SymbolTables from a description one can read:
 *
 *   symbolTables({
 *     types: { Node: { kind: 'struct', size: 16, members: [[0, 'next', 'Node *'], [8, 'values', 'int [2]']] } },
 *     variables: [[0x4000, 'head', 'Node *']],
 *     functions: [[0x1000, 0x1080, 'main']],
 *     symbols: [[0x4000, 8, 'head', 'object']],
 *   })
 *
 * A type is named by its key. C's base types are there unasked; so is whatever a key derives from another with `const ` before
 * or ` *`, ` &`, ` &&`, ` const`, ` [N]`, ` []` behind it. Equal descriptions have equal hashes.
 */
import { ENCODING, PART, SYMBOL, TYPE, TYPE_FLAG, VARIABLE_FLAG, textHash, type PartKindCode, type SymbolTables } from '../../src-main/engine/symbols/tables.ts'

type Member = [offset: number, name: string, type: string, bits?: [first: number, count: number]]
interface Place { file?: string; line?: number; align?: number }

export type TypeSpec =
  | ({ kind: 'struct' | 'class' | 'union'; size: number; name?: string; bases?: [offset: number, type: string][]; virtualBases?: [offset: number, type: string][]; members?: Member[]; statics?: [name: string, type: string][]; typeArguments?: [name: string, type: string][]; valueArguments?: [name: string, type: string, value: number][]; namedByTypedef?: boolean } & Place)
  | ({ kind: 'enum'; size: number; name?: string; of?: string; scoped?: boolean; values: [name: string, value: number | bigint][] } & Place)
  | ({ kind: 'typedef'; to: string } & Place)
  | { kind: 'base'; size: number; encoding: keyof typeof ENCODING }
  | { kind: 'unspecified' }
  | { kind: 'declaration'; of: 'struct' | 'class' | 'union' | 'enum' }
  /** Without a name; `returns` absent: void. */
  | { kind: 'function'; returns?: string; parameters?: string[]; variadic?: boolean }
  | { kind: 'memberPointer'; of: string; to: string }
  | { kind: 'array'; of: string; dimensions: number[]; vector?: boolean }
  | { kind: 'variantPart'; discriminant?: Member; variants: [value: number | 'default', ...member: Member][] }
  /** Anything that is no sense in C: for hostile tables. */
  | { kind: 'raw'; code: number; target?: number; firstPart?: number; partCount?: number; name?: string; size?: number }

export interface TablesSpec {
  types?: Record<string, TypeSpec>
  variables?: [address: number, name: string, type: string, flags?: (keyof typeof VARIABLE_FLAG)[]][]
  functions?: [low: number, high: number, name: string][]
  symbols?: [address: number, size: number, name: string, kind: keyof typeof SYMBOL][]
}

const BASES: Record<string, TypeSpec> = {
  char: { kind: 'base', size: 1, encoding: 'signedChar' },
  'signed char': { kind: 'base', size: 1, encoding: 'signedChar' },
  'unsigned char': { kind: 'base', size: 1, encoding: 'unsignedChar' },
  short: { kind: 'base', size: 2, encoding: 'signed' },
  'unsigned short': { kind: 'base', size: 2, encoding: 'unsigned' },
  int: { kind: 'base', size: 4, encoding: 'signed' },
  'unsigned int': { kind: 'base', size: 4, encoding: 'unsigned' },
  long: { kind: 'base', size: 8, encoding: 'signed' },
  'unsigned long': { kind: 'base', size: 8, encoding: 'unsigned' },
  __int128: { kind: 'base', size: 16, encoding: 'signed' },
  float: { kind: 'base', size: 4, encoding: 'float' },
  double: { kind: 'base', size: 8, encoding: 'float' },
  'long double': { kind: 'base', size: 16, encoding: 'float' },
  bool: { kind: 'base', size: 1, encoding: 'boolean' },
  char32_t: { kind: 'base', size: 4, encoding: 'utf' },
}

interface TypeRow {
  kind: number
  flags: number
  name: string
  size: number
  align: number
  encoding: number
  target: number
  containing: number
  parts: PartRow[]
  firstPart?: number
  partCount?: number
  file: string
  line: number
  content: string
}

interface PartRow {
  kind: PartKindCode
  name: string
  type: number
  offset: number
  bits: [number, number]
  value: bigint
}

const encoder = new TextEncoder()

export function symbolTables(spec: TablesSpec): SymbolTables {
  const given = spec.types ?? {}
  const types: TypeRow[] = [row(TYPE.void, '', 'void')]
  const indexes = new Map<string, number>([['void', 0]])
  for (const key of Object.keys(given)) need(key)
  const variables = (spec.variables ?? []).map(([address, name, type, flags = []]) => ({ address, name, type: need(type), flags: flags.reduce((bits, flag) => bits | VARIABLE_FLAG[flag], 0) }))
  variables.sort((a, b) => (a.flags & VARIABLE_FLAG.tls) - (b.flags & VARIABLE_FLAG.tls) || a.address - b.address)
  const functions = [...(spec.functions ?? [])].sort((a, b) => a[0] - b[0])
  const symbols = [...(spec.symbols ?? [])].sort((a, b) => Number(a[3] === 'tls') - Number(b[3] === 'tls') || a[0] - b[0])
  const strings = new Strings()
  const parts = types.flatMap(({ parts }) => parts)
  let next = 0
  const firstPart = types.map(({ parts }) => (next += parts.length) - parts.length)
  const named = types.map(({ name }, type) => ({ type, name })).filter(({ name }) => name !== '').map(({ type, name }) => ({ type, hash: textHash(encoder.encode(name)) }))
  named.sort((a, b) => a.hash - b.hash || a.type - b.type)
  const u32 = (values: number[]): Uint32Array => Uint32Array.from(values)
  const u8 = (values: number[]): Uint8Array => Uint8Array.from(values)
  const f64 = (values: number[]): Float64Array => Float64Array.from(values)
  const tables: Omit<SymbolTables, 'strings'> = {
    types: {
      count: types.length,
      kind: u8(types.map((t) => t.kind)),
      flags: u8(types.map((t) => t.flags)),
      name: u32(types.map((t) => strings.add(t.name))),
      size: f64(types.map((t) => t.size)),
      align: u32(types.map((t) => t.align)),
      encoding: u8(types.map((t) => t.encoding)),
      target: u32(types.map((t) => t.target)),
      containing: u32(types.map((t) => t.containing)),
      firstPart: u32(types.map((t, i) => t.firstPart ?? firstPart[i])),
      partCount: u32(types.map((t) => t.partCount ?? t.parts.length)),
      file: u32(types.map((t) => strings.add(t.file))),
      line: u32(types.map((t) => t.line)),
      hashLow: u32(types.map((t) => textHash(encoder.encode(t.content)))),
      hashHigh: u32(types.map((t) => textHash(encoder.encode(`high ${t.content}`)))),
    },
    parts: {
      count: parts.length,
      kind: u8(parts.map((p) => p.kind)),
      name: u32(parts.map((p) => strings.add(p.name))),
      type: u32(parts.map((p) => p.type)),
      offset: f64(parts.map((p) => p.offset)),
      firstBit: u8(parts.map((p) => p.bits[0])),
      bitCount: Uint16Array.from(parts.map((p) => p.bits[1])),
      value: BigInt64Array.from(parts.map((p) => p.value)),
    },
    variables: {
      count: variables.length,
      name: u32(variables.map((v) => strings.add(v.name))),
      type: u32(variables.map((v) => v.type)),
      address: f64(variables.map((v) => v.address)),
      flags: u8(variables.map((v) => v.flags)),
      file: u32(variables.map(() => 0)),
      line: u32(variables.map(() => 0)),
    },
    functions: { count: functions.length, low: f64(functions.map(([low]) => low)), high: f64(functions.map(([, high]) => high)), name: u32(functions.map(([, , name]) => strings.add(name))) },
    symbols: {
      count: symbols.length,
      name: u32(symbols.map(([, , name]) => strings.add(name))),
      address: f64(symbols.map(([address]) => address)),
      size: f64(symbols.map(([, size]) => size)),
      kind: u8(symbols.map(([, , , kind]) => SYMBOL[kind])),
    },
    byName: { count: named.length, type: u32(named.map(({ type }) => type)), nameHash: u32(named.map(({ hash }) => hash)) },
  }
  return { strings: strings.bytes(), ...tables }

  /** The index of the type that a key stands for, made when it is first asked for. */
  function need(key: string): number {
    const known = indexes.get(key)
    if (known !== undefined) return known
    const index = types.push(row(TYPE.void, '', key)) - 1
    indexes.set(key, index)
    const described = given[key] ?? BASES[key]
    types[index] = described ? fromSpec(key, described) : derived(key)
    return index
  }

  function derived(key: string): TypeRow {
    const array = /^(.*?) ?((?:\[-?\d*\])+)$/s.exec(key)
    if (array) return fromSpec(key, { kind: 'array', of: array[1], dimensions: [...array[2].matchAll(/\[(-?\d*)\]/g)].map(([, n]) => (n === '' ? -1 : Number(n))) })
    for (const [ending, kind] of [[' const', TYPE.const], ['&&', TYPE.rvalueReference], ['&', TYPE.reference], ['*', TYPE.pointer]] as const) {
      if (key.endsWith(ending)) return { ...row(kind, '', key), size: kind === TYPE.const ? -1 : 8, target: need(key.slice(0, -ending.length).trimEnd()) }
    }
    for (const [word, kind] of [['const ', TYPE.const], ['volatile ', TYPE.volatile]] as const) if (key.startsWith(word)) return { ...row(kind, '', key), target: need(key.slice(word.length)) }
    throw new Error(`no type is described by ${key}`)
  }

  function fromSpec(key: string, t: TypeSpec): TypeRow {
    const content = `${key} ${JSON.stringify(t, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`
    switch (t.kind) {
      case 'struct':
      case 'class':
      case 'union':
        return {
          ...row(TYPE[t.kind], t.name ?? key, content, t),
          size: t.size,
          flags: t.namedByTypedef ? TYPE_FLAG.namedByTypedef : 0,
          parts: [
            ...(t.bases ?? []).map(([offset, type]) => part(PART.base, '', need(type), offset)),
            ...(t.virtualBases ?? []).map(([offset, type]) => part(PART.virtualBase, '', need(type), offset)),
            ...(t.members ?? []).map((m) => memberPart(PART.member, m)),
            ...(t.statics ?? []).map(([name, type]) => part(PART.staticMember, name, need(type))),
            ...(t.typeArguments ?? []).map(([name, type]) => part(PART.typeArgument, name, need(type))),
            ...(t.valueArguments ?? []).map(([name, type, value]) => part(PART.valueArgument, name, need(type), 0, BigInt(value))),
          ],
        }
      case 'enum':
        return { ...row(TYPE.enum, t.name ?? key, content, t), size: t.size, flags: t.scoped ? TYPE_FLAG.scoped : 0, target: t.of === undefined ? 0 : need(t.of), parts: t.values.map(([name, value]) => part(PART.enumerator, name, 0, 0, BigInt(value))) }
      case 'typedef':
        return { ...row(TYPE.typedef, key, content, t), target: need(t.to) }
      case 'base':
        return { ...row(TYPE.base, key, content), size: t.size, encoding: ENCODING[t.encoding] }
      case 'unspecified':
        return row(TYPE.unspecified, key, content)
      case 'declaration':
        return { ...row(TYPE[t.of], key, content), flags: TYPE_FLAG.declaration }
      case 'function':
        return { ...row(TYPE.function, '', content), target: t.returns === undefined ? 0 : need(t.returns), parts: [...(t.parameters ?? []).map((type) => part(PART.parameter, '', need(type))), ...(t.variadic ? [part(PART.ellipsis, '', 0)] : [])] }
      case 'memberPointer':
        return { ...row(TYPE.memberPointer, '', content), containing: need(t.of), target: need(t.to) }
      case 'array':
        return { ...row(TYPE.array, '', content), target: need(t.of), flags: t.vector ? TYPE_FLAG.vector : 0, parts: t.dimensions.map((n) => part(PART.dimension, '', 0, 0, BigInt(n))) }
      case 'variantPart':
        return {
          ...row(TYPE.variantPart, '', content),
          parts: [...(t.discriminant ? [memberPart(PART.discriminant, t.discriminant)] : []), ...t.variants.map(([value, ...m]) => ({ ...memberPart(value === 'default' ? PART.defaultVariant : PART.variant, m), value: value === 'default' ? 0n : BigInt(value) }))],
        }
      case 'raw': {
        const raw = { ...row(TYPE.void, t.name ?? '', content), kind: t.code, target: t.target ?? 0, size: t.size ?? -1 }
        if (t.firstPart !== undefined) raw.firstPart = t.firstPart
        if (t.partCount !== undefined) raw.partCount = t.partCount
        return raw
      }
    }
  }

  function memberPart(kind: PartKindCode, [offset, name, type, bits]: Member): PartRow {
    return { ...part(kind, name, need(type), offset), bits: bits ?? [0, 0] }
  }
}

function row(kind: number, name: string, content: string, { file = '', line = 0, align = 0 }: Place = {}): TypeRow {
  return { kind, flags: 0, name, size: -1, align, encoding: 0, target: 0, containing: 0, parts: [], file, line, content }
}

function part(kind: PartKindCode, name: string, type: number, offset = 0, value = 0n): PartRow {
  return { kind, name, type, offset, bits: [0, 0], value }
}

/** Each text once; offset 0 is the empty one. */
class Strings {
  private readonly chunks: Uint8Array[] = [Uint8Array.of(0)]
  private readonly offsets = new Map<string, number>([['', 0]])
  private length = 1

  add(text: string): number {
    const known = this.offsets.get(text)
    if (known !== undefined) return known
    const bytes = encoder.encode(`${text}\0`)
    const offset = this.length
    this.chunks.push(bytes)
    this.offsets.set(text, offset)
    this.length += bytes.length
    return offset
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.length)
    let at = 0
    for (const chunk of this.chunks) {
      all.set(chunk, at)
      at += chunk.length
    }
    return all
  }
}
