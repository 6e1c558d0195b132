/** What is built for the differential test, and how: the corpus's own programs and some of Debian's sources. No I/O here. */

export interface Subject {
  name: string
  /** Debian's source package; null for the corpus's own programs. */
  project: 'lua5.4' | 'zlib' | 'leveldb' | null
  /** Files under programs/, or, of a project, which of its files: see projects.ts. */
  sources: string[]
  compiler: 'gcc' | 'g++' | 'clang' | 'clang++' | 'rustc' | 'aarch64-linux-gnu-g++'
  flags: string[]
}

interface Program {
  name: string
  sources: string[]
  language: 'c' | 'c++'
  flags: string[]
}

export const PROGRAMS: Program[] = [
  { name: 'shapes', sources: ['shapes.cpp', 'shapesMore.cpp'], language: 'c++', flags: ['-std=c++17'] },
  { name: 'records', sources: ['records.c', 'records_more.c'], language: 'c', flags: ['-std=gnu11'] },
  { name: 'containers', sources: ['containers.cpp'], language: 'c++', flags: ['-std=c++17', '-pthread'] },
  { name: 'threads', sources: ['threads.cpp'], language: 'c++', flags: ['-std=c++17', '-pthread'] },
]

export function compilerOf(program: Program, family: 'gcc' | 'clang'): Subject['compiler'] {
  return program.language === 'c' ? family : family === 'gcc' ? 'g++' : 'clang++'
}

export function subject(program: Program, family: 'gcc' | 'clang', what: string, flags: string[]): Subject {
  return { name: `${program.name}-${family}-${what}`, project: null, sources: program.sources, compiler: compilerOf(program, family), flags: ['-w', ...program.flags, ...flags] }
}

export function programNamed(name: string): Program {
  const found = PROGRAMS.find((program) => program.name === name)
  if (found === undefined) throw new Error(`no program ${name}`)
  return found
}

const matrix = PROGRAMS.flatMap((program) =>
  (['gcc', 'clang'] as const).flatMap((family) => ['4', '5'].flatMap((version) => ['-O0', '-O2'].map((level) => subject(program, family, `v${version}${level.toLowerCase()}`, [`-gdwarf-${version}`, level])))),
)

const rust: Subject[] = [
  { name: 'variants-rustc-debug', project: null, sources: ['variants.rs'], compiler: 'rustc', flags: ['-g', '-A', 'warnings'] },
  { name: 'variants-rustc-release', project: null, sources: ['variants.rs'], compiler: 'rustc', flags: ['-g', '-O', '-A', 'warnings'] },
]

const projects: Subject[] = [
  { name: 'lua-gcc-v5', project: 'lua5.4', sources: [], compiler: 'gcc', flags: ['-w', '-gdwarf-5', '-O2'] },
  { name: 'lua-clang-v4', project: 'lua5.4', sources: [], compiler: 'clang', flags: ['-w', '-gdwarf-4', '-O2'] },
  { name: 'zlib-gcc-v4', project: 'zlib', sources: [], compiler: 'gcc', flags: ['-w', '-gdwarf-4', '-O2'] },
  { name: 'leveldb-gcc-v5', project: 'leveldb', sources: [], compiler: 'g++', flags: ['-w', '-gdwarf-5', '-O2'] },
]

const arm: Subject[] = [{ ...subject(programNamed('shapes'), 'gcc', '', ['-gdwarf-5', '-O2']), name: 'shapes-aarch64', compiler: 'aarch64-linux-gnu-g++' }]

export const SUBJECTS: Subject[] = [...matrix, ...rust, ...arm, ...projects]
