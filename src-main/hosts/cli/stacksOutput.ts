/** The stacks of threads, as `summary` prints them: threads that stand in the same functions together. */
import type { FrameRow, ThreadStack } from '../../contract/stackRows.ts'
import { hex } from '../../engine/bytes/units.ts'
import { grouped, printable } from './textTable.ts'

/** Frames of each thread that are asked for. */
export const SHOWN_FRAMES = 64
/** As text: more would bury the rest. */
const TEXT_STACKS = 20
const TEXT_TIDS = 10
/** Calls of itself that are shown one by one. */
const RECURSION = 3

export function stackJson({ frames, count, truncated }: ThreadStack): object {
  const more = count > frames.length ? `${count - frames.length} more frames are not listed` : ''
  return { frames: frames.map(frameJson), truncated: more || truncated }
}

function frameJson({ pc, function: name, offset, module, cfa, signal, guessed }: FrameRow): object {
  return { pc: hex(pc), function: name, offset, module, cfa: cfa === null ? null : hex(cfa), ...(signal ? { signal } : {}), ...(guessed ? { guessed } : {}) }
}

export function stacksText(stacks: ThreadStack[]): string {
  const same = new Map<string, ThreadStack[]>()
  for (const stack of stacks) {
    const key = stack.frames.map(({ function: name, module, pc }) => (name === '' ? pc : `${name} ${module}`)).join('\n')
    const group = same.get(key)
    if (group) group.push(stack)
    else same.set(key, [stack])
  }
  const groups = [...same.values()]
  const shown = groups.slice(0, TEXT_STACKS).map(stackText).join('\n')
  return groups.length > TEXT_STACKS ? `${shown}\n… and ${grouped(groups.length - TEXT_STACKS)} more\n` : shown
}

function stackText(group: ThreadStack[]): string {
  const [{ frames, count, truncated }] = group
  const tids = `${group.slice(0, TEXT_TIDS).map(({ tid }) => tid).join(', ')}${group.length > TEXT_TIDS ? ` and ${grouped(group.length - TEXT_TIDS)} more` : ''}`
  const width = String(frames.length - 1).length
  const lines: string[] = []
  for (let i = 0; i < frames.length; ) {
    let same = 1
    while (frames[i + same]?.pc === frames[i].pc) same++
    lines.push(`  #${String(i).padEnd(width)} ${hex(frames[i].pc)} ${printable(frameText(frames[i]))}${same > RECURSION ? `  ${grouped(same)} times` : ''}\n`)
    i += same > RECURSION ? same : 1
  }
  const more = count > frames.length ? `${grouped(count - frames.length)} more frames` : truncated
  return `${group.length === 1 ? 'thread' : `${grouped(group.length)} threads`} ${tids}\n${lines.join('')}${more === '' ? '' : `  … ${printable(more)}\n`}`
}

function frameText({ function: name, offset, module, signal, guessed }: FrameRow): string {
  const place = module === '' ? 'in no module' : `in ${module}`
  const where = name !== '' ? `${name}+${hex(offset)} ${place}` : module === '' ? place : `${place}+${hex(offset)}`
  return `${where}${guessed ? '  (by frame pointers)' : ''}${signal ? '  ← a signal handler was called' : ''}`
}
