import { describe, expect, test } from 'vitest'
import type { readCoreNotes } from '../../../src-main/engine/corefile/notes.ts'
import { openCoreFile } from '../../../src-main/engine/corefile/open.ts'
import { attachFiles, findModules, moduleRow, type Module } from '../../../src-main/engine/corefile/modules.ts'
import { Diagnostics, UnreadableCore } from '../../../src-main/engine/errors.ts'
import { AddressSpace } from '../../../src-main/engine/memory/addressSpace.ts'
import type { ModuleFiles } from '../../../src-main/engine/ports.ts'
import type { OpenOptions } from '../../../src-main/engine/session.ts'
import { buildElfCore, type CoreSpec } from '../../builders/elfCore.ts'
import { buildElfModule, type ModuleSpec } from '../../builders/elfModule.ts'
import { memoryByteSource } from '../../builders/memoryByteSource.ts'

const AT_PHDR = 3
const BASE = 0x5500_0000_0000
const PATH = '/opt/game/server'
const TEXT = new Uint8Array(4096).fill(0x90)
const DATA = new Uint8Array(4096).fill(0x11)

const build = (id: number, extra: ModuleSpec = {}): Uint8Array =>
  buildElfModule({
    ...extra,
    buildId: Uint8Array.from({ length: 20 }, () => id),
    sections: [
      { name: '.text', bytes: TEXT, vaddr: 0x10000, flags: 5 },
      { name: '.data', bytes: DATA, vaddr: 0x11000, flags: 6, memSize: 0x3000 },
    ],
  }).bytes

/** A process with one module: its first page and its data are dumped, its code is not. */
function core(path = PATH): CoreSpec {
  const file = build(0xaa)
  const { loads } = buildElfModule({
    buildId: Uint8Array.from({ length: 20 }, () => 0xaa),
    sections: [
      { name: '.text', bytes: TEXT, vaddr: 0x10000, flags: 5 },
      { name: '.data', bytes: DATA, vaddr: 0x11000, flags: 6, memSize: 0x3000 },
    ],
  })
  const segments: NonNullable<CoreSpec['segments']> = [{ vaddr: BASE, bytes: file.slice(0, 4096), flags: 4 }]
  const files: NonNullable<CoreSpec['files']> = [{ start: BASE, end: BASE + 4096, offset: 0, path }]
  for (const load of loads) {
    if (load.vaddr < 0x10000) continue
    const start = BASE + load.vaddr
    segments.push({ vaddr: start, memSize: 4096, flags: load.flags, ...(load.flags & 2 ? { bytes: load.bytes } : {}) })
    files.push({ start, end: start + 4096, offset: load.offset, path })
    if (load.memSize > 4096) segments.push({ vaddr: start + 4096, bytes: new Uint8Array(load.memSize - 4096), flags: 6 })
  }
  return { segments, files, auxv: [[AT_PHDR, BASE + 64]], threads: [{ tid: 7 }], process: { pid: 7, command: 'server' } }
}

function modulesOf(spec: CoreSpec, onDisk: Record<string, Uint8Array>, options: Partial<OpenOptions> = {}): { modules: Module[]; memory: AddressSpace; diagnostics: Diagnostics } {
  const diagnostics = new Diagnostics()
  const source = memoryByteSource(buildElfCore(spec).bytes, '/cores/core.7')
  const opened = openCoreFile(source, diagnostics)
  const memory = new AddressSpace(source, opened.ranges)
  const modules = findModules(memory, opened.notes)
  const files: ModuleFiles = { open: (path) => (onDisk[path] ? memoryByteSource(onDisk[path], path) : null) }
  attachFiles(modules, memory, files, source.name, { debug: [], ...options }, diagnostics)
  return { modules, memory, diagnostics }
}

const code = { ok: true, bytes: TEXT.slice(0, 8) }

describe('modules', () => {
  test('the build-id comes from the core, and pages the kernel left out from the file of that build', () => {
    const { modules, memory, diagnostics } = modulesOf(core(), { [PATH]: build(0xaa) })
    expect(modules).toMatchObject([{ path: PATH, base: BASE, buildId: 'aa'.repeat(20), main: true, file: PATH }])
    expect(memory.read(BASE + 0x10000, 8)).toEqual(code)
    expect(diagnostics.rows).toEqual([])
  })

  test('a file of another build is not used, and that is told', () => {
    const { modules, memory, diagnostics } = modulesOf(core(), { [PATH]: build(0xbb) })
    expect(modules[0].file).toBe('')
    expect(memory.read(BASE + 0x10000, 8)).toEqual({ ok: false, reason: 'not-dumped', at: BASE + 0x10000 })
    expect(diagnostics.rows).toMatchObject([{ kind: 'mismatch', where: 'server', message: expect.stringContaining('bb'.repeat(20)) }])
  })

  test('files are found under the sysroot, by --exe, and beside the core', () => {
    for (const [onDisk, options] of [
      [{ [`/image${PATH}`]: build(0xaa), [PATH]: build(0xbb) }, { sysroot: '/image/' }],
      [{ '/elsewhere/renamed': build(0xaa) }, { exe: '/elsewhere/renamed' }],
      [{ '/cores/server': build(0xaa) }, {}],
    ] as [Record<string, Uint8Array>, Partial<OpenOptions>][]) {
      expect(modulesOf(core(), onDisk, options).memory.read(BASE + 0x10000, 8)).toEqual(code)
    }
  })

  test('a deleted file is looked for without the kernel\'s mark, and told of where none is found', () => {
    const { modules, diagnostics } = modulesOf(core(`${PATH} (deleted)`), {})
    expect(modules[0]).toMatchObject({ path: PATH, deleted: true })
    expect(diagnostics.rows).toMatchObject([{ kind: 'missing', message: expect.stringContaining('deleted or replaced') }])
    expect(modulesOf(core(`${PATH} (deleted)`), { [PATH]: build(0xaa) }).memory.read(BASE + 0x10000, 8)).toEqual(code)
  })

  test('the executable may lie in the cache of debuginfod\'s client', () => {
    const { modules } = modulesOf(core(), { [`/cache/${'aa'.repeat(20)}/executable`]: build(0xaa) }, { debug: ['/cache/'] })
    expect(modules[0].file).toBe(`/cache/${'aa'.repeat(20)}/executable`)
  })

  test('a separate debug file is found by its build-id', () => {
    const id = 'aa'.repeat(20)
    const { modules } = modulesOf(core(), { [`/debug/.build-id/aa/${id.slice(2)}.debug`]: build(0xaa, { symbols: [{ name: 'main', value: 0x10000 }] }) }, { debug: ['/debug'] })
    expect(modules[0].debugElf).not.toBeNull()
    expect(moduleRow(modules[0])).toMatchObject({ debug: 'symbols', debugFiles: [`/debug/.build-id/aa/${id.slice(2)}.debug`] })
  })

  test('a mapping that only NT_FILE names is mapped, not dumped', () => {
    const spec = core()
    spec.segments = (spec.segments ?? []).filter((s) => s.flags !== 5)
    const { memory } = modulesOf(spec, { [PATH]: build(0xaa) })
    expect(memory.read(BASE + 0x10000, 8)).toEqual(code)
    expect(memory.find(BASE + 0x10000)).toMatchObject({ listedOnly: true, flags: 5 })
  })
})

describe('a core that is none', () => {
  const refused = (bytes: Uint8Array): UnreadableCore => {
    try {
      openCoreFile(memoryByteSource(bytes, 'given'), new Diagnostics())
    } catch (error) {
      if (error instanceof UnreadableCore) return error
      throw error
    }
    throw new Error('it was read')
  }

  test.each([
    ['text', new TextEncoder().encode('not a core'.repeat(20)), 'is not an ELF file'],
    ['an executable', build(1), 'is an executable or library, not a core dump'],
    ['32 bits', buildElfCore({ elfClass: 32 }).bytes, 'is a 32-bit ELF file'],
    ['big-endian', buildElfCore({ bigEndian: true, segments: [] }).bytes, 'is a big-endian ELF file'],
    ['no memory', buildElfCore({ segments: [] }).bytes, 'is a core without any memory'],
  ])('%s', (_, bytes, what) => {
    expect(refused(bytes)).toMatchObject({ message: what, where: 'given' })
    expect(refused(bytes).remedy).not.toBe('')
  })
})

describe('notes', () => {
  const notesOf = (spec: CoreSpec): ReturnType<typeof readCoreNotes> => openCoreFile(memoryByteSource(buildElfCore({ segments: [{ vaddr: 4096, bytes: new Uint8Array(8) }], ...spec }).bytes), new Diagnostics()).notes

  test('threads, with the one that took the signal first', () => {
    const notes = notesOf({ threads: [{ tid: 5, signal: 11, pc: 0x401000, sp: 0x7fff_0000, tp: 0x7f00_1000 }, { tid: 6 }], siginfo: { signo: 11, code: 1, addr: 0x10 } })
    expect(notes.threads).toMatchObject([{ tid: 5, crashed: true, signal: 11, pc: 0x401000n, sp: 0x7fff_0000n, tp: 0x7f00_1000n }, { tid: 6, crashed: false }])
    expect(notes).toMatchObject({ signal: 11, faultAddress: 0x10 })
  })

  test('AArch64: pc, sp, and the thread pointer of NT_ARM_TLS', () => {
    const notes = notesOf({ machine: 'AArch64', threads: [{ tid: 5, pc: 0x401000, sp: 0x7fff_0000, tp: 0x7f00_1000 }] })
    expect(notes.threads).toMatchObject([{ pc: 0x401000n, sp: 0x7fff_0000n, tp: 0x7f00_1000n }])
  })

  test('an address of a signal that a person sent is no fault', () => {
    expect(notesOf({ threads: [{ tid: 5, signal: 11 }], siginfo: { signo: 11, code: 0, addr: 0x10 } }).faultAddress).toBeNull()
  })
})
