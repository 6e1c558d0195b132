/** Plain rows, as the CLI prints them and the renderer shows them. Sizes and counts are exact integers. */
import type { GraphStage } from './api.ts'

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
  /** Whose a block without a type is and what it looks like: `Player.blob→[272], text (JSON)`, `class at demo+0x3d98`. Of bytes and characters, what they look like. Else empty. */
  kind: string
  /** How many elements of `type`. */
  count: number
  /** 0..1; 0 while the type is unknown. */
  confidence: number
  /** Why the block has its type, as one line; empty while unknown. */
  evidence: string
  /** False only for used blocks that nothing reaches, even conservatively. Absent until the graph is there, and for free blocks. */
  reachable?: boolean
  /** Its layout class: `48/VP-P`, bytes and a letter a word. Absent as `reachable` is. */
  layout?: string
}

/** A block, as far as a row of something else names it. */
export interface BlockRef {
  addr: number
  /** Usable bytes. */
  size: number
  state: BlockState
  type: string | null
  /** The type, what it looks like, or `malloc(80)`. */
  label: string
}

/** A word outside of blocks that points into one. */
export interface RootRef {
  kind: RootKind
  /** Of the word; 0 for registers. */
  addr: number
  /** The variable and member, the register, the place on the stack; '' where only the range is known. */
  name: string
  /** The module, the thread, or the range it lies in. */
  where: string
  /** Kernel thread id, for thread-local variables, stacks and registers; else null. */
  tid: number | null
}

/** A word of a block, or a root, that points into a block. */
export interface ReferenceRow {
  /** The block that points; null for a root. */
  from: BlockRef | null
  root: RootRef | null
  /** Where in `from` the word is; 0 for a root. */
  fromOffset: number
  /** The member that holds it, as far as the type of `from` is known; ''. */
  member: string
  to: BlockRef
  /** Where in `to` it points. */
  toOffset: number
  /** Bits of the word that are no part of the address, as `0x8000000000000000`; absent where there are none. */
  tag?: string
}

export interface ReferencePage extends Page<ReferenceRow> {
  /** The block asked about. */
  block: BlockRef
}

/** References of a block counted by what is at the other end, and by member. */
export interface ReferenceGroupRow {
  /** Type or label of the blocks at the other end; the kind of root. */
  label: string
  type: string | null
  root: RootKind | null
  member: string
  fromOffset: number
  toOffset: number
  /** References, and bytes of the blocks at the other end. */
  count: number
  bytes: number
  example: ReferenceRow
}

export interface ReferenceGroups {
  block: BlockRef
  rows: ReferenceGroupRow[]
  /** References that were counted, and that there are: very many are counted in part. */
  counted: number
  total: number
}

export interface GraphNode {
  /** Unique within the neighbourhood. */
  id: string
  block: BlockRef | null
  root: RootRef | null
  /** Steps from the block asked about; negative against the direction of pointers. */
  depth: number
  /** References that were left out, beyond the limit. */
  more: number
}

export interface GraphEdge {
  from: string
  to: string
  /** Of the first of the words. */
  member: string
  fromOffset: number
  toOffset: number
  /** Words of `from` that point into `to`. */
  words: number
}

export interface Neighbourhood {
  nodes: GraphNode[]
  edges: GraphEdge[]
}

/** How the program gets at a block: from a root, reference by reference. */
export interface Chain {
  root: RootRef
  /** The first is held by the root, the last is the block asked about. */
  steps: ChainStep[]
  /** Steps left out behind `steps[cut - 1]`; 0 where it is whole. */
  skipped: number
  cut: number
}

export interface ChainStep {
  block: BlockRef
  /** Where the step before points to in it. */
  toOffset: number
  /** Where in it the pointer to the next step is; 0 for the last. */
  fromOffset: number
  member: string
}

export interface Why {
  block: BlockRef
  reachable: boolean
  chains: Chain[]
  /** For a block that leaked: the head it hangs on. */
  head: BlockRef | null
}

export interface LeakRow {
  addr: number
  size: number
  type: string | null
  label: string
  /** It leaked by itself; else it hangs on one that did. */
  head: boolean
  /** Blocks and bytes that hang on a head, itself not counted; 0 for others. */
  holdsCount: number
  holds: number
  /** Address of the head it hangs on; its own for a head. */
  headAddr: number
}

/** Leaked blocks of one type, or of one size where there is no type. */
export interface LeakGroupRow {
  type: string | null
  label: string
  count: number
  bytes: number
  /** Of them, those that leaked by themselves, and what hangs on these. */
  heads: number
  holds: number
}

export interface LeakTotals {
  count: number
  bytes: number
  heads: number
  /** Bytes that the program could write to and that are not in the core: what only they point to seems to have leaked. */
  unread: number
}

export interface LeakPage extends Page<LeakRow> {
  all: LeakTotals
}

export interface LeakGroupPage extends Page<LeakGroupRow> {
  all: LeakTotals
}

export interface RetainedRow {
  addr: number
  size: number
  type: string | null
  label: string
  /** Bytes that would be freed with it, its own counted. */
  retained: number
  /** Of all used bytes, 0..1. */
  share: number
  /** Address of the block that dominates it; null where no single one does. */
  dominator: number | null
  /** Blocks that it dominates directly. */
  dominates: number
}

export interface RetainedPage extends Page<RetainedRow> {
  /** From the block asked about up to the one that no block dominates; empty where none was asked about. */
  path: RetainedRow[]
}

/** What blocks of a layout class, or of a family of classes that differ only by nulls, have in common. */
export interface LayoutDetails {
  key: string
  layout: string
  size: number
  count: number
  bytes: number
  /** Types of the blocks that were looked at, most common first. */
  types: { label: string; count: number }[]
  /** The family's classes, largest first. */
  classes: { key: string; layout: string; count: number }[]
  /** Blocks that were looked at for `words` and `referrers`. */
  sampled: number
  /** Of the first words, at most 64. */
  words: LayoutWordRow[]
  strings: { text: string; offset: number; count: number }[]
  /** Who points to such blocks, most common first. */
  referrers: { label: string; member: string; fromOffset: number; toOffset: number; count: number }[]
}

export interface LayoutWordRow {
  offset: number
  /** Share of blocks, 0..1, that hold a pointer, and zero. */
  pointers: number
  nulls: number
  /** What pointers lead to, most common first. */
  leadsTo: { label: string; count: number }[]
  /** The most common values. */
  values: { text: string; count: number }[]
}

/** How far a core's graph is. */
export interface GraphState {
  /** References, reachability, leaks, layout classes. */
  references: 'waiting' | 'building' | 'ready' | 'failed'
  /** Dominators and retained sizes. */
  retained: 'waiting' | 'building' | 'ready' | 'failed'
  /** While it is built: which stage, its share 0..1, and the time left of all, null while it can't be told. */
  stage: GraphStage | null
  share: number
  remainingMs: number | null
  /** Why it failed. */
  message: string
  /** Seconds by stage; empty where it came from the cache. */
  timings: { stage: string; seconds: number }[]
}

export interface TopRow {
  /** Unique within the page's query and stable between queries of one core. */
  key: string
  type: string | null
  /** The type, or `malloc(80)`: the size the program most likely asked for. */
  label: string
  /** Of rows without a type: whose the blocks are, `Session.blob→[272]`; absent where nothing is known. */
  kind?: string
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

/** Where a reference from outside of blocks comes from; `anonymous` is memory that no allocator claims. In the order in which reachability follows them. */
export const ROOT_KINDS = ['global', 'tls', 'stack', 'registers', 'mapped', 'anonymous'] as const
export type RootKind = (typeof ROOT_KINDS)[number]

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
