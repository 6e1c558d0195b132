/** Why a block has its type, along the pointers that the claim came: from a root, or an object with a vtable, to the block. */
import type { EvidenceStep, TypeEvidence } from '../../contract/typeRows.ts'
import type { Blocks } from '../allocator/blocks.ts'
import type { KnownType } from '../findings/top.ts'
import { STRENGTH } from './claims.ts'
import { BY_SHAPE, memberName } from './knownTypes.ts'
import type { BlockTypes } from './storedTypes.ts'

/** Steps that a chain shows; longer ones lead through lists. */
const MOST_STEPS = 64

/** How likely a claim of each strength is right, as measured over the corpus of test/corpus/types. */
const CONFIDENCE: Record<number, number> = {
  [STRENGTH.none]: 0,
  [STRENGTH.buffer]: 0.6,
  [STRENGTH.layout]: 0.8,
  [STRENGTH.best]: 0.8,
  [STRENGTH.learned]: 0.9,
  [STRENGTH.array]: 0.93,
  [STRENGTH.link]: 0.98,
  [STRENGTH.pointer]: 0.98,
  [STRENGTH.container]: 0.99,
  [STRENGTH.vtable]: 0.99,
  [STRENGTH.label]: 1,
}

const HOW: Record<number, string> = {
  [STRENGTH.buffer]: 'bytes behind a pointer to characters',
  [STRENGTH.layout]: 'the only layout that fits the blocks of its class',
  [STRENGTH.best]: 'the type that fits best of those that hold what is pointed to',
  [STRENGTH.learned]: 'what else is behind this member has this type',
  [STRENGTH.array]: 'a pointer to its elements, or to a part of it, and the right size',
  [STRENGTH.link]: 'linked to nodes of that type',
  [STRENGTH.pointer]: 'a pointer to that type, and the right size',
  [STRENGTH.container]: 'part of a container that is whole',
  [STRENGTH.vtable]: 'its vtable',
  [STRENGTH.label]: 'a person’s label',
}

export const confidenceOf = (strength: number): number => CONFIDENCE[strength] ?? 0

/** The last step of the chain: `Owner.member`, or the variable's name; of a type that has neither, its shape. */
export function shortEvidence(stored: BlockTypes, block: number, blockCount: number, type: KnownType): string {
  if (stored.strength(block) === STRENGTH.vtable) return type.evidence || 'its vtable'
  const via = stored.via(block)
  if (via > 0) return memberName(stored.meta.fields[via - 1])
  const parent = stored.parent(block)
  if (parent > blockCount) return stored.meta.roots[parent - blockCount - 1]
  return stored.strength(block) === STRENGTH.label ? '' : BY_SHAPE
}

/** @param blocks with the types that were found */
export function typeEvidence(stored: BlockTypes, blocks: Blocks, types: readonly KnownType[], block: number): TypeEvidence {
  const steps: EvidenceStep[] = []
  const strength = stored.strength(block)
  for (let at = block; steps.length < MOST_STEPS; ) {
    const via = stored.via(at)
    const parent = stored.parent(at)
    steps.push({ addr: blocks.address(at), type: types[blocks.type(at)].name, member: via === 0 ? '' : memberName(stored.meta.fields[via - 1]), root: parent > blocks.count ? stored.meta.roots[parent - blocks.count - 1] : '' })
    if (parent === 0 || parent > blocks.count) break
    at = parent - 1
  }
  steps.reverse()
  return { how: HOW[strength] ?? '', confidence: confidenceOf(strength), steps }
}
