/**
 * The names of source files that a unit's DW_AT_decl_file numbers. Only the file table of the line program's header is
 * read. Source: DWARF 5 §6.2.4; DWARF 4 §6.2.4 for versions 2 to 4.
 */
import * as D from './constants.ts'
import type { DwarfFile } from './file.ts'

const MAX_FILES = 1 << 20
const MAX_FORMATS = 64
const decoder = new TextDecoder()

/**
 * By file number; '' for numbers that name none. As the compiler wrote it: with its folder, unless that is the one it was
 * started in.
 * @param offset in `.debug_line` @param strOffsetsBase of the unit, for DW_FORM_strx
 */
export function lineFiles(file: DwarfFile, offset: number, strOffsetsBase: number, offsetSize: number): string[] {
  if (!(offset >= 0 && offset + 12 < file.line.length)) return []
  const reader = new HeaderReader(file, offset, strOffsetsBase, offsetSize)
  return reader.files()
}

interface Entry {
  path: string
  folder: number
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
  files(): string[] {
    if (this.fixed(4) === 0xffffffff) {
      this.offsetSize = 8
      this.at += 8
    }
    const version = this.fixed(2)
    if (version < 2 || version > 5) return []
    if (version >= 5) this.at += 2
    this.at += this.offsetSize + (version >= 4 ? 5 : 4)
    const opcodeBase = this.fixed(1)
    this.at += Math.max(0, opcodeBase - 1)
    return version >= 5 ? this.tables() : this.lists()
  }

  private lists(): string[] {
    const folders = ['']
    while (this.bytes[this.at] > 0 && folders.length < MAX_FILES) folders.push(this.text(this.bytes, this.take()))
    this.at++
    const names = ['']
    while (this.bytes[this.at] > 0 && names.length < MAX_FILES) {
      const path = this.text(this.bytes, this.take())
      const folder = this.leb()
      this.leb()
      this.leb()
      names.push(join(folder === 0 ? '' : folders[folder], path))
    }
    return names
  }

  private tables(): string[] {
    const folders = this.table().map((entry) => entry.path)
    return this.table().map(({ path, folder }) => join(folder === 0 ? '' : folders[folder], path))
  }

  private table(): Entry[] {
    const formats: [number, number][] = []
    for (let left = Math.min(this.fixed(1), MAX_FORMATS); left > 0; left--) formats.push([this.leb(), this.leb()])
    const count = this.leb()
    const entries: Entry[] = []
    while (entries.length < count && entries.length < MAX_FILES && this.at < this.bytes.length && formats.length > 0) {
      const entry: Entry = { path: '', folder: 0 }
      for (const [content, form] of formats) {
        if (content === D.DW_LNCT_path) entry.path = this.path(form)
        else if (content === D.DW_LNCT_directory_index) entry.folder = this.number(form)
        else this.number(form)
      }
      entries.push(entry)
    }
    return entries
  }

  private path(form: number): string {
    switch (form) {
      case D.DW_FORM_string:
        return this.text(this.bytes, this.take())
      case D.DW_FORM_line_strp:
        return this.text(this.file.lineStr, this.fixed(this.offsetSize))
      case D.DW_FORM_strp:
        return this.text(this.file.str, this.fixed(this.offsetSize))
      default: {
        const index = this.number(form)
        const at = this.strOffsetsBase + index * this.unitOffsetSize
        if (at + this.unitOffsetSize > this.file.strOffsets.length) return ''
        let offset = 0
        for (let i = this.unitOffsetSize - 1; i >= 0; i--) offset = offset * 256 + this.file.strOffsets[at + i]
        return this.text(this.file.str, offset)
      }
    }
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

  private text(bytes: Uint8Array, start: number): string {
    if (!(start < bytes.length)) return ''
    const end = bytes.indexOf(0, start)
    return decoder.decode(bytes.slice(start, Math.min(end < 0 ? bytes.length : end, start + 4096)))
  }

  private fixed(size: number): number {
    let value = 0
    for (let i = size - 1; i >= 0; i--) value = value * 256 + (this.bytes[this.at + i] ?? 0)
    this.at += size
    return value
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

function join(folder: string | undefined, path: string): string {
  return folder === undefined || folder === '' || path.startsWith('/') ? path : `${folder}/${path}`
}
