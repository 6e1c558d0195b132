/**
 * The programs that log what each of their blocks is: which there are, how they are built and run. Kept in the corpus folder
 * under types/, and made anew when a source or a build changes.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, start, tool, whenReady } from '../commands.ts'
import { alone } from '../lock.ts'
import { corpusFolder } from '../make.ts'
import { type StandardLibrary, shadowAllocator } from './shadow.ts'
import { readLog, writeTruth } from './typelog.ts'

export interface Program {
  name: string
  source: string
}

export const PROGRAMS: Program[] = [
  { name: 'game', source: 'game.cpp' },
  { name: 'server', source: 'server.cpp' },
  { name: 'compiler', source: 'compiler.cpp' },
  { name: 'threads', source: 'threads.cpp' },
  { name: 'document', source: 'document.cpp' },
  { name: 'kvstore', source: 'kvstore.c' },
  { name: 'interpreter', source: 'interpreter.c' },
  { name: 'database', source: 'database.c' },
  { name: 'daemon', source: 'daemon.c' },
  { name: 'trading', source: 'trading.cpp' },
  { name: 'scene', source: 'scene.cpp' },
  { name: 'query', source: 'query.cpp' },
  { name: 'parser', source: 'parser.c' },
  { name: 'cache', source: 'cache.c' },
  { name: 'graph', source: 'graph.c' },
]

export interface Build {
  name: string
  compiler: 'gcc' | 'clang'
  flags: string[]
  library: StandardLibrary
}

export const BUILDS: Build[] = [
  { name: 'gcc-o0', compiler: 'gcc', flags: ['-O0', '-g'], library: 'libstdc++' },
  { name: 'gcc-o2', compiler: 'gcc', flags: ['-O2', '-g'], library: 'libstdc++' },
  { name: 'clang-o0-dwarf4', compiler: 'clang', flags: ['-O0', '-gdwarf-4'], library: 'libstdc++' },
  { name: 'clang-o2-dwarf5', compiler: 'clang', flags: ['-O2', '-gdwarf-5'], library: 'libstdc++' },
  { name: 'libc++-o0', compiler: 'clang', flags: ['-O0', '-gdwarf-5'], library: 'libc++' },
  { name: 'libc++-o2', compiler: 'clang', flags: ['-O2', '-gdwarf-5'], library: 'libc++' },
]

const isCpp = (program: Program): boolean => program.source.endsWith('.cpp')

export function buildsOf(program: Program): Build[] {
  return BUILDS.filter(({ library }) => isCpp(program) || library === 'libstdc++')
}

/** The builds that the tests take: each compiler, level and library once. All of them are for `score.ts`. */
export const testedBuilds = (program: Program): Build[] => buildsOf(program).filter(({ name }) => TESTED.includes(name))

const TESTED = ['gcc-o2', 'clang-o0-dwarf4', 'libc++-o2']

/** A C program's names for its types by typedef: `robj` → `redisObject`. Debug information has both. */
export function typedefsOf(program: Program): Map<string, string> {
  if (isCpp(program)) return new Map()
  const text = readFileSync(sourceOf(program.source), 'utf8')
  const found = [
    ...text.matchAll(/^typedef (?:struct|union|enum) (\w+) \{[^]*?\n\} (\w+);/gm),
    ...text.matchAll(/^typedef (?:struct|union|enum) (\w+) (\w+);/gm),
    ...text.matchAll(/^typedef ((?!struct|union|enum)\w[\w ]*[ *])(\w+);/gm),
  ]
  return new Map(found.map(([, type = '', name = '']) => [name, type.trim()]))
}

export interface Taken {
  folder: string
  core: string
  truth: string
}

const WRAPPED = ['malloc', 'calloc', 'realloc', 'free', 'posix_memalign', 'aligned_alloc', 'strdup', 'strndup']
const sourceOf = (name: string): string => join(import.meta.dirname, 'programs', name)

function folderOf(program: Program, build: Build): Taken {
  const folder = join(corpusFolder(), 'types', `${program.name}-${build.name}`)
  return { folder, core: join(folder, 'core'), truth: join(folder, 'truth.txt') }
}

/** What was taken before, by whatever recipe; null where nothing was. */
export function takenBefore(program: Program, build: Build): Taken | null {
  const taken = folderOf(program, build)
  return existsSync(taken.core) && existsSync(taken.truth) ? taken : null
}

/** Builds and runs it, unless that was done before. Throws Unavailable. */
export function takeCore(program: Program, build: Build): Promise<Taken> {
  const taken = folderOf(program, build)
  return alone(taken.folder, async () => {
    const note = join(taken.folder, 'recipe')
    const recipe = recipeOf(program, build)
    if (existsSync(note) && readFileSync(note, 'utf8') === recipe) return taken
    rmSync(taken.folder, { recursive: true, force: true })
    mkdirSync(taken.folder, { recursive: true })
    await take(await compile(program, build, taken.folder), taken)
    writeFileSync(note, recipe)
    return taken
  })
}

/** The program's file without symbols and debug information, of the same build-id; made where there is none yet. Throws Unavailable. */
export async function strippedFile(program: Program, { folder }: Taken): Promise<string> {
  const stripped = join(folder, 'stripped')
  if (!existsSync(stripped)) {
    await run(tool('strip'), ['-s', '-o', `${stripped}.${process.pid}`, join(folder, program.name)])
    renameSync(`${stripped}.${process.pid}`, stripped)
  }
  return stripped
}

function recipeOf(program: Program, build: Build): string {
  const hash = createHash('sha256').update(JSON.stringify(build))
  for (const name of [program.source, 'typelog.h', 'typelog.c', 'typelog_new.cpp', 'shadowed.h', '../shadow.ts', '../typelog.ts']) hash.update(readFileSync(sourceOf(name)))
  return hash.digest('hex')
}

async function compile(program: Program, build: Build, folder: string): Promise<string> {
  const c = build.compiler
  const cpp = { gcc: 'g++', clang: 'clang++' }[c]
  const exe = join(folder, program.name)
  const log = join(folder, 'typelog.o')
  const wrap = `-Wl,${WRAPPED.map((name) => `--wrap=${name}`).join(',')}`
  await run(c, ['-O2', '-w', '-fno-builtin', '-c', '-o', log, sourceOf('typelog.c')])
  if (!isCpp(program)) {
    await run(c, [...build.flags, '-std=gnu11', '-w', '-pthread', wrap, '-o', exe, sourceOf(program.source), log, '-lm'])
    return exe
  }
  const operators = join(folder, 'typelog_new.o')
  const shadow = await shadowAllocator(build.library, cpp, folder)
  await run(cpp, ['-O2', '-w', '-std=gnu++17', ...shadow, '-c', '-o', operators, sourceOf('typelog_new.cpp')])
  await run(cpp, [...build.flags, '-std=gnu++17', '-w', '-pthread', ...shadow, wrap, '-o', exe, sourceOf(program.source), log, operators])
  return exe
}

async function take(exe: string, { folder, core, truth }: Taken): Promise<void> {
  tool('gcore')
  const log = join(folder, 'typelog')
  const running = start([exe], folder, { TYPES_LOG: log })
  try {
    const pid = await whenReady(running)
    process.kill(pid, 'SIGSTOP')
    await run('gcore', ['-o', core, String(pid)])
    renameSync(`${core}.${pid}`, core)
    // gdb writes untouched pages as zeroes
    await run('fallocate', ['--dig-holes', core]).catch(() => undefined)
    writeTruth(truth, await readLog(log))
  } finally {
    running.child.kill('SIGKILL')
    rmSync(log, { force: true })
  }
}
