/** The same tree in every version, format and form gives the same tables. DWARF 5 §7.5.5, §7.5.6. */
import { describe, expect, test } from 'vitest'
import { as, buildDwarf, buildUnits, die, expression, ref, unit, type Die, type FileSpec, type UnitSpec, type Value } from '../../builders/dwarf.ts'
import type { FormName } from '../../builders/dwarfNames.ts'
import { read } from './readTables.ts'

const VERSIONS = [2, 3, 4, 5] as const
const FORMATS = [32, 64] as const
type Version = (typeof VERSIONS)[number]

/** How the values of one class are put; as they suit the version where it isn't said. */
interface Forms {
  text?: (value: string) => Value
  number?: (value: number) => Value
  /** Of members: as numbers where it isn't said. */
  place?: (value: number) => Value
  reference?: (label: string) => Value
  block?: (value: Value) => Value
  flag?: (value: boolean) => Value
  address?: (value: number) => Value
}

/** Has each class of value, some of them in several places. */
function tree(version: Version, { text = (v) => v, number = (v) => v, place = number, reference = ref, block = (v) => v, flag = (v) => v, address = (v) => v }: Forms = {}): Die[] {
  return [
    die('base_type#int', { name: text('int'), byte_size: number(4), encoding: number(5) }),
    die('structure_type#Node', { name: text('Node'), byte_size: number(24), decl_file: number(1), decl_line: number(99) }, [
      die('member', { name: text('value'), type: reference('int'), data_member_location: place(0) }),
      die('member', { name: text('next'), type: reference('Node*'), data_member_location: block(expression(['plus_uconst', 8])) }),
      die('member', { name: text('low'), type: reference('int'), data_member_location: place(16), byte_size: number(4), bit_size: number(3), bit_offset: number(29) }),
    ]),
    die('pointer_type#Node*', { type: reference('Node'), byte_size: number(8) }),
    die('structure_type', { name: text('Unknown'), declaration: flag(true) }),
    die('enumeration_type#E', { name: text('E'), byte_size: number(4) }, [die('enumerator', { name: text('e'), const_value: number(7) })]),
    die('variable', { name: text('first'), type: reference('Node'), external: flag(true), location: block(expression(['addr', 0x4000])) }),
    die('subprogram', { name: text('run'), external: flag(true), low_pc: address(0x1000), high_pc: version < 4 ? address(0x1020) : 0x20 }),
  ]
}

const LINES: Record<Version, UnitSpec['lines']> = {
  2: { directories: ['inc'], files: [['a.c', 0]] },
  3: { directories: ['inc'], files: [['a.c', 0]] },
  4: { directories: ['inc'], files: [['a.c', 0]] },
  5: { directories: ['/src'], files: [['b.c', 0], ['a.c', 0]] },
}

const plain = (version: Version, format: 32 | 64, forms: Forms = {}): UnitSpec =>
  unit(tree(version, forms), { version, format, attributes: { name: 'a.c', comp_dir: '/src', language: 0x0c, low_pc: 0x1000 }, lines: LINES[version] })

const wanted = read(buildUnits(plain(4, 32))).everything()

test('what the tree says', () => {
  const text = read(buildUnits(plain(4, 32)))
  expect(text.only('int')).toEqual(['base int 4 encoding 5'])
  expect(text.only('Node')).toEqual(['struct Node 24 a.c:99', '0 value: int', '8 next: Node *', '16.0+3 low: int'])
  expect(text.only('Unknown')).toEqual(['struct Unknown declaration'])
  expect(text.only('E')).toEqual(['enum E 4', 'e = 7'])
  expect(text.variables()).toEqual(['0x4000 external first: Node'])
  expect(text.functions()).toEqual(['0x1000-0x1020 run'])
})

describe.each(VERSIONS)('version %d', (version) => {
  test.each(FORMATS)('%d-bit format', (format) => {
    expect(read(buildUnits(plain(version, format))).everything()).toEqual(wanted)
  })

  const since = (first: Version, ...forms: FormName[]): FormName[] => (version >= first ? forms : [])
  const both = (form: FormName): [FormName, 32 | 64][] => [[form, 32], [form, 64]]
  const check = (form: FormName, format: 32 | 64, forms: Forms): void => expect(read(buildUnits(plain(version, format, forms))).everything(), form).toEqual(wanted)

  test.each(['string', 'strp', ...since(5, 'line_strp', 'strx', 'strx1', 'strx2', 'strx3', 'strx4')].flatMap((form) => both(form as FormName)))('text as %s in %d-bit format', (form, format) => {
    check(form, format, { text: (value) => as(form, value) })
    check(form, format, { text: (value) => as('indirect', as(form, value)) })
  })

  test.each(['data1', 'data2', 'data4', 'data8', 'sdata', 'udata', ...since(5, 'implicit_const')] as FormName[])('numbers as %s', (form) => {
    // data4 and data8 of a member's location are lists before version 4: DWARF 3 §7.5.4.
    const list = version < 4 && (form === 'data4' || form === 'data8')
    const number = (value: number): Value => as(form, value)
    const place = (value: number): Value => (list ? value : as(form, value))
    check(form, 32, { number, place })
    if (form !== 'implicit_const') check(form, 64, { number: (value) => as('indirect', number(value)), place: (value) => as('indirect', place(value)) })
  })

  test.each(['ref1', 'ref2', 'ref4', 'ref8', 'ref_udata', 'ref_addr'].flatMap((form) => both(form as FormName)))('references as %s in %d-bit format', (form, format) => {
    // Offsets within the first 255 bytes: texts elsewhere.
    const text = (value: string): Value => as('strp', value)
    const small = form === 'ref1' ? { text, number: (value: number): Value => as('data1', value) } : {}
    if (form === 'ref1' && format === 64) return
    check(form, format, { ...small, reference: (label) => as(form, ref(label)) })
    if (form !== 'ref1') check(form, format, { reference: (label) => as('indirect', as(form, ref(label))) })
  })

  test.each(['block1', 'block2', 'block4', 'block', ...since(4, 'exprloc')] as FormName[])('expressions as %s', (form) => {
    check(form, 32, { block: (value) => as(form, value) })
    check(form, 64, { block: (value) => as('indirect', as(form, value)) })
  })

  test.each(['flag', ...since(4, 'flag_present')] as FormName[])('flags as %s', (form) => {
    check(form, 32, { flag: (value) => as(form, value) })
    check(form, 32, { flag: (value) => as('indirect', as(form, value)) })
  })

  test.each(['addr', ...since(5, 'addrx', 'addrx1', 'addrx2', 'addrx3', 'addrx4')].flatMap((form) => both(form as FormName)))('addresses as %s in %d-bit format', (form, format) => {
    check(form, format, { address: (value) => as(form, value) })
    check(form, format, { address: (value) => as('indirect', as(form, value)) })
  })

  test('a flag that is 0 is none', () => {
    const text = read(buildUnits(unit([die('structure_type', { name: 'Full', byte_size: 1, declaration: as('flag', false) })], { version })))
    expect(text.only('Full')).toEqual(['struct Full 1'])
  })

  test.each(FORMATS)('unknown attributes and DIEs are stepped over, whatever their form: %d-bit format', (format) => {
    const forms: [FormName, Value][] = [
      ['addr', 1], ['block1', Uint8Array.of(1, 2)], ['block2', new Uint8Array(300)], ['block4', Uint8Array.of(1)], ['block', new Uint8Array(200)],
      ['data1', 1], ['data2', 1], ['data4', 1], ['data8', 1], ['sdata', -5], ['udata', 1 << 20], ['string', 'text'], ['strp', 'text'], ['flag', true],
      ['ref1', 1], ['ref2', 1], ['ref4', 1], ['ref8', 1], ['ref_udata', 300], ['ref_addr', 1], ['indirect', as('block1', Uint8Array.of(7))],
      ['GNU_addr_index', 1], ['GNU_str_index', 500], ['GNU_ref_alt', 1], ['GNU_strp_alt', 1],
    ]
    if (version >= 4) forms.push(['sec_offset', 1], ['exprloc', Uint8Array.of(1, 2, 3)], ['flag_present', true], ['ref_sig8', 0x1234n])
    if (version >= 5) {
      forms.push(['strx', 1], ['strx1', 1], ['strx2', 1], ['strx3', 1], ['strx4', 1], ['addrx', 1], ['addrx1', 1], ['addrx2', 1], ['addrx3', 1], ['addrx4', 1])
      forms.push(['line_strp', 'x'], ['data16', new Uint8Array(16).fill(3)], ['implicit_const', -1], ['loclistx', 200], ['rnglistx', 200], ['strp_sup', 0], ['ref_sup4', 0], ['ref_sup8', 0])
    }
    const vendor = Object.fromEntries(forms.map(([form, value], i) => [0x3e00 + i, as(form, value)]))
    const [first, ...rest] = tree(version)
    const children = [die(0x5555, vendor, [die(0x5556, vendor), die('lexical_block', {}, [])]), first, ...rest.map((each) => ({ ...each, attributes: { ...vendor, ...each.attributes, ...vendor } }))]
    const dwarf = buildDwarf({ units: [unit(children, { version, format, attributes: { name: 'a.c', comp_dir: '/src', language: 0x0c, low_pc: 0x1000, str_offsets_base: 8, addr_base: 8, rnglists_base: 12 }, lines: LINES[version] })] })
    expect(read(dwarf).everything()).toEqual(wanted)
  })
})

describe('the tables are the same', () => {
  const many = (spec: Partial<FileSpec>): FileSpec => ({ units: VERSIONS.flatMap((version) => FORMATS.map((format) => plain(version, format))), ...spec })

  test('with one table of abbreviations for all units', () => {
    const text = read(buildDwarf(many({ sharedAbbreviations: true })))
    const own = read(buildDwarf(many({})))
    expect(text.everything()).toEqual(own.everything())
    expect(text.only('Node')).toEqual(read(buildUnits(plain(4, 32))).only('Node'))
  })

  test.each([2, 3, 8])('with %d readers', (readers) => {
    expect(read(buildDwarf(many({})), readers).everything()).toEqual(read(buildDwarf(many({}))).everything())
  })

  test('with DW_AT_sibling', () => {
    const children = tree(5)
    const [int, node, pointer, ...rest] = children
    node.attributes = { sibling: ref('Node*'), ...node.attributes }
    expect(read(buildUnits(unit([int, node, pointer, ...rest], { attributes: plain(5, 32).root.attributes, lines: LINES[5] }))).everything()).toEqual(wanted)
  })

  test('with abbreviation codes that have gaps', () => {
    const padded = [die('lexical_block'), ...Array.from({ length: 300 }, (_, i) => die('lexical_block', { [0x2500 + i]: 1 })), ...tree(5)]
    expect(read(buildUnits(unit(padded, { attributes: plain(5, 32).root.attributes, lines: LINES[5] }))).everything()).toEqual(wanted)
  })
})

describe('numbers', () => {
  test.each<[FormName, bigint, string]>([
    ['data1', 0xffn, '255'],
    ['data2', 0xffffn, '65535'],
    ['data4', 0xffffffffn, '4294967295'],
    ['data8', 0xffffffffffffffffn, '-1'],
    ['udata', 0xffffffffffffffffn, '-1'],
    ['udata', 1n << 62n, '4611686018427387904'],
    ['sdata', -1n, '-1'],
    ['sdata', -(1n << 63n), '-9223372036854775808'],
    ['sdata', (1n << 63n) - 1n, '9223372036854775807'],
    ['implicit_const', -(1n << 40n), '-1099511627776'],
  ])('an enumerator as %s: %d', (form, value, said) => {
    const text = read(buildUnits(unit([die('enumeration_type', { name: 'E', byte_size: 8 }, [die('enumerator', { name: 'e', const_value: as(form, value) })])])))
    expect(text.only('E')).toEqual(['enum E 8', `e = ${said}`])
  })

  test('LEB128 with more bytes than it needs', () => {
    const padded = (value: number): Value => as('indirect', as(0x0f, Uint8Array.of(value | 0x80, 0x80, 0x80, 0x80, 0)))
    const text = read(buildUnits(unit([die('structure_type', { name: 'A', byte_size: padded(16), decl_line: padded(3) })])))
    expect(text.only('A')).toEqual(['struct A 16'])
  })
})

describe.each(['strp', 'line_strp', 'string', 'strx', 'strx1'] as const)('names of the file table as %s', (nameForm) => {
  test.each(FORMATS)('%d-bit format', (format) => {
    const lines: UnitSpec['lines'] = { directories: ['/src', 'inc'], files: [['a.c', 0], ['a.h', 1], ['/abs/b.h', 1]], nameForm, extra: [['MD5', 'data16', new Uint8Array(16).fill(9)], ['timestamp', 'block', new Uint8Array(3)], ['size', 'udata', 5], [0x2001, 'data4', 1]] }
    const at = (file: number): Die => die('structure_type', { name: `S${file}`, byte_size: 1, decl_file: file, decl_line: 1 })
    const text = read(buildUnits(unit([at(0), at(1), at(2)], { format, lines, attributes: { comp_dir: '/src' } })))
    expect([0, 1, 2].map((file) => text.only(`S${file}`)[0])).toEqual(['struct S0 1 a.c:1', 'struct S1 1 inc/a.h:1', 'struct S2 1 /abs/b.h:1'])
  })
})

test.each([2, 3, 4] as const)('file 1 of version %d is the first; folder 0 is the unit’s', (version) => {
  const at = (file: number): Die => die('structure_type', { name: `S${file}`, byte_size: 1, decl_file: file, decl_line: 1 })
  const lines: UnitSpec['lines'] = { directories: ['/usr/include', 'inc'], files: [['a.c', 0], ['stdio.h', 1], ['a.h', 2]] }
  const text = read(buildUnits(unit([at(0), at(1), at(2), at(3)], { version, lines, attributes: { name: 'a.c', comp_dir: '/src' } })))
  expect([0, 1, 2, 3].map((file) => text.only(`S${file}`)[0])).toEqual(['struct S0 1', 'struct S1 1 a.c:1', 'struct S2 1 /usr/include/stdio.h:1', 'struct S3 1 inc/a.h:1'])
})
