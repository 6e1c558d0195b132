import { describe, expect, test } from 'vitest'
import type { TypeRef } from '../../../src-main/contract/rows.ts'
import { declarationOf, templateArgumentsOf } from '../../../src-main/engine/symbols/declaration.ts'
import { Alignments, holesOf, membersOf } from '../../../src-main/engine/symbols/layout.ts'
import { leavesOf } from '../../../src-main/engine/symbols/leaves.ts'
import { ProcessSymbols } from '../../../src-main/engine/symbols/processSymbols.ts'
import { PART, TYPE } from '../../../src-main/engine/symbols/tables.ts'
import { symbolTables, type TypeSpec } from '../../builders/symbolTables.ts'

const TYPES: Record<string, TypeSpec> = {
  Base: { kind: 'class', size: 16, members: [[0, '_vptr.Base', 'slots *'], [8, 'id', 'int']] },
  slots: { kind: 'array', of: 'nothing *', dimensions: [-1] },
  nothing: { kind: 'function' },
  Entry: { kind: 'struct', size: 16, members: [[0, 'key', 'const char *'], [8, 'count', 'short']] },
  'anonymous union': { kind: 'union', size: 8, name: '', members: [[0, 'number', 'double'], [0, 'node', 'Node *']] },
  Color: { kind: 'enum', size: 4, of: 'unsigned int', scoped: true, values: [['red', 0], ['blue', 7]] },
  Node: {
    kind: 'class',
    size: 120,
    file: 'node.h',
    line: 12,
    bases: [[0, 'Base']],
    members: [
      [12, 'tail', 'char'],
      [16, 'entries', 'Entry [2]'],
      [48, '', 'anonymous union'],
      [56, 'name', 'char [10]'],
      [66, 'low', 'unsigned short', [0, 3]],
      [66, 'high', 'unsigned short', [3, 5]],
      [68, 'color', 'Color'],
      [72, 'grid', 'int [2][3]'],
      [96, 'call', 'nothing *'],
      [104, 'member', 'Node::*int'],
      [112, 'on', 'bool'],
      [113, 'nothing', 'Empty'],
    ],
    statics: [['instances', 'int']],
  },
  'Node::*int': { kind: 'memberPointer', of: 'Node', to: 'int' },
  Empty: { kind: 'struct', size: 1 },
  Packed: { kind: 'struct', size: 5, members: [[0, 'c', 'char'], [1, 'i', 'int']] },
  Aligned: { kind: 'struct', size: 64, align: 64, members: [[0, 'x', 'int']] },
  'Box<int, 3, true>': { kind: 'class', size: 4, members: [[0, 'v', 'int']], typeArguments: [['T', 'int']], valueArguments: [['N', 'unsigned long', 3], ['B', 'bool', 1]] },
  Virtual: { kind: 'class', size: 32, virtualBases: [[16, 'Base']], members: [[8, 'own', 'long']] },
  Derived: { kind: 'class', size: 40, bases: [[0, 'Virtual']], virtualBases: [[24, 'Base']], members: [[16, 'more', 'long']] },
  Option: { kind: 'struct', size: 16, members: [[0, '', 'Option variants']] },
  'Option variants': { kind: 'variantPart', discriminant: [0, 'tag', 'unsigned int'], variants: [[0, 0, 'None', 'Empty'], [1, 8, 'Some', 'Some'], [2, 8, 'Some', 'Some'], ['default', 8, 'Other', 'Some']] },
  Some: { kind: 'struct', size: 8, members: [[0, '__0', 'long']] },
  size_t: { kind: 'typedef', to: 'unsigned long' },
  Big: { kind: 'struct', size: 8000, members: [[0, 'all', 'long [1000]']] },
  Text: { kind: 'struct', size: 100_000, members: [[0, 'all', 'char [100000]']] },
}

const symbols = new ProcessSymbols([{ name: 'demo', base: 0, end: 0x10000, bias: 0 }])
symbols.attach(0, symbolTables({ types: TYPES }))
const id = (name: string): TypeRef => symbols.find(name)[0]
const leaves = (name: string): string[] => leavesOf(symbols, id(name)).rows.map(({ offset, size, path, kind, type, pointee }) => `${offset}+${size} ${path} ${kind} ${type}${pointee === null ? '' : ` → ${pointee}`}`)

describe('members', () => {
  test('bases and members in offset order, then statics', () => {
    const rows = membersOf(symbols, id('Node'))
    expect(rows.map(({ kind, offset, name, type, size }) => [kind, offset, name, type, size]).slice(0, 5)).toEqual([
      ['base', 0, 'Base', 'Base', 16],
      ['member', 12, 'tail', 'char', 1],
      ['member', 16, 'entries', 'Entry [2]', 32],
      ['member', 48, '', 'union {...}', 8],
      ['member', 56, 'name', 'char [10]', 10],
    ])
    expect(rows.filter(({ bits }) => bits).map(({ name, bits }) => [name, bits])).toEqual([['low', [0, 3]], ['high', [3, 5]]])
    expect(rows.at(-1)).toMatchObject({ kind: 'static', name: 'instances', offset: null })
  })

  test('variants say what they are there for; the variant part itself is no member', () => {
    expect(membersOf(symbols, id('Option')).map(({ kind, offset, name, when }) => [kind, offset, name, when])).toEqual([
      ['discriminant', 0, 'tag', undefined],
      ['variant', 0, 'None', '0'],
      ['variant', 8, 'Some', '1, 2'],
      ['variant', 8, 'Other', 'default'],
    ])
  })
})

describe('holes', () => {
  const holes = (name: string): number[][] => holesOf(symbols, membersOf(symbols, id(name)), symbols.size(id(name))).map(({ offset, size }) => [offset, size])
  test('between members, where bits share a byte, and at the end', () => expect(holes('Node')).toEqual([[67, 1], [114, 6]]))
  test('none in a packed type', () => expect(holes('Packed')).toEqual([]))
  test('where a virtual base of a base does not lie', () => expect(holes('Derived')).toEqual([]))
})

describe('alignment', () => {
  const alignments = new Alignments(symbols)
  test.each([['Node', 8], ['Entry', 8], ['Packed', 1], ['Aligned', 64], ['Empty', 1], ['Color', 4], ['size_t', 8], ['Option', 8]])('of %s is %i', (name, expected) => expect(alignments.of(id(name))).toBe(expected))
})

describe('leaves', () => {
  test('of a class: members of members, elements, all arms of a union', () => {
    expect(leaves('Node')).toEqual([
      '0+8 _vptr.Base vtable pointer void (*(*)[])(void) → void (*[])(void)',
      '8+4 id integer int',
      '12+1 tail character char',
      '16+8 entries[0].key pointer const char * → const char',
      '24+2 entries[0].count integer short',
      '32+8 entries[1].key pointer const char * → const char',
      '40+2 entries[1].count integer short',
      '48+8 number floating point double',
      '48+8 node pointer Node * → Node',
      '56+10 name character char [10]',
      '66+1 low bit-field unsigned short',
      '66+1 high bit-field unsigned short',
      '68+4 color enum Color',
      '72+4 grid[0][0] integer int',
      '76+4 grid[0][1] integer int',
      '80+4 grid[0][2] integer int',
      '84+4 grid[1][0] integer int',
      '88+4 grid[1][1] integer int',
      '92+4 grid[1][2] integer int',
      '96+8 call function pointer void (*)(void) → void (void)',
      '104+8 member member pointer int Node::*',
      '112+1 on boolean bool',
    ])
  })

  test('a virtual base lies where the complete object says', () => expect(leaves('Derived')).toEqual(['8+8 own integer long', '16+8 more integer long', '24+8 _vptr.Base vtable pointer void (*(*)[])(void) → void (*[])(void)', '32+4 id integer int']))
  test('all variants', () => expect(leaves('Option')).toEqual(['0+4 tag integer unsigned int', '8+8 Some.__0 integer long', '8+8 Other.__0 integer long']))
  test('of a long array are cut, and that is told', () => {
    const { rows, more } = leavesOf(symbols, id('Big'))
    expect([rows.length, more]).toEqual([256, true])
  })
  test('a text is one, however long', () => expect(leaves('Text')).toEqual(['0+100000 all character char [100000]']))
})

describe('the declaration', () => {
  test('has places, padding, anonymous types written out, statics', () => {
    expect(declarationOf(symbols, id('Node'))).toBe(
      `                  class Node : Base {
/*     0:    16 */    /* base Base */
/*    12:     1 */    char tail;
/*    16:    32 */    Entry entries[2];
                      union {
/*    48:     8 */        double number;
/*    48:     8 */        Node *node;
/*            8 */    };
/*    56:    10 */    char name[10];
/*    66:0:   3 */    unsigned short low : 3;
/*    66:3:   5 */    unsigned short high : 5;
/*    67:     1 */    /* 1 byte of padding */
/*    68:     4 */    Color color;
/*    72:    24 */    int grid[2][3];
/*    96:     8 */    void (*call)(void);
/*   104:     8 */    int Node::*member;
/*   112:     1 */    bool on;
/*   113:     1 */    Empty nothing;
/*   114:     6 */    /* 6 bytes of padding */
                      static int instances;
/*          120 */};`,
    )
  })
  test('of enums and typedefs', () => {
    expect(declarationOf(symbols, id('Color'))).toBe('enum class Color : unsigned int {\n    red = 0,\n    blue = 7,\n};')
    expect(declarationOf(symbols, id('size_t'))).toBe('typedef unsigned long size_t;')
  })
})

test('template arguments: types, numbers, truth values', () => {
  expect(templateArgumentsOf(symbols, id('Box<int, 3, true>'))).toEqual([{ name: 'T', text: 'int', typeId: id('int') }, { name: 'N', text: '3', typeId: null }, { name: 'B', text: 'true', typeId: null }])
})

describe('hostile tables', () => {
  test('a struct that holds itself by value, an array of itself, and parts that lie outside', () => {
    const tables = symbolTables({
      types: {
        loop: { kind: 'struct', size: 8, members: [[0, 'self', 'loop'], [0, 'selves', 'loop [1000000]'], [-5, 'before', 'int'], [1e300, 'far', 'int']] },
        forever: { kind: 'array', of: 'forever', dimensions: [2 ** 31, 2 ** 31] },
        wild: { kind: 'raw', code: TYPE.struct, size: 8, partCount: 4_000_000_000, name: 'wild' },
      },
    })
    tables.parts.type.fill(4_000_000_000, 2, 3)
    tables.parts.kind[3] = PART.base
    const hostile = new ProcessSymbols([{ name: 'x', base: 0, end: 1, bias: 0 }])
    hostile.attach(0, tables)
    const alignments = new Alignments(hostile)
    for (let type = 0; type < tables.types.count + 2; type++) {
      const rows = membersOf(hostile, type)
      holesOf(hostile, rows, hostile.size(type))
      expect(leavesOf(hostile, type).rows.length).toBeLessThanOrEqual(2000)
      expect(alignments.of(type)).toBeGreaterThanOrEqual(1)
      expect(declarationOf(hostile, type).length).toBeLessThan(3_000_000)
    }
  })
})

test('ten thousand layouts a second', () => {
  const all = Object.keys(TYPES).filter((name) => symbols.find(name).length > 0 && name !== 'Big')
  // the quickest of a few: others use the machine too
  const times = Array.from({ length: 3 }, () => {
    const started = performance.now()
    for (let i = 0; i < 10_000; i++) {
      const type = id(all[i % all.length])
      const rows = membersOf(symbols, type)
      holesOf(symbols, rows, symbols.size(type))
      leavesOf(symbols, type)
    }
    return performance.now() - started
  })
  expect(Math.min(...times)).toBeLessThan(1000)
})
