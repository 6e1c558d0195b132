/**
 * The variables and parameters that are in scope at an address of a function: of the function itself, of its blocks and of
 * what was inlined there. Static variables are not among them. Source: DWARF 5 §3.3, §3.5, §4.1.
 */
import { BODY } from '../dwarf/abbreviations.ts'
import { DW_OP_GNU_addr_index, DW_OP_addr, DW_OP_addrx, DW_TAG_formal_parameter, DW_TAG_inlined_subroutine, DW_TAG_lexical_block, DW_TAG_variable } from '../dwarf/constants.ts'
import { SIGNATURE_REF } from '../dwarf/dieReader.ts'
import { offsetOf } from '../dwarf/units.ts'
import type { FunctionDies } from './functionDies.ts'
import { expressionAt, type LocationSections } from './locationLists.ts'
import { holds, type UnitDies } from './unitDies.ts'

export interface ScopedVariable {
  name: string
  /** Reference of its type's DIE; -1 for none. */
  type: number
  /** Where it lies at that address. */
  location: Uint8Array
  /** Reference of the inlined function whose variable it is; -1: of the function that has the frame. */
  inlined: number
}

export interface Scope {
  dies: UnitDies
  /** DW_AT_frame_base; null where the function has none. */
  frameBase: Uint8Array | null
  variables: ScopedVariable[]
}

/** Abstract instances of abstract instances; more is a loop. */
const MAX_LINKS = 8
const MAX_DEPTH = 500
const MAX_VARIABLES = 100_000

interface Read {
  name: string
  type: number
  origin: number
}

/** Throws FormatError. @param address of the file */
export function scopeAt(functions: FunctionDies, sections: LocationSections, dies: UnitDies, offset: number, address: number): Scope {
  const walk = new ScopeWalk(functions, sections, dies, address)
  return walk.function(offset)
}

class ScopeWalk {
  private readonly functions: FunctionDies
  private readonly sections: LocationSections
  private readonly dies: UnitDies
  private readonly address: number
  private readonly loclistsBase: number
  private readonly variables: ScopedVariable[] = []

  constructor(functions: FunctionDies, sections: LocationSections, dies: UnitDies, address: number) {
    this.functions = functions
    this.sections = sections
    this.dies = dies
    this.address = address
    dies.read(dies.unit.dies)
    this.loclistsBase = dies.reader.has(BODY.loclists) ? dies.reader.value[BODY.loclists] : NaN
  }

  function(offset: number): Scope {
    const { dies, variables } = this
    const die = dies.read(offset)
    if (!die) return { dies, frameBase: null, variables }
    const frameBase = this.expression(BODY.frameBase, BODY.frameBaseList, BODY.frameBaseIndex)
    if (die.hasChildren) this.children(die.next)
    return { dies, frameBase, variables }
  }

  private children(first: number): void {
    const { dies } = this
    /** What is inlined at each depth. */
    const inlined = [-1]
    for (let at = first; inlined.length > 0 && this.functions.bodiesLeft > 0; ) {
      const began = at
      const die = dies.read(at)
      if (!die) {
        inlined.pop()
        at++
        continue
      }
      const enclosing = inlined[inlined.length - 1]
      switch (die.tag) {
        case DW_TAG_lexical_block:
        case DW_TAG_inlined_subroutine:
          if (die.hasChildren && inlined.length < MAX_DEPTH && holds(dies.ranges(), this.address)) {
            inlined.push(die.tag === DW_TAG_lexical_block ? enclosing : this.reference(BODY.origin))
            at = die.next
          } else at = dies.behind(die)
          break
        case DW_TAG_formal_parameter:
        case DW_TAG_variable: {
          const location = this.expression(BODY.location, BODY.locationList, BODY.locationIndex)
          const read = this.own(dies)
          at = dies.behind(die)
          if (location && location.length > 0 && !STATIC.has(location[0]) && this.variables.length < MAX_VARIABLES) {
            const { name, type } = this.completed(read)
            this.variables.push({ name, type, location, inlined: enclosing })
          }
          break
        }
        default:
          at = dies.behind(die)
      }
      this.functions.bodiesLeft -= at - began
    }
  }

  /** Of the DIE that was read last: a block, or what a list has for the address. */
  private expression(block: number, list: number, index: number): Uint8Array | null {
    const { reader, unit, root } = this.dies
    if (reader.has(block)) return reader.bytes.subarray(reader.value[block], reader.value[block] + reader.low[block])
    const slot = reader.has(list) ? list : reader.has(index) ? index : -1
    if (slot < 0) return null
    return this.functions.guard(null, () => expressionAt(this.sections, { unit, root, loclistsBase: this.loclistsBase }, reader.value[slot], slot === index, this.address))
  }

  private reference(slot: number, dies = this.dies): number {
    const { reader } = dies
    if (!reader.has(slot)) return -1
    return reader.value[slot] === SIGNATURE_REF ? this.functions.loader.finder.bySignature(reader.signatureOf(slot)) : reader.value[slot]
  }

  private own(dies: UnitDies): Read {
    const { reader } = dies
    return { name: reader.has(BODY.name) ? this.functions.text(reader.value[BODY.name]) : '', type: this.reference(BODY.type, dies), origin: this.reference(BODY.origin, dies) }
  }

  /** With what its abstract instance says. */
  private completed(read: Read): Read {
    let { name, type, origin } = read
    for (let links = 0; links < MAX_LINKS && origin >= 0 && (name === '' || type < 0); links++) {
      const index = this.functions.loader.finder.at(origin)
      const dies = index < 0 ? null : this.functions.unit(index)
      if (!dies?.read(offsetOf(origin))) break
      const more = this.own(dies)
      name ||= more.name
      if (type < 0) type = more.type
      origin = more.origin
    }
    return { name, type, origin }
  }
}

const STATIC: ReadonlySet<number> = new Set([DW_OP_addr, DW_OP_addrx, DW_OP_GNU_addr_index])
