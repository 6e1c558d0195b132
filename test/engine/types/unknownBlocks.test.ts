import { describe, expect, test } from 'vitest'
import { groupBlocks } from '../../../src-main/engine/findings/groups.ts'
import type { ProcessView } from '../../../src-main/engine/findings/pointers.ts'
import { topRows, type KnownType, UNKNOWN_TYPE } from '../../../src-main/engine/findings/top.ts'
import { Claims, STRENGTH } from '../../../src-main/engine/types/claims.ts'
import { HeapColumns } from '../../../src-main/engine/types/heapColumns.ts'
import { MemoryKinds } from '../../../src-main/engine/types/memoryKinds.ts'
import { PagedMemory } from '../../../src-main/engine/types/pagedMemory.ts'
import { Propagation } from '../../../src-main/engine/types/propagate.ts'
import { Shapes } from '../../../src-main/engine/types/shapes.ts'
import { withTypes } from '../../../src-main/engine/types/storedTypes.ts'
import { describeUnknown, kindWords } from '../../../src-main/engine/types/unknownBlocks.ts'
import { ShapedHeap } from '../../builders/shapedHeap.ts'
import { symbolTables } from '../../builders/symbolTables.ts'

const same = (usable: number): number => usable

function propagationOf(view: ProcessView): Propagation {
  const heap = new HeapColumns(view.blocks)
  return new Propagation({ heap, memory: new PagedMemory(view.memory), kinds: new MemoryKinds(view.ranges), shapes: new Shapes(view.symbols), claims: new Claims(heap.count) })
}

/** What blocks at these addresses are called. @param typed a block that has that type */
function kindsOf(view: ProcessView, addresses: number[], typed: [address: number, type: string][] = []): string[] {
  const propagation = propagationOf(view)
  for (const [address, name] of typed) propagation.claims.set(propagation.heap.blockAt(address), propagation.single(view.symbols.find(name)[0]), STRENGTH.pointer, 0, 0)
  const { kinds, kind } = describeUnknown(view, propagation, [UNKNOWN_TYPE])
  return addresses.map((address) => {
    const block = propagation.heap.blockAt(address)
    return kindWords(kinds[kind[block]], propagation.heap.size(block), same)
  })
}

describe('whose a block is', () => {
  test('the unknown block that leads to it', () => {
    const heap = new ShapedHeap()
    const [owner, owned] = [heap.malloc(72), heap.malloc(24)]
    heap.words(owner + 16, owned)
    heap.text(owned, 'some text')
    expect(kindsOf(heap.process(''), [owner, owned])).toEqual(['pointers', 'malloc(72)+16→[24], text'])
  })
  test('a member of a typed block rather than an unknown one; a variable rather than that', () => {
    const heap = new ShapedHeap()
    const [player, other, blob, cached] = [heap.malloc(40), heap.malloc(24), heap.malloc(24), heap.malloc(24)]
    heap.words(other, blob, cached)
    heap.words(player + 16, blob)
    heap.words(heap.data + 8, cached)
    const tables = symbolTables({
      types: {
        Player: { kind: 'struct', size: 40, members: [[0, 'id', 'long'], [16, 'blob', 'void *']] },
        Cache: { kind: 'struct', size: 16, members: [[0, 'count', 'long'], [8, 'all', 'void *']] },
      },
      variables: [[heap.data - 0x5554_0000_0000, 'cache', 'Cache']],
    })
    const view = heap.process('', { modules: [{ name: 'game', base: heap.data, end: heap.data + 0x1000, bias: heap.data }], tables: [tables] })
    expect(kindsOf(view, [blob, cached], [[player, 'Player']])).toEqual(['Player.blob→[24], zeroes', 'cache.all→[24], zeroes'])
  })
  test('static memory without a name; nothing where nothing leads', () => {
    const heap = new ShapedHeap()
    const [behind, lone] = [heap.malloc(24), heap.malloc(24)]
    heap.words(heap.data + 64, behind)
    heap.words(lone, lone)
    expect(kindsOf(heap.process(''), [behind, lone])).toEqual(['static data→[24], zeroes', 'pointers'])
  })
})

test('rows of TopN: unknown blocks by owner and size, typed ones have no kind', () => {
  const heap = new ShapedHeap()
  const [holder, a, b, c, known] = [heap.malloc(24), heap.malloc(24), heap.malloc(24), heap.malloc(56), heap.malloc(24)]
  heap.words(heap.data, holder, a)
  heap.words(heap.data + 4096, c)
  heap.words(holder, b, a)
  const tables = symbolTables({ symbols: [[0, 16, 'cache', 'object']] })
  const view = heap.process('', { modules: [{ name: 'game', base: heap.data, end: heap.data + 0x2000, bias: heap.data }], tables: [tables] })
  const propagation = propagationOf(view)
  propagation.claims.set(propagation.heap.blockAt(known), propagation.claims.intern(0, false, 0, 0, 'Known'), STRENGTH.vtable, 0, 0)
  const types: KnownType[] = [UNKNOWN_TYPE, { ...UNKNOWN_TYPE, name: 'Known', label: 'Known' }]
  const { kind, typeOfKind, kinds } = describeUnknown(view, propagation, types)
  expect(kinds[kind[propagation.heap.blockAt(known)]].look).toBe(0)
  const typed = withTypes(view.blocks, () => propagation.claims.item.map((item, i) => (item > 0 ? 1 : typeOfKind[kind[i]])))
  const rows = topRows(groupBlocks(typed).groups, types, new Map(), 'type')
  expect(rows.map(({ label, kind, type, count }) => `${label} ${kind ?? '-'} ${type} ${count}`).sort()).toEqual(['Known - Known 1', 'malloc(24) - null 1', 'malloc(24) cache+8→[24] null 1', 'malloc(24) cache→[24] null 1', 'malloc(56) - null 1'])
  expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length)
})
