import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readCommandLine } from '../../../src-main/hosts/cli/commandLine.ts'
import { runCli } from '../../../src-main/hosts/cli/runCli.ts'

const workerUrl = new URL('../../workers/standIn.worker.ts', import.meta.url)
let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'corelens-cli-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const path = join(folder, 'core')
  writeFileSync(path, 'blocks 1')
  let out = ''
  let err = ''
  const code = await runCli({
    args: args.flatMap((word) => (word.includes('\'') ? [word.replaceAll('\'', '')] : word.split(' '))).map((word) => (word === 'CORE' ? path : word)),
    env: { CORELENS_CACHE: join(folder, 'cache') },
    stdout: new Writable({
      write(chunk: Buffer, _encoding, done) {
        out += chunk.toString()
        done()
      },
    }),
    stderr: { write: (text) => void (err += text) },
    onInterrupt: () => undefined,
    workerUrl,
  })
  return { code, out, err }
}

const lines = (text: string): unknown[] => text.trimEnd().split('\n').map((line) => JSON.parse(line) as unknown)

describe('types', () => {
  const PLAYER = {
    name: 'Player',
    kind: 'class',
    size: 24,
    members: [{ offset: 8, name: 'score', type: 'int', size: 4 }, { offset: 12, name: 'alive', type: 'unsigned int', size: 4, bits: [0, 1] }, { offset: 16, name: 'next', type: 'Player *', size: 8 }],
    bases: [{ offset: 0, name: 'Named', size: 8, virtual: false }],
    declared: 'player.h:7',
    modules: ['demo'],
    blocks: 0,
    bytes: 0,
  }

  test('as a table, filtered and sorted', async () => {
    const { code, out, err } = await run('types CORE --sort size --filter size>=8')
    expect([code, err]).toEqual([0, ''])
    expect(out.split('\n').map((line) => line.trim().split(/\s+/))).toEqual([['SIZE', 'MEMBERS', 'BLOCKS', 'KIND', 'NAME'], ['24', '4', 'class', 'Player'], ['8', '1', 'struct', 'Named'], ['']])
  })

  test('as JSON lines, as scripts rely on them', async () => {
    const rows = lines((await run('types CORE --jsonl --kind class')).out)
    expect(rows).toEqual([PLAYER])
    const all = lines((await run('types CORE --jsonl')).out) as { name: string; enumerators?: unknown }[]
    expect(all.map(({ name }) => name)).toEqual(['char', 'Color', 'int', 'Named', 'Player', 'unsigned int'])
    expect(all[1].enumerators).toEqual([{ name: 'red', value: '0' }, { name: 'blue', value: '1' }])
    expect(JSON.parse((await run('types CORE --json --limit 2')).out)).toMatchObject({ rows: [{ name: 'char' }, { name: 'Color' }], total: 6 })
  })

  test('one by name: its layout, and how many blocks it has', async () => {
    const { out } = await run('types CORE Player')
    expect(out).toBe(
      `                  class Player : Named {
/*     0:     8 */    /* base Named */
/*     8:     4 */    int score;
/*    12:0:   1 */    unsigned int alive : 1;
/*    13:     3 */    /* 3 bytes of padding */
/*    16:     8 */    Player *next;
/*           24 */};

size      24 bytes, aligned to 8, 3 of them padding
declared  player.h:7
modules   demo
blocks    none known
`,
    )
    expect(JSON.parse((await run('types CORE Player --json')).out)).toMatchObject({ rows: [{ ...PLAYER, alignment: 8, holes: [{ offset: 13, size: 3 }] }], total: 1 })
    expect(lines((await run('types CORE unsigned int --jsonl')).out)).toMatchObject([{ name: 'unsigned int', kind: 'base', size: 4, members: [] }])
  })

  test('a name that is none ends with 2 and says what is close', async () => {
    expect(await run('types CORE player')).toEqual({ code: 2, out: '', err: 'corelens: no type of this name: player: did you mean Player?\n' })
  })
})

describe('globals', () => {
  test('as JSON lines, thread-local ones with their thread', async () => {
    expect(lines((await run('globals CORE --jsonl')).out)).toEqual([
      { addr: '0x401000', name: 'best', type: 'Player', size: 24, module: 'demo', tls: false, declared: '', value: '{<Named> = {name = 0x0}, score = 42, alive = 1, next = 0x600010}' },
      { addr: '0x401018', name: 'count\u001b[2J', type: 'int', size: 4, module: 'demo', tls: false, declared: '', value: '7' },
      { addr: '0x700000', name: 'perThread', type: 'int', size: 4, module: 'demo', tls: true, thread: 42, declared: '', value: '5' },
    ])
    expect(JSON.parse((await run('globals CORE --json --tls')).out)).toMatchObject({ rows: [{ name: 'perThread' }], total: 1 })
  })

  test('as text, without what would steer a terminal', async () => {
    const { out } = await run('globals CORE --filter int')
    expect(out).toContain('count\\u{1b}[2J')
    expect(out).not.toContain('\u001b')
  })
})

describe('block', () => {
  test('as text, like a hex dump with members', async () => {
    const { out } = await run('block CORE 600018 --as Player')
    expect(out.split('\n').slice(0, 2)).toEqual(['block 0x600010: 40 bytes, used, glibc main', 'laid over: Player'])
    expect(out).toMatch(/^0x600018 +8 {2}00 00 00 00 +score +int +0$/m)
    expect(out).toMatch(/^0x600028 +24 {2}00 00 00 00 00 00 00 00 {2}\(beyond the type\) +0$/m)
  })

  test('as JSON, with or without 0x', async () => {
    const document = JSON.parse((await run('block CORE 0x600010 --json')).out) as { addr: string; rows: unknown[] }
    expect(document).toMatchObject({ addr: '0x600010', block: { addr: '0x600010', size: 40 }, type: null, total: 5 })
    expect(lines((await run('block CORE 600010 --jsonl')).out)).toEqual(document.rows)
    expect(JSON.parse((await run('block CORE 401008 --json')).out)).toMatchObject({ addr: '0x401000', block: null, where: 'variable best+8 in demo', type: 'Player' })
  })

  test.each([
    ['block CORE 600010 --as Plaver', 'corelens: no type of this name: Plaver: did you mean Player?\n'],
    ['block CORE 10', 'corelens: no memory is mapped there: 0x10: give an address of a block, a variable or another mapped place\n'],
    ['block CORE 0xffffffffffffffff', 'corelens: not an address: 0xffffffffffffffff: give it in hexadecimal, with or without 0x\n'],
    ['block CORE', 'corelens: no address: block: corelens block CORE ADDRESS\n'],
    ['types CORE Player --filter x', 'corelens: a name and a search: Player: give a name, or --filter and --kind\n'],
    ['types CORE --kind klass', 'corelens: not a value of this option: --kind klass: use struct, class, union, enum, typedef, base\n'],
  ])('%s is refused', async (line, err) => expect(await run(line)).toEqual({ code: 2, out: '', err }))
})

test('a type\'s name may have spaces', () => {
  expect(readCommandLine(['types', 'core', 'std::map<int,', 'long>'])).toMatchObject({ name: 'std::map<int, long>' })
})
