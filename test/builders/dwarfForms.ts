/**
 * Attributes of the DWARF builder: which form suits a value, and its bytes in that form.
 * Sources: DWARF 5 §7.5.5, §7.5.6, §7.7; GNU's forms as binutils and dwz write them.
 */
import { ByteWriter } from './byteWriter.ts'
import { FORM, OPERATION, type AttributeName, type FormName } from './dwarfNames.ts'
import { fixed, offsetSize, putFixed, type FileSections, type UnitPools } from './dwarfSections.ts'
import type { Expression, Operation, PlainValue, RangeList, UnitSpec, Value } from './dwarfTree.ts'

/** A DIE's place, once its unit was written. */
export interface Place {
  file: FileSections
  unit: BuiltUnit
  /** Into its section. */
  offset: number
}

/** One unit while it is built. */
export interface BuiltUnit {
  spec: UnitSpec
  file: FileSections
  section: 'info' | 'types'
  /** Of its header; set once written. */
  start: number
  pools: UnitPools
  /** Where its addresses go, and range lists of version 4: its own, or the skeleton's of a split unit. */
  skeleton: UnitPools
  /** Where dwz's texts go. */
  supplement: FileSections | null
  /** DIEs with labels, first those of this unit. */
  find: (label: string) => { unit: BuiltUnit; place: () => Place }
}

export interface Chosen {
  form: FormName | number
  /** The forms that DW_FORM_indirect leads to, outermost first. */
  indirect: (FormName | number)[]
  value: PlainValue
}

export const formCode = (form: FormName | number): number => (typeof form === 'number' ? form : FORM[form])

const SECTION_OFFSETS: ReadonlySet<string> = new Set(['stmt_list', 'str_offsets_base', 'addr_base', 'rnglists_base', 'loclists_base', 'GNU_addr_base', 'GNU_ranges_base', 'ranges', 'location'])

export function choose(attribute: AttributeName | number, value: Value, unit: BuiltUnit): Chosen {
  const forms: (FormName | number)[] = []
  let plain = value
  while (isFormed(plain)) {
    forms.push(plain.form)
    plain = plain.value
  }
  if (forms.length === 0) forms.push(suitable(attribute, plain, unit))
  else if (forms.at(-1) === 'indirect') forms.push(suitable(attribute, plain, unit))
  return { form: forms[0], indirect: forms.slice(1), value: plain }
}

/** Which bases the unit must say so that a reader finds what the value, in its form, refers to by index. */
export function noteUses({ pools, skeleton }: BuiltUnit, { form, indirect, value }: Chosen): void {
  const last = String(indirect.at(-1) ?? form)
  if (/^strx/.test(last)) pools.uses.add('strOffsets')
  if (/^(addrx|GNU_addr_index)/.test(last)) skeleton.uses.add('addr')
  if (last === 'rnglistx') pools.uses.add('rnglists')
  if (typeof value !== 'object' || value instanceof Uint8Array) return
  if (value.kind === 'expression' && value.operations.some(([name]) => /^(addrx|constx|GNU_addr_index|GNU_const_index)$/.test(String(name)))) skeleton.uses.add('addr')
  if (value.kind !== 'ranges') return
  if (skeleton !== pools) skeleton.uses.add('ranges')
  if (value.entries.some(([kind]) => kind.includes('x'))) skeleton.uses.add('addr')
}

const isFormed = (value: Value): value is Extract<Value, { kind: 'formed' }> => typeof value === 'object' && !(value instanceof Uint8Array) && value.kind === 'formed'

function suitable(attribute: AttributeName | number, value: PlainValue, unit: BuiltUnit): FormName {
  const { version, kind, format } = unit.spec
  const split = kind === 'split_compile' || kind === 'split_type'
  const sectionOffset = version >= 4 ? 'sec_offset' : format === 64 ? 'data8' : 'data4'
  if (typeof value === 'string') return split ? (version >= 5 ? 'strx1' : 'GNU_str_index') : value.length > 3 ? 'strp' : 'string'
  if (typeof value === 'boolean') return value && version >= 4 ? 'flag_present' : 'flag'
  if (typeof value === 'object') {
    if (value instanceof Uint8Array) return value.length < 256 ? 'block1' : 'block'
    if (value.kind === 'expression') return version >= 4 ? 'exprloc' : 'block1'
    if (value.kind !== 'reference') return sectionOffset
    const target = unit.find(value.label).unit
    if (target === unit) return 'ref4'
    if (target.file !== unit.file) return 'GNU_ref_alt'
    return target.spec.type === value.label ? 'ref_sig8' : 'ref_addr'
  }
  const address = split ? (version >= 5 ? 'addrx' : 'GNU_addr_index') : 'addr'
  if (attribute === 'low_pc' || (attribute === 'high_pc' && version < 4)) return address
  if (attribute === 'high_pc') return 'data8'
  if (attribute === 'GNU_dwo_id') return 'data8'
  if (typeof attribute === 'string' && SECTION_OFFSETS.has(attribute)) return sectionOffset
  if (value < 0) return 'sdata'
  return value < 0x100 ? 'data1' : value < 0x10000 ? 'data2' : value <= 0xffffffff ? 'data4' : 'data8'
}

/** Writes the value behind the forms that DW_FORM_indirect leads to. */
export function writeAttribute(out: ByteWriter, unit: BuiltUnit, { form, indirect, value }: Chosen): void {
  for (const next of indirect) out.uleb128(formCode(next))
  writeValue(out, unit, indirect.at(-1) ?? form, value)
}

function writeValue(out: ByteWriter, unit: BuiltUnit, form: FormName | number, value: PlainValue): void {
  if (typeof form === 'number') {
    if (value instanceof Uint8Array) out.bytes(value)
    else throw new Error('what has no name is given as bytes')
    return
  }
  const later = (size: number, encode: () => ArrayLike<number>): void => unit.file.later(unit.section, size, encode)
  switch (form) {
    case 'string':
      return void out.text(text(value))
    case 'strp':
      return putFixed(out, offsetSize(unit.spec), typeof value === 'string' ? unit.file.text('str', value) : number(value))
    case 'line_strp':
      return putFixed(out, offsetSize(unit.spec), typeof value === 'string' ? unit.file.text('lineStr', value) : number(value))
    case 'strp_sup':
    case 'GNU_strp_alt':
      return putFixed(out, offsetSize(unit.spec), typeof value === 'string' ? supplement(unit).text('str', value) : number(value))
    case 'strx':
    case 'GNU_str_index':
      return void out.uleb128(typeof value === 'string' ? unit.pools.string(value) : number(value))
    case 'strx1':
    case 'strx2':
    case 'strx3':
    case 'strx4':
      return putFixed(out, Number(form.slice(4)), typeof value === 'string' ? unit.pools.string(value) : number(value))
    case 'addr':
      return putFixed(out, unit.spec.addressSize, number(value))
    case 'addrx':
    case 'GNU_addr_index':
      return void out.uleb128(unit.skeleton.address(Number(number(value))))
    case 'addrx1':
    case 'addrx2':
    case 'addrx3':
    case 'addrx4':
      return putFixed(out, Number(form.slice(5)), unit.skeleton.address(Number(number(value))))
    case 'flag':
      return void out.u8(Number(value))
    case 'flag_present':
    case 'implicit_const':
      return
    case 'data1':
    case 'data2':
    case 'data4':
    case 'data8':
    case 'data16':
    case 'sec_offset': {
      const size = form === 'sec_offset' ? offsetSize(unit.spec) : Number(form.slice(4))
      return writeData(out, size, value, unit, later)
    }
    case 'sdata':
      return void out.sleb128(number(value))
    case 'udata':
    case 'loclistx':
      return void out.uleb128(number(value))
    case 'rnglistx':
      return void out.uleb128(isRanges(value) ? unit.pools.indexedLists.push(value) - 1 : number(value))
    case 'block1':
    case 'block2':
    case 'block4': {
      const bytes = block(value, unit)
      putFixed(out, Number(form.slice(5)), bytes.length)
      return void out.bytes(bytes)
    }
    case 'block':
    case 'exprloc': {
      const bytes = block(value, unit)
      return void out.uleb128(bytes.length).bytes(bytes)
    }
    case 'ref1':
    case 'ref2':
    case 'ref4':
    case 'ref8':
      return later(Number(form.slice(3)), () => fixed(Number(form.slice(3)), target(value, unit, true)))
    case 'ref_udata':
      return later(5, () => new ByteWriter().uleb128(target(value, unit, true), 5).done())
    case 'ref_addr': {
      const size = unit.spec.version === 2 ? unit.spec.addressSize : offsetSize(unit.spec)
      return later(size, () => fixed(size, target(value, unit, false)))
    }
    case 'GNU_ref_alt':
      return later(offsetSize(unit.spec), () => fixed(offsetSize(unit.spec), target(value, unit, false)))
    case 'ref_sup4':
      return later(4, () => fixed(4, target(value, unit, false)))
    case 'ref_sup8':
      return later(8, () => fixed(8, target(value, unit, false)))
    case 'ref_sig8':
      return later(8, () => fixed(8, typeof value === 'object' && 'label' in value ? unit.find(value.label).unit.spec.id : number(value)))
    case 'indirect':
      throw new Error('DW_FORM_indirect leads nowhere')
  }
}

function writeData(out: ByteWriter, size: number, value: PlainValue, unit: BuiltUnit, later: (size: number, encode: () => ArrayLike<number>) => void): void {
  if (value instanceof Uint8Array) {
    if (value.length !== size) throw new Error(`${value.length} bytes in a form of ${size}`)
    out.bytes(value)
  } else if (isRanges(value)) {
    const old = unit.spec.version < 5
    const entry = { list: value, at: 0 }
    ;(old ? unit.skeleton : unit.pools).lists.push(entry)
    // GNU's split units count from their skeleton's DW_AT_GNU_ranges_base.
    later(size, () => fixed(size, entry.at - (old && unit.skeleton !== unit.pools ? unit.skeleton.base.ranges : 0)))
  } else if (typeof value === 'object' && value.kind === 'base') {
    const { section } = value
    const pools = section === 'addr' ? unit.skeleton : section === 'ranges' ? unit.skeleton : unit.pools
    later(size, () => fixed(size, pools.base[section]))
  } else putFixed(out, size, number(value))
}

const isRanges = (value: PlainValue): value is RangeList => typeof value === 'object' && 'kind' in value && value.kind === 'ranges'

function text(value: PlainValue): string {
  if (typeof value === 'string') return value
  throw new Error(`${String(value)} is no text`)
}

function number(value: PlainValue): number | bigint {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  throw new Error(`${JSON.stringify(value)} is no number`)
}

function supplement(unit: BuiltUnit): FileSections {
  if (unit.supplement) return unit.supplement
  throw new Error('no file of kind dwz')
}

function target(value: PlainValue, unit: BuiltUnit, within: boolean): number | bigint {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  if (typeof value !== 'object' || !('label' in value)) throw new Error(`${JSON.stringify(value)} is no reference`)
  const { place } = unit.find(value.label)
  const { unit: other, offset } = place()
  if (within && other !== unit) throw new Error(`${value.label} is in another unit`)
  return within ? offset - unit.start : offset
}

function block(value: PlainValue, unit: BuiltUnit): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (typeof value === 'object' && value.kind === 'expression') return compile(value, unit)
  throw new Error(`${JSON.stringify(value)} is no block`)
}

function compile({ operations }: Expression, unit: BuiltUnit): Uint8Array {
  const out = new ByteWriter()
  for (const operation of operations) writeOperation(out, unit, operation)
  return out.done()
}

function writeOperation(out: ByteWriter, unit: BuiltUnit, [name, ...operands]: Operation): void {
  if (typeof name === 'number') return void out.u8(name, ...operands.map(Number))
  out.u8(OPERATION[name])
  const [operand = 0] = operands as (number | bigint)[]
  switch (name) {
    case 'addr':
      return putFixed(out, unit.spec.addressSize, operand)
    case 'addrx':
    case 'constx':
    case 'GNU_addr_index':
    case 'GNU_const_index':
      return void out.uleb128(unit.skeleton.address(Number(operand)))
    case 'const1u':
    case 'const1s':
    case 'const2u':
    case 'const2s':
    case 'const4u':
    case 'const4s':
    case 'const8u':
    case 'const8s':
      return putFixed(out, Number(name[5]), operand)
    case 'constu':
    case 'plus_uconst':
      return void out.uleb128(operand)
    case 'consts':
      return void out.sleb128(operand)
    default:
      if (operands.length > 0) throw new Error(`DW_OP_${name} has no operand`)
  }
}
