/**
 * Overall progress of an opening, from events that only know their own stage. Stages weigh what they
 * usually take; those before the first one seen (decompress, for a plain core) weigh nothing.
 */

import { STAGES, type CoreEvent, type Stage } from '../../src-main/contract/api.ts'

export type ProgressEvent = Extract<CoreEvent, { kind: 'progress' }>

const WEIGHTS: Record<Stage, number> = { decompress: 40, open: 4, arenas: 6, blocks: 34, types: 20, store: 6 }

/** 0..1 */
export function overallFraction(firstStage: Stage, event: Pick<ProgressEvent, 'stage' | 'done' | 'total'>): number {
  let before = 0
  let all = 0
  const first = STAGES.indexOf(firstStage)
  const current = STAGES.indexOf(event.stage)
  STAGES.forEach((stage, i) => {
    if (i < first) return
    all += WEIGHTS[stage]
    if (i < current) before += WEIGHTS[stage]
  })
  const within = event.total > 0 ? Math.min(1, event.done / event.total) : 0
  return all === 0 ? 0 : Math.min(1, (before + WEIGHTS[event.stage] * within) / all)
}

export type StageState = 'done' | 'current' | 'waiting'

/** The stages to list, in order; decompress only where the core is compressed. */
export function stageStates(firstStage: Stage, current: Stage): { stage: Stage; state: StageState }[] {
  const at = STAGES.indexOf(current)
  return STAGES.flatMap((stage, i) => {
    if (stage === 'decompress' && firstStage !== 'decompress') return []
    return [{ stage, state: i < at ? 'done' : i === at ? 'current' : 'waiting' }]
  })
}
