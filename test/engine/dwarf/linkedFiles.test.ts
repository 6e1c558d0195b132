/** Type units, partial units, dwz's file, split units beside their skeletons and in packages: the same table as in one piece. */
import { describe, expect, test } from 'vitest'
import { missingSplitUnits, openDwarf } from '../../../src-main/engine/dwarf/read.ts'
import { Diagnostics } from '../../../src-main/engine/errors.ts'
import { as, buildDwarf, buildUnits, die, expression, ranges, ref, unit, type Attributes, type BuiltDwarf, type Die, type FileSpec, type UnitSpec, type Value } from '../../builders/dwarf.ts'
import { read, readTables } from './readTables.ts'

const FORMATS = [32, 64] as const
const CPP = 0x1a
const INT = die('base_type#int', { name: 'int', byte_size: 4, encoding: 5 })
const member = (name: string, type: Value, at: number): Die => die('member', { name, type, data_member_location: at })
const root = (name: string, more: Attributes = {}): Attributes => ({ name, language: CPP, ...more })
const variable = (name: string, type: string, address: number): Die => die('variable', { name, type: ref(type), location: expression(['addr', address]) })

describe.each([4, 5] as const)('type units of version %d', (version) => {
  const typeUnit = (format: 32 | 64, id: bigint, type: Die, ...others: Die[]): UnitSpec =>
    unit([INT, die('namespace', { name: 'n' }, [type]), ...others], { version, format, kind: 'type', id, type: type.label ?? '', attributes: { language: CPP } })
  const A = die('class_type#A', { name: 'A', byte_size: 16 }, [member('x', ref('int'), 0), member('b', ref('B*'), 8)])
  const B = die('class_type#B', { name: 'B', byte_size: 4 }, [member('y', ref('int'), 0)])

  test.each(FORMATS)('references by signature, %d-bit format', (format) => {
    const built = buildUnits(
      unit([variable('v', 'A', 0x10)], { version, format, attributes: root('a.cc') }),
      typeUnit(format, 0xf00000000000000an, A, die('pointer_type#B*', { byte_size: 8, type: ref('B') })),
      typeUnit(format, 0x0000000b00000000n, B),
    )
    for (const readers of [1, 3]) {
      const text = read(built, readers)
      expect(text.only('n::A')).toEqual(['class n::A 16', '0 x: int', '8 b: n::B *'])
      expect(text.only('n::B')).toEqual(['class n::B 4', '0 y: int'])
      expect(text.variables()).toEqual(['0x10 v: n::A'])
    }
  })

  test('a skeleton with DW_AT_signature is the type', () => {
    const built = buildUnits(
      unit([die('namespace', { name: 'n' }, [die('class_type#decl', { name: 'A', signature: ref('A'), declaration: true })]), variable('v', 'decl', 0x10)], { version, attributes: root('a.cc') }),
      typeUnit(32, 0xan, A, die('pointer_type#B*', { byte_size: 8, type: ref('B') })),
      typeUnit(32, 0xbn, B),
    )
    const text = read(built, 2)
    expect(text.only('n::A')[0]).toBe('class n::A 16')
    expect(text.variables()).toEqual(['0x10 v: n::A'])
    const { types, variables } = text.tables
    expect(types.size[variables.type[0]]).toBe(16)
  })

  test('type units of the same signature are one', () => {
    const built = buildUnits(unit([variable('v', 'int', 0x10), INT], { version, attributes: root('a.cc') }), typeUnit(32, 0xbn, B), typeUnit(32, 0xbn, B))
    expect(read(built).only('n::B')).toEqual(['class n::B 4', '0 y: int'])
  })

  test('a signature that no unit has costs what refers to it', () => {
    const { text, diagnostics } = readTables(buildUnits(unit([INT, die('structure_type', { name: 'S', byte_size: 8 }, [member('a', as('ref_sig8', 0x123n), 0), member('b', ref('int'), 4)]), variable('v', 'int', 1)], { version, attributes: root('a.cc') })).files)
    expect(text.only('S').at(-1)).toBe('4 b: int')
    expect(text.variables()).toEqual(['0x1 v: int'])
    expect(diagnostics.length).toBeLessThan(3)
  })
})

describe('partial units', () => {
  const shared = unit([INT, die('structure_type#S', { name: 'S', byte_size: 4 }, [member('x', ref('int'), 0)])], { version: 4, kind: 'partial', label: 'shared', attributes: { language: CPP } })

  test('imported, in the same file', () => {
    const importing = (name: string, address: number): UnitSpec => unit([die('imported_unit', { import: ref('shared') }), variable(name, 'S', address)], { version: 4, attributes: root(`${name}.cc`) })
    const text = read(buildUnits(importing('a', 1), shared, importing('b', 2)), 2)
    expect(text.only('S')).toEqual(['struct S 4', '0 x: int'])
    expect(text.variables()).toEqual(['0x1 a: S', '0x2 b: S'])
  })
})

describe.each([[4, 'GNU_ref_alt', 'GNU_strp_alt'], [5, 'GNU_ref_alt', 'GNU_strp_alt'], [5, 'ref_sup4', 'strp_sup'], [5, 'ref_sup8', 'strp_sup']] as const)('dwz’s file, version %d, %s', (version, refForm, textForm) => {
  test.each(FORMATS)('%d-bit format', (format) => {
    const main: FileSpec = {
      units: [unit([
        die('imported_unit', { import: as(refForm, ref('shared')) }),
        die('structure_type#T', { name: as(textForm, 'LongName'), byte_size: 4 }, [member('s', as(refForm, ref('S')), 0)]),
        die('variable', { name: as(textForm, 'variable'), type: as(refForm, ref('S')), location: expression(['addr', 0x10]) }),
      ], { version, format, attributes: root('a.cc') })],
    }
    const alternate: FileSpec = {
      kind: 'dwz',
      units: [
        unit([die('typedef', { name: 'before', type: ref('int') }), INT], { version, format, kind: 'partial', attributes: { language: CPP } }),
        unit([die('base_type#int2', { name: 'int', byte_size: 4, encoding: 5 }), die('structure_type#S', { name: 'Shared', byte_size: 4 }, [member('x', ref('int2'), 0)])], { version, format, kind: 'partial', label: 'shared', attributes: { language: CPP } }),
      ],
    }
    for (const readers of [1, 3]) {
      const text = read(buildDwarf(main, alternate), readers)
      expect(text.only('Shared')).toEqual(['struct Shared 4', '0 x: int'])
      expect(text.only('LongName')).toEqual(['struct LongName 4', '0 s: Shared'])
      expect(text.variables()).toEqual(['0x10 variable: Shared'])
    }
  })

  test('without that file the rest is read', () => {
    const built = buildDwarf({ units: [unit([INT, variable('v', 'int', 1), die('structure_type', { name: 'T', byte_size: 8 }, [member('s', as(refForm, 0x20), 0), member('x', ref('int'), 4)]), die('structure_type', { name: as(textForm, 5), byte_size: 1 })], { version, attributes: root('a.cc') })] })
    const { text } = readTables(built.files)
    expect(text.variables()).toEqual(['0x1 v: int'])
    expect(text.only('T').at(-1)).toBe('4 x: int')
  })
})

const ID = 0x89abcdef01234567n
const OTHER = 0x0123456789abcdefn

const lines = (version: 4 | 5, file: string): UnitSpec['lines'] => ({ directories: version === 4 ? ['/inc'] : ['/build', '/inc'], files: version === 4 ? [[file, 1]] : [['x', 0], [file, 1]] })

/** Its file table is the split unit's too: DWARF 5 §3.1.2. */
function skeleton(version: 4 | 5, format: 32 | 64, id: bigint, name: string): UnitSpec {
  return unit(null, { version, format, kind: 'skeleton', id, lines: lines(version, name.replace('.dwo', '.h')), attributes: { [version === 4 ? 'GNU_dwo_name' : 'dwo_name']: name, comp_dir: '/build', low_pc: 0x1000 } })
}

function splitUnit(version: 4 | 5, format: 32 | 64, id: bigint, n: number, more: Die[] = []): UnitSpec {
  const addrx = version === 4 ? 'GNU_addr_index' : 'addrx'
  const constx = version === 4 ? 'GNU_const_index' : 'constx'
  const tls = version === 4 ? 'GNU_push_tls_address' : 'form_tls_address'
  const list = version === 4 ? ranges(['offset_pair', 0x10 * n, 0x10 * n + 8]) : as('rnglistx', ranges(['offset_pair', 0x10 * n, 0x10 * n + 8], ['startx_length', 0x5000 + n, 1]))
  return unit([
    INT,
    die('structure_type#S', { name: `Split${n}`, byte_size: 4, decl_file: 1, decl_line: n }, [member('x', ref('int'), 0)]),
    die('variable', { name: `global${n}`, external: true, type: ref('S'), location: expression([addrx, 0x4000 + n]) }),
    die('variable', { name: `thread${n}`, type: ref('int'), location: expression([constx, 0x10 * n], [tls]) }),
    die('subprogram', { name: `whole${n}`, low_pc: 0x2000 + n, high_pc: 1 }),
    die('subprogram', { name: `parts${n}`, ranges: list }),
    ...more,
  ], { version, format, kind: 'split_compile', id, attributes: root(`${n}.cc`) })
}

const expected = (version: 4 | 5, n: number): Record<string, string[]> => ({
  layout: [`struct Split${n} 4 /inc/${['', 'one', 'two'][n]}.h:${n}`, '0 x: int'],
  variables: [`0x400${n} external global${n}: Split${n}`, `0x${n}0 tls thread${n}: int`],
  functions: [`0x10${n}0-0x10${n}8 parts${n}`, `0x200${n}-0x200${n + 1} whole${n}`, ...(version === 4 ? [] : [`0x500${n}-0x500${n + 1} parts${n}`])],
})

function expectBoth(built: BuiltDwarf, version: 4 | 5): void {
  const [one, two] = [expected(version, 1), expected(version, 2)]
  for (const readers of [1, 2]) {
    const text = read(built, readers)
    expect([text.only('Split1'), text.only('Split2')]).toEqual([one.layout, two.layout])
    expect(text.variables().sort()).toEqual([...one.variables, ...two.variables].sort())
    expect(text.functions().sort()).toEqual([...one.functions, ...two.functions].sort())
  }
}

describe.each([4, 5] as const)('split units of version %d', (version) => {
  const typeUnit = (format: 32 | 64): UnitSpec =>
    unit([INT, die('class_type#Typed', { name: 'Typed', byte_size: 4, decl_file: 1, decl_line: 9 }, [member('x', ref('int'), 0)])], { version, format, kind: 'split_type', id: 0x77n, type: 'Typed', attributes: { language: CPP }, lines: lines(version, 'typed.h') })
  const usesType = die('variable', { name: 'typed', type: ref('Typed'), location: expression([version === 4 ? 'GNU_addr_index' : 'addrx', 0x6000]) })

  test.each(FORMATS)('in .dwo files beside, %d-bit format', (format) => {
    const built = buildDwarf(
      { units: [skeleton(version, format, ID, 'one.dwo'), skeleton(version, format, OTHER, 'two.dwo')] },
      { name: 'two.dwo', kind: 'split', units: [splitUnit(version, format, OTHER, 2)] },
      { name: 'one.dwo', kind: 'split', units: [splitUnit(version, format, ID, 1)] },
    )
    expectBoth(built, version)
  })

  test.each(FORMATS)('in one package, %d-bit format', (format) => {
    const built = buildDwarf(
      { units: [skeleton(version, format, ID, 'one.dwo'), skeleton(version, format, OTHER, 'two.dwo')] },
      { name: 'a.dwp', kind: 'split', package: version === 4 ? 2 : 5, units: [splitUnit(version, format, OTHER, 2), splitUnit(version, format, ID, 1)] },
    )
    expectBoth(built, version)
  })

  test.each([undefined, version === 4 ? 2 : 5] as const)('with type units in them (package %s)', (packaged) => {
    const file: FileSpec = { name: 'x', kind: 'split', units: [splitUnit(version, 32, ID, 1, [usesType]), typeUnit(32)], ...(packaged ? { package: packaged } : {}) }
    const text = read(buildDwarf({ units: [skeleton(version, 32, ID, 'one.dwo')] }, file))
    expect(text.only('Typed')).toEqual(['class Typed 4 /inc/typed.h:9', '0 x: int'])
    expect(text.variables()).toContain('0x6000 typed: Typed')
  })

  test('what is missing is named', () => {
    const built = buildDwarf(
      { units: [skeleton(version, 32, ID, 'one.dwo'), skeleton(version, 32, OTHER, 'two.dwo')] },
      { name: 'one.dwo', kind: 'split', units: [splitUnit(version, 32, ID, 1)] },
    )
    const diagnostics = new Diagnostics()
    expect(missingSplitUnits(openDwarf(built.files, diagnostics), diagnostics)).toEqual([{ name: 'two.dwo', folder: '/build', id: OTHER }])
    expect(missingSplitUnits(openDwarf(built.files.slice(0, 1), diagnostics), diagnostics).map(({ name }) => name)).toEqual(['one.dwo', 'two.dwo'])
    expect(diagnostics.rows).toEqual([])
    const { text } = readTables(built.files)
    expect(text.only('Split1')).toEqual(expected(version, 1).layout)
  })

  test('a split unit without its skeleton gives its types, and no addresses', () => {
    const { text } = readTables(buildDwarf({ units: [skeleton(version, 32, OTHER, 'two.dwo')] }, { name: 'one.dwo', kind: 'split', units: [splitUnit(version, 32, ID, 1)] }).files)
    expect(text.variables()).toEqual([])
  })
})
