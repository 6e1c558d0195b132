/** The human words for every kind the contract knows. Exhaustive: a new kind doesn't compile without words. */

import { STAGES, type GraphStage, type Stage } from '../../src-main/contract/api.ts'
import type { AccountingKind, DiagnosticRow, ModuleRow, ModuleSymbolsRow, ProcessInfo, RangeKind, RootKind } from '../../src-main/contract/rows.ts'

export interface Words {
  name: string
  /** One sentence, for tooltips and lists. */
  meaning: string
}

export const ACCOUNTING_WORDS: Record<AccountingKind, Words> = {
  'allocator-used': { name: 'Allocated, in use', meaning: 'Blocks malloc handed out and the program has not freed.' },
  'allocator-free': { name: 'Allocated, free', meaning: 'Freed blocks the allocator keeps for later: bins, tcache, top.' },
  'allocator-overhead': { name: 'Allocator overhead', meaning: 'Chunk headers, arena states and padding.' },
  'thread-stack': { name: 'Thread stacks', meaning: 'The stacks of the threads the core names.' },
  anonymous: { name: 'Anonymous, unclaimed', meaning: 'Private maps no allocator or stack claims: mmap by the program, other allocators.' },
  'module-data': { name: 'Module data', meaning: 'Initialised globals of the executable and its libraries.' },
  'module-bss': { name: 'Module bss', meaning: 'Globals that start as zero.' },
  'module-text': { name: 'Module code', meaning: 'Executable pages of the executable and its libraries.' },
  'module-rodata': { name: 'Module constants', meaning: 'Read-only pages: constants, tables, unwind data.' },
  'mapped-file': { name: 'Mapped files', meaning: 'Files mapped by the program that are not modules.' },
  vdso: { name: 'vdso and vvar', meaning: 'Pages the kernel lends to every process.' },
  reserved: { name: 'Reserved', meaning: 'Address space without access: guard pages, the unused rest of arenas.' },
}

export const RANGE_WORDS: Record<RangeKind, Words> = {
  ...ACCOUNTING_WORDS,
  allocator: { name: 'Allocator', meaning: 'Arenas and mappings of the allocators: blocks in use, free ones and overhead.' },
  anonymous: { ...ACCOUNTING_WORDS.anonymous, name: 'Anonymous' },
}

export const STAGE_WORDS: Record<Stage, Words> = {
  decompress: { name: 'Unpack the core', meaning: 'Decompressed once, kept in the cache.' },
  open: { name: 'Read maps, threads, modules', meaning: 'Headers and notes of the core; files with the same build-id.' },
  arenas: { name: 'Find the arenas', meaning: 'Where the allocator keeps its state, with or without symbols.' },
  blocks: { name: 'Walk every block', meaning: 'Each allocation with its size, used or free.' },
  types: { name: 'Recognise types', meaning: 'Objects by their vtable.' },
  store: { name: 'Keep for next time', meaning: 'The next opening takes a second.' },
}

export const GRAPH_STAGE_WORDS: Record<GraphStage, string> = {
  references: 'reading every pointer',
  reach: 'following pointers from the roots',
  leaks: 'finding what nothing reaches',
  keep: 'keeping it for next time',
  dominators: 'working out what keeps what alive',
}

export const ROOT_WORDS: Record<RootKind, Words> = {
  global: { name: 'Global', meaning: 'A variable of the program or a library.' },
  tls: { name: 'Thread-local', meaning: 'A variable of one thread.' },
  stack: { name: 'Stack', meaning: 'A word on the stack of a thread.' },
  registers: { name: 'Register', meaning: 'A register of a thread.' },
  mapped: { name: 'Mapped file', meaning: 'A word in a file that the program mapped.' },
  anonymous: { name: 'Anonymous', meaning: 'A word in memory that no allocator claims.' },
}

/** What each letter of a layout says of its word. */
export const WORD_WORDS: Record<string, string> = {
  '-': 'no pointer',
  P: 'to the start of a block',
  I: 'into a block',
  C: 'to code',
  R: 'to constants',
  D: 'to module data',
  S: 'to a stack',
  V: 'to a vtable',
  M: 'to other mapped memory',
}

export const DIAGNOSTIC_WORDS: Record<DiagnosticRow['kind'], Words> = {
  truncated: { name: 'Truncated', meaning: 'The core ends before its own headers say. What lies beyond is absent, not zero.' },
  damaged: { name: 'Damaged', meaning: 'Something contradicts itself. What could be walked is shown; numbers may be low.' },
  mismatch: { name: 'Mismatch', meaning: 'A file on disk is not the build that ran, so it was not used.' },
  missing: { name: 'Missing', meaning: 'A file or a page was not there. Names or contents may be absent.' },
  unsupported: { name: 'Not supported', meaning: 'corelens can’t read this part yet.' },
  note: { name: 'Notes', meaning: 'Worth knowing; nothing is wrong.' },
}

/** Worst first: the order in which diagnostics are shown. */
export const DIAGNOSTIC_ORDER: DiagnosticRow['kind'][] = ['truncated', 'damaged', 'mismatch', 'missing', 'unsupported', 'note']

export const DEBUG_WORDS: Record<ModuleRow['debug'], Words> = {
  full: { name: 'DWARF', meaning: 'Types, functions and variables have names.' },
  symbols: { name: 'Symbols', meaning: 'Functions and variables have names; types do not.' },
  none: { name: 'None', meaning: 'Dynamic symbols at most.' },
}

export const SYMBOLS_WORDS: Record<ModuleSymbolsRow['state'], Words> = {
  none: { name: 'none', meaning: 'Its files say nothing, or there are none.' },
  waiting: { name: 'waiting', meaning: 'Its turn comes; everything else can be used meanwhile.' },
  reading: { name: 'reading…', meaning: 'Its debug information is being read.' },
  ready: { name: 'ready', meaning: 'Its types, variables and functions can be asked for.' },
  failed: { name: 'not read', meaning: 'Its symbols were not read.' },
}

export const WRITER_WORDS: Record<ProcessInfo['writer'], string> = {
  kernel: 'the kernel',
  gcore: 'gcore (gdb)',
  qemu: 'QEMU',
  unknown: 'unknown',
}

const SIGNAL_MEANINGS: Record<string, string> = {
  SIGSEGV: 'invalid memory access',
  SIGBUS: 'bad address or a mapped file cut short',
  SIGABRT: 'the program gave up: assertion, uncaught exception or a damaged heap',
  SIGFPE: 'arithmetic error',
  SIGILL: 'illegal instruction',
  SIGTRAP: 'breakpoint or trap',
  SIGQUIT: 'asked to quit with a core',
  SIGSYS: 'forbidden system call',
  SIGXCPU: 'CPU time limit',
  SIGXFSZ: 'file size limit',
  SIGKILL: 'killed',
  SIGTERM: 'asked to end',
  SIGINT: 'interrupted',
}

/** A stage of `timings`: those of an opening, or `cache` where the analysis was read back instead. */
export function stageName(stage: string): string {
  if (stage === 'cache') return 'Read from the cache'
  const known = STAGES.find((name) => name === stage)
  return known ? STAGE_WORDS[known].name : stage
}

type Ending = Pick<ProcessInfo, 'signal' | 'signalName' | 'writer'>

/** The process was not ended: gcore stopped it for a moment (gdb leaves SIGSTOP, SIGINT or SIGTRAP in the core). */
export function wasRunning(process: Ending): boolean {
  return process.writer === 'gcore' && ['', 'SIGSTOP', 'SIGINT', 'SIGTRAP', 'SIG0'].includes(process.signal === 0 ? '' : process.signalName)
}

/** What a signal says about how the process ended; empty where there is nothing to add. */
export function signalMeaning(process: Ending): string {
  if (process.signal === 0) return 'no signal recorded'
  return SIGNAL_MEANINGS[process.signalName] ?? ''
}
