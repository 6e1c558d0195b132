/**
 * Builds debug sections in memory from readable trees of DIEs (`dwarfTree.ts`): versions 2 to 5, 32- and 64-bit format,
 * every form, type units, split units and their packages, dwz's file. It writes what it is told to, also where that is
 * wrong. Sources: DWARF 5 §7; DWARF 4 §7; https://gcc.gnu.org/wiki/DebugFission for GNU's split units.
 */
import type { DwarfFile, DwarfSection } from '../../src-main/engine/dwarf/file.ts'
import { choose, formCode, noteUses, writeAttribute, type BuiltUnit, type Chosen } from './dwarfForms.ts'
import { ATTRIBUTE, TAG, UNIT_TYPE, type AttributeName } from './dwarfNames.ts'
import { indexSections, type Contribution } from './dwarfPackage.ts'
import { FileSections, fixed, offsetSize, UnitPools, withLength, writeAddresses, writeLines, writeRangeLists, writeStrOffsets } from './dwarfSections.ts'
import type { Die, FileSpec, RawBytes, UnitSpec, Value } from './dwarfTree.ts'

export * from './dwarfTree.ts'

export interface BuiltDwarf {
  files: DwarfFile[]
  /** Where a labelled DIE lies in its section; of a unit's own label its root. */
  offset(label: string): number
  /** Where units start in their section, file by file. */
  units: { section: DwarfSection; start: number; end: number }[][]
}

interface PlannedDie {
  tag: number
  children: boolean
  attributes: (Chosen & { code: number })[]
}

interface Planned extends BuiltUnit {
  dies: Map<Die, PlannedDie>
  /** Offsets by label, once written. */
  places: Map<string, number>
  end: number
  contributions: Contribution
}

type Event = { kind: 'enter'; die: Die } | { kind: 'bytes'; bytes: Uint8Array } | { kind: 'end' }

/** Any depth: trees that are deeper than a stack are what some tests are about. */
function* walk(root: Die): Generator<Event> {
  const open: Iterator<Die | RawBytes>[] = [[root][Symbol.iterator]()]
  while (open.length > 0) {
    const next = open[open.length - 1].next()
    if (next.done) {
      open.pop()
      if (open.length > 0) yield { kind: 'end' }
    } else if (next.value.kind === 'raw') yield { kind: 'bytes', bytes: next.value.bytes }
    else {
      yield { kind: 'enter', die: next.value }
      if (next.value.children !== null) open.push(next.value.children[Symbol.iterator]())
    }
  }
}

export function buildDwarf(...specs: FileSpec[]): BuiltDwarf {
  const files = specs.map((spec) => new FileSections(spec))
  const units = files.map((file) => unitsOf(file))
  const all = units.flat()
  const supplement = files.find(({ spec }) => spec.kind === 'dwz') ?? null
  for (const unit of all) link(unit, all, supplement)
  for (const unit of all) plan(unit)
  files.forEach((file, i) => {
    const shared = file.spec.sharedAbbreviations ? new Map<string, number>() : null
    for (const unit of units[i]) writeUnit(unit, shared)
    if (shared) writeAbbreviations(file, shared, true)
  })
  // File tables may have texts by index.
  for (const section of ['line', 'rnglists', 'strOffsets'] as const) for (const unit of all) writePools(unit, section)
  for (const { file, spec, pools } of all) writeAddresses(file, spec, pools)
  files.forEach((file, i) => {
    if (file.spec.package) indexSections(file, file.spec.package, units[i])
  })
  return {
    files: files.map((file) => ({ name: file.spec.name ?? file.spec.kind ?? 'main', kind: file.spec.kind ?? 'main', ...file.done() })),
    offset: (label) => placeOf(label, all.find(({ places }) => places.has(label))),
    units: units.map((of) => of.map(({ section, start, end }) => ({ section, start, end }))),
  }
}

/** The shortest way: one file, units of it. */
export const buildUnits = (...units: UnitSpec[]): BuiltDwarf => buildDwarf({ units })

function unitsOf(file: FileSections): Planned[] {
  let first: UnitPools | null = null
  return file.spec.units.map((spec) => {
    const unit = newUnit(file, spec, first)
    if (file.spec.kind === 'split' && !file.spec.package) first ??= unit.pools
    return unit
  })
}

function newUnit(file: FileSections, spec: UnitSpec, first: UnitPools | null): Planned {
  const pools = new UnitPools(first)
  const section = spec.version < 5 && (spec.kind === 'type' || spec.kind === 'split_type') ? 'types' : 'info'
  const find = (label: string): never => {
    throw new Error(`${label} is asked for too early`)
  }
  const unit: Planned = { spec, file, section, start: 0, end: 0, pools, skeleton: pools, supplement: null, find, dies: new Map(), places: new Map(), contributions: {} }
  if (/^strx/.test(spec.lines?.nameForm ?? '')) pools.uses.add('strOffsets')
  for (const event of walk(spec.root)) {
    if (event.kind !== 'enter' || event.die.label === null) continue
    if (unit.places.has(event.die.label)) throw new Error(`two DIEs of one unit are labelled ${event.die.label}`)
    unit.places.set(event.die.label, -1)
  }
  return unit
}

function placeOf(label: string, unit: Planned | undefined): number {
  const at = unit?.places.get(label) ?? -1
  if (at < 0) throw new Error(`nothing is labelled ${label}`)
  return at
}

function link(unit: Planned, all: Planned[], supplement: FileSections | null): void {
  unit.supplement = supplement
  if (unit.spec.kind === 'split_compile' || unit.spec.kind === 'split_type') {
    const skeleton = all.find(({ spec }) => spec.kind === 'skeleton' && spec.id === unit.spec.id)
    if (skeleton) unit.skeleton = skeleton.pools
  }
  unit.find = (label) => {
    const having = unit.places.has(label) ? [unit] : all.filter(({ places }) => places.has(label))
    if (having.length !== 1) throw new Error(`${having.length} units have something labelled ${label}`)
    const [target] = having
    return { unit: target, place: () => ({ file: target.file, unit: target, offset: placeOf(label, target) }) }
  }
}

/** Chooses the forms. */
function plan(unit: Planned): void {
  for (const event of walk(unit.spec.root)) {
    if (event.kind !== 'enter') continue
    const { tag, attributes, children } = event.die
    const chosen = Object.entries(attributes).map(([name, value]) => attribute(unit, name as AttributeName, value as Value))
    unit.dies.set(event.die, { tag: typeof tag === 'number' ? tag : TAG[tag], children: children !== null, attributes: chosen })
  }
}

function attribute(unit: Planned, name: AttributeName, value: Value): Chosen & { code: number } {
  const code = ATTRIBUTE[name] ?? Number(name)
  const chosen = choose(name, value, unit)
  noteUses(unit, chosen)
  return { code, ...chosen }
}

/** DW_AT_str_offsets_base and the like, as far as the unit, or its split one, needs them and doesn't give them itself. */
function addBases(unit: Planned): void {
  const { spec: { version, kind, id, root, lines }, pools: { uses } } = unit
  const { attributes } = unit.dies.get(root) as PlannedDie
  const add = (name: AttributeName, value: Value): void => {
    if (!(name in root.attributes)) attributes.push(attribute(unit, name, value))
  }
  if (version < 5 && (kind === 'skeleton' || kind === 'split_compile')) add('GNU_dwo_id', id)
  if (lines) add('stmt_list', { kind: 'base', section: 'line' })
  if (kind === 'split_compile' || kind === 'split_type') return
  if (uses.has('strOffsets')) add('str_offsets_base', { kind: 'base', section: 'strOffsets' })
  if (uses.has('rnglists')) add('rnglists_base', { kind: 'base', section: 'rnglists' })
  if (uses.has('addr')) add(version < 5 ? 'GNU_addr_base' : 'addr_base', { kind: 'base', section: 'addr' })
  if (uses.has('ranges')) add('GNU_ranges_base', { kind: 'base', section: 'ranges' })
}

function writeUnit(unit: Planned, shared: Map<string, number> | null): void {
  const { file, section, spec } = unit
  const out = file.out[section]
  const codes = shared ?? new Map<string, number>()
  const abbrev = file.out.abbrev.length
  addBases(unit)
  unit.start = out.length
  withLength(file, section, spec.format, () => {
    writeHeader(unit, shared || file.spec.package ? 0 : abbrev)
    for (const event of walk(spec.root)) {
      if (event.kind === 'end') out.u8(0)
      else if (event.kind === 'bytes') out.bytes(event.bytes)
      else writeDie(unit, event.die, codes)
    }
  }, spec.header.length)
  unit.end = out.length
  if (!shared) writeAbbreviations(file, codes, !spec.openAbbreviations)
  unit.contributions[section] = [unit.start, unit.end]
  unit.contributions.abbrev = [abbrev, file.out.abbrev.length]
}

function writeHeader({ spec, file, section, start, places }: Planned, abbrev: number): void {
  const { version, kind, header, id, type } = spec
  const out = file.out[section]
  const size = offsetSize(spec)
  const { abbrevOffset = abbrev, addressSize = spec.addressSize } = header
  out.u16(header.version ?? version)
  if (version >= 5) out.u8(header.unitType ?? UNIT_TYPE[kind], addressSize)
  out.bytes(fixed(size, abbrevOffset))
  if (version < 5) out.u8(addressSize)
  if (kind === 'type' || kind === 'split_type') {
    out.u64(id)
    file.later(section, size, () => fixed(size, header.typeOffset ?? (places.get(type) ?? start) - start))
  } else if (version >= 5 && (kind === 'skeleton' || kind === 'split_compile')) out.u64(id)
}

function writeDie(unit: Planned, die: Die, codes: Map<string, number>): void {
  const { tag, children, attributes } = unit.dies.get(die) as PlannedDie
  const out = unit.file.out[unit.section]
  const declared = attributes.map(({ code, form, value }) => [code, formCode(form), form === 'implicit_const' ? String(value) : ''].join(':'))
  const key = [tag, Number(children), ...declared].join(' ')
  const code = codes.get(key) ?? codes.size + 1
  codes.set(key, code)
  if (die.label !== null) unit.places.set(die.label, out.length)
  out.uleb128(code)
  for (const chosen of attributes) writeAttribute(out, unit, chosen)
}

function writeAbbreviations(file: FileSections, codes: Map<string, number>, terminated: boolean): void {
  const out = file.out.abbrev
  for (const [key, code] of codes) {
    const [tag, children, ...attributes] = key.split(' ')
    out.uleb128(code).uleb128(Number(tag)).u8(Number(children))
    for (const attribute of attributes) {
      const [name, form, constant] = attribute.split(':')
      out.uleb128(Number(name)).uleb128(Number(form))
      if (constant !== '') out.sleb128(BigInt(constant))
    }
    out.u8(0, 0)
  }
  if (terminated) out.u8(0)
}

function writePools(unit: Planned, section: 'line' | 'strOffsets' | 'rnglists'): void {
  const { file, spec, pools, contributions } = unit
  const start = file.out[section].length
  if (section === 'line' && spec.lines) writeLines(file, spec, spec.lines, pools)
  if (section === 'rnglists' && !pools.isShared) writeRangeLists(file, spec, pools, unit.skeleton)
  if (section === 'strOffsets' && !pools.isShared) writeStrOffsets(file, spec, pools)
  contributions[section] = [start, file.out[section].length]
}
