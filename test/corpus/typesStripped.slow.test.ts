/**
 * What the shape of memory alone tells of C++ programs without symbols and debug information: no less of their blocks than here, and
 * what is said is true. `node test/corpus/types/score.ts --stripped` prints what is reached.
 */
import { describe, expect, test } from 'vitest'
import { Unavailable } from './commands.ts'
import { PROGRAMS, testedBuilds, takeCore } from './types/programs.ts'
import { scoreStripped } from './types/score.ts'

/** Share of blocks with a right name. Most of the compiler's blocks are nodes of its own, without vtables. */
const COVERAGE: Record<string, number> = { game: 0.65, server: 0.55, compiler: 0.08, threads: 0.64, document: 0.71 }
const PRECISION: Record<string, number> = { game: 0.999, server: 0.969, compiler: 0.999, threads: 0.999, document: 0.998 }

describe.each(PROGRAMS.filter(({ name }) => name in COVERAGE).flatMap((program) => testedBuilds(program).map((build) => ({ program, build, name: `${program.name} ${build.name}` }))))('$name', ({ program, build }) => {
  test('containers are known by their shape', async ({ skip }) => {
    try {
      const { scored, typed, right } = await scoreStripped(program, await takeCore(program, build))
      expect(scored.blocks).toBeGreaterThan(9000)
      expect(right.blocks / scored.blocks, 'coverage').toBeGreaterThanOrEqual(COVERAGE[program.name] ?? 0)
      expect(right.blocks / typed.blocks, 'precision').toBeGreaterThanOrEqual(PRECISION[program.name] ?? 0)
    } catch (error) {
      if (error instanceof Unavailable) return skip(error.message)
      throw error
    }
  })
})
