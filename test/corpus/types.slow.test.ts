/**
 * How much of the heaps of programs that know their types is typed, how much of that is right, and whether the confidence says so:
 * no less than FLOORS, for each program with each of its builds. `node test/corpus/types/score.ts` prints what is reached.
 */
import { describe, expect, test } from 'vitest'
import { Unavailable } from './commands.ts'
import { FLOORS } from './types/floors.ts'
import { PROGRAMS, testedBuilds, takeCore } from './types/programs.ts'
import { scoreCore } from './types/score.ts'
import { CONFIDENCES } from './types/scoring.ts'

describe.each(PROGRAMS.flatMap((program) => testedBuilds(program).map((build) => ({ program, build, name: `${program.name} ${build.name}` }))))('$name', ({ program, build }) => {
  test('types reach the floors', async ({ skip }) => {
    try {
      const score = await scoreCore(program, await takeCore(program, build))
      expect(score.untold).toBe(0)
      expect(score.missing).toEqual([])
      expect(score.scored.blocks).toBeGreaterThan(3000)
      const floor = FLOORS[program.name]
      if (floor === undefined) throw new Error(`no floors for ${program.name}`)
      const share = (part: number, whole: number): number => (whole === 0 ? 1 : part / whole)
      expect(share(score.right.blocks, score.scored.blocks), 'coverage').toBeGreaterThanOrEqual(floor.coverage)
      expect(share(score.right.bytes, score.scored.bytes), 'coverage by bytes').toBeGreaterThanOrEqual(floor.coverageByBytes)
      expect(share(score.right.blocks, score.typed.blocks), 'precision').toBeGreaterThanOrEqual(floor.precision)
      const sure = score.calibration[CONFIDENCES.indexOf(0.99)]
      expect(share(sure?.right ?? 0, sure?.typed ?? 0), 'right where the confidence is at least .99').toBeGreaterThanOrEqual(floor.sure)
    } catch (error) {
      if (error instanceof Unavailable) return skip(error.message)
      throw error
    }
  })
})
