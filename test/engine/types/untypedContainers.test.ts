import { describe, expect, test } from 'vitest'
import { STRENGTH } from '../../../src-main/engine/types/claims.ts'
import { claimUntypedContainers } from '../../../src-main/engine/types/untypedContainers.ts'
import { namesOf, ShapedHeap } from '../../builders/shapedHeap.ts'

const GNU = 'libstdc++.so.6.0.30'
const LLVM = 'libc++.so.1.0'
const ONE = 0x3f80_0000

/** What blocks at these addresses are found to be. */
function found(heap: ShapedHeap, library: string, ...addresses: number[]): string[] {
  const parts = heap.parts(library)
  claimUntypedContainers(parts)
  return namesOf(parts, ...addresses)
}

function gnuString(heap: ShapedHeap, at: number, text: string, capacity = text.length): number {
  const buffer = heap.malloc(capacity + 1)
  heap.text(buffer, text)
  heap.words(at, buffer, text.length, capacity)
  return buffer
}

describe('strings', () => {
  test('a pointer, a length and a capacity that fill the block', () => {
    const heap = new ShapedHeap()
    const buffer = gnuString(heap, heap.data, 'longer than it has room for', 40)
    expect(found(heap, GNU, buffer)).toEqual(['char[]'])
  })
  test('no zero behind the text, or a capacity that the block is too large for, is no string', () => {
    const heap = new ShapedHeap()
    const open = heap.malloc(32)
    heap.text(open, 'without a zero where it should end')
    heap.words(heap.data, open, 20, 31)
    const large = heap.malloc(200)
    heap.text(large, 'no more than this')
    heap.words(heap.data + 24, large, 17, 31)
    expect(found(heap, GNU, open, large)).toEqual(['', ''])
  })
  test('libc++: the capacity first, marked as a long one', () => {
    const heap = new ShapedHeap()
    const buffer = heap.malloc(32)
    heap.text(buffer, 'longer than 22 characters')
    heap.words(heap.data, 33, 25, buffer)
    expect(found(heap, LLVM, buffer)).toEqual(['char[]'])
  })
})

describe('trees', () => {
  /** [colour, parent, left, right]: a root and two children. */
  function gnuTree(heap: ShapedHeap, header: number, size = 40): number[] {
    const [left, root, right] = [heap.malloc(size), heap.malloc(size), heap.malloc(size)]
    heap.words(left, 0, root, 0, 0)
    heap.words(root, 1, header, left, right)
    heap.words(right, 0, root, 0, 0)
    heap.words(header, 0, root, left, right, 3)
    return [left, root, right]
  }

  test('all nodes of one that is whole', () => {
    const heap = new ShapedHeap()
    const nodes = gnuTree(heap, heap.data + 8)
    const parts = heap.parts(GNU)
    expect(claimUntypedContainers(parts)).toBe(3)
    expect(namesOf(parts, ...nodes)).toEqual(nodes.map(() => 'std::_Rb_tree_node<?>'))
    expect(parts.claims.strength[parts.heap.blockAt(nodes[0])]).toBe(STRENGTH.container)
  })
  test('the block that the map lies in is where the claim comes from, also right before its root', () => {
    const heap = new ShapedHeap()
    const owner = heap.malloc(48)
    const [root] = [heap.malloc(40)]
    heap.words(root, 1, owner + 8, 0, 0)
    heap.words(owner + 8, 0, root, root, root, 1)
    expect(root - (owner + 16)).toBe(48)
    const parts = heap.parts(GNU)
    claimUntypedContainers(parts)
    expect(namesOf(parts, root)).toEqual(['std::_Rb_tree_node<?>'])
    expect(parts.claims.parent[parts.heap.blockAt(root)]).toBe(parts.heap.blockAt(owner) + 1)
  })
  test('none where the count, a parent or a colour disagrees', () => {
    for (const [offset, value] of [[32, 2], [32, 4], [0, 1]]) {
      const heap = new ShapedHeap()
      const nodes = gnuTree(heap, heap.data)
      heap.words(heap.data + offset, value)
      expect(found(heap, GNU, ...nodes)).toEqual(['', '', ''])
    }
    const heap = new ShapedHeap()
    const nodes = gnuTree(heap, heap.data)
    heap.words(nodes[2] + 8, nodes[0])
    expect(found(heap, GNU, ...nodes)).toEqual(['', '', ''])
  })
  test('libc++: first node, root, count', () => {
    const heap = new ShapedHeap()
    const [root, left] = [heap.malloc(40), heap.malloc(40)]
    heap.words(root, left, 0, heap.data + 8, 1)
    heap.words(left, 0, 0, root, 0)
    heap.words(heap.data, left, root, 2)
    expect(found(heap, LLVM, root, left)).toEqual(['std::__1::__tree_node<?>', 'std::__1::__tree_node<?>'])
  })
})

describe('lists', () => {
  function ring(heap: ShapedHeap, header: number, count: number, said = count): number[] {
    const nodes = Array.from({ length: count }, () => heap.malloc(32))
    const links = [header, ...nodes]
    links.forEach((link, i) => heap.words(link, links[(i + 1) % links.length], links[(i + count) % links.length]))
    heap.words(header + 16, said)
    return nodes
  }

  test('a ring whose one other link counts it', () => {
    const heap = new ShapedHeap()
    expect(found(heap, GNU, ...ring(heap, heap.data, 3))).toEqual(Array.from({ length: 3 }, () => 'std::_List_node<?>'))
  })
  test('a list at the start of a block is told from its nodes by its count', () => {
    const heap = new ShapedHeap()
    const owner = heap.malloc(64)
    const nodes = ring(heap, owner, 4)
    heap.words(nodes[1] + 16, 77)
    expect(found(heap, GNU, owner, ...nodes)).toEqual(['', ...nodes.map(() => 'std::_List_node<?>')])
  })
  test('rings that nothing counts are a program\'s own', () => {
    const heap = new ShapedHeap()
    expect(found(heap, GNU, ...ring(heap, heap.data, 3, 12))).toEqual(['', '', ''])
  })
})

describe('hash tables', () => {
  function table(heap: ShapedHeap, at: number, count: number, said = count): number[] {
    const buckets = heap.malloc(13 * 8)
    const nodes = Array.from({ length: count }, () => heap.malloc(24))
    nodes.forEach((node, i) => heap.words(node, nodes[i + 1] ?? 0, 1000 + i))
    heap.words(at, buckets, 13, nodes[0], said, ONE, 13, 0)
    heap.words(buckets + 8, at + 16, nodes[0])
    return [buckets, ...nodes]
  }

  test('buckets and nodes', () => {
    const heap = new ShapedHeap()
    expect(found(heap, GNU, ...table(heap, heap.data, 2))).toEqual(['std::__detail::_Hash_node_base*[]', 'std::__detail::_Hash_node<?>', 'std::__detail::_Hash_node<?>'])
    expect(found(heap, LLVM, ...table(heap, heap.data, 2))).toEqual(['std::__1::__hash_node_base<?>*[]', 'std::__1::__hash_node<?>', 'std::__1::__hash_node<?>'])
  })
  test('one bucket in the table itself', () => {
    const heap = new ShapedHeap()
    const node = heap.malloc(24)
    heap.words(heap.data, heap.data + 48, 1, node, 1, ONE, 0, heap.data + 16)
    expect(found(heap, GNU, node)).toEqual(['std::__detail::_Hash_node<?>'])
  })
  test('a chain that is longer or shorter than it says is none', () => {
    for (const said of [1, 3]) {
      const heap = new ShapedHeap()
      expect(found(heap, GNU, ...table(heap, heap.data, 2, said))).toEqual(['', '', ''])
    }
  })
})

describe('vectors', () => {
  function vector(heap: ShapedHeap, at: number, bytes: number): number {
    const storage = heap.malloc(bytes)
    heap.words(at, storage, storage + bytes, storage + bytes)
    return storage
  }

  test('of pointers', () => {
    const heap = new ShapedHeap()
    const storage = vector(heap, heap.data, 32)
    heap.words(storage, heap.malloc(24), 0, heap.malloc(24), heap.malloc(24))
    expect(found(heap, GNU, storage)).toEqual(['void *[]'])
  })
  test('of numbers: nothing tells of which', () => {
    const heap = new ShapedHeap()
    const storage = vector(heap, heap.data, 32)
    heap.words(storage, 1, 2, 3, 4)
    expect(found(heap, GNU, storage)).toEqual([''])
  })
  test('of strings, where their number is odd: pairs of strings look the same', () => {
    for (const [count, name] of [[3, 'std::string[]'], [2, '']] as const) {
      const heap = new ShapedHeap()
      const storage = vector(heap, heap.data, count * 32)
      for (let i = 0; i < count; i++) {
        const at = storage + i * 32
        heap.words(at, at + 16, 5)
        heap.text(at + 16, 'short')
      }
      expect(found(heap, GNU, storage)).toEqual([name])
    }
  })
})

test('what is known already stays as it is', () => {
  const heap = new ShapedHeap()
  const buffer = gnuString(heap, heap.data, 'a text of its own buffer')
  const parts = heap.parts(GNU)
  parts.claims.set(parts.heap.blockAt(buffer), parts.claims.intern(0, false, 0, 0, 'Known'), STRENGTH.best, 0, 0)
  expect(claimUntypedContainers(parts)).toBe(0)
  expect(namesOf(parts, buffer)).toEqual(['Known'])
})

test('C programs have none of them, but texts that fill their blocks', () => {
  const heap = new ShapedHeap()
  const [text, short, large] = [heap.malloc(40), heap.malloc(80), heap.malloc(1000)]
  heap.text(text, 'a text that is as long as its block')
  heap.text(short, 'one that is much shorter than that')
  heap.text(large, 'x'.repeat(999))
  const node = heap.malloc(40)
  heap.words(node, 1, heap.data, 0, 0)
  heap.words(heap.data, 0, node, node, node, 1)
  expect(found(heap, '', text, short, large, node)).toEqual(['char[]', '', 'char[]', ''])
})

test('no words of any kind make it fail or run forever', () => {
  const heap = new ShapedHeap()
  const blocks = Array.from({ length: 200 }, (_, i) => heap.malloc(24 + ((i * 40) % 200)))
  let seed = 1
  const random = (below: number): number => (seed = (seed * 48_271) % 0x7fff_ffff) % below
  for (const block of blocks) for (let word = 0; word < 3; word++) heap.words(block + word * 8, random(3) === 0 ? random(9) : blocks[random(blocks.length)] + (random(4) === 0 ? 8 : 0))
  for (const library of [GNU, LLVM]) expect(claimUntypedContainers(heap.parts(library))).toBeLessThanOrEqual(blocks.length)
})
