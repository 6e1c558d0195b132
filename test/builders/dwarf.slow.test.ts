/** What the DWARF builder makes is well-formed by llvm-dwarfdump's judgement: it is no reader's own idea of the format. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { DWARF_SECTIONS, SECTION_NAME, type DwarfFile } from '../../src-main/engine/dwarf/file.ts'
import { BUILT, builtSections } from '../fuzz/dwarfImages.ts'
import { buildElfModule } from './elfModule.ts'

const folder = mkdtempSync(join(tmpdir(), 'corelens-dwarfdump-'))
afterAll(() => rmSync(folder, { recursive: true }))

function dump(file: DwarfFile, ...options: string[]): string | null {
  const suffix = (section: string): string => (file.kind === 'split' && !section.endsWith('Index') ? '.dwo' : '')
  const sections = DWARF_SECTIONS.filter((section) => file[section].length > 0).map((section) => ({ name: SECTION_NAME[section] + suffix(section), bytes: file[section] }))
  const path = join(folder, 'module')
  writeFileSync(path, buildElfModule({ sections }).bytes)
  try {
    return execFileSync('llvm-dwarfdump', [...options, path], { encoding: 'utf8', stdio: 'pipe' })
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: string; stdout?: string; stderr?: string }
    // GNU's split units have their ranges in the skeleton's file, where it does not look for them.
    if (stdout !== undefined && /^(error: decoding address ranges: invalid range list offset 0x\S+\n)+$/.test(stderr ?? '') && file.kind === 'split') return stdout
    if (code !== 'ENOENT') throw error
    console.log('not checked: no llvm-dwarfdump on this machine')
    return null
  }
}

test.each(BUILT)('%s', (name) => {
  const [file, ...others] = builtSections(name)
  for (const each of [file, ...others]) {
    const text = dump(each, '-a')
    if (text === null) return
    expect(text).not.toMatch(/error|warning|DW_(TAG|AT|FORM|OP)_(unknown|null)/i)
    const seen = new Set(text.match(/DW_TAG_\w+/g))
    if (each.info.length > 500) expect([...seen]).toEqual(expect.arrayContaining(['DW_TAG_structure_type', 'DW_TAG_variant_part', 'DW_TAG_ptr_to_member_type', 'DW_TAG_subprogram']))
  }
  // What refers to another file can not be verified without it.
  if (others.length === 0) expect(dump(file, '--verify')).toMatch(/No errors\./)
})
