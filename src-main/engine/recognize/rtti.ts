/**
 * Bases of a class by its RTTI: which of them lies at an offset of a complete object. The three kinds of typeinfo are
 * told apart by shape. Source: Itanium C++ ABI §2.9.5 (__class_type_info, __si_class_type_info, __vmi_class_type_info).
 */
import { word } from '../bytes/cursor.ts'
import { moduleAt, type Module } from '../corefile/modules.ts'
import { PF_X } from '../elf/file.ts'
import type { AddressSpace } from '../memory/addressSpace.ts'

const MAX_DEPTH = 64
const MAX_VISITS = 2000
const MAX_BASES = 1000
/** Words of a group of vtables that are looked through. */
const MAX_GROUP = 8192
const VIRTUAL = 1

/** A small signed 64-bit value; NaN where it is absent or large. */
export function signedWord(memory: AddressSpace, at: number): number {
  const read = memory.read(at, 8)
  if (!read.ok) return NaN
  const view = new DataView(read.bytes.buffer)
  if (view.getUint32(4, true) !== 0xffff_ffff) return word(view, 0)
  return view.getInt32(0, true) < 0 ? view.getInt32(0, true) : NaN
}

/** Whether a typeinfo object begins here: a pointer into a vtable, which is no code, then the address of a name. */
export function isTypeinfo(memory: AddressSpace, modules: Module[], address: number): boolean {
  if (!(address > 0) || address % 8 !== 0 || !moduleAt(modules, address)) return false
  const vtable = memory.word(address)
  const range = memory.find(vtable)
  return moduleAt(modules, vtable) !== undefined && range !== null && (range.flags & PF_X) === 0 && moduleAt(modules, memory.word(address + 8)) !== undefined
}

/**
 * The typeinfo of the base that lies `offset` bytes into a complete object; NaN where it can't be told.
 * @param pointer an address point of the class's vtables, the one for that base
 */
export function baseAt(memory: AddressSpace, modules: Module[], pointer: number, offset: number): number {
  const typeinfo = memory.word(pointer - 8)
  if (!isTypeinfo(memory, modules, typeinfo)) return NaN
  const points = addressPoints(memory, pointer, typeinfo)
  let visits = 0
  return find(typeinfo, 0, 0)

  function find(info: number, start: number, depth: number): number {
    if (depth > MAX_DEPTH || visits++ > MAX_VISITS) return NaN
    for (const [base, at] of basesOf(info, start)) {
      if (at === offset) return base
      const inside = find(base, at, depth + 1)
      if (inside > 0) return inside
    }
    return NaN
  }

  /** Each base with where it lies in the complete object, given where the class itself does. */
  function basesOf(info: number, start: number): [typeinfo: number, at: number][] {
    const only = memory.word(info + 16)
    if (isTypeinfo(memory, modules, only)) return [[only, start]]
    const flags = only % 2 ** 32
    const count = Math.floor(only / 2 ** 32)
    if (!(flags <= 3 && count >= 1 && count <= MAX_BASES)) return []
    const bases: [number, number][] = []
    for (let i = 0; i < count; i++) {
      const base = memory.word(info + 24 + i * 16)
      const offsetFlags = signedWord(memory, info + 32 + i * 16)
      if (!isTypeinfo(memory, modules, base) || Number.isNaN(offsetFlags)) return bases
      const value = Math.floor(offsetFlags / 256)
      const low = offsetFlags - value * 256
      bases.push([base, low & VIRTUAL ? start + signedWord(memory, (points.get(start) ?? NaN) + value) : start + value])
    }
    return bases
  }
}

/** Address points of a class's group of vtables, by where their bases lie in a complete object. */
function addressPoints(memory: AddressSpace, pointer: number, typeinfo: number): Map<number, number> {
  const points = new Map<number, number>()
  const collect = (at: number): boolean => {
    if (memory.word(at - 8) !== typeinfo) return true
    const offset = -signedWord(memory, at - 16)
    if (!(offset >= 0)) return false
    if (!points.has(offset)) points.set(offset, at)
    return offset !== 0
  }
  // back to the primary one, then on to the last
  for (let at = pointer, left = MAX_GROUP; left > 0 && collect(at); left--) at -= 8
  for (let at = pointer + 8, left = MAX_GROUP; left > 0; left--, at += 8) if (memory.word(at - 8) === typeinfo && !collect(at)) break
  return points
}
