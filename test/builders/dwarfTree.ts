/**
 * The vocabulary of the DWARF builder: trees of DIEs, with references by label, and what an attribute may be. Plain
 * descriptions; `dwarf.ts` turns them into bytes.
 *
 *     unit([
 *       die('base_type#int', { name: 'int', byte_size: 4, encoding: 5 }),
 *       die('structure_type', { name: 'A', byte_size: 4 }, [die('member', { name: 'x', type: ref('int'), data_member_location: 0 })]),
 *     ], { version: 4 })
 */
import type { DwarfFile } from '../../src-main/engine/dwarf/file.ts'
import type { AttributeName, ContentName, FormName, OperationName, TagName } from './dwarfNames.ts'

/** `#` and a label behind the tag make the DIE one that others can refer to. */
export type LabelledTag = TagName | `${TagName}#${string}`

export interface Die {
  kind: 'die'
  tag: TagName | number
  label: string | null
  attributes: Attributes
  /** null: the abbreviation says that there are none; []: it says there are, and the list is empty. */
  children: (Die | RawBytes)[] | null
}

/** Bytes in place of a DIE. */
export interface RawBytes {
  kind: 'raw'
  bytes: Uint8Array
}

/** In the order given. Numbers as keys are attributes without a name. */
export type Attributes = { [name in AttributeName]?: Value } & { [code: number]: Value }

/** What an attribute may be, in the form that suits it and the version. */
export type Value = PlainValue | Formed
/** A number in a form that is an index, an offset or a reference is that index, offset or reference, right or wrong. */
export type PlainValue = number | bigint | string | boolean | Uint8Array | Reference | Expression | RangeList | Base

export interface Formed {
  kind: 'formed'
  form: FormName | number
  value: Value
}

export interface Reference {
  kind: 'reference'
  label: string
}

/** An operation and its operands; those of addrx, GNU_addr_index, constx and GNU_const_index are what lies in .debug_addr. */
export type Operation = [OperationName | number, ...(number | bigint | Reference)[]]
export interface Expression {
  kind: 'expression'
  operations: Operation[]
}

/** `pair` of version 4 and before is `offset_pair`; addresses of the x kinds are put into .debug_addr. */
export type RangeEntry =
  | ['base_addressx' | 'base_address', number]
  | ['startx_endx' | 'startx_length' | 'offset_pair' | 'start_end' | 'start_length', number, number]
  | ['raw', Uint8Array]
export interface RangeList {
  kind: 'ranges'
  entries: RangeEntry[]
  /** False: without what ends a list. */
  terminated: boolean
}

/** Where the unit's contribution to a section of indexed things starts; added to units by itself. */
export interface Base {
  kind: 'base'
  section: 'strOffsets' | 'addr' | 'rnglists' | 'ranges' | 'line'
}

export type UnitKind = 'compile' | 'type' | 'partial' | 'skeleton' | 'split_compile' | 'split_type'

export interface LineTable {
  /** The unit's by default. */
  version?: number
  /** Of version 5: the first is the unit's folder, the others may be relative to it. Before: those after it. */
  directories: string[]
  /** Name and index of its folder, as the version counts. A unit's decl_file counts these from 0 in version 5, from 1 before. */
  files: [string, number][]
  /** Of version 5. */
  nameForm?: 'string' | 'line_strp' | 'strp' | 'strx' | 'strx1' | 'udata'
  /** Of version 5: what else each file has, with its form and a value. */
  extra?: [ContentName | number, FormName, PlainValue][]
}

export interface UnitSpec {
  version: 2 | 3 | 4 | 5
  format: 32 | 64
  addressSize: number
  kind: UnitKind
  /** Signature of a type unit; what skeleton and split unit have in common. */
  id: bigint
  /** Of a type unit: the label of its type. */
  type: string
  root: Die
  lines: LineTable | null
  /** In place of what is right. */
  header: Partial<Record<'length' | 'version' | 'abbrevOffset' | 'addressSize' | 'unitType' | 'typeOffset', number>>
  /** Its abbreviations end without the zero that ends them. */
  openAbbreviations: boolean
}

export interface FileSpec {
  name?: string
  kind?: DwarfFile['kind']
  units: UnitSpec[]
  /** A .dwp with indices of this version: each unit has contributions of its own. */
  package?: 2 | 5
  /** All units use one table of abbreviations. */
  sharedAbbreviations?: boolean
}

export function die(tag: LabelledTag | number, attributes: Attributes = {}, children: (Die | RawBytes)[] | null = null): Die {
  if (typeof tag === 'number') return { kind: 'die', tag, label: null, attributes, children }
  const [name, label = null] = tag.split('#') as [TagName, string?]
  return { kind: 'die', tag: name, label, attributes, children }
}

export const raw = (...bytes: number[]): RawBytes => ({ kind: 'raw', bytes: Uint8Array.from(bytes) })

/** To a DIE of the same unit, of another one, the type of a type unit, or a DIE of dwz's file. */
export const ref = (label: string): Reference => ({ kind: 'reference', label })

export const as = (form: FormName | number, value: Value): Formed => ({ kind: 'formed', form, value })

export const expression = (...operations: Operation[]): Expression => ({ kind: 'expression', operations })

export const ranges = (...entries: RangeEntry[]): RangeList => ({ kind: 'ranges', entries, terminated: true })

const ROOT: Record<UnitKind, TagName> = {
  compile: 'compile_unit',
  type: 'type_unit',
  partial: 'partial_unit',
  skeleton: 'skeleton_unit',
  split_compile: 'compile_unit',
  split_type: 'type_unit',
}

/** @param options `attributes` are those of the unit's DIE */
export function unit(children: (Die | RawBytes)[] | null, options: Partial<Omit<UnitSpec, 'root'>> & { attributes?: Attributes; label?: string } = {}): UnitSpec {
  const { attributes = {}, label = null, version = 5, kind = 'compile', ...rest } = options
  const tag = kind === 'skeleton' && version < 5 ? 'compile_unit' : ROOT[kind]
  const root: Die = { kind: 'die', tag, label, attributes, children }
  return { format: 32, addressSize: 8, id: 0n, type: '', lines: null, header: {}, openAbbreviations: false, ...rest, version, kind, root }
}
