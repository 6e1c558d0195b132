/**
 * Takes back what came from claims that turned out wrong: a claim stands on the type that its parent has now, and on the field
 * of that type that led here. What is taken back may take more with it; then all that is typed is followed anew, since others
 * may say what it is.
 */
import type { Propagation } from './propagate.ts'

/** Share of the blocks from which on following all anew is worth its time. */
const WORTHWHILE = 1e-4

/** Answers how many claims were taken back. What follows waits to be run. */
export function retract(propagation: Propagation): number {
  const { claims, shapes, containment, retyped, heap } = propagation
  if (retyped.size === 0) return 0
  let all = 0
  for (let again = true; again; ) {
    again = false
    for (let block = 0; block < heap.count; block++) {
      const parent = claims.parent[block] - 1
      if (parent < 0 || parent >= heap.count || claims.via[block] === 0 || !retyped.has(parent)) continue
      const { type } = claims.items[claims.item[parent]]
      const { owner } = shapes.field(claims.via[block] - 1)
      if (type !== 0 && (type === owner || containment.contains(type, owner))) continue
      claims.clear(block)
      retyped.add(block)
      all++
      again = true
    }
  }
  retyped.clear()
  if (all > heap.count * WORTHWHILE) propagation.again()
  return all
}
