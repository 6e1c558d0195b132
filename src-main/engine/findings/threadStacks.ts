/**
 * What each thread is doing: its frames with the functions they are in. Functions are named by the symbols that are attached;
 * for modules that have none yet, by the symbol tables of their own files, which takes no longer than reading those.
 */
import type { StackQuery } from '../../contract/api.ts'
import type { FrameRow, StackPage, ThreadStack } from '../../contract/stackRows.ts'
import { moduleAt, moduleName, type Module } from '../corefile/modules.ts'
import { mergeUnits } from '../dwarf/read.ts'
import { openDebugData } from '../elf/debugData.ts'
import { ElfFile, SHT_SYMTAB } from '../elf/file.ts'
import { readSymbolColumns } from '../elf/symbolColumns.ts'
import { Diagnostics } from '../errors.ts'
import type { Frame } from '../stacks/unwind.ts'
import { unwindThreads, type UnwindQuery } from '../stacks/unwindThreads.ts'
import { joinTables } from '../symbols/indexModule.ts'
import { ProcessSymbols } from '../symbols/processSymbols.ts'
import { StringTable } from '../symbols/stringTable.ts'

const PAGE = 4096

export class ThreadStacks {
  private readonly query: UnwindQuery
  private readonly symbols: ProcessSymbols
  /** What symbol tables alone say. */
  private readonly tables: ProcessSymbols

  constructor(query: UnwindQuery, symbols: ProcessSymbols) {
    this.query = query
    this.symbols = symbols
    this.tables = new ProcessSymbols(symbols.modules, [], symbols.demangle)
  }

  /** In the order of the core's threads. */
  async list({ offset, limit, frames: most }: StackQuery): Promise<StackPage> {
    const diagnostics = new Diagnostics()
    const threads = this.query.threads.slice(offset, offset + limit)
    const stacks = await unwindThreads({ ...this.query, threads, diagnostics })
    const rows: ThreadStack[] = []
    for (const [i, { frames, stopped }] of stacks.entries()) {
      const shown: FrameRow[] = []
      for (const frame of frames.slice(0, most)) shown.push(await this.row(frame))
      rows.push({ tid: threads[i].tid, frames: shown, count: frames.length, truncated: stopped })
    }
    return { rows, total: this.query.threads.length, offset, diagnostics: diagnostics.rows }
  }

  private async row({ pc, lookup, cfa, isSignal, isGuess }: Frame): Promise<FrameRow> {
    const module = moduleAt(this.query.modules, lookup)
    const name = module ? await this.nameOf(module, lookup) : null
    return { pc, function: name?.name ?? '', offset: name ? name.offset + (pc - lookup) : module ? pc - module.base : 0, module: module ? moduleName(module) : '', cfa: Number.isNaN(cfa) ? null : cfa, signal: isSignal, guessed: isGuess }
  }

  private async nameOf(module: Module, address: number): Promise<{ name: string; offset: number } | null> {
    const index = this.query.modules.indexOf(module)
    if (this.symbols.module(index)) return this.symbols.functionAt(address)
    if (!this.tables.module(index)) await this.readTables(module, index)
    return this.tables.functionAt(address)
  }

  private async readTables({ elf, debugElf, vdso, base, end }: Module, index: number): Promise<void> {
    // what is wrong with them is said where symbols are read
    const unsaid = new Diagnostics()
    const elves = [debugElf, elf, vdso ? this.image(base, Math.ceil(end / PAGE) * PAGE, unsaid) : null].filter((one) => one !== null)
    if (elf && !elves.some((one) => unsaid.guard([], () => one.readSections()).some((s) => s.type === SHT_SYMTAB))) {
      const inner = await openDebugData(elf, this.query.decompressor, unsaid)
      if (inner) elves.push(inner)
    }
    const strings = new StringTable()
    const symbols = readSymbolColumns(elves, strings, unsaid)
    this.tables.attach(index, joinTables(mergeUnits([], unsaid), symbols, strings.finish()))
  }

  /** The kernel's own library, which is in memory only, but whole. */
  private image(start: number, end: number, diagnostics: Diagnostics): ElfFile | null {
    const { memory } = this.query
    const size = memory.presentFrom(start, end - start)
    return diagnostics.guard(null, () => new ElfFile({ name: '[vdso]', size, read: (at, target) => memory.readInto(start + at, target.subarray(0, Math.max(0, size - at))) }))
  }
}
