/**
 * No type holds itself by value: whoever follows members, bases, typedefs and elements comes to an end without keeping
 * count. Only damage makes such rings; here the reference that closes one becomes void.
 */
import { PART, TYPE, type PartColumns, type TypeColumns } from '../symbols/tables.ts'
import { NumberList } from './columns.ts'

/** Kinds that are what their target is. */
const SAME = Uint8Array.from(Object.values(TYPE), (kind) =>
  kind === TYPE.typedef || kind === TYPE.const || kind === TYPE.volatile || kind === TYPE.restrict || kind === TYPE.atomic || kind === TYPE.array || kind === TYPE.enum ? 1 : 0,
)
const HELD = Uint8Array.from(Object.values(PART), (kind) =>
  kind === PART.member || kind === PART.base || kind === PART.virtualBase || kind === PART.discriminant || kind === PART.variant || kind === PART.defaultVariant ? 1 : 0,
)

const NEW = 0
const OPEN = 1
const DONE = 2

/** Answers how many references it changed. Depth first, each type once. */
export function breakRings(types: TypeColumns, parts: PartColumns): number {
  const { kind, target, firstPart, partCount, count } = types
  const state = new Uint8Array(count)
  /** The types that hold one another on the way here, and how far into what each holds: 0 is the target, then the parts. */
  const path = new NumberList()
  const next = new NumberList()
  let broken = 0
  for (let start = 1; start < count; start++) {
    if (state[start] !== NEW) continue
    state[start] = OPEN
    path.push(start)
    next.push(0)
    while (path.length > 0) {
      const type = path.values[path.length - 1]
      const step = next.values[next.length - 1]++
      if (step > partCount[type]) {
        state[type] = DONE
        path.length--
        next.length--
        continue
      }
      const part = firstPart[type] + step - 1
      const held = step === 0 ? (SAME[kind[type]] === 1 ? target[type] : 0) : HELD[parts.kind[part]] === 1 ? parts.type[part] : 0
      if (held === 0 || state[held] === DONE) continue
      if (state[held] === NEW) {
        state[held] = OPEN
        path.push(held)
        next.push(0)
        continue
      }
      if (step === 0) target[type] = 0
      else parts.type[part] = 0
      broken++
    }
  }
  return broken
}
