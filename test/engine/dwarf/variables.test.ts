/** Where variables and functions are, and what they are called. DWARF 5 §2.6, §2.17, §3.3, §4.1; GNU's operations for TLS. */
import { describe, expect, test } from 'vitest'
import { as, buildUnits, die, expression, ranges, ref, unit, type Attributes, type Die, type Operation, type UnitSpec } from '../../builders/dwarf.ts'
import { read } from './readTables.ts'

const VERSIONS = [2, 3, 4, 5] as const
const FORMATS = [32, 64] as const
const CPP = 0x1a

const INT = die('base_type#int', { name: 'int', byte_size: 4, encoding: 5 })
const of = (version: UnitSpec['version'], dies: Die[], options: { format?: 32 | 64; attributes?: Attributes } = {}): ReturnType<typeof read> =>
  read(buildUnits(unit([INT, ...dies], { version, ...options, attributes: { name: 'a.cc', language: CPP, ...options.attributes } })))
const at = (...operations: Operation[]): Attributes => ({ type: ref('int'), location: expression(...operations) })

describe.each(VERSIONS)('variables of version %d', (version) => {
  test('at an address', () => {
    expect(of(version, [die('variable', { name: 'v', external: true, ...at(['addr', 0x7fff_1234_5678]) })]).variables()).toEqual(['0x7fff12345678 external v: int'])
  })

  test('sorted by address, thread-local ones last', () => {
    const text = of(version, [
      die('variable', { name: 'c', ...at(['const8u', 8], ['GNU_push_tls_address']) }),
      die('variable', { name: 'b', ...at(['addr', 0x2000]) }),
      die('variable', { name: 'a', ...at(['addr', 0x1000]) }),
    ])
    expect(text.variables()).toEqual(['0x1000 a: int', '0x2000 b: int', '0x8 tls c: int'])
  })

  test.each<[string, Operation[]]>([
    ['DW_OP_const8u', [['const8u', 0x18], ['GNU_push_tls_address']]],
    ['DW_OP_const4u', [['const4u', 0x18], ['GNU_push_tls_address']]],
    ['DW_OP_constu', [['constu', 0x18], ['GNU_push_tls_address']]],
    ['DW_OP_form_tls_address', [['const8u', 0x18], ['form_tls_address']]],
    ['DW_OP_addr, as a linker relocates it', [['addr', 0x18], ['form_tls_address']]],
  ])('thread-local: %s', (_, operations) => {
    expect(of(version, [die('variable', { name: 't', ...at(...operations) })]).variables()).toEqual(['0x18 tls t: int'])
  })

  test('without a fixed place there is none', () => {
    const text = of(version, [
      die('variable', { name: 'register', ...at([0x50]) }),
      die('variable', { name: 'frame', ...at([0x91, 0x78]) }),
      die('variable', { name: 'computed', ...at(['addr', 0x1000], ['deref']) }),
      die('variable', { name: 'value', ...at(['lit0'], ['stack_value']) }),
      die('variable', { name: 'constant', type: ref('int'), const_value: 3 }),
      die('variable', { name: 'list', type: ref('int'), location: 0x40 }),
      die('variable', { name: 'declared', type: ref('int'), external: true, declaration: true }),
      die('variable', { name: 'empty', type: ref('int'), location: expression() }),
    ])
    expect(text.variables()).toEqual([])
  })

  test('name, type and place of the declaration come from DW_AT_specification', () => {
    const text = of(version, [
      die('namespace', { name: 'n' }, [
        die('class_type', { name: 'C', byte_size: 1 }, [die('member#s', { name: 's', type: ref('int'), external: true, declaration: true })]),
        die('variable#x', { name: 'x', type: ref('int'), external: true, declaration: true }),
      ]),
      die('variable', { specification: ref('s'), location: expression(['addr', 0x10]) }),
      die('variable', { specification: ref('x'), location: expression(['addr', 0x20]) }),
    ])
    expect(text.variables()).toEqual(['0x10 external n::C::s: int', '0x20 external n::x: int'])
  })

  test('and from DW_AT_abstract_origin, also of a static in an inlined function', () => {
    const text = of(version, [
      die('subprogram#abstract', { name: 'count', inline: 1 }, [die('variable#calls', { name: 'calls', type: ref('int') })]),
      die('subprogram', { abstract_origin: ref('abstract'), low_pc: 0x100, high_pc: version < 4 ? 0x110 : 0x10 }, [die('variable', { abstract_origin: ref('calls'), location: expression(['addr', 0x30]) })]),
    ])
    expect(text.variables()).toEqual(['0x30 local count::calls: int'])
  })

  test('statics of functions, in blocks too', () => {
    const text = of(version, [
      die('namespace', { name: 'n' }, [
        die('subprogram', { name: 'f', low_pc: 0x100, high_pc: version < 4 ? 0x110 : 0x10 }, [
          die('variable', { name: 'once', ...at(['addr', 0x10]) }),
          die('lexical_block', {}, [die('lexical_block', {}, [die('variable', { name: 'deep', ...at(['addr', 0x20]) })])]),
          die('variable', { name: 'automatic', ...at([0x91, 0x10]) }),
        ]),
      ]),
    ])
    expect(text.variables()).toEqual(['0x10 local n::f::once: int', '0x20 local n::f::deep: int'])
  })
})

describe('addresses by index', () => {
  test.each(FORMATS)('DW_OP_addrx and DW_OP_constx of version 5, %d-bit format', (format) => {
    const text = of(5, [
      die('variable', { name: 'a', ...at(['addrx', 0x4010]) }), die('variable', { name: 'b', ...at(['addrx', 0x4020]) }),
      die('variable', { name: 't', ...at(['constx', 0x18], ['form_tls_address']) }),
    ], { format })
    expect(text.variables()).toEqual(['0x4010 a: int', '0x4020 b: int', '0x18 tls t: int'])
  })

  test('GNU_addr_index and GNU_const_index of version 4', () => {
    const base: Attributes = { GNU_addr_base: { kind: 'base', section: 'addr' } }
    const text = of(4, [die('variable', { name: 'a', ...at(['GNU_addr_index', 0x4010]) }), die('variable', { name: 't', ...at(['GNU_const_index', 0x18], ['GNU_push_tls_address']) })], { attributes: base })
    expect(text.variables()).toEqual(['0x4010 a: int', '0x18 tls t: int'])
  })
})

describe.each(VERSIONS)('functions of version %d', (version) => {
  test('DW_AT_high_pc as an address and as a length', () => {
    const text = of(version, [die('subprogram', { name: 'address', low_pc: 0x1000, high_pc: as('addr', 0x1040) }), ...(version < 4 ? [] : [die('subprogram', { name: 'length', low_pc: 0x2000, high_pc: as('udata', 0x40) })])])
    expect(text.functions()).toEqual(['0x1000-0x1040 address', ...(version < 4 ? [] : ['0x2000-0x2040 length'])])
  })

  test('names through DW_AT_specification and DW_AT_abstract_origin', () => {
    const end = (low: number): number => (version < 4 ? low + 8 : 8)
    const text = of(version, [
      die('class_type', { name: 'C', byte_size: 1 }, [die('subprogram#C::run', { name: 'run', external: true, declaration: true })]),
      die('subprogram', { specification: ref('C::run'), low_pc: 0x100, high_pc: end(0x100) }),
      die('subprogram#abstract', { specification: ref('C::run'), inline: 1 }),
      die('subprogram', { abstract_origin: ref('abstract'), low_pc: 0x200, high_pc: end(0x200) }),
    ])
    expect(text.functions()).toEqual(['0x100-0x108 C::run', '0x200-0x208 C::run'])
  })

  test('declared and inlined ones, and those the linker dropped, have no range', () => {
    const text = of(version, [
      die('subprogram', { name: 'declared', declaration: true }), die('subprogram', { name: 'inlined', inline: 1 }),
      die('subprogram', { name: 'empty', low_pc: 0x1000, high_pc: version < 4 ? 0x1000 : 0 }),
      die('subprogram', { name: 'dropped', low_pc: 0, high_pc: version < 4 ? 0x10 : 0x10 }),
    ])
    expect(text.functions()).toEqual([])
  })

  test('functions within functions have theirs', () => {
    const end = (low: number): number => (version < 4 ? low + 8 : 8)
    const text = of(version, [die('subprogram', { name: 'outer', low_pc: 0x100, high_pc: end(0x100) }, [die('subprogram', { name: 'inner', low_pc: 0x200, high_pc: end(0x200) })])])
    expect(text.functions()).toEqual(['0x100-0x108 outer', expect.stringMatching(/^0x200-0x208 (outer::)?inner$/)])
  })
})

describe.each([2, 3, 4] as const)('.debug_ranges of version %d', (version) => {
  test.each(FORMATS)('pairs from the unit’s low_pc, and base addresses: %d-bit format', (format) => {
    const text = of(version, [
      die('subprogram', { name: 'cold', ranges: ranges(['offset_pair', 0x10, 0x20], ['offset_pair', 0x100, 0x108]) }),
      die('subprogram', { name: 'based', ranges: ranges(['base_address', 0x50_0000], ['offset_pair', 0, 4], ['base_address', 0], ['offset_pair', 0x60_0000, 0x60_0001]) }),
      die('subprogram', { name: 'none', ranges: ranges() }),
    ], { format, attributes: { low_pc: 0x1000 } })
    expect(text.functions()).toEqual(['0x1010-0x1020 cold', '0x1100-0x1108 cold', '0x500000-0x500004 based', '0x600000-0x600001 based'])
  })
})

describe.each(['sec_offset', 'rnglistx'] as const)('.debug_rnglists by %s', (form) => {
  test.each(FORMATS)('every kind of entry: %d-bit format', (format) => {
    const text = of(5, [
      die('subprogram', { name: 'f', ranges: as(form, ranges(
        ['offset_pair', 0x10, 0x20], ['base_address', 0x2000], ['offset_pair', 0x10, 0x20], ['base_addressx', 0x3000], ['offset_pair', 0x10, 0x20],
        ['start_end', 0x4000, 0x4010], ['start_length', 0x5000, 0x10], ['startx_endx', 0x6000, 0x6010], ['startx_length', 0x7000, 0x10],
      )) }),
      die('subprogram', { name: 'g', ranges: as(form, ranges(['start_length', 0x8000, 1])) }),
      die('subprogram', { name: 'none', ranges: as(form, ranges()) }),
    ], { format, attributes: { low_pc: 0x1000 } })
    expect(text.functions()).toEqual(['0x1010-0x1020 f', '0x2010-0x2020 f', '0x3010-0x3020 f', '0x4000-0x4010 f', '0x5000-0x5010 f', '0x6000-0x6010 f', '0x7000-0x7010 f', '0x8000-0x8001 g'])
  })
})
