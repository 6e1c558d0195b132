/** The specimens: every process whose core the corpus holds, and how each is built, run and dumped. No I/O here. */
import type { Environment } from './commands.ts'
import type { Machine, Release } from './libcs.ts'
import { RELEASES } from './libcs.ts'

/** One of the corpus's own programs. */
export interface ProgramSpecimen {
  kind: 'program'
  name: string
  /** In programs/; C++ by its extension. */
  source: string
  compiler: 'gcc' | 'clang'
  flags: string[]
  linkage: 'pie' | 'no-pie' | 'static' | 'static-pie'
  /** Whose glibc; null for this machine's (for arm64: the cross compiler's). */
  release: Release | null
  machine: Machine
  args: string[]
  environment: Environment
  /** gcore of the waiting process; the kernel's at FINISH=abort or segv; the kernel's as the program dies by itself. */
  core: 'gcore' | 'abort' | 'segv' | 'dies'
  /** Differences that are none: calls that were under way in other threads, where truth and heap are out of step. */
  slack: number
}

/** A program of the distribution. */
export interface ServiceSpecimen {
  kind: 'service'
  name: string
  service: 'memcached' | 'nginx' | 'redis-server' | 'tclsh' | 'perl' | 'python3' | 'sqlite3' | 'gdb'
}

export type Specimen = ProgramSpecimen | ServiceSpecimen

const PLAIN: Omit<ProgramSpecimen, 'name' | 'source'> = {
  kind: 'program',
  compiler: 'gcc',
  flags: [],
  linkage: 'pie',
  release: null,
  machine: 'amd64',
  args: [],
  environment: {},
  core: 'gcore',
  slack: 0,
}

type Variation = Partial<Omit<ProgramSpecimen, 'kind' | 'name' | 'source'>>

function program(name: string, source: string, variation: Variation = {}): ProgramSpecimen {
  return { ...PLAIN, name, source, ...variation }
}

function tunables(value: string): Variation {
  return { environment: { GLIBC_TUNABLES: value } }
}

const shapes: ProgramSpecimen[] = [
  program('sizes', 'sizes.c'),
  program('sizes-abort', 'sizes.c', { core: 'abort' }),
  program('sizes-segv-clang', 'sizes.c', { core: 'segv', compiler: 'clang' }),
  program('sizes-no-pie', 'sizes.c', { linkage: 'no-pie' }),
  program('bins', 'bins.c'),
  program('bins-trimmed', 'bins.c', { args: ['4712', 'trim'], core: 'abort' }),
  program('bins-stripped', 'bins.c', { flags: ['-s'], args: ['4713'] }),
  program('bins-no-tcache', 'bins.c', tunables('glibc.malloc.tcache_count=0')),
  program('bins-tcache-of-200', 'bins.c', tunables('glibc.malloc.tcache_count=200')),
  program('bins-tcache-small', 'bins.c', tunables('glibc.malloc.tcache_max=200')),
  program('bins-mxfast-0', 'bins.c', { environment: { MXFAST: '0' } }),
  program('bins-mxfast-160', 'bins.c', { environment: { MXFAST: '160' } }),
  program('bins-perturb', 'bins.c', tunables('glibc.malloc.perturb=165')),
  program('bins-thp', 'bins.c', { ...tunables('glibc.malloc.hugetlb=1'), core: 'abort' }),
  program('bins-top-pad', 'bins.c', { ...tunables('glibc.malloc.top_pad=3000000'), core: 'abort' }),
  program('threads', 'churn.c', { core: 'abort' }),
  program('threads-thp', 'churn.c', { ...tunables('glibc.malloc.hugetlb=1'), core: 'abort' }),
  program('threads-gcore', 'churn.c', { args: ['6', '15000', '30000'] }),
  program('threads-40', 'churn.c', { args: ['40', '3000', '4000'], core: 'abort' }),
  program('threads-one-arena', 'churn.c', { ...tunables('glibc.malloc.arena_max=1'), core: 'abort' }),
  program('threads-two-arenas', 'churn.c', { environment: { MALLOC_ARENA_MAX: '2' }, core: 'abort' }),
  program('threads-low-mmap', 'churn.c', { args: ['4', '8000', '30000'], environment: { MMAP_THRESHOLD: '4096' }, core: 'abort' }),
  program('threads-busy', 'churn.c', { args: ['8', '2000', '20000'], environment: { BUSY: '1' }, core: 'abort', slack: 40 }),
  program('threads-busy-gcore', 'churn.c', { args: ['3', '2000', '2000'], environment: { BUSY: '1' }, slack: 15 }),
  program('heaps', 'heaps.c', { core: 'abort' }),
  program('mmapped', 'mmapped.c'),
  program('mmapped-abort', 'mmapped.c', { core: 'abort' }),
  program('foreign-sbrk', 'foreignsbrk.c'),
  program('blocked-brk', 'blockedbrk.c'),
  program('blocked-brk-abort', 'blockedbrk.c', { core: 'abort', linkage: 'no-pie' }),
  program('two-libcs', 'twolibcs.c'),
  program('huge', 'huge.c', { core: 'abort' }),
  program('many-maps', 'manymaps.c', { core: 'abort' }),
  program('nothing', 'nothing.c', { core: 'dies' }),
  program('nothing-static', 'nothing.c', { core: 'dies', linkage: 'static' }),
  program('forked', 'forked.c'),
]

const statics: ProgramSpecimen[] = [
  program('static', 'bins.c', { linkage: 'static' }),
  program('static-abort', 'sizes.c', { linkage: 'static', core: 'abort' }),
  program('static-stripped', 'bins.c', { linkage: 'static', flags: ['-s'], core: 'abort' }),
  program('static-threads', 'churn.c', { linkage: 'static', core: 'abort' }),
  program('static-blocked-brk', 'blockedbrk.c', { linkage: 'static' }),
  program('static-pie', 'bins.c', { linkage: 'static-pie' }),
  program('static-pie-stripped', 'churn.c', { linkage: 'static-pie', flags: ['-s'], core: 'abort' }),
]

const classes: ProgramSpecimen[] = [
  program('classes', 'classes.cpp'),
  program('classes-abort-o2', 'classes.cpp', { flags: ['-O2'], core: 'abort' }),
  program('classes-clang', 'classes.cpp', { compiler: 'clang' }),
  program('classes-no-pie', 'classes.cpp', { linkage: 'no-pie' }),
  program('classes-no-rtti', 'classes.cpp', { flags: ['-fno-rtti'] }),
  program('classes-stripped', 'classes.cpp', { flags: ['-s'] }),
  program('classes-static', 'classes.cpp', { linkage: 'static' }),
  program('classes-static-libstdc++', 'classes.cpp', { flags: ['-static-libstdc++', '-static-libgcc'] }),
]

const damaged: ProgramSpecimen[] = [
  ...['double', 'invalid', 'top', 'unlink'].map((how) => program(`crashed-${how}`, 'crashed.c', { args: [how], core: 'dies' })),
  ...['size', 'huge', 'zero', 'top', 'topptr', 'fastloop', 'tcacheloop', 'unsortedloop', 'largegarbage', 'heapinfo', 'wide', 'ring', 'overtop', 'rejoin', 'tcachehead', 'threadsize', 'threadzero', 'threadtop', 'somebins'].map((what) =>
    program(`smashed-${what}`, 'smashed.c', { args: [what] }),
  ),
]

function ofRelease(release: Release): ProgramSpecimen[] {
  const name = (what: string): string => `glibc-${RELEASES[release]}-${what}`
  return [
    program(name('sizes'), 'sizes.c', { release }),
    program(name('bins'), 'bins.c', { release }),
    program(name('bins-no-tcache'), 'bins.c', { release, ...tunables('glibc.malloc.tcache_count=0') }),
    program(name('threads'), 'churn.c', { release, core: 'abort' }),
    program(name('heaps'), 'heaps.c', { release, core: 'abort' }),
    program(name('mmapped'), 'mmapped.c', { release }),
    program(name('holes'), 'holes.c', { release }),
    program(name('foreign-sbrk'), 'foreignsbrk.c', { release }),
    program(name('blocked-brk'), 'blockedbrk.c', { release }),
    program(name('static'), 'bins.c', { release, linkage: 'static', flags: ['-s'] }),
    program(name('static-threads'), 'churn.c', { release, linkage: 'static', core: 'abort' }),
  ]
}

function ofArm(release: Release | null): ProgramSpecimen[] {
  const name = (what: string): string => `aarch64-${release === null ? 'cross' : RELEASES[release]}-${what}`
  const arm: Variation = { release, machine: 'arm64', core: 'abort' }
  return [
    program(name('sizes'), 'sizes.c', arm),
    program(name('bins'), 'bins.c', arm),
    program(name('threads'), 'churn.c', { ...arm, args: ['4', '4000', '20000'] }),
    program(name('static'), 'bins.c', { ...arm, linkage: 'static' }),
    program(name('static-threads'), 'churn.c', { ...arm, linkage: 'static', flags: ['-s'], args: ['4', '4000', '20000'] }),
  ]
}

const SERVICES = ['memcached', 'nginx', 'tclsh', 'perl', 'python3', 'sqlite3', 'gdb', 'redis-server'] as const
const services: ServiceSpecimen[] = SERVICES.map((service) => ({ kind: 'service', name: service, service }))

export const specimens: Specimen[] = [
  ...shapes,
  ...statics,
  ...classes,
  ...damaged,
  ...ofRelease('bullseye'),
  ...ofRelease('trixie'),
  ...ofRelease('sid'),
  ...ofArm(null),
  ...ofArm('bullseye'),
  ...ofArm('trixie'),
  ...services,
]
