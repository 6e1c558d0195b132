/** `symbols` on real programs: built here and read by real threads. */
import { execFile, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadSymbolTables } from '../../../src-main/engine/symbols/storedTables.ts'
import type { SymbolTables } from '../../../src-main/engine/symbols/tables.ts'
import { symbolStore } from '../../../src-main/storage/symbolStore.ts'

const call = promisify(execFile)
const main = fileURLToPath(new URL('../../../src-main/hosts/cli/main.ts', import.meta.url))
const program = `
#include <map>
#include <string>
struct Node { int value; Node *next; };
Node *list_head;
static std::map<std::string, Node> by_name;
thread_local long counter = 7;
int visit(Node *node) { counter++; return node ? node->value + visit(node->next) : int(by_name.size()); }
int main() { return visit(list_head); }
`
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'corelens-symbols-'))
  const source = join(folder, 'program.cpp')
  writeFileSync(source, program)
  for (const place of ['full', 'split', 'stripped']) mkdirSync(join(folder, place))
  const [full, stripped, debug] = [join(folder, 'full', 'program'), join(folder, 'stripped', 'program'), join(folder, 'split', 'program.debug')]
  await call('g++', ['-g', '-O1', source, '-o', full])
  await call('objcopy', ['--only-keep-debug', full, debug])
  await call('objcopy', ['--strip-all', full, stripped])
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(cache: string, ...args: string[]): Promise<{ rows: Record<string, unknown>[] }> {
  const { stdout } = await call(process.execPath, [main, 'symbols', ...args, '--json', '--cache', join(folder, cache)])
  return JSON.parse(stdout) as { rows: Record<string, unknown>[] }
}

/** What the database of a cache has of the program. */
function tablesOf(cache: string, identity: string): { tables: SymbolTables; text(offset: number): string } {
  const { tables } = loadSymbolTables(symbolStore(join(folder, cache, 'symbols')), identity)!
  return { tables, text: (offset) => Buffer.from(tables.strings.subarray(offset, tables.strings.indexOf(0, offset))).toString() }
}

describe('symbols of a program', () => {
  test('are its types, variables and functions', async () => {
    const { rows: [row] } = await run('a', 'add', join(folder, 'full'))
    expect(row).toMatchObject({ path: join(folder, 'full', 'program'), state: 'added', missing: '', message: '', diagnostics: [] })
    const { tables, text } = tablesOf('a', row['buildId'] as string)
    const node = [...tables.byName.type].find((type) => text(tables.types.name[type]) === 'Node')!
    expect(tables.types.size[node]).toBe(16)
    expect([...tables.variables.name].map(text)).toEqual(expect.arrayContaining(['list_head', 'by_name', 'counter']))
    expect([...tables.functions.name].map(text)).toContain('visit')
    expect([...tables.symbols.name].map(text)).toContain('list_head')
    expect((await run('a', 'list')).rows).toMatchObject([{ buildId: row['buildId'], types: row['types'], variables: row['variables'] }])
    expect((await run('a', 'add', join(folder, 'full'))).rows).toMatchObject([{ state: 'there' }])
  })

  test('are the same from a debug file alone, and a stripped program takes nothing away', async () => {
    const { rows: [full] } = await run('b', 'add', join(folder, 'full'))
    const { rows: [stripped] } = await run('c', 'add', join(folder, 'stripped'))
    expect(stripped).toMatchObject({ state: 'added', types: 0, variables: 0, debugBytes: 0, missing: expect.stringMatching(/./) as string })
    const { rows: [debug] } = await run('c', 'add', join(folder, 'split'))
    const counts = ({ types, variables, functions, debugBytes }: Record<string, unknown>): unknown => ({ types, variables, functions, debugBytes })
    expect(counts(debug)).toEqual(counts(full))
    expect(counts((await run('c', 'add', join(folder, 'stripped'))).rows[0])).toEqual(counts(full))
    expect((await run('c', 'list')).rows).toHaveLength(1)
  })

  test('survive a kill at any moment', async () => {
    const database = join(folder, 'd', 'symbols')
    for (const after of [100, 200, 300, 400]) {
      const child = spawn(process.execPath, [main, 'symbols', 'add', join(folder, 'full'), '--cache', join(folder, 'd')], { stdio: 'ignore' })
      const closed = new Promise((resolve) => child.on('close', resolve))
      setTimeout(() => child.kill('SIGKILL'), after)
      await closed
    }
    expect((await run('d', 'add', join(folder, 'full'))).rows[0]['state']).toMatch(/^added|there$/)
    expect((await run('d', 'check')).rows).toMatchObject([{ state: 'whole' }])
    expect(readdirSync(database).filter((name) => name.includes('.tmp'))).toEqual([])
  })

  test('that are damaged on the disk are read anew', async () => {
    await run('e', 'add', join(folder, 'full'))
    const database = join(folder, 'e', 'symbols')
    const path = join(database, readdirSync(database).find((name) => name.endsWith('.mdb'))!)
    writeFileSync(path, readFileSync(path).fill(0x5a, 20_000, 30_000))
    expect((await run('e', 'add', join(folder, 'full'))).rows).toMatchObject([{ state: 'added' }])
    expect((await run('e', 'check')).rows).toMatchObject([{ state: 'whole' }])
  })
})

test('a type of a large program is told before all of it is read, and the same afterwards', async () => {
  const fixtures = fileURLToPath(new URL('../../fixtures/demo/', import.meta.url))
  // as large as a large program, for nothing
  const exe = join(folder, 'demo')
  copyFileSync(join(fixtures, 'demo'), exe)
  truncateSync(exe, 40 << 20)
  const types = async (cache: string): Promise<string> => (await call(process.execPath, [main, 'types', join(fixtures, 'demo.core.zst'), 'A', '--exe', exe, '--cache', join(folder, cache)])).stdout
  const layout = (text: string): string => text.slice(0, text.indexOf('};'))
  const first = await types('e')
  expect(first).toContain('from the first unit that defines it')
  expect(first).toMatch(/struct A|class A/)
  await call(process.execPath, [main, 'symbols', 'add', exe, '--cache', join(folder, 'e')])
  const second = await types('e')
  expect(second).not.toContain('from the first unit')
  expect(layout(second)).toBe(layout(first))
})
