/**
 * Builds the core of a process with a glibc heap whose every block is known: main arena (in one or several regions),
 * thread arenas (of one or several heaps), mapped blocks, tcaches; an executable and a libc, with or without symbols.
 */
import { buildElfCore, PF_R, PF_W, PF_X, type BuiltCore, type CoreSegment, type CoreThread, type MappedFile } from './elfCore.ts'
import { buildElfModule, mappedModule, STT_FUNC } from './elfModule.ts'
import { buildArena, Memory, type BuiltArena, type HeapBlock, type TruthBlock } from './glibcArena.ts'
import { glibcLayout, type GlibcVersion } from './glibcVersions.ts'

export interface GlibcSpec {
  version: GlibcVersion
  /** Blocks of the main arena; several lists: it went on elsewhere each time. */
  main: HeapBlock[][]
  /** One arena a thread, of one or several heaps each. */
  threads?: HeapBlock[][][]
  /** Sizes asked for of blocks with a mapping of their own. */
  mapped?: number[]
}

export interface GlibcCore {
  core: BuiltCore
  truth: (TruthBlock & { arena: 'main' | 'thread' | 'mmap' })[]
  /** malloc's own allocations. */
  internal: TruthBlock[]
  mainArena: number
  arenas: BuiltArena[]
  /** The executable and the libc as files, by the path the core names; libc's has `main_arena` in its .symtab. */
  files: Map<string, Uint8Array>
}

const EXE = { path: '/usr/bin/made', bias: 0x555555554000 }
const LIBC = { path: '/usr/lib/x86_64-linux-gnu/libc.so.6', bias: 0x7ffff7a00000 }
const MAIN_HEAP = 0x555555600000
const MORE_MAIN = 0x7fffd0000000
const THREAD_HEAPS = 0x7fff80000000
const MAPPED = 0x7fff40000000
const STACKS = 0x7fff30000000
const TLS = 0x7ffff7d00000
const HEAP_MAX = 64 << 20
const PAGE = 4096
const DATA = 0x30000
const STATE = DATA + 0x140

export function buildGlibcCore(spec: GlibcSpec): GlibcCore {
  const layout = glibcLayout(spec.version)
  const data = new Memory(LIBC.bias + DATA, new Uint8Array(2 * PAGE))
  const mainState = Object.assign(data, { at: LIBC.bias + STATE })
  const main = buildArena({
    layout,
    mainState,
    regions: spec.main.map((blocks, i) => ({ start: i === 0 ? MAIN_HEAP : MORE_MAIN + i * 0x1000000, blocks, spare: 0x8000 })),
  })
  let nextHeap = THREAD_HEAPS
  const threads = (spec.threads ?? []).map((heaps) =>
    buildArena({ layout, regions: heaps.map((blocks) => ({ start: (nextHeap += HEAP_MAX), blocks, spare: 0x4000 })) }),
  )
  const arenas = [main, ...threads]
  // The ring of arenas: a new one goes in behind the main arena.
  const ring = [main, ...threads.toReversed()]
  ring.forEach(({ state }, i) => memoryOf([data, ...arenas.flatMap((arena) => arena.regions)], state).put(state + layout.next, ring[(i + 1) % ring.length].state))

  const { segments: mappedSegments, blocks: mappedBlocks } = mappedChunks(spec.mapped ?? [])
  const files = new Map<string, Uint8Array>()
  const modules = [executable(files), libc(files, spec.version, data.bytes, layout.stateSize)]
  const tls = arenas.map((arena, i) => threadBlock(TLS + i * 2 * PAGE, arena))
  const stacks = arenas.map((_, i): CoreSegment => ({ vaddr: STACKS + i * 0x100000, bytes: new Uint8Array(2 * PAGE) }))
  const segments = [
    ...modules.flatMap((module) => module.segments),
    ...arenas.flatMap((arena) => arena.regions.map(({ start, bytes }): CoreSegment => ({ vaddr: start, bytes }))),
    ...mappedSegments,
    ...tls.map(({ start, bytes }): CoreSegment => ({ vaddr: start, bytes })),
    ...stacks,
  ].sort((a, b) => a.vaddr - b.vaddr)
  const core = buildElfCore({
    segments,
    threads: arenas.map((_, i): CoreThread => ({ tid: 100 + i, pc: EXE.bias + 0x10010, sp: STACKS + i * 0x100000 + 0x1800, tp: tls[i].start + PAGE })),
    process: { pid: 100, command: 'made', args: 'made --of=builders' },
    siginfo: { signo: 6, code: 0 },
    auxv: [[6, PAGE], [9, EXE.bias + 0x10000], [3, EXE.bias + 64], [4, 56], [5, 4]],
    files: modules.flatMap((module) => module.files),
  })
  const named = (blocks: TruthBlock[], arena: 'main' | 'thread' | 'mmap'): GlibcCore['truth'] => blocks.map((block) => ({ ...block, arena }))
  return {
    core,
    truth: [...named(main.blocks, 'main'), ...threads.flatMap(({ blocks }) => named(blocks, 'thread')), ...named(mappedBlocks, 'mmap')].sort((a, b) => a.addr - b.addr),
    internal: arenas.flatMap(({ internal }) => internal),
    mainArena: main.state,
    arenas,
    files,
  }
}

function memoryOf(memories: Memory[], at: number): Memory {
  return memories.find(({ start, bytes }) => at >= start && at < start + bytes.length)!
}

/** Each in pages of its own, with IS_MMAPPED in its size. */
function mappedChunks(requests: number[]): { segments: CoreSegment[]; blocks: TruthBlock[] } {
  let at = MAPPED
  const blocks: TruthBlock[] = []
  const segments = requests.map((request): CoreSegment => {
    const length = Math.ceil((request + 8 + 15) / PAGE) * PAGE
    const memory = new Memory(at, new Uint8Array(length).fill(0x77))
    memory.put(at, 0)
    memory.put(at + 8, length + 2)
    blocks.push({ addr: at + 16, size: length - 16, state: 'used' })
    at += length + PAGE
    return { vaddr: memory.start, bytes: memory.bytes }
  })
  return { segments, blocks }
}

/** The thread's control block in the second page; before it, libc's thread-local variables. */
function threadBlock(start: number, arena: BuiltArena): Memory {
  const memory = new Memory(start, new Uint8Array(2 * PAGE))
  const tp = start + PAGE
  memory.put(tp, tp)
  memory.put(tp + 16, tp)
  memory.put(tp - 0x48, arena.tcache)
  memory.put(tp - 0x40, arena.state)
  return memory
}

function executable(files: Map<string, Uint8Array>): { segments: CoreSegment[]; files: MappedFile[] } {
  const module = buildElfModule({
    buildId: Uint8Array.from({ length: 20 }, (_, i) => 0xa0 + i),
    sections: [
      { name: '.text', vaddr: 0x10000, bytes: new Uint8Array(200).fill(0x90), flags: PF_R | PF_X },
      { name: '.data', vaddr: 0x20000, bytes: new Uint8Array(64).fill(1), memSize: 6000, flags: PF_R | PF_W },
    ],
    symbols: [{ name: 'main', value: 0x10000, size: 200, type: STT_FUNC }],
    entry: 0x10000,
  })
  files.set(EXE.path, module.bytes)
  return mappedModule(module, EXE.bias, EXE.path)
}

/** `data` is its memory now; the file has zeroes there. */
function libc(files: Map<string, Uint8Array>, version: GlibcVersion, data: Uint8Array, stateSize: number): { segments: CoreSegment[]; files: MappedFile[] } {
  const banner = `GNU C Library (GNU libc) stable release version ${version}.\nCopyright (C) the Free Software Foundation, Inc.\n`
  const sections = (bytes: Uint8Array): Parameters<typeof buildElfModule>[0] => ({
    soname: 'libc.so.6',
    buildId: Uint8Array.from({ length: 20 }, (_, i) => 0x20 + i + Number(version.slice(2))),
    sections: [
      { name: '.text', vaddr: 0x10000, bytes: new Uint8Array(3000).fill(0xcc), flags: PF_R | PF_X },
      { name: '.rodata', vaddr: 0x20000, bytes: new TextEncoder().encode(banner), flags: PF_R },
      { name: '.data', vaddr: DATA, bytes, flags: PF_R | PF_W },
    ],
    dynamicSymbols: [
      { name: 'malloc', value: 0x10100, size: 300, type: STT_FUNC },
      { name: 'free', value: 0x10300, size: 200, type: STT_FUNC },
    ],
    symbols: [{ name: 'main_arena', value: STATE, size: stateSize, local: true }],
  })
  files.set(LIBC.path, buildElfModule(sections(new Uint8Array(data.length))).bytes)
  return mappedModule(buildElfModule(sections(data)), LIBC.bias, LIBC.path)
}
