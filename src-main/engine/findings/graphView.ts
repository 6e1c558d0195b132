/** The graph beside what the process is: for those who say in words what it holds. */
import type { BlockRef, ReferenceRow } from '../../contract/rows.ts'
import { isFree, STATE } from '../allocator/blocks.ts'
import { hex } from '../bytes/units.ts'
import { UsageError } from '../errors.ts'
import type { SourceId, StoredGraph } from '../graph/storedGraph.ts'
import { MemberNames } from './memberNames.ts'
import type { ProcessView } from './pointers.ts'
import { RootNames, type RootThread } from './rootNames.ts'
import { ownedLabel, type KnownType, type RequestedSizes } from './top.ts'

const ADDRESS_BITS = 48n

/** Where in a block a word points to that leads there, and what of it is a tag. */
function pointed(word: bigint, block: number): { toOffset: number; tag?: string } {
  const tag = (word >> ADDRESS_BITS) << ADDRESS_BITS
  return { toOffset: Number(word - tag) - block, ...(tag === 0n ? {} : { tag: hex(tag) }) }
}

export class GraphView {
  readonly graph: StoredGraph
  readonly process: ProcessView
  private readonly requested: RequestedSizes
  private readonly members: MemberNames
  private readonly roots: RootNames
  private readonly registers: readonly (readonly bigint[])[]

  constructor(graph: StoredGraph, process: ProcessView, requested: RequestedSizes, threads: readonly RootThread[]) {
    this.graph = graph
    this.process = process
    this.requested = requested
    this.members = new MemberNames(process.symbols)
    this.roots = new RootNames(process, this.members, threads)
    this.registers = threads.map((thread) => thread.registers)
  }

  /** Throws UsageError where no block holds the address. */
  blockAt(address: number): number {
    const { blocks } = this.process
    const block = blocks.containing(address)
    if (block < 0 || blocks.state(block) === STATE.own) throw new UsageError('no block holds this address', hex(address), 'give the address of a block: blocks lists them')
    return block
  }

  ref(block: number): BlockRef {
    const { blocks, types } = this.process
    const state = blocks.state(block)
    const free = isFree(state)
    const size = blocks.size(block)
    const type = types[free ? 0 : blocks.type(block)]
    const label = free ? 'free' : state === STATE.own ? 'the allocator’s own' : this.labelOf(type, size)
    return { addr: blocks.address(block), size, state: free ? 'free' : 'used', type: type.name, label }
  }

  /** As TopN's rows are called. */
  labelOf(type: Pick<KnownType, 'label' | 'owner'>, size: number): string {
    if (type.label !== '' && type.owner === undefined) return type.label
    const asked = this.requested.get(size) ?? size
    return type.owner === undefined ? `malloc(${asked})` : ownedLabel(type.owner, asked)
  }

  /** A reference in words. */
  row(reference: number, source: SourceId, target: number): ReferenceRow {
    const { graph } = this
    const word = graph.wordOf(reference)
    const to = this.ref(target)
    if (graph.isRoot(source)) {
      const root = graph.root(source)
      const value = root.kind === 'registers' ? (this.registers[root.thread]?.[word / 8] ?? 0n) : this.wordAt(word)
      return { from: null, root: this.roots.of(root, word), fromOffset: 0, member: '', to, ...pointed(value, to.addr) }
    }
    const from = this.ref(source)
    const fromOffset = word - from.addr
    return { from, root: null, fromOffset, member: this.memberOf(from, fromOffset), to, ...pointed(this.wordAt(word), to.addr) }
  }

  private wordAt(address: number): bigint {
    const read = this.process.memory.read(address, 8)
    return read.ok ? new DataView(read.bytes.buffer).getBigUint64(0, true) : 0n
  }

  /** The type that a reference's pointer is declared to lead to; null where that isn't known. */
  pointeeOf({ from, fromOffset }: ReferenceRow): string | null {
    const type = from?.type ?? null
    return type === null ? null : (this.members.leafInNamed(type, fromOffset)?.pointee ?? null)
  }

  memberOf(block: BlockRef, offset: number): string {
    return block.type === null ? '' : this.members.inNamed(block.type, offset)
  }
}
