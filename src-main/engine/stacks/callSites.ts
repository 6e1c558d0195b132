/**
 * What a caller says that it passed: values of registers as a function found them, long after it has used them for something
 * else. Only where the call site names the very function whose frame this is, and that function makes no tail calls, by which
 * it could have been entered anew with other values. Source: DWARF 5 §2.5.1.7 (DW_OP_entry_value), §3.4; GNU's
 * DW_TAG_GNU_call_site.
 */
import { BODY } from '../dwarf/abbreviations.ts'
import { DW_TAG_GNU_call_site, DW_TAG_GNU_call_site_parameter, DW_TAG_call_site, DW_TAG_call_site_parameter } from '../dwarf/constants.ts'
import { offsetOf, refOf } from '../dwarf/units.ts'
import type { FunctionDies } from './functionDies.ts'
import type { UnitDies } from './unitDies.ts'

export interface CallSite {
  /** Reference of the DIE of the function that is called; -1 where that is computed. */
  origin: number
  /** Where the callee finds each, and what that was, in terms of the caller's frame. */
  parameters: { location: Uint8Array; value: Uint8Array }[]
}

/** Of one function. */
export interface CallSites {
  /** By return address, of the file. */
  byReturn: Map<number, CallSite>
  makesTailCalls: boolean
}

const MAX_LINKS = 8

/** Throws FormatError. */
export function readCallSites(functions: FunctionDies, dies: UnitDies, offset: number): CallSites {
  const sites: CallSites = { byReturn: new Map(), makesTailCalls: false }
  const { reader } = dies
  const { value } = reader
  const block = (slot: number): Uint8Array => reader.bytes.subarray(value[slot], value[slot] + reader.low[slot])
  const own = dies.read(offset)
  let site: CallSite | null = null
  let at = own?.next ?? 0
  for (let depth = own?.hasChildren ? 1 : 0; depth > 0 && at < dies.unit.end && functions.bodiesLeft > 0; ) {
    const began = at
    const die = dies.read(at)
    if (!die) {
      depth--
      at++
      continue
    }
    if (die.tag === DW_TAG_call_site || die.tag === DW_TAG_GNU_call_site) {
      if (reader.has(BODY.declaration)) sites.makesTailCalls = true
      site = { origin: reader.has(BODY.origin) ? value[BODY.origin] : -1, parameters: [] }
      if (reader.has(BODY.low)) sites.byReturn.set(value[BODY.low], site)
    } else if (die.tag === DW_TAG_call_site_parameter || die.tag === DW_TAG_GNU_call_site_parameter) {
      if (reader.has(BODY.location) && reader.has(BODY.frameBase)) site?.parameters.push({ location: block(BODY.location), value: block(BODY.frameBase) })
    }
    at = die.next
    if (die.hasChildren) depth++
    functions.bodiesLeft -= at - began
  }
  return sites
}

/** Whether a call site's origin is the function of a DIE: the two, or what they say they are, are one. */
export function isCallOf(functions: FunctionDies, site: CallSite, dies: UnitDies, offset: number): boolean {
  const callee = links(functions, refOf(dies.unit.space, offset))
  return links(functions, site.origin).some((ref) => callee.includes(ref))
}

/** A DIE, the abstract instance or declaration that it names, and so on. */
function links(functions: FunctionDies, ref: number): number[] {
  const refs: number[] = []
  while (ref >= 0 && refs.length < MAX_LINKS) {
    refs.push(ref)
    const index = functions.loader.finder.at(ref)
    const dies = index < 0 ? null : functions.unit(index)
    const { reader } = dies ?? {}
    ref = dies?.read(offsetOf(ref)) && reader?.has(BODY.origin) ? reader.value[BODY.origin] : -1
  }
  return refs
}
