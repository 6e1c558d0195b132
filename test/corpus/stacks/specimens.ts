/** Cores of stacks.cpp by several compilers, what the program said of itself, and what corelens and gdb say of them. */
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { attachFiles, findModules, moduleName } from '../../../src-main/engine/corefile/modules.ts'
import { tieFiles } from '../../../src-main/engine/corefile/mappings.ts'
import type { MappedFile } from '../../../src-main/engine/corefile/notes.ts'
import { openCoreFile } from '../../../src-main/engine/corefile/open.ts'
import { Diagnostics } from '../../../src-main/engine/errors.ts'
import { AddressSpace } from '../../../src-main/engine/memory/addressSpace.ts'
import { stackVariables, type StackVariable } from '../../../src-main/engine/stacks/stackVariables.ts'
import type { Stack } from '../../../src-main/engine/stacks/unwind.ts'
import { unwindThreads } from '../../../src-main/engine/stacks/unwindThreads.ts'
import { joinTables, openUnits } from '../../../src-main/engine/symbols/indexModule.ts'
import { symbolSources } from '../../../src-main/engine/symbols/moduleSources.ts'
import { ProcessSymbols } from '../../../src-main/engine/symbols/processSymbols.ts'
import { openFileByteSource } from '../../../src-main/storage/fileByteSource.ts'
import { moduleFiles } from '../../../src-main/storage/moduleFiles.ts'
import { sectionDecompressor } from '../../../src-main/storage/sectionDecompressor.ts'
import { symbolReader } from '../../../src-main/workers/symbolReader.ts'
import { Unavailable, requireKernelCores, run, start, tool, whenReady } from '../commands.ts'
import { corpusFolder } from '../make.ts'

export interface Specimen {
  name: string
  machine: 'amd64' | 'arm64'
  command: string[]
  /** The program ends by abort(); else gcore dumps it. */
  aborts?: boolean
}

const amd64 = (name: string, ...command: string[]): Specimen => ({ name, machine: 'amd64', command })

export const SPECIMENS: Specimen[] = [
  amd64('gcc-o0', 'g++', '-g', '-O0'),
  amd64('gcc-o2', 'g++', '-g', '-O2', '-fomit-frame-pointer'),
  amd64('gcc-v4-o2', 'g++', '-gdwarf-4', '-O2'),
  amd64('gcc-v3-o1-no-pie', 'g++', '-gdwarf-3', '-O1', '-no-pie'),
  amd64('gcc-o2-static', 'g++', '-g', '-O2', '-static'),
  amd64('gcc-o2-debug-frame', 'g++', '-g', '-gz=zlib', '-O2', '-fno-asynchronous-unwind-tables', '-fno-exceptions'),
  amd64('clang-o0', 'clang++', '-g', '-O0'),
  amd64('clang-o2', 'clang++', '-g', '-O2'),
  amd64('clang-v4-o2', 'clang++', '-gdwarf-4', '-O2'),
  { ...amd64('gcc-o2-kernel', 'g++', '-g', '-O2'), aborts: true },
  { name: 'arm64-o0', machine: 'arm64', command: ['aarch64-linux-gnu-g++', '-g', '-O0'], aborts: true },
  { name: 'arm64-o2-signed', machine: 'arm64', command: ['aarch64-linux-gnu-g++', '-g', '-O2', '-mbranch-protection=standard'], aborts: true },
]

export interface Made {
  folder: string
  exe: string
  core: string
  /** `FUNCTION VARIABLE` → addresses. */
  said: Map<string, number[]>
  maps: MappedFile[]
}

/** Anew each time: it takes two seconds. Throws Unavailable. */
export async function make({ name, machine, command, aborts = false }: Specimen): Promise<Made> {
  const folder = join(corpusFolder(), `stacks-${name}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const exe = join(folder, 'stacks')
  const [compiler, ...flags] = command
  await run(compiler, [...flags, '-o', exe, join(import.meta.dirname, 'programs/stacks.cpp'), '-pthread'])
  const arm = machine === 'arm64'
  if (aborts && !arm) requireKernelCores()
  const running = start(arm ? [tool('qemu-aarch64'), '-L', '/usr/aarch64-linux-gnu', exe] : [exe], folder, aborts ? { FINISH: 'abort' } : {})
  try {
    if (aborts) await running.ended
    else await run('gcore', ['-o', join(folder, 'core'), String(await whenReady(running))])
  } finally {
    running.child.kill('SIGKILL')
  }
  const names = readdirSync(folder)
  // qemu leaves two: the one of the program it ran, and its own
  const written = names.find((file) => file.endsWith('.core')) ?? names.find((file) => file === 'core' || file.startsWith('core.'))
  if (written === undefined) throw new Unavailable(`no core was written: ${running.output().slice(-300)}`)
  renameSync(join(folder, written), join(folder, 'core'))
  const said = new Map<string, number[]>()
  for (const [, of = '', variable = '', address] of running.output().matchAll(/^local (\S+) (\S+) (\S+)$/gm)) said.set(`${of} ${variable}`, [...(said.get(`${of} ${variable}`) ?? []), Number(address)])
  const maps = [...running.output().matchAll(/^map (\w+)-(\w+) \S+ (\w+) \S+ \d+ +(\/.*)$/gm)].map(([, from = '', to = '', offset = '', path = '']) => {
    return { start: parseInt(from, 16), end: parseInt(to, 16), fileOffset: parseInt(offset, 16), path }
  })
  return { folder, exe, core: join(folder, 'core'), said, maps: arm ? maps : [] }
}

export interface Ours {
  tids: number[]
  stacks: Stack[]
  variables: StackVariable[]
  symbols: ProcessSymbols
  /** Name of the module that holds an address; ''. */
  moduleOf(address: number): string
  diagnostics: Diagnostics
}

export async function corelensStacks({ core, maps }: Made): Promise<Ours> {
  const source = openFileByteSource(core)
  try {
    const diagnostics = new Diagnostics()
    const file = openCoreFile(source, diagnostics)
    // qemu's cores neither name files nor have the pages with program headers, which any other core has
    if (maps.length > 0) Object.assign(file.notes, { files: maps, hasFileNote: true })
    const ranges = maps.length > 0 ? tieFiles(file.ranges, maps) : file.ranges
    for (const range of maps.length > 0 ? ranges : []) range.file = range.path === '' ? null : moduleFiles.open(range.path)
    const memory = new AddressSpace(source, ranges)
    const modules = findModules(memory, file.notes)
    attachFiles(modules, memory, moduleFiles, core, { debug: [] }, diagnostics)
    const symbols = new ProcessSymbols(modules.map((m) => ({ name: moduleName(m), base: m.base, end: m.end, bias: m.bias })))
    for (const { module, identity, paths } of symbolSources(modules, { debug: [] })) {
      if (identity === '') continue
      const prepared = await symbolReader.prepare(paths, diagnostics)
      const dwarf = await openUnits(symbolReader, prepared, diagnostics)
      let next = 0
      const read = symbolReader.mergeUnits([symbolReader.readUnits(dwarf, () => (next < dwarf.unitCount ? next++ : -1), diagnostics)], diagnostics)
      symbols.attach(module, joinTables(read, prepared.symbols, prepared.symbolStrings))
    }
    diagnostics.rows.length = 0
    const query = { memory, modules, threads: file.notes.threads, machine: file.machine, decompressor: sectionDecompressor, diagnostics, symbols }
    const stacks = await unwindThreads(query)
    const variables = await stackVariables(query, stacks)
    const moduleOf = (address: number): string => modules.flatMap((m) => (address >= m.base && address < m.end ? [moduleName(m)] : []))[0] ?? ''
    return { tids: file.notes.threads.map(({ tid }) => tid), stacks, variables, symbols, moduleOf, diagnostics }
  } finally {
    source.close()
  }
}

export interface GdbLocal {
  name: string
  address: number | null
  bits: number | null
  type: string
}

export interface GdbFrame {
  pc: number
  name: string | null
  cfa: number | null
  signal: boolean
  locals: GdbLocal[]
}

/** By thread. */
export async function gdbStacks({ folder, exe, core }: Made): Promise<Map<number, GdbFrame[]>> {
  const out = join(folder, 'gdb.jsonl')
  await run('gdb', ['-nx', '-batch', '-iex', 'set auto-load no', '-iex', 'set debuginfod enabled off', '-ex', `py OUT = ${JSON.stringify(out)}`, '-x', join(import.meta.dirname, 'gdbStacks.py'), exe, core], folder)
  const threads = readFileSync(out, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as { tid: number; frames: GdbFrame[] })
  return new Map(threads.map(({ tid, frames }) => [tid, frames]))
}
