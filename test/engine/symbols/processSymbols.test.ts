import { describe, expect, test } from 'vitest'
import { NamedTypes } from '../../../src-main/engine/symbols/namedTypes.ts'
import { ProcessSymbols } from '../../../src-main/engine/symbols/processSymbols.ts'
import { symbolTypeFinder } from '../../../src-main/engine/symbols/symbolTypeFinder.ts'
import type { SymbolTables } from '../../../src-main/engine/symbols/tables.ts'
import { symbolTables, type TypeSpec } from '../../builders/symbolTables.ts'

const MODULES = [
  { name: 'demo', base: 0x10000, end: 0x20000, bias: 0x10000 },
  { name: 'libgame.so', base: 0x40000, end: 0x50000, bias: 0x3f000 },
  { name: 'libother.so', base: 0x60000, end: 0x70000, bias: 0x60000 },
]
const NODE: TypeSpec = { kind: 'struct', size: 16, members: [[0, 'next', 'Node *'], [8, 'value', 'int']] }

function attached(...tables: (SymbolTables | null)[]): ProcessSymbols {
  const symbols = new ProcessSymbols(MODULES)
  tables.forEach((table, i) => table && symbols.attach(i, table))
  return symbols
}

describe('types of several modules', () => {
  test('ids given out stay when another module is attached', () => {
    const symbols = new ProcessSymbols(MODULES)
    symbols.attach(2, symbolTables({ types: { Node: NODE } }))
    const [node] = symbols.find('Node')
    symbols.attach(0, symbolTables({ types: { Other: { kind: 'struct', size: 4 }, Node: NODE } }))
    expect(symbols.name(node)).toBe('Node')
    expect(symbols.find('Node')).toEqual([node])
    const [other] = symbols.find('Other')
    expect([symbols.name(other), other === node, symbols.name(0), symbols.spell(0), symbols.name(1e9)]).toEqual(['Other', false, '', 'void', ''])
  })

  test('equal types are one row, unequal ones of a name stay apart', () => {
    const types = { Node: NODE, Config: { kind: 'struct', size: 8, members: [[0, 'x', 'long']] } as TypeSpec }
    const symbols = attached(symbolTables({ types }), symbolTables({ types: { ...types, Config: { kind: 'struct', size: 4, members: [[0, 'x', 'int']] } } }))
    const named = new NamedTypes(symbols)
    const rows = named.names.map((name, row) => [name, named.sizes[row], named.modulesOf(row)]).filter(([name]) => name === 'Node' || name === 'Config')
    expect(rows.sort()).toEqual([['Config', 4, [1]], ['Config', 8, [0]], ['Node', 16, [0, 1]]])
    expect(symbols.find('Config').length).toBe(2)
  })

  test('what one module only declares is what another defines, once that is there', () => {
    const symbols = attached(symbolTables({ types: { Node: { kind: 'declaration', of: 'class' } }, variables: [[0x100, 'head', 'Node *']] }))
    const [declared] = symbols.find('Node')
    expect(symbols.size(declared)).toBe(-1)
    symbols.attach(1, symbolTables({ types: { Node: NODE } }))
    expect(symbols.size(declared)).toBe(16)
    expect(symbols.find('Node')).toEqual([symbols.definition(declared)])
    expect(new NamedTypes(symbols).names.filter((name) => name === 'Node').length).toBe(1)
  })

  test('but not where its definitions disagree, or are of another kind', () => {
    const declares = symbolTables({ types: { Node: { kind: 'declaration', of: 'struct' } } })
    const disagree = attached(declares, symbolTables({ types: { Node: NODE } }), symbolTables({ types: { Node: { kind: 'struct', size: 8 } } }))
    expect(disagree.size(1)).toBe(-1)
    expect(attached(declares, symbolTables({ types: { Node: { kind: 'union', size: 8 } } })).size(1)).toBe(-1)
  })

  test('tables that take the place of others keep the ids where they are as many', () => {
    const symbols = attached(symbolTables({ types: { Node: NODE } }))
    const [node] = symbols.find('Node')
    symbols.attach(0, symbolTables({ types: { Node: { ...NODE, size: 24 } } }))
    expect(symbols.size(node)).toBe(24)
    symbols.attach(0, symbolTables({ types: { Node: NODE, More: { kind: 'struct', size: 1 } } }))
    expect([symbols.spell(node), symbols.size(symbols.find('Node')[0]), symbols.find('Node').length]).toEqual(['void', 16, 1])
  })

  test('recognition finds a class that is defined, in one layout', () => {
    const symbols = attached(symbolTables({ types: { Node: NODE, Twice: { kind: 'class', size: 4 }, Only: { kind: 'declaration', of: 'class' }, alias: { kind: 'typedef', to: 'Node' } } }), symbolTables({ types: { Twice: { kind: 'class', size: 8 } } }))
    const finder = symbolTypeFinder(symbols)
    expect(finder.spelling(finder.find('Node') ?? 0)).toBe('Node')
    expect([finder.find('Twice'), finder.find('Only'), finder.find('alias'), finder.find('Nothing')]).toEqual([null, null, null, null])
  })

  test('a name in another spelling is found', () => {
    const symbols = attached(symbolTables({ types: { 'std::vector<int, std::allocator<int> >': { kind: 'class', size: 24 } } }))
    expect(symbols.find('std::vector<int,std::allocator<int>>').length).toBe(1)
  })
})

describe('what lies at an address', () => {
  const symbols = new ProcessSymbols(MODULES, [{ tid: 7, block: (module) => (module === 1 ? 0x9000_0000 : null) }, { tid: 8, block: () => 0x9100_0000 }], (name) => ({ _Z3runv: 'run()', _ZTV1A: '{vtable(A)}' })[name] ?? null)
  symbols.attach(
    0,
    symbolTables({
      variables: [[0x4000, 'players', 'int [8]'], [0x4020, 'count', 'int']],
      functions: [[0x1000, 0x1100, 'main'], [0x1080, 0x1090, 'inner'], [0x1100, 0x1180, 'game::tick']],
      symbols: [[0x2000, 16, '_Z3runv', 'func'], [0x1000, 256, 'main_alias', 'func'], [0x5000, 0, 'table', 'object'], [0x5100, 32, 'sized', 'object'], [0x5200, 32, '_ZTV1A', 'object']],
    }),
  )
  symbols.attach(1, symbolTables({ variables: [[0x100, 'plain', 'long'], [0, 'perThread', 'long [4]', ['tls']], [32, 'last', 'int', ['tls']]] }))
  const variable = (address: number): unknown[] | null => {
    const hit = symbols.variableAt(address)
    return hit && [hit.module.table.text(hit.module.table.variables.name[hit.index]), hit.offset, hit.tid]
  }

  test('variables, with the module\'s bias', () => {
    expect(variable(0x14000)).toEqual(['players', 0, null])
    expect(variable(0x14010)).toEqual(['players', 16, null])
    expect(variable(0x14023)).toEqual(['count', 3, null])
    expect([variable(0x14024), variable(0x13fff)]).toEqual([null, null])
  })

  test('thread-local variables, of each thread that has a block', () => {
    expect(variable(0x9000_0008)).toEqual(['perThread', 8, 7])
    expect(variable(0x9100_0020)).toEqual(['last', 0, 8])
    expect(variable(0x9000_0024)).toBeNull()
  })

  test('functions by debug information first, the innermost, then by symbol, demangled', () => {
    expect(symbols.functionAt(0x11000)).toMatchObject({ name: 'main', offset: 0 })
    expect(symbols.functionAt(0x11088)).toMatchObject({ name: 'inner', offset: 8 })
    expect(symbols.functionAt(0x110a0)).toMatchObject({ name: 'main', offset: 0xa0 })
    expect(symbols.functionAt(0x12004)).toMatchObject({ name: 'run()', offset: 4 })
    expect(symbols.functionAt(0x12010)).toBeNull()
  })

  test('all functions that begin at an address, none that only hold it', () => {
    const finder = symbolTypeFinder(symbols)
    expect([finder.functionsAt(0x11000), finder.functionsAt(0x11088), finder.functionsAt(0x11080)]).toEqual([['main'], [], ['inner']])
  })

  test('symbols without a size reach on, but not into the next', () => {
    expect(symbols.symbolAt(0x15040)).toMatchObject({ name: 'table', offset: 0x40 })
    expect(symbols.symbolAt(0x15110)).toMatchObject({ name: 'sized', offset: 16 })
    expect(symbols.symbolAt(0x15210)).toMatchObject({ name: 'vtable for A', offset: 16 })
    expect(symbols.symbolAt(0x60000)).toBeNull()
  })
})
