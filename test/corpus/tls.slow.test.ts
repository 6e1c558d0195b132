/**
 * The address of every thread-local variable of every thread of tls.c, by symbol value and block, against what the
 * threads say themselves: x86-64 and AArch64, dynamic and static, several releases' glibc, with and without files.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { attachFiles, baseName, findModules, type Module } from '../../src-main/engine/corefile/modules.ts'
import { tieFiles } from '../../src-main/engine/corefile/mappings.ts'
import type { MappedFile } from '../../src-main/engine/corefile/notes.ts'
import { openCoreFile } from '../../src-main/engine/corefile/open.ts'
import { ThreadLocals } from '../../src-main/engine/corefile/tls.ts'
import { ElfFile } from '../../src-main/engine/elf/file.ts'
import { readSymbols } from '../../src-main/engine/elf/symbols.ts'
import { Diagnostics } from '../../src-main/engine/errors.ts'
import { AddressSpace } from '../../src-main/engine/memory/addressSpace.ts'
import { openFileByteSource } from '../../src-main/storage/fileByteSource.ts'
import { moduleFiles } from '../../src-main/storage/moduleFiles.ts'
import { memoryByteSource } from '../builders/memoryByteSource.ts'
import { Unavailable, requireKernelCores, run, start, tool, whenReady } from './commands.ts'
import { libc, type Machine, type Release } from './libcs.ts'
import { corpusFolder } from './make.ts'

interface Build {
  machine: Machine
  linkage: 'dynamic' | 'static' | 'static-pie' | 'no-pie'
  release: Release | null
  flags: string[]
}

const BUILDS: Build[] = [
  { machine: 'amd64', linkage: 'dynamic', release: null, flags: [] },
  { machine: 'amd64', linkage: 'dynamic', release: null, flags: ['-mtls-dialect=gnu2'] },
  { machine: 'amd64', linkage: 'no-pie', release: null, flags: [] },
  { machine: 'amd64', linkage: 'static', release: null, flags: [] },
  { machine: 'amd64', linkage: 'static-pie', release: null, flags: ['-s'] },
  { machine: 'amd64', linkage: 'dynamic', release: 'bullseye', flags: [] },
  { machine: 'amd64', linkage: 'dynamic', release: 'trixie', flags: [] },
  { machine: 'amd64', linkage: 'dynamic', release: 'sid', flags: [] },
  { machine: 'arm64', linkage: 'dynamic', release: null, flags: [] },
  { machine: 'arm64', linkage: 'static', release: null, flags: [] },
  { machine: 'arm64', linkage: 'dynamic', release: 'bullseye', flags: [] },
]

const LIBRARIES: [name: string, variable: string, model: string][] = [
  ['tlsie', 'initialExec', 'initial-exec'],
  ['tlsgd', 'globalDynamic', 'global-dynamic'],
  ['tlslate', 'late', 'global-dynamic'],
  ['tlslatestatic', 'lateStatic', 'initial-exec'],
  ['tlsfirst', 'first', 'global-dynamic'],
  ['tlssecond', 'second', 'global-dynamic'],
]

/** The core, and what the program said. Made anew each time: it takes a second. */
async function make(build: Build, folder: string): Promise<{ core: string; said: string }> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const { machine } = build
  const other = build.release === null ? null : await libc(build.release, machine, corpusFolder())
  const compiler = machine === 'arm64' ? 'aarch64-linux-gnu-gcc' : 'gcc'
  const isStatic = build.linkage.startsWith('static')
  const flags = ['-g', '-w', ...(other?.flags ?? []), ...build.flags]
  const source = (name: string): string => join(import.meta.dirname, 'programs', name)
  if (!isStatic) {
    for (const [name, variable, model] of LIBRARIES) {
      await run(compiler, [...flags, '-fPIC', '-shared', `-DNAME=${variable}`, `-DMODEL="${model}"`, `-Wl,-soname,lib${name}.so`, '-o', join(folder, `lib${name}.so`), source('tlslibrary.c')])
    }
  }
  const exe = join(folder, 'tls')
  const linkage = { dynamic: ['-pie', '-fPIE'], 'no-pie': ['-no-pie'], static: ['-static', '-DALONE'], 'static-pie': ['-static-pie', '-DALONE'] }[build.linkage]
  await run(compiler, [...flags, ...linkage, '-o', exe, source('tls.c'), ...(isStatic ? [] : ['-L', folder, '-ltlsie', '-ltlsgd', `-Wl,-rpath,${folder}`]), '-pthread', '-ldl'])
  const command = [exe, folder]
  if (machine === 'arm64') command.unshift(tool('qemu-aarch64'), '-L', other?.sysroot ?? '/usr/aarch64-linux-gnu')
  else if (other !== null && !isStatic) command.unshift(other.loader, '--library-path', other.libraries)
  // gdb before 16 can't read the stacks of threads that glibc 2.43 makes
  const byKernel = machine === 'arm64' || build.release !== null
  const running = start(command, folder, byKernel ? { FINISH: 'abort' } : {})
  try {
    if (byKernel) {
      requireKernelCores()
      await running.ended
      const names = readdirSync(folder)
      const written = names.find((name) => name.endsWith('.core')) ?? names.find((name) => name === 'core' || name.startsWith('core.'))
      if (written === undefined) throw new Unavailable(`no core was written: ${running.output().slice(-300)}`)
      if (written !== 'core') renameSync(join(folder, written), join(folder, 'core'))
    } else {
      const pid = await whenReady(running)
      await run('gcore', ['-o', join(folder, 'core'), String(pid)])
      renameSync(join(folder, `core.${pid}`), join(folder, 'core'))
    }
    return { core: join(folder, 'core'), said: running.output() }
  } finally {
    running.child.kill('SIGKILL')
  }
}

/** What NT_FILE would say. */
function mapsOf(said: string): MappedFile[] {
  return [...said.matchAll(/^map (\w+)-(\w+) \S+ (\w+) \S+ \d+ +(\/.*)$/gm)].map(([, start = '', end = '', offset = '', path = '']) => {
    return { start: parseInt(start, 16), end: parseInt(end, 16), fileOffset: parseInt(offset, 16), path }
  })
}

const values = new Map<string, number>()
function symbolValue(file: string, symbol: string): number {
  const key = `${file} ${symbol}`
  if (!values.has(key)) for (const s of readSymbols(new ElfFile(memoryByteSource(readFileSync(file))), [symbol], [])) values.set(key, s.value)
  return values.get(key) ?? NaN
}

/**
 * Lines such as the program writes, with the addresses that corelens finds; what it can't find, and what no thread has
 * written to, is `-`: a library by TLS descriptors has its place in the static layout from the start.
 */
function found(core: string, folder: string, exact: string, said: string[], maps: MappedFile[], files: boolean, descriptors: boolean): string[] {
  const source = openFileByteSource(core)
  try {
    const diagnostics = new Diagnostics()
    const file = openCoreFile(source, diagnostics)
    if (maps.length > 0) Object.assign(file.notes, { files: maps, hasFileNote: true })
    const ranges = maps.length > 0 ? tieFiles(file.ranges, maps) : file.ranges
    // nor do they have the pages with the program headers, which any other core has
    for (const range of maps.length > 0 ? ranges : []) range.file = range.path === '' ? null : moduleFiles.open(range.path)
    const memory = new AddressSpace(source, ranges)
    const modules = findModules(memory, file.notes)
    if (files) attachFiles(modules, memory, moduleFiles, core, { debug: [] }, diagnostics)
    else attachFiles(modules, memory, { open: () => null }, core, { debug: [] }, diagnostics)
    const ofTid = new Map(said.map((line): [number, bigint] => [Number(line.split(' ')[1]), BigInt(line.split(' ')[2] ?? 0)]))
    // qemu leaves TPIDR_EL0 out of its cores
    const threads = file.notes.threads.map((thread) => ({ ...thread, tp: thread.tp === 0n ? (ofTid.get(thread.tid) ?? 0n) : thread.tp }))
    const locals = new ThreadLocals(memory, modules, threads, file.machine, diagnostics)
    const byName = new Map<string, Module>(modules.map((m) => [m.main && !/^ld[-.]/.test(baseName(m.path)) ? 'tls' : baseName(m.path), m]))
    return said.map((line) => {
      const [word, tid, tp, name = '', symbol = ''] = line.split(' ')
      const module = byName.get(name)
      const block = module ? locals.block(threads.findIndex((t) => t.tid === Number(tid)), module) : null
      const path = join(folder, name)
      const value = exact === '' ? symbolValue(path, symbol) : Number(exact.split(' ').find((s) => s.startsWith(`${symbol}=`))?.slice(symbol.length + 1))
      const untouched = line.endsWith('-') && block !== null && (memory.word(block + value - 4) - (memory.word(block + value - 4) % 2 ** 32)) / 2 ** 32 === 5
      return `${word} ${tid} ${tp} ${name} ${symbol} ${block === null || (untouched && descriptors) ? '-' : `0x${(block + value).toString(16)}`}`
    })
  } finally {
    source.close()
  }
}

describe.each(BUILDS)('$machine $linkage $release $flags', (build) => {
  test('every thread-local variable is where its thread says', async ({ skip }) => {
    const folder = join(corpusFolder(), `tls-${[build.machine, build.linkage, build.release ?? 'own', ...build.flags].join('').replaceAll(/[^\w]/g, '')}`)
    let made: { core: string; said: string }
    try {
      made = await make(build, folder)
    } catch (error) {
      if (error instanceof Unavailable) return skip(error.message)
      throw error
    }
    const said = made.said.split('\n').filter((line) => line.startsWith('tls '))
    expect(said.length).toBe(build.linkage.startsWith('static') ? 12 : 32)
    expect(existsSync(made.core)).toBe(true)
    // a stripped program has no symbols of its own: they are laid out as in the one that isn't
    const exact = build.flags.includes('-s') ? await layoutOf(build, folder) : ''
    const maps = mapsOf(made.said)
    const descriptors = build.machine === 'arm64' || build.flags.includes('-mtls-dialect=gnu2')
    expect(found(made.core, folder, exact, said, maps, true, descriptors)).toEqual(said)
    expect(found(made.core, folder, exact, said, maps, false, descriptors)).toEqual(said)
  })
})

async function layoutOf(build: Build, folder: string): Promise<string> {
  const exe = join(folder, 'unstripped')
  await run('gcc', ['-g', '-w', '-static-pie', '-DALONE', ...build.flags.filter((f) => f !== '-s'), '-o', exe, join(import.meta.dirname, 'programs/tls.c'), '-pthread'])
  return ['inMain', 'zeroes', 'aligned'].map((symbol) => `${symbol}=${symbolValue(exe, symbol)}`).join(' ')
}
