/** Many units, one table: declarations find their definitions, equal types are one row, unequal ones stay apart. */
import { describe, expect, test } from 'vitest'
import { buildDwarf, buildUnits, die, expression, ref, unit, type Attributes, type BuiltDwarf, type Die } from '../../builders/dwarf.ts'
import { read } from './readTables.ts'
import type { TableText } from './tableText.ts'

const C99 = 0x0c
const CPP = 0x1a

const INT = die('base_type#int', { name: 'int', byte_size: 4, encoding: 5 })
const LONG = die('base_type#long', { name: 'long', byte_size: 8, encoding: 5 })
const member = (name: string, type: string, at: number): Die => die('member', { name, type: ref(type), data_member_location: at })
const struct = (name: string, size: number, members: Die[], more: Attributes = {}): Die => die(`structure_type#${name}`, { name, byte_size: size, ...more }, members)
const declared = (name: string): Die => die(`structure_type#${name}`, { name, declaration: true })
const pointer = (to: string): Die => die(`pointer_type#${to}*`, { byte_size: 8, type: ref(to) })
const variable = (name: string, type: string, address: number): Die => die('variable', { name, type: ref(type), location: expression(['addr', address]) })

const units = (language: number, ...of: Die[][]): BuiltDwarf => buildUnits(...of.map((dies, i) => unit([INT, LONG, ...dies], { attributes: { name: `u${i}.c`, language } })))

/** The order of units and how many readers they are dealt to make no difference. */
function merged(language: number, ...of: Die[][]): TableText {
  const text = read(units(language, ...of))
  for (const readers of [2, of.length]) expect(read(units(language, ...of), readers).everything()).toEqual(text.everything())
  const reversed = read(units(language, ...of.toReversed()), 2)
  expect(reversed.everything().filter((line) => !line.startsWith('0x'))).toEqual(text.everything().filter((line) => !line.startsWith('0x')))
  return text
}

const layouts = (text: TableText, name: string): string[] => text.find(name).map((row) => text.layout(row).join(' | ')).sort()

describe.each([['C', C99], ['C++', CPP]])('%s', (_, language) => {
  test('equal types are one row', () => {
    const node = [struct('Node', 16, [member('v', 'int', 0), member('next', 'Node*', 8)]), pointer('Node')]
    const text = merged(language, node, node, node)
    expect(layouts(text, 'Node')).toEqual(['struct Node 16 | 0 v: int | 8 next: Node *'])
    expect(layouts(text, 'int')).toEqual(['base int 4 encoding 5'])
    expect([...text.tables.types.kind].filter((kind) => kind === 7)).toHaveLength(1)
  })

  test('a declaration is the definition of another unit', () => {
    const text = merged(language, [declared('A'), pointer('A'), struct('Holder', 8, [member('a', 'A*', 0)])], [struct('A', 4, [member('x', 'int', 0)])])
    expect(layouts(text, 'A')).toEqual(['struct A 4 | 0 x: int'])
    const holder = text.find('Holder')[0]
    const { types, parts } = text.tables
    expect(types.target[parts.type[types.firstPart[holder]]]).toBe(text.find('A')[0])
  })

  test('the same with declaration and definition in one unit', () => {
    const text = merged(language, [declared('A'), pointer('A'), variable('p', 'A*', 1), die('structure_type', { name: 'A', byte_size: 4 }, [member('x', 'int', 0)])])
    expect(layouts(text, 'A')).toEqual(['struct A 4 | 0 x: int'])
  })

  test('a struct that points to something declared and one that points to its definition are one', () => {
    const holder = struct('Holder', 8, [member('a', 'A*', 0)])
    const text = merged(language, [declared('A'), pointer('A'), holder], [struct('A', 4, [member('x', 'int', 0)]), pointer('A'), holder])
    expect(layouts(text, 'Holder')).toEqual(['struct Holder 8 | 0 a: A *'])
    expect(layouts(text, 'A')).toHaveLength(1)
  })

  test('what is declared only stays a declaration, one row', () => {
    const text = merged(language, [declared('Opaque'), pointer('Opaque'), variable('a', 'Opaque*', 1)], [declared('Opaque'), pointer('Opaque'), variable('b', 'Opaque*', 2)])
    expect(layouts(text, 'Opaque')).toEqual(['struct Opaque declaration'])
  })

  test('a class that is declared as struct, and the other way round', () => {
    if (language === C99) return
    const text = merged(language, [declared('A'), pointer('A'), variable('p', 'A*', 1)], [die('class_type#A', { name: 'A', byte_size: 4 }, [member('x', 'int', 0)])])
    expect(layouts(text, 'A')).toEqual(['class A 4 | 0 x: int'])
  })

  test('an enum’s declaration', () => {
    const text = merged(language, [die('enumeration_type#E', { name: 'E', byte_size: 4, declaration: true }), variable('e', 'E', 1)], [die('enumeration_type', { name: 'E', byte_size: 4 }, [die('enumerator', { name: 'one', const_value: 1 })])])
    expect(layouts(text, 'E')).toEqual(['enum E 4 | one = 1'])
  })

  test('unequal types of one name are kept apart', () => {
    const text = merged(language, [struct('S', 4, [member('x', 'int', 0)])], [struct('S', 8, [member('x', 'long', 0)])], [struct('S', 4, [member('y', 'int', 0)])])
    expect(layouts(text, 'S')).toEqual(['struct S 4 | 0 x: int', 'struct S 4 | 0 y: int', 'struct S 8 | 0 x: long'])
  })

  test('also where they differ only in what a pointer leads to', () => {
    const node = (inner: string): Die[] => [struct('Inner', 8, [member('x', inner, 0)]), pointer('Inner'), struct('Node', 8, [member('inner', 'Inner*', 0)])]
    const text = merged(language, node('int'), node('long'))
    expect(layouts(text, 'Inner')).toHaveLength(2)
    const { types, parts } = text.tables
    const led = text.find('Node').map((row) => text.layout(types.target[parts.type[types.firstPart[row]]])[1]).sort()
    expect(led).toEqual(['0 x: int', '0 x: long'])
  })

  test('and transitively, through cycles', () => {
    const ring = (inner: string): Die[] => [
      struct('A', 8, [member('b', 'B*', 0)]), struct('B', 8, [member('c', 'C*', 0)]), struct('C', 16, [member('a', 'A*', 0), member('x', inner, 8)]),
      pointer('A'), pointer('B'), pointer('C'),
    ]
    const text = merged(language, ring('int'), ring('long'), ring('int'))
    expect(['A', 'B', 'C'].map((name) => text.find(name).length)).toEqual([2, 2, 2])
    const same = merged(language, ring('int'), ring('int'), ring('int'))
    expect(['A', 'B', 'C'].map((name) => same.find(name).length)).toEqual([1, 1, 1])
  })

  test('a cycle is one, wherever a unit enters it', () => {
    const dies = [struct('A', 8, [member('b', 'B*', 0)]), pointer('B'), struct('B', 8, [member('a', 'A*', 0)]), pointer('A')]
    const text = merged(language, dies, dies.toReversed(), [dies[1], dies[2], dies[3], dies[0]])
    expect(['A', 'B'].map((name) => text.find(name).length)).toEqual([1, 1])
  })

  test('types that are equal but for their place in the source are one', () => {
    const at = (line: number): Die => struct('S', 4, [member('x', 'int', 0)], { decl_line: line })
    expect(merged(language, [at(3)], [at(3)]).find('S')).toHaveLength(1)
  })

  test('anonymous types are told apart by what they hold', () => {
    const dies = (inner: string): Die[] => [die('structure_type#anon', { byte_size: 8 }, [member('x', inner, 0)]), die('typedef#T', { name: 'T', type: ref('anon') }), struct('S', 8, [member('t', 'T', 0)])]
    const text = merged(language, dies('int'), dies('int'), dies('long'))
    expect(text.find('S')).toHaveLength(2)
  })
})

describe('what tells types apart', () => {
  const array = (count: number): Die => die('array_type#T', { type: ref('int') }, [die('subrange_type', { count })])
  const func = (...of: Die[]): Die => die('subroutine_type#T', { type: ref('int') }, of)
  const parameter = (type: string): Die => die('formal_parameter', { type: ref(type) })
  const enumeration = (value: number, more: Attributes = {}): Die => die('enumeration_type#T', { name: 'T', byte_size: 4, ...more }, [die('enumerator', { name: 'e', const_value: value })])
  const held = (...members: Die[]): Die => struct('T', 16, members)
  const bits = (first: number, bit_size: number): Die => die('member', { name: 'x', type: ref('int'), data_bit_offset: first, bit_size })
  test.each<[string, Die, Die]>([
    ['an enumerator’s value', enumeration(1), enumeration(2)],
    ['the high half of an enumerator’s value', enumeration(1), enumeration(0x1_0000_0001)],
    ['an underlying type', enumeration(1, { type: ref('int') }), enumeration(1, { type: ref('long') })],
    ['a base type’s encoding', die('base_type#T', { name: 'T', byte_size: 4, encoding: 5 }), die('base_type#T', { name: 'T', byte_size: 4, encoding: 7 })],
    ['a base type’s size', die('base_type#T', { name: 'T', byte_size: 4, encoding: 5 }), die('base_type#T', { name: 'T', byte_size: 8, encoding: 5 })],
    ['a typedef’s type', die('typedef#T', { name: 'T', type: ref('int') }), die('typedef#T', { name: 'T', type: ref('long') })],
    ['the number of elements', array(3), array(4)],
    ['the dimensions of as many elements', array(4), die('array_type#T', { type: ref('int') }, [die('subrange_type', { count: 2 }), die('subrange_type', { count: 2 })])],
    ['an open array and one of no elements', array(0), die('array_type#T', { type: ref('int') }, [die('subrange_type')])],
    ['a vector', array(4), die('array_type#T', { type: ref('int'), GNU_vector: true }, [die('subrange_type', { count: 4 })])],
    ['parameters', func(parameter('int')), func(parameter('long'))],
    ['the number of parameters', func(parameter('int')), func(parameter('int'), parameter('int'))],
    ['an ellipsis', func(parameter('int')), func(parameter('int'), die('unspecified_parameters'))],
    ['const and volatile', die('const_type#T', { type: ref('int') }), die('volatile_type#T', { type: ref('int') })],
    ['pointer and reference', die('pointer_type#T', { byte_size: 8, type: ref('int') }), die('reference_type#T', { byte_size: 8, type: ref('int') })],
    ['a member’s place', held(member('x', 'int', 0)), held(member('x', 'int', 4))],
    ['a member’s name', held(member('x', 'int', 0)), held(member('y', 'int', 0))],
    ['a member’s type', held(member('x', 'int', 0)), held(member('x', 'long', 0))],
    ['a member less', held(member('x', 'int', 0)), held(member('x', 'int', 0), member('y', 'int', 4))],
    ['a bit-field’s width', held(bits(0, 3)), held(bits(0, 4))],
    ['a bit-field’s place', held(bits(0, 3)), held(bits(1, 3))],
    ['a bit-field and a member', held(bits(0, 32)), held(member('x', 'int', 0))],
    ['base and member', held(die('inheritance', { type: ref('int'), data_member_location: 0 })), held(die('member', { type: ref('int'), data_member_location: 0 }))],
    ['a size', held(), struct('T', 8, [])],
    ['struct and union', held(), die('union_type#T', { name: 'T', byte_size: 16 }, [])],
    ['an anonymous struct’s members', die('structure_type#T', { byte_size: 4 }, [member('x', 'int', 0)]), die('structure_type#T', { byte_size: 4 }, [member('y', 'int', 0)])],
  ])('%s', (_, one, other) => {
    const holder = struct('H', 16, [member('t', 'T', 0)])
    const text = read(units(C99, [one, holder], [other, holder], [one, holder]), 3)
    expect(text.find('H')).toHaveLength(2)
    const inner = text.find('H').map((row) => text.layout(text.tables.parts.type[text.tables.types.firstPart[row]]).join(' | '))
    const alone = [one, other].map((each) => {
      const only = read(units(C99, [each, holder]))
      return only.layout(only.tables.parts.type[only.tables.types.firstPart[only.find('H')[0]]]).join(' | ')
    })
    expect(inner.sort()).toEqual(alone.sort())
  })
})

test('one variable that several units describe is one, also where others have its address', () => {
  const both = [INT, variable('x', 'int', 0x10), variable('alias', 'int', 0x10)]
  expect(read(buildUnits(unit(both), unit(both)), 2).variables().sort()).toEqual(['0x10 alias: int', '0x10 x: int'])
})

test('function-local types of C++ are of their function, also in inlined and abstract instances', () => {
  const f = (name: string, size: number): Die => die('subprogram', { name, external: true, low_pc: 16 * size, high_pc: 4 }, [struct('L', size, [member('x', 'int', 0)])])
  const text = merged(CPP, [f('f', 4)], [f('g', 8)], [f('f', 4)])
  expect(text.names().filter((name) => name.includes('L'))).toHaveLength(2)
})

test('types of one name in the anonymous namespaces of two units stay apart where they differ', () => {
  const hidden = (inner: string): Die => die('namespace', {}, [struct('H', 8, [member('x', inner, 0)])])
  expect(layouts(merged(CPP, [hidden('int')], [hidden('long')]), '(anonymous namespace)::H')).toEqual(['struct (anonymous namespace)::H 8 | 0 x: int', 'struct (anonymous namespace)::H 8 | 0 x: long'])
})

test('a nested type whose outer one is completed elsewhere (DW_AT_specification)', () => {
  const text = merged(CPP, [
    die('class_type#Outer', { name: 'Outer', byte_size: 8 }, [die('structure_type#Impl', { name: 'Impl', declaration: true }), die('pointer_type#p', { byte_size: 8, type: ref('Impl') }), member('impl', 'p', 0)]),
    die('structure_type', { specification: ref('Impl'), byte_size: 4 }, [member('x', 'int', 0)]),
  ])
  expect(layouts(text, 'Outer::Impl')).toEqual(['struct Outer::Impl 4 | 0 x: int'])
  expect(layouts(text, 'Outer')).toEqual(['class Outer 8 | 0 impl: Outer::Impl *'])
})

test('references to DIEs of other units', () => {
  const text = read(buildUnits(unit([INT, struct('S', 4, [member('x', 'int', 0)])]), unit([pointer('S'), variable('p', 'S*', 1)])))
  expect(text.variables()).toEqual(['0x1 p: S *'])
  const reversed = read(buildUnits(unit([pointer('S'), variable('p', 'S*', 1)]), unit([INT, struct('S', 4, [member('x', 'int', 0)])])), 2)
  expect(reversed.variables()).toEqual(['0x1 p: S *'])
})

test('a thousand units that say the same', () => {
  const node = [INT, struct('Node', 16, [member('v', 'int', 0), member('next', 'Node*', 8)]), pointer('Node')]
  const built = buildDwarf({ units: Array.from({ length: 1000 }, () => unit(node, { version: 4 })), sharedAbbreviations: true })
  const text = read(built, 4)
  expect(text.tables.types.count).toBe(4)
  expect(text.only('Node')).toEqual(['struct Node 16', '0 v: int', '8 next: Node *'])
})
