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
  /** Files beside `file` that serve: the separate debug file, dwz's, packages of split units. */
  debugFiles: string[]
  /** What would tell more, as one sentence; '' where nothing is missing. */
  missing: string
  /** Commands that would get what is missing, by distribution; empty where nothing is missing. */
  getIt: { on: 'Debian' | 'Ubuntu' | 'Fedora'; command: string }[]
}

/**
 * What the symbol database has of a module.
 * - `none`: its files say nothing, or there are none
 * - `waiting`, `reading`: its turn comes, or is now
 * - `ready`: its types, variables and functions can be asked for
 * - `failed`: see `message`
 */
export interface ModuleSymbolsRow {
  /** Position in `CoreSummary.modules`. */
  module: number
  state: 'none' | 'waiting' | 'reading' | 'ready' | 'failed'
  /** Came from the database, was not read now. */
  cached: boolean
  types: number
  variables: number
  functions: number
  symbols: number
  /** Bytes of debug information that were read, or are being read. */
  debugBytes: number
  /** While it is read: how much of them is, 0..1. */
  share?: number
  seconds: number
  message: string
}

export const TYPE_KINDS = ['struct', 'class', 'union', 'enum', 'typedef', 'base'] as const
export type TypeKind = (typeof TYPE_KINDS)[number]

/** A named type of the process, one row however many units and modules have it. */
export interface TypeRow {
  /** Of this type while the core is open; see TypeRef. */
  id: number
  /** Qualified, as the debug information spells it, without struct or class. */
  name: string
  kind: TypeKind
  /** Bytes; null for a type that is only declared. */
  size: number | null
  /** How many data members and bases; enumerators for an enum. */
  members: number
  /** `file:line`, or ''. */
  declared: string
  /** Names of the modules that have it. */
  modules: string[]
  /** Used blocks of this type, and their bytes. */
  blocks: number
  bytes: number
}

/** The id of any type, named or not: pointers, arrays and functions have one too. 0 is void. */
export type TypeRef = number

export interface MemberRow {
  kind: 'member' | 'base' | 'virtual base' | 'static' | 'discriminant' | 'variant'
  /** Bytes from the start of the type; null for statics, and where it can't be told. */
  offset: number | null
  /** '' for an anonymous member; a base's name is its type's. */
  name: string
  /** As C would spell it: `const char *`, `int [3]`. */
  type: string
  typeId: TypeRef
  /** Bytes; null where the type has no size. */
  size: number | null
  /** Of a bit-field: the first bit, counted from the lowest of the byte at `offset`, and how many. */
  bits?: [number, number]
  /** A virtual base that the type has through its bases. */
  inherited?: true
  /** Of a variant: the discriminants that mean it, as text (`0`, `default`). */
  when?: string
}

/** Bytes of a type that no member covers. */
export interface HoleRow {
  offset: number
  size: number
}

/** An indivisible piece of a type, members of members and array elements included. */
export interface LeafRow {
  offset: number
  size: number
  /** Path from the type: `inner.next`, `table[3].key`. */
  path: string
  kind: 'pointer' | 'function pointer' | 'reference' | 'vtable pointer' | 'integer' | 'character' | 'boolean' | 'floating point' | 'enum' | 'bit-field' | 'member pointer' | 'opaque'
  type: string
  typeId: TypeRef
  /** What a pointer or reference leads to; null for others. */
  pointee: string | null
  pointeeId: TypeRef | null
  /** Of a bit-field, as in MemberRow. */
  bits?: [number, number]
}

export interface TypeLayout extends TypeRow {
  /** Bytes. */
  alignment: number
  /** In offset order: bases and members, then statics. */
  rows: MemberRow[]
  holes: HoleRow[]
  leaves: LeafRow[]
  /** There are more leaves than are listed (large arrays). */
  moreLeaves: boolean
  enumerators: { name: string; value: string }[]
  templateArguments: { name: string; text: string; typeId: TypeRef | null }[]
  /** What a typedef or enum stands for, a pointer leads to, an array is made of; '' for others. */
  underlying: string
  underlyingId: TypeRef | null
  /** As C or C++ declares it. */
  source: string
}

export interface GlobalRow {
  /** Where it lies in the process. */
  addr: number
  name: string
  type: string
  typeId: TypeRef
  /** Bytes; null where the type has no size. */
  size: number | null
  module: string
  tls: boolean
  /** For a thread-local one: whose. */
  thread: number | null
  declared: string
  /** What it holds, as one line: a number, a text, where a pointer leads; '' where its memory is absent. */
  value: string
}

/** One row for each leaf of the type, or for each word where nothing is laid over. */
export interface BlockWordRow {
  offset: number
  size: number
  /** Hex digits in memory order; '' where the bytes are absent. */
  bytes: string
  /** Path of the member; '' beyond the type, in padding and without a type. */
  member: string
  type: string
  /** Null where `type` is ''. */
  typeId: TypeRef | null
  /** As the member's type says: a number, a text, an enumerator, where a pointer leads. */
  value: string
  kind: LeafRow['kind'] | 'padding' | 'beyond' | 'word'
}

export interface BlockView {
  addr: number
  /** The block that holds the address; null where the address is in none (a global, a stack). */
  block: BlockRow | null
  /** The range's kind and name, for addresses outside of blocks. */
  where: string
  /** What is laid over; null for plain words. */
  type: string | null
  typeId: TypeRef | null
  rows: BlockWordRow[]
  total: number
  offset: number
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
