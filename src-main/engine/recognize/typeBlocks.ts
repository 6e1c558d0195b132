/** From the ids of first words, as the chunk walk left them in the type column, to types by vtable. */
import { CHUNK_BITS, CHUNK_BLOCKS, isFree, type Blocks } from '../allocator/blocks.ts'
import type { Module } from '../corefile/modules.ts'
import { UNKNOWN_TYPE, type KnownType } from '../findings/top.ts'
import { BEHIND_COOKIE, type ChunkWalkKernel } from '../kernels/chunkWalk.ts'
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
export function typeBlocks(blocks: Blocks, kernel: ChunkWalkKernel, vtables: Vtables, memory: AddressSpace, progress: Progress): KnownType[] {
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
      if (id >= BEHIND_COOKIE) {
        type[i] = arrayType((c << CHUNK_BITS) + i, id - BEHIND_COOKIE)
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
    return indexOf({ name: hit.className, label: hit.label, counted: false, evidence: hit.evidence, vtable: kernel.wordOf(id) })
  }

  function arrayType(block: number, id: number): number {
    if (typeOfId[id] < 0) typeOfId[id] = resolve(id)
    const element = types[typeOfId[id]]
    if (element === UNKNOWN_TYPE || !isArray(memory, blocks.address(block), blocks.size(block))) return 0
    return indexOf({ name: element.name === null ? null : `${element.name}[]`, label: `${element.label}[]`, counted: true, evidence: `${element.evidence}, in each element that new[] counted`, vtable: element.vtable })
  }

  function indexOf(type: KnownType): number {
    let index = indexByLabel.get(type.label)
    if (index === undefined) {
      index = types.push(type) - 1
      indexByLabel.set(type.label, index)
    }
    return index
  }
}

const CHECKED_ELEMENTS = 1000

/** Whether a block holds a count, and from 8 on that many objects of one size with one vtable pointer, and no more. */
function isArray(memory: AddressSpace, start: number, usable: number): boolean {
  const count = memory.word(start)
  const vtable = memory.word(start + 8)
  if (count < 2 || count * 8 > usable) return false
  for (let requested = usable - (usable % 8); requested > usable - 16 && requested > 8; requested -= 8) {
    const stride = (requested - 8) / count
    if (stride % 8 !== 0) continue
    let same = 1
    while (same < Math.min(count, CHECKED_ELEMENTS) && memory.word(start + 8 + same * stride) === vtable) same++
    if (same === Math.min(count, CHECKED_ELEMENTS)) return true
  }
  return false
}
