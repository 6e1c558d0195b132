/**
 * What the variables and parameters of every frame are and where they lie: roots that have a type. Of frames whose function
 * has debug information; where a variable is in several pieces, was optimized away or its value is only computed from what is
 * gone, it is left out, and so are frames that were only guessed. Units that are split off (`.dwo`) are refused, with a note.
 */
import { moduleAt, moduleName, type Module } from '../corefile/modules.ts'
import { UnitLoader } from '../dwarf/unitLoader.ts'
import type { ProcessSymbols } from '../symbols/processSymbols.ts'
import { isCallOf, readCallSites, type CallSites } from './callSites.ts'
import { evaluate, evaluateAddress, type EvaluationContext, type Place } from './evaluate.ts'
import { FunctionDies } from './functionDies.ts'
import { openModuleDwarf, type ModuleDwarf } from './moduleDwarf.ts'
import { scopeAt, type Scope } from './scopedVariables.ts'
import type { UnitDies } from './unitDies.ts'
import type { Frame, Stack } from './unwind.ts'
import type { UnwindQuery } from './unwindThreads.ts'
import { VariableTypes, type StackType } from './variableTypes.ts'

export interface StackVariable {
  /** Position among the threads, and of the frame, innermost first. */
  thread: number
  frame: number
  /** The function it belongs to, which may be inlined into the frame's. */
  function: string
  /** '' for a parameter without one. */
  name: string
  /** Where it lies; null where it is in a register or nowhere. */
  address: number | null
  /** What it holds where it has no address; null for what is no integer or pointer below 2^53. */
  value: number | null
  type: StackType
}

/** More than any process has; a hostile core could claim more. */
const MAX_VARIABLES = 2_000_000
/** What a caller passed may be what its own caller passed. */
const MAX_CALLS = 8
/** Of all expressions of a module's variables. */
const MAX_STEPS = 20_000_000

/** A frame, and those that led to it. */
interface Placed {
  thread: number
  at: number
  frame: Frame
  frames: readonly Frame[]
}

interface Asked extends Placed {
  dies: UnitDies
  offset: number
}

/** In the order of threads and frames. `symbols`: types of modules that are not attached have no ids. */
export async function stackVariables(query: UnwindQuery & { symbols: ProcessSymbols }, stacks: readonly Stack[]): Promise<StackVariable[]> {
  const found: StackVariable[] = []
  for (const [module, frames] of framesByModule(query.modules, stacks)) {
    const dwarf = await openModuleDwarf(module, query.decompressor, query.diagnostics)
    if (dwarf) new ModuleVariables(query, module, dwarf).add(frames, found)
  }
  return found.sort((a, b) => a.thread - b.thread || a.frame - b.frame)
}

function framesByModule(modules: Module[], stacks: readonly Stack[]): Map<Module, Placed[]> {
  const byModule = new Map<Module, Placed[]>()
  stacks.forEach(({ frames }, thread) =>
    frames.forEach((frame, at) => {
      // a wrong guess would make types of anything
      const module = frame.isGuess ? undefined : moduleAt(modules, frame.lookup)
      if (!module || module.debugFiles.dwarfIn === null) return
      const list = byModule.get(module)
      if (list) list.push({ thread, at, frame, frames })
      else byModule.set(module, [{ thread, at, frame, frames }])
    }),
  )
  return byModule
}

class ModuleVariables {
  private readonly query: UnwindQuery & { symbols: ProcessSymbols }
  private readonly module: Module
  private readonly dwarf: ModuleDwarf
  private readonly functions: FunctionDies
  private readonly types: VariableTypes
  private readonly scopes = new Map<string, Scope>()
  private readonly sites = new Map<string, CallSites>()
  private readonly budget = { steps: MAX_STEPS }

  constructor(query: UnwindQuery & { symbols: ProcessSymbols }, module: Module, dwarf: ModuleDwarf) {
    const loader = new UnitLoader(dwarf.units, query.diagnostics)
    this.query = query
    this.module = module
    this.dwarf = dwarf
    this.functions = new FunctionDies(loader, dwarf.aranges, query.diagnostics)
    this.types = new VariableTypes(loader, query.symbols, query.symbols.module(query.modules.indexOf(module)))
  }

  add(frames: Placed[], to: StackVariable[]): void {
    const asked: Asked[] = []
    let split = false
    for (const placed of frames) {
      const found = this.functions.at(placed.frame.lookup - this.module.bias)
      split ||= this.functions.isSplit
      if (found) asked.push({ ...placed, ...found })
    }
    if (split) this.query.diagnostics.add('unsupported', moduleName(this.module), null, 'its debug information is split (.dwo): variables on stacks have no types')
    // unit by unit: the types of one are read once
    asked.sort((a, b) => a.dies.index - b.dies.index)
    for (const one of asked) {
      if (to.length >= MAX_VARIABLES) return
      this.query.diagnostics.guard(undefined, () => this.addFrame(one, to))
    }
  }

  private addFrame(asked: Asked, to: StackVariable[]): void {
    const { thread, at, frame, dies, offset } = asked
    const scope = this.scope(dies, offset, frame.lookup - this.module.bias)
    const { symbols, diagnostics } = this.query
    const owner = symbols.functionAt(frame.lookup)?.name ?? ''
    const context = this.context(asked, scope)
    for (const { name, type: ref, location, inlined } of scope.variables) {
      const place = diagnostics.guard(null, () => evaluate(location, context))
      if (!place) continue
      const type = this.types.of(dies.index, ref)
      const { address, value } = this.resolve(place, frame, type)
      if (address === null && value === null) continue
      to.push({ thread, frame: at, function: inlined < 0 ? owner : this.types.functionName(dies.index, inlined), name, address, value, type })
    }
  }

  /** A recursion asks for the same scope at each of its frames. */
  private scope(dies: UnitDies, offset: number, address: number): Scope {
    const key = `${dies.index} ${offset} ${address}`
    let scope = this.scopes.get(key)
    if (!scope) this.scopes.set(key, (scope = scopeAt(this.functions, this.dwarf.locations, dies, offset, address)))
    return scope
  }

  private context(asked: Asked, { dies, frameBase }: Scope, depth = 0): EvaluationContext {
    const { frame } = asked
    const { memory } = this.query
    let isAsked = false
    const context: EvaluationContext = {
      memory(address, size) {
        const read = address <= BigInt(Number.MAX_SAFE_INTEGER) ? memory.read(Number(address), size) : null
        return read?.ok === true ? read.bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n) : null
      },
      register: (number) => frame.registers[number] ?? null,
      frameBase: () => {
        if (isAsked || !frameBase) return null // a base that counts from itself
        isAsked = true
        const place = evaluate(frameBase, context)
        isAsked = false
        if (!place) return null
        return place.kind === 'register' ? context.register(place.register) : place.kind === 'address' ? place.address : place.value
      },
      cfa: () => (Number.isNaN(frame.cfa) ? null : BigInt(frame.cfa)),
      bias: this.module.bias,
      indexedAddress: (index) => dies.reader.indexedAddress(index),
      addressSize: dies.unit.addressSize,
      budget: this.budget,
      entryValue: (location) => (depth < MAX_CALLS ? this.query.diagnostics.guard(null, () => this.entryValue(asked, location, depth)) : null),
    }
    return context
  }

  /** By the caller's call site, where the caller is of this module. Throws FormatError. */
  private entryValue({ thread, at, frame, frames, dies, offset }: Asked, location: Uint8Array, depth: number): bigint | null {
    const caller = frames[at + 1]
    if (!caller || frame.isSignal || caller.isSignal || caller.isGuess) return null
    const of = this.functions.at(caller.lookup - this.module.bias)
    const site = of && this.sitesOf(of.dies, of.offset).byReturn.get(caller.pc - this.module.bias)
    if (!site || site.origin < 0 || this.sitesOf(dies, offset).makesTailCalls || !isCallOf(this.functions, site, dies, offset)) return null
    const passed = site.parameters.find((parameter) => Buffer.compare(parameter.location, location) === 0)
    if (!passed) return null
    const asked: Asked = { thread, at: at + 1, frame: caller, frames, ...of }
    return evaluateAddress(passed.value, this.context(asked, this.scope(of.dies, of.offset, caller.lookup - this.module.bias), depth + 1))
  }

  private sitesOf(dies: UnitDies, offset: number): CallSites {
    const key = `${dies.index} ${offset}`
    let sites = this.sites.get(key)
    if (!sites) this.sites.set(key, (sites = readCallSites(this.functions, dies, offset)))
    return sites
  }

  private resolve(place: Place, frame: Frame, type: StackType): Pick<StackVariable, 'address' | 'value'> {
    if (place.kind === 'address') {
      const address = Number(place.address)
      return { address: Number.isSafeInteger(address) && this.query.memory.find(address) ? address : null, value: null }
    }
    const whole = place.kind === 'value' ? place.value : (frame.registers[place.register] ?? null)
    if (whole === null) return { address: null, value: null }
    const size = type.type === null ? 8 : this.query.symbols.size(type.type)
    const value = size > 0 && size < 8 ? BigInt.asUintN(size * 8, whole) : whole
    return { address: null, value: size <= 8 && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null }
  }
}
