/** One C++ program as its compilers write it in several ways: what two tables both name, they describe alike. */
import { describe, expect, test } from 'vitest'
import type { DwarfFile } from '../../../src-main/engine/dwarf/file.ts'
import { compiledSections } from '../../fuzz/dwarfImages.ts'
import { contradictionIn } from './contradictions.ts'
import { readTables } from './readTables.ts'
import type { TableText } from './tableText.ts'

function table(files: DwarfFile[]): TableText {
  const { tables, diagnostics, text } = readTables(files, 3)
  expect(diagnostics).toEqual([])
  expect(contradictionIn(tables)).toBeNull()
  return text
}

/** Layouts by name; static members left out, which compilers only keep where they are used. */
const layouts = (text: TableText): Map<string, string> =>
  new Map(text.names().map((name) => [name, text.find(name).map((row) => text.layout(row).filter((line) => !line.startsWith('static')).join(' | ')).sort().join('\n')]))

describe.each(['g++', 'clang++'] as const)('%s', (compiler) => {
  test.each([['-gdwarf-5'], ['-gdwarf-4 -gsplit-dwarf'], ['-gdwarf-5 -gsplit-dwarf']])('-gdwarf-4 and %s', (flags) => {
    let sections: DwarfFile[][]
    try {
      sections = ['-gdwarf-4', flags].map((each) => compiledSections(compiler, each.split(' ')))
    } catch (error) {
      console.log(`not checked: ${compiler} ${flags}: ${String(error).split('\n')[0]}`)
      return
    }
    const [plain, other] = sections.map(table)
    const described = layouts(other)
    const both = [...layouts(plain)].filter(([name]) => described.has(name))
    expect(both.length).toBeGreaterThan(300)
    for (const [name, layout] of both) expect(described.get(name), name).toBe(layout)
    expect(other.functions()).toHaveLength(plain.functions().length)
    expect(other.variables().map((line) => line.replace(/^0x\w+/, ''))).toEqual(plain.variables().map((line) => line.replace(/^0x\w+/, '')))
  })
})
