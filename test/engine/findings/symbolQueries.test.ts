import { describe, expect, test } from 'vitest'
import type { BlockViewQuery, GlobalQuery, TypeQuery } from '../../../src-main/contract/api.ts'
import { STATE } from '../../../src-main/engine/allocator/blocks.ts'
import { UsageError } from '../../../src-main/engine/errors.ts'
import { SymbolQueries } from '../../../src-main/engine/findings/symbolQueries.ts'
import { ByteWriter } from '../../builders/byteWriter.ts'
import { processView } from '../../builders/processView.ts'
import { symbolTables, type TypeSpec } from '../../builders/symbolTables.ts'

const TYPES: Record<string, TypeSpec> = {
  Player: { kind: 'class', size: 24, file: 'player.h', line: 7, members: [[0, 'next', 'Player *'], [8, 'score', 'int'], [16, 'name', 'const char *']] },
  'game::World': { kind: 'struct', size: 40, members: [[0, 'first', 'Player'], [24, 'flags', 'char [4]'], [32, 'self', 'game::World *']] },
  'std::vector<Player, std::allocator<Player> >': { kind: 'class', size: 24 },
  Color: { kind: 'enum', size: 4, values: [['red', 0]] },
  Forward: { kind: 'declaration', of: 'struct' },
}
const HEAP = 0x50000
const heap = new ByteWriter()
  .u64(0, 33).u64(HEAP + 0x30).u32(42, 0).u64(0x30000) // 0x10: a Player
  .u64(33).u64(0).u32(7, 0).u64(0) // 0x30: a Player
  .u64(33).u64(HEAP + 0x10).u64(0x6f6c6c6568).u64(0x11004) // 0x50: 24 bytes without a type
  .u64(81).u64(2).u64(HEAP + 0x30).u32(1, 0).u64(0).u64(0).u32(2, 0).u64(0).u64(0x99, 0x1234) // 0x70: Player[2] behind a count
  .zeroes(0x40)
const view = processView({
  modules: [{ name: 'demo', base: 0x10000, end: 0x20000, bias: 0x10000 }, { name: 'libempty.so', base: 0x70000, end: 0x71000, bias: 0x70000 }],
  threads: [{ tid: 31, block: () => 0x61000 }, { tid: 32, block: () => null }],
  tables: [
    symbolTables({
      types: TYPES,
      variables: [[0x4000, 'world', 'game::World'], [0x4028, 'best', 'Player *'], [0x4030, 'title', 'const char *'], [0x4038, 'missing', 'long'], [0, 'perThread', 'int', ['tls']]],
      functions: [[0x1000, 0x1100, 'main']],
    }),
  ],
  memory: [
    { start: 0x11000, bytes: new Uint8Array(0x100), code: true, kind: 'module-text', name: '/bin/demo' },
    { start: 0x14000, bytes: new ByteWriter().u64(HEAP + 0x10).u32(5, 0).u64(0).text('abc', 4).u32(0).u64(0x14000).u64(HEAP + 0x30).u64(0x30000).done(), size: 0x1000, kind: 'module-data', name: '/bin/demo' },
    { start: 0x30000, bytes: new ByteWriter().text('Ada').done(), size: 4096, kind: 'module-rodata', name: '/bin/demo' },
    { start: HEAP, bytes: heap.done(), kind: 'allocator', name: 'glibc main' },
    { start: 0x61000, bytes: new ByteWriter().u32(99).done(), size: 64, kind: 'anonymous' },
  ],
  heap: { start: HEAP, end: HEAP + 0x100, blocks: [[HEAP + 0x10, 24, STATE.used, 'Player'], [HEAP + 0x30, 24, STATE.used, 'Player'], [HEAP + 0x50, 24], [HEAP + 0x70, 72, STATE.used, 'Player[]']] },
  types: [{ name: 'Player' }, { name: 'Player[]', counted: true }],
})
const queries = new SymbolQueries(view, [{ type: 1, size: 24, free: false, allocator: 'glibc', count: 2 }, { type: 0, size: 24, free: true, allocator: 'glibc', count: 9 }, { type: 2, size: 72, free: false, allocator: 'glibc', count: 1 }])

describe('types', () => {
  const list = (q: Partial<TypeQuery>) => queries.listTypes({ core: '', filter: '', sort: 'name', descending: false, offset: 0, limit: 100, ...q })
  const names = (q: Partial<TypeQuery>): string[] => list(q).rows.map(({ name }) => name)

  test('a row has all that is known', () => {
    expect(list({ filter: 'player', kind: 'class', sort: 'blocks', descending: true }).rows[0]).toEqual({ id: expect.any(Number), name: 'Player', kind: 'class', size: 24, members: 3, declared: 'player.h:7', modules: ['demo'], blocks: 2, bytes: 48 })
    expect(list({ filter: 'forward' }).rows).toMatchObject([{ name: 'Forward', size: null }])
  })
  test('by bytes, types without blocks come by how close their own name is', () => {
    const types: Record<string, TypeSpec> = { 'a::holder<ui>': { kind: 'struct', size: 8 }, 'b::ui_out': { kind: 'struct', size: 8 }, 'c::ui': { kind: 'struct', size: 8 }, ui: { kind: 'struct', size: 8 }, 'build': { kind: 'struct', size: 8 } }
    const process = processView({ modules: [{ name: 'demo', base: 0, end: 1, bias: 0 }], memory: [], tables: [symbolTables({ types })] })
    const rows = new SymbolQueries(process, []).listTypes({ core: '', filter: 'ui', sort: 'bytes', descending: true, offset: 0, limit: 100 }).rows
    expect(rows.map(({ name }) => name)).toEqual(['ui', 'c::ui', 'b::ui_out', 'a::holder<ui>', 'build'])
  })
  test('a typedef that gives a type its own name is no second type', () => {
    const types: Record<string, TypeSpec> = { node: { kind: 'struct', size: 8 }, 'node alias': { kind: 'typedef', to: 'node' } }
    const tables = symbolTables({ types })
    const alias = [...tables.byName.type].find((type) => tables.types.name[type] !== 0 && tables.types.target[type] !== 0)!
    const listed = (): string[] => new SymbolQueries(processView({ memory: [], modules: [{ name: 'demo', base: 0, end: 1, bias: 0 }], tables: [tables] }), []).listTypes({ core: '', filter: 'node', sort: 'name', descending: false, offset: 0, limit: 9 }).rows.map(({ name, kind }) => `${kind} ${name}`)
    expect(listed()).toEqual(['struct node', 'typedef node alias'])
    tables.types.name[alias] = tables.types.name[tables.types.target[alias]]
    expect(listed()).toEqual(['struct node'])
  })
  test('search, kinds, comparisons', () => {
    expect(names({ filter: 'VECTOR' })).toEqual(['std::vector<Player, std::allocator<Player> >'])
    expect(names({ filter: '/^(P|C)/' })).toEqual(['Color', 'Player'])
    expect(names({ filter: 'size>=24 members>0' })).toEqual(['game::World', 'Player'])
    expect(names({ kind: 'enum' })).toEqual(['Color'])
    expect(names({ withBlocks: true })).toEqual(['Player'])
    expect(() => list({ filter: '/(/' })).toThrow(UsageError)
  })
  test('sorts and pages', () => {
    expect(names({ kind: 'class', sort: 'name', descending: true })).toEqual(['std::vector<Player, std::allocator<Player> >', 'Player'])
    expect(list({ sort: 'size', descending: true, limit: 1 }).rows[0].name).toBe('game::World')
    const all = names({})
    expect([...names({ limit: 2 }), ...names({ offset: 2, limit: 3 })]).toEqual(all.slice(0, 5))
    expect(list({ offset: 2, limit: 3 }).total).toBe(all.length)
  })
  test('a layout, by name or id', () => {
    const layout = queries.typeLayout({ core: '', name: 'game::World' })
    expect(layout).toMatchObject({ name: 'game::World', size: 40, alignment: 8, blocks: 0, holes: [{ offset: 28, size: 4 }], moreLeaves: false })
    expect(layout.leaves.map(({ path }) => path)).toEqual(['first.next', 'first.score', 'first.name', 'flags', 'self'])
    expect(queries.typeLayout({ core: '', id: layout.id })).toEqual(layout)
    expect(queries.typeLayout({ core: '', name: 'struct Player' })).toMatchObject({ name: 'Player', blocks: 2, bytes: 48 })
    const pointer = layout.rows.find(({ name }) => name === 'self')!
    expect(queries.typeLayout({ core: '', id: pointer.typeId })).toMatchObject({ name: 'game::World *', size: 8, rows: [] })
  })
  test('a name that is none is refused with names that are close', () => {
    const remedy = (name: string): string => {
      try {
        queries.typeLayout({ core: '', name })
      } catch (error) {
        return error instanceof UsageError ? error.remedy : String(error)
      }
      return 'found'
    }
    expect(remedy('player')).toBe('did you mean Player?')
    expect(remedy('Playr')).toContain('Player')
    expect(remedy('World')).toBe('did you mean game::World?')
    expect(remedy('std::vector<Player>')).toBe('did you mean std::vector<Player, std::allocator<Player> >?')
    expect(remedy('Zebra')).toContain('--filter')
  })
})

describe('globals', () => {
  const list = (q: Partial<GlobalQuery>) => queries.listGlobals({ core: '', filter: '', sort: 'addr', descending: false, offset: 0, limit: 100, ...q })

  test('with types and what they hold; a thread-local one for each thread that has it', () => {
    expect(list({}).rows.map(({ addr, name, type, size, tls, thread, value }) => [addr, name, type, size, tls, thread, value])).toEqual([
      [0x14000, 'world', 'game::World', 40, false, null, `{first = {next = 0x50010, score = 5, name = 0x0}, flags = "abc", self = 0x14000}`],
      [0x14028, 'best', 'Player *', 8, false, null, '0x50030 → block of 24 bytes (Player)'],
      [0x14030, 'title', 'const char *', 8, false, null, '0x30000 "Ada"'],
      [0x14038, 'missing', 'long', 8, false, null, ''],
      [0x61000, 'perThread', 'int', 4, true, 31, '99'],
    ])
  })
  test('filter by name, type and the beginning of the module, thread-locals, sort, pages', () => {
    const names = (q: Partial<GlobalQuery>): string[] => list(q).rows.map(({ name }) => name)
    expect(names({ filter: 'player' })).toEqual(['best'])
    expect(names({ filter: 'demo size>=40' })).toEqual(['world'])
    expect(names({ filter: 'dem' })).toHaveLength(5)
    expect(names({ filter: 'mo' })).toEqual([])
    expect(names({ filter: '/emo$/' })).toHaveLength(5)
    expect(names({ tls: true })).toEqual(['perThread'])
    expect(names({ sort: 'name', descending: true, limit: 2 })).toEqual(['world', 'title'])
    expect(names({ sort: 'name', descending: true, offset: 3 })).toEqual(['missing', 'best'])
    expect(names({ sort: 'size', offset: 4 })).toEqual(['world'])
  })
})

describe('a block\'s view', () => {
  const show = (q: Partial<BlockViewQuery>) => queries.viewBlock({ core: '', address: HEAP + 0x10, offset: 0, limit: 1000, ...q })
  const rows = (q: Partial<BlockViewQuery>): string[] => show(q).rows.map(({ offset, size, member, kind, value }) => `${offset}+${size} ${kind} ${member} ${value}`)

  test('lays the block\'s own type over, from any address within', () => {
    const found = show({ address: HEAP + 0x1c })
    expect(found).toMatchObject({ addr: HEAP + 0x10, type: 'Player', total: 4, block: { addr: HEAP + 0x10, size: 24, type: 'Player' }, where: '' })
    expect(rows({})).toEqual(['0+8 pointer next 0x50030 → block of 24 bytes (Player)', '8+4 integer score 42', '12+4 padding  ', '16+8 pointer name 0x30000 "Ada"'])
    expect(found.rows[1].bytes).toBe('2a000000')
  })
  test('without a type: words with what they lead to, texts, numbers', () => {
    expect(rows({ address: HEAP + 0x50 })).toEqual(['0+8 word  → block of 24 bytes (Player)', '8+8 word  "hello"', '16+8 word  → main+4'])
  })
  test('another type over several elements, and beyond it words', () => {
    expect(rows({ address: HEAP + 0x70, as: 'game::World' }).slice(-6)).toEqual(['28+4 padding  ', '32+8 pointer self 0x0', '40+8 beyond  2', '48+8 beyond  0', '56+8 beyond  153', '64+8 beyond  4660'])
    expect(show({ address: HEAP + 0x70, as: 'Player' }).rows.map(({ member }) => member)).toEqual(['[0].next', '[0].score', '', '[0].name', '[1].next', '[1].score', '', '[1].name', '[2].next', '[2].score', '', '[2].name'])
    expect(show({ address: HEAP + 0x70, as: 'Player[1]' }).rows.filter(({ kind }) => kind === 'beyond').length).toBe(6)
  })
  test('pointers and arrays of a named type', () => {
    expect(show({ address: HEAP + 0x10, as: 'Player *' }).rows.map(({ member, type }) => [member, type])).toEqual([['[0]', 'Player *'], ['[1]', 'Player *'], ['[2]', 'Player *']])
    expect(show({ address: 0x14028, as: 'Player*' })).toMatchObject({ type: 'Player *', rows: [{ value: '0x50030 → block of 24 bytes (Player)' }], total: 1 })
    expect(() => show({ as: 'Color ***' })).toThrow('no type of this name')
  })
  test('an array by new[] has its count first', () => {
    expect(rows({ address: HEAP + 0x70 }).slice(0, 3)).toEqual(['0+8 integer element count 2', '8+8 pointer [0].next 0x50030 → block of 24 bytes (Player)', '16+4 integer [0].score 1'])
    expect(rows({ address: HEAP + 0x70 }).slice(-3)).toEqual(['48+8 pointer [1].name 0x0', '56+8 beyond  153', '64+8 beyond  4660'])
  })
  test('pages are pieces of the whole', () => {
    const all = rows({ address: HEAP + 0x70, as: 'Player' })
    expect([...rows({ address: HEAP + 0x70, as: 'Player', limit: 5 }), ...rows({ address: HEAP + 0x70, as: 'Player', offset: 5 })]).toEqual(all)
  })
  test('a variable, and any other mapped place', () => {
    expect(show({ address: 0x14008 })).toMatchObject({ addr: 0x14000, block: null, type: 'game::World', where: 'variable world+8 in demo' })
    expect(show({ address: 0x30001 })).toMatchObject({ addr: 0x30000, block: null, type: null, where: 'read-only data of /bin/demo', total: 512 })
    expect(show({ address: 0x14028, as: 'Color' })).toMatchObject({ addr: 0x14028, type: 'Color', total: 1 })
  })
  test('absent bytes are absent, not zeroes', () => {
    expect(show({ address: 0x30000, limit: 2 }).rows.map(({ bytes, value }) => [bytes, value])).toEqual([['41646100', 'absent (not-dumped)'], ['', 'absent (not-dumped)']])
  })
  test('a type larger than the block: as much of it as lies there', () => {
    expect(rows({ as: 'game::World' })).toEqual(['0+8 pointer first.next 0x50030 → block of 24 bytes (Player)', '8+4 integer first.score 42', '12+4 padding  ', '16+8 pointer first.name 0x30000 "Ada"'])
  })
  test('what is not there is refused', () => {
    expect(() => show({ address: 0x999 })).toThrow('no memory is mapped there')
    expect(() => show({ as: 'Plaier' })).toThrow(UsageError)
    expect(() => show({ as: 'Forward' })).toThrow('only declared')
  })
})

describe('a hundred thousand types', () => {
  const types: Record<string, TypeSpec> = {}
  for (let i = 0; i < 100_000; i++) types[`engine::subsystem${i % 100}::Component<Part${i}, std::allocator<Part${i}> >`] = { kind: 'class', size: 8 + (i % 1000) }
  const many = new SymbolQueries(processView({ memory: [], modules: [{ name: 'big', base: 0, end: 1, bias: 0 }], tables: [symbolTables({ types })] }), [])
  const q: TypeQuery = { core: '', filter: '', sort: 'size', descending: true, offset: 0, limit: 200 }

  test('are searched as one types', () => {
    many.listTypes(q)
    for (const filter of ['p', 'pa', 'part999', 'subsystem42::', 'nothing of this kind']) {
      // the quickest of a few: others use the machine too
      const times = Array.from({ length: 5 }, (_, i) => {
        const started = performance.now()
        many.listTypes({ ...q, filter: `${' '.repeat(i)}${filter}` })
        return performance.now() - started
      })
      expect(Math.min(...times)).toBeLessThan(30)
      expect(many.listTypes({ ...q, filter }).total).toBe(Object.keys(types).filter((name) => name.toLowerCase().includes(filter)).length)
    }
  })
})
