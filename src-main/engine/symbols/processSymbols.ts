/**
 * The types, variables and functions of a whole process: the tables of its modules, attached one at a time and in any order.
 * A type's id (TypeRef) is the module's first id plus the type's index; ids once given out stay valid. Id 0 is void.
 *
 * What a module only declares is what another module defines by that name, where all that define it agree. Loops and wrong
 * indexes in tables lead to void (see TypeTable).
 */
import type { TypeRef } from '../../contract/rows.ts'
import { itemAt } from '../search.ts'
import { AddressNames } from './addressNames.ts'
import { spell } from './spelling.ts'
import { TYPE, type SymbolTables } from './tables.ts'
import { MAX_DEPTH, TypeTable } from './typeTable.ts'

/** What a module must tell for its tables to be placed. */
export interface SymbolModule {
  name: string
  /** Half-open, in the process. */
  base: number
  end: number
  /** Address in memory = address in the file + bias. */
  bias: number
}

export interface AttachedModule extends SymbolModule {
  /** Position in the list of modules. */
  index: number
  table: TypeTable
  /** Id of a type: firstId + its index; index 0 has id 0. */
  firstId: number
  addresses: AddressNames
  /** Spelled types by index. */
  spelled: Map<number, string>
}

/** A thread-local variable's block, by thread. */
export interface ThreadLocal {
  tid: number
  /** Address of the module's TLS block; null where it can't be told or is not allocated. */
  block(module: number): number | null
}

export interface ThreadBlock {
  module: AttachedModule
  tid: number
  /** Half-open: as far as its variables reach. */
  block: number
  end: number
}

export interface VariableHit {
  module: AttachedModule
  /** Index into the module's variables. */
  index: number
  /** Bytes from the variable's start. */
  offset: number
  /** For a thread-local one: whose. */
  tid: number | null
}

export interface NameHit {
  module: AttachedModule
  name: string
  offset: number
}

export class ProcessSymbols {
  readonly modules: readonly SymbolModule[]
  readonly threads: readonly ThreadLocal[]
  readonly demangle: (name: string) => string | null
  /** In the order of their ids. */
  readonly attached: AttachedModule[] = []
  /** Grows with each module attached: what was computed from all of them is out of date. */
  version = 0
  private nextId = 0
  private definitions = new Map<TypeRef, TypeRef>()
  private blocks: { version: number; all: ThreadBlock[] } = { version: -1, all: [] }
  private readonly byIndex: (AttachedModule | undefined)[] = []

  constructor(modules: readonly SymbolModule[], threads: readonly ThreadLocal[] = [], demangle: (name: string) => string | null = () => null) {
    this.modules = modules
    this.threads = threads
    this.demangle = demangle
  }

  /** @param index position in the list of modules; tables of a module that has some already take their place */
  attach(index: number, tables: SymbolTables): void {
    const module = this.modules[index]
    if (!module) return
    const before = this.byIndex[index]
    const table = new TypeTable(tables)
    const addresses = new AddressNames(table, module.bias)
    this.definitions = new Map()
    this.version++
    if (before && before.table.count === table.count) {
      Object.assign(before, { table, addresses, spelled: new Map<number, string>() })
      return
    }
    // ids of what it had are void from now on
    if (before) Object.assign(before, { table: NO_TYPES, addresses: new AddressNames(NO_TYPES, 0), spelled: new Map<number, string>(), end: before.base })
    const attached = { ...module, index, table, firstId: this.nextId, addresses, spelled: new Map<number, string>() }
    this.nextId += table.count - 1
    this.attached.push(attached)
    this.byIndex[index] = attached
  }

  module(index: number): AttachedModule | null {
    return this.byIndex[index] ?? null
  }

  /** The attached module whose memory holds an address. */
  moduleAt(address: number): AttachedModule | null {
    return this.attached.find((m) => address >= m.base && address < m.end) ?? null
  }

  /** The module that an id is of; the id minus its firstId is the index. Null for void and for what is no id. */
  owner(id: TypeRef): AttachedModule | null {
    const { attached } = this
    if (!(id > 0 && id <= this.nextId)) return null
    let low = 0
    let high = attached.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (attached[middle].firstId < id) low = middle + 1
      else high = middle
    }
    return attached[low - 1] ?? null
  }

  kind(id: TypeRef): number {
    const owner = this.owner(id)
    return owner ? owner.table.kind(id - owner.firstId) : TYPE.void
  }

  name(id: TypeRef): string {
    const owner = this.owner(id)
    return owner ? owner.table.name(id - owner.firstId) : ''
  }

  /** As C and C++ spell it; kept. */
  spell(id: TypeRef): string {
    const owner = this.owner(id)
    if (!owner) return 'void'
    const index = id - owner.firstId
    let text = owner.spelled.get(index)
    if (text === undefined) owner.spelled.set(index, (text = spell(owner.table, index)))
    return text
  }

  /** A declaration of something with that type and name. */
  declare(id: TypeRef, name: string): string {
    const owner = this.owner(id)
    return spell(owner?.table ?? NO_TYPES, owner ? id - owner.firstId : 0, name)
  }

  /** Pointee, element, aliased, underlying or returned type. */
  target(id: TypeRef): TypeRef {
    const owner = this.owner(id)
    return owner ? idOf(owner, owner.table.target(id - owner.firstId)) : 0
  }

  /** Bytes, also of what only another module defines; -1 where the type has none. */
  size(id: TypeRef): number {
    const owner = this.owner(id)
    if (!owner) return -1
    const size = owner.table.size(id - owner.firstId)
    if (size >= 0) return size
    const bare = this.bare(id)
    return bare === id ? -1 : this.ownSize(bare)
  }

  private ownSize(id: TypeRef): number {
    const owner = this.owner(id)
    return owner ? owner.table.size(id - owner.firstId) : -1
  }

  /** Behind typedefs and qualifiers, and the definition where that is a declaration. */
  bare(id: TypeRef): TypeRef {
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      const owner = this.owner(id)
      if (!owner) return 0
      const bare = idOf(owner, owner.table.bare(id - owner.firstId))
      const definition = this.definition(bare)
      if (definition === bare) return bare
      id = definition
    }
    return 0
  }

  /** What a declared type is where a module defines it and all that do agree; else the id itself. */
  definition(id: TypeRef): TypeRef {
    const owner = this.owner(id)
    if (!owner || !owner.table.isDeclaration(id - owner.firstId)) return id
    let definition = this.definitions.get(id)
    if (definition === undefined) this.definitions.set(id, (definition = this.findDefinition(owner, id)))
    return definition
  }

  private findDefinition(owner: AttachedModule, id: TypeRef): TypeRef {
    const name = owner.table.name(id - owner.firstId)
    const kind = tagOf(owner.table.kind(id - owner.firstId))
    if (name === '') return id
    let found: TypeRef = id
    for (const module of this.attached) {
      for (const type of module.table.find(name)) {
        if (module.table.isDeclaration(type) || tagOf(module.table.kind(type)) !== kind) continue
        if (found === id) found = idOf(module, type)
        else if (!this.isEqual(found, idOf(module, type))) return id
      }
    }
    return found
  }

  /** Equal in content, whatever module has them. */
  isEqual(a: TypeRef, b: TypeRef): boolean {
    const [ownerA, ownerB] = [this.owner(a), this.owner(b)]
    if (!ownerA || !ownerB) return ownerA === ownerB
    const [typesA, typesB] = [ownerA.table.types, ownerB.table.types]
    const [i, j] = [a - ownerA.firstId, b - ownerB.firstId]
    return typesA.hashLow[i] === typesB.hashLow[j] && typesA.hashHigh[i] === typesB.hashHigh[j] && ownerA.table.name(i) === ownerB.table.name(j)
  }

  /**
   * Types of a name, each content once: definitions before declarations, then in the order the modules were attached. By
   * exact name, else in another spelling.
   */
  find(name: string): TypeRef[] {
    const exact = this.collect((table) => table.find(name))
    return exact.length > 0 ? exact : this.collect((table) => table.findNormalized(name))
  }

  /** The variable whose bytes hold an address, thread-local ones included. */
  variableAt(address: number): VariableHit | null {
    const module = this.moduleAt(address)
    const hit = module?.addresses.variableAt(address)
    if (module && hit) return { module, index: hit.index, offset: hit.offset, tid: null }
    const local = this.threadBlockAt(address)
    const inBlock = local?.module.addresses.threadLocalAt(address - local.block)
    return local && inBlock ? { module: local.module, index: inBlock.index, offset: inBlock.offset, tid: local.tid } : null
  }

  private threadBlockAt(address: number): ThreadBlock | null {
    return itemAt(this.threadBlocks(), ({ block }) => block, address)
  }

  /** The function whose code holds an address: by debug information, else by symbol. */
  functionAt(address: number): NameHit | null {
    const module = this.moduleAt(address)
    if (!module) return null
    const hit = module.addresses.functionAt(address)
    if (hit) return { module, name: module.table.text(module.table.functions.name[hit.index]), offset: hit.offset }
    return this.symbolAt(address)
  }

  /** Names of all functions that begin at an address, as the debug information has them. */
  functionsAt(address: number): string[] {
    const module = this.moduleAt(address)
    return module ? module.addresses.functionsAt(address).map((i) => module.table.text(module.table.functions.name[i])) : []
  }

  /** The symbol that holds an address, demangled. */
  symbolAt(address: number): NameHit | null {
    const module = this.moduleAt(address)
    const hit = module?.addresses.symbolAt(address)
    if (!module || !hit) return null
    const name = module.table.text(module.table.symbols.name[hit.index])
    const demangled = this.demangle(name) ?? name
    // what c++filt says, where the demangler has words of its own
    return { module, name: demangled.replace(/^\{(vtable|vtt)\((.*)\)\}$/s, (_, what: string, type: string) => `${what === 'vtt' ? 'VTT' : what} for ${type}`), offset: hit.offset }
  }

  /** Where thread-local variables lie, in address order: a block for each thread and module that has some. */
  threadBlocks(): readonly ThreadBlock[] {
    if (this.blocks.version === this.version) return this.blocks.all
    const all: ThreadBlock[] = []
    for (const module of this.attached) {
      const { address, type, count } = module.table.variables
      if (module.addresses.staticCount === count) continue
      const size = address[count - 1] + Math.max(0, module.table.size(type[count - 1]))
      for (const { tid, block } of this.threads) {
        const start = block(module.index)
        if (start !== null) all.push({ module, tid, block: start, end: start + size })
      }
    }
    all.sort((a, b) => a.block - b.block)
    this.blocks = { version: this.version, all }
    return all
  }

  /** A pointer to this type, where the module that has it has one. */
  pointerTo(id: TypeRef): TypeRef | null {
    const owner = this.owner(id)
    if (!owner) return null
    const { kind, target } = owner.table.types
    for (let type = 1; type < owner.table.count; type++) if (kind[type] === TYPE.pointer && target[type] === id - owner.firstId) return idOf(owner, type)
    return null
  }

  private collect(search: (table: TypeTable) => number[]): TypeRef[] {
    const found: TypeRef[] = []
    for (const module of this.attached) {
      for (const type of search(module.table)) {
        const id = this.definition(idOf(module, type))
        if (!found.some((other) => other === id || this.isEqual(other, id))) found.push(id)
      }
    }
    const declared = (id: TypeRef): number => (this.size(id) < 0 ? 1 : 0)
    return found.sort((a, b) => declared(a) - declared(b))
  }
}

export const idOf = (module: AttachedModule, type: number): TypeRef => (type === 0 ? 0 : module.firstId + type)

/** `struct` and `class` declare the same. */
const tagOf = (kind: number): number => (kind === TYPE.class ? TYPE.struct : kind)

const none = new Uint8Array(0)
const none32 = new Uint32Array(0)
const NO_TYPES = new TypeTable({
  strings: none,
  types: { count: 0, kind: none, flags: none, name: none32, size: new Float64Array(0), align: none32, encoding: none, target: none32, containing: none32, firstPart: none32, partCount: none32, file: none32, line: none32, hashLow: none32, hashHigh: none32 },
  parts: { count: 0, kind: none, name: none32, type: none32, offset: new Float64Array(0), firstBit: none, bitCount: new Uint16Array(0), value: new BigInt64Array(0) },
  variables: { count: 0, name: none32, type: none32, address: new Float64Array(0), flags: none, file: none32, line: none32 },
  functions: { count: 0, low: new Float64Array(0), high: new Float64Array(0), name: none32 },
  symbols: { count: 0, name: none32, address: new Float64Array(0), size: new Float64Array(0), kind: none },
  byName: { count: 0, type: none32, nameHash: none32 },
})
