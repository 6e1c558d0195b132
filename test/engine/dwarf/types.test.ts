/** Each kind of type, as gcc, clang and rustc describe it. DWARF 5 ch. 5; DWARF 4 §5.5.6 for bit-fields. */
import { describe, expect, test } from 'vitest'
import { as, buildUnits, die, expression, ref, unit, type Attributes, type Die, type Value } from '../../builders/dwarf.ts'
import { read } from './readTables.ts'
import type { TableText } from './tableText.ts'

const C99 = 0x0c
const CPP = 0x1a

const base = (name: string, byte_size: number, encoding: number): Die => die(`base_type#${name}`, { name, byte_size, encoding })
const BASES = [base('int', 4, 5), base('unsigned', 4, 7), base('char', 1, 6), base('long', 8, 5), base('double', 8, 4), base('bool', 1, 2), base('char32_t', 4, 0x10)]
const member = (name: string, type: string, at: number, more: Attributes = {}): Die => die('member', { name, type: ref(type), data_member_location: at, ...more })
const pointer = (to: string, label = `${to}*`): Die => die(`pointer_type#${label}`, { byte_size: 8, type: ref(to) })
const variable = (name: string, type: string, address: number): Die => die('variable', { name, type: ref(type), location: expression(['addr', address]) })

/** Of one C unit of version 5, BASES before it. */
const of = (...dies: Die[]): TableText => read(buildUnits(unit([...BASES, ...dies], { attributes: { name: 'a.c', language: C99 } })))
const ofCpp = (...dies: Die[]): TableText => read(buildUnits(unit([...BASES, ...dies], { attributes: { name: 'a.cc', language: CPP } })))

describe('simple types', () => {
  test('base types keep their encoding', () => {
    const text = of()
    expect(['int', 'unsigned', 'char', 'double', 'bool', 'char32_t'].map((name) => text.only(name)[0])).toEqual([
      'base int 4 encoding 5', 'base unsigned 4 encoding 7', 'base char 1 encoding 6', 'base double 8 encoding 4', 'base bool 1 encoding 2', 'base char32_t 4 encoding 16',
    ])
  })

  test('typedefs, qualifiers and pointers, in the order they were put', () => {
    const text = of(
      die('const_type#const int', { type: ref('int') }), pointer('const int'), die('const_type#p', { type: ref('const int*') }),
      die('volatile_type#v', { type: ref('p') }), die('restrict_type#r', { type: ref('const int*') }), die('atomic_type#a', { type: ref('int') }),
      die('typedef#T', { name: 'T', type: ref('v') }),
      variable('x', 'T', 1), variable('y', 'r', 2), variable('z', 'a', 3), variable('w', 'v', 4),
    )
    expect(text.variables()).toEqual(['0x1 x: T', '0x2 y: int const * restrict', '0x3 z: int atomic', '0x4 w: int const * const volatile'])
    expect(text.only('T')).toEqual(['typedef T 8 of int const * const volatile'])
  })

  test('no type is void', () => {
    const text = of(die('pointer_type#void*', { byte_size: 8 }), die('const_type#const void'), pointer('const void'), die('typedef#V', { name: 'V' }), pointer('V'), variable('a', 'void*', 1), variable('b', 'const void*', 2), variable('c', 'V*', 3))
    expect(text.variables()).toEqual(['0x1 a: void *', '0x2 b: void const *', '0x3 c: V *'])
  })

  test('references, pointers to members, decltype(nullptr)', () => {
    const text = ofCpp(
      die('class_type#C', { name: 'C', byte_size: 4 }, [member('x', 'int', 0)]),
      die('reference_type#&', { byte_size: 8, type: ref('C') }), die('rvalue_reference_type#&&', { byte_size: 8, type: ref('C') }),
      die('ptr_to_member_type#::*', { type: ref('int'), containing_type: ref('C') }), die('unspecified_type#null', { name: 'decltype(nullptr)' }),
      variable('a', '&', 1), variable('b', '&&', 2), variable('c', '::*', 3), variable('d', 'null', 4),
    )
    expect(text.variables()).toEqual(['0x1 a: C &', '0x2 b: C &&', '0x3 c: int C::*', '0x4 d: decltype(nullptr)'])
  })

  test('a pointer without a size has that of an address', () => {
    const text = of(die('pointer_type#p', { type: ref('int') }), die('reference_type#r', { type: ref('int') }), variable('a', 'p', 1), variable('b', 'r', 2))
    expect([...text.tables.variables.type].map((type) => text.tables.types.size[type])).toEqual([8, 8])
  })

  test('qualified types and typedefs have the size of what they stand for', () => {
    const text = of(die('structure_type#S', { name: 'S', byte_size: 24 }), die('const_type#c', { type: ref('S') }), die('typedef#T', { name: 'T', type: ref('c') }), variable('a', 'T', 1), variable('b', 'c', 2))
    expect([...text.tables.variables.type].map((type) => text.tables.types.size[type])).toEqual([24, 24])
  })
})

describe('enums', () => {
  const enumeration = (attributes: Attributes, ...values: [string, bigint][]): string[] =>
    ofCpp(die('enumeration_type', { name: 'E', byte_size: 8, ...attributes }, values.map(([name, value]) => die('enumerator', { name, const_value: value })))).only('E')

  test('with negative values', () => {
    expect(enumeration({ type: ref('long') }, ['a', -1n], ['b', -(1n << 63n)], ['c', (1n << 63n) - 1n])).toEqual(['enum E 8 of long', 'a = -1', 'b = -9223372036854775808', 'c = 9223372036854775807'])
  })

  test('with the highest unsigned 64-bit value, kept as its bits', () => {
    expect(enumeration({ type: ref('unsigned') }, ['all', 0xffffffffffffffffn], ['some', 0xfffffffffn])).toEqual(['enum E 8 of unsigned', 'all = -1', 'some = 68719476735'])
  })

  test('scoped, and without an underlying type', () => {
    expect(enumeration({ enum_class: true }, ['a', 0n])).toEqual(['enum E 8 scoped', 'a = 0'])
  })

  test('values of a signed underlying type in unsigned forms', () => {
    // clang: DW_FORM_data1 0xff for -1 only in version 2 and 3; gcc: sdata.
    expect(enumeration({ byte_size: 4 }, ['big', 0xffffffffn])).toEqual(['enum E 4', 'big = 4294967295'])
  })
})

describe('arrays', () => {
  const array = (...dimensions: Attributes[]): TableText => of(die('array_type#a', { type: ref('int') }, dimensions.map((each) => die('subrange_type', { type: ref('long'), ...each }))), variable('x', 'a', 1))
  const shape = (...dimensions: Attributes[]): [string, number] => {
    const text = array(...dimensions)
    const [type] = text.tables.variables.type
    return [text.type(type), text.tables.types.size[type]]
  }

  test('upper_bound, count, lower_bound', () => {
    expect(shape({ upper_bound: 2 })).toEqual(['int [3]', 12])
    expect(shape({ count: 3 })).toEqual(['int [3]', 12])
    expect(shape({ lower_bound: 1, upper_bound: 3 })).toEqual(['int [3]', 12])
    expect(shape({ lower_bound: -1, upper_bound: 1 })).toEqual(['int [3]', 12])
  })

  test('of several dimensions, the outermost first', () => {
    expect(shape({ upper_bound: 1 }, { count: 3 }, { upper_bound: 3 })).toEqual(['int [2][3][4]', 96])
  })

  test('without elements: count 0, and upper_bound -1 in whatever form', () => {
    expect(shape({ count: 0 })).toEqual(['int [0]', 0])
    expect(shape({ upper_bound: -1 })).toEqual(['int [0]', 0])
    expect(shape({ upper_bound: as('data8', 0xffffffffffffffffn) })).toEqual(['int [0]', 0])
  })

  test('open, and with a bound that is computed', () => {
    expect(shape({})).toEqual(['int []', -1])
    expect(shape({ upper_bound: expression(['lit0']) })).toEqual(['int []', -1])
    expect(shape({ upper_bound: as('ref4', 30) })).toEqual(['int []', -1])
    expect(shape({ upper_bound: 1 }, {})).toEqual(['int [2][]', -1])
  })

  test('upper_bound 0xffffffff of a 4-byte form is that many, not -1', () => {
    expect(shape({ upper_bound: as('data4', 0xfffffffe) })).toEqual(['int [4294967295]', 4294967295 * 4])
  })

  test('the size that is said is believed, where the bounds say none', () => {
    const text = of(die('array_type#a', { type: ref('int'), byte_size: 40 }, [die('subrange_type', {})]), variable('x', 'a', 1))
    expect(text.tables.types.size[text.tables.variables.type[0]]).toBe(40)
  })

  test('vectors', () => {
    const text = of(die('array_type#a', { type: ref('int'), GNU_vector: true }, [die('subrange_type', { upper_bound: 3 })]), die('typedef', { name: 'v4', type: ref('a') }))
    const [typedef] = text.find('v4')
    expect(text.layout(text.tables.types.target[typedef])).toEqual(['array int [4] 16 vector of int', '[4]'])
  })

  test('an array of arrays is two types', () => {
    const text = of(die('array_type#inner', { type: ref('char') }, [die('subrange_type', { upper_bound: 7 })]), die('typedef#T', { name: 'T', type: ref('inner') }), die('array_type#outer', { type: ref('T') }, [die('subrange_type', { upper_bound: 1 })]), variable('x', 'outer', 1))
    expect(text.variables()).toEqual(['0x1 x: T [2]'])
    expect(text.tables.types.size[text.tables.variables.type[0]]).toBe(16)
  })
})

describe('functions', () => {
  test('parameters, ellipsis, returned type', () => {
    const text = of(
      pointer('char'),
      die('subroutine_type#f', { type: ref('int'), prototyped: true }, [die('formal_parameter', { type: ref('char*') }), die('formal_parameter', { type: ref('double') }), die('unspecified_parameters')]),
      die('subroutine_type#g', { prototyped: true }), pointer('f'), pointer('g'), variable('p', 'f*', 1), variable('q', 'g*', 2),
    )
    expect(text.variables()).toEqual(['0x1 p: int (char *, double, ...) *', '0x2 q: void () *'])
    expect(text.tables.types.size[text.tables.types.target[text.tables.variables.type[0]]]).toBe(-1)
  })
})

describe('structs and unions', () => {
  test('members, anonymous ones, flexible ones', () => {
    const text = of(
      die('array_type#open', { type: ref('char') }, [die('subrange_type')]),
      die('structure_type', { name: 'S', byte_size: 24, alignment: 8 }, [
        member('a', 'int', 0),
        die('union_type#u', { byte_size: 8 }, [die('member', { name: 'i', type: ref('int') }), die('member', { name: 'd', type: ref('double') })]),
        die('member', { type: ref('u'), data_member_location: 8 }),
        member('tail', 'open', 16),
      ]),
    )
    expect(text.only('S')).toEqual(['struct S 24 aligned 8', '0 a: int', '8: union { 0 i: int; 0 d: double }', '16 tail: char []'])
  })

  test('an empty one', () => {
    expect(of(die('structure_type', { name: 'E', byte_size: 0 })).only('E')).toEqual(['struct E 0'])
    expect(of(die('structure_type', { name: 'E', byte_size: 0 }, [])).only('E')).toEqual(['struct E 0'])
  })

  test('an anonymous one named by its typedef', () => {
    const text = of(die('structure_type#s', { byte_size: 4 }, [member('x', 'int', 0)]), die('typedef#P', { name: 'Point', type: ref('s') }), variable('p', 'P', 1))
    const rows = text.find('Point').map((row) => text.layout(row))
    expect(rows).toHaveLength(2)
    expect(rows).toContainEqual(['struct Point 4 namedByTypedef', '0 x: int'])
    expect(text.variables()).toEqual(['0x1 p: Point'])
  })

  test('offsets beyond 4 GiB, and lines beyond 16 bits', () => {
    const text = of(die('structure_type', { name: 'Big', byte_size: 0x3_0000_0008, decl_line: 123456 }, [member('far', 'long', 0x3_0000_0000)]))
    expect(text.only('Big')).toEqual(['struct Big 12884901896', '12884901888 far: long'])
  })

  test.each<[string, Value, number]>([
    ['DW_OP_plus_uconst', expression(['plus_uconst', 300]), 300],
  ])('a member’s place as %s', (_, place, offset) => {
    const text = of(die('structure_type', { name: 'S', byte_size: 400 }, [die('member', { name: 'x', type: ref('int'), data_member_location: place })]))
    expect(text.only('S')).toEqual(['struct S 400', `${offset} x: int`])
  })

  test('static members: a declaration in version 4 and before, a variable in version 5', () => {
    const text = ofCpp(die('structure_type', { name: 'S', byte_size: 1 }, [die('member', { name: 'old', type: ref('int'), external: true, declaration: true }), die('variable', { name: 'new', type: ref('long'), external: true, declaration: true })]))
    expect(text.only('S')).toEqual(['struct S 1', 'static old: int', 'static new: long'])
  })

  test('functions in them are no members', () => {
    const text = ofCpp(die('class_type#C', { name: 'C', byte_size: 4 }, [die('subprogram', { name: 'C', declaration: true }, [die('formal_parameter', { type: ref('int') })]), member('x', 'int', 0), die('subprogram', { name: 'run', declaration: true, external: true }, [])]))
    expect(text.only('C')).toEqual(['class C 4', '0 x: int'])
  })
})

describe('bit-fields: the same layout in all three encodings', () => {
  const wanted = ['struct S 8', '0 a: int', '4.0+3 low: unsigned', '4.3+9 mid: unsigned', '5.4+20 top: unsigned']
  const fields: [string, number, number][] = [['low', 0, 3], ['mid', 3, 9], ['top', 12, 20]]
  const struct = (field: (first: number, bits: number) => Attributes): string[] =>
    of(die('structure_type', { name: 'S', byte_size: 8 }, [member('a', 'int', 0), ...fields.map(([name, first, bits]) => die('member', { name, type: ref('unsigned'), bit_size: bits, ...field(first, bits) }))])).only('S')

  test('DW_AT_data_bit_offset', () => {
    expect(struct((first) => ({ data_bit_offset: 32 + first }))).toEqual(wanted)
  })

  test('DW_AT_bit_offset from the top of a storage unit of DW_AT_byte_size', () => {
    expect(struct((first, bits) => ({ byte_size: 4, bit_offset: 32 - first - bits, data_member_location: 4 }))).toEqual(wanted)
  })

  test('DW_AT_bit_offset from the top of the member’s type', () => {
    expect(struct((first, bits) => ({ bit_offset: 32 - first - bits, data_member_location: 4 }))).toEqual(wanted)
  })

  test('DW_AT_bit_offset that is negative: the field crosses its storage unit', () => {
    // a packed struct: bits 28 to 47, in a storage unit of 4 bytes at 0
    const text = of(die('structure_type', { name: 'P', byte_size: 6 }, [die('member', { name: 'x', type: ref('unsigned'), bit_size: 20, byte_size: 4, bit_offset: -16, data_member_location: 0 })]))
    expect(text.only('P')).toEqual(['struct P 6', '3.4+20 x: unsigned'])
  })

  test('through typedefs and qualifiers', () => {
    const text = of(die('typedef#u32', { name: 'u32', type: ref('unsigned') }), die('const_type#c', { type: ref('u32') }), die('structure_type', { name: 'S', byte_size: 4 }, [die('member', { name: 'x', type: ref('c'), bit_size: 5, bit_offset: 27, data_member_location: 0 })]))
    expect(text.only('S')).toEqual(['struct S 4', '0.0+5 x: u32 const'])
  })

  test('of 64 bits’ storage, beyond 2^32 bits', () => {
    const text = of(die('structure_type', { name: 'S', byte_size: 0x4000_0008 }, [die('member', { name: 'x', type: ref('long'), bit_size: 40, data_bit_offset: 0x2_0000_0000 + 20 })]))
    expect(text.only('S')).toEqual(['struct S 1073741832', '1073741826.4+40 x: long'])
  })
})

describe('bases', () => {
  const A = die('class_type#A', { name: 'A', byte_size: 4 }, [member('a', 'int', 0)])

  test('come with their offsets, in order with members', () => {
    const text = ofCpp(A, die('class_type', { name: 'B', byte_size: 12 }, [die('inheritance', { type: ref('A'), data_member_location: 4, accessibility: 1 }), member('b', 'int', 8)]))
    expect(text.only('B')).toEqual(['class B 12', '4 base A', '8 b: int'])
  })

  test('a virtual one has the offset in a complete object of that class, where it can be told', () => {
    // gcc's and clang's: *(*this - 24) + this
    const place = expression(['dup'], ['deref'], ['constu', 24], ['minus'], ['deref'], ['plus'])
    const pointers = [die('subroutine_type#f', { type: ref('int') }), pointer('f'), pointer('f*', 'vptr')]
    const text = ofCpp(A, ...pointers, die('class_type', { name: 'B', byte_size: 16 }, [die('inheritance', { type: ref('A'), data_member_location: place, virtuality: 1 }), member('_vptr.B', 'vptr', 0), member('b', 'int', 8)]))
    expect(text.only('B').filter((line) => line.includes('base'))).toEqual([expect.stringMatching(/^(12|-1) virtual base A$/)])
    expect(text.only('B').filter((line) => !line.includes('base'))).toEqual(['class B 16', '0 _vptr.B: int () * *', '8 b: int'])
  })
})

describe('templates', () => {
  test('arguments: types, values, packs, templates', () => {
    const text = ofCpp(die('class_type', { name: 'V<int, 3, char, long>', byte_size: 12 }, [
      die('template_type_parameter', { name: 'T', type: ref('int') }),
      die('template_value_parameter', { name: 'N', type: ref('int'), const_value: -3 }),
      die('GNU_template_parameter_pack', { name: 'Ts' }, [die('template_type_parameter', { type: ref('char') }), die('template_type_parameter', { type: ref('long') })]),
      die('GNU_template_template_param', { name: 'C', GNU_template_name: 'std::vector' }),
      member('x', 'int', 0),
    ]))
    const lines = text.only('V<int, 3, char, long>')
    expect(lines.filter((line) => /^typename|^int/.test(line))).toEqual(['typename T = int', 'int N = -3', expect.stringMatching(/^typename.* = char$/), expect.stringMatching(/^typename.* = long$/)])
    expect(lines.at(-1)).toBe('0 x: int')
  })
})

describe('scopes', () => {
  test('namespaces, nested types, anonymous namespaces', () => {
    const text = ofCpp(
      die('namespace', { name: 'a' }, [
        die('namespace', { name: 'b', export_symbols: true }, [die('structure_type', { name: 'S', byte_size: 4 }, [die('enumeration_type', { name: 'E', byte_size: 4 }), member('x', 'int', 0)])]),
        die('typedef', { name: 'T', type: ref('int') }),
        die('variable', { name: 'v', type: ref('int'), location: expression(['addr', 16]) }),
        die('subprogram', { name: 'f', low_pc: 32, high_pc: 8 }),
      ]),
      die('namespace', {}, [die('structure_type', { name: 'Hidden', byte_size: 1 })]),
    )
    expect(text.names()).toEqual(expect.arrayContaining(['a::b::S', 'a::b::S::E', 'a::T', '(anonymous namespace)::Hidden']))
    expect(text.variables()).toEqual(['0x10 a::v: int'])
    expect(text.functions()).toEqual(['0x20-0x28 a::f'])
  })

  test('two types of one name that are local to functions are two, in C and C++', () => {
    const dies = [
      die('subprogram', { name: 'f', low_pc: 1, high_pc: 1 }, [die('structure_type', { name: 'Local', byte_size: 4 }, [member('x', 'int', 0)])]),
      die('subprogram', { name: 'g', low_pc: 2, high_pc: 1 }, [die('lexical_block', {}, [die('structure_type', { name: 'Local', byte_size: 8 }, [member('x', 'long', 0)])])]),
    ]
    const c = of(...dies)
    expect(c.find('Local').map((row) => c.layout(row)[0]).sort()).toEqual(['struct Local 4', 'struct Local 8'])
    const names = ofCpp(...dies).names().filter((name) => name.includes('Local'))
    expect(names).toHaveLength(2)
    expect(new Set(names).size).toBe(2)
  })
})

describe('Rust', () => {
  test('an enum: a variant part with its discriminant', () => {
    const text = read(buildUnits(unit([
      base('u8', 1, 7), base('u32', 4, 7),
      die('namespace', { name: 'krate' }, [
        die('structure_type', { name: 'E', byte_size: 8, alignment: 4 }, [
          die('variant_part', { discr: ref('discr') }, [
            die('member#discr', { type: ref('u8'), alignment: 1, data_member_location: 0, artificial: true }),
            die('variant', { discr_value: 0 }, [die('member', { name: 'A', type: ref('E::A'), data_member_location: 0 })]),
            die('variant', { discr_value: 255 }, [die('member', { name: 'B', type: ref('E::B'), data_member_location: 0 })]),
            die('variant', {}, [die('member', { name: 'C', type: ref('E::B'), data_member_location: 0 })]),
          ]),
          die('structure_type#E::A', { name: 'A', byte_size: 8 }, [member('__0', 'u32', 4)]),
          die('structure_type#E::B', { name: 'B', byte_size: 8 }),
        ]),
      ]),
    ], { attributes: { name: 'lib.rs', language: 0x1c } })))
    const lines = text.only('krate::E')
    expect(lines[0]).toBe('struct krate::E 8 aligned 4')
    expect(lines.slice(1).join()).toMatch(/variants \{ 0 discriminant: u8; case 0: 0 A: krate::E::A; case 255: 0 B: krate::E::B; default: 0 C: krate::E::B \}/)
    expect(text.only('krate::E::A')).toEqual(['struct krate::E::A 8', '4 __0: u32'])
  })
})
