/** All records of a process by their size, and by where their open end begins: which types a block of some size may have. */
import type { TypeRef } from '../../contract/rows.ts'
import { idOf } from '../symbols/processSymbols.ts'
import { PART, TYPE } from '../symbols/tables.ts'
import { isRecord } from '../symbols/typeTable.ts'
import { isSlack } from './containers.ts'
import type { Shapes } from './shapes.ts'

/** In place of a module: those of the program, not of what it runs on. */
export const OF_THE_PROGRAM = -1
/** Libraries that allocate for themselves what no program sees. */
const RUNTIME = /^(libc|libm|libdl|librt|libpthread|libstdc\+\+|libgcc_s|libc\+\+|libc\+\+abi|libunwind|ld-linux[^.]*|ld)[-.]/
/** Types of the standard library of which programs have blocks; its others lie within these, or on stacks. */
const OWN_BLOCKS = /^(std|__gnu_cxx)::(__\w+::)*(_Sp_counted|_List_node|_Rb_tree_node|_Hash_node|_Fwd_list_node|__tree_node|__hash_node|__list_node|basic_string|vector|map|set|unordered|list|deque|function|shared_ptr|thread)/
const LEAST_SIZE = 8
/** malloc's smallest block holds anything up to its size. */
const SLACK = 16
const SMALLEST = 24

interface Sized {
  type: TypeRef
  size: number
  module: number
  isRuntime: boolean
}

const isOf = (one: Sized, module: number): boolean => (module === OF_THE_PROGRAM ? !one.isRuntime : one.module === module)

export class TypeIndex {
  private readonly shapes: Shapes
  private all: { bySize: Map<number, Sized[]>; open: Sized[] } | null = null
  private readonly prefixes = new Map<TypeRef, TypeRef[]>()

  constructor(shapes: Shapes) {
    this.shapes = shapes
  }

  /** Types of which one object fills such a block; those of one module, or OF_THE_PROGRAM. */
  fitting(usable: number, module: number): TypeRef[] {
    const { bySize } = this.index()
    const found: TypeRef[] = []
    for (let size = Math.max(LEAST_SIZE, usable <= SMALLEST ? LEAST_SIZE : usable - SLACK + 1); size <= usable; size++) {
      for (const one of bySize.get(size) ?? []) if (isOf(one, module)) found.push(one.type)
    }
    return found
  }

  /** Types of which several fill such a block behind one of the headers, the largest first. */
  elements(usable: number, module: number, headers: readonly number[]): TypeRef[] {
    const found: { type: TypeRef; size: number }[] = []
    for (const [size, types] of this.index().bySize) {
      if (size * 2 > usable || !headers.some((header) => isSlack((usable - header) % size, usable))) continue
      for (const one of types) if (isOf(one, module)) found.push(one)
    }
    return found.sort((a, b) => b.size - a.size).map(({ type }) => type)
  }

  /** Types that leave room in such a block. */
  smaller(usable: number, module: number): TypeRef[] {
    const found: TypeRef[] = []
    for (const [size, types] of this.index().bySize) if (size <= usable - SLACK) for (const one of types) if (isOf(one, module)) found.push(one.type)
    return found
  }

  /** Types with an open end of which one may fill such a block. */
  open(usable: number, module: number): TypeRef[] {
    return this.index().open.filter((one) => one.size <= usable && isOf(one, module)).map(({ type }) => type)
  }

  /** Types whose open end of characters or bytes begins at that offset. */
  openAt(offset: number, module: number): TypeRef[] {
    return this.index().open.filter((one) => isOf(one, module) && this.shapes.of(one.type)?.tail?.offset === offset).map(({ type }) => type)
  }

  /**
   * Types that begin with the same members as `first` and go on: what C programs do that write a common header as a macro. With
   * an open end, or of the block's size.
   */
  prefixed(first: TypeRef, usable: number): TypeRef[] {
    let all = this.prefixes.get(first)
    if (all === undefined) this.prefixes.set(first, (all = this.findPrefixed(first)))
    return all.filter((type) => {
      const size = this.shapes.size(type)
      return isSlack(usable - size, usable) || (size <= usable && this.shapes.of(type)?.tail !== null)
    })
  }

  /** Whether a type begins with all members of another one. */
  beginsLike(first: TypeRef, type: TypeRef): boolean {
    let all = this.prefixes.get(first)
    if (all === undefined) this.prefixes.set(first, (all = this.findPrefixed(first)))
    return all.includes(type)
  }

  private findPrefixed(first: TypeRef): TypeRef[] {
    const { symbols } = this.shapes
    const owner = symbols.owner(first)
    if (!owner) return []
    const { table } = owner
    const from = table.firstPart(first - owner.firstId)
    const count = table.endPart(first - owner.firstId) - from
    if (count < 1) return []
    const found: TypeRef[] = []
    for (let type = 1; type < table.count; type++) {
      if (!isRecord(table.kind(type)) || table.kind(type) === TYPE.union || table.endPart(type) - table.firstPart(type) <= count) continue
      const at = table.firstPart(type)
      let same = true
      for (let i = 0; i < count && same; i++) {
        const { kind, offset } = table.parts
        same = kind[at + i] === PART.member && kind[from + i] === PART.member && offset[at + i] === offset[from + i] && table.partName(at + i) === table.partName(from + i) && table.size(table.partType(at + i)) === table.size(table.partType(from + i))
      }
      if (same) found.push(this.shapes.bare(idOf(owner, type)))
    }
    return [...new Set(found)]
  }

  private index(): { bySize: Map<number, Sized[]>; open: Sized[] } {
    if (this.all) return this.all
    const { shapes } = this
    const { symbols } = shapes
    const all = (this.all = { bySize: new Map<number, Sized[]>(), open: [] as Sized[] })
    const seen = new Set<TypeRef>()
    for (const owner of symbols.attached) {
      const { table } = owner
      const isRuntime = RUNTIME.test(owner.name)
      for (let t = 1; t < table.count; t++) {
        // a union says too little of a whole block
        if (!isRecord(table.kind(t)) || table.kind(t) === TYPE.union || table.isDeclaration(t)) continue
        const type = shapes.bare(idOf(owner, t))
        if (seen.has(type)) continue
        seen.add(type)
        const size = symbols.size(type)
        if (size < 1 || table.name(t) === '') continue
        const name = table.name(t)
        if (/^(std|__gnu_cxx)::/.test(name) && !(OWN_BLOCKS.test(name) && endOfArguments(name) === name.length)) continue
        const one = { type, size, module: owner.index, isRuntime }
        if (hasOpenEnd(table, t)) all.open.push(one)
        if (size < LEAST_SIZE) continue
        const list = all.bySize.get(size)
        if (list) list.push(one)
        else all.bySize.set(size, [one])
      }
    }
    return all
  }
}

/** Where the template arguments that a name begins with end; -1 where it has none. */
function endOfArguments(name: string): number {
  let depth = 0
  for (let i = name.indexOf('<'); i >= 0 && i < name.length; i++) {
    if (name[i] === '<') depth++
    else if (name[i] === '>' && --depth === 0) return i + 1
  }
  return -1
}

/** Its last member is an array of no, or of unknown, length. */
function hasOpenEnd(table: NonNullable<ReturnType<Shapes['symbols']['owner']>>['table'], type: number): boolean {
  const last = table.endPart(type) - 1
  if (last < table.firstPart(type) || table.parts.kind[last] !== PART.member) return false
  const array = table.bare(table.partType(last))
  return table.kind(array) === TYPE.array && table.elements(array) <= 1
}
