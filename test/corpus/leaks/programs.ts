/**
 * The programs with known leaks: which there are, how one is built and run, and what it says of its own blocks (known.h).
 * What is held in a way that a referee doesn't see is named here, with the reason.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Unavailable, requireKernelCores, run, start, tool, whenReady } from '../commands.ts'
import { alone } from '../lock.ts'
import { corpusFolder } from '../make.ts'

export interface Program {
  source: string
  /**
   * Cycles to which something leads that lies behind them. Valgrind goes through lost blocks in address order and
   * gives such a cycle a leader of its own, where the pointer doesn't happen to lead to the leader it chose.
   */
  lateCycles: boolean
  /**
   * Pointers to the end of a block. LeakSanitizer's blocks touch one another, so that the end of one is the beginning of the
   * next, which then seems to hang on it.
   */
  endPointers: boolean
}

const plain: Omit<Program, 'source'> = { lateCycles: false, endPointers: false }
export const PROGRAMS: Program[] = [
  { ...plain, source: 'plain.c' },
  { ...plain, source: 'lists.c' },
  { ...plain, source: 'cycles.c', lateCycles: true },
  { ...plain, source: 'freed.c' },
  { ...plain, source: 'holders.c' },
  { ...plain, source: 'threads.c' },
  { ...plain, source: 'containers.cpp', endPointers: true },
  { ...plain, source: 'random.cpp', lateCycles: true },
]

export const BUILDS = [
  { compiler: 'gcc', optimize: '-O0', core: 'gcore' },
  { compiler: 'gcc', optimize: '-O2', core: 'kernel' },
  { compiler: 'clang', optimize: '-O1', core: 'gcore' },
] as const
export type Build = (typeof BUILDS)[number]

/** Held blocks that LeakSanitizer calls leaked. */
export const UNSEEN_BY_LSAN = [
  // what a block has more than was asked for is known to malloc alone
  'behind what was asked for',
  // mapped memory is a root only where the program registers it
  'pool',
  'shared pool',
  'read-only pool',
  // its pthread_create starts the thread with an argument of its own
  'argument of a thread',
]
/** Held blocks that valgrind calls lost. */
export const UNSEEN_BY_VALGRIND = [
  'behind what was asked for',
  // it reads only mappings that can be written
  'read-only pool',
]
/** Held blocks that valgrind calls possibly lost: whatever no chain of pointers to beginnings leads to. */
export const INTERIOR = ['pointer into the middle', 'pointer to the last word', 'pointer to the last byte', 'pointer to a member']

export interface Leaked {
  address: string
  usable: number
  requested: number
  group: number
  source: number | null
}
export interface Held {
  usable: number
  requested: number
  /** What holds it, or the block that it hangs on. */
  by: string
  hangs: boolean
}
export interface Truth {
  leaked: Leaked[]
  /** By address. */
  held: Map<string, Held>
  freed: Set<string>
}

const compilerOf = (program: Program, build: Build): string => (program.source.endsWith('.c') ? build.compiler : { gcc: 'g++', clang: 'clang++' }[build.compiler])

/** Throws Unavailable. @returns the executable */
export async function compile(program: Program, build: Build, folder: string, flags: string[] = []): Promise<string> {
  if (process.arch !== 'x64') throw new Unavailable('the programs hold a pointer in a register of x86-64')
  mkdirSync(folder, { recursive: true })
  const compiler = compilerOf(program, build)
  const source = (name: string): string => join(import.meta.dirname, 'programs', name)
  const options = ['-g', '-w', build.optimize, '-fno-builtin', '-pthread']
  const libraries = program.source === 'holders.c' ? ['linked', 'late'] : []
  for (const place of libraries) await run(compiler, [...options, '-fPIC', '-shared', `-DPLACE=${place}`, '-o', join(folder, `lib${place}.so`), source('holders_library.c')])
  const linking = libraries.length > 0 ? ['-L', folder, '-llinked', '-ldl', `-Wl,-rpath,${folder}`] : []
  const exe = join(folder, program.source.replace(/\.\w+$/, ''))
  await run(compiler, [...options, ...(compiler.endsWith('++') ? ['-std=gnu++17'] : []), ...flags, '-o', exe, source(program.source), ...linking])
  return exe
}

export interface Taken {
  folder: string
  core: string
  exe: string
  truth: Truth
}

/** Builds and runs it anew, which takes a second or two. Throws Unavailable. */
export function takeCore(program: Program, build: Build): Promise<Taken> {
  tool(compilerOf(program, build))
  if (build.core === 'kernel') requireKernelCores()
  else tool('gcore')
  const folder = join(corpusFolder(), `leaks-${program.source.replace('.', '-')}-${build.compiler}${build.optimize}`)
  return alone(folder, async () => {
    rmSync(folder, { recursive: true, force: true })
    const exe = await compile(program, build, folder)
    const running = start([exe], folder, {})
    const core = join(folder, 'core')
    try {
      const pid = await whenReady(running)
      if (build.core === 'gcore') await run('gcore', ['-o', core, String(pid)])
      else {
        // it waits in pause: the signal finds all registers as they are
        process.kill(pid, 'SIGABRT')
        await running.ended
      }
      if (existsSync(`${core}.${pid}`)) renameSync(`${core}.${pid}`, core)
      if (!existsSync(core)) throw new Unavailable('no core was written')
      // gdb writes untouched pages as zeroes
      await run('fallocate', ['--dig-holes', core]).catch(() => undefined)
      return { folder, core, exe, truth: readTruth(running.output()) }
    } finally {
      running.child.kill('SIGKILL')
    }
  })
}

function readTruth(said: string): Truth {
  const truth: Truth = { leaked: [], held: new Map(), freed: new Set() }
  for (const line of said.split('\n')) {
    if (!line.startsWith('{')) continue
    const known = JSON.parse(line) as { leaked?: string; held?: string; freed?: string; usable: number; requested: number; group: number; source: number | null; by: string; hangs: boolean }
    const { usable, requested, group, source, by, hangs } = known
    if (known.leaked !== undefined) truth.leaked.push({ address: known.leaked, usable, requested, group, source })
    else if (known.held !== undefined) truth.held.set(known.held, { usable, requested, by, hangs })
    else if (known.freed !== undefined) truth.freed.add(known.freed)
  }
  return truth
}
