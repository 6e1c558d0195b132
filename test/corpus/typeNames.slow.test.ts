/**
 * Each class that has a vtable is found in the debug information: by its demangled name in any spelling, else by the
 * destructor in its vtable. On a program of hard names, by gcc and clang. CORELENS_NAMES names further executables.
 */
import { mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ElfFile } from '../../src-main/engine/elf/file.ts'
import { readSymbols as symbolsOf } from '../../src-main/engine/elf/symbols.ts'
import { Diagnostics } from '../../src-main/engine/errors.ts'
import type { KnownType } from '../../src-main/engine/findings/top.ts'
import { UNKNOWN_TYPE } from '../../src-main/engine/findings/top.ts'
import { AddressSpace, rangesOfCore } from '../../src-main/engine/memory/addressSpace.ts'
import { nameByDebugInfo } from '../../src-main/engine/recognize/debugNames.ts'
import { Demangler } from '../../src-main/engine/recognize/demangle.ts'
import { ProcessSymbols } from '../../src-main/engine/symbols/processSymbols.ts'
import { symbolTypeFinder } from '../../src-main/engine/symbols/symbolTypeFinder.ts'
import { openFileByteSource } from '../../src-main/storage/fileByteSource.ts'
import { wasmModule } from '../../src-main/storage/wasmModules.ts'
import { Unavailable, run } from './commands.ts'
import { readSymbols } from './debuginfo/ours.ts'
import { corpusFolder } from './make.ts'

interface Shares {
  classes: number
  byName: number
  /** Not found, or found as another class. */
  missed: string[]
}

/** Of an executable that is not position-independent: its file holds its vtables as the process has them. */
async function sharesOf(exe: string): Promise<Shares> {
  const { tables } = await readSymbols(exe)
  const source = openFileByteSource(exe)
  const elf = new ElfFile(source)
  const memory = new AddressSpace(source, rangesOfCore(elf.segments, source.size, new Diagnostics()))
  const symbols = new ProcessSymbols([{ name: basename(exe), base: 0, end: 2 ** 40, bias: 0 }])
  symbols.attach(0, tables)
  const finder = symbolTypeFinder(symbols)
  const demangler = new Demangler(wasmModule('demangle'))
  const types: KnownType[] = [UNKNOWN_TYPE]
  const vtables = new Map(symbolsOf(elf, [], ['_ZTV']).map((s) => [s.name, s]))
  // a versioned one is a library's, copied
  const copied = new Set([...vtables.keys()].filter((name) => name.includes('@')).map((name) => name.replace(/@.*/, '')))
  for (const symbol of vtables.values()) {
    const name = demangler.className(symbol.name.slice(4))
    if (name === null || copied.has(symbol.name.replace(/@.*/, ''))) continue
    types.push({ name, label: name, counted: false, evidence: '', vtable: symbol.value + 16 })
  }
  const before = types.map((t) => t.name ?? '')
  const byName = types.filter((t) => t.name !== null && finder.find(t.name) !== null).length
  const refs = before.map((name) => (name === '' ? null : finder.find(name)))
  nameByDebugInfo(types, finder, memory)
  const missed = before.filter((name, i) => i > 0 && refs[i] === null && types[i].label === name)
  source.close()
  return { classes: types.length - 1, byName, missed }
}

const COMPILERS: [string, number][] = [
  ['g++', 0.92],
  ['clang++', 0.7],
]

describe.each(COMPILERS)('%s', (compiler, byNameAlone) => {
  test('every class with a vtable has its type', async ({ skip }) => {
    const folder = join(corpusFolder(), 'names')
    mkdirSync(folder, { recursive: true })
    const exe = join(folder, compiler.replaceAll('+', 'x'))
    try {
      await run(compiler, ['-std=c++17', '-g', '-O1', '-w', '-no-pie', '-fno-pie', '-o', exe, join(import.meta.dirname, 'programs/names.cpp'), '-pthread'])
    } catch (error) {
      if (error instanceof Unavailable) return skip(error.message)
      throw error
    }
    const { classes, byName, missed } = await sharesOf(exe)
    console.log(`${compiler}: ${classes} classes with a vtable, ${byName} by name, ${classes - missed.length} in all\n${missed.join('\n')}`)
    expect(classes).toBeGreaterThan(100)
    expect(byName / classes).toBeGreaterThan(byNameAlone)
    expect((classes - missed.length) / classes).toBeGreaterThan(0.95)
  })
})

test.each((process.env['CORELENS_NAMES'] ?? '').split(':').filter((path) => path !== ''))('%s', async (exe) => {
  const { classes, byName, missed } = await sharesOf(exe)
  console.log(`${exe}: ${classes} classes with a vtable, ${byName} by name, ${classes - missed.length} in all\n${missed.join('\n')}`)
  expect((classes - missed.length) / classes).toBeGreaterThan(0.99)
})
