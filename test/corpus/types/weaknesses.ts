/** Where corelens is wrong today, or says too little, by case: each line goes once its case passes. And what cases leave open. */
import type { CaseBuild, Leeway } from './cases.ts'

interface Weakness {
  case: string
  /** All where there are none. */
  builds?: string[]
  reason: string
}

const WEAKNESSES: Weakness[] = [
  { case: 'common_prefix.trap.c', reason: 'of a struct that begins like what is pointed to, an array of the beginning is made' },
  { case: 'common_prefix_exact.trap.c', reason: 'as common_prefix; of two types that begin alike and fill the block, the pointer’s is taken' },
  { case: 'cookie_by_chance.trap.c', reason: 'a first word that fits by chance counts as the number of a new[], in C, and before the type whose link it is' },
  { case: 'dangling_zero.trap.c', reason: 'pointers of an array that leads mostly to free blocks count as much as any' },
  { case: 'first_member.trap.c', reason: 'what was learned of a field is told a step at a time: in a list of mixed objects the rounds run out' },
  { case: 'first_scalar_only.trap.c', reason: 'a pointer to a number at the beginning of a block makes it numbers, also where it is full of pointers' },
  { case: 'numbers.trap.c', reason: 'a few numbers that happen to be addresses outweigh a typed pointer' },
  { case: 'uintptr.trap.c', reason: 'addresses in members of type long and uintptr_t outweigh a typed pointer' },
  { case: 'union_dead.trap.c', reason: 'pointers in records that are arms of a union count as if the arm were in use' },
  { case: 'unions_alike.path.c', reason: 'arms are told block by block, not by all blocks that a discriminator has in common' },
  { case: 'two_or_one.trap.c', reason: 'an array whose first element leads to the second one is taken for one object with something behind it' },
  { case: 'embedded_unknown.trap.cpp', reason: 'the class of a first member is taken for that of the block' },
  { case: 'containers.boost.cpp', reason: 'elements that lie in a small_vector or a static_vector itself are not read' },
  { case: 'unordered.boost.cpp', reason: 'no adapter for boost::unordered' },
  { case: 'hashes.abseil.cpp', reason: 'no adapter for abseil’s tables: control bytes and slots in one block' },
  { case: 'vectors.abseil.cpp', reason: 'elements that lie in an InlinedVector or a FixedArray itself are not read' },
  { case: 'function.adapter.cpp', builds: ['libc++-o0', 'libc++-o2'], reason: 'an object with a vtable that lies within std::function itself is not looked at' },
  { case: 'thread.adapter.cpp', builds: ['libc++-o0'], reason: 'what a thread was started with hangs on its stack alone' },
]

export function weaknessOf(name: string, build: CaseBuild): string | null {
  return WEAKNESSES.find((weakness) => weakness.case === name && (weakness.builds?.includes(build.name) ?? true))?.reason ?? null
}

/** The standard library's own code allocates what no header tells. */
const LEEWAY: Record<string, Leeway> = {
  'path.adapter.cpp': { untold: /path::_List::_Impl/ },
  'pmr.adapter.cpp': { untold: /^std::_Rb_tree_node<std::pair<int const,Leaf\*>>$/ },
  'regex.adapter.cpp': { untold: /^std::/ },
  'thread.adapter.cpp': { untold: /^std::.*(_Result<|_State_impl<|__assoc_state<|__thread_struct|tuple<)/ },
  'thread_local.path.cpp': { untold: /^std::thread::_State_impl</ },
}

export const leewayOf = (name: string): Leeway => LEEWAY[name] ?? {}
