/**
 * A heap of one region and a piece of static memory, written word by word, for what is told by the shape of memory alone: blocks as
 * malloc lays them out, 16 bytes apart with 8 of a header between them.
 */
import { STATE } from '../../src-main/engine/allocator/blocks.ts'
import type { ProcessView } from '../../src-main/engine/findings/pointers.ts'
import { Claims } from '../../src-main/engine/types/claims.ts'
import { HeapColumns } from '../../src-main/engine/types/heapColumns.ts'
import { PagedMemory } from '../../src-main/engine/types/pagedMemory.ts'
import type { ContainerMemory } from '../../src-main/engine/types/untypedContainers.ts'
import { processView, type ProcessSpec } from './processView.ts'

const HEAP = 0x5555_0000_0000
const DATA = 0x5554_0000_0000
const BYTES = 1 << 16

export class ShapedHeap {
  /** Static memory begins here. */
  readonly data = DATA
  private readonly heapBytes = new DataView(new ArrayBuffer(BYTES))
  private readonly dataBytes = new DataView(new ArrayBuffer(BYTES))
  private readonly blocks: [address: number, size: number, state: typeof STATE.used][] = []
  private next = HEAP + 16

  /** A used block; answers its address. */
  malloc(size: number): number {
    const usable = Math.max(24, Math.ceil((size - 8) / 16) * 16 + 8)
    const at = this.next
    this.blocks.push([at, usable, STATE.used])
    this.next += usable + 8
    return at
  }

  words(at: number, ...values: (number | bigint)[]): void {
    values.forEach((value, i) => this.view(at).setBigUint64(at - (at < HEAP ? DATA : HEAP) + i * 8, BigInt(value), true))
  }

  text(at: number, text: string): void {
    new TextEncoder().encode(`${text}\0`).forEach((byte, i) => this.view(at).setUint8(at - (at < HEAP ? DATA : HEAP) + i, byte))
  }

  view(at: number): DataView {
    return at < HEAP ? this.dataBytes : this.heapBytes
  }

  /** @param library '' for a C program */
  process(library: string, more: Partial<ProcessSpec> = {}): ProcessView {
    const module = { name: library, base: 0x7f00_0000_0000, end: 0x7f00_0010_0000, bias: 0x7f00_0000_0000 }
    return processView({
      memory: [
        { start: DATA, bytes: new Uint8Array(this.dataBytes.buffer), kind: 'module-bss' },
        { start: HEAP, bytes: new Uint8Array(this.heapBytes.buffer), kind: 'allocator' },
      ],
      modules: library === '' ? [] : [module],
      heap: { start: HEAP, end: HEAP + BYTES, blocks: this.blocks },
      ...more,
    })
  }

  parts(library: string): ContainerMemory {
    const view = this.process(library)
    const heap = new HeapColumns(view.blocks)
    return { view, heap, memory: new PagedMemory(view.memory), claims: new Claims(heap.count) }
  }
}

/** The names that blocks have, by their addresses; '' for none. */
export function namesOf({ heap, claims }: Pick<ContainerMemory, 'heap' | 'claims'>, ...addresses: number[]): string[] {
  return addresses.map((address) => claims.items[claims.item[heap.blockAt(address)]].name)
}
