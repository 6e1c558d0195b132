/** What the stand-in session answers of types, variables and blocks: the engine's own queries over a small process made by hand. */
import { SymbolQueries } from '../../src-main/engine/findings/symbolQueries.ts'
import type { EngineSession } from '../../src-main/engine/session.ts'
import { ByteWriter } from '../builders/byteWriter.ts'
import { processView } from '../builders/processView.ts'
import { symbolTables } from '../builders/symbolTables.ts'

export function standInQueries(): Pick<EngineSession, 'listTypes' | 'listTypesWithMembers' | 'typeLayout' | 'layoutIn' | 'listGlobals' | 'viewBlock'> {
  const tables = symbolTables({
    types: {
      Player: { kind: 'class', size: 24, file: 'player.h', line: 7, bases: [[0, 'Named']], members: [[8, 'score', 'int'], [12, 'alive', 'unsigned int', [0, 1]], [16, 'next', 'Player *']] },
      Named: { kind: 'struct', size: 8, members: [[0, 'name', 'const char *']] },
      Color: { kind: 'enum', size: 4, values: [['red', 0], ['blue', 1]] },
    },
    variables: [[0x1000, 'best', 'Player'], [0x1018, 'count\u001b[2J', 'int'], [0, 'perThread', 'int', ['tls']]],
  })
  const queries = new SymbolQueries(
    processView({
      modules: [{ name: 'demo', base: 0x400000, end: 0x500000, bias: 0x400000 }],
      threads: [{ tid: 42, block: () => 0x700000 }],
      tables: [tables],
      memory: [
        { start: 0x401000, bytes: new ByteWriter().u64(0).u32(42, 1).u64(0x600010).u32(7).done(), size: 0x1000, kind: 'module-data', name: '/opt/demo' },
        { start: 0x600000, bytes: new Uint8Array(0x40), kind: 'allocator', name: 'glibc main' },
        { start: 0x700000, bytes: new ByteWriter().u32(5).done(), size: 0x1000, kind: 'anonymous' },
      ],
      heap: { start: 0x600000, end: 0x600040, blocks: [[0x600010, 40]] },
    }),
    [],
  )
  return {
    listTypes: (q) => queries.listTypes(q),
    listTypesWithMembers: (q) => queries.listTypesWithMembers(q),
    typeLayout: (q) => queries.typeLayout(q),
    layoutIn: (_module, _tables, name) => queries.typeLayout({ core: '', name }),
    listGlobals: (q) => queries.listGlobals(q),
    viewBlock: (q) => queries.viewBlock(q),
  }
}
