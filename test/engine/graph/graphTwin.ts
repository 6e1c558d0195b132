/**
 * The graph kernel as plain, obvious TypeScript: what roots reach, what leaked by itself, dominators by their definition and
 * what each block retains. For small heaps. What the WASM must agree with.
 */
import { ROOT_KINDS, type RootKind } from '../../../src-main/contract/rows.ts'
import { isUsed, type TwinReference } from './referencesTwin.ts'
import type { TestHeap } from './testHeap.ts'

export interface TwinGraph {
  /** By block: the blocks it points to. */
  targets: Set<number>[]
  /** By kind of root: the blocks that such roots point to. */
  roots: Map<RootKind, Set<number>>
}

export function graphTwin(heap: TestHeap, references: TwinReference[]): TwinGraph {
  const targets = heap.blocks.map(() => new Set<number>())
  const roots = new Map(ROOT_KINDS.map((kind) => [kind, new Set<number>()]))
  for (const { from, to } of references) ('block' in from ? targets[from.block] : roots.get(from.kind)!).add(to)
  return { targets, roots }
}

/** All that can be reached from some blocks, themselves included, never by way of what `blocked` refuses. */
function reachable(targets: Set<number>[], from: Iterable<number>, blocked: (block: number) => boolean = () => false): Set<number> {
  const seen = new Set<number>()
  const waiting = [...from]
  while (waiting.length > 0) {
    const block = waiting.pop()!
    if (seen.has(block) || blocked(block)) continue
    seen.add(block)
    waiting.push(...targets[block])
  }
  return seen
}

export interface TwinReach {
  /** By block: 1 + position in ROOT_KINDS of the first kind of root that reaches it; 0 where none does. */
  kind: number[]
  /** By block: references on the shortest way from a root of that kind, by blocks that no earlier kind reaches. */
  distance: number[]
}

export function reachTwin({ targets, roots }: TwinGraph): TwinReach {
  const kind = targets.map(() => 0)
  const distance = targets.map(() => 0)
  ROOT_KINDS.forEach((rootKind, k) => {
    let front = roots.get(rootKind)!
    for (let steps = 1; front.size > 0; steps++) {
      const next = new Set<number>()
      for (const block of front) {
        if (kind[block] !== 0) continue
        kind[block] = k + 1
        distance[block] = steps
        for (const target of targets[block]) next.add(target)
      }
      front = next
    }
  })
  return { kind, distance }
}

export interface TwinLeaks {
  /** Used blocks that no root reaches, ascending. */
  blocks: number[]
  /**
   * Sets of leaked blocks that reach one another and that no other leaked block leads to: a block alone that nothing points
   * to, or cycles. Each has one head.
   */
  origins: Set<number>[]
  /** By leaked block: what it reaches among them, itself included. */
  reaches: Map<number, Set<number>>
}

export function leaksTwin(heap: TestHeap, { targets }: TwinGraph, { kind }: TwinReach): TwinLeaks {
  const isLeaked = (block: number): boolean => kind[block] === 0 && isUsed(heap, block)
  const blocks = targets.map((_, block) => block).filter(isLeaked)
  const reaches = new Map(blocks.map((block) => [block, reachable(targets, [block], (b) => !isLeaked(b))]))
  const origins: Set<number>[] = []
  for (const block of blocks) {
    const circle = new Set(blocks.filter((other) => reaches.get(block)!.has(other) && reaches.get(other)!.has(block)))
    const isLedTo = blocks.some((other) => !circle.has(other) && reaches.get(other)!.has(block))
    if (!isLedTo && Math.min(...circle) === block) origins.push(circle)
  }
  return { blocks, origins, reaches }
}

export interface TwinRetained {
  /** By block: its immediate dominator, -1 the virtual root; null where neither a root nor a leaked head reaches it. */
  dominator: (number | null)[]
  /** By block: used bytes of all that it dominates, itself included; 0 where it has no dominator. */
  bytes: number[]
}

/** From one virtual root, on which all that roots point to hangs, and the heads of what leaked, whose references to what roots reach don't count. */
export function retainedTwin(heap: TestHeap, { targets, roots }: TwinGraph, { kind }: TwinReach, heads: Iterable<number>): TwinRetained {
  const counted = targets.map((all, block) => new Set([...all].filter((target) => kind[block] !== 0 || kind[target] === 0)))
  const top = [...[...roots.values()].flatMap((all) => [...all]), ...heads]
  const all = reachable(counted, top)
  const dominated = new Map<number, Set<number>>()
  for (const block of all) {
    const without = reachable(counted, top, (b) => b === block)
    dominated.set(block, new Set([...all].filter((b) => !without.has(b))))
  }
  const dominator = targets.map((_, block) => {
    if (!all.has(block)) return null
    // of those that dominate it, the one that dominates fewest
    const above = [...all].filter((other) => other !== block && dominated.get(other)!.has(block))
    return above.sort((a, b) => dominated.get(a)!.size - dominated.get(b)!.size)[0] ?? -1
  })
  const bytes = targets.map((_, block) => [...(dominated.get(block) ?? [])].reduce((sum, b) => sum + (isUsed(heap, b) ? heap.blocks[b].size : 0), 0))
  return { dominator, bytes }
}
