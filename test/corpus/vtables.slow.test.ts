/**
 * What each vtable pointer of vtables.cpp is, against what the program says of its own objects: with symbols, with
 * hidden ones, stripped, without RTTI; primary and secondary vtables, virtual bases, an object under construction.
 */
import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { attachFiles, findModules } from '../../src-main/engine/corefile/modules.ts'
import { openCoreFile } from '../../src-main/engine/corefile/open.ts'
import { Diagnostics } from '../../src-main/engine/errors.ts'
import { AddressSpace } from '../../src-main/engine/memory/addressSpace.ts'
import { Demangler } from '../../src-main/engine/recognize/demangle.ts'
import { Vtables } from '../../src-main/engine/recognize/vtables.ts'
import { openFileByteSource } from '../../src-main/storage/fileByteSource.ts'
import { moduleFiles } from '../../src-main/storage/moduleFiles.ts'
import { wasmModule } from '../../src-main/storage/wasmModules.ts'
import { Unavailable, run, start, tool, whenReady } from './commands.ts'
import { corpusFolder } from './make.ts'

const BUILDS: [compiler: string, ...flags: string[]][] = [
  ['g++', '-pie', '-fPIE'],
  ['g++', '-no-pie', '-fno-pie'],
  ['g++', '-fvisibility=hidden', '-s'],
  ['g++', '-static', '-s'],
  ['g++', '-fno-rtti'],
  ['g++', '-O2'],
  ['clang++', '-O1'],
  ['clang++', '-s'],
]

async function make(compiler: string, flags: string[], folder: string): Promise<{ core: string; said: string[] }> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  tool(compiler)
  const exe = join(folder, 'vtables')
  await run(compiler, ['-g', '-w', ...flags, '-o', exe, join(import.meta.dirname, 'programs/vtables.cpp')])
  const running = start([exe], folder, {})
  try {
    const pid = await whenReady(running)
    await run('gcore', ['-o', join(folder, 'core'), String(pid)])
    renameSync(join(folder, `core.${pid}`), join(folder, 'core'))
    return { core: join(folder, 'core'), said: running.output().split('\n').filter((line) => line.startsWith('vtable ')) }
  } finally {
    running.child.kill('SIGKILL')
  }
}

describe.each(BUILDS.map(([compiler, ...flags]) => ({ compiler, flags })))('$compiler $flags', ({ compiler, flags }) => {
  test('each vtable pointer is told', async ({ skip }) => {
    const folder = join(corpusFolder(), `vtables-${[compiler, ...flags].join('').replaceAll(/[^\w]/g, '')}`)
    let made: { core: string; said: string[] }
    try {
      made = await make(compiler, flags, folder)
    } catch (error) {
      if (error instanceof Unavailable) return skip(error.message)
      throw error
    }
    expect(made.said.length).toBe(19)
    const source = openFileByteSource(made.core)
    const diagnostics = new Diagnostics()
    const core = openCoreFile(source, diagnostics)
    const memory = new AddressSpace(source, core.ranges)
    const modules = findModules(memory, core.notes)
    attachFiles(modules, memory, moduleFiles, made.core, { debug: [] }, diagnostics)
    const vtables = new Vtables(memory, modules, new Demangler(wasmModule('demangle')), diagnostics)
    const found = made.said.map((line) => {
      const [word, address = ''] = line.split(' ')
      const hit = vtables.resolve(Number(address))
      return `${word} ${address} ${hit?.kind} ${hit?.className} ${hit?.base ?? '-'} ${hit?.offsetToTop}`
    })
    source.close()
    expect(found).toEqual(made.said.map((line) => expected(line, flags)))
  })
})

/** Without symbols a construction vtable is like the base's own; without RTTI nothing tells which base is where. */
function expected(line: string, flags: string[]): string {
  const [word, address, kind, className, base, offset] = line.split(' ')
  if (flags.includes('-s') && kind === 'construction') return `${word} ${address} ${offset === '0' ? `primary ${base} -` : `secondary ${base} shapes::Base`} ${offset}`
  if (flags.includes('-fno-rtti') && kind === 'secondary') return `${word} ${address} ${kind} ${className} - ${offset}`
  return line
}
