import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { crc32Of, debugAltLinkOf, debugLinkOf } from '../../../src-main/engine/elf/debugLinks.ts'
import { ElfFile } from '../../../src-main/engine/elf/file.ts'
import { Diagnostics } from '../../../src-main/engine/errors.ts'
import type { ModuleFiles } from '../../../src-main/engine/ports.ts'
import type { OpenOptions } from '../../../src-main/engine/session.ts'
import { debugPaths, findDebugFiles, type DebugFiles, type DebugQuery } from '../../../src-main/engine/symbols/debugFiles.ts'
import { debuginfodCaches } from '../../../src-main/storage/moduleFiles.ts'
import { ByteWriter } from '../../builders/byteWriter.ts'
import { buildElfModule, type ModuleSection, type ModuleSpec } from '../../builders/elfModule.ts'
import { memoryByteSource, type CountingByteSource } from '../../builders/memoryByteSource.ts'

const id = (byte: number): Uint8Array => new Uint8Array(20).fill(byte)
const hexOf = (byte: number): string => byte.toString(16).padStart(2, '0').repeat(20)
const ID = hexOf(0xab)
const TREE = `.build-id/ab/${ID.slice(2)}.debug`
const DWARF: ModuleSection = { name: '.debug_info', bytes: new Uint8Array(16) }
const SYMBOLS = [{ name: 'main', value: 0x10000 }]
const elf = (spec: ModuleSpec): Uint8Array => buildElfModule(spec).bytes
const debugFile = (byte = 0xab, more: ModuleSection[] = []): Uint8Array => elf({ buildId: id(byte), sections: [DWARF, ...more], symbols: SYMBOLS })
const link = (name: string, crc = 0): ModuleSection => ({ name: '.gnu_debuglink', bytes: new ByteWriter().text(name).align(4).u32(crc).done() })
const altLink = (name: string, byte: number): ModuleSection => ({ name: '.gnu_debugaltlink', bytes: new ByteWriter().text(name).bytes(id(byte)).done() })

interface Given {
  files: Record<string, Uint8Array>
  own?: Uint8Array
  query?: Partial<DebugQuery>
  options?: Partial<OpenOptions>
  caches?: string[]
}

function find(given: Given): DebugFiles & { paths: string[]; diagnostics: Diagnostics; open: number } {
  const diagnostics = new Diagnostics()
  const opened: CountingByteSource[] = []
  const files: ModuleFiles = {
    open(path) {
      const bytes = given.files[path]
      if (!bytes) return null
      const source = memoryByteSource(bytes, path)
      opened.push(source)
      return source
    },
    debuginfodCaches: () => given.caches ?? [],
  }
  const own = given.own ? new ElfFile(memoryByteSource(given.own, '/opt/app/server')) : null
  const query: DebugQuery = { name: 'server', path: '/opt/app/server', buildId: ID, elf: own, file: own ? '/opt/app/server' : '', coreFolder: '/cores/', debugFile: '', vdso: false, ...given.query }
  const found = findDebugFiles(query, files, { debug: [], ...given.options }, diagnostics)
  return { ...found, paths: debugPaths(found), diagnostics, open: opened.filter((source) => !source.closed).length }
}

const stripped = elf({ buildId: id(0xab), sections: [link('server.debug')] })

describe('the separate debug file', () => {
  test.each<[string, Partial<Given>]>([
    [`/usr/lib/debug/${TREE}`, {}],
    [`/syms/${TREE}`, { options: { debug: ['/syms/'] } }],
    [`/syms/ab/${ID.slice(2)}.debug`, { options: { debug: ['/syms'] } }],
    ['/syms/server.debug', { options: { debug: ['/syms'] } }],
    ['/syms/server', { options: { debug: ['/syms'] } }],
    [`/target/usr/lib/debug/${TREE}`, { options: { sysroot: '/target/' } }],
    ['/opt/app/server.debug', {}],
    ['/opt/app/.debug/server.debug', {}],
    ['/usr/lib/debug/opt/app/server.debug', {}],
    ['/cores/server.debug', {}],
    [`/home/me/.cache/debuginfod_client/${ID}/debuginfo`, { caches: ['/home/me/.cache/debuginfod_client'] }],
    [`/syms/${ID}/debuginfo`, { options: { debug: ['/syms'] } }],
  ])('is found at %s', (path, given) => {
    const found = find({ own: stripped, ...given, files: { [path]: debugFile() } })
    expect(found).toMatchObject({ paths: [path], state: 'full', dwarfIn: 'separate', missing: '', getIt: [], open: 1 })
    expect(found.diagnostics.rows).toEqual([])
  })

  test('is needed by no file that tells all', () => {
    expect(find({ own: debugFile(), files: { [`/usr/lib/debug/${TREE}`]: debugFile() } })).toMatchObject({ paths: [], state: 'full', dwarfIn: 'own', open: 0 })
  })

  test('of another build is not used, which is told, and one of this build behind it is', () => {
    const other = { '/opt/app/server.debug': debugFile(0xcd) }
    const found = find({ own: stripped, files: other })
    expect(found).toMatchObject({ paths: [], state: 'none', open: 0, missing: 'its separate debug file was not found' })
    expect(found.diagnostics.rows).toMatchObject([{ kind: 'mismatch', where: 'server', message: expect.stringContaining(`/opt/app/server.debug is another build's debug file (build-id ${hexOf(0xcd)}; the process ran ${ID})`) }])
    const both = find({ own: stripped, files: { ...other, '/cores/server.debug': debugFile() } })
    expect(both.paths).toEqual(['/cores/server.debug'])
    expect(both.diagnostics.rows).toEqual([])
  })

  test('with debug information is taken before one that has symbols only', () => {
    const files = { [`/usr/lib/debug/${TREE}`]: elf({ buildId: id(0xab), symbols: SYMBOLS }), '/cores/server.debug': debugFile() }
    expect(find({ own: stripped, files }).paths).toEqual(['/cores/server.debug'])
    delete (files as Record<string, Uint8Array>)['/cores/server.debug']
    expect(find({ own: stripped, files })).toMatchObject({ paths: [`/usr/lib/debug/${TREE}`], state: 'symbols', open: 1 })
  })

  test('without a build-id is told by the CRC of .gnu_debuglink', () => {
    const debug = elf({ sections: [DWARF], symbols: SYMBOLS })
    const files = { '/opt/app/server.debug': debug }
    const query = { buildId: '' }
    expect(find({ own: elf({ sections: [link('server.debug', crc32(debug))] }), query, files }).paths).toEqual(['/opt/app/server.debug'])
    const wrong = find({ own: elf({ sections: [link('server.debug', 0x1234)] }), query, files })
    expect(wrong).toMatchObject({ paths: [], open: 0 })
    expect(wrong.diagnostics.rows).toMatchObject([{ kind: 'mismatch', message: expect.stringContaining('.gnu_debuglink asks for 00001234') }])
    const unlinked = find({ own: elf({}), query, files })
    expect(unlinked.paths).toEqual([])
    expect(unlinked.diagnostics.rows).toMatchObject([{ kind: 'mismatch', message: expect.stringContaining('neither a build-id nor') }])
  })

  test('that was named is all there is of a module without a file', () => {
    expect(find({ query: { buildId: '', debugFile: '/given/x.debug' }, files: { '/given/x.debug': elf({ sections: [DWARF] }) } }).paths).toEqual(['/given/x.debug'])
  })
})

describe('what dwz moved out', () => {
  const common = debugFile(0xdd)
  const places: [string, string, Partial<Given>][] = [
    ['/usr/lib/debug/.dwz/arch/app.debug', '/usr/lib/debug/.dwz/arch/app.debug', {}],
    ['../../../.dwz/app', `/usr/lib/debug/.build-id/ab/../../../.dwz/app`, {}],
    ['/usr/lib/debug/.dwz/app', '/syms/.dwz/app', { options: { debug: ['/syms'] } }],
    ['/usr/lib/debug/.dwz/app', '/target/usr/lib/debug/.dwz/app', { options: { sysroot: '/target' } }],
    ['app.dwz', '/syms/app.dwz', { options: { debug: ['/syms'] } }],
    ['/gone/app', `/usr/lib/debug/.build-id/dd/${hexOf(0xdd).slice(2)}.debug`, {}],
    ['/gone/app', '/cores/app', {}],
    ['/gone/app', `/cache/${hexOf(0xdd)}/debuginfo`, { caches: ['/cache'] }],
  ]
  test.each(places)('%s is found at %s', (name, path, given) => {
    const debug = `/usr/lib/debug/${TREE}`
    const found = find({ own: stripped, ...given, files: { [debug]: debugFile(0xab, [altLink(name, 0xdd)]), [path]: common } })
    expect(found).toMatchObject({ paths: [debug, path], missing: '', open: 2 })
    expect(found.diagnostics.rows).toEqual([])
  })

  test('of another build is not used; what would get it is told', () => {
    const found = find({ own: debugFile(0xab, [altLink('/x/app', 0xdd)]), files: { '/x/app': debugFile(0xee) } })
    expect(found).toMatchObject({ paths: [], state: 'full', missing: expect.stringContaining('dwz'), open: 0 })
    expect(found.getIt[0]).toEqual({ on: 'Debian', command: `DEBUGINFOD_URLS=https://debuginfod.debian.net debuginfod-find debuginfo ${hexOf(0xdd)}` })
    expect(found.diagnostics.rows).toMatchObject([{ kind: 'mismatch', message: expect.stringContaining(hexOf(0xee)) }])
  })
})

test('a package of split units lies beside the executable or its debug file, and has an index', () => {
  const dwp = elf({ sections: [{ name: '.debug_cu_index', bytes: new Uint8Array(16) }] })
  for (const path of ['/opt/app/server.dwp', '/cores/server.dwp', '/syms/server.dwp']) {
    expect(find({ own: debugFile(), files: { [path]: dwp }, options: { debug: ['/syms'] } }).package?.path).toBe(path)
  }
  for (const path of ['/opt/app/server.debug.dwp', '/opt/app/server.dwp']) {
    expect(find({ own: stripped, files: { '/opt/app/server.debug': debugFile(), [path]: dwp } }).package?.path).toBe(path)
  }
  expect(find({ own: debugFile(), files: { '/opt/app/server.dwp': debugFile() } })).toMatchObject({ package: null, open: 0 })
})

describe('what is missing', () => {
  test.each<[string, Given, string, number]>([
    ['nothing of a module the kernel brings', { query: { vdso: true }, files: {} }, '', 0],
    ['both files', { files: {} }, 'neither its file nor its debug file was found', 6],
    ['the debug file', { own: stripped, files: {} }, 'its separate debug file was not found', 3],
    ['-g', { own: elf({ buildId: id(0xab), symbols: SYMBOLS }), files: {} }, 'it was built without debug information (-g)', 0],
    ['a build-id to ask by', { files: {}, query: { buildId: '' } }, 'its file was not found, and it has no build-id to look for it by', 0],
  ])('%s', (_, given, missing, commands) => {
    const found = find(given)
    expect(found.missing).toBe(missing)
    expect(found.getIt.length).toBe(commands)
    for (const { command } of found.getIt) expect(command).toMatch(/^DEBUGINFOD_URLS=https:\/\/[a-z.]+ debuginfod-find (debuginfo|executable) [0-9a-f]{40}$/)
  })
})

test('names in links that are no file names are refused', () => {
  const linkIn = (section: ModuleSection): unknown => {
    const file = new ElfFile(memoryByteSource(elf({ sections: [section] })))
    return section.name === '.gnu_debuglink' ? debugLinkOf(file, file.readSections()) : debugAltLinkOf(file, file.readSections())
  }
  expect(linkIn(link('a.debug', 7))).toEqual({ name: 'a.debug', crc: 7 })
  for (const section of [link('../../etc/passwd'), link('..'), link(''), { name: '.gnu_debuglink', bytes: new TextEncoder().encode('endless') }, { name: '.gnu_debuglink', bytes: new ByteWriter().text('abc').done() }]) expect(linkIn(section)).toBeNull()
  expect(linkIn(altLink('../x', 1))).toEqual({ name: '../x', buildId: hexOf(1) })
  for (const bytes of [[], [0], [65], [65, 0], [65, 0, 1]]) expect(linkIn({ name: '.gnu_debugaltlink', bytes: Uint8Array.from(bytes) })).toBeNull()
})

test('the CRC is that of zip', () => {
  const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 7919) >> 3)
  expect(crc32Of(memoryByteSource(bytes))).toBe(crc32(bytes))
})

test('the caches of debuginfod\'s client are where its environment says', () => {
  expect(debuginfodCaches({}, '/home/me')).toEqual(['/home/me/.debuginfod_client_cache', '/home/me/.cache/debuginfod_client'])
  expect(debuginfodCaches({ XDG_CACHE_HOME: '/big' }, '/home/me')).toContain('/big/debuginfod_client')
  expect(debuginfodCaches({ XDG_CACHE_HOME: '/big', DEBUGINFOD_CACHE_PATH: '/here' }, '/home/me')).toEqual(['/here'])
})
