/** Why a block has its type, as one line: from the variable, or the object that is known by itself, member by member to the type. */

import type { EvidenceStep, TypeEvidence } from '../../src-main/contract/typeRows.ts'

export interface EvidencePart {
  kind: 'root' | 'member' | 'type' | 'cut'
  text: string
  /** How many steps of a list it stands for. */
  times: number
}

/** `g_world (game) → World.entities → Entity *[] → Npc.inventory → Item`, in its parts; a list is one of them, and of many the middle is left out. */
export function evidenceParts({ steps }: Pick<TypeEvidence, 'steps'>): EvidencePart[] {
  const first = steps[0]
  const last = steps.at(-1)
  if (!first || !last) return []
  const parts: EvidencePart[] = [startOf(first)]
  const member = (text: string): void => {
    const before = parts.at(-1)
    if (before?.kind === 'member' && before.text === text) before.times++
    else parts.push({ kind: 'member', text, times: 1 })
  }
  if (isCut(first)) member(first.member)
  for (const [i, step] of steps.entries()) if (i > 0) member(step.member === '' ? (steps[i - 1]!.type ?? '?') : step.member)
  if (last !== first || first.root !== '' || isCut(first)) parts.push({ kind: 'type', text: last.type ?? '?', times: 1 })
  return folded(parts.length).hidden === 0 ? parts : foldedParts(parts)
}

function foldedParts(parts: EvidencePart[]): EvidencePart[] {
  const { head, tail, hidden } = folded(parts.length)
  return [...parts.slice(0, head), { kind: 'cut', text: `… ${hidden} more …`, times: 1 }, ...parts.slice(tail)]
}

/** The chain goes on before its first step. */
export function isCut({ member, root }: EvidenceStep): boolean {
  return member !== '' && root === ''
}

function startOf(first: EvidenceStep): EvidencePart {
  if (first.root !== '') return { kind: 'root', text: first.root, times: 1 }
  return isCut(first) ? { kind: 'cut', text: '…', times: 1 } : { kind: 'type', text: first.type ?? '?', times: 1 }
}

/** What is shown at both ends of a list that is folded in its middle. */
const ENDS = 4

export interface Folded {
  /** 0 .. head and tail .. end are shown; nothing is hidden where they meet. */
  head: number
  tail: number
  hidden: number
}

/** A line that says how many are hidden is only worth it where it hides more than one. */
export function folded(length: number, ends = ENDS): Folded {
  const hidden = length - 2 * ends
  return hidden < 2 ? { head: length, tail: length, hidden: 0 } : { head: ends, tail: length - ends, hidden }
}

/** How sure a type is, in whole percent: never 100 % for a guess. */
export function confidenceText(confidence: number): string {
  return `${confidence >= 1 ? 100 : Math.min(99, Math.round(confidence * 100))} %`
}
