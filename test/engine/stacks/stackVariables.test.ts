/** Variables in scope, where they lie and what they are. DWARF 5 §2.6, §3.3, §3.5, §4.1, §6.1.2. */
import { describe, expect, test } from 'vitest'
import { DWARF_SECTIONS, SECTION_NAME } from '../../../src-main/engine/dwarf/file.ts'
import { ElfFile } from '../../../src-main/engine/elf/file.ts'
import { Diagnostics } from '../../../src-main/engine/errors.ts'
import { PLAIN_ONLY } from '../../../src-main/engine/stacks/moduleDwarf.ts'
import { stackVariables } from '../../../src-main/engine/stacks/stackVariables.ts'
import type { Frame } from '../../../src-main/engine/stacks/unwind.ts'
import { joinTables } from '../../../src-main/engine/symbols/indexModule.ts'
import { noDebugFiles } from '../../../src-main/engine/symbols/debugFiles.ts'
import { ProcessSymbols } from '../../../src-main/engine/symbols/processSymbols.ts'
import { ByteWriter } from '../../builders/byteWriter.ts'
import { memoryOf, moduleOf } from '../../builders/callFrames.ts'
import { as, buildUnits, die, expression, ranges, ref, unit, type Attributes, type BuiltDwarf, type Die, type UnitSpec, type Value } from '../../builders/dwarf.ts'
import { buildElfModule } from '../../builders/elfModule.ts'
import { memoryByteSource } from '../../builders/memoryByteSource.ts'
import { readTables } from '../dwarf/readTables.ts'

const BIAS = 0x5500_0000_0000
const STACK = 0x7000_0000
const CFA = STACK + 0x80
const CPP = 0x1a

const place = (...bytes: number[]): Value => as('exprloc', Uint8Array.from(bytes))
/** DW_OP_fbreg; -64 to 63 */
const fbreg = (offset: number): Value => place(0x91, offset & 0x7f)
const TYPES = [
  die('base_type#int', { name: 'int', byte_size: 4, encoding: 5 }),
  die('structure_type#Node', { name: 'Node', byte_size: 16 }, [die('member', { name: 'next', type: ref('NodeP'), data_member_location: 0 }), die('member', { name: 'id', type: ref('int'), data_member_location: 8 })]),
  die('pointer_type#NodeP', { byte_size: 8, type: ref('Node') }),
  die('typedef#Link', { name: 'Link', type: ref('NodeP') }),
  die('const_type#constNode', { type: ref('Node') }),
  die('reference_type#NodeR', { byte_size: 8, type: ref('constNode') }),
  die('array_type#Nodes', { type: ref('NodeP') }, [die('subrange_type', { type: ref('int'), upper_bound: 3 }), die('subrange_type', { type: ref('int'), count: 2 })]),
  die('pointer_type#NodePP', { byte_size: 8, type: ref('NodeP') }),
  die('pointer_type#voidP', { byte_size: 8 }),
  die('subroutine_type#call', {}),
  die('pointer_type#callP', { byte_size: 8, type: ref('call') }),
]

interface Asked {
  /** Of the file. */
  at?: number
  registers?: Record<number, bigint>
  sections?: Record<string, Uint8Array>
  words?: number[]
  diagnostics?: Diagnostics
  isGuess?: boolean
  /** The caller's frame returns to `at` of the file. */
  caller?: { at: number; registers: Record<number, bigint> }
}

/** `function variable place: type` of a frame there. */
async function variables(built: BuiltDwarf, { at = 0x1010, registers = {}, sections = {}, words = [], diagnostics = new Diagnostics(), isGuess = false, caller }: Asked = {}): Promise<string[]> {
  const [file] = built.files
  const elf = new ElfFile(
    memoryByteSource(
      buildElfModule({
        sections: [
          ...DWARF_SECTIONS.filter((section) => file[section].length > 0).map((section) => ({ name: SECTION_NAME[section], bytes: Uint8Array.from(file[section]) })),
          ...Object.entries(sections).map(([name, bytes]) => ({ name, bytes })),
        ],
      }).bytes,
    ),
  )
  const module = moduleOf({ base: BIAS, end: BIAS + 0x10000, bias: BIAS, elf, debugFiles: { ...noDebugFiles(), dwarfIn: 'own' } })
  const symbols = new ProcessSymbols([{ name: 'demo', base: BIAS, end: BIAS + 0x10000, bias: BIAS }])
  const noSymbols = { count: 0, name: new Uint32Array(0), address: new Float64Array(0), size: new Float64Array(0), kind: new Uint8Array(0) }
  symbols.attach(0, joinTables(readTables(built.files).tables, noSymbols, new Uint8Array(1)))
  const memory = memoryOf([{ start: STACK, bytes: new ByteWriter().u64(...words).zeroes(0x100).done() }])
  const registersOf = (of: Record<number, bigint>): Frame['registers'] => Array.from({ length: 17 }, (_, i) => of[i] ?? null)
  const frame: Frame = { pc: BIAS + at, lookup: BIAS + at, cfa: CFA, registers: registersOf(registers), isSignal: false, isGuess }
  const frames = caller ? [frame, { pc: BIAS + caller.at, lookup: BIAS + caller.at - 1, cfa: CFA + 0x20, registers: registersOf(caller.registers), isSignal: false, isGuess: false }] : [frame]
  const query = { memory, modules: [module], threads: [], machine: 'x86-64' as const, decompressor: PLAIN_ONLY, diagnostics, symbols }
  const found = await stackVariables(query, [{ frames, stopped: '', wants: null }])
  return found.filter((v) => v.frame === 0).map(({ function: owner, name, address, value, type: { type, named, indirections, count, spelled } }) => {
    const where = address !== null ? `@${address < CFA ? '-' : '+'}${Math.abs(address - CFA).toString(16)}` : `=${value?.toString(16)}`
    const of = `${named === null ? 'unknown' : symbols.name(named)}${'*'.repeat(indirections)}${count === 1 ? '' : `[${count}]`}`
    return `${owner} ${name} ${where}: ${spelled} (${of})${type === null ? ' unsure' : ''}`
  })
}

const inFunction = (children: Die[], attributes: Attributes = {}, options: Partial<UnitSpec> & { attributes?: Attributes } = {}): BuiltDwarf =>
  buildUnits(
    unit([...TYPES, die('subprogram', { name: 'f', low_pc: 0x1000, high_pc: as('data4', 0x100), frame_base: place(0x9c), ...attributes }, children)], {
      version: 5,
      ...options,
      attributes: { name: 'a.cc', language: CPP, low_pc: 0x1000, high_pc: as('data4', 0x1000), ...options.attributes },
    }),
  )
const local = (name: string, type: string, location: Value): Die => die('variable', { name, type: ref(type), location })

describe('types', () => {
  test.each<[string, string]>([
    ['int', 'f v @-10: int (int)'],
    ['Node', 'f v @-10: Node (Node)'],
    ['NodeP', 'f v @-10: Node * (Node*)'],
    ['Link', 'f v @-10: Link (Node*)'],
    ['NodeR', 'f v @-10: const Node & (Node*)'],
    ['NodePP', 'f v @-10: Node ** (Node**)'],
    ['Nodes', 'f v @-10: Node *[4][2] (Node*[8])'],
    ['voidP', 'f v @-10: void * (unknown*)'],
    ['callP', 'f v @-10: void (*)(void) (unknown*)'],
  ])('%s', async (type, expected) => expect(await variables(inFunction([local('v', type, fbreg(-16))]))).toEqual([expected]))

  test('of the function itself', async () => {
    const built = inFunction([die('structure_type#Own', { name: 'Own', byte_size: 4 }, [die('member', { name: 'i', type: ref('int'), data_member_location: 0 })]), die('pointer_type#OwnP', { byte_size: 8, type: ref('Own') }), local('v', 'OwnP', fbreg(-8))])
    expect(await variables(built)).toEqual(['f v @-8: f::Own * (f::Own*)'])
  })

  test('a declaration is what another unit defines', async () => {
    const built = buildUnits(
      unit([die('structure_type#Far', { name: 'Far', declaration: true }), die('pointer_type#FarP', { byte_size: 8, type: ref('Far') }), die('subprogram', { name: 'f', low_pc: 0x1000, high_pc: as('data4', 0x100), frame_base: place(0x9c) }, [local('v', 'FarP', fbreg(-8))])], { attributes: { name: 'a.cc', language: CPP, low_pc: 0x1000, high_pc: as('data4', 0x100) } }),
      unit([die('structure_type', { name: 'Far', byte_size: 4 }, [])], { attributes: { name: 'b.cc', language: CPP } }),
    )
    expect(await variables(built)).toEqual(['f v @-8: Far * (Far*)'])
  })

  test('of two types of one name the unit’s own', async () => {
    const twin = (label: string, size: number): Die => die(`structure_type#${label}`, { name: 'Twin', byte_size: size }, [die('member', { name: 'i', type: ref(`int${label}`), data_member_location: size - 4 })])
    const of = (label: string, size: number, at: number): UnitSpec =>
      unit([die(`base_type#int${label}`, { name: 'int', byte_size: 4, encoding: 5 }), twin(label, size), die('subprogram', { name: `f${label}`, low_pc: at, high_pc: as('data4', 0x100), frame_base: place(0x9c) }, [local('v', label, fbreg(-16))])], { attributes: { name: `${label}.c`, language: 0x0c, low_pc: at, high_pc: as('data4', 0x100) } })
    const built = buildUnits(of('A', 4, 0x1000), of('B', 8, 0x2000))
    expect(await variables(built, { at: 0x1010 })).toEqual(['fA v @-10: Twin (Twin)'])
    expect(await variables(built, { at: 0x2010 })).toEqual(['fB v @-10: Twin (Twin)'])
  })
})

describe('places', () => {
  const list = (): Uint8Array => new ByteWriter().u8(4).uleb128(0x10).uleb128(0x20).uleb128(2).u8(0x91, 0x70).u8(4).uleb128(0x20).uleb128(0x30).uleb128(1).u8(0x53).u8(0).done()
  const at = (offset: number, built: BuiltDwarf, sections: Record<string, Uint8Array>): Promise<string[]> => variables(built, { at: 0x1000 + offset, sections, registers: { 3: 0xabcdn } })

  test('a list of version 5 by its offset, by its index, and of version 4', async () => {
    const byOffset = inFunction([die('variable', { name: 'v', type: ref('NodeP'), location: as('sec_offset', 12) })])
    const byIndex = inFunction([die('variable', { name: 'v', type: ref('NodeP'), location: as('loclistx', 0) })], {}, { attributes: { loclists_base: as('sec_offset', 12) } })
    const loclists = new ByteWriter().zeroes(12).bytes(list()).done()
    const indexed = new ByteWriter().zeroes(12).u32(4).bytes(list()).done()
    const loc = new ByteWriter().zeroes(12).u64(0x10, 0x20).u16(2).u8(0x91, 0x70).u64(0x20, 0x30).u16(1).u8(0x53).u64(0, 0).done()
    const version4 = inFunction([die('variable', { name: 'v', type: ref('NodeP'), location: as('sec_offset', 12) })], {}, { version: 4 })
    for (const [built, sections] of [[byOffset, { '.debug_loclists': loclists }], [byIndex, { '.debug_loclists': indexed }], [version4, { '.debug_loc': loc }]] as const) {
      expect(await at(0x10, built, sections)).toEqual(['f v @-10: Node * (Node*)'])
      expect(await at(0x20, built, sections)).toEqual(['f v =abcd: Node * (Node*)'])
      expect(await at(0x30, built, sections)).toEqual([])
    }
  })

  test('a register holds as many bytes as the type has; what it held before a call is gone', async () => {
    const built = inFunction([local('v', 'int', place(0x53))])
    expect(await variables(built, { registers: { 3: 0xffff_ffff_0000_002an } })).toEqual(['f v =2a: int (int)'])
    expect(await variables(built)).toEqual([])
  })

  test.each<[string, Value]>([['a register', place(0x57)], ['a register and an offset', place(0x77, 0)]])('a frame base in %s', async (_name, frame_base) => {
    expect(await variables(inFunction([local('v', 'int', fbreg(8))], { frame_base }), { registers: { 7: BigInt(CFA) } })).toEqual(['f v @+8: int (int)'])
  })

  test('not of frames that were only guessed', async () => expect(await variables(inFunction([local('v', 'int', fbreg(8))]), { isGuess: true })).toEqual([]))

  test('a frame base that counts from itself', async () => expect(await variables(inFunction([local('v', 'int', fbreg(8))], { frame_base: fbreg(0) }))).toEqual([]))

  test('behind a pointer, as variable-length arrays are', async () => {
    // fbreg -0x40, deref: the word at STACK + 0x40
    expect(await variables(inFunction([local('v', 'int', place(0x91, 0x40, 0x06))]), { words: [0, 0, 0, 0, 0, 0, 0, 0, STACK + 0x20] })).toEqual(['f v @-60: int (int)'])
  })

  test('static, in pieces, nowhere, and where nothing is mapped', async () => {
    const built = inFunction([local('static', 'int', expression(['addr', 0x2000])), local('pieces', 'int', place(0x53, 0x93, 4, 0x54, 0x93, 4)), local('nowhere', 'int', place()), local('away', 'int', place(0x30)), die('variable', { name: 'none', type: ref('int') })])
    expect(await variables(built, { registers: { 3: 1n, 4: 2n } })).toEqual([])
  })
})

describe('what the caller passed', () => {
  // entry_value(reg5), stack_value
  const entry = (op: number): Value => place(op, 1, 0x55, 0x9f)
  const of = (version: 4 | 5, options: { origin?: string; tail?: boolean; value?: Value } = {}): BuiltDwarf => {
    const { origin = 'f', tail = false, value = place(0x73, 8) } = options
    const gnu = version === 4
    const site = (returnsTo: number, more: Attributes, children: Die[] | null): Die =>
      die(gnu ? 'GNU_call_site' : 'call_site', { ...(gnu ? { low_pc: returnsTo, abstract_origin: ref(origin) } : { call_return_pc: as('addr', returnsTo), call_origin: ref(origin) }), ...more }, children)
    const passed = die(gnu ? 'GNU_call_site_parameter' : 'call_site_parameter', { location: place(0x55), [gnu ? 'GNU_call_site_value' : 'call_value']: value })
    return buildUnits(
      unit(
        [
          ...TYPES,
          die('subprogram#declared', { name: 'f', declaration: true }),
          die('subprogram#f', { specification: ref('declared'), low_pc: 0x1000, high_pc: as('data4', 0x100), frame_base: place(0x9c) }, [local('v', 'NodeP', entry(gnu ? 0xf3 : 0xa3)), ...(tail ? [site(0x1090, { [gnu ? 'GNU_tail_call' : 'call_tail_call']: true }, null)] : [])]),
          die('subprogram#other', { name: 'other', declaration: true }),
          die('subprogram', { name: 'g', low_pc: 0x1200, high_pc: as('data4', 0x100), frame_base: place(0x9c) }, [die('lexical_block', { low_pc: 0x1200, high_pc: as('data4', 0x10) }, [site(0x1210, {}, [passed])])]),
        ],
        { version, attributes: { name: 'a.cc', language: CPP, low_pc: 0x1000, high_pc: as('data4', 0x1000) } },
      ),
    )
  }
  const caller = { at: 0x1210, registers: { 3: 0x4560n } }

  test.each([4, 5] as const)('version %d: a value of the caller’s frame, by the function or its declaration', async (version) => {
    expect(await variables(of(version), { caller })).toEqual(['f v =4568: Node * (Node*)'])
    expect(await variables(of(version, { origin: 'declared' }), { caller })).toEqual(['f v =4568: Node * (Node*)'])
  })

  test.each<[string, BuiltDwarf, Asked]>([
    ['nobody called', of(5), {}],
    ['the call is another one', of(5), { caller: { ...caller, at: 0x1220 } }],
    ['what it needs of the caller is gone', of(5), { caller: { at: 0x1210, registers: {} } }],
    ['another function was called, which then called this one', of(5, { origin: 'other' }), { caller }],
    ['it may have been entered anew', of(5, { tail: true }), { caller }],
    ['it leads to itself', of(5, { value: place(0xa3, 1, 0x55) }), { caller }],
  ])('unknown where %s', async (_name, built, asked) => expect(await variables(built, asked)).toEqual([]))
})

describe('scopes', () => {
  const block = (low: number, size: number, children: Die[]): Die => die('lexical_block', { low_pc: low, high_pc: as('data4', size) }, children)

  test('parameters, blocks that hold the address, and no others', async () => {
    const built = inFunction([
      die('formal_parameter', { name: 'this', type: ref('NodeP'), artificial: true, location: fbreg(-8) }),
      block(0x1008, 0x10, [local('inside', 'int', fbreg(-16)), block(0x1014, 4, [local('later', 'int', fbreg(-20))])]),
      block(0x1018, 0x10, [local('behind', 'int', fbreg(-24))]),
      die('lexical_block', { ranges: ranges(['offset_pair', 0, 4], ['offset_pair', 0x10, 0x14]) }, [local('pieces', 'int', fbreg(-28))]),
      die('lexical_block', {}, [local('abstract', 'int', fbreg(-32))]),
      die('class_type', { name: 'Inner', byte_size: 1 }, [die('subprogram', { name: 'method', low_pc: 0x1080, high_pc: as('data4', 0x10), frame_base: place(0x9c) }, [local('inMethod', 'int', fbreg(-8))])]),
    ])
    expect((await variables(built)).map((v) => v.split(' ')[1])).toEqual(['this', 'inside', 'pieces'])
    // the innermost function of those that nest
    expect(await variables(built, { at: 0x1084 })).toEqual(['f::Inner::method inMethod @-8: int (int)'])
  })

  test('what is inlined has its name and type from its abstract instance', async () => {
    const built = buildUnits(
      unit(
        [
          ...TYPES,
          die('namespace', { name: 'game' }, [die('subprogram#step', { name: 'step', inline: 1 }, [die('formal_parameter#node', { name: 'node', type: ref('Link') }), die('variable#sum', { name: 'sum', type: ref('int') })])]),
          die('subprogram', { name: 'f', low_pc: 0x1000, high_pc: as('data4', 0x100), frame_base: place(0x9c) }, [
            die('inlined_subroutine', { abstract_origin: ref('step'), low_pc: 0x1008, high_pc: as('data4', 0x10) }, [die('formal_parameter', { abstract_origin: ref('node'), location: place(0x53) }), die('variable', { abstract_origin: ref('sum'), location: fbreg(-16) })]),
            local('own', 'int', fbreg(-20)),
          ]),
        ],
        { attributes: { name: 'a.cc', language: CPP, low_pc: 0x1000, high_pc: as('data4', 0x100) } },
      ),
    )
    expect(await variables(built, { registers: { 3: 0x1230n } })).toEqual(['game::step node =1230: Link (Node*)', 'game::step sum @-10: int (int)', 'f own @-14: int (int)'])
    expect(await variables(built, { at: 0x1020 })).toEqual(['f own @-14: int (int)'])
  })

  test('an origin that leads to itself', async () => {
    const built = inFunction([die('variable#self', { abstract_origin: ref('self'), location: fbreg(-8) })])
    expect(await variables(built)).toEqual(['f  @-8: void (unknown) unsure'])
  })

  test('units by .debug_aranges, where the root says nothing', async () => {
    const built = buildUnits(unit([die('base_type', { name: 'char', byte_size: 1, encoding: 6 })], { attributes: { name: 'b.c', language: 0x0c } }), unit([...TYPES, die('subprogram', { name: 'f', low_pc: 0x1000, high_pc: as('data4', 0x100), frame_base: place(0x9c) }, [local('v', 'int', fbreg(-8))])], { attributes: { name: 'a.c', language: 0x0c } }))
    expect(await variables(built)).toEqual([])
    const set = (unitAt: number, low: number): ByteWriter => new ByteWriter().u32(0x2c).u16(2).u32(unitAt).u8(8, 0).zeroes(4).u64(low, 0x100, 0, 0)
    const aranges = set(built.units[0][0].start, 0x3000).bytes(set(built.units[0][1].start, 0x1000).done()).done()
    expect(await variables(built, { sections: { '.debug_aranges': aranges } })).toEqual(['f v @-8: int (int)'])
    const diagnostics = new Diagnostics()
    expect(await variables(built, { sections: { '.debug_aranges': aranges.subarray(0, 70) }, diagnostics })).toEqual([])
    expect(diagnostics.rows.map(({ where }) => where)).toEqual(['.debug_aranges'])
  })
})

test('units that are split off are told once', async () => {
  const diagnostics = new Diagnostics()
  const built = buildUnits(unit(null, { kind: 'skeleton', id: 7n, attributes: { dwo_name: 'a.dwo', low_pc: 0x1000, high_pc: as('data4', 0x100) } }))
  expect(await variables(built, { diagnostics })).toEqual([])
  expect(diagnostics.rows).toMatchObject([{ kind: 'unsupported', where: 'demo', message: expect.stringContaining('split (.dwo)') }])
})

test('a damaged list costs its variable, and is told', async () => {
  const diagnostics = new Diagnostics()
  const built = inFunction([local('v', 'int', fbreg(-8)), die('variable', { name: 'w', type: ref('int'), location: as('sec_offset', 0x1000) })])
  expect(await variables(built, { diagnostics })).toEqual(['f v @-8: int (int)'])
  expect(diagnostics.rows.map(({ kind, where }) => [kind, where])).toEqual([['damaged', '.debug_loclists']])
})
