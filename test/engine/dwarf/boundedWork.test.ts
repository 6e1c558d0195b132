/** Small sections whose parts lie within one another, so that following all of them would take forever, or all memory. */
import { expect, test } from 'vitest'
import type { DwarfFile } from '../../../src-main/engine/dwarf/file.ts'
import { as, buildUnits, die, ranges, ref, unit, type Die } from '../../builders/dwarf.ts'
import { contradictionIn } from './contradictions.ts'
import { readTables, type ReadTables } from './readTables.ts'

const INT = die('base_type#int', { name: 'int', byte_size: 4, encoding: 5 })
const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

function checked(file: DwarfFile): ReadTables {
  const answer = readTables([file])
  expect(contradictionIn(answer.tables)).toBeNull()
  return answer
}

test('ten thousand functions that share ten thousand ranges', { timeout: 60_000 }, () => {
  const list = ranges(...many(9_999, (i): ['start_length', number, number] => ['start_length', 0x1000 + i * 16, 8]))
  const [file] = buildUnits(unit([die('subprogram', { name: 'f', ranges: list }), ...many(10_000, () => die('subprogram', { name: 'g', ranges: as('sec_offset', 12) }))])).files
  expect(checked(file).text.functions()).toContain('0x1000-0x1008 f')
})

test('units whose abbreviations begin within those of others', { timeout: 60_000 }, () => {
  const built = buildUnits(...many(4_000, () => unit([INT], { version: 4 })))
  const [file] = built.files
  const entries = many(5_000, (i) => [0x85, 0x80 | (i & 127), (i >> 7) & 127, 0x34, 0, 3, 8, 0, 0]).flat()
  const info = file.info.slice()
  const view = new DataView(info.buffer)
  built.units[0].forEach(({ start }, i) => view.setUint32(start + 6, i * 9, true))
  expect(checked({ ...file, info, abbrev: Uint8Array.from([...entries, 0]) }).diagnostics.length).toBeLessThan(100)
})

test('units whose file tables run on into a large one', { timeout: 60_000 }, () => {
  const count = 1000
  const [file] = buildUnits(...many(count, (i) => unit([INT, die('structure_type', { name: `S${i}`, byte_size: 4, decl_file: 1, decl_line: 1 })], { version: 4, attributes: { stmt_list: i * 15 } }))).files
  // Headers of version 3 without a zero but in the version, so that all others are the name of a folder.
  const line = new Uint8Array(count * 15 + 2_000_000)
  for (let i = 0; i < count; i++) line.set([1, 1, 1, 1, 3, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1], i * 15)
  line[count * 15] = 0x61
  for (let at = count * 15 + 3; at + 5 < line.length; at += 5) line.set([0x61, 0, 1, 1, 1], at)
  expect(checked({ ...file, line }).text.names()).toHaveLength(count + 1)
})

test('names that are the ends of one of four megabytes', { timeout: 60_000 }, () => {
  const [file] = buildUnits(unit(many(8_000, (i): Die => die('structure_type', { name: as('strp', i), byte_size: 4 })), { version: 4 })).files
  expect(checked({ ...file, str: new Uint8Array(4 << 20).fill(0x61) }).tables.types.count).toBeGreaterThan(1)
})

test('twenty thousand types of one name in one unit, and as many units of one', { timeout: 60_000 }, () => {
  const one = (i: number): Die[] => [die(`structure_type#${i}`, { name: 'S', byte_size: 8 + i }, [die('member', { name: 'p', type: ref(`p${i}`), data_member_location: 0 })]), die(`pointer_type#p${i}`, { byte_size: 8, type: ref(`${i}`) })]
  expect(checked(buildUnits(unit(many(20_000, one).flat(), { version: 4 })).files[0]).text.find('S')).toHaveLength(20_000)
  expect(checked(buildUnits(...many(2_000, (i) => unit(one(i), { version: 4 }))).files[0]).text.find('S')).toHaveLength(2_000)
})
