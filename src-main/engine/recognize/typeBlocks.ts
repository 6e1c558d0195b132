/** From the ids of first words, as the chunk walk left them in the type column, to types by vtable. */
import { CHUNK_BITS, CHUNK_BLOCKS, isFree, type Blocks } from '../allocator/blocks.ts'
import type { Module } from '../corefile/modules.ts'
import { UNKNOWN_TYPE, type KnownType } from '../findings/top.ts'
import type { ChunkWalkKernel } from '../kernels/chunkWalk.ts'
import type { AddressSpace } from '../memory/addressSpace.ts'
import type { Progress } from '../ports.ts'
import type { Vtables } from './vtables.ts'

/** Where vtables may lie: all of each module but what is reserved. Sorted and disjoint. */
export function vtableRanges(memory: AddressSpace, modules: Module[]): { start: number; end: number }[] {
  const ranges: { start: number; end: number }[] = []
  for (const module of modules) {
    for (let i = memory.firstEndingAfter(module.base); i < memory.ranges.length && memory.ranges[i].start < module.end; i++) {
      const range = memory.ranges[i]
      if (range.flags !== 0) ranges.push({ start: Math.max(range.start, module.base), end: Math.min(range.end, module.end) })
    }
  }
  return ranges.sort((a, b) => a.start - b.start)
}

/** Replaces first-word ids by type indexes (0: unknown) and answers the types. */
export function typeBlocks(blocks: Blocks, kernel: ChunkWalkKernel, vtables: Vtables, progress: Progress): KnownType[] {
  const types: KnownType[] = [UNKNOWN_TYPE]
  const indexByLabel = new Map<string, number>()
  const typeOfId = new Int32Array(kernel.idLimit + 1).fill(-1)
  typeOfId[0] = 0
  for (let c = 0; c < blocks.chunkCount; c++) {
    progress.advance(c)
    const { type, state } = blocks.chunk(c)
    const length = Math.min(CHUNK_BLOCKS, blocks.count - (c << CHUNK_BITS))
    for (let i = 0; i < length; i++) {
      const id = type[i]
      if (id === 0) continue
      if (isFree(state[i])) {
        type[i] = 0
        continue
      }
      if (typeOfId[id] < 0) typeOfId[id] = resolve(id)
      type[i] = typeOfId[id]
    }
  }
  return types

  function resolve(id: number): number {
    const hit = vtables.resolve(kernel.wordOf(id))
    // a vtable of a base inside the object can't stand at the start of a block
    if (!hit || hit.offsetToTop !== 0) return 0
    let index = indexByLabel.get(hit.label)
    if (index === undefined) {
      index = types.length
      types.push({ name: hit.className, label: hit.label, evidence: hit.evidence })
      indexByLabel.set(hit.label, index)
    }
    return index
  }
}
