/** Damaged debug sections give a table and diagnostics: never a crash, a hang, or a table that contradicts itself. The thousands of cases are in the slow tests. */
import { expect, test } from 'vitest'
import { Random } from '../builders/random.ts'
import { DWARF_SECTIONS, type DwarfFile } from '../../src-main/engine/dwarf/file.ts'
import { runDwarfCampaign } from './dwarfCampaign.ts'
import { BUILT, builtSections } from './dwarfImages.ts'
import { judgeDwarf } from './dwarfTarget.ts'

test.each(BUILT)('built sections: %s', { timeout: 120_000 }, async (name) => {
  const files = builtSections(name)
  expect(judgeDwarf(files)).toMatchObject({ bug: null, diagnostics: 0 })
  const { bugs, noticed } = await runDwarfCampaign(files, 60)
  expect(bugs).toEqual([])
  expect(noticed).toBeGreaterThan(10)
})

test('random bytes in every section', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new Random(seed)
    const sections = Object.fromEntries(DWARF_SECTIONS.map((section) => [section, random.bytes(random.below(300))]))
    expect(judgeDwarf([{ name: 'random', kind: random.pick(['main', 'dwz', 'split'] as const), ...sections } as DwarfFile]).bug, `seed ${seed}`).toBeNull()
  }
})
