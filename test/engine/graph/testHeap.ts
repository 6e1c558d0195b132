/**
 * A heap that no core is around: regions and blocks as an allocator's walk leaves them, the bytes of memory that are in the
 * core file, and the plan that the graph is built by. Ids of blocks are positions in `blocks`.
 */
import type { AllocatorName, RootKind } from '../../../src-main/contract/rows.ts'
import { Blocks, type State } from '../../../src-main/engine/allocator/blocks.ts'
import type { Findings } from '../../../src-main/engine/analysis.ts'
import type { GraphPlan, Piece } from '../../../src-main/engine/graph/plan.ts'
import { loadBlocks, saveBlocks, type StoredBlocks } from '../../../src-main/engine/index/storedBlocks.ts'
import type { IndexStore, Progress } from '../../../src-main/engine/ports.ts'

export interface HeapBlock {
  start: number
  /** Usable bytes. */
  size: number
  state: State
}

/** Bytes of the process that are in the core. */
export interface Memory {
  address: number
  bytes: Uint8Array
}

export interface HeapRegion {
  start: number
  end: number
  allocator: AllocatorName
  /** In address order. */
  blocks: HeapBlock[]
  /** In address order; between them nothing is known. */
  memory: Memory[]
}

export interface RootMemory extends Memory {
  kind: RootKind
  thread: number
}

export interface HeapSpec {
  regions: HeapRegion[]
  roots?: RootMemory[]
  registers?: bigint[][]
  ranges?: GraphPlan['ranges']
  vtables?: number[]
  /** Bytes of the file before a piece. */
  padding?: () => number
  tagged?: boolean
}

export interface TestHeap {
  regions: HeapRegion[]
  blocks: HeapBlock[]
  plan: GraphPlan
  /** The core file: nothing but the memory. */
  core: Uint8Array
}

export const IDENTITY = 'a heap'
export const noProgress: Progress = { stage() {}, advance() {} }

export function heapOf({ regions, roots = [], registers = [], ranges = [], vtables = [], padding = () => 8, tagged = false }: HeapSpec): TestHeap {
  const memories: { offset: number; bytes: Uint8Array }[] = []
  let end = 0
  const place = ({ address, bytes }: Memory): Piece => {
    const offset = end + padding()
    memories.push({ offset, bytes })
    end = offset + bytes.length
    return { address, offset, size: bytes.length }
  }
  const plan: GraphPlan = {
    identity: IDENTITY,
    graph: IDENTITY,
    tagged,
    regionPieces: regions.map(({ blocks, memory }) => (blocks.length === 0 ? [] : memory.map(place))),
    roots: roots.map((root) => ({ ...place(root), kind: root.kind, thread: root.thread })),
    registers,
    ranges,
    vtables, unread: 0,
  }
  const core = new Uint8Array(end)
  for (const { offset, bytes } of memories) core.set(bytes, offset)
  return { regions, blocks: regions.flatMap((region) => region.blocks), plan, core }
}

/** Memory that is zero but for some words. */
export function memoryOf(address: number, size: number, words: Iterable<readonly [at: number, value: number]> = []): Memory {
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  for (const [at, value] of words) view.setBigUint64(at - address, BigInt(value), true)
  return { address, bytes }
}

/** Keeps the heap's blocks in the index, as the analysis does. */
export function storeBlocks(heap: TestHeap, store: IndexStore): StoredBlocks {
  const blocks = new Blocks()
  for (const { start, end, allocator, blocks: all } of heap.regions) {
    blocks.beginRegion({ start, end, allocator, arena: 'main' })
    for (const block of all) blocks.append(block.start, block.size, block.state, 0)
  }
  saveBlocks(store, IDENTITY, blocks, {} as Findings, noProgress)
  blocks.release()
  const stored = loadBlocks(store, IDENTITY)
  if (!stored) throw new Error('the blocks were not kept')
  return stored
}
