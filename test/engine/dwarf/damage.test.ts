/** Damage costs the unit it is in, or less, and says so with section and offset; the units around it are read. */
import { describe, expect, test } from 'vitest'
import type { DiagnosticRow } from '../../../src-main/contract/rows.ts'
import { as, buildDwarf, buildUnits, die, expression, ranges, raw, ref, unit, type BuiltDwarf, type Die, type RawBytes, type UnitSpec } from '../../builders/dwarf.ts'
import { contradictionIn } from './contradictions.ts'
import { readTables, type ReadTables } from './readTables.ts'

const INT = die('base_type#int', { name: 'int', byte_size: 4, encoding: 5 })
const member = (name: string, type: string, at: number): Die => die('member', { name, type: ref(type), data_member_location: at })
const good = (name: string): UnitSpec => unit([INT, die('structure_type', { name, byte_size: 4 }, [member('x', 'int', 0)])], { version: 4, attributes: { name: `${name}.c` } })

function checked(built: BuiltDwarf): ReadTables {
  const answer = readTables(built.files, 2)
  expect(contradictionIn(answer.tables)).toBeNull()
  return answer
}

/** The unit between two good ones. */
function between(bad: UnitSpec): ReadTables & { start: number; end: number } {
  const built = buildUnits(good('Before'), bad, good('After'))
  const answer = checked(built)
  expect(answer.text.names()).toEqual(expect.arrayContaining(['Before', 'After']))
  return { ...answer, ...built.units[0][1] }
}

const dies = (...children: (Die | RawBytes)[]): UnitSpec => unit([INT, die('structure_type', { name: 'First', byte_size: 4 }, [member('x', 'int', 0)]), ...children], { version: 5, attributes: { name: 'bad.c' } })

/** Of the unit, or of a section it refers to. */
function expectSaid(rows: DiagnosticRow[], start: number, end: number, section = '.debug_info'): void {
  expect(rows.length).toBeGreaterThan(0)
  for (const row of rows) {
    expect(row.kind).toBe('damaged')
    expect(row.where + row.message).toContain(section)
    expect(row.offset).not.toBeNull()
    expect(row.message).not.toMatch(/NaN|undefined|\n/)
  }
  if (section === '.debug_info') expect(rows.some(({ offset }) => offset !== null && offset >= start && offset <= end), JSON.stringify([start, end, rows])).toBe(true)
}

describe('DIEs that can not be read', () => {
  test.each<[string, (Die | RawBytes)[]]>([
    ['an abbreviation code that is not declared', [raw(0x6f)]],
    ['an abbreviation code of many bytes', [raw(0xff, 0xff, 0xff, 0xff, 0x0f)]],
    ['an abbreviation code that does not end', [raw(...new Array<number>(40).fill(0x80))]],
    ['an unknown form', [die('variable', { name: as(0x7777, Uint8Array.of(1, 2)) })]],
    ['form 0', [die('variable', { name: as(0, Uint8Array.of(1, 2)) })]],
    ['an unknown form where an attribute is jumped over', [die('lexical_block', { low_pc: as(0x7777, Uint8Array.of(1, 2)) })]],
    ['DW_FORM_indirect to an unknown form', [die('structure_type', { name: as('indirect', as(0x7777, Uint8Array.of(1))) })]],
    ['DW_FORM_indirect to itself, again and again', [die('structure_type', { name: as(0x16, new Uint8Array(2000).fill(0x16)) })]],
    ['a block beyond the unit', [die('structure_type', { data_member_location: as('block4', new Uint8Array(1)) }), raw(), die('variable', { location: as(0x04, Uint8Array.of(0xff, 0xff, 0xff, 0xff)) })]],
    ['a block that is jumped over, beyond the unit', [die('lexical_block', { 0x3000: as(0x04, Uint8Array.of(0xff, 0xff, 0xff, 0x7f)) })]],
    ['an expression beyond the unit', [die('variable', { location: as(0x18, Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f)) })]],
    ['a text without an end', [die('structure_type', { name: as(0x08, new Uint8Array(3).fill(0x41)) })]],
    ['LEB128 without an end', [die('structure_type', { byte_size: as(0x0f, new Uint8Array(3000).fill(0x80)) })]],
  ])('%s', (name, children) => {
    // The last DIE of its unit, so that nothing behind it can be taken for what it lacks.
    const { diagnostics, text, start, end } = between(dies(...children))
    if (name !== 'a text without an end') expectSaid(diagnostics, start, end)
    expect(text.names()).toContain('First')
  })

  test('what lies behind it in the unit is lost, what lies before it is kept', () => {
    const { text } = between(dies(die('structure_type', { name: 'Before it', byte_size: 1 }), raw(0x6f), die('structure_type', { name: 'Behind it', byte_size: 1 })))
    expect(text.names()).toContain('Before it')
    expect(text.names()).not.toContain('Behind it')
  })

  test.each(['lexical_block', 'namespace', 'structure_type', 'subprogram'] as const)('100,000 of %s nested', { timeout: 60_000 }, (tag) => {
    let inner = die(tag, { name: 'x' })
    for (let i = 1; i < 100_000; i++) inner = die(tag, { name: 'x' }, [inner])
    const { diagnostics } = between(dies(inner))
    expect(diagnostics.length).toBeLessThan(30)
  })

  test('lists that don’t end: of children, of the unit', () => {
    const built = buildUnits(good('Before'), dies(die('structure_type', { name: 'Open', byte_size: 4 }, [member('y', 'int', 0)])))
    const { start, end } = built.units[0][1]
    for (const cut of [1, 2]) {
      const info = built.files[0].info.slice(0, end - cut)
      new DataView(info.buffer).setUint32(start, end - cut - start - 4, true)
      const { text } = checked({ ...built, files: [{ ...built.files[0], info }] })
      expect(text.names()).toEqual(expect.arrayContaining(['Before', 'First', 'Open']))
    }
  })

  test('more ends than lists', () => {
    const { text } = between(dies(raw(0, 0, 0, 0)))
    expect(text.names()).toContain('First')
  })
})

describe('headers', () => {
  const header = (fields: UnitSpec['header'], options: Partial<UnitSpec> = {}): UnitSpec => ({ ...dies(), ...options, header: fields })

  test.each<[string, UnitSpec]>([
    ['version 0', header({ version: 0 })],
    ['version 1', header({ version: 1 })],
    ['version 6', header({ version: 6 })],
    ['version 0xffff', header({ version: 0xffff })],
    ['unknown unit type', header({ unitType: 0x55 })],
    ['addresses of 3 bytes', header({ addressSize: 3 })],
    ['addresses of 0 bytes', header({ addressSize: 0 })],
    ['addresses of 255 bytes', header({ addressSize: 255 })],
    ['abbreviations at 4 GiB', header({ abbrevOffset: 0xffffffff })],
    ['abbreviations at 2^63', header({ abbrevOffset: 2 ** 63 }, { format: 64 })],
  ])('%s', (_, bad) => {
    const built = buildUnits(good('Before'), bad, good('After'))
    const { text, diagnostics } = checked(built)
    expect(text.names()).toEqual(expect.arrayContaining(['Before', 'After']))
    expect(diagnostics.length).toBeGreaterThan(0)
    for (const { where, message, offset } of diagnostics) expect([where + message, offset]).toEqual([expect.stringMatching(/\.debug_(info|abbrev)/), expect.any(Number)])
  })

  test.each<[string, UnitSpec]>([
    ['a length beyond the section', header({ length: 0x7fffffff })],
    ['a reserved length', header({ length: 0xfffffff5 })],
    ['a 64-bit length of 2^62', header({ length: 2 ** 62 }, { format: 64 })],
    ['a 64-bit length of 2^64 - 1', header({ length: -1 }, { format: 64 })],
    ['a length of 0', header({ length: 0 })],
    ['a length of 3', header({ length: 3 })],
  ])('%s costs the units behind it at most', (_, bad) => {
    const { text, diagnostics } = checked(buildUnits(good('Before'), bad, good('After')))
    expect(text.names()).toContain('Before')
    expectSaid(diagnostics, 0, Infinity)
  })

  test.each([4, 5] as const)('a type unit of version %d whose type lies outside', (version) => {
    for (const typeOffset of [0, 1, 0x7fffffff]) {
      const bad = unit([INT, die('structure_type#S', { name: 'S', byte_size: 4 })], { version, kind: 'type', id: 7n, type: 'S', header: { typeOffset } })
      const { text } = checked(buildUnits(good('Before'), unit([die('variable', { name: 'v', type: as('ref_sig8', 7n), location: expression(['addr', 1]) })]), bad, good('After')))
      expect(text.names()).toEqual(expect.arrayContaining(['Before', 'After']))
    }
  })
})

describe('abbreviations', () => {
  const cut = (built: BuiltDwarf, change: (abbrev: Uint8Array) => Uint8Array): BuiltDwarf => ({ ...built, files: [{ ...built.files[0], abbrev: change(built.files[0].abbrev.slice()) }] })

  test('without the zero that ends them', () => {
    const last = unit(good('Last').root.children, { version: 4, openAbbreviations: true })
    expect(checked(buildUnits(good('Before'), last)).text.names()).toEqual(expect.arrayContaining(['Before', 'Last']))
  })

  test('cut anywhere', () => {
    const built = buildUnits(good('Before'), good('After'))
    const half = built.files[0].abbrev.length / 2
    for (let length = half; length < 2 * half; length++) expect(checked(cut(built, (abbrev) => abbrev.subarray(0, length))).text.names()).toContain('Before')
  })

  test('none at all', () => {
    const { text, diagnostics } = checked(cut(buildUnits(good('Before')), () => new Uint8Array(0)))
    expect(text.names()).toEqual([])
    expectSaid(diagnostics, 0, Infinity, '.debug_')
  })

  test.each<[string, number]>([['0x80', 0x80], ['0xff', 0xff], ['1', 1]])('all of %s', (_, byte) => {
    checked(cut(buildUnits(good('Before')), () => new Uint8Array(100_000).fill(byte)))
  })

  test('two of one code: the first is it', () => {
    const built = cut(buildUnits(good('Before')), (abbrev) => Uint8Array.of(...abbrev.subarray(0, -1), 1, 0x34, 0, 0, 0, 0))
    expect(checked(built).text.names()).toContain('Before')
  })
})

describe('references', () => {
  const points = (type: Parameters<typeof as>[1]): Die => die('structure_type', { name: 'S', byte_size: 8 }, [die('member', { name: 'a', type, data_member_location: 0 }), member('b', 'int', 4)])

  test.each<[string, Parameters<typeof as>[1]]>([
    ['beyond the unit', as('ref4', 0xffff)],
    ['beyond 2^32', as('ref8', 2 ** 40)],
    ['beyond 2^53', as('ref8', 0xffffffffffffffffn)],
    ['beyond the section', as('ref_addr', 0xfffffff0)],
    ['into the header', as('ref4', 2)],
    ['into the middle of a DIE', as('ref4', 0x1b)],
    ['to the unit itself', as('ref4', 12)],
    ['to a file that is not there', as('GNU_ref_alt', 0x20)],
    ['to a signature that is not there', as('ref_sig8', 99n)],
    ['to what is no type', ref('variable')],
  ])('%s', (_, type) => {
    const { text, diagnostics } = between(dies(die('variable#variable', { name: 'variable', type: ref('int'), location: expression(['addr', 0x10]) }), points(type)))
    const [head, , ...rest] = text.only('S')
    expect([head, ...rest]).toEqual(['struct S 8', '4 b: int'])
    for (const { message } of diagnostics) expect(message).not.toMatch(/NaN|undefined/)
  })

  test.each<[string, Die[]]>([
    ['a typedef of itself', [die('typedef#t', { name: 't', type: ref('t') })]],
    ['two typedefs of each other', [die('typedef#t', { name: 't', type: ref('u') }), die('typedef#u', { name: 'u', type: ref('t') })]],
    ['const of itself', [die('const_type#t', { type: ref('t') }), die('variable', { name: 'v', type: ref('t'), location: expression(['addr', 1]) })]],
    ['const, volatile and a typedef in a ring', [die('const_type#c', { type: ref('v') }), die('volatile_type#v', { type: ref('t') }), die('typedef#t', { name: 't', type: ref('c') })]],
    ['a pointer to itself', [die('pointer_type#t', { type: ref('t') }), die('variable', { name: 'v', type: ref('t'), location: expression(['addr', 1]) })]],
    ['an array of itself', [die('array_type#t', { type: ref('t') }, [die('subrange_type', { count: 2 })]), die('variable', { name: 'v', type: ref('t'), location: expression(['addr', 1]) })]],
    ['a struct that holds itself', [die('structure_type#t', { name: 't', byte_size: 8 }, [member('x', 't', 0)])]],
    ['structs that hold each other', [die('structure_type#t', { name: 't', byte_size: 8 }, [member('x', 'u', 0)]), die('structure_type#u', { name: 'u', byte_size: 8 }, [member('x', 't', 0)])]],
    ['a class that is its own base', [die('class_type#t', { name: 't', byte_size: 8 }, [die('inheritance', { type: ref('t'), data_member_location: 0 })])]],
    ['a struct that holds an array of itself by a typedef', [die('structure_type#t', { name: 't', byte_size: 8 }, [member('x', 'a', 0)]), die('array_type#a', { type: ref('d') }, [die('subrange_type', { count: 2 })]), die('typedef#d', { name: 'd', type: ref('t') })]],
    ['a function that returns itself', [die('subroutine_type#t', { type: ref('t') }, [die('formal_parameter', { type: ref('t') })]), die('typedef', { name: 'd', type: ref('t') })]],
    ['an enum of itself', [die('enumeration_type#t', { name: 't', byte_size: 4, type: ref('t') })]],
    ['a pointer to member of itself', [die('ptr_to_member_type#t', { type: ref('t'), containing_type: ref('t') }), die('typedef', { name: 'd', type: ref('t') })]],
    ['specifications of each other', [die('variable#t', { specification: ref('u'), location: expression(['addr', 1]) }), die('variable#u', { specification: ref('t'), location: expression(['addr', 2]) })]],
    ['a function that is its own origin', [die('subprogram#t', { abstract_origin: ref('t'), low_pc: 0x10, high_pc: 8 })]],
    ['a class that specifies itself', [die('class_type#t', { specification: ref('t'), byte_size: 4 })]],
    ['a class that specifies the one within it', [die('class_type', { specification: ref('u'), byte_size: 4 }, [die('class_type#u', { name: 'u', byte_size: 4 })])]],
    ['a type of its own signature', [die('class_type#t', { name: 't', signature: as('ref4', 12) })]],
    ['a unit that imports itself', [die('imported_unit', { import: as('ref4', 12) })]],
    ['a template argument that is the type itself', [die('class_type#t', { name: 't', byte_size: 1 }, [die('template_type_parameter', { name: 'T', type: ref('t') })])]],
    ['an anonymous struct that holds itself', [die('structure_type#t', { byte_size: 8 }, [member('x', 't', 0)]), die('typedef', { name: 'd', type: ref('t') })]],
    ['anonymous structs in a ring by pointers', [die('structure_type#t', { byte_size: 8 }, [member('x', 'p', 0)]), die('pointer_type#p', { type: ref('t') }), die('typedef', { name: 'd', type: ref('t') })]],
    ['a discriminant that is its variant part', [die('structure_type', { name: 't', byte_size: 8 }, [die('variant_part#v', { discr: ref('v') }, [die('variant', { discr_value: 1 }, [member('x', 'int', 0)])])])]],
  ])('%s', (_, children) => {
    const { text } = between(dies(...children))
    expect(text.names()).toContain('First')
  })

  test.each([['typedef'], ['const_type'], ['pointer_type'], ['array_type']] as const)('10,000 of %s in a row', { timeout: 60_000 }, (tag) => {
    const chain = Array.from({ length: 10_000 }, (_, i) => die(`${tag}#${i}`, { name: `t${i}`, type: ref(i === 9_999 ? 'int' : `${i + 1}`) }))
    const { text } = between(dies(...chain, die('variable', { name: 'v', type: ref('0'), location: expression(['addr', 1]) })))
    expect(text.names()).toContain('First')
  })

  test('20,000 structs, each holding the next', { timeout: 60_000 }, () => {
    const chain = Array.from({ length: 20_000 }, (_, i) => die(`structure_type#${i}`, { name: `s${i}`, byte_size: 4 }, [member('x', i === 19_999 ? 'int' : `${i + 1}`, 0)]))
    expect(between(dies(...chain)).text.names()).toContain('s19999')
  })
})

describe('what a DIE refers to in other sections', () => {
  test.each<[string, Die]>([
    ['a text beyond .debug_str', die('structure_type', { name: as('strp', 0xfffffff), byte_size: 77 })],
    ['a text beyond .debug_line_str', die('structure_type', { name: as('line_strp', 0xfffffff), byte_size: 77 })],
    ['a text by an index that is not there', die('structure_type', { name: as('strx', 0xfffffff), byte_size: 77 })],
    ['a text by an index, without DW_AT_str_offsets_base', die('structure_type', { name: as('strx1', 3), byte_size: 77 })],
    ['a text of a file that is not there', die('structure_type', { name: as('GNU_strp_alt', 5), byte_size: 77 })],
  ])('%s costs that text', (_, bad) => {
    const { text } = between(dies(bad, die('structure_type', { name: 'Behind', byte_size: 1 })))
    expect(text.names()).toContain('Behind')
  })

  test('a text without an end, at the end of .debug_str', () => {
    const built = buildUnits(good('Before'), dies(die('structure_type', { name: 'The last', byte_size: 1 })))
    const [file] = built.files
    checked({ ...built, files: [{ ...file, str: file.str.subarray(0, file.str.length - 1) }] })
  })

  test.each<[string, Die]>([
    ['an address by an index that is not there', die('subprogram', { name: 'f', low_pc: as(0x1b, Uint8Array.of(0xff, 0xff, 0x7f)), high_pc: 8 })],
    ['ranges beyond the section', die('subprogram', { name: 'f', ranges: as('sec_offset', 0xffffff0) })],
    ['ranges by an index that is not there', die('subprogram', { name: 'f', ranges: as('rnglistx', 0xffffff) })],
    ['ranges that don’t end', die('subprogram', { name: 'f', ranges: { ...ranges(['start_length', 0x40, 8]), terminated: false } })],
    ['ranges with an unknown kind of entry', die('subprogram', { name: 'f', ranges: ranges(['raw', Uint8Array.of(0x55)]) })],
    ['ranges whose numbers don’t end', die('subprogram', { name: 'f', ranges: ranges(['raw', new Uint8Array(200).fill(0x84)]) })],
    ['a range that ends before it starts', die('subprogram', { name: 'f', ranges: ranges(['start_end', 0x100, 0x80]) })],
    ['a length beyond 2^64', die('subprogram', { name: 'f', low_pc: 0x1000, high_pc: as('data8', 0xffffffffffffffffn) })],
    ['a variable at 2^64 - 1', die('variable', { name: 'v', type: ref('int'), location: expression(['addr', -1]) })],
    ['an expression that is cut', die('variable', { name: 'v', type: ref('int'), location: Uint8Array.of(3, 1, 2) })],
    ['a member at 2^63', die('structure_type', { name: 'S', byte_size: 8 }, [die('member', { name: 'x', type: ref('int'), data_member_location: as('data8', 1n << 63n) })])],
    ['a member at -8', die('structure_type', { name: 'S', byte_size: 8 }, [die('member', { name: 'x', type: ref('int'), data_member_location: as('sdata', -8) })])],
    ['a bit-field of 2^40 bits', die('structure_type', { name: 'S', byte_size: 8 }, [die('member', { name: 'x', type: ref('int'), bit_size: as('data8', 2 ** 40), data_bit_offset: as('data8', 1n << 63n) })])],
    ['a size of 2^64 - 1', die('structure_type', { name: 'S', byte_size: as('data8', 0xffffffffffffffffn) })],
    ['an array of 2^63 elements', die('array_type', { type: ref('int') }, [die('subrange_type', { count: as('data8', 1n << 63n) }), die('subrange_type', { count: as('data8', 1n << 63n) })])],
  ])('%s', (_, bad) => {
    const { text } = between(dies(die('typedef', { name: 'U', type: ref('int') }), bad, die('structure_type', { name: 'Behind', byte_size: 1 })))
    expect(text.names()).toContain('Behind')
  })

  test('a file table that is cut anywhere, or not there, costs the names of files', () => {
    for (const version of [4, 5] as const) {
      const children = [INT, die('structure_type', { name: 'S', byte_size: 4, decl_file: 1, decl_line: 3 })]
      const built = buildUnits(unit(children, { version, attributes: { name: 'a.c', comp_dir: '/src' }, lines: { directories: ['/src', 'inc'], files: [['a.c', 0], ['b.c', 1]] } }))
      const [file] = built.files
      for (let length = 0; length <= file.line.length; length++) expect(checked({ ...built, files: [{ ...file, line: file.line.subarray(0, length) }] }).text.names()).toContain('S')
    }
    expect(checked(buildUnits(unit([INT, die('structure_type', { name: 'S', byte_size: 4, decl_file: 99, decl_line: 3 })], { attributes: { stmt_list: 0xffffff } }))).text.names()).toContain('S')
  })
})

test('every section cut at every length', { timeout: 60_000 }, () => {
  const built = buildDwarf({ units: [good('Before'), { ...dies(die('variable', { name: as('strx', 'indexed'), type: ref('int'), location: expression(['addrx', 0x10]) }), die('subprogram', { name: 'f', ranges: as('rnglistx', ranges(['startx_length', 0x10, 8])) })) }] })
  const [file] = built.files
  for (const section of ['info', 'abbrev', 'str', 'strOffsets', 'addr', 'rnglists'] as const) {
    for (let length = 0; length < file[section].length; length++) checked({ ...built, files: [{ ...file, [section]: file[section].slice(0, length) }] })
  }
})
