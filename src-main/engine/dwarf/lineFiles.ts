/**
 * The names of source files that a unit's DW_AT_decl_file numbers. Only the file table of the line program's header is
 * read. Source: DWARF 5 §6.2.4; DWARF 4 §6.2.4 for versions 2 to 4.
 */
import { unsigned } from '../bytes/littleEndian.ts'
import * as D from './constants.ts'
import type { DwarfFile } from './file.ts'

const MAX_FILES = 1 << 20
const MAX_FORMATS = 64

/** Bytes that hold a zero-terminated text, and where it begins. */
export interface TextIn {
  bytes: Uint8Array
  start: number
}

/** The files that DW_AT_decl_file numbers: where their names lie, nothing copied. */
export class LineFiles {
  private readonly names: TextList
  private readonly folders: TextList

  constructor(names: TextList, folders: TextList) {
    this.names = names
    this.folders = folders
  }

  /** Files and folders. */
  get count(): number {
    return this.names.start.length + this.folders.start.length
  }

  /** Null for numbers that name none. */
  name(index: number): TextIn | null {
    return this.names.at(index)
  }

  /** Null where it is the folder that the compiler was started in. */
  folder(index: number): TextIn | null {
    const folder = this.names.folder[index] ?? 0
    return folder === 0 ? null : this.folders.at(folder)
  }
}

class TextList {
  readonly start: number[] = []
  readonly folder: number[] = []
  bytes: Uint8Array = NONE

  at(index: number): TextIn | null {
    const start = this.start[index]
    return start === undefined || !(start < this.bytes.length) ? null : { bytes: this.bytes, start }
  }
}

const NONE = new Uint8Array(0)

export const noFiles = (): LineFiles => new LineFiles(new TextList(), new TextList())

/** @param offset in `.debug_line` @param strOffsetsBase of the unit, for DW_FORM_strx */
export function lineFiles(file: DwarfFile, offset: number, strOffsetsBase: number, offsetSize: number): LineFiles {
  if (!(offset >= 0 && offset + 12 < file.line.length)) return noFiles()
  return new HeaderReader(file, offset, strOffsetsBase, offsetSize).files()
}

class HeaderReader {
  private readonly file: DwarfFile
  private readonly bytes: Uint8Array
  private readonly strOffsetsBase: number
  private readonly unitOffsetSize: number
  private at: number
  private offsetSize = 4

  constructor(file: DwarfFile, at: number, strOffsetsBase: number, unitOffsetSize: number) {
    this.file = file
    this.bytes = file.line
    this.at = at
    this.strOffsetsBase = strOffsetsBase
    this.unitOffsetSize = unitOffsetSize
  }

  /** What lies beyond the end of the section reads as zero, which ends every table. */
  files(): LineFiles {
    if (this.fixed(4) === 0xffffffff) {
      this.offsetSize = 8
      this.at += 8
    }
    const version = this.fixed(2)
    if (version < 2 || version > 5) return noFiles()
    if (version >= 5) this.at += 2
    this.at += this.offsetSize + (version >= 4 ? 5 : 4)
    const opcodeBase = this.fixed(1)
    this.at += Math.max(0, opcodeBase - 1)
    return version >= 5 ? this.tables() : this.lists()
  }

  private lists(): LineFiles {
    const folders = this.list(false)
    return new LineFiles(this.list(true), folders)
  }

  /** Numbers count from 1. */
  private list(withFolder: boolean): TextList {
    const list = new TextList()
    list.bytes = this.bytes
    list.start.push(Infinity)
    list.folder.push(0)
    while (this.bytes[this.at] > 0 && list.start.length < MAX_FILES) {
      list.start.push(this.take())
      if (!withFolder) continue
      list.folder.push(this.leb())
      this.leb()
      this.leb()
    }
    this.at++
    return list
  }

  private tables(): LineFiles {
    const folders = this.table()
    return new LineFiles(this.table(), folders)
  }

  private table(): TextList {
    const formats: [number, number][] = []
    for (let left = Math.min(this.fixed(1), MAX_FORMATS); left > 0; left--) formats.push([this.leb(), this.leb()])
    const count = this.leb()
    const list = new TextList()
    while (list.start.length < count && list.start.length < MAX_FILES && this.at < this.bytes.length && formats.length > 0) {
      let start = Infinity
      let folder = 0
      for (const [content, form] of formats) {
        if (content === D.DW_LNCT_path) {
          start = this.path(form)
          list.bytes = this.sectionOf(form)
        } else if (content === D.DW_LNCT_directory_index) folder = this.number(form)
        else this.number(form)
      }
      list.start.push(start)
      list.folder.push(folder)
    }
    return list
  }

  private sectionOf(form: number): Uint8Array {
    return form === D.DW_FORM_string ? this.bytes : form === D.DW_FORM_line_strp ? this.file.lineStr : this.file.str
  }

  private path(form: number): number {
    if (form === D.DW_FORM_string) return this.take()
    if (form === D.DW_FORM_line_strp || form === D.DW_FORM_strp) return this.fixed(this.offsetSize)
    const at = this.strOffsetsBase + this.number(form) * this.unitOffsetSize
    return at + this.unitOffsetSize > this.file.strOffsets.length ? Infinity : unsigned(this.file.strOffsets, at, this.unitOffsetSize)
  }

  private number(form: number): number {
    switch (form) {
      case D.DW_FORM_data1: case D.DW_FORM_strx1:
        return this.fixed(1)
      case D.DW_FORM_data2: case D.DW_FORM_strx2:
        return this.fixed(2)
      case D.DW_FORM_strx3:
        return this.fixed(3)
      case D.DW_FORM_data4: case D.DW_FORM_strx4:
        return this.fixed(4)
      case D.DW_FORM_data8:
        return this.fixed(8)
      case D.DW_FORM_data16:
        this.at += 16
        return 0
      case D.DW_FORM_udata: case D.DW_FORM_strx:
        return this.leb()
      case D.DW_FORM_block: {
        const size = this.leb()
        this.at += size
        return 0
      }
      case D.DW_FORM_string:
        this.take()
        return 0
      case D.DW_FORM_line_strp: case D.DW_FORM_strp: case D.DW_FORM_sec_offset:
        return this.fixed(this.offsetSize)
      default:
        // an unknown form's size is unknown too: nothing behind it can be read
        this.at = this.bytes.length
        return 0
    }
  }

  /** Moves behind a zero-terminated text and answers where it began. */
  private take(): number {
    const start = this.at
    while (this.bytes[this.at++] > 0);
    return start
  }

  private fixed(size: number): number {
    const { at } = this
    this.at = at + size
    return this.at <= this.bytes.length ? unsigned(this.bytes, at, size) : 0
  }

  private leb(): number {
    let value = 0
    for (let factor = 1; factor < 2 ** 56; factor *= 128) {
      const byte = this.bytes[this.at++] ?? 0
      value += (byte & 127) * factor
      if (byte < 128) break
    }
    return value
  }
}
