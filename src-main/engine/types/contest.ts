/**
 * Which of several types blocks of one group have: each is tried on a sample, then the best ones on every block. A type wins that
 * fits clearly better than the next, or alone; a prior speaks for types that other blocks are known to have.
 */
import type { Propagation } from './propagate.ts'
import type { Shape } from './shapes.ts'

/** Blocks of a group that candidates are tried on. */
export const SAMPLE = 48
/** Share that must agree. */
export const AGREEING = 0.95
/** Share of a sample that must fit any of the candidates. */
export const ENOUGH_FIT = 0.05
/** Blocks on which only one candidate must fit for less to speak for it. */
export const ALONE = 8
/** Candidates that single blocks are asked about, and the share of the sample that each must fit. */
const FINALISTS = 6
const MAY_WIN = 0.02
/** Words that the pointer's own declaration is worth. */
const DECLARED = 0.5
/** Words that other blocks of a type are worth at most. */
const MOST_PRIOR = 1
/** What a candidate must be ahead of the next by, in words. */
const AHEAD = 1
const MOST_CANDIDATES = 400

export class Contest {
  private readonly propagation: Propagation

  constructor(propagation: Propagation) {
    this.propagation = propagation
  }

  /**
   * Tries candidates on a sample of blocks and answers which one each block has; null where that can't be told.
   * @param least words that must speak for it in a block, on average
   * @param declared the type that the pointer is declared with
   * @param mayBeAlone less is enough where nothing else fits: something is known to point there
   */
  among(blocks: number[], candidates: Shape[], least: number, { mayBeAlone = true, declared = 0 } = {}): (i: number) => Shape | null {
    const { fit, heap } = this.propagation
    const pool = candidates.filter((shape) => shape.isPolymorphic === false).slice(0, MOST_CANDIDATES)
    if (pool.length === 0) return () => null
    const step = Math.max(1, Math.floor(blocks.length / SAMPLE))
    const sample = blocks.filter((_, i) => i % step === 0).slice(0, SAMPLE)
    const scored = pool.map((shape) => {
      let fits = 0
      let score = 0
      for (const block of sample) {
        const at = heap.address(block)
        if (shape.size > heap.size(block) || !fit.fits(at, shape, at + heap.size(block), 1) || fit.good === 0) continue
        fits++
        score += fit.score + this.prior(shape) + (shape.type === declared ? DECLARED : 0)
      }
      return { shape, fits, score }
    })
    const standing = scored.filter(({ fits }) => fits > 0).sort((a, b) => b.score - a.score)
    const first = standing[0]
    const second = standing.find(({ shape }, i) => i > 0 && !this.areNamesakes(shape, first.shape))
    if (first === undefined || first.fits < ENOUGH_FIT * sample.length) return () => null
    // one is ahead over all of them, or the only one of several that fits
    const isAlone = mayBeAlone && sample.length >= ALONE && pool.length > 1 && (second === undefined || second.fits < sample.length / 2)
    const isClear = isAlone || second === undefined || first.score >= second.score + AHEAD * Math.max(1, sample.length / 2) || sameLayout(first.shape, second.shape)
    const isAhead = isClear && first.fits >= AGREEING * sample.length && first.score >= (isAlone ? least / 4 : least) * sample.length
    const finalists = standing.filter(({ shape, fits }) => shape === first.shape || fits >= MAY_WIN * sample.length).slice(0, FINALISTS)
    const winner = (block: number): Shape | null => {
      const at = heap.address(block)
      const usable = heap.size(block)
      let best: Shape | null = null
      let bestScore = isAhead ? -Infinity : 0
      let next = -Infinity
      for (const { shape } of finalists) {
        if (shape.size > usable || !fit.fits(at, shape, at + usable, 1) || fit.good === 0) continue
        // what most of the group are is likelier
        const score = fit.score + this.prior(shape) + (shape.type === declared ? DECLARED : 0) + (isAhead && shape === first.shape ? 2 * AHEAD : 0)
        if (score > bestScore) {
          next = best === null || this.areNamesakes(best, shape) ? next : bestScore
          bestScore = score
          best = shape
        } else if (score > next && !this.areNamesakes(best, shape)) {
          next = score
        }
      }
      if (isAhead && best === first.shape) return best
      if (best === null) return null
      return next === -Infinity ? (bestScore >= least / 2 ? best : null) : bestScore >= least && bestScore >= next + AHEAD ? best : null
    }
    // what can't be told of the sample can't be told of the rest
    if (!isAhead && sample.filter((block) => winner(block) !== null).length < ENOUGH_FIT * sample.length) return () => null
    return (i) => winner(blocks[i])
  }

  /** A type that other blocks are known to have is likelier than one that none has. */
  private prior(shape: Shape): number {
    const { claims } = this.propagation
    const known = claims.counts[this.propagation.single(shape.type)]
    return Math.min(MOST_PRIOR, Math.log10(1 + Math.max(0, known)) / 2)
  }

  /** Types of one name in several modules are one to who reads it. */
  private areNamesakes(a: Shape | null, b: Shape): boolean {
    const { shapes } = this.propagation
    return a !== null && shapes.name(a.type) === shapes.name(b.type)
  }
}

/** Whether two types say the same of memory. */
function sameLayout(a: Shape, b: Shape): boolean {
  return a.size === b.size && a.leaves.length === b.leaves.length && a.leaves.every((leaf, i) => leaf.offset === b.leaves[i].offset && leaf.kind === b.leaves[i].kind && leaf.target === b.leaves[i].target)
}
