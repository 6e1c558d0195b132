/**
 * The debug sections of one file, decompressed and in memory that threads may share. The DWARF reader works on a list of
 * them: the module's own debug information first, then what it refers to (dwz's file, split units).
 */

export interface DwarfFile {
  /** As messages name it: a path. */
  name: string
  /** What it holds: a module's units, units that others import (dwz), or split units (.dwo, .dwp). */
  kind: 'main' | 'dwz' | 'split'
  /** Bytes of each section, without `.debug_` (and without `.dwo`); empty where there is none. */
  info: Uint8Array
  abbrev: Uint8Array
  str: Uint8Array
  lineStr: Uint8Array
  line: Uint8Array
  strOffsets: Uint8Array
  addr: Uint8Array
  ranges: Uint8Array
  rnglists: Uint8Array
  /** DWARF 4 type units. */
  types: Uint8Array
  /** Of a .dwp: which bytes of the sections belong to which unit. */
  cuIndex: Uint8Array
  tuIndex: Uint8Array
}

export const DWARF_SECTIONS = ['info', 'abbrev', 'str', 'lineStr', 'line', 'strOffsets', 'addr', 'ranges', 'rnglists', 'types', 'cuIndex', 'tuIndex'] as const
export type DwarfSection = (typeof DWARF_SECTIONS)[number]

/** ELF section names, without `.dwo`. */
export const SECTION_NAME: Record<DwarfSection, string> = {
  info: '.debug_info',
  abbrev: '.debug_abbrev',
  str: '.debug_str',
  lineStr: '.debug_line_str',
  line: '.debug_line',
  strOffsets: '.debug_str_offsets',
  addr: '.debug_addr',
  ranges: '.debug_ranges',
  rnglists: '.debug_rnglists',
  types: '.debug_types',
  cuIndex: '.debug_cu_index',
  tuIndex: '.debug_tu_index',
}
