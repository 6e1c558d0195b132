/** Plain rows, as the CLI prints them and the renderer shows them. Sizes and counts are exact integers. */

export interface Page<Row> {
  rows: Row[]
  /** Rows before paging, after filtering. */
  total: number
  offset: number
}

export type AllocatorName = 'glibc' | 'jemalloc' | 'tcmalloc' | 'mimalloc' | 'cpython' | 'mmap'
export type BlockState = 'used' | 'free'

export interface BlockRow {
  /** What malloc returned. */
  addr: number
  /** Usable bytes. */
  size: number
  state: BlockState
  allocator: AllocatorName
  /** `main`, `thread 1`, `mmap`, … */
  arena: string
  /** As the debug information spells it, without struct/class; null while unknown. */
  type: string | null
  /** What a block without a type looks like, such as `class at demo+0x3d98`; empty where nothing is known. */
  kind: string
  /** How many elements of `type`. */
  count: number
  /** 0..1; 0 while the type is unknown. */
  confidence: number
  /** Why the block has its type, as one line; empty while unknown. */
  evidence: string
}

export interface TopRow {
  /** Unique within the page's query and stable between queries of one core. */
  key: string
  type: string | null
  /** The type, or `malloc(80)`: the size the program most likely asked for. */
  label: string
  /** Usable bytes of a block; the commonest where the row's blocks differ in size. */
  size: number
  /** How many different sizes the row's blocks have. */
  sizes: number
  /** Bytes most likely asked for; null for typed rows. */
  requested: number | null
  count: number
  bytes: number
  /** Of all used bytes, 0..1. */
  share: number
  /** Why blocks have this type, as one line; empty while unknown. */
  evidence: string
}

export interface TopPage extends Page<TopRow> {
  /** Of all used blocks, before filtering. */
  all: { count: number; bytes: number }
  /** Of the rows that passed the filter. */
  filtered: { count: number; bytes: number }
}

const OTHER_KINDS = ['thread-stack', 'anonymous', 'module-data', 'module-bss', 'module-text', 'module-rodata', 'mapped-file', 'vdso', 'reserved'] as const
export const ACCOUNTING_KINDS = ['allocator-used', 'allocator-free', 'allocator-overhead', ...OTHER_KINDS] as const
export type AccountingKind = (typeof ACCOUNTING_KINDS)[number]

/** Kinds of address ranges: an allocator's memory is used, free and overhead in one. */
export const RANGE_KINDS = ['allocator', ...OTHER_KINDS] as const
export type RangeKind = (typeof RANGE_KINDS)[number]

/** A piece of the process's memory that is all of one kind; an allocator's pieces are whole arenas and mappings. */
export interface RangeRow {
  start: number
  end: number
  kind: RangeKind
  /** `rwx` with `-` for what is not allowed. */
  access: string
  /** Bytes of it that can be read, from the core or the mapped file. */
  present: number
  /** The mapped file, the module whose bss it is, the arena, or ''. */
  name: string
}

/** Blocks with the bytes of all rows before paging. */
export interface BlockPage extends Page<BlockRow> {
  bytes: number
}

export interface AccountingRow {
  kind: AccountingKind
  bytes: number
  /** How many separate address ranges make it up. */
  ranges: number
}

export interface Accounting {
  /** Every kind once, in the order of ACCOUNTING_KINDS; sums to `mapped`. */
  rows: AccountingRow[]
  mapped: number
}

export interface ThreadRow {
  /** Kernel thread id (LWP). */
  tid: number
  /** The thread that took the signal is first in the core. */
  crashed: boolean
  signal: number
  /** Registers as `0x…`, exact: after a jump to garbage they hold what no address is. */
  pc: string
  sp: string
  /** Thread pointer: fs_base on x86-64, TPIDR_EL0 on AArch64; `0x0` where the core doesn't say. */
  tp: string
  /** Name of the module the pc is in, or ''. */
  module: string
}

export interface ModuleRow {
  path: string
  /** Hex, or '' where neither core nor file has one. */
  buildId: string
  base: number
  end: number
  /** What names it can give: DWARF, a symbol table only, dynamic symbols at most. */
  debug: 'full' | 'symbols' | 'none'
  /** Path of the file whose build-id matches, or '' where none was found. */
  file: string
}

export interface DiagnosticRow {
  kind: 'truncated' | 'damaged' | 'missing' | 'mismatch' | 'unsupported' | 'note'
  /** What part: `PT_LOAD 12`, `libc.so.6`, `arena 0x7f…`. */
  where: string
  /** Bytes into the core, or an address; null where neither makes sense. */
  offset: number | null
  message: string
}

export interface AllocatorRow {
  allocator: AllocatorName
  arenas: number
  usedCount: number
  used: number
  freeCount: number
  free: number
  overhead: number
}

export interface ProcessInfo {
  pid: number
  command: string
  /** Arguments as the kernel kept them (80 bytes at most). */
  args: string
  signal: number
  signalName: string
  /** For a fault, the address it was about; null otherwise. */
  faultAddress: number | null
  machine: 'x86-64' | 'AArch64'
  /** Who wrote the core, as far as it shows. */
  writer: 'kernel' | 'gcore' | 'qemu' | 'unknown'
}

export interface CoreSummary {
  /** Handle for all further queries. */
  core: string
  path: string
  fileSize: number
  process: ProcessInfo
  threads: ThreadRow[]
  modules: ModuleRow[]
  accounting: Accounting
  allocators: AllocatorRow[]
  diagnostics: DiagnosticRow[]
  /** Seconds by stage, in the order they ran. */
  timings: { stage: string; seconds: number }[]
  peakMemoryBytes: number
  /** The blocks came from the cache. */
  cached: boolean
}
