/**
 * The smallest programs: each one adapter, one way along pointers, or one trap. How they are built and run, and how what corelens says
 * of their blocks differs from what they log. Kept in the corpus folder under types/cases, and made anew when a source changes.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BlockRow } from '../../../src-main/contract/rows.ts'
import { Unavailable, requireKernelCores, run, start, tool, whenReady } from '../commands.ts'
import { alone } from '../lock.ts'
import { corpusFolder } from '../make.ts'
import { normalName } from './names.ts'
import { type StandardLibrary, shadowAllocator } from './shadow.ts'
import { type TrueBlock, readLog, readTruth, writeTruth } from './typelog.ts'

export interface CaseBuild {
  name: string
  compiler: 'gcc' | 'clang'
  flags: string[]
  library: StandardLibrary
}

const GCC: CaseBuild = { name: 'gcc-o2', compiler: 'gcc', flags: ['-O2', '-g'], library: 'libstdc++' }
const CLANG: CaseBuild = { name: 'clang-o0', compiler: 'clang', flags: ['-O0', '-g'], library: 'libstdc++' }
const LIBCXX: CaseBuild = { name: 'libc++-o0', compiler: 'clang', flags: ['-O0', '-g'], library: 'libc++' }
const LIBCXX_O2: CaseBuild = { name: 'libc++-o2', compiler: 'clang', flags: ['-O2', '-g'], library: 'libc++' }
const OLD_ABI: CaseBuild = { name: 'old-abi', compiler: 'gcc', flags: ['-O2', '-g', '-D_GLIBCXX_USE_CXX11_ABI=0'], library: 'libstdc++' }
/** What a library's headers need. */
const LIBRARIES: Record<string, string[]> = { boost: [], abseil: ['-labsl_raw_hash_set', '-labsl_hash', '-labsl_city', '-labsl_low_level_hash', '-labsl_hashtablez_sampler', '-labsl_throw_delegate', '-labsl_raw_logging_internal'] }

const folderOfCases = join(import.meta.dirname, 'cases')

/** Names are file names: `string.adapter.cpp`, `xor.trap.c`; the kind says which builds there are. */
export const CASES: string[] = readdirSync(folderOfCases).filter((name) => /\.(adapter|path|trap|boost|abseil)\.(c|cpp)$/.test(name)).sort()

export function buildsOf(name: string): CaseBuild[] {
  if (!name.includes('.adapter.')) return [GCC, CLANG]
  return [GCC, CLANG, LIBCXX, ...(/^(weak_ptr|shared_ptr|function)/.test(name) ? [LIBCXX_O2] : []), ...(name.startsWith('string') ? [OLD_ABI] : [])]
}

export interface TakenCase {
  exe: string
  core: string
  truth: TrueBlock[]
}

/** Builds and runs it, unless that was done before. Throws Unavailable. */
export function takeCase(name: string, build: CaseBuild): Promise<TakenCase> {
  const folder = join(corpusFolder(), 'types/cases', `${name.replaceAll('.', '-')}-${build.name}`)
  const [exe, core, truth, note] = ['case', 'core', 'truth.txt', 'recipe'].map((file) => join(folder, file))
  return alone(folder, async () => {
    const recipe = recipeOf(name, build)
    if (!existsSync(note) || readFileSync(note, 'utf8') !== recipe) {
      rmSync(folder, { recursive: true, force: true })
      mkdirSync(folder, { recursive: true })
      await compile(name, build, exe)
      await take(exe, folder, core, truth)
      writeFileSync(note, recipe)
    }
    return { exe, core, truth: readTruth(truth) }
  })
}

const SHARED = ['case.h', 'leaf.h', '../programs/typelog.h', '../programs/typelog.c', '../programs/typelog_new.cpp', '../programs/shadowed.h', '../shadow.ts', '../typelog.ts']

function recipeOf(name: string, build: CaseBuild): string {
  const hash = createHash('sha256').update(JSON.stringify([build, LIBRARIES]))
  for (const file of [name, ...SHARED]) hash.update(readFileSync(join(folderOfCases, file)))
  return hash.digest('hex')
}

const WRAPPED = ['malloc', 'calloc', 'realloc', 'free', 'posix_memalign', 'aligned_alloc', 'strdup', 'strndup']

async function compile(name: string, build: CaseBuild, exe: string): Promise<void> {
  const { objects, shadow } = await toolsOf(build)
  const isCpp = name.endsWith('.cpp')
  const compiler = isCpp ? compilerOfCpp(build) : build.compiler
  const wrap = `-Wl,${WRAPPED.map((function_) => `--wrap=${function_}`).join(',')}`
  const options = isCpp ? ['-std=gnu++17', ...shadow] : ['-std=gnu11']
  const kind = /\.(\w+)\.\w+$/.exec(name)?.[1] ?? ''
  await run(compiler, [...build.flags, ...options, '-w', '-pthread', wrap, '-o', exe, join(folderOfCases, name), ...(isCpp ? objects : objects.slice(0, 1)), ...(LIBRARIES[kind] ?? [])]).catch((error: unknown) => {
    throw LIBRARIES[kind] !== undefined && /file not found|No such file|cannot find -l/.test(String(error)) ? new Unavailable(`no ${kind} on this machine`) : error
  })
}

const compilerOfCpp = ({ compiler }: CaseBuild): string => ({ gcc: 'g++', clang: 'clang++' })[compiler]

/** The log, and the operators new: compiled once for all cases of a build. */
const tools = new Map<string, Promise<{ objects: string[]; shadow: string[] }>>()

function toolsOf(build: CaseBuild): Promise<{ objects: string[]; shadow: string[] }> {
  let made = tools.get(build.name)
  if (made === undefined) tools.set(build.name, (made = makeTools(build)))
  return made
}

function makeTools(build: CaseBuild): Promise<{ objects: string[]; shadow: string[] }> {
  const folder = join(corpusFolder(), 'types/cases/tools', build.name)
  return alone(folder, async () => {
    mkdirSync(folder, { recursive: true })
    const source = (file: string): string => join(folderOfCases, '../programs', file)
    const objects = ['typelog.o', 'typelog_new.o'].map((file) => join(folder, file))
    const shadow = await shadowAllocator(build.library, compilerOfCpp(build), folder)
    await Promise.all([
      run(build.compiler, ['-O2', '-w', '-fno-builtin', '-c', '-o', objects[0], source('typelog.c')]),
      run(compilerOfCpp(build), [...build.flags.filter((flag) => flag.startsWith('-D')), '-O2', '-w', '-std=gnu++17', ...shadow, '-c', '-o', objects[1], source('typelog_new.cpp')]),
    ])
    return { objects, shadow }
  })
}

/** Bytes of addresses may look like text, or not: each time alike, where that is allowed. */
let prefix: Promise<string[]> | undefined
function sameAddresses(): Promise<string[]> {
  return (prefix ??= run('setarch', ['-R', 'true']).then(() => [tool('setarch'), '-R'], () => []))
}

/** The kernel writes small cores in no time; where it doesn't, gcore takes a second for each. */
async function take(exe: string, folder: string, core: string, truth: string): Promise<void> {
  const log = join(folder, 'typelog')
  const isKernels = await Promise.resolve().then(requireKernelCores).then(() => true, () => tool('gcore') === '')
  const running = start([...(await sameAddresses()), exe], folder, { TYPES_LOG: log })
  try {
    const pid = await whenReady(running)
    if (isKernels) {
      process.kill(pid, 'SIGABRT')
      await running.ended
      const written = readdirSync(folder).find((file) => /^core(\.\d+)?$/.test(file))
      if (written === undefined) throw new Error(`${exe} left no core`)
      renameSync(join(folder, written), core)
    } else {
      process.kill(pid, 'SIGSTOP')
      await run('gcore', ['-o', core, String(pid)])
      renameSync(`${core}.${pid}`, core)
    }
    writeTruth(truth, await readLog(log))
  } finally {
    running.child.kill('SIGKILL')
    rmSync(log, { force: true })
  }
}

/** What else the truth says of types that std::allocator logs. Names are those of the truth. */
export interface Leeway {
  /** Right, or nothing. */
  maybe?: string[]
  /** What the standard library allocates without saying so: what may be said of it, as a normal name. */
  untold?: RegExp
}

/** One line for each kind of difference, how often it is there, and one example; none where all is as it must be. */
export function differences(truth: TrueBlock[], blocks: BlockRow[], { maybe = [], untold }: Leeway): string[] {
  const byAddress = new Map(blocks.map((block) => [block.addr, block]))
  const found = new Map<string, { count: number; example: string }>()
  const tell = (what: string, address: string | number, block?: BlockRow): void => {
    const known = found.get(what)
    if (known) known.count++
    else found.set(what, { count: 1, example: `${typeof address === 'string' ? address : `0x${address.toString(16)}`}${block ? `, ${block.size} bytes, by ${block.evidence}` : ''}` })
  }
  const open = new Set(maybe.map(normalName))
  const types = new Set(truth.map(({ type }) => normalName(type?.replace(/^\?/, '') ?? '')))
  const told = new Set<number>()
  for (const { address, size, type, count } of truth) {
    const at = Number(address)
    told.add(at)
    const block = byAddress.get(at)
    if (block === undefined || block.size < size || block.state !== 'used') tell('not listed', address)
    else if (type === undefined) {
      if (untold === undefined) tell('the case does not say what it is', address, block)
      else if (block.type !== null && !untold.test(normalName(block.type))) tell(`untold → ${normalName(block.type)}`, address, block)
    } else if (type === null) {
      if (block.type !== null) tell(`nothing → ${normalName(block.type)}`, address, block)
    } else {
      const right = normalName(type.replace(/^\?/, ''))
      const isOpen = type.startsWith('?') || open.has(right)
      if (block.type === null) {
        if (!isOpen) tell(`${right} → nothing`, address, block)
      } else if (normalName(block.type) !== right) tell(`${right} → ${normalName(block.type)}`, address, block)
      else if (right.endsWith('[]') && !(block.count >= count && block.count * (size / count) <= block.size)) tell(`${right}: ${block.count} of ${count} elements`, address, block)
    }
  }
  for (const block of blocks) if (!told.has(block.addr) && block.type !== null && (block.state !== 'used' || types.has(normalName(block.type)))) tell(`${block.state === 'used' ? 'not the program’s' : 'free'} → ${normalName(block.type)}`, block.addr, block)
  return [...found].map(([what, { count, example }]) => `${what} ×${count} (${example})`)
}
