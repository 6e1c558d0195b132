/**
 * A live process with five threads and a library loaded late, dumped by gcore: where each thread has its thread-locals,
 * against what the process itself said and against gdb on the core. And where virtual bases lie, which gdb's Python can't say.
 */
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { GlobalRow } from '../../../src-main/contract/rows.ts'
import { openSession } from '../../../src-main/engine/analysis.ts'
import { openFileByteSource } from '../../../src-main/storage/fileByteSource.ts'
import { moduleFiles } from '../../../src-main/storage/moduleFiles.ts'
import { wasmModule } from '../../../src-main/storage/wasmModules.ts'
import { Unavailable, run, start, tool, whenReady } from '../commands.ts'
import { build, debugInfoFolder } from './build.ts'
import { virtualBasesOf } from './forms.ts'
import { readSymbols } from './ours.ts'
import { type Subject, SUBJECTS } from './subjects.ts'

const subjects = SUBJECTS.filter(({ name }) => ['threads-gcc-v5-o2', 'threads-gcc-v4-o0', 'threads-clang-v5-o0', 'threads-clang-v4-o2'].includes(name))

interface Said {
  core: string
  exe: string
  plugin: string
  /** `<thread id> <name>` → address. */
  tls: Map<string, number>
  variables: Map<string, number>
  /** `<class> <base>` → offset. */
  bases: Map<string, number>
}

async function dumped(subject: Subject): Promise<Said> {
  const exe = await build(subject)
  const folder = join(debugInfoFolder(), `${subject.name}-live`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const plugin = join(folder, 'plugin.so')
  await run(subject.compiler, ['-g', '-O1', '-fPIC', '-shared', join(import.meta.dirname, 'programs/threadsPlugin.cpp'), '-o', plugin])
  tool('gcore')
  const running = start([exe, plugin], folder, {})
  try {
    await whenReady(running)
    await run('gcore', ['-o', join(folder, 'core'), String(running.pid)])
  } finally {
    running.child.kill('SIGKILL')
  }
  const written = readdirSync(folder).find((name) => name.startsWith('core'))
  if (written === undefined) throw new Unavailable('gcore wrote no core')
  renameSync(join(folder, written), join(folder, 'core'))
  const said: Said = { core: join(folder, 'core'), exe, plugin, tls: new Map(), variables: new Map(), bases: new Map() }
  for (const line of running.output().split('\n')) {
    const [what = '', first = '', second = '', third = ''] = line.split(' ')
    if (what === 'tls') said.tls.set(`${first} ${second}`, Number(third))
    else if (what === 'variable') said.variables.set(first, Number(second))
    else if (what === 'base') said.bases.set(`${first} ${second}`, Number(third))
  }
  return said
}

async function globalsOf({ core, exe, plugin }: Said): Promise<GlobalRow[]> {
  const source = openFileByteSource(core)
  const session = await openSession('tls', { debug: [] }, {
    core: source,
    files: moduleFiles,
    store: null,
    progress: { stage: () => undefined, advance: () => undefined },
    wasm: wasmModule,
    now: () => performance.now() / 1000,
    peakMemory: () => 0,
  })
  try {
    for (const file of [exe, plugin]) {
      const module = session.summary().modules.findIndex((one) => one.path === file)
      expect(module, file).toBeGreaterThanOrEqual(0)
      session.attachSymbols(module, (await readSymbols(file)).tables)
    }
    return session.listGlobals({ core: 'tls', filter: '', sort: 'addr', descending: false, offset: 0, limit: 10_000 }).rows
  } finally {
    session.close()
    source.close()
  }
}

/** `<thread id> <name>` → address, by gdb on the core; a name that gdb can't say is left out. */
async function gdbTls(said: Said): Promise<Map<string, number>> {
  const names = [...new Set([...said.tls.keys()].map((key) => key.split(' ')[1] ?? ''))]
  const script = [
    'import gdb',
    'for t in gdb.selected_inferior().threads():',
    '    t.switch()',
    `    for name in ${JSON.stringify(names)}:`,
    '        try:',
    '            print("tls", t.ptid[1], name, int(gdb.parse_and_eval("&\'%s\'" % name)))',
    '        except gdb.error as error:',
    '            pass',
  ].join('\n')
  const output = await run('gdb', ['-nx', '-batch', '-iex', 'set auto-load safe-path /', '-iex', 'set debuginfod enabled off', '-ex', `py exec(${JSON.stringify(script)})`, said.exe, said.core])
  return new Map([...output.matchAll(/^tls (\d+) (\S+) (\d+)$/gm)].map(([, thread, name, address]) => [`${thread} ${name}`, Number(address)]))
}

/** A function's own variables are `function::name` here; where clang inlines the function everywhere it does not say its name. */
function ourAddress(ours: Map<string, number>, key: string): number | undefined {
  return ours.get(key.replace('()', '')) ?? ours.get(key.replace('inFunction()::', ''))
}

describe('at its runtime', () => {
  test.for(subjects)('$name', async (subject, { skip }) => {
    let said: Said
    try {
      said = await dumped(subject)
    } catch (error) {
      if (error instanceof Unavailable) return skip(error.message)
      throw error
    }
    const rows = await globalsOf(said)
    const ours = new Map(rows.map((row) => [row.tls ? `${row.thread} ${row.name}` : row.name, row.addr]))
    expect(said.tls.size).toBe(5 * 7)
    const wrong = [...said.tls].filter(([key, address]) => ourAddress(ours, key) !== address).map(([key, address]) => `${key} is at 0x${address.toString(16)}, ours ${ourAddress(ours, key)?.toString(16) ?? 'nowhere'}`)
    expect(wrong).toEqual([])
    for (const [name, address] of said.variables) expect([name, ours.get(name)]).toEqual([name, address])

    const gdb = await gdbTls(said)
    expect(gdb.size).toBeGreaterThan(5 * 4)
    for (const [key, address] of gdb) expect([key, ourAddress(ours, key)]).toEqual([key, address])

    const { tables } = await readSymbols(said.exe)
    const bases = virtualBasesOf(tables)
    for (const [key, offset] of said.bases) expect([key, bases.get(key)]).toEqual([key, offset])
    rmSync(dirname(said.core), { recursive: true })
  })
})
