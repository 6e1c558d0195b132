/** 10,000 damaged variants of debug sections: of a C++ library with templates, as gcc and clang make it, and of built ones. */
import { describe, expect, test } from 'vitest'
import type { DwarfFile } from '../../src-main/engine/dwarf/file.ts'
import { runDwarfCampaign } from './dwarfCampaign.ts'
import { BUILT, builtSections, compiledSections } from './dwarfImages.ts'
import { judgeDwarf } from './dwarfTarget.ts'

const CASES_BUILT = 500
const CASES_COMPILED = 750

test.each(BUILT)(`built sections, ${CASES_BUILT} variants: %s`, async (name) => {
  const { bugs } = await runDwarfCampaign(builtSections(name), CASES_BUILT, 1000)
  expect(bugs).toEqual([])
})

describe.each(['g++', 'clang++'] as const)('%s', (compiler) => {
  test.each([['-gdwarf-4'], ['-gdwarf-5'], ['-gdwarf-4 -fdebug-types-section'], ['-gdwarf-5 -gsplit-dwarf']])(`a library, ${CASES_COMPILED} variants: %s`, async (flags) => {
    const files = compiled(compiler, flags.split(' '))
    if (files === null) return
    expect(judgeDwarf(files)).toMatchObject({ bug: null, diagnostics: 0, types: expect.toSatisfy((count: number) => count > 300) })
    const { bugs } = await runDwarfCampaign(files, CASES_COMPILED, 5000)
    expect(bugs).toEqual([])
  })
})

function compiled(compiler: 'g++' | 'clang++', flags: string[]): DwarfFile[] | null {
  try {
    return compiledSections(compiler, flags)
  } catch (error) {
    console.log(`not checked: ${compiler} ${flags.join(' ')}: ${String(error).split('\n')[0]}`)
    return null
  }
}
