/**
 * Types for all blocks of a process, as a pipeline: what vtables say, then variables, then along pointers. Answers columns by
 * block; reads memory and symbols, changes nothing.
 */
import type { ProcessView } from '../findings/pointers.ts'
import { CHUNK_BITS, CHUNK_BLOCKS, isFree } from '../allocator/blocks.ts'
import { classOf } from '../recognize/debugNames.ts'
import type { Progress } from '../ports.ts'
import { stopwatch } from '../stopwatch.ts'
import { idOf, type AttachedModule } from '../symbols/processSymbols.ts'
import { symbolTypeFinder } from '../symbols/symbolTypeFinder.ts'
import { VARIABLE_FLAG } from '../symbols/tables.ts'
import { Claims, STRENGTH } from './claims.ts'
import { knownTypes, rootNames, usedFields } from './knownTypes.ts'
import type { StoredField } from './storedTypes.ts'
import type { KnownType } from '../findings/top.ts'
import { isRoom } from './containers.ts'
import { HeapColumns } from './heapColumns.ts'
import { Learning } from './learn.ts'
import { MemoryKinds } from './memoryKinds.ts'
import { PagedMemory } from './pagedMemory.ts'
import { Propagation } from './propagate.ts'
import { retract } from './retract.ts'
import type { StackVariable } from '../stacks/stackVariables.ts'
import { Shapes } from './shapes.ts'
import { describeUnknown, type UnknownBlocks } from './unknownBlocks.ts'
import { claimUntypedContainers } from './untypedContainers.ts'

/** What claims begin from, beside vtables: a variable's index in its module's table, and whose it is where it is thread-local. */
export type TypeRoot = { kind: 'variable'; module: number; variable: number; tid: number | null } | { kind: 'local'; name: string }

export interface Inference {
  claims: Claims
  /** As lists of blocks show them; `typeOfItem` by the claims' items. */
  types: KnownType[]
  typeOfItem: Uint32Array
  /** Fields that claims came along; `fieldOf` has 1 + their positions by what `via` has, less 1. */
  fields: StoredField[]
  fieldOf: Uint32Array
  /** Names. */
  roots: string[]
  unknown: UnknownBlocks
  timings: { stage: string; seconds: number }[]
}

const MAX_ROUNDS = 12
/** Share of the blocks that a round must tell something of for another one. */
const TOO_FEW = 1e-5
/** Arrays of several elements that a field must lead to for each object. */
const SHARE_OF_ARRAYS = 0.2

/** What can be left out, to see what it is worth. */
export type InferencePart = 'vtables' | 'containers' | 'stacks' | 'retraction' | 'layouts'

export interface InferenceQuery {
  view: ProcessView
  /** Variables of all frames of all threads. */
  locals: readonly StackVariable[]
  progress: Progress
  now(): number
  /** Gives back what the view's blocks took to read. */
  rest(): void
  without: ReadonlySet<InferencePart>
}

export function inferTypes({ view, locals, progress, now, rest, without }: InferenceQuery): Inference {
  const clock = stopwatch(now)
  const heap = new HeapColumns(view.blocks)
  const shapes = new Shapes(view.symbols, !without.has('containers'))
  const claims = new Claims(heap.count)
  const propagation = new Propagation({ heap, memory: new PagedMemory(view.memory), kinds: new MemoryKinds(view.ranges), shapes, claims })
  clock.lap('columns')

  if (!without.has('vtables')) claimByVtables(view, propagation)
  rest()
  clock.lap('vtables')

  const roots = expandVariables(view, propagation, heap.count)
  if (!without.has('stacks')) expandLocals(view, locals, propagation, heap.count, roots)
  clock.lap('variables')

  propagation.run(progress)
  clock.lap('propagate')

  learn(propagation, progress, without)
  settleArrays(propagation)
  clock.lap('learn')

  if (!without.has('containers')) claimUntypedContainers({ view, heap, memory: propagation.memory, claims })
  clock.lap('containers by shape')
  const { types, typeOfItem } = knownTypes(claims, view.types, view.symbols)
  const { fields, fieldOf } = usedFields(claims, shapes, types, typeOfItem)
  clock.lap('names')

  const unknown = describeUnknown(view, propagation, types)
  clock.lap('what is unknown')
  return { claims, types, typeOfItem, fields, fieldOf, roots: rootNames(roots, view.symbols), unknown, timings: clock.laps }
}

function expandLocals({ symbols }: ProcessView, locals: readonly StackVariable[], propagation: Propagation, blockCount: number, roots: TypeRoot[]): void {
  for (const { thread, function: of, name, address, value, type } of locals) {
    const id = type.type ?? (type.indirections === 0 && type.count === 1 ? type.named : null)
    if (id === null) continue
    roots.push({ kind: 'local', name: `${of}::${name} (thread ${symbols.threads[thread]?.tid ?? thread})` })
    const root = blockCount + roots.length
    if (address !== null) propagation.expandRoot(address, id, root)
    else if (value !== null) propagation.followRoot(value, id, root)
  }
}

/** Where a field leads to arrays of a type, a block that has room for one is an array of one. */
function settleArrays({ claims, shapes }: Propagation): void {
  const { item, via, strength, items } = claims
  const singles = new Uint32Array(shapes.fieldCount + 1)
  const arrays = new Uint32Array(shapes.fieldCount + 1)
  const isSettled = (block: number): boolean => via[block] === 0 || strength[block] > STRENGTH.pointer
  for (let b = 0; b < item.length; b++) {
    if (item[b] === 0 || isSettled(b)) continue
    if (items[item[b]].isArray) arrays[via[b]]++
    else singles[via[b]]++
  }
  for (let b = 0; b < item.length; b++) {
    if (item[b] === 0 || isSettled(b) || arrays[via[b]] < SHARE_OF_ARRAYS * singles[via[b]] || arrays[via[b]] === 0) continue
    const { type, isArray, header, size } = items[item[b]]
    if (!isArray && type === shapes.field(via[b] - 1).target) item[b] = claims.intern(type, true, header, size, `${shapes.name(type)}[]`)
  }
}

/** What one round finds may tell the next one more. */
function learn(propagation: Propagation, progress: Progress, without: ReadonlySet<InferencePart>): void {
  const learning = new Learning(propagation)
  // another round looks at all hits again
  const few = propagation.heap.count * TOO_FEW
  const byLayout = !without.has('layouts')
  const steps = [learning.fromRivals, learning.fromTags, learning.fromSizesOfField, ...(byLayout ? [learning.fromLayouts] : []), learning.fromFields]
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let made = 0
    for (const step of steps) {
      made += step.call(learning)
      propagation.run(progress)
      if (!without.has('retraction') && retract(propagation) > 0) propagation.run(progress)
    }
    if (made <= few) {
      made = learning.fromDeclarations()
      propagation.run(progress)
    }
    if (made > few) continue
    if (!byLayout || learning.fromSizes() <= few) return
    propagation.run(progress)
  }
}

/** The types that blocks have by their vtables become claims. */
function claimByVtables({ blocks, types, symbols, memory }: ProcessView, propagation: Propagation): void {
  const { claims, shapes } = propagation
  const finder = symbolTypeFinder(symbols)
  const items = types.map((type, i) => {
    if (i === 0) return 0
    const found = classOf(type, finder, memory)
    // what only looks like a vtable may be any table of functions
    if (found === null) return claims.intern(0, type.counted, type.counted ? 8 : 0, 0, type.label)
    const bare = shapes.bare(found)
    return type.counted ? propagation.arrayOf(bare, 8) : propagation.single(bare)
  })
  // an object that fills little of a block is the first member of something else
  const strengthOf = (block: number, item: number, isUnnamed: boolean): number => {
    const { isArray, size } = claims.items[item]
    const usable = propagation.heap.size(block)
    return isUnnamed ? STRENGTH.buffer : isArray || size === 0 || isRoom(usable - size, usable) ? STRENGTH.vtable : STRENGTH.best
  }
  for (let c = 0; c < blocks.chunkCount; c++) {
    const { type, state } = blocks.chunk(c)
    const first = c << CHUNK_BITS
    const length = Math.min(CHUNK_BLOCKS, blocks.count - first)
    for (let i = 0; i < length; i++) if (type[i] !== 0 && !isFree(state[i])) propagation.claim(first + i, items[type[i]], strengthOf(first + i, items[type[i]], types[type[i]].name === null), 0, 0)
  }
}

function expandVariables({ symbols }: ProcessView, propagation: Propagation, blockCount: number): TypeRoot[] {
  const roots: TypeRoot[] = []
  const expand = (module: AttachedModule, variable: number, address: number, tid: number | null): void => {
    roots.push({ kind: 'variable', module: module.index, variable, tid })
    propagation.expandRoot(address, idOf(module, module.table.variables.type[variable]), blockCount + roots.length)
  }
  for (const module of symbols.attached) {
    const { count, address, flags } = module.table.variables
    for (let v = 0; v < count; v++) if ((flags[v] & VARIABLE_FLAG.tls) === 0) expand(module, v, address[v] + module.bias, null)
  }
  for (const { module, tid, block } of symbols.threadBlocks()) {
    const { count, address, flags } = module.table.variables
    for (let v = 0; v < count; v++) if ((flags[v] & VARIABLE_FLAG.tls) !== 0) expand(module, v, block + address[v], tid)
  }
  return roots
}
