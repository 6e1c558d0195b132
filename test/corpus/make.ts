/**
 * Makes a specimen: builds the program, runs it, takes its core and writes the truth beside it. Lazily: what lies in
 * the cache folder and was made by the same recipe is taken as it is. `node test/corpus/make.ts [NAME…]` makes them
 * all, or those whose name holds one of the words.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { Unavailable, requireKernelCores, run, start, tool, whenReady } from './commands.ts'
import type { Environment, Running } from './commands.ts'
import { type Libc, type Machine, libc } from './libcs.ts'
import { alone } from './lock.ts'
import { runService } from './services.ts'
import { type ProgramSpecimen, type Specimen, specimens } from './specimens.ts'
import { readTable, writeTruth } from './truth.ts'

const here = import.meta.dirname
const FAMILY = ['malloc', 'calloc', 'realloc', 'reallocarray', 'free', 'memalign', 'posix_memalign', 'aligned_alloc', 'valloc', 'pvalloc']
const WRAP = ['-DTRUTH_WRAP', join(here, 'truth.c'), `-Wl,${FAMILY.map((name) => `--wrap=${name}`).join(',')}`]

export interface Made {
  core: string
  /** The executable of the process. */
  exe: string
  /** Text of truth.ts; null for a process that ran without the shim. */
  truth: string | null
}

export function corpusFolder(): string {
  return process.env['CORELENS_CORPUS'] ?? resolve(here, '../../out/corpus')
}

/** Throws Unavailable where this machine can't make it. One process at a time makes a specimen. */
export function make(specimen: Specimen): Promise<Made> {
  const folder = join(corpusFolder(), specimen.name)
  return alone(folder, () => makeAlone(specimen, folder))
}

async function makeAlone(specimen: Specimen, folder: string): Promise<Made> {
  const note = join(folder, 'made.json')
  const recipe = recipeOf(specimen)
  if (existsSync(note)) {
    const kept = JSON.parse(readFileSync(note, 'utf8')) as { recipe: string; made: Made }
    if (kept.recipe === recipe && existsSync(kept.made.core)) return kept.made
  }
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const made = specimen.kind === 'program' ? await makeProgram(specimen, folder) : await makeService(specimen, folder)
  writeFileSync(note, JSON.stringify({ recipe, made }))
  return made
}

/** Whatever makes a specimen what it is. */
function recipeOf(specimen: Specimen): string {
  const hash = createHash('sha256').update(JSON.stringify(specimen))
  const sources = specimen.kind === 'program' ? [specimen.source, 'program.h', ...(specimen.source === 'twolibcs.c' ? ['plugin.c'] : [])].map((name) => join('programs', name)) : ['services.ts']
  for (const name of ['truth.c', 'truth.h', ...sources]) hash.update(readFileSync(join(here, name)))
  return hash.digest('hex')
}

async function makeProgram(specimen: ProgramSpecimen, folder: string): Promise<Made> {
  if (specimen.core !== 'gcore' && specimen.machine === 'amd64') requireKernelCores()
  const other = specimen.release === null ? null : await libc(specimen.release, specimen.machine, corpusFolder())
  const exe = join(folder, basename(specimen.source).replace(/\.\w+$/, ''))
  await build(specimen, exe, other)
  const running = start(await commandLine(specimen, exe, other), folder, await environmentOf(specimen, folder))
  try {
    const pid = specimen.core === 'gcore' ? await whenReady(running) : running.pid
    const core = specimen.core === 'gcore' ? await gcore(pid, folder) : await coreOfTheDead(running, folder)
    return { core, exe, truth: keepTruth(folder, pid) }
  } finally {
    running.child.kill('SIGKILL')
    removeTables(folder)
  }
}

function isStatic(specimen: ProgramSpecimen): boolean {
  return specimen.linkage === 'static' || specimen.linkage === 'static-pie'
}

function compilerOf(specimen: ProgramSpecimen): string {
  const cpp = specimen.source.endsWith('.cpp')
  if (specimen.compiler === 'clang') return cpp ? 'clang++' : 'clang'
  const prefix = specimen.machine === 'arm64' ? 'aarch64-linux-gnu-' : ''
  return prefix + (cpp ? 'g++' : 'gcc')
}

async function build(specimen: ProgramSpecimen, exe: string, other: Libc | null): Promise<void> {
  // -fPIE in the non-PIE program too, so that its weak references to the shim stay open until it is loaded.
  const linkage = { pie: ['-pie', '-fPIE'], 'no-pie': ['-no-pie', '-fPIE', '-Wl,-z,dynamic-undefined-weak'], static: ['-static', '-no-pie', '-fno-pie'], 'static-pie': ['-static-pie', '-fPIE'] }[specimen.linkage]
  const flags = ['-g', '-O1', '-w', '-fno-builtin', ...(other?.flags ?? []), ...linkage, ...slotsOf(specimen.machine), ...gapsOf(specimen), ...specimen.flags, '-pthread', '-o', exe]
  const source = join(here, 'programs', specimen.source)
  if (!isStatic(specimen)) await run(compilerOf(specimen), [...flags, source])
  else if (specimen.source.endsWith('.cpp')) {
    // truth.c is C: g++ would mangle what it wraps.
    const truth = join(exe + '.truth.o')
    await run('gcc', ['-O2', '-DTRUTH_WRAP', '-fno-builtin', '-c', '-o', truth, join(here, 'truth.c')])
    await run(compilerOf(specimen), [...flags, source, truth, WRAP[2] ?? ''])
  } else await run(compilerOf(specimen), [...flags, source, ...WRAP])
  if (specimen.source === 'twolibcs.c') await run('gcc', ['-g', '-O1', '-w', '-fno-builtin', '-fPIC', '-shared', '-o', join(exe + '.plugin.so'), join(here, 'programs/plugin.c'), ...WRAP])
}

async function commandLine(specimen: ProgramSpecimen, exe: string, other: Libc | null): Promise<string[]> {
  const args = specimen.source === 'twolibcs.c' ? [`${exe}.plugin.so`] : specimen.args
  if (specimen.machine === 'arm64') {
    const root = other === null ? '/usr/aarch64-linux-gnu' : other.sysroot
    const preload = isStatic(specimen) ? [] : ['-E', `LD_PRELOAD=${await shim('arm64')}`]
    return [tool('qemu-aarch64'), '-L', root, ...preload, exe, ...args]
  }
  if (other === null || isStatic(specimen)) return [exe, ...args]
  return [other.loader, '--library-path', other.libraries, exe, ...args]
}

async function environmentOf(specimen: ProgramSpecimen, folder: string): Promise<Environment> {
  const finish: Environment = specimen.core === 'abort' || specimen.core === 'segv' ? { FINISH: specimen.core } : {}
  const preload: Environment = isStatic(specimen) || specimen.machine === 'arm64' ? {} : { LD_PRELOAD: await shim('amd64') }
  return { ...specimen.environment, ...finish, ...preload, TRUTH_FILE: tablesOf(folder) }
}

/** qemu dumps shared file mappings too, so there the table is a small one. */
function slotsOf(machine: Machine): string[] {
  return machine === 'arm64' ? ['-DTRUTH_SLOT_BITS=17'] : []
}

/** gcc 12's libgcc asks for what glibc has from 2.35 on, to find where exceptions go; these programs throw none. */
function gapsOf(specimen: ProgramSpecimen): string[] {
  return isStatic(specimen) && specimen.release === 'bullseye' ? ['-Wl,--defsym=_dl_find_object=abort'] : []
}

const shims = new Map<Machine, Promise<string>>()

/** truth.c as a shared object. It needs nothing newer than glibc 2.3 (2.17 on AArch64), so one serves all releases. */
export function shim(machine: Machine): Promise<string> {
  const known = shims.get(machine) ?? alone(join(corpusFolder(), `truth-${machine}`), () => buildShim(machine))
  shims.set(machine, known)
  return known
}

async function buildShim(machine: Machine): Promise<string> {
  mkdirSync(corpusFolder(), { recursive: true })
  const path = join(corpusFolder(), `truth-${machine}.so`)
  await run(machine === 'arm64' ? 'aarch64-linux-gnu-gcc' : 'gcc', ['-O2', '-w', '-fPIC', '-shared', '-fno-builtin', ...slotsOf(machine), '-o', path, join(here, 'truth.c')])
  return path
}

/** The process stays stopped, so that core and table show the same moment. */
async function gcore(pid: number, folder: string): Promise<string> {
  process.kill(pid, 'SIGSTOP')
  try {
    await run('gcore', ['-o', join(folder, 'core'), String(pid)])
  } finally {
    process.kill(pid, 'SIGKILL')
  }
  return settleCore(folder, `core.${pid}`)
}

/** gdb and qemu write untouched pages as zeroes: they become holes. */
async function settleCore(folder: string, written: string): Promise<string> {
  const core = join(folder, 'core')
  if (written !== 'core') renameSync(join(folder, written), core)
  await run('fallocate', ['--dig-holes', core]).catch(() => undefined)
  return core
}

async function coreOfTheDead(running: Running, folder: string): Promise<string> {
  await running.ended
  // qemu leaves two: the one of the program it ran, and its own.
  const names = readdirSync(folder)
  const written = names.find((name) => name.endsWith('.core')) ?? names.find((name) => name === 'core' || name.startsWith('core.'))
  if (written === undefined) throw new Unavailable(`no core was written: ${running.output().slice(-300)}`)
  return settleCore(folder, written)
}

/** The tables are written all over: in memory where that is. */
function tablesOf(folder: string): string {
  const shared = '/dev/shm'
  return join(existsSync(shared) ? shared : folder, `corelens-truth-${basename(folder)}`)
}

function keepTruth(folder: string, pid: number): string {
  const path = join(folder, 'truth.txt')
  writeTruth(path, readTable(`${tablesOf(folder)}.${pid}`))
  return path
}

function removeTables(folder: string): void {
  const tables = tablesOf(folder)
  for (const name of readdirSync(dirname(tables))) if (name.startsWith(`${basename(tables)}.`)) rmSync(join(dirname(tables), name))
}

async function makeService(specimen: Extract<Specimen, { kind: 'service' }>, folder: string): Promise<Made> {
  const truthful = specimen.service !== 'redis-server'
  const environment: Environment = truthful ? { LD_PRELOAD: await shim('amd64'), TRUTH_FILE: tablesOf(folder) } : {}
  const service = await runService(specimen.service, folder, environment)
  try {
    const core = await gcore(service.running.pid, folder)
    return { core, exe: service.exe, truth: truthful ? keepTruth(folder, service.running.pid) : null }
  } finally {
    service.running.child.kill('SIGKILL')
    removeTables(folder)
  }
}

if (import.meta.filename === process.argv[1]) {
  const words = process.argv.slice(2)
  for (const specimen of specimens) {
    if (words.length > 0 && !words.some((word) => specimen.name.includes(word))) continue
    const began = Date.now()
    try {
      const made = await make(specimen)
      console.log(`${specimen.name}\t${made.core}\t${Date.now() - began} ms`)
    } catch (error) {
      console.log(`${specimen.name}\t${error instanceof Unavailable ? 'skipped: ' + error.message : 'FAILED: ' + String(error)}`)
    }
  }
}
