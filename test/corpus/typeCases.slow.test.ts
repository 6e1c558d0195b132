/** The cases of types/cases: each block has the type that its program logged, and none has another. */
import { describe, expect, test } from 'vitest'
import { Unavailable } from './commands.ts'
import { CASES, buildsOf, differences, takeCase } from './types/cases.ts'
import { leewayOf, weaknessOf } from './types/weaknesses.ts'
import { typedBlocks } from './types/inProcess.ts'

// what is compiled meanwhile doesn't wait for what is analysed
describe.each(CASES)('%s', { concurrent: true }, (name) => {
  for (const build of buildsOf(name)) {
    const weakness = weaknessOf(name, build)
    const title = weakness === null ? build.name : `${build.name}, weak: ${weakness}`
    ;(weakness === null ? test : test.fails)(title, async ({ skip }) => {
      try {
        const { core, exe, truth } = await takeCase(name, build)
        expect(truth.length).toBeGreaterThan(0)
        expect(differences(truth, await typedBlocks(core, exe), leewayOf(name))).toEqual([])
      } catch (error) {
        if (error instanceof Unavailable) return skip(error.message)
        throw error
      }
    })
  }
})
