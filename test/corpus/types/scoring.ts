/**
 * What corelens says of a core's blocks against what the program said: counts, nothing of the engine. Only blocks that the
 * truth has and that something reaches are scored; bytes are those asked for.
 */
import { join } from 'node:path'
import { run } from '../commands.ts'
import { normalName } from './names.ts'
import type { TrueBlock } from './typelog.ts'

/** A line of `blocks --jsonl`, as far as it matters here. Today's lines may lack some of it. */
export interface SaidBlock {
  addr: string
  size: number
  type?: string | null
  count?: number | null
  confidence?: number | null
  reachable?: boolean
}

/** A line of `types --jsonl`. */
export interface SaidType {
  name: string
  size: number | null
  members?: { type: string; size: number | null }[]
  bases?: { name: string; size: number | null }[]
}

const main = join(import.meta.dirname, '../../../src-main/hosts/cli/main.ts')

/** One command of corelens over a core, by its lines. `cli` is the script that is run, the source by default. */
export async function ask<T>(command: string, core: string, options: string[], cli = main): Promise<T[]> {
  const printed = await run(process.execPath, [cli, command, core, '--jsonl', ...options])
  return printed === '' ? [] : printed.trimEnd().split('\n').map((line) => JSON.parse(line) as T)
}

export interface Amount {
  blocks: number
  bytes: number
}
const none = (): Amount => ({ blocks: 0, bytes: 0 })

/** [from, to) of the confidence; the last one includes 1. */
export const CONFIDENCES = [0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99]

export interface Mistake {
  truth: string
  /** Null where nothing was said. */
  said: string | null
  amount: Amount
}

export interface Score {
  /** Of a type that the program tells, and reached: what all shares are of. */
  scored: Amount
  typed: Amount
  right: Amount
  /** Right, or of the same layout class. */
  alike: Amount
  /**
   * Arrays whose type is right; those whose number of elements is, too; and those which seem to be longer, by no more than what
   * malloc gave without being asked.
   */
  arrays: number
  counted: number
  rounded: number
  /** Bytes of no type, by the program's word; and those that were given one. */
  raw: Amount
  rawTyped: Amount
  /** In the truth, but reached by nothing, or not listed, or listed with fewer bytes than were asked for. */
  unreachable: number
  missing: string[]
  /** Of the program's own blocks those of which it tells nothing: gaps of the program. */
  untold: number
  /** By CONFIDENCES: typed blocks and those of them that are right. */
  calibration: { typed: number; right: number }[]
  mistakes: Map<string, Mistake>
  /** By the true type. */
  types: Map<string, { scored: number; typed: number; right: number }>
}

export function emptyScore(): Score {
  return {
    scored: none(), typed: none(), right: none(), alike: none(), arrays: 0, counted: 0, rounded: 0, raw: none(), rawTyped: none(), unreachable: 0, missing: [], untold: 0,
    calibration: CONFIDENCES.map(() => ({ typed: 0, right: 0 })), mistakes: new Map(), types: new Map(),
  }
}

const isSame = (a: string, b: string): boolean => normalName(a) === normalName(b)

/** `alike` says whether two names that differ are of one layout class; `typedefs` are names for names; `isRight` whether what is said is true. */
export function score(truth: TrueBlock[], said: SaidBlock[], alike: (a: string, b: string) => boolean, typedefs: Map<string, string>, isRight: (said: string, truth: string) => boolean = isSame): Score {
  const meant = (name: string): string => (typedefs.size === 0 ? name : name.replace(/\w+/g, (word) => typedefs.get(word) ?? word))
  const byAddress = new Map(said.map((block) => [block.addr, block]))
  const result = emptyScore()
  for (const { address, size, type: told, count } of truth) {
    const block = byAddress.get(address)
    const type = told === undefined || told === null ? told : meant(told)
    const name = block?.type === undefined || block.type === null ? null : meant(block.type)
    if (type === undefined) result.untold++
    else if (block === undefined || block.size < size) result.missing.push(address)
    else if (block.reachable === false) result.unreachable++
    else if (type === null) {
      add(result.raw, size)
      if (name !== null) {
        add(result.rawTyped, size)
        mistake(result, '(bytes of no type)', name, size)
      }
    } else {
      const kind = tally(result.types, type)
      kind.scored++
      add(result.scored, size)
      if (name === null) {
        mistake(result, type, null, size)
        continue
      }
      kind.typed++
      add(result.typed, size)
      const right = isRight(name, type)
      const bin = result.calibration[CONFIDENCES.findLastIndex((from) => (block.confidence ?? 0) >= from)]
      if (bin !== undefined) {
        bin.typed++
        if (right) bin.right++
      }
      if (right) {
        kind.right++
        add(result.right, size)
        if (type.endsWith('[]')) {
          result.arrays++
          const elements = block.count ?? 0
          if (elements === count) result.counted++
          else if (elements > count && elements * (size / count) <= block.size) result.rounded++
        }
      } else mistake(result, type, name, size)
      if (right || alike(type, name)) add(result.alike, size)
    }
  }
  return result
}

/** Adds `one` to `sum`. */
export function addScore(sum: Score, one: Score): void {
  for (const part of ['scored', 'typed', 'right', 'alike', 'raw', 'rawTyped'] as const) {
    sum[part].blocks += one[part].blocks
    sum[part].bytes += one[part].bytes
  }
  sum.arrays += one.arrays
  sum.counted += one.counted
  sum.rounded += one.rounded
  sum.unreachable += one.unreachable
  sum.untold += one.untold
  sum.missing.push(...one.missing)
  one.calibration.forEach((bin, i) => {
    const into = sum.calibration[i]
    if (into === undefined) return
    into.typed += bin.typed
    into.right += bin.right
  })
  for (const { truth, said, amount } of one.mistakes.values()) {
    const into = mistakeOf(sum, truth, said).amount
    into.blocks += amount.blocks
    into.bytes += amount.bytes
  }
  for (const [type, { scored, typed, right }] of one.types) {
    const into = tally(sum.types, type)
    into.scored += scored
    into.typed += typed
    into.right += right
  }
}

function add(amount: Amount, bytes: number): void {
  amount.blocks++
  amount.bytes += bytes
}

function tally(types: Score['types'], type: string): { scored: number; typed: number; right: number } {
  const key = normalName(type)
  const known = types.get(key) ?? { scored: 0, typed: 0, right: 0 }
  types.set(key, known)
  return known
}

function mistake(result: Score, truth: string, said: string | null, size: number): void {
  add(mistakeOf(result, truth, said).amount, size)
}

function mistakeOf(result: Score, truth: string, said: string | null): Mistake {
  const names = { truth: normalName(truth), said: said === null ? null : normalName(said) }
  const key = `${names.truth}→${names.said}`
  const known = result.mistakes.get(key) ?? { ...names, amount: none() }
  result.mistakes.set(key, known)
  return known
}

/**
 * Two types are of one layout class when they have the same name once their wrappers are gone: types that consist of one member or
 * base that is as large as they are. Of arrays it is their elements.
 */
export function layoutClasses(types: SaidType[]): (a: string, b: string) => boolean {
  const byName = new Map(types.filter(({ size }) => (size ?? 0) > 0).map((type) => [normalName(type.name), type]))
  const unwrapped = (name: string): string => {
    let inner = normalName(name.replace(/\[\d*\]$/, ''))
    for (let depth = 0; depth < 20; depth++) {
      const type = byName.get(inner)
      const parts = [...(type?.bases ?? []).map(({ name, size }) => ({ type: name, size })), ...(type?.members ?? [])]
      const whole = parts.filter(({ size }) => size === type?.size)
      if (type === undefined || whole.length !== 1 || whole[0] === undefined) break
      inner = normalName(whole[0].type.replace(/\[1\]$/, ''))
    }
    return inner
  }
  return (a, b) => unwrapped(a) === unwrapped(b)
}
