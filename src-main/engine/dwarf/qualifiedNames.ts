/** Names as people write them, `game::World::players`, put together from scopes as bytes and kept once each. */
import type { StringTable } from '../symbols/stringTable.ts'
import { C_LANGUAGES, DW_TAG_enumeration_type, DW_TAG_namespace, DW_TAG_subprogram } from './constants.ts'
import { textOffset, type TextAt } from './dieReader.ts'
import type { DwarfFile } from './file.ts'
import { lineFiles, noFiles, type LineFiles } from './lineFiles.ts'
import type { Names } from './names.ts'
import { isRecord, type UnitRows } from './rows.ts'
import { scopeOf } from './typeHash.ts'
import type { UnitLoader } from './unitLoader.ts'

const LONGEST = 1 << 16
const MAX_SCOPES = 200
const ANONYMOUS_NAMESPACE = new TextEncoder().encode('(anonymous namespace)')
const ANONYMOUS = new TextEncoder().encode('{anonymous}')

export class QualifiedNames {
  private readonly loader: UnitLoader
  private readonly names: Names
  private readonly strings: StringTable
  private readonly files: DwarfFile[]
  private readonly buffer = new Uint8Array(LONGEST)
  private length = 0
  private readonly ownAt = new Float64Array(1 << 15).fill(-2)
  private readonly ownText = new Uint32Array(1 << 15)
  private readonly fileTables = new Map<string, { files: LineFiles; texts: Map<number, number> }>()
  /** An entry takes some bytes, and each is of one table: more of them than there are bytes is damage. */
  private entriesLeft: number

  constructor(loader: UnitLoader, names: Names, strings: StringTable) {
    this.loader = loader
    this.names = names
    this.strings = strings
    this.files = loader.dwarf.files
    this.entriesLeft = this.files.reduce((bytes, file) => bytes + file.line.length, 0)
  }

  /** A name as it stands, in the string table. */
  own(text: TextAt): number {
    if (text < 0) return 0
    const slot = (text ^ (text >>> 15)) & (this.ownAt.length - 1)
    if (this.ownAt[slot] === text) return this.ownText[slot]
    const bytes = this.names.bytes(text)
    this.ownAt[slot] = text
    return (this.ownText[slot] = this.strings.intern(bytes, textOffset(text), bytes.length))
  }

  /** The qualified name of a DIE; '' where it has none of its own. */
  of(rows: UnitRows, row: number): number {
    this.length = 0
    return this.append(rows, row, 0, false) ? this.strings.intern(this.buffer, 0, this.length) : 0
  }

  /** Of a variable: a function's own are `function::name`, in C too. */
  ofVariable(rows: UnitRows, row: number): number {
    this.length = 0
    return this.append(rows, row, 0, true) ? this.strings.intern(this.buffer, 0, this.length) : 0
  }

  /** False where the DIE itself has no name. */
  private append(rows: UnitRows, row: number, depth: number, inFunctions: boolean): boolean {
    if (row === 0 || depth > MAX_SCOPES) return false
    const tag = rows.tag[row]
    const name = rows.name[row]
    const declared = rows.other[row] >= 0 && (isRecord(tag) || tag === DW_TAG_enumeration_type || tag === DW_TAG_subprogram)
    if (declared && this.loader.locate(rows, rows.other[row])) return this.append(this.loader.rows, this.loader.row, depth + 1, inFunctions)
    if (rows.namedBy[row] !== 0) return this.append(rows, rows.namedBy[row], depth + 1, inFunctions)
    const scope = inFunctions && C_LANGUAGES.has(rows.root.language) ? rows.parent[row] : scopeOf(rows, row)
    if (scope !== 0) {
      const named = this.append(rows, scope, depth + 1, inFunctions)
      if (!named && rows.tag[scope] !== DW_TAG_subprogram) this.put(rows.tag[scope] === DW_TAG_namespace ? ANONYMOUS_NAMESPACE : ANONYMOUS, 0)
      // clang writes functions of templates, where all calls are inlined, without any name
      if (named || rows.tag[scope] !== DW_TAG_subprogram) this.put(COLONS, 0)
    }
    if (this.names.isEmpty(name)) return false
    this.put(this.names.bytes(name), textOffset(name))
    return true
  }

  /** Up to a zero byte or the end. */
  private put(bytes: Uint8Array, start: number): void {
    for (let at = start; at < bytes.length && this.length < LONGEST; at++) {
      const byte = bytes[at]
      if (byte === 0) return
      this.buffer[this.length++] = byte
    }
  }

  /**
   * The source file of a unit's number, in the string table: as the compiler wrote it, with its folder, unless that is the
   * one it was started in.
   */
  file(rows: UnitRows, index: number): number {
    if (index === 0 && rows.unit.version < 5) return 0
    const { root, unit } = rows
    const key = `${root.linesFile} ${root.lines}`
    let table = this.fileTables.get(key)
    if (!table) {
      const files = this.entriesLeft > 0 ? lineFiles(this.files[root.linesFile], root.lines, root.linesStrOffsets, unit.offsetSize) : noFiles()
      this.entriesLeft -= files.count
      table = { files, texts: new Map() }
      this.fileTables.set(key, table)
    }
    let text = table.texts.get(index)
    if (text === undefined) table.texts.set(index, (text = this.path(table.files, index)))
    return text
  }

  private path(files: LineFiles, index: number): number {
    const name = files.name(index)
    if (!name) return 0
    this.length = 0
    const folder = name.bytes[name.start] === SLASH[0] ? null : files.folder(index)
    if (folder && folder.bytes[folder.start] > 0) {
      this.put(folder.bytes, folder.start)
      this.put(SLASH, 0)
    }
    this.put(name.bytes, name.start)
    return this.strings.intern(this.buffer, 0, this.length)
  }
}

const SLASH = new TextEncoder().encode('/')
const COLONS = new TextEncoder().encode('::')
